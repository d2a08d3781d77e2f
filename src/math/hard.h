/* hard.h: the middle pieces of the hard sigmoids and of hard_silu, and the square root's slope.
 *
 * What rounding the sum lost, and what the factor misses of 1/6 or 1/5, go along, so that there is
 * one rounding.
 */
#ifndef WG_MATH_HARD_H
#define WG_MATH_HARD_H

#include "math/bits.h"

/* (x + 3)/6.  Domain: |x| <= 3.
 * error    at most 0.501 ULP */
WG_INLINE float wg_sixth_line_f32(float x) {
    const float factor = 0x1.555556p-3f, factor_low = -0x1.555556p-28f;
    float sum = x + 3.0f, lost = x - (sum - 3.0f);
    return __builtin_fmaf(sum, factor, __builtin_fmaf(sum, factor_low, lost * factor));
}

WG_INLINE double wg_sixth_line_f64(double x) {
    const double factor = 0x1.5555555555555p-3, factor_low = 0x1.5555555555555p-57;
    double sum = x + 3.0, lost = x - (sum - 3.0);
    return __builtin_fma(sum, factor, __builtin_fma(sum, factor_low, lost * factor));
}

/* (x + 2.5)/5.  Domain: |x| <= 2.5.
 * error    at most 0.501 ULP */
WG_INLINE float wg_fifth_line_f32(float x) {
    const float factor = 0x1.99999ap-3f, factor_low = -0x1.99999ap-29f;
    float sum = x + 2.5f, lost = x - (sum - 2.5f);
    return __builtin_fmaf(sum, factor, __builtin_fmaf(sum, factor_low, lost * factor));
}

WG_INLINE double wg_fifth_line_f64(double x) {
    const double factor = 0x1.999999999999ap-3, factor_low = -0x1.999999999999ap-57;
    double sum = x + 2.5, lost = x - (sum - 2.5);
    return __builtin_fma(sum, factor, __builtin_fma(sum, factor_low, lost * factor));
}

/* x (x + 3)/6.  Domain: |x| <= 3.  The factor's low part is a digit too large: so the factor is
 * more than 1/6, what is added to the line at 0 is positive, and -0 comes back.
 *
 * Error: at most 0.501 ULP */
WG_INLINE float wg_sixth_curve_f32(float x) {
    const float factor = 0x1.555556p-3f, factor_low = -0x1.555554p-28f;
    float sum = x + 3.0f, lost = x - (sum - 3.0f);
    float line = sum * factor;
    float rest = __builtin_fmaf(sum, factor_low, __builtin_fmaf(sum, factor, -line));
    return __builtin_fmaf(x, line, x * __builtin_fmaf(lost, factor, rest));
}

WG_INLINE double wg_sixth_curve_f64(double x) {
    const double factor = 0x1.5555555555555p-3, factor_low = 0x1.5555555555556p-57;
    double sum = x + 3.0, lost = x - (sum - 3.0);
    double line = sum * factor;
    double rest = __builtin_fma(sum, factor_low, __builtin_fma(sum, factor, -line));
    return __builtin_fma(x, line, x * __builtin_fma(lost, factor, rest));
}

/* dy/(2 sqrt x).  With s = sqrt x, h = 1/(2 s) and what rounding them lost: s^2 + e = x and
 * 2 s h + d = 1, it is dy h (1 + d - 2 e h^2); e must be no subnormal, so that a tiny x is scaled.
 * error    f32 at most 0.501 ULP before dy, f64 1.5
 * special  +-inf at +-0, 0 at inf, NaN for x < 0 */
WG_INLINE float wg_sqrt_gradient_f32(float x, float dy) {
    int tiny = x < 0x1p-70f;
    float scaled = tiny ? x * 0x1p80f : x;
    float s = __builtin_sqrtf(scaled);
    float h = 0.5f / s;
    float e = __builtin_fmaf(-s, s, scaled), d = __builtin_fmaf(-2.0f * s, h, 1.0f);
    float y = __builtin_fmaf(h, __builtin_fmaf(-2.0f * e, h * h, d), h);
    y = x == 0.0f ? h : y;
    y = x == WG_INF_F32 ? 0.0f : y;
    return dy * (tiny ? y * 0x1p40f : y);
}

WG_INLINE double wg_sqrt_gradient_f64(double x, double dy) {
    return dy / (2.0 * __builtin_sqrt(x));
}

#endif
