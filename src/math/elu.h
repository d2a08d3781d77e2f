/* elu.h: the branches for x <= 0 of elu, selu and celu, a (e^z - 1), and their slopes, a e^z.
 *
 * With e^z - 1 or e^z, and the factor where it is no number of the type, in two parts, so that
 * there is one rounding.
 */
#ifndef WG_MATH_ELU_H
#define WG_MATH_ELU_H

#include "math/bits.h"
#include "math/exp_f32.h"
#include "math/exp_pair.h"

/* z, but not below what makes e^z - 1 = -1 and a e^z = 0 in the type. */
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

/* Two parts of a number, the second far smaller. */
struct wg_parts_f32 {
    float hi, lo;
};

/* e^z - 1 given e^r - 1 - r.  Of 2^n (1 + r) - 1 nothing is lost; ln 2 counts as a float, as what
 * that lacks, 2^-29, is multiplied by 2^n.  Domain: -20 <= z <= 0 */
WG_INLINE struct wg_parts_f32 wg_expm1_sum_f32(struct wg_exp_reduced_f32 z, float rest) {
    float scale = wg_from_bits_f32(z.power + ((uint32_t)127 << 23));
    float base = scale - 1.0f;
    struct wg_parts_f32 m;
    m.hi = __builtin_fmaf(scale, z.near, base);
    m.lo = __builtin_fmaf(scale, rest, __builtin_fmaf(scale, z.near, base - m.hi));
    return m;
}

WG_INLINE struct wg_parts_f32 wg_expm1_below_f32(float z) {
    struct wg_exp_reduced_f32 e = wg_exp_reduce_f32(z);
    return wg_expm1_sum_f32(e, e.near * e.near * wg_expm1_curve_f32(e.near));
}

/* e^r in two parts. */
WG_INLINE struct wg_parts_f32 wg_exp_of_rest_f32(float r) {
    struct wg_parts_f32 e;
    e.hi = 1.0f + r;
    e.lo = __builtin_fmaf(r * r, wg_exp_curve_f32(r), r - (e.hi - 1.0f));
    return e;
}

/* alpha as m c: c is a power of two that keeps products with m from the subnormals, or, where alpha
 * is 0 or infinite, the size of alpha.  The same for all elements, so it is computed before a loop;
 * without a branch, or it would not be. */
struct wg_factor_f32 {
    float m, c;
};

WG_INLINE struct wg_factor_f32 wg_factor_f32(float alpha) {
    float size = wg_abs_f32(alpha);
    int flat = (size == 0.0f) | (size == WG_INF_F32), tiny = size < 0x1p-60f;
    float scaled = alpha * wg_select_f32(tiny, 0x1p80f, 1.0f);
    struct wg_factor_f32 f;
    f.m = wg_select_f32(flat, wg_copysign_f32(1.0f, alpha), scaled);
    f.c = wg_select_f32(flat, size, wg_select_f32(tiny, 0x1p-80f, 1.0f));
    return f;
}

/* alpha e^x as m e^r 2^(n + k) with m in [1, 2): the least x for which that is not 0, and what to
 * add to e.shifted for twice an exponent's bias and n + k.  An alpha of 0 or infinity has 2^(n + k)
 * = 0 or infinity. */
struct wg_power_f32 {
    float m, least;
    uint32_t bias;
};

WG_INLINE struct wg_power_f32 wg_power_f32(float alpha) {
    float size = wg_abs_f32(alpha);
    int flat = (size == 0.0f) | (size == WG_INF_F32);
    float normal = wg_larger_f32(size, 0x1p-125f);
    uint32_t exponent = wg_to_bits_f32(normal) >> 23; /* k + 127 */
    float k = (float)(int32_t)exponent - 127.0f;
    uint32_t flat_bias = wg_select_u32(size == 0.0f, 0, 510);
    struct wg_power_f32 p;
    p.m =
        wg_select_f32(flat, wg_copysign_f32(1.0f, alpha), alpha / wg_from_bits_f32(exponent << 23));
    p.least = wg_select_f32(flat, -0.0f, __builtin_fmaf(k, -0x1.62e43p-1f, -105.0f));
    p.bias = wg_select_u32(flat, flat_bias, exponent + 127) - wg_to_bits_f32(WG_ROUND_F32);
    return p;
}

/* alpha (e^x - 1), x < 0, and alpha e^x, x <= 0 or NaN, which comes back.
 * error    f32 at most 0.94 ULP, f64 0.8 */
WG_INLINE float wg_elu_tail_f32(float x, float alpha) {
    struct wg_factor_f32 f = wg_factor_f32(alpha);
    struct wg_parts_f32 e = wg_expm1_below_f32(wg_at_least_f32(x, -18.0f));
    return __builtin_fmaf(f.m, e.hi, f.m * e.lo) * f.c;
}

WG_INLINE float wg_elu_tail_slope_f32(float x, float alpha) {
    struct wg_power_f32 p = wg_power_f32(alpha);
    struct wg_exp_reduced_f32 z = wg_exp_reduce_f32(wg_at_least_f32(x, p.least));
    struct wg_parts_f32 e = wg_exp_of_rest_f32(z.r);
    uint32_t biased = z.shifted + p.bias, half = biased >> 1;
    float y = __builtin_fmaf(p.m, e.hi, p.m * e.lo);
    y = y * wg_from_bits_f32(half << 23) * wg_from_bits_f32((biased - half) << 23);
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

/* selu's constants: lambda, and lambda alpha, each a number and what it misses; lambda - 1. */
#define WG_SELU_SCALE 0x1.0cfabd6a91132p0
#define WG_SELU_SCALE_LOW 0x1.6fc7d272f2696p-55
#define WG_SELU_TAIL 0x1.c212cc640f031p0
#define WG_SELU_TAIL_LOW 0x1.05161b045a1f1p-56
#define WG_SELU_MORE_F32 0x1.9f57aep-5f
#define WG_SELU_TAIL_F32 0x1.c212ccp0f
#define WG_SELU_TAIL_LOW_F32 0x1.903c0cp-26f

/* lambda x, for x > 0. */
WG_INLINE float wg_selu_line_f32(float x) { return __builtin_fmaf(WG_SELU_MORE_F32, x, x); }

WG_INLINE double wg_selu_line_f64(double x) {
    double low = x < WG_INF_F64 ? WG_SELU_SCALE_LOW * x : 0.0;
    return __builtin_fma(WG_SELU_SCALE, x, low);
}

/* The parts of e times lambda alpha. */
WG_INLINE float wg_selu_times_f32(struct wg_parts_f32 e) {
    float low = __builtin_fmaf(WG_SELU_TAIL_F32, e.lo, WG_SELU_TAIL_LOW_F32 * e.hi);
    return __builtin_fmaf(WG_SELU_TAIL_F32, e.hi, low);
}

WG_INLINE float wg_selu_tail_f32(float x) {
    return wg_selu_times_f32(wg_expm1_below_f32(wg_at_least_f32(x, -18.0f)));
}

WG_INLINE float wg_selu_tail_slope_f32(float x) {
    struct wg_exp_reduced_f32 z = wg_exp_reduce_f32(wg_at_least_f32(x, -106.0f));
    float y = wg_shrink_power_f32(wg_selu_times_f32(wg_exp_of_rest_f32(z.r)), z.power);
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

/* alpha (e^(x/alpha) - 1), e^(x/alpha), alpha > 0; what the quotient's rounding lost goes along.
 * Domain: x < 0; of the slope x <= 0, or NaN, which comes back.
 * error    f32 at most 0.94 ULP, f64 1.2 and 0.75 */
struct wg_celu_f32 {
    float z, z_low, alpha, up, down; /* alpha scaled up by a power of two, as x was, and down */
};

WG_INLINE struct wg_celu_f32 wg_celu_f32(float x, float alpha, float least) {
    int tiny = alpha < 0x1p-40f;
    int large = alpha > 0x1p60f;
    struct wg_celu_f32 t;
    t.up = wg_select_f32(tiny, 0x1p64f, wg_select_f32(large, 0x1p-64f, 1.0f));
    t.down = wg_select_f32(tiny, 0x1p-64f, wg_select_f32(large, 0x1p64f, 1.0f));
    t.alpha = alpha * t.up;
    float scaled = wg_at_least_f32(x * t.up, least * t.alpha);
    float inverse = 1.0f / t.alpha;
    t.z = scaled * inverse;
    t.z_low = __builtin_fmaf(-t.z, t.alpha, scaled) * inverse;
    return t;
}

WG_INLINE float wg_celu_tail_f32(float x, float alpha) {
    struct wg_celu_f32 t = wg_celu_f32(x, alpha, -18.0f);
    struct wg_exp_reduced_f32 z = wg_exp_reduce_f32(t.z);
    float more = __builtin_fmaf(z.near, t.z_low, t.z_low); /* e^r (e^z_low - 1) */
    float rest = __builtin_fmaf(z.near * z.near, wg_expm1_curve_f32(z.near), more);
    struct wg_parts_f32 e = wg_expm1_sum_f32(z, rest);
    float y = __builtin_fmaf(t.alpha, e.hi, t.alpha * e.lo) * t.down;
    return x < -0x1p-26f * alpha ? y : x;
}

WG_INLINE float wg_celu_tail_slope_f32(float x, float alpha) {
    struct wg_celu_f32 t = wg_celu_f32(x, alpha, -105.0f);
    struct wg_exp_reduced_f32 z = wg_exp_reduce_f32(t.z);
    float r = z.near + __builtin_fmaf(z.n, -WG_LN2_LOW_F32, t.z_low);
    struct wg_parts_f32 e = wg_exp_of_rest_f32(r);
    float y = wg_shrink_power_f32(e.hi + e.lo, z.power);
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
