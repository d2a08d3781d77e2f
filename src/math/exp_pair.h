/* exp_pair.h: e^x as a pair of doubles times a power of two, for double functions built on it.
 *
 * The pair has about 57 bits.  The power is applied last, so that a subnormal result is rounded
 * once.
 */
#ifndef WG_MATH_EXP_PAIR_H
#define WG_MATH_EXP_PAIR_H

#include "math/bits.h"
#include "math/exp.h"
#include "math/pair.h"

/* e^x = m 2^n, m.hi in [0.6, 1.45]; scaled = m 2^n as far as that is a normal number, else 0. */
struct wg_exp_pair_f64 {
    struct wg_pair m, scaled;
    uint64_t n;
};

/* e^(x + x_low).  Domain: -1400 <= x <= 700. */
WG_INLINE struct wg_exp_pair_f64 wg_exp_pair_f64(double x, double x_low) {
    struct wg_exp_parts_f64 parts = wg_exp_parts_f64(x, x_low);
    double power = x < -700.0 ? 0.0 : wg_exp2i_f64(parts.n);
    struct wg_exp_pair_f64 e;
    e.m = wg_pair_sum_ordered(parts.hi, parts.lo);
    e.scaled = (struct wg_pair){e.m.hi * power, e.m.lo * power};
    e.n = parts.n;
    return e;
}

/* a/b, rounded once. */
WG_INLINE double wg_pair_quotient(struct wg_pair a, struct wg_pair b) {
    double inverse = 1.0 / b.hi;
    double q = a.hi * inverse;
    double remainder = __builtin_fma(-q, b.hi, a.hi) + __builtin_fma(-q, b.lo, a.lo);
    return __builtin_fma(remainder, inverse, q);
}

/* a + b for |a| >= |b.hi|, or nearly so; a b. */
WG_INLINE struct wg_pair wg_pair_plus(double a, struct wg_pair b) {
    struct wg_pair sum = wg_pair_sum(a, b.hi);
    return wg_pair_sum_ordered(sum.hi, sum.lo + b.lo);
}

WG_INLINE struct wg_pair wg_pair_times(double a, struct wg_pair b) {
    struct wg_pair product = wg_pair_product(a, b.hi);
    return wg_pair_sum_ordered(product.hi, __builtin_fma(a, b.lo, product.lo));
}

/* t (c1 + t q), rounded about once, for t = distance - low, a distance from a zero that is no
 * double. */
WG_INLINE double wg_line_through_zero(double distance, double low, double c1, double q) {
    double t = distance - low;
    double t_low = (distance - t) - low;
    double p = __builtin_fma(t, q, c1);
    double p_low = __builtin_fma(t, q, c1 - p);
    double y = t * p;
    return y + (__builtin_fma(t, p, -y) + __builtin_fma(t, p_low, t_low * p));
}

WG_INLINE struct wg_pair wg_pair_select(int condition, struct wg_pair a, struct wg_pair b) {
    return (struct wg_pair){condition ? a.hi : b.hi, condition ? a.lo : b.lo};
}

#endif
