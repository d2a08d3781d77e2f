/* pair.h: numbers as the sum of two doubles, of about 106 bits.
 *
 * The building blocks are exact (Knuth 1969; Dekker 1971): the rounding error of a sum or a product
 * is a double and can be had. Operations on pairs err by a few parts in 2^104 of what goes into
 * them; a sum that cancels errs by that much of its terms. Where an infinity or NaN comes in, or a
 * sum overflows, lo is NaN.
 */
#ifndef WG_MATH_PAIR_H
#define WG_MATH_PAIR_H

/* hi + lo, with |lo| at most half the spacing of doubles at hi. */
struct wg_pair {
    double hi, lo;
};

/* a + b, exactly. */
static inline struct wg_pair wg_pair_sum(double a, double b) {
    const double sum = a + b, part = sum - a;
    return (struct wg_pair){sum, (a - (sum - part)) + (b - part)};
}

/* The same, where |a| >= |b| or a = 0. */
static inline struct wg_pair wg_pair_sum_ordered(double a, double b) {
    const double sum = a + b;
    return (struct wg_pair){sum, b - (sum - a)};
}

/* a b, exactly unless it underflows. */
static inline struct wg_pair wg_pair_product(double a, double b) {
    const double product = a * b;
    return (struct wg_pair){product, __builtin_fma(a, b, -product)};
}

static inline struct wg_pair wg_pair_add(struct wg_pair a, struct wg_pair b) {
    const struct wg_pair sum = wg_pair_sum(a.hi, b.hi);
    return wg_pair_sum_ordered(sum.hi, sum.lo + (a.lo + b.lo));
}

static inline struct wg_pair wg_pair_subtract(struct wg_pair a, struct wg_pair b) {
    const struct wg_pair sum = wg_pair_sum(a.hi, -b.hi);
    return wg_pair_sum_ordered(sum.hi, sum.lo + (a.lo - b.lo));
}

static inline struct wg_pair wg_pair_scale(struct wg_pair a, double b) {
    const struct wg_pair product = wg_pair_product(a.hi, b);
    return wg_pair_sum_ordered(product.hi, __builtin_fma(a.lo, b, product.lo));
}

static inline struct wg_pair wg_pair_multiply(struct wg_pair a, struct wg_pair b) {
    const struct wg_pair product = wg_pair_product(a.hi, b.hi);
    const double low = __builtin_fma(a.hi, b.lo, __builtin_fma(a.lo, b.hi, product.lo));
    return wg_pair_sum_ordered(product.hi, low);
}

/* a / b, given 1 / b.hi, which serves many divisions by one b. */
static inline struct wg_pair wg_pair_divide(struct wg_pair a, struct wg_pair b, double inverse) {
    const double q = a.hi * inverse;
    const double remainder = __builtin_fma(-q, b.hi, a.hi) + __builtin_fma(-q, b.lo, a.lo);
    return wg_pair_sum_ordered(q, remainder * inverse);
}

#endif
