/* sigmoid.h: the logistic function 1/(1 + e^-x) and its slope.
 *
 * Method, f64: e = e^-|x| <= 1 as (hi + lo) 2^n, the denominator in two parts, one division and
 * one step of correction by its remainder; 2^n comes last, so that the subnormal tail is rounded
 * once. f32: the reciprocal of 1 + e^-x, or 1 + e^|x|, and its remainder.
 */
#ifndef WG_MATH_SIGMOID_H
#define WG_MATH_SIGMOID_H

#include "math/bits.h"
#include "math/exp.h"
#include "math/exp_f32.h"

/* e^x = (hi + lo) 2^n, |lo| at most half the spacing at hi, and 1 + e^x = sum + sum_low. */
struct wg_logistic_f64 {
    double hi, lo, sum, sum_low;
    uint64_t n;
};

/* Domain: x <= 0; below the clamp even 4 e^x is 0. */
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
WG_INLINE double wg_quotient_f64(double a, double a_low, double b, double b_low) {
    double inverse = 1.0 / b;
    double q = a * inverse;
    double remainder = __builtin_fma(-q, b, a) + __builtin_fma(-q, b_low, a_low);
    return __builtin_fma(remainder, inverse, q);
}

/* 1/(c + e^x) = y (1 + m) 2^-42, |m| < 2^-22 or so, for c = 1 or 0.5.  The power keeps all that is
 * computed within the normal numbers.  Domain: -60 <= x <= 113 */
struct wg_reciprocal_f32 {
    float y, m;
};

#define WG_RECIPROCAL_POWER_F32 0x1p-42f

WG_INLINE struct wg_reciprocal_f32 wg_logistic_reciprocal_f32(float x, float c) {
    struct wg_exp_reduced_f32 e = wg_exp_reduce_f32(x);
    float scale = wg_from_bits_f32(e.power + ((uint32_t)(127 - 42) << 23));
    float one = c * WG_RECIPROCAL_POWER_F32;
    /* high + rest = one + scale e^r.  Where one of the two is too small for their sum, the
     * difference has it. */
    float high = __builtin_fmaf(scale, e.r, scale + one);
    float lost = __builtin_fmaf(scale, e.r, (scale - high) + one);
    float rest = __builtin_fmaf(e.r * e.r * scale, wg_exp_curve_f32(e.r), lost);
    struct wg_reciprocal_f32 q;
    q.y = 1.0f / (high + rest);
    q.m = __builtin_fmaf(-q.y, rest, __builtin_fmaf(-q.y, high, 1.0f));
    return q;
}

/* 1/(1 + e^-x); f64 for x < 0 as e^x/(1 + e^x).
 * error    f32 at most 0.813 ULP (all 2^32 floats), f64 0.753 (1.4 million points)
 * special  sigmoid(-inf) = 0, sigmoid(+-0) = 0.5, sigmoid(inf) = 1, NaN -> NaN */
WG_INLINE float wg_sigmoid_f32(float x) {
    float clamped = wg_at_least_f32(wg_at_most_f32(x, 24.0f), -104.0f);
    struct wg_reciprocal_f32 q = wg_logistic_reciprocal_f32(-clamped, 1.0f);
    float y = __builtin_fmaf(q.y, q.m, q.y) * WG_RECIPROCAL_POWER_F32;
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
WG_INLINE double wg_logistic_slope_f64(double x, double factor) {
    struct wg_logistic_f64 t = wg_logistic_f64(x);
    double b = t.sum * t.sum;
    double b_low = __builtin_fma(t.sum, t.sum, -b) + 2.0 * t.sum * t.sum_low;
    return wg_scale_f64(factor * wg_quotient_f64(t.hi, t.lo, b, b_low), t.n);
}

/* The derivative of sigmoid, e/(1 + e)^2 with e = e^-|x|: y (1 - y) without its cancellation.  In
 * float, h (1 - h) + m h (1 - 2 h) for h (1 + m) = 1/(1 + e^|x|) <= 1/2.
 * error    f32 at most 0.813 ULP (all 2^32 floats), f64 0.746 (1.4 million points)
 * special  0.25 at +-0, 0 at +-inf, NaN -> NaN */
WG_INLINE float wg_sigmoid_slope_f32(float x) {
    float size = wg_at_most_f32(wg_abs_f32(x), 106.0f);
    struct wg_reciprocal_f32 q = wg_logistic_reciprocal_f32(size, 1.0f);
    float h = q.y * WG_RECIPROCAL_POWER_F32;
    float other = 1.0f - h, lost = (1.0f - other) - h;
    float low = q.y * __builtin_fmaf(q.m, other - h, lost);
    float y = __builtin_fmaf(q.y, other, low) * WG_RECIPROCAL_POWER_F32;
    return x != x ? x : y;
}

WG_INLINE double wg_sigmoid_slope_f64(double x) {
    double y = wg_logistic_slope_f64(-wg_abs_f64(x), 1.0);
    return x != x ? x : y;
}

#endif
