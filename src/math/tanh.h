/* tanh.h: the hyperbolic tangent and its slope. */
#ifndef WG_MATH_TANH_H
#define WG_MATH_TANH_H

#include "math/bits.h"
#include "math/exp.h"
#include "math/sigmoid.h"

/* tanh x = t/(t + 1) with t = (e^2|x| - 1)/2 in two floats, and the sign of x.
 * error    f32 at most 0.762 ULP (all 2^32 floats), f64 0.704 (1.4 million points)
 * special  tanh(+-0) = +-0, tanh(+-inf) = +-1, NaN -> NaN; tiny x is itself */
WG_INLINE float wg_tanh_f32(float x) {
    float a = wg_at_most_f32(wg_abs_f32(x), 10.0f); /* 1 from there on */
    struct wg_half_expm1_f32 t = wg_half_expm1_f32(2.0f * a);
    float big = t.hi > 1.0f ? t.hi : 1.0f;
    float small = t.hi > 1.0f ? 1.0f : t.hi;
    float sum = big + small;
    float y = wg_quotient_f32(t.hi, t.lo, sum, (small - (sum - big)) + t.lo);
    y = wg_copysign_f32(y, x);
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
 * error    f32 at most 0.769 ULP (all 2^32 floats), f64 0.750 (1.4 million points)
 * special  1 at +-0, 0 at +-inf, NaN -> NaN */
WG_INLINE float wg_tanh_slope_f32(float x) {
    float y = wg_logistic_slope_f32(-2.0f * wg_abs_f32(x), 4.0f);
    return x != x ? x : y;
}

WG_INLINE double wg_tanh_slope_f64(double x) {
    double y = wg_logistic_slope_f64(-2.0 * wg_abs_f64(x), 4.0);
    return x != x ? x : y;
}

#endif
