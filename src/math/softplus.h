/* softplus.h: log(1 + e^x). */
#ifndef WG_MATH_SOFTPLUS_H
#define WG_MATH_SOFTPLUS_H

#include "math/bits.h"
#include "math/exp_pair.h"
#include "math/log.h"
#include "math/short.h"

/* max(x, 0) + log(1 + e^-|x|): the exponential never overflows; in the left tail it is the result.
 * error    f32 at most 0.501 ULP, f64 1.1
 * special  softplus(-inf) = 0, softplus(inf) = inf, NaN -> NaN */
WG_INLINE float wg_softplus_f32(float x) {
    double size = (double)wg_at_most_f32(wg_abs_f32(x), 200.0f);
    double positive = x > 0.0f ? (double)x : 0.0;
    float y = (float)(positive + wg_short_log1p(wg_short_exp(-size)));
    return x != x ? x : y;
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
