/* pow.h: x^y = e^(y log |x|), with log |x| in more digits than the result.
 *
 * f32 works in double with short polynomials.  f64 takes log |x| in two doubles, to about 2^-66 of
 * it: as y log |x| reaches 745, 11 bits more than a double's are needed for an error below 1 ULP.
 */
#ifndef WG_MATH_POW_H
#define WG_MATH_POW_H

#include "math/bits.h"
#include "math/exp.h"
#include "math/log.h"

/* Given the size |x|^y for the numbers, applies C99 F.9.4.4 (IEEE 754 pow): the sign for x < 0 and
 * odd y, and the cases that do not follow from the logarithm. */
WG_INLINE double wg_pow_special_f64(double x, double y, double size) {
    /* Whole: rounding to whole changes nothing; from 2^52 on all are.  Odd: y is whole and y/2 is
     * not. */
    double a = wg_abs_f64(y), h = 0.5 * a;
    double a_rounded = (a + 0x1p52) - 0x1p52, h_rounded = (h + 0x1p52) - 0x1p52;
    double a_rest = wg_select_f64(a < 0x1p52, a - a_rounded, 0.0);
    double h_rest = wg_select_f64(h < 0x1p52, h - h_rounded, 0.0);
    double negated = wg_select_f64(h_rest == 0.0, size, wg_copysign_f64(size, x));
    double signed_size = wg_select_f64(a_rest == 0.0, negated, size);
    double finite = wg_select_f64(x < 0.0, WG_NAN_F64, size);
    finite = wg_select_f64(x == -WG_INF_F64, size, finite);
    double r = wg_select_f64(a_rest == 0.0, signed_size, finite);
    double unit = wg_select_f64(a == WG_INF_F64, 1.0, r);
    r = wg_select_f64(wg_abs_f64(x) == 1.0, unit, r);
    r = wg_select_f64(y != y, WG_NAN_F64, r);
    r = wg_select_f64(x != x, WG_NAN_F64, r);
    r = wg_select_f64(x == 1.0, 1.0, r);
    return wg_select_f64(y == 0.0, 1.0, r);
}

/* The logarithm's value at |x| = 0 and inf; `log` anywhere else. */
WG_INLINE double wg_log_or_limit_f64(double a, double log) {
    double l = a == 0.0 ? -WG_INF_F64 : log;
    return a == WG_INF_F64 ? WG_INF_F64 : l;
}

/* x^y.
 * error    at most 0.503 ULP (2 million pairs)
 * special  all of C99 F.9.4.4: pow(x, +-0) = 1 and pow(1, y) = 1 for any x, y, NaN included;
 * pow(-1, +-inf) = 1; x < 0 with y not whole -> NaN; zeros and infinities by the limit, negative
 * for x < 0 or -0 and odd y */
WG_INLINE float wg_pow_f32(float base, float exponent) {
    double x = (double)base, y = (double)exponent;
    double a = wg_abs_f64(x);
    struct wg_log_parts_f64 parts = wg_log_parts_f64(a, 1023.0);
    double f = parts.m - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    /* (2 atanh(s)/s - 2) / s^2 in z = s^2, degree 5, z <= 0.0295; times z the error is below 2^-49.
     */
    double p = 0x1.54748e69963b6p-3;
    p = __builtin_fma(p, z, 0x1.73821e594e353p-3);
    p = __builtin_fma(p, z, 0x1.c71fd196604d2p-3);
    p = __builtin_fma(p, z, 0x1.24924624cae42p-2);
    p = __builtin_fma(p, z, 0x1.9999999b8c177p-2);
    p = __builtin_fma(p, z, 0x1.55555555553b2p-1);
    const double ln2 = 0x1.62e42fefa39efp-1;
    double log = __builtin_fma(parts.k, ln2, __builtin_fma(s * z, p, 2.0 * s));
    double power = y * wg_log_or_limit_f64(a, log);
    power = power > 100.0 ? 100.0 : power; /* beyond a float's range, within a double's */
    power = power < -120.0 ? -120.0 : power;
    double shifted = __builtin_fma(power, 0x1.71547652b82fep0, WG_ROUND_F64);
    double r = __builtin_fma(shifted - WG_ROUND_F64, -ln2, power);
    /* (e^r - 1 - r) / r^2, degree 5, |r| <= 0.3467; times r^2 the error is below 2^-32. */
    double q = 0x1.a17e3bf91b154p-13;
    q = __builtin_fma(q, r, 0x1.6d435101e113bp-10);
    q = __builtin_fma(q, r, 0x1.1110ab514fe0ep-7);
    q = __builtin_fma(q, r, 0x1.5554e8e525d08p-5);
    q = __builtin_fma(q, r, 0x1.555555743d5p-3);
    q = __builtin_fma(q, r, 0x1.0000000b96c09p-1);
    double e = 1.0 + __builtin_fma(r * r, q, r);
    uint64_t n = wg_to_bits_f64(shifted) - wg_to_bits_f64(WG_ROUND_F64);
    return (float)wg_pow_special_f64(x, y, e * wg_exp2i_f64(n));
}

struct wg_log_pair_f64 {
    double hi, lo;
};

/* a + b with its rounding error, for |a| >= |b| or a = 0. */
WG_INLINE struct wg_log_pair_f64 wg_fast_sum_f64(double a, double b) {
    struct wg_log_pair_f64 s;
    s.hi = a + b;
    s.lo = (a - s.hi) + b;
    return s;
}

/* log a in two doubles, relative error about 2^-65.  With s = (m - 1)/(m + 1):
 * log m = 2 atanh s = 2s + (2/3) s^3 + s^5 Q(s^2), the powers of s and the first two terms in two
 * doubles.  Domain: a > 0, finite. */
WG_INLINE struct wg_log_pair_f64 wg_log_pair_f64(double a) {
    double scaled = a < 0x1p-1022 ? a * 0x1p52 : a;
    struct wg_log_parts_f64 parts = wg_log_parts_f64(scaled, a < 0x1p-1022 ? 1075.0 : 1023.0);
    double f = parts.m - 1.0;
    double d = parts.m + 1.0;
    double d_low = parts.m - (d - 1.0);
    double inverse = 1.0 / d;
    double s = f * inverse;
    double s_low = __builtin_fma(-s, d_low, __builtin_fma(-s, d, f)) * inverse;
    double z = s * s;
    double z_low = __builtin_fma(s, s, -z) + 2.0 * s * s_low;
    double cube = z * s;
    double cube_low = __builtin_fma(z, s, -cube) + __builtin_fma(z, s_low, z_low * s);
    /* (2 atanh(s)/s - 2 - 2/3 s^2) / s^4 in z = s^2, degree 7, z <= 0.0295; times z^2 the error is
     * below 2^-68. */
    double q = 0x1.daa559ed8cce9p-4;
    q = __builtin_fma(q, z, 0x1.e01971bc08f3ap-4);
    q = __builtin_fma(q, z, 0x1.111551154f755p-3);
    q = __builtin_fma(q, z, 0x1.3b13a9cbb9294p-3);
    q = __builtin_fma(q, z, 0x1.745d173ce41bap-3);
    q = __builtin_fma(q, z, 0x1.c71c71c74c77ap-3);
    q = __builtin_fma(q, z, 0x1.24924924922fep-2);
    q = __builtin_fma(q, z, 0x1.999999999999ap-2);
    const double third = 0x1.5555555555555p-1, third_low = 0x1.5555555555555p-55; /* 2/3 */
    double t = third * cube;
    double t_low =
        __builtin_fma(third, cube, -t) + __builtin_fma(third, cube_low, third_low * cube);
    const double ln2_high = 0x1.62e42fefa38p-1,
                 ln2_low = 0x1.ef35793c7673p-45; /* k ln2_high exact */
    struct wg_log_pair_f64 odd = wg_fast_sum_f64(2.0 * s, t);
    struct wg_log_pair_f64 sum = wg_fast_sum_f64(parts.k * ln2_high, odd.hi);
    double small = __builtin_fma(2.0, s_low, t_low) + __builtin_fma(parts.k, ln2_low, odd.lo);
    double fifth = cube * z;
    double fifth_low = __builtin_fma(cube, z, -fifth) + __builtin_fma(cube, z_low, cube_low * z);
    double low = sum.lo + __builtin_fma(fifth, q, __builtin_fma(fifth_low, q, small));
    return wg_fast_sum_f64(sum.hi, low);
}

/* x^y.
 * error    at most 0.76 ULP (2 million pairs)
 * special  as wg_pow_f32 */
WG_INLINE double wg_pow_f64(double x, double y) {
    double a = wg_abs_f64(x);
    struct wg_log_pair_f64 log = wg_log_pair_f64(a);
    double l = wg_log_or_limit_f64(a, log.hi);
    double power = y * l;
    double power_low = __builtin_fma(y, log.lo, __builtin_fma(y, l, -power));
    power_low = wg_abs_f64(power) < 800.0 ? power_low : 0.0;
    power = power > 720.0 ? 720.0 : power;
    power = power < -760.0 ? -760.0 : power;
    struct wg_exp_parts_f64 e = wg_exp_parts_f64(power, power_low);
    return wg_pow_special_f64(x, y, wg_scale_f64(e.hi + e.lo, e.n));
}

#endif
