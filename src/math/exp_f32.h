/* exp_f32.h: the exponential in float, in pieces, for the activations made of it.
 *
 * x = n ln 2 + r, |r| <= (ln 2)/2, e^x = 2^n (1 + r + r^2 P(r)).  Each function adds up these
 * pieces in the order in which least is lost, and keeps in another float what its sums lose where
 * that would be felt.  So no rounding before the last costs more than a quarter of a unit or so,
 * which a vector of doubles, with half as many elements, would not lose.
 *
 * The coefficients are Sollya's: fpminimax with floats.
 */
#ifndef WG_MATH_EXP_F32_H
#define WG_MATH_EXP_F32_H

#include "math/bits.h"
#include "math/exp.h"

#define WG_LN2_LOW_F32 -0x1.05c610p-29f /* ln 2 less the nearest float */

/* r as it is when ln 2 is taken for a float, exact, and r, rounded once; n as a float, in the low
 * bits of `shifted`, which is n + WG_ROUND_F32, and in the exponent's place, to be added to the
 * bits of a float. */
struct wg_exp_reduced_f32 {
    float near, r, n;
    uint32_t shifted, power;
};

/* Domain: |x| <= 2000. */
WG_INLINE struct wg_exp_reduced_f32 wg_exp_reduce_f32(float x) {
    const float log2e = 0x1.715476p0f, ln2 = 0x1.62e430p-1f;
    float shifted = __builtin_fmaf(x, log2e, WG_ROUND_F32);
    struct wg_exp_reduced_f32 e;
    e.n = shifted - WG_ROUND_F32;
    e.near = __builtin_fmaf(e.n, -ln2, x);
    e.r = __builtin_fmaf(e.n, -WG_LN2_LOW_F32, e.near);
    e.shifted = wg_to_bits_f32(shifted);
    e.power = e.shifted << 23;
    return e;
}

/* x 2^n for what only shrinks, given n in the exponent's place.  Domain: 0.125 < |x| < 8,
 * -190 <= n <= 0. */
WG_INLINE float wg_shrink_power_f32(float x, uint32_t power) {
    return x * wg_from_bits_f32(power + ((uint32_t)(127 + 64) << 23)) * 0x1p-64f;
}

/* P(r) = (e^r - 1 - r) / r^2, degree 4; r^2 times its error is below 2^-28 of e^r. */
WG_INLINE float wg_exp_curve_f32(float r) {
    float p = 0x1.6b6544p-10f;
    p = __builtin_fmaf(p, r, 0x1.122f26p-7f);
    p = __builtin_fmaf(p, r, 0x1.55569p-5f);
    p = __builtin_fmaf(p, r, 0x1.5554a4p-3f);
    return __builtin_fmaf(p, r, 0.5f);
}

/* The same to degree 5, for e^r - 1, of which it is below 2^-30. */
WG_INLINE float wg_expm1_curve_f32(float r) {
    float p = 0x1.9e0c1ep-13f;
    p = __builtin_fmaf(p, r, 0x1.6d437p-10f);
    p = __builtin_fmaf(p, r, 0x1.111306p-7f);
    p = __builtin_fmaf(p, r, 0x1.5554fp-5f);
    p = __builtin_fmaf(p, r, 0x1.555554p-3f);
    return __builtin_fmaf(p, r, 0.5f);
}

/* e^x in fewer steps than wg_exp_f32.  The power is applied as 2^(n +- 64) to the bits and 2^-+64
 * by multiplication, so that a subnormal result is rounded once.
 * error    f32 at most 0.892 ULP (all 2^32 floats), f64 0.749
 * special  as wg_exp_f32 */
WG_INLINE float wg_exp_short_f32(float x) {
    float clamped = wg_at_least_f32(wg_at_most_f32(x, 89.0f), -104.0f);
    struct wg_exp_reduced_f32 e = wg_exp_reduce_f32(clamped);
    /* e^r, degree 6, relative error 2^-28 */
    float p = 0x1.694cc8p-10f;
    p = __builtin_fmaf(p, e.r, 0x1.123986p-7f);
    p = __builtin_fmaf(p, e.r, 0x1.555a26p-5f);
    p = __builtin_fmaf(p, e.r, 0x1.555492p-3f);
    p = __builtin_fmaf(p, e.r, 0x1.fffffap-2f);
    p = __builtin_fmaf(p, e.r, 1.0f);
    p = __builtin_fmaf(p, e.r, 1.0f);
    const uint32_t step = (uint32_t)64 << 23;
    uint32_t bits = wg_to_bits_f32(p) + e.power + (clamped < 0.0f ? step : 0 - step);
    float y = wg_from_bits_f32(bits) * (clamped < 0.0f ? 0x1p-64f : 0x1p64f);
    return x != x ? x : y;
}

WG_INLINE double wg_exp_short_f64(double x) { return wg_exp_f64(x); }

#endif
