/* softplus.h: log(1 + e^x). */
#ifndef WG_MATH_SOFTPLUS_H
#define WG_MATH_SOFTPLUS_H

#include "math/bits.h"
#include "math/exp_pair.h"
#include "math/log.h"
#include "math/sigmoid.h"

/* max(x, 0) + log(1 + e^-|x|): the exponential never overflows; in the left tail it is the result.
 * In float, log(1 + e) = 2 atanh(h/2) with h = 2 e/(2 + e) = 1/(1/2 + e^|x|), at most 2/3.
 * error    f32 at most 0.813 ULP, f64 1.1
 * special  softplus(-inf) = 0, softplus(inf) = inf, NaN -> NaN */
WG_INLINE float wg_softplus_f32(float x) {
    float size = wg_at_most_f32(wg_abs_f32(x), 106.0f);
    struct wg_reciprocal_f32 q = wg_logistic_reciprocal_f32(size, 0.5f);
    float h = q.y * WG_RECIPROCAL_POWER_F32;
    float z = h * h;
    /* (2 atanh(h/2)/h - 1) / z in z = h^2, degree 4, z <= 4/9; times z the error is below 2^-31. */
    float p = 0x1.e1216p-14f;
    p = __builtin_fmaf(p, z, 0x1.bb3124p-12f);
    p = __builtin_fmaf(p, z, 0x1.24d76ep-9f);
    p = __builtin_fmaf(p, z, 0x1.999866p-7f);
    p = __builtin_fmaf(p, z, 0x1.555556p-4f);
    float more = __builtin_fmaf(z, p, q.m); /* log = y (1 + more) */
    float line = wg_larger_f32(x, 0.0f) * (1.0f / WG_RECIPROCAL_POWER_F32);
    float big = wg_larger_f32(line, q.y), small = wg_at_most_f32(line, q.y);
    float sum = big + small, lost = small - (sum - big);
    float y = (sum + __builtin_fmaf(q.y, more, lost)) * WG_RECIPROCAL_POWER_F32;
    return x <= 20.0f ? y : x;
}

WG_INLINE double wg_softplus_f64(double x) {
    double size = wg_abs_f64(x);
    double positive = x > 0.0 ? x : 0.0;
    struct wg_exp_pair_f64 e = wg_exp_pair_f64(size > 800.0 ? -800.0 : -size, 0.0);
    double log = wg_log1p_sum_f64(e.scaled.hi, e.scaled.lo);
    log = size > 40.0 ? wg_scale_f64(e.m.hi, e.n) : log; /* e is too small to be felt by 1 */
    double y = positive + log;
    return x != x ? x : y;
}

#endif
