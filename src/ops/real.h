/* `real` and the elementary functions of the pass at hand: see room.h. */
#ifndef WG_OPS_REAL_H
#define WG_OPS_REAL_H

#include <math.h>

#if defined(WG_ORACLE_PASS)

typedef long double real;
#define EXP(x) expl(x)
#define EXPM1(x) expm1l(x)
#define LOG(x) logl(x)
#define LOG1P(x) log1pl(x)
#define TANH(x) tanhl(x)
#define TANH_SLOPE(x)                                                                              \
    (4 * expl(-2 * fabsl(x)) / ((1 + expl(-2 * fabsl(x))) * (1 + expl(-2 * fabsl(x)))))
#define SIGMOID(x) (1 / (1 + expl(-(x))))
#define SIGMOID_SLOPE(x) (expl(-fabsl(x)) / ((1 + expl(-fabsl(x))) * (1 + expl(-fabsl(x)))))
#define POW(x, z) powl(x, z)
#define SQRT(x) sqrtl(x)
#define ABS(x) fabsl(x)
#define FMA(x, y, z) fmal(x, y, z)

#include "ops/real_oracle.h"
#define MATH(function) oracle_##function

#else

#include "math/elu.h"
#include "math/exp.h"
#include "math/exp_f32.h"
#include "math/gate.h"
#include "math/gelu.h"
#include "math/hard.h"
#include "math/log.h"
#include "math/mish.h"
#include "math/pow.h"
#include "math/sigmoid.h"
#include "math/softplus.h"
#include "math/softsign.h"
#include "math/squareplus.h"
#include "math/tanh.h"
#include "math/tanh_shrink.h"

#ifndef WG_REAL_IS_FLOAT
#define WG_REAL_IS_FLOAT 0
#endif

#if WG_REAL_IS_FLOAT
typedef float real;
#define EXP(x) wg_exp_f32(x)
#define EXPM1(x) wg_expm1_f32(x)
#define LOG(x) wg_log_f32(x)
#define LOG1P(x) wg_log1p_f32(x)
#define TANH(x) wg_tanh_f32(x)
#define TANH_SLOPE(x) wg_tanh_slope_f32(x)
#define SIGMOID(x) wg_sigmoid_f32(x)
#define SIGMOID_SLOPE(x) wg_sigmoid_slope_f32(x)
#define POW(x, z) wg_pow_f32(x, z)
#define SQRT(x) __builtin_sqrtf(x)
#define ABS(x) __builtin_fabsf(x)
#define FMA(x, y, z) __builtin_fmaf(x, y, z)
#define MATH(function) wg_##function##_f32
#else
typedef double real;
#define EXP(x) wg_exp_f64(x)
#define EXPM1(x) wg_expm1_f64(x)
#define LOG(x) wg_log_f64(x)
#define LOG1P(x) wg_log1p_f64(x)
#define TANH(x) wg_tanh_f64(x)
#define TANH_SLOPE(x) wg_tanh_slope_f64(x)
#define SIGMOID(x) wg_sigmoid_f64(x)
#define SIGMOID_SLOPE(x) wg_sigmoid_slope_f64(x)
#define POW(x, z) wg_pow_f64(x, z)
#define SQRT(x) __builtin_sqrt(x)
#define ABS(x) __builtin_fabs(x)
#define FMA(x, y, z) __builtin_fma(x, y, z)
#define MATH(function) wg_##function##_f64
#endif

#endif

/* Where float arithmetic cannot hold one unit in the last place, an op is evaluated in `wide` (at
 * least double) and rounded once. */
#if defined(WG_ORACLE_PASS)
typedef long double wide;
#define WIDE(function_l, function_f64) function_l
#else
typedef double wide;
#define WIDE(function_l, function_f64) function_f64
#endif
#define WIDE_EXP(x) WIDE(expl, wg_exp_f64)(x)
#define WIDE_EXPM1(x) WIDE(expm1l, wg_expm1_f64)(x)
#define WIDE_LOG(x) WIDE(logl, wg_log_f64)(x)
#define WIDE_LOG1P(x) WIDE(log1pl, wg_log1p_f64)(x)
#define WIDE_ABS(x) WIDE(fabsl, __builtin_fabs)(x)
#define WIDE_FMA(x, y, z) WIDE(fmal, __builtin_fma)(x, y, z)

/* The attributes of an elementwise op: a struct of reals, filled in order from the node's doubles.
 */
static inline void load_attributes(real *field, const double *slots, size_t count) {
    for (size_t i = 0; i < count; i++) field[i] = (real)slots[i];
}

#define LOAD_ATTRIBUTES(op, a, slots)                                                              \
    struct op##_attributes a;                                                                      \
    load_attributes((real *)&a, slots, sizeof a / sizeof(real))

#endif
