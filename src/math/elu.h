/* elu.h: the branches for x <= 0 of elu, selu and celu, a (e^z - 1), and their slopes, a e^z.
 *
 * f32 in double.  f64 with e^z - 1 or e^z, and the factor where it is no double, in two parts, so
 * that there is one rounding.
 */
#ifndef WG_MATH_ELU_H
#define WG_MATH_ELU_H

#include "math/bits.h"
#include "math/exp_pair.h"
#include "math/short.h"

/* z below which e^z - 1 is -1 and a e^z is 0 in the type. */
WG_INLINE double wg_above(double z, double least) { return z < least ? least : z; }

/* a (e^(z + z_low) - 1) for z <= 0; a z for tiny z. */
WG_INLINE double wg_scaled_expm1_f64(struct wg_pair a, double z, double z_low) {
    struct wg_half_expm1_f64 h = wg_half_expm1_f64(wg_above(z, -60.0), z_low);
    double y = 2.0 * __builtin_fma(a.hi, h.hi, __builtin_fma(a.hi, h.lo, a.lo * h.hi));
    return z > -0x1p-55 ? __builtin_fma(a.hi, z, a.lo * z) : y;
}

/* a e^(z + z_low) for z <= 0. */
WG_INLINE double wg_scaled_exp_f64(struct wg_pair a, double z, double z_low) {
    struct wg_exp_parts_f64 e = wg_exp_parts_f64(wg_above(z, -1400.0), z_low);
    double y = __builtin_fma(a.hi, e.hi, __builtin_fma(a.hi, e.lo, a.lo * e.hi));
    return wg_scale_f64(y, e.n);
}

/* alpha (e^x - 1), alpha e^x.  Domain: x < 0, or NaN, which comes back.
 * error    f32 at most 0.501 ULP, f64 0.8 */
WG_INLINE float wg_elu_tail_f32(float x, float alpha) {
    double z = (double)wg_at_least_f32(x, -200.0f);
    float y = (float)((double)alpha * wg_short_expm1(z));
    return x != x ? x : y;
}

WG_INLINE float wg_elu_tail_slope_f32(float x, float alpha) {
    double z = (double)wg_at_least_f32(x, -300.0f);
    float y = (float)((double)alpha * wg_short_exp(z));
    return x != x ? x : y;
}

WG_INLINE double wg_elu_tail_f64(double x, double alpha) {
    double y = wg_scaled_expm1_f64((struct wg_pair){alpha, 0.0}, x, 0.0);
    return x != x ? x : y;
}

WG_INLINE double wg_elu_tail_slope_f64(double x, double alpha) {
    double y = wg_scaled_exp_f64((struct wg_pair){alpha, 0.0}, x, 0.0);
    return x != x ? x : y;
}

/* selu's constants: lambda, and lambda alpha, each a double and what it misses. */
#define WG_SELU_SCALE 0x1.0cfabd6a91132p0
#define WG_SELU_SCALE_LOW 0x1.6fc7d272f2696p-55
#define WG_SELU_TAIL 0x1.c212cc640f031p0
#define WG_SELU_TAIL_LOW 0x1.05161b045a1f1p-56

/* lambda x, for x > 0. */
WG_INLINE float wg_selu_line_f32(float x) { return (float)(WG_SELU_SCALE * (double)x); }

WG_INLINE double wg_selu_line_f64(double x) {
    double low = x < WG_INF_F64 ? WG_SELU_SCALE_LOW * x : 0.0;
    return __builtin_fma(WG_SELU_SCALE, x, low);
}

WG_INLINE float wg_selu_tail_f32(float x) {
    float y = (float)(WG_SELU_TAIL * wg_short_expm1((double)wg_at_least_f32(x, -200.0f)));
    return x != x ? x : y;
}

WG_INLINE float wg_selu_tail_slope_f32(float x) {
    float y = (float)(WG_SELU_TAIL * wg_short_exp((double)wg_at_least_f32(x, -300.0f)));
    return x != x ? x : y;
}

WG_INLINE double wg_selu_tail_f64(double x) {
    double y = wg_scaled_expm1_f64((struct wg_pair){WG_SELU_TAIL, WG_SELU_TAIL_LOW}, x, 0.0);
    return x != x ? x : y;
}

WG_INLINE double wg_selu_tail_slope_f64(double x) {
    double y = wg_scaled_exp_f64((struct wg_pair){WG_SELU_TAIL, WG_SELU_TAIL_LOW}, x, 0.0);
    return x != x ? x : y;
}

/* alpha (e^(x/alpha) - 1), e^(x/alpha), alpha > 0; in double, what the quotient's rounding lost
 * goes along.
 * error    f32 at most 0.501 ULP, f64 1.2 and 0.75 */
WG_INLINE float wg_celu_tail_f32(float x, float alpha) {
    double z = wg_above((double)x * (1.0 / (double)alpha), -300.0);
    float y = (float)((double)alpha * wg_short_expm1(z));
    return x != x ? x : y;
}

WG_INLINE float wg_celu_tail_slope_f32(float x, float alpha) {
    double z = wg_above((double)x * (1.0 / (double)alpha), -300.0);
    float y = (float)wg_short_exp(z);
    return x != x ? x : y;
}

WG_INLINE double wg_celu_rest(double x, double alpha, double z) {
    double rest = __builtin_fma(-z, alpha, x) / alpha;
    return z > -1400.0 && z < -0x1p-60 ? rest : 0.0;
}

WG_INLINE double wg_celu_tail_f64(double x, double alpha) {
    double z = x / alpha;
    double y = wg_scaled_expm1_f64((struct wg_pair){alpha, 0.0}, z, wg_celu_rest(x, alpha, z));
    y = z > -0x1p-55 ? x : y;
    return x != x ? x : y;
}

WG_INLINE double wg_celu_tail_slope_f64(double x, double alpha) {
    double z = x / alpha;
    double y = wg_scaled_exp_f64((struct wg_pair){1.0, 0.0}, z, wg_celu_rest(x, alpha, z));
    return x != x ? x : y;
}

#endif
