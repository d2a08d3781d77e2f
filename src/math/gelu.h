/* gelu.h: x Phi(x) and its slope Phi(x) + x phi(x), with Phi and phi the normal distribution's
 * integral and density.
 *
 * With a = |x| and m(a) = e^(a^2/2) Phi(-a), which falls from 1/2 like 1/(a sqrt(2 pi)):
 *   x Phi(x) = max(x, 0) - a m(a) e^(-a^2/2)
 *   slope    = g for x <= 0, 1 - g for x > 0, g = (m(a) - a/sqrt(2 pi)) e^(-a^2/2)
 * so that both tails keep all digits.  (a + k) m(a) is a polynomial in t = (a - k)/(a + k), and so
 * is (m(a) - a/sqrt(2 pi))/(root - a), the zero of the slope being divided out: it needs no
 * cancelling. In double, e^(-a^2/2) takes the low part of a^2, and what rounding t lost is made
 * good through the slope of the polynomial.  Coefficients: interpolation at Chebyshev's points, to
 * 100 digits.
 */
#ifndef WG_MATH_GELU_H
#define WG_MATH_GELU_H

#include "math/bits.h"
#include "math/exp_f32.h"
#include "math/exp_pair.h"
#include "math/short.h"

/* In float arithmetic: x Phi(x) = max(x, 0) - q p e^(-a^2/2) with q = a/(a + k), k = 1.4755859375,
 * p = (a + k) m(a), which lies between 0.43 and 0.74: a polynomial of degree 11 in t = 2 q - 1,
 * by Remez' algorithm to 40 digits, the first three coefficients rounded to floats one after the
 * other and those behind fitted again, a <= 14.6, relative error 2^-26.4. k is such that the first
 * is a float.  Each factor has its rounding error beside it; for positive x the difference is exact
 * where h is no smaller than half of it.
 * error    f32 at most 0.947 ULP (all 2^32 floats), f64 1.2
 * special  -0 at -inf, inf at inf, +-0 at +-0, NaN -> NaN */
WG_INLINE float wg_gelu_f32(float x) {
    /* a m(a) e^(-a^2/2) is 0 in a float from 14.5 on. */
    float a = wg_at_most_f32(wg_abs_f32(x), 15.0f);
    float square = a * a, square_low = __builtin_fmaf(a, a, -square);
    /* e^(-a^2/2) = (e_high + e_low) 2^n, as in exp_f32.h, with r = -rho/2; 2^(n + 64) is made by a
     * shift, and a subnormal result is rounded last. */
    const float round = WG_ROUND_F32 + 191.0f;
    float shifted = __builtin_fmaf(square, -0x1.715476p-1f, round);
    float n = shifted - round;
    float rho = __builtin_fmaf(n, 0x1.62e430p0f, square);
    float rho_low = __builtin_fmaf(n, -0x1.05c610p-28f, square_low);
    float r = -0.5f * (rho + rho_low);
    float e_high = __builtin_fmaf(rho, -0.5f, 1.0f);
    float e_low = __builtin_fmaf(rho, -0.5f, 1.0f - e_high);
    e_low = __builtin_fmaf(r * r, wg_expm1_curve_f32(r), __builtin_fmaf(rho_low, -0.5f, e_low));

    const float k = 0x1.79cp0f;
    float sum = a + k, sum_low = a - (sum - k);
    float inverse = 1.0f / sum;
    float q = a * inverse;
    float q_low = __builtin_fmaf(-q, sum_low, __builtin_fmaf(-q, sum, a)) * inverse;

    float t = __builtin_fmaf(2.0f, q, -1.0f), t2 = t * t;
    float p2 = __builtin_fmaf(0x1.01946ap-6f, t, -0x1.f0247cp-5f);
    float p4 = __builtin_fmaf(0x1.3a705ap-8f, t, 0x1.24bdc0p-6f);
    float p6 = __builtin_fmaf(-0x1.6a9cccp-9f, t, -0x1.0bebf8p-9f);
    float p8 = __builtin_fmaf(0x1.579f80p-13f, t, -0x1.439c1cp-10f);
    float p10 = __builtin_fmaf(0x1.677542p-13f, t, 0x1.fd88dcp-12f);
    p6 = __builtin_fmaf(p10, t2 * t2, __builtin_fmaf(p8, t2, p6));
    p2 = __builtin_fmaf(p6, t2 * t2, __builtin_fmaf(p4, t2, p2));
    const float p0 = 0x1.3a4bf0p-1f, c1 = -0x1.80052cp-3f;
    float p1 = __builtin_fmaf(p2, t, c1), p1_low = __builtin_fmaf(p2, t, c1 - p1);
    float p = __builtin_fmaf(p1, t, p0);
    float slope = __builtin_fmaf(p2, t, p1); /* of p in t, about */
    float p_low = __builtin_fmaf(p1_low, t, __builtin_fmaf(p1, t, p0 - p));
    p_low = __builtin_fmaf(2.0f * q_low, slope, p_low);

    float g = q * p;
    float g_low = __builtin_fmaf(q, p, -g) + __builtin_fmaf(q, p_low, q_low * p);
    float h = __builtin_fmaf(g, e_high, __builtin_fmaf(g, e_low, g_low * e_high));
    h *= wg_from_bits_f32(wg_to_bits_f32(shifted) << 23);
    float y = __builtin_fmaf(x > 0.0f ? x : 0.0f, 0x1p64f, -h) * 0x1p-64f;
    y = a < 0x1p-27f ? 0.5f * x : y;
    return x <= 15.0f ? y : x;
}

/* gelu'. (m(a) - a/sqrt(2 pi))/(root - a): degree 8 in t, k = 2.75, by Remez' algorithm to 40
 * digits, a <= 15, relative error 2^-27.3; in double, rounded once.
 * error    f32 at most 0.657 ULP (all 2^32 floats), f64 1.2
 * special  -0 at -inf, 1 at inf, 0.5 at +-0, NaN -> NaN */
WG_INLINE float wg_gelu_slope_f32(float x) {
    double a = (double)wg_at_most_f32(wg_abs_f32(x), 15.0f);
    double t = __builtin_fma(-5.5, 1.0 / (a + 2.75), 1.0), square = t * t;
    double p = __builtin_fma(-0x1.2010229e2d237p-15, square,
                             __builtin_fma(-0x1.a1a4d2a2eb6dbp-14, t, 0x1.6daa0e1ed8895p-13));
    p = __builtin_fma(p, square, __builtin_fma(0x1.f2d3d5e01eaffp-11, t, -0x1.9921ffc3b50bep-10));
    p = __builtin_fma(p, square, __builtin_fma(-0x1.35665e6ffa2f5p-7, t, 0x1.980f053243f89p-5));
    p = __builtin_fma(p, square, __builtin_fma(-0x1.fdded87596f50p-4, t, 0x1.ef392822b6f7fp-2));
    double g = (0x1.80ead197f00b4p-1 - a) * wg_brief_exp(a * a, -0.5) * p;
    float y = (float)(x > 0.0f ? 1.0 - g : g);
    return x != x ? x : y;
}

/* 1/(a + 4) and t = (a - 4)/(a + 4) = 1 - 8/(a + 4), as pairs.  Domain: 0 <= a <= 40. */
struct wg_gelu_variable {
    struct wg_pair inverse, t;
};

WG_INLINE struct wg_gelu_variable wg_gelu_variable(double a) {
    struct wg_pair sum = wg_pair_sum(4.0, a);
    struct wg_gelu_variable v;
    v.inverse.hi = 1.0 / sum.hi;
    double rest = __builtin_fma(-v.inverse.hi, sum.hi, 1.0) - v.inverse.hi * sum.lo;
    v.inverse.lo = v.inverse.hi * rest;
    v.t = wg_pair_sum_ordered(1.0, -8.0 * v.inverse.hi);
    v.t.lo -= 8.0 * v.inverse.lo;
    return v;
}

/* c0 + t (c1 + t rest) + slope t.lo, the last two sums before the rounding with their errors. */
WG_INLINE struct wg_pair wg_gelu_polynomial(struct wg_pair c0, struct wg_pair c1, double rest,
                                            struct wg_pair t, double slope) {
    double inner = __builtin_fma(t.hi, rest, c1.hi);
    double inner_low = __builtin_fma(t.hi, rest, c1.hi - inner) + c1.lo;
    struct wg_pair p = wg_pair_product(t.hi, inner);
    double low = __builtin_fma(slope, t.lo, __builtin_fma(inner_low, t.hi, c0.lo + p.lo));
    struct wg_pair sum = wg_pair_sum(c0.hi, p.hi);
    return wg_pair_sum_ordered(sum.hi, sum.lo + low);
}

/* m(a) as a pair of about 56 bits: degree 25, a <= 39, relative error 2^-56. */
WG_INLINE struct wg_pair wg_normal_tail_f64(double a) {
    struct wg_gelu_variable v = wg_gelu_variable(a);
    double t = v.t.hi;
    double p = 0x1.4e5c574b0ce6bp-33;
    p = __builtin_fma(p, t, 0x1.813c9765a8674p-32);
    p = __builtin_fma(p, t, -0x1.2b93b20a80088p-30);
    p = __builtin_fma(p, t, -0x1.07b21b51736d6p-28);
    p = __builtin_fma(p, t, 0x1.1ceb914caaf21p-29);
    p = __builtin_fma(p, t, 0x1.75efd6d8c7612p-26);
    p = __builtin_fma(p, t, 0x1.d5d529b5e55dp-27);
    p = __builtin_fma(p, t, -0x1.776823e27a0b7p-24);
    p = __builtin_fma(p, t, -0x1.4e2e46eecb964p-23);
    p = __builtin_fma(p, t, 0x1.251a727e8010bp-22);
    p = __builtin_fma(p, t, 0x1.1258c384df2a1p-20);
    p = __builtin_fma(p, t, -0x1.524e4f3022eb7p-21);
    p = __builtin_fma(p, t, -0x1.8d4f2331fcbbfp-18);
    p = __builtin_fma(p, t, 0x1.80d158d1488ffp-21);
    p = __builtin_fma(p, t, 0x1.26d0bea284609p-15);
    p = __builtin_fma(p, t, -0x1.001fe42cf1e17p-19);
    p = __builtin_fma(p, t, -0x1.e4a4271743b4p-13);
    p = __builtin_fma(p, t, 0x1.17a4af00338f5p-13);
    p = __builtin_fma(p, t, 0x1.ab825fc69c13cp-10);
    p = __builtin_fma(p, t, -0x1.c81719d64a555p-9);
    p = __builtin_fma(p, t, -0x1.ee27610493d37p-8);
    p = __builtin_fma(p, t, 0x1.eec4cc3e4dcfep-5);
    p = __builtin_fma(p, t, -0x1.7dff2bff68356p-3);
    p = __builtin_fma(p, t, 0x1.8c6dbf2cfc2afp-2);
    double slope = __builtin_fma(__builtin_fma(-0x1.1dp-1, t, 0x1.8c6p-1), t, -0x1.373p-1);
    const struct wg_pair c0 = {0x1.82b4bb8c94dcep-1, -0x1.9b3a19bb27cep-56},
                         c1 = {-0x1.373e3a893c28ap-1, -0x1.e9c747040d173p-56};
    struct wg_pair sum = wg_gelu_polynomial(c0, c1, p, v.t, slope);
    return wg_pair_multiply(sum, v.inverse);
}

/* e^(-a^2/2), the square in two parts. */
WG_INLINE struct wg_exp_pair_f64 wg_bell_f64(double a) {
    struct wg_pair square = wg_pair_product(a, a);
    return wg_exp_pair_f64(-0.5 * square.hi, -0.5 * square.lo);
}

WG_INLINE double wg_gelu_f64(double x) {
    double a = wg_abs_f64(x);
    a = a > 40.0 ? 40.0 : a;
    struct wg_exp_pair_f64 e = wg_bell_f64(a);
    struct wg_pair tail = wg_pair_multiply(wg_normal_tail_f64(a), e.m);
    double h = wg_scale_f64(__builtin_fma(a, tail.hi, a * tail.lo), e.n);
    double y = x > 0.0 ? x - h : -h;
    y = x == 0.0 ? x : y;
    return x != x ? x : y;
}

WG_INLINE double wg_gelu_slope_f64(double x) {
    double a = wg_abs_f64(x);
    a = a > 40.0 ? 40.0 : a;
    struct wg_gelu_variable v = wg_gelu_variable(a);
    double t = v.t.hi;
    /* (m(a) - a/sqrt(2 pi))/(root - a), degree 22, a <= 39, relative error 2^-58. */
    double p = -0x1.3f9a661594806p-34;
    p = __builtin_fma(p, t, -0x1.486c83aadd45p-33);
    p = __builtin_fma(p, t, 0x1.34123478ccb6fp-31);
    p = __builtin_fma(p, t, 0x1.d6d09ee6c5561p-30);
    p = __builtin_fma(p, t, -0x1.e5bce15505784p-30);
    p = __builtin_fma(p, t, -0x1.88e04c138f186p-27);
    p = __builtin_fma(p, t, -0x1.a5038e09d88a7p-31);
    p = __builtin_fma(p, t, 0x1.102595904c1e7p-24);
    p = __builtin_fma(p, t, 0x1.c26302ecb8b87p-25);
    p = __builtin_fma(p, t, -0x1.7734fa51d6f05p-22);
    p = __builtin_fma(p, t, -0x1.083eaa56ddf4cp-21);
    p = __builtin_fma(p, t, 0x1.29878af869bddp-19);
    p = __builtin_fma(p, t, 0x1.dafc0af74b282p-19);
    p = __builtin_fma(p, t, -0x1.2e93811496397p-16);
    p = __builtin_fma(p, t, -0x1.253812ba23fdfp-16);
    p = __builtin_fma(p, t, 0x1.85999c301b0f6p-13);
    p = __builtin_fma(p, t, -0x1.443f63e033769p-13);
    p = __builtin_fma(p, t, -0x1.d4c8222aa755bp-10);
    p = __builtin_fma(p, t, 0x1.37754d816b71ep-7);
    p = __builtin_fma(p, t, -0x1.cc1e2623d9211p-6);
    p = __builtin_fma(p, t, 0x1.ef4ff801379a1p-5);
    double slope = __builtin_fma(0x1.efp-4, t, -0x1.a7p-4);
    const struct wg_pair c0 = {0x1.d94de78425463p-2, -0x1.bd5d18888c526p-58},
                         c1 = {-0x1.a763001ac67ddp-4, -0x1.826759bca7bb2p-59};
    struct wg_pair w = wg_gelu_polynomial(c0, c1, p, v.t, slope);
    struct wg_exp_pair_f64 e = wg_bell_f64(a);
    struct wg_pair distance = wg_pair_sum(0x1.80ead197f00b4p-1, -a); /* root - a */
    distance = wg_pair_sum_ordered(distance.hi, distance.lo - 0x1.13e74c58cada8p-56);
    struct wg_pair g = wg_pair_multiply(wg_pair_multiply(w, e.m), distance);
    double below = wg_scale_f64(g.hi, e.n);
    double y = x > 0.0 ? 1.0 - below : below;
    return x != x ? x : y;
}

#endif
