/* log.h: log x and log(1 + x), natural.
 *
 * Method: x = 2^k m with m in [sqrt(1/2), sqrt 2), f = m - 1, and log x = k ln 2 + log(1 + f), with
 * k ln 2 in two parts of which the first is exact, and k ln 2 + f in two floats.
 */
#ifndef WG_MATH_LOG_H
#define WG_MATH_LOG_H

#include "math/bits.h"

/* x = 2^k m for positive normal x; the subtraction of `bias` from the exponent field gives k. */
struct wg_log_parts_f32 {
    float k, m;
    uint32_t exponent; /* k + bias */
};

struct wg_log_parts_f64 {
    double k, m;
    uint64_t exponent; /* k + bias */
};

WG_INLINE struct wg_log_parts_f32 wg_log_parts_f32(float x, float bias) {
    const uint32_t sqrt_half = UINT32_C(0x3f3504f3);
    const uint32_t one = UINT32_C(0x3f800000);
    uint32_t u = wg_to_bits_f32(x) + (one - sqrt_half);
    struct wg_log_parts_f32 parts;
    parts.exponent = u >> 23;
    parts.k = wg_from_bits_f32(parts.exponent + wg_to_bits_f32(0x1p23f)) - (0x1p23f + bias);
    parts.m = wg_from_bits_f32((u & UINT32_C(0x007fffff)) + sqrt_half);
    return parts;
}

WG_INLINE struct wg_log_parts_f64 wg_log_parts_f64(double x, double bias) {
    const uint64_t sqrt_half = UINT64_C(0x3fe6a09e667f3bcd);
    const uint64_t one = UINT64_C(0x3ff0000000000000);
    uint64_t u = wg_to_bits_f64(x) + (one - sqrt_half);
    struct wg_log_parts_f64 parts;
    parts.exponent = u >> 52;
    parts.k = wg_from_bits_f64(parts.exponent + wg_to_bits_f64(0x1p52)) - (0x1p52 + bias);
    parts.m = wg_from_bits_f64((u & UINT64_C(0x000fffffffffffff)) + sqrt_half);
    return parts;
}

/* k ln 2 + log(1 + f) + f_low, f in [-0.293, 0.4143], f_low below the spacing at f. */
WG_INLINE float wg_log_sum_f32(float k, float f, float f_low) {
    const float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f; /* 16 bits: k ln2_high exact */
    /* (log(1 + f) - f + f^2/2) / f^3, degree 8; the error of the sum is below 2^-30 of log(1 + f).
     */
    float p = 0x1.13ca2cp-4f;
    p = __builtin_fmaf(p, f, -0x1.dda796p-4f);
    p = __builtin_fmaf(p, f, 0x1.e6dfep-4f);
    p = __builtin_fmaf(p, f, -0x1.fc3c88p-4f);
    p = __builtin_fmaf(p, f, 0x1.233ab8p-3f);
    p = __builtin_fmaf(p, f, -0x1.555b92p-3f);
    p = __builtin_fmaf(p, f, 0x1.99a47ap-3f);
    p = __builtin_fmaf(p, f, -0x1.000008p-2f);
    p = __builtin_fmaf(p, f, 0x1.555548p-2f);
    p = __builtin_fmaf(p, f, -0.5f);
    float k_high = k * ln2_high;
    float sum = k_high + f;
    float low = ((k_high - sum) + f) + __builtin_fmaf(k, ln2_low, f_low);
    return sum + __builtin_fmaf(f * f, p, low);
}

/* With s = f/(2 + f): log(1 + f) = 2 atanh s = f - (f^2/2 - s (f^2/2 + s^2 P(s^2))). */
WG_INLINE double wg_log_sum_f64(double k, double f, double f_low) {
    const double ln2_high = 0x1.62e42fefap-1; /* 36 bits: k ln2_high exact */
    const double ln2_low = 0x1.cf79abc9e3b3ap-40;
    double s = f / (2.0 + f);
    double z = s * s;
    /* (2 atanh(s)/s - 2) / s^2 in z = s^2, degree 6, z <= 0.0295; times z the error is below 2^-56.
     */
    double p = 0x1.2b5f5b2f9f871p-3;
    p = __builtin_fma(p, z, 0x1.39fdcbbceb4c6p-3);
    p = __builtin_fma(p, z, 0x1.7462b925fa03ep-3);
    p = __builtin_fma(p, z, 0x1.c71c62d649d8cp-3);
    p = __builtin_fma(p, z, 0x1.2492492dfb9b8p-2);
    p = __builtin_fma(p, z, 0x1.99999999952b9p-2);
    p = __builtin_fma(p, z, 0x1.5555555555558p-1);
    double half_square = 0.5 * f * f;
    double curve = half_square - s * __builtin_fma(z, p, half_square);
    double k_high = k * ln2_high;
    double sum = k_high + f;
    double low = ((k_high - sum) + f) + __builtin_fma(k, ln2_low, f_low);
    return sum + (low - curve);
}

/* log x.
 * error    f32 at most 0.825 ULP (all 2^32 floats), f64 0.818 (1.4 million points)
 * special  log(+-0) = -inf, log(x < 0) = NaN, log(1) = 0, log(inf) = inf, NaN -> NaN */
WG_INLINE float wg_log_f32(float x) {
    float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
    float bias = x < 0x1p-126f ? 150.0f : 127.0f;
    struct wg_log_parts_f32 parts = wg_log_parts_f32(scaled, bias);
    float y = wg_log_sum_f32(parts.k, parts.m - 1.0f, 0.0f);
    y = x > 0.0f ? y : WG_NAN_F32;
    y = x == 0.0f ? -WG_INF_F32 : y;
    y = x == WG_INF_F32 ? x : y;
    return x != x ? x : y;
}

WG_INLINE double wg_log_f64(double x) {
    double scaled = x < 0x1p-1022 ? x * 0x1p52 : x;
    double bias = x < 0x1p-1022 ? 1075.0 : 1023.0;
    struct wg_log_parts_f64 parts = wg_log_parts_f64(scaled, bias);
    double y = wg_log_sum_f64(parts.k, parts.m - 1.0, 0.0);
    y = x > 0.0 ? y : WG_NAN_F64;
    y = x == 0.0 ? -WG_INF_F64 : y;
    y = x == WG_INF_F64 ? x : y;
    return x != x ? x : y;
}

/* log(1 + x): u = 1 + x is split as above, and what its rounding lost is added to f.
 * error    f32 at most 0.832 ULP (all 2^32 floats), f64 0.827 (1.4 million points)
 * special  log1p(+-0) = +-0, log1p(-1) = -inf, log1p(x < -1) = NaN, log1p(inf) = inf, NaN -> NaN;
 *          tiny x is itself */
WG_INLINE float wg_log1p_f32(float x) {
    float u = 1.0f + x;
    float lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
    struct wg_log_parts_f32 parts = wg_log_parts_f32(u, 127.0f);
    /* 2^(1-k) lost/2: at k = 128 the power is 0, where 2^-k would leave the exponent field. */
    lost = 0.5f * lost * wg_exp2i_f32(128 - parts.exponent);
    float m = parts.m - 1.0f;
    float f = m + lost;
    float f_low = lost - (f - m);
    float y = wg_log_sum_f32(parts.k, f, __builtin_fmaf(-f_low, f, f_low));
    y = x > -1.0f ? y : WG_NAN_F32;
    y = x == -1.0f ? -WG_INF_F32 : y;
    y = wg_abs_f32(x) < 0x1p-26f ? x : y;
    y = x == WG_INF_F32 ? x : y;
    return x != x ? x : y;
}

WG_INLINE double wg_log1p_f64(double x) {
    double u = 1.0 + x;
    double lost = x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
    struct wg_log_parts_f64 parts = wg_log_parts_f64(u, 1023.0);
    /* 2^(1-k) lost/2: at k = 1024 the power is 0, where 2^-k would leave the exponent field. */
    lost = 0.5 * lost * wg_exp2i_f64(1024 - parts.exponent);
    double m = parts.m - 1.0;
    double f = m + lost;
    double f_low = lost - (f - m);
    double y = wg_log_sum_f64(parts.k, f, __builtin_fma(-f_low, f, f_low));
    y = x > -1.0 ? y : WG_NAN_F64;
    y = x == -1.0 ? -WG_INF_F64 : y;
    y = wg_abs_f64(x) < 0x1p-55 ? x : y;
    y = x == WG_INF_F64 ? x : y;
    return x != x ? x : y;
}

#endif
