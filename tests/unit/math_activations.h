/* The functions of src/math that are made for single activations, those of two arguments with ALPHA
 * for the second, and what they are by MPFR: rows of test_math.c. */
#ifndef WENGERT_TEST_MATH_ACTIVATIONS_H
#define WENGERT_TEST_MATH_ACTIVATIONS_H

#include <math.h>
#include <mpfr.h>
#include <stdbool.h>

#include "math/elu.h"
#include "math/gate.h"
#include "math/gelu.h"
#include "math/mish.h"
#include "math/softplus.h"
#include "math/softsign.h"
#include "math/squareplus.h"
#include "math/tanh_shrink.h"

enum { REFERENCE_BITS = 200 };

#define ALPHA 0x1.99999ap-2 /* 0.4 */

/* The branches for x <= 0, at -|x|; the ops themselves see to 0. */
#define BRANCH(name)                                                                               \
    static float name##_f32(float x) {                                                             \
        return x == 0 ? -0.0f : wg_##name##_f32(-fabsf(x), (float)ALPHA);                          \
    }                                                                                              \
    static double name##_f64(double x) { return x == 0 ? -0.0 : wg_##name##_f64(-fabs(x), ALPHA); }
BRANCH(elu_tail)
BRANCH(celu_tail)

static float elu_tail_slope_f32(float x) { return wg_elu_tail_slope_f32(-fabsf(x), (float)ALPHA); }
static double elu_tail_slope_f64(double x) { return wg_elu_tail_slope_f64(-fabs(x), ALPHA); }
static float celu_tail_slope_f32(float x) {
    return wg_celu_tail_slope_f32(-fabsf(x), (float)ALPHA);
}
static double celu_tail_slope_f64(double x) { return wg_celu_tail_slope_f64(-fabs(x), ALPHA); }
static float squareplus_f32(float x) { return wg_squareplus_f32(x, (float)ALPHA); }
static double squareplus_f64(double x) { return wg_squareplus_f64(x, ALPHA); }
static float squareplus_slope_f32(float x) { return wg_squareplus_slope_f32(x, (float)ALPHA); }
static double squareplus_slope_f64(double x) { return wg_squareplus_slope_f64(x, ALPHA); }

static void minus_size(mpfr_t y, const mpfr_t x) {
    mpfr_abs(y, x, MPFR_RNDN);
    mpfr_neg(y, y, MPFR_RNDN);
}

/* A slope that MPFR itself takes for 0, far to the left, comes from below. */
static void below_zero(mpfr_t y, const mpfr_t x) {
    if (mpfr_zero_p(y) && mpfr_sgn(x) < 0) mpfr_set_zero(y, -1);
}

static void ref_elu_tail(mpfr_t y, const mpfr_t x) {
    minus_size(y, x);
    mpfr_expm1(y, y, MPFR_RNDN);
    mpfr_mul_d(y, y, ALPHA, MPFR_RNDN);
}

static void ref_elu_tail_slope(mpfr_t y, const mpfr_t x) {
    minus_size(y, x);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_mul_d(y, y, ALPHA, MPFR_RNDN);
}

static void ref_celu_tail(mpfr_t y, const mpfr_t x) {
    minus_size(y, x);
    mpfr_div_d(y, y, ALPHA, MPFR_RNDN);
    mpfr_expm1(y, y, MPFR_RNDN);
    mpfr_mul_d(y, y, ALPHA, MPFR_RNDN);
}

static void ref_celu_tail_slope(mpfr_t y, const mpfr_t x) {
    minus_size(y, x);
    mpfr_div_d(y, y, ALPHA, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
}

static void ref_softplus(mpfr_t y, const mpfr_t x) {
    const bool positive = mpfr_sgn(x) > 0;
    mpfr_t keep;
    mpfr_init2(keep, REFERENCE_BITS);
    mpfr_set(keep, x, MPFR_RNDN);
    minus_size(y, x);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_log1p(y, y, MPFR_RNDN);
    if (positive) mpfr_add(y, y, keep, MPFR_RNDN);
    mpfr_clear(keep);
}

static void ref_softsign_slope(mpfr_t y, const mpfr_t x) {
    mpfr_abs(y, x, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_sqr(y, y, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

static void ref_softsign(mpfr_t y, const mpfr_t x) {
    mpfr_t base;
    mpfr_init2(base, REFERENCE_BITS);
    mpfr_abs(base, x, MPFR_RNDN);
    mpfr_add_ui(base, base, 1, MPFR_RNDN);
    mpfr_div(y, x, base, MPFR_RNDN);
    mpfr_clear(base);
}

/* sqrt(x^2 + ALPHA), |x|, and x < 0. */
static bool hypotenuse(mpfr_t r, mpfr_t size, const mpfr_t x) {
    mpfr_sqr(r, x, MPFR_RNDN);
    mpfr_add_d(r, r, ALPHA, MPFR_RNDN);
    mpfr_sqrt(r, r, MPFR_RNDN);
    mpfr_abs(size, x, MPFR_RNDN);
    return mpfr_sgn(x) < 0;
}

static void ref_squareplus(mpfr_t y, const mpfr_t x) {
    mpfr_t r, size;
    mpfr_inits2(REFERENCE_BITS, r, size, (mpfr_ptr)NULL);
    const bool negative = hypotenuse(r, size, x);
    mpfr_add(y, r, size, MPFR_RNDN);
    if (negative) mpfr_d_div(y, ALPHA, y, MPFR_RNDN);
    mpfr_div_2ui(y, y, 1, MPFR_RNDN);
    mpfr_clears(r, size, (mpfr_ptr)NULL);
}

/* ALPHA/(2 r (r + |x|)), or 1 less that */
static void ref_squareplus_slope(mpfr_t y, const mpfr_t x) {
    mpfr_t r, size;
    mpfr_inits2(REFERENCE_BITS, r, size, (mpfr_ptr)NULL);
    const bool negative = hypotenuse(r, size, x);
    mpfr_add(y, r, size, MPFR_RNDN);
    mpfr_mul(y, y, r, MPFR_RNDN);
    mpfr_d_div(y, ALPHA / 2, y, MPFR_RNDN);
    if (!negative) mpfr_ui_sub(y, 1, y, MPFR_RNDN);
    mpfr_clears(r, size, (mpfr_ptr)NULL);
}

static void logistic(mpfr_t y, const mpfr_t x) {
    mpfr_neg(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

/* x s(v), or its slope, s + w s (1 - s), w = x dv/dx */
static void gate(mpfr_t y, const mpfr_t x, const mpfr_t v, const mpfr_t w, bool slope) {
    mpfr_t s, t;
    mpfr_inits2(REFERENCE_BITS, s, t, (mpfr_ptr)NULL);
    logistic(s, v);
    mpfr_neg(t, v, MPFR_RNDN);
    logistic(t, t);
    mpfr_mul(t, t, w, MPFR_RNDN);
    mpfr_add_ui(t, t, 1, MPFR_RNDN);
    if (slope)
        mpfr_mul(y, s, t, MPFR_RNDN);
    else
        mpfr_mul(y, s, x, MPFR_RNDN);
    mpfr_clears(s, t, (mpfr_ptr)NULL);
}

static void ref_silu(mpfr_t y, const mpfr_t x) { gate(y, x, x, x, false); }
static void ref_silu_slope(mpfr_t y, const mpfr_t x) { gate(y, x, x, x, true); }

/* v = sqrt(8/pi) (x + 0.044715 x^3), w = x dv/dx */
static void gelu_tanh(mpfr_t y, const mpfr_t x, bool slope) {
    mpfr_t c, cube, v, w;
    mpfr_inits2(REFERENCE_BITS, c, cube, v, w, (mpfr_ptr)NULL);
    mpfr_const_pi(c, MPFR_RNDN);
    mpfr_ui_div(c, 8, c, MPFR_RNDN);
    mpfr_sqrt(c, c, MPFR_RNDN);
    mpfr_pow_ui(cube, x, 3, MPFR_RNDN);
    mpfr_mul_ui(cube, cube, 44715, MPFR_RNDN);
    mpfr_div_ui(cube, cube, 1000000, MPFR_RNDN);
    mpfr_add(v, x, cube, MPFR_RNDN);
    mpfr_mul(v, v, c, MPFR_RNDN);
    mpfr_mul_ui(cube, cube, 3, MPFR_RNDN);
    mpfr_add(w, x, cube, MPFR_RNDN);
    mpfr_mul(w, w, c, MPFR_RNDN);
    gate(y, x, v, w, slope);
    mpfr_clears(c, cube, v, w, (mpfr_ptr)NULL);
}

static void ref_gelu_tanh(mpfr_t y, const mpfr_t x) { gelu_tanh(y, x, false); }
static void ref_gelu_tanh_slope(mpfr_t y, const mpfr_t x) { gelu_tanh(y, x, true); }

/* erfc(-x/sqrt 2)/2 */
static void normal_cdf(mpfr_t y, const mpfr_t x) {
    mpfr_t root;
    mpfr_init2(root, REFERENCE_BITS);
    mpfr_sqrt_ui(root, 2, MPFR_RNDN);
    mpfr_div(root, x, root, MPFR_RNDN);
    mpfr_neg(root, root, MPFR_RNDN);
    mpfr_erfc(y, root, MPFR_RNDN);
    mpfr_div_2ui(y, y, 1, MPFR_RNDN);
    mpfr_clear(root);
}

static void ref_gelu(mpfr_t y, const mpfr_t x) {
    mpfr_t cdf;
    mpfr_init2(cdf, REFERENCE_BITS);
    normal_cdf(cdf, x);
    mpfr_mul(y, cdf, x, MPFR_RNDN);
    mpfr_clear(cdf);
}

static void ref_gelu_slope(mpfr_t y, const mpfr_t x) {
    mpfr_t cdf, density;
    mpfr_inits2(REFERENCE_BITS, cdf, density, (mpfr_ptr)NULL);
    normal_cdf(cdf, x);
    mpfr_sqr(density, x, MPFR_RNDN);
    mpfr_div_si(density, density, -2, MPFR_RNDN);
    mpfr_exp(density, density, MPFR_RNDN);
    mpfr_mul(density, density, x, MPFR_RNDN);
    mpfr_const_pi(y, MPFR_RNDN);
    mpfr_mul_ui(y, y, 2, MPFR_RNDN);
    mpfr_rec_sqrt(y, y, MPFR_RNDN);
    mpfr_fma(y, y, density, cdf, MPFR_RNDN);
    below_zero(y, x);
    mpfr_clears(cdf, density, (mpfr_ptr)NULL);
}

/* tanh(log(1 + e^x)), and, in u, 1 less its square, sech^2 */
static void mish_gate(mpfr_t t, mpfr_t u, const mpfr_t x) {
    ref_softplus(u, x);
    mpfr_tanh(t, u, MPFR_RNDN);
    mpfr_sech(u, u, MPFR_RNDN);
    mpfr_sqr(u, u, MPFR_RNDN);
}

static void ref_mish(mpfr_t y, const mpfr_t x) {
    mpfr_t t, u;
    mpfr_inits2(REFERENCE_BITS, t, u, (mpfr_ptr)NULL);
    mish_gate(t, u, x);
    mpfr_mul(y, t, x, MPFR_RNDN);
    mpfr_clears(t, u, (mpfr_ptr)NULL);
}

static void ref_mish_slope(mpfr_t y, const mpfr_t x) {
    mpfr_t t, u, s;
    mpfr_inits2(REFERENCE_BITS, t, u, s, (mpfr_ptr)NULL);
    mish_gate(t, u, x);
    logistic(s, x);
    mpfr_mul(s, s, u, MPFR_RNDN);
    mpfr_fma(y, s, x, t, MPFR_RNDN);
    below_zero(y, x);
    mpfr_clears(t, u, s, (mpfr_ptr)NULL);
}

/* Where x - tanh x cancels too much, the first terms of its series. */
static void ref_tanh_shrink(mpfr_t y, const mpfr_t x) {
    mpfr_t square, sum;
    mpfr_inits2(REFERENCE_BITS, square, sum, (mpfr_ptr)NULL);
    mpfr_sqr(square, x, MPFR_RNDN);
    if (mpfr_zero_p(x) || mpfr_get_exp(x) > -20) {
        mpfr_tanh(sum, x, MPFR_RNDN);
        mpfr_sub(y, x, sum, MPFR_RNDN);
        if (mpfr_zero_p(x)) mpfr_set(y, x, MPFR_RNDN);
    } else { /* x^3 (1/3 - 2/15 x^2 + 17/315 x^4 - 62/2835 x^6), relative error 2^-160 */
        static const long top[] = {-62, 17, -2, 1};
        static const unsigned long bottom[] = {2835, 315, 15, 3};
        mpfr_set_zero(sum, 1);
        for (int i = 0; i < 4; i++) {
            mpfr_mul(sum, sum, square, MPFR_RNDN);
            mpfr_set_si(y, top[i], MPFR_RNDN);
            mpfr_div_ui(y, y, bottom[i], MPFR_RNDN);
            mpfr_add(sum, sum, y, MPFR_RNDN);
        }
        mpfr_mul(sum, sum, square, MPFR_RNDN);
        mpfr_mul(y, sum, x, MPFR_RNDN);
    }
    mpfr_clears(square, sum, (mpfr_ptr)NULL);
}

static void ref_tanh_shrink_slope(mpfr_t y, const mpfr_t x) {
    mpfr_tanh(y, x, MPFR_RNDN);
    mpfr_sqr(y, y, MPFR_RNDN);
}

/* name, function, reference, domain of the uniform points, bound in ULP for float and double. The
 * bounds are a little above what all floats, and half a million doubles each, have shown. */
#define FOR_EACH_ACTIVATION(ROW)                                                                   \
    ROW(elu_tail, elu_tail, -40.0, 0.0, 0.94, 0.8)                                                 \
    ROW(elu_tail_slope, elu_tail_slope, -750.0, 0.0, 0.91, 0.8)                                    \
    ROW(celu_tail, celu_tail, -20.0, 0.0, 0.95, 1.2)                                               \
    ROW(celu_tail_slope, celu_tail_slope, -300.0, 0.0, 0.91, 0.8)                                  \
    ROW(softplus, wg_softplus, -750.0, 40.0, 0.82, 1.1)                                            \
    ROW(softsign, wg_softsign, -10.0, 10.0, 0.5, 1.5)                                              \
    ROW(softsign_slope, wg_softsign_slope, -10.0, 10.0, 0.501, 0.8)                                \
    ROW(squareplus, squareplus, -10.0, 10.0, 0.501, 1.51)                                          \
    ROW(squareplus_slope, squareplus_slope, -10.0, 10.0, 0.501, 1.3)                               \
    ROW(silu, wg_silu, -755.0, 40.0, 0.95, 0.8)                                                    \
    ROW(silu_slope, wg_silu_slope, -5.0, 5.0, 0.95, 1.0)                                           \
    ROW(gelu, wg_gelu, -39.0, 10.0, 0.95, 1.2)                                                     \
    ROW(gelu_slope, wg_gelu_slope, -5.0, 5.0, 0.66, 1.2)                                           \
    ROW(gelu_tanh, wg_gelu_tanh, -25.0, 10.0, 0.56, 0.8)                                           \
    ROW(gelu_tanh_slope, wg_gelu_tanh_slope, -5.0, 5.0, 0.501, 1.0)                                \
    ROW(mish, wg_mish, -755.0, 40.0, 0.57, 0.8)                                                    \
    ROW(mish_slope, wg_mish_slope, -5.0, 5.0, 0.501, 1.1)                                          \
    ROW(tanh_shrink, wg_tanh_shrink, -3.0, 3.0, 0.51, 1.3)                                         \
    ROW(tanh_shrink_slope, wg_tanh_shrink_slope, -20.0, 20.0, 0.501, 1.1)

#endif
