/* sigmoid.h: the logistic function 1/(1 + e^-x) and its slope.
 *
 * Method: e = e^-|x| <= 1 as (hi + lo) 2^n, the denominator in two floats, one division and one
 * step of correction by its remainder; 2^n comes last, so that the subnormal tail is rounded once.
 */
#ifndef WG_MATH_SIGMOID_H
#define WG_MATH_SIGMOID_H

#include "math/bits.h"
#include "math/exp.h"

/* e^x = (hi + lo) 2^n, |lo| at most half the spacing at hi, and 1 + e^x = sum + sum_low. */
struct wg_logistic_f32 {
    float hi, lo, sum, sum_low;
    uint32_t n;
};

struct wg_logistic_f64 {
    double hi, lo, sum, sum_low;
    uint64_t n;
};

/* Domain: x <= 0; below the clamp even 4 e^x is 0. */
WG_INLINE struct wg_logistic_f32 wg_logistic_f32(float x) {
    float clamped = wg_at_least_f32(x, -110.0f);
    struct wg_exp_parts_f32 e = wg_exp_parts_f32(clamped, 0.0f);
    struct wg_logistic_f32 t;
    t.hi = e.hi + e.lo;
    t.lo = e.lo - (t.hi - e.hi);
    t.n = e.n;
    float scale = clamped < -80.0f ? 0.0f : wg_exp2i_f32(e.n); /* there 1 + e^x rounds to 1 */
    float small = t.hi * scale;
    t.sum = 1.0f + small;
    t.sum_low = __builtin_fmaf(t.lo, scale, small - (t.sum - 1.0f));
    return t;
}

WG_INLINE struct wg_logistic_f64 wg_logistic_f64(double x) {
    double clamped = x < -750.0 ? -750.0 : x;
    struct wg_exp_parts_f64 e = wg_exp_parts_f64(clamped, 0.0);
    struct wg_logistic_f64 t;
    t.hi = e.hi + e.lo;
    t.lo = e.lo - (t.hi - e.hi);
    t.n = e.n;
    double scale = clamped < -700.0 ? 0.0 : wg_exp2i_f64(e.n); /* there 1 + e^x rounds to 1 */
    double small = t.hi * scale;
    t.sum = 1.0 + small;
    t.sum_low = __builtin_fma(t.lo, scale, small - (t.sum - 1.0));
    return t;
}

/* (a + a_low) / (b + b_low) to about 0.5 ULP, given parts that overlap by less than a spacing. */
WG_INLINE float wg_quotient_f32(float a, float a_low, float b, float b_low) {
    float inverse = 1.0f / b;
    float q = a * inverse;
    float remainder = __builtin_fmaf(-q, b, a) + __builtin_fmaf(-q, b_low, a_low);
    return __builtin_fmaf(remainder, inverse, q);
}

WG_INLINE double wg_quotient_f64(double a, double a_low, double b, double b_low) {
    double inverse = 1.0 / b;
    double q = a * inverse;
    double remainder = __builtin_fma(-q, b, a) + __builtin_fma(-q, b_low, a_low);
    return __builtin_fma(remainder, inverse, q);
}

/* 1/(1 + e^-x), for x < 0 as e^x/(1 + e^x).
 * error    f32 at most 0.765 ULP (all 2^32 floats), f64 0.753 (1.4 million points)
 * special  sigmoid(-inf) = 0, sigmoid(+-0) = 0.5, sigmoid(inf) = 1, NaN -> NaN */
WG_INLINE float wg_sigmoid_f32(float x) {
    struct wg_logistic_f32 t = wg_logistic_f32(-wg_abs_f32(x));
    float a = x < 0.0f ? t.hi : 1.0f;
    float a_low = x < 0.0f ? t.lo : 0.0f;
    uint32_t n = x < 0.0f ? t.n : 0;
    float y = wg_shrink_f32(wg_quotient_f32(a, a_low, t.sum, t.sum_low), n);
    return x != x ? x : y;
}

WG_INLINE double wg_sigmoid_f64(double x) {
    struct wg_logistic_f64 t = wg_logistic_f64(-wg_abs_f64(x));
    double a = x < 0.0 ? t.hi : 1.0;
    double a_low = x < 0.0 ? t.lo : 0.0;
    uint64_t n = x < 0.0 ? t.n : 0;
    double y = wg_scale_f64(wg_quotient_f64(a, a_low, t.sum, t.sum_low), n);
    return x != x ? x : y;
}

/* factor e/(1 + e)^2 with e = e^x, rounded once.  Domain: x <= 0; factor 1, 2 or 4. */
WG_INLINE float wg_logistic_slope_f32(float x, float factor) {
    struct wg_logistic_f32 t = wg_logistic_f32(x);
    float b = t.sum * t.sum;
    float b_low = __builtin_fmaf(t.sum, t.sum, -b) + 2.0f * t.sum * t.sum_low;
    return wg_shrink_f32(factor * wg_quotient_f32(t.hi, t.lo, b, b_low), t.n);
}

WG_INLINE double wg_logistic_slope_f64(double x, double factor) {
    struct wg_logistic_f64 t = wg_logistic_f64(x);
    double b = t.sum * t.sum;
    double b_low = __builtin_fma(t.sum, t.sum, -b) + 2.0 * t.sum * t.sum_low;
    return wg_scale_f64(factor * wg_quotient_f64(t.hi, t.lo, b, b_low), t.n);
}

/* The derivative of sigmoid, e/(1 + e)^2 with e = e^-|x|: y (1 - y) without its cancellation.
 * error    f32 at most 0.765 ULP (all 2^32 floats), f64 0.746 (1.4 million points)
 * special  0.25 at +-0, 0 at +-inf, NaN -> NaN */
WG_INLINE float wg_sigmoid_slope_f32(float x) {
    float y = wg_logistic_slope_f32(-wg_abs_f32(x), 1.0f);
    return x != x ? x : y;
}

WG_INLINE double wg_sigmoid_slope_f64(double x) {
    double y = wg_logistic_slope_f64(-wg_abs_f64(x), 1.0);
    return x != x ? x : y;
}

#endif
