/* mish.h: mish, x tanh(log(1 + e^x)), and its slope.
 *
 * The hyperbolic tangent of a logarithm is rational in the exponential. With e = e^-|x| <= 1:
 *   x > 0: p = 1 + 2 e       d = p + 2 e^2    mish = x p/d    slope (p d + 4 x e^2 (1 + e))/d^2
 *   else:  p = e (e + 2)     d = p + 2               x p/d          e ((e + 2) d + 4 x (1 + e))/d^2
 * In float, where double has the room, e = e^x of either sign will do: p = e (e + 2), d = p + 2,
 * and the slope is e (4 (x + 1) + e (4 x + 6 + e (e + 4)))/d^2. The slope crosses zero once, at
 * negative x: there its numerator cancels, and a Taylor polynomial in the distance from the zero,
 * which is a pair, stands in.
 */
#ifndef WG_MATH_MISH_H
#define WG_MATH_MISH_H

#include "math/bits.h"
#include "math/exp_pair.h"
#include "math/short.h"

/* x tanh(log(1 + e^x)).
 * error    f32 at most 0.573 ULP (all 2^32 floats), f64 0.75
 * special  -0 at -inf, inf at inf, +-0 at +-0, NaN -> NaN */
WG_INLINE float wg_mish_f32(float x) {
    double e = wg_brief_exp((double)wg_within_f32(x, 120.0f), 1.0);
    double p = e * (e + 2.0);
    float y = (float)((double)wg_at_least_f32(x, -120.0f) * (p / (p + 2.0)));
    y = x == 0.0f ? x : y;
    return x != x ? x : y;
}

WG_INLINE double wg_mish_f64(double x) {
    double size = wg_abs_f64(x);
    size = size > 800.0 ? 800.0 : size;
    double clamped = x > 0.0 ? size : -size;
    struct wg_exp_pair_f64 e = wg_exp_pair_f64(-size, 0.0);
    struct wg_pair square = wg_pair_multiply(e.scaled, e.scaled);
    struct wg_pair twice = {2.0 * e.scaled.hi, 2.0 * e.scaled.lo};
    struct wg_pair above = wg_pair_plus(1.0, twice);
    struct wg_pair two = wg_pair_plus(2.0, e.scaled);
    struct wg_pair p = wg_pair_select(x > 0.0, above, wg_pair_multiply(e.m, two));
    struct wg_pair rest = {2.0 * square.hi, 2.0 * square.lo};
    struct wg_pair below = wg_pair_plus(2.0, wg_pair_add(twice, square));
    struct wg_pair d = wg_pair_select(x > 0.0, wg_pair_add(above, rest), below);
    double q = wg_pair_quotient(wg_pair_times(clamped, p), d);
    double y = wg_scale_f64(q, x > 0.0 ? 0 : e.n);
    y = x > 800.0 ? x : y;
    y = x == 0.0 ? x : y;
    return x != x ? x : y;
}

/* mish' around its zero -1.1924312145154952: to 2^-38 of it where |t| <= 2^-5. */
WG_INLINE double wg_mish_slope_near_zero_f32(double x) {
    double t = (x + 0x1.31432c0d12d84p0) - -0x1.bf319154da21p-55;
    double p = -0x1.b87ddfb51b745p-9;
    p = __builtin_fma(p, t, -0x1.03369d4ac90fap-6);
    p = __builtin_fma(p, t, -0x1.4c222fe64d4fbp-6);
    p = __builtin_fma(p, t, 0x1.574f121a868dbp-5);
    p = __builtin_fma(p, t, 0x1.a34a251d8ad7bp-3);
    p = __builtin_fma(p, t, 0x1.115acb42500bbp-2);
    return t * p;
}

/* The same, to 2^-60 where |t| <= 2^-4. */
WG_INLINE double wg_mish_slope_near_zero_f64(double x) {
    double distance = x + 0x1.31432c0d12d84p0;
    double t = distance + 0x1.bf319154da21p-55;
    double p = -0x1.223bcd6871175p-16;
    p = __builtin_fma(p, t, -0x1.d453aef9813dp-15);
    p = __builtin_fma(p, t, -0x1.5fffa067220abp-15);
    p = __builtin_fma(p, t, 0x1.0a7954e86867p-12);
    p = __builtin_fma(p, t, 0x1.03799182b217fp-10);
    p = __builtin_fma(p, t, 0x1.1e5e184a0fep-10);
    p = __builtin_fma(p, t, -0x1.b87ddfb51b745p-9);
    p = __builtin_fma(p, t, -0x1.03369d4ac90fap-6);
    p = __builtin_fma(p, t, -0x1.4c222fe64d4fbp-6);
    p = __builtin_fma(p, t, 0x1.574f121a868dbp-5);
    p = __builtin_fma(p, t, 0x1.a34a251d8ad7bp-3);
    return wg_line_through_zero(distance, -0x1.bf319154da21p-55, 0x1.115acb42500bbp-2, p);
}

/* mish'.
 * error    f32 at most 0.501 ULP, f64 1.1
 * special  -0 at -inf, 1 at inf, 0.6 at +-0, NaN -> NaN */
WG_INLINE float wg_mish_slope_f32(float x) {
    double v = (double)wg_within_f32(x, 150.0f), four = 4.0 * v;
    double e = wg_short_exp(v);
    double d = __builtin_fma(e, e + 2.0, 2.0);
    double sum = __builtin_fma(e, __builtin_fma(e, e + 4.0, four + 6.0), four + 4.0);
    double y = e * sum / (d * d);
    y = wg_abs_f64(v + 1.1924312145154952) < 0x1p-5 ? wg_mish_slope_near_zero_f32(v) : y;
    return x != x ? x : (float)y;
}

WG_INLINE double wg_mish_slope_f64(double x) {
    double size = wg_abs_f64(x);
    size = size > 800.0 ? 800.0 : size;
    double clamped = x > 0.0 ? size : -size;
    struct wg_exp_pair_f64 e = wg_exp_pair_f64(-size, 0.0);
    struct wg_pair square = wg_pair_multiply(e.scaled, e.scaled);
    struct wg_pair twice = {2.0 * e.scaled.hi, 2.0 * e.scaled.lo};
    struct wg_pair rest = {2.0 * square.hi, 2.0 * square.lo};
    struct wg_pair above = wg_pair_plus(1.0, twice), below = wg_pair_plus(2.0, e.scaled);
    struct wg_pair p = wg_pair_select(x > 0.0, above, below);
    struct wg_pair d = wg_pair_select(x > 0.0, wg_pair_add(above, rest),
                                      wg_pair_plus(2.0, wg_pair_add(twice, square)));
    struct wg_pair gated = wg_pair_times(4.0 * clamped, wg_pair_plus(1.0, e.scaled));
    gated = wg_pair_select(x > 0.0, wg_pair_multiply(gated, square), gated);
    struct wg_pair sum = wg_pair_add(wg_pair_multiply(p, d), gated);
    sum = wg_pair_select(x > 0.0, sum, wg_pair_multiply(e.m, sum));
    double y = wg_scale_f64(wg_pair_quotient(sum, wg_pair_multiply(d, d)), x > 0.0 ? 0 : e.n);
    y = wg_abs_f64(clamped + 1.1924312145154952) < 0x1p-4 ? wg_mish_slope_near_zero_f64(clamped)
                                                          : y;
    return x != x ? x : y;
}

#endif
