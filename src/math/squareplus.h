/* squareplus.h: (x + sqrt(x^2 + b))/2, and its slope. */
#ifndef WG_MATH_SQUAREPLUS_H
#define WG_MATH_SQUAREPLUS_H

#include "math/bits.h"
#include "math/exp_pair.h"

/* For x < 0 as (b/2)/(r - x), r = sqrt(x^2 + b), which does not cancel.  Domain: 2^-126 <= b <=
 * 2^100.
 * error    f32 at most 0.5 ULP, f64 1.5
 * special  0 at -inf, inf at inf, NaN -> NaN */
WG_INLINE float wg_squareplus_f32(float x, float b) {
    double wide = (double)x, c = (double)b;
    double r = __builtin_sqrt(__builtin_fma(wide, wide, c));
    float y = (float)(x >= 0.0f ? 0.5 * (wide + r) : 0.5 * c / (r - wide));
    return x != x ? x : y;
}

/* sqrt(x^2 + b) as a pair, |x| <= 2^500. */
WG_INLINE struct wg_pair wg_hypotenuse(double x, double b) {
    struct wg_pair square = wg_pair_product(x, x);
    struct wg_pair sum = wg_pair_plus(b, square);
    double r = __builtin_sqrt(sum.hi);
    double rest = __builtin_fma(-r, r, sum.hi) + sum.lo;
    return wg_pair_sum_ordered(r, 0.5 * rest / r);
}

/* Beyond 2^100 r is |x| to the last digit of a pair. */
WG_INLINE double wg_squareplus_f64(double x, double b) {
    double size = wg_abs_f64(x);
    int far = size > 0x1p120;
    struct wg_pair r = wg_hypotenuse(far ? 0x1p120 : size, b);
    struct wg_pair sum = wg_pair_plus(far ? 0x1p120 : size, r);
    double above = far ? x : 0.5 * sum.hi;
    double below = far ? 0.25 * b / size : 0.5 * b / sum.hi;
    double y = x >= 0.0 ? above : below;
    return x != x ? x : y;
}

/* (1 + x/r)/2, for x < 0 as (b/2)/(r (r - x)).
 * error    f32 at most 0.5 ULP, f64 1.3
 * special  0 at -inf, 1 at inf, NaN -> NaN */
WG_INLINE float wg_squareplus_slope_f32(float x, float b) {
    double clamped = x > 0x1p127f ? 0x1p127 : (double)x, c = (double)b;
    clamped = x < -0x1p127f ? -0x1p127 : clamped;
    double r = __builtin_sqrt(__builtin_fma(clamped, clamped, c));
    double above = 0.5 * (r + clamped), below = 0.5 * c / (r - clamped);
    float y = (float)((x >= 0.0f ? above : below) / r);
    return x != x ? x : y;
}

WG_INLINE double wg_squareplus_slope_f64(double x, double b) {
    double size = wg_abs_f64(x);
    int far = size > 0x1p120;
    struct wg_pair r = wg_hypotenuse(far ? 0x1p120 : size, b);
    struct wg_pair sum = wg_pair_plus(far ? 0x1p120 : size, r);
    struct wg_pair product = wg_pair_multiply(sum, r);
    double near = wg_pair_quotient((struct wg_pair){0.5 * b, 0.0}, product);
    double below = far ? 0.25 * b / size / size : near;
    double y = x >= 0.0 ? 1.0 - below : below;
    return x != x ? x : y;
}

#endif
