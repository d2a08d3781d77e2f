/* exp.h: e^x and e^x - 1.
 *
 * Method: x = n ln 2 + r with |r| <= (ln 2)/2, and e^r = 1 + r + r^2 P(r).  The products with ln 2
 * are taken in two parts and the leading 1 + r in two floats, so that nearly all of the error is
 * that of the last rounding.
 */
#ifndef WG_MATH_EXP_H
#define WG_MATH_EXP_H

#include "math/bits.h"

/* e^x = (hi + lo) 2^n, hi in [0.65, 1.35], |lo| < 0.08; the error is below 2^-28 (2^-57) of it. */
struct wg_exp_parts_f32 {
    float hi, lo;
    uint32_t n;
};

struct wg_exp_parts_f64 {
    double hi, lo;
    double rest; /* below the last digit of lo, for those who subtract 1; a float's is nil */
    uint64_t n;
};

/* Domain: |x| <= 2000; `x_low` is added to x and is far smaller than 1. */
WG_INLINE struct wg_exp_parts_f32 wg_exp_parts_f32(float x, float x_low) {
    const float log2e = 0x1.715476p0f;
    const float ln2_high = 0x1.62e430p-1f, ln2_low = -0x1.05c610p-29f;
    float shifted = __builtin_fmaf(x, log2e, WG_ROUND_F32);
    float n = shifted - WG_ROUND_F32;
    float r_high = __builtin_fmaf(n, -ln2_high, x); /* exact */
    float r_low = __builtin_fmaf(n, -ln2_low, x_low);
    float r = r_high + r_low;
    /* (e^r - 1 - r) / r^2, degree 5, |r| <= 0.3467; times r^2 the error is below 2^-32. */
    float p = 0x1.a2d982p-13f;
    p = __builtin_fmaf(p, r, 0x1.6d3074p-10f);
    p = __builtin_fmaf(p, r, 0x1.110fc2p-7f);
    p = __builtin_fmaf(p, r, 0x1.5555p-5f);
    p = __builtin_fmaf(p, r, 0x1.555556p-3f);
    p = __builtin_fmaf(p, r, 0x1p-1f);
    struct wg_exp_parts_f32 e;
    e.hi = 1.0f + r_high;
    e.lo = __builtin_fmaf(r * r, p, (r_high - (e.hi - 1.0f)) + r_low);
    e.n = wg_to_bits_f32(shifted) - wg_to_bits_f32(WG_ROUND_F32);
    return e;
}

WG_INLINE struct wg_exp_parts_f64 wg_exp_parts_f64(double x, double x_low) {
    const double log2e = 0x1.71547652b82fep0;
    const double ln2_high = 0x1.62e42fefa39efp-1, ln2_low = 0x1.abc9e3b39803fp-56;
    double shifted = __builtin_fma(x, log2e, WG_ROUND_F64);
    double n = shifted - WG_ROUND_F64;
    double r_high = __builtin_fma(n, -ln2_high, x); /* exact */
    double r_low = __builtin_fma(n, -ln2_low, x_low);
    double r = r_high + r_low;
    /* (e^r - 1 - r) / r^2, degree 10, |r| <= 0.3467; times r^2 the error is below 2^-62. */
    double p = 0x1.1f86fc339ddbep-29;
    p = __builtin_fma(p, r, 0x1.af4ee43065757p-26);
    p = __builtin_fma(p, r, 0x1.27e4cfa93cc5cp-22);
    p = __builtin_fma(p, r, 0x1.71de01a1ad724p-19);
    p = __builtin_fma(p, r, 0x1.a01a01ab9a61p-16);
    p = __builtin_fma(p, r, 0x1.a01a01ac20fc4p-13);
    p = __builtin_fma(p, r, 0x1.6c16c16c156a2p-10);
    p = __builtin_fma(p, r, 0x1.111111111004dp-7);
    p = __builtin_fma(p, r, 0x1.5555555555557p-5);
    p = __builtin_fma(p, r, 0x1.5555555555557p-3);
    p = __builtin_fma(p, r, 0x1p-1);
    struct wg_exp_parts_f64 e;
    e.rest = ((r_high - r) + r_low) * r; /* what rounding r lost, times e^r - 1 */
    e.hi = 1.0 + r_high;
    e.lo = __builtin_fma(r * r, p, (r_high - (e.hi - 1.0)) + r_low);
    e.n = wg_to_bits_f64(shifted) - wg_to_bits_f64(WG_ROUND_F64);
    return e;
}

/* e^x.
 * error    f32 at most 0.765 ULP (all 2^32 floats), f64 0.749 (1.4 million points)
 * special  exp(-inf) = 0, exp(inf) = inf, exp(+-0) = 1, NaN -> NaN; overflow gives inf, underflow
 *          subnormals and then 0 */
WG_INLINE float wg_exp_f32(float x) {
    float clamped = wg_at_least_f32(wg_at_most_f32(x, 89.0f), -104.0f);
    struct wg_exp_parts_f32 e = wg_exp_parts_f32(clamped, 0.0f);
    float y = wg_scale_f32(e.hi + e.lo, e.n);
    return x != x ? x : y;
}

WG_INLINE double wg_exp_f64(double x) {
    double clamped = x > 710.0 ? 710.0 : x;
    clamped = clamped < -746.0 ? -746.0 : clamped;
    struct wg_exp_parts_f64 e = wg_exp_parts_f64(clamped, 0.0);
    double y = wg_scale_f64(e.hi + e.lo, e.n);
    return x != x ? x : y;
}

/* (e^x - 1) / 2, in double as hi + lo, |lo| at most half the spacing at hi; the half keeps 2^n
 * finite up to the overflow of e^x.  Exact enough for 1 ULP where |x| >= 2^-26 (2^-55).
 * Domain: -80 <= x <= 89 (-700 <= x <= 710); `x_low` as above. */
struct wg_half_expm1_f64 {
    double hi, lo;
};

WG_INLINE float wg_half_expm1_f32(float x) {
    struct wg_exp_parts_f32 e = wg_exp_parts_f32(x, 0.0f);
    float scale = wg_exp2i_f32(e.n - 1);
    float a = e.hi * scale;
    float sum = a - 0.5f; /* and its rounding error, by Knuth's two-sum */
    float part = sum - a;
    float error = (a - (sum - part)) + (-0.5f - part);
    return sum + __builtin_fmaf(e.lo, scale, error);
}

WG_INLINE struct wg_half_expm1_f64 wg_half_expm1_f64(double x, double x_low) {
    struct wg_exp_parts_f64 e = wg_exp_parts_f64(x, x_low);
    double scale = wg_exp2i_f64(e.n - 1);
    double a = e.hi * scale;
    double sum = a - 0.5; /* and its rounding error, by Knuth's two-sum */
    double part = sum - a;
    double error = (a - (sum - part)) + (-0.5 - part);
    double rest = __builtin_fma(e.lo, scale, __builtin_fma(e.rest, scale, error));
    struct wg_half_expm1_f64 h;
    h.hi = sum + rest;
    h.lo = rest - (h.hi - sum);
    return h;
}

/* e^x - 1.
 * error    f32 at most 0.884 ULP (all 2^32 floats), f64 0.776 (1.4 million points)
 * special  expm1(+-0) = +-0, expm1(-inf) = -1, expm1(inf) = inf, NaN -> NaN; tiny x is itself */
WG_INLINE float wg_expm1_f32(float x) {
    float clamped = wg_at_least_f32(wg_at_most_f32(x, 89.0f), -18.0f);
    float y = wg_half_expm1_f32(clamped) * 2.0f;
    return wg_abs_f32(x) >= 0x1p-26f ? y : x;
}

WG_INLINE double wg_expm1_f64(double x) {
    double clamped = x > 710.0 ? 710.0 : x;
    clamped = clamped < -40.0 ? -40.0 : clamped;
    double y = wg_half_expm1_f64(clamped, 0.0).hi * 2.0;
    return wg_abs_f64(x) >= 0x1p-55 ? y : x;
}

#endif
