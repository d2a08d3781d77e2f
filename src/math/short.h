/* short.h: double functions with shorter polynomials, for float results.
 *
 * Evaluated in double, rounded once at the end: so an op holds one unit in the last place of float
 * where its formula, in float, would cancel or round too often.  The relative error is below 2^-36,
 * 12 bits more than a float's; what cancels by more than that needs another form.
 */
#ifndef WG_MATH_SHORT_H
#define WG_MATH_SHORT_H

#include "math/bits.h"

/* e^x = 2^n (1 + q), |q| < 0.415; q to a relative 2^-36. */
struct wg_short_exp_parts {
    double q, power; /* power = 2^n */
};

/* Domain: |x| <= 700. */
WG_INLINE struct wg_short_exp_parts wg_short_exp_parts(double x) {
    double shifted = __builtin_fma(x, 0x1.71547652b82fep0, WG_ROUND_F64);
    double r = __builtin_fma(shifted - WG_ROUND_F64, -0x1.62e42fefa39efp-1, x);
    /* (e^r - 1 - r) / r^2, degree 6, |r| <= 0.347, relative error 2^-34; r^2/2 is 2^-2.5 of r. */
    double square = r * r;
    double p = __builtin_fma(0x1.a151e8a426fd2p-13, r, 0x1.6c16fd96b6337p-10);
    double q = __builtin_fma(0x1.1110c605c31e3p-7, r, 0x1.5555553129b4ep-5);
    p = __builtin_fma(0x1.a06d0b1b2c38ep-16, square, p);
    p = __builtin_fma(p, square, q);
    p = __builtin_fma(p, square, __builtin_fma(0x1.555555675e4c8p-3, r, 0x1.0000000004a2fp-1));
    struct wg_short_exp_parts e;
    e.q = __builtin_fma(square, p, r);
    e.power = wg_exp2i_f64(wg_to_bits_f64(shifted) - wg_to_bits_f64(WG_ROUND_F64));
    return e;
}

WG_INLINE double wg_short_exp(double x) {
    struct wg_short_exp_parts e = wg_short_exp_parts(x);
    return __builtin_fma(e.q, e.power, e.power);
}

WG_INLINE double wg_short_expm1(double x) {
    struct wg_short_exp_parts e = wg_short_exp_parts(x);
    return __builtin_fma(e.q, e.power, e.power - 1.0);
}

/* e^(scale x) = 2^n (1 + r q), |scale r| <= (ln 2)/2, q to a relative 2^-26: fewer bits yet, for
 * what is nowhere subtracted.  n stands in the low bits of `shifted`.
 * Domain: |scale x| <= 700, scale a power of two or its negative, a constant. */
struct wg_brief_exp_parts {
    double r, q, shifted;
};

WG_INLINE struct wg_brief_exp_parts wg_brief_exp_parts(double x, const double scale) {
    const double s = scale, s2 = s * s, s4 = s2 * s2;
    struct wg_brief_exp_parts e;
    e.shifted = __builtin_fma(x, s * 0x1.71547652b82fep0, WG_ROUND_F64);
    double r = __builtin_fma(e.shifted - WG_ROUND_F64, -0x1.62e42fefa39efp-1 / s, x);
    /* (e^r - 1)/r, degree 5, |r| <= 0.347, by Remez' algorithm to 40 digits. */
    double square = r * r;
    double p = __builtin_fma(0x1.6c16a2708f73bp-10 * s4 * s2, r, 0x1.123cd774e342cp-7 * s4 * s);
    double q = __builtin_fma(0x1.5556517216029p-5 * s4, r, 0x1.55547df9df439p-3 * s2 * s);
    p = __builtin_fma(p, square, q);
    q = __builtin_fma(0x1.fffffebdccbe1p-2 * s2, r, 0x1.0000002da649ep+0 * s);
    e.r = r;
    e.q = __builtin_fma(p, square, q);
    return e;
}

/* e^(scale x), to a relative 2^-27.7. */
WG_INLINE double wg_brief_exp(double x, const double scale) {
    struct wg_brief_exp_parts e = wg_brief_exp_parts(x, scale);
    double m = __builtin_fma(e.q, e.r, 1.0);
    return wg_from_bits_f64(wg_to_bits_f64(m) + (wg_to_bits_f64(e.shifted) << 52));
}

/* tanh |x|. Domain: |x| <= 300. */
WG_INLINE double wg_short_tanh_size(double x) {
    double m = wg_short_expm1(-2.0 * wg_abs_f64(x));
    return -m / (2.0 + m);
}

#endif
