/* tanh.h: the hyperbolic tangent and its slope. */
#ifndef WG_MATH_TANH_H
#define WG_MATH_TANH_H

#include "math/bits.h"
#include "math/exp.h"
#include "math/short.h"
#include "math/sigmoid.h"

/* tanh x has the sign of x. In float, tanh |x| = -m/(2 + m) with m = e^-2|x| - 1, in double,
 * rounded once; in double, t/(t + 1) with t = (e^2|x| - 1)/2 in two doubles.
 * error    f32 at most 0.681 ULP (all 2^32 floats), f64 0.704 (1.4 million points)
 * special  tanh(+-0) = +-0, tanh(+-inf) = +-1, NaN -> NaN; tiny x is itself */
WG_INLINE float wg_tanh_f32(float x) {
    float a = wg_at_most_f32(wg_abs_f32(x), 10.0f); /* 1 from there on */
    struct wg_brief_exp_parts e = wg_brief_exp_parts((double)a, -2.0);
    double power = wg_exp2i_f64(wg_to_bits_f64(e.shifted));
    double m = __builtin_fma(e.q * e.r, power, power - 1.0);
    float y = wg_copysign_f32((float)(-m / (2.0 + m)), x);
    return wg_abs_f32(x) >= 0x1p-13f ? y : x;
}

WG_INLINE double wg_tanh_f64(double x) {
    double a = wg_abs_f64(x);
    a = a > 20.0 ? 20.0 : a; /* 1 from there on */
    struct wg_half_expm1_f64 t = wg_half_expm1_f64(2.0 * a, 0.0);
    double big = t.hi > 1.0 ? t.hi : 1.0;
    double small = t.hi > 1.0 ? 1.0 : t.hi;
    double sum = big + small;
    double y = wg_quotient_f64(t.hi, t.lo, sum, (small - (sum - big)) + t.lo);
    y = wg_copysign_f64(y, x);
    return wg_abs_f64(x) >= 0x1p-28 ? y : x;
}

/* The derivative of tanh, 4e/(1 + e)^2 with e = e^-2|x|: 1 - tanh(x)^2 without its cancellation.
 * error    f32 at most 0.553 ULP (all 2^32 floats), f64 0.750 (1.4 million points)
 * special  1 at +-0, 0 at +-inf, NaN -> NaN */
WG_INLINE float wg_tanh_slope_f32(float x) {
    double e = wg_brief_exp((double)wg_at_most_f32(wg_abs_f32(x), 100.0f), -2.0);
    double sum = 1.0 + e;
    float y = (float)(4.0 * e / (sum * sum));
    return x != x ? x : y;
}

WG_INLINE double wg_tanh_slope_f64(double x) {
    double y = wg_logistic_slope_f64(-2.0 * wg_abs_f64(x), 4.0);
    return x != x ? x : y;
}

#endif
