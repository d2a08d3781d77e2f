/* softsign.h: x/(1 + |x|) and its slope 1/(1 + |x|)^2. */
#ifndef WG_MATH_SOFTSIGN_H
#define WG_MATH_SOFTSIGN_H

#include "math/bits.h"
#include "math/exp_pair.h"

/* x/(1 + |x|).
 * error    f32 at most 0.5 ULP, f64 1.5
 * special  +-1 at +-inf, softsign(-0) = -0, NaN -> NaN */
WG_INLINE float wg_softsign_f32(float x) {
    double clamped = x > 0x1p60f ? 0x1p60 : (double)x; /* +-1 from there on */
    clamped = x < -0x1p60f ? -0x1p60 : clamped;
    return (float)(clamped / (1.0 + wg_abs_f64(clamped)));
}

WG_INLINE double wg_softsign_f64(double x) {
    double clamped = x > 0x1p60 ? 0x1p60 : x;
    clamped = x < -0x1p60 ? -0x1p60 : clamped;
    return clamped / (1.0 + wg_abs_f64(clamped));
}

/* 1/(1 + |x|)^2; in f64 with both sides times 2^-100 where the square would overflow.
 * error    f32 at most 0.5 ULP, f64 0.8
 * special  1 at 0, 0 at +-inf, NaN -> NaN */
WG_INLINE float wg_softsign_slope_f32(float x) {
    double base = 1.0 + wg_abs_f64((double)x);
    return (float)(1.0 / (base * base));
}

WG_INLINE double wg_softsign_slope_f64(double x) {
    double size = wg_abs_f64(x);
    double clamped = size > 0x1p550 ? 0x1p550 : size; /* 0 from there on */
    double unit = size > 0x1p450 ? 0x1p-100 : 1.0;
    struct wg_pair base = wg_pair_sum(unit, unit * clamped);
    struct wg_pair square = wg_pair_multiply(base, base);
    double y = wg_pair_quotient((struct wg_pair){1.0, 0.0}, square) * unit * unit;
    return x != x ? x : y;
}

#endif
