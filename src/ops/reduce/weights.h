/* The weights of a line: e^(x - m), m the largest, beside their sum, which softmax, its logarithm
 * and logsumexp have in common; and averages with these weights.
 *
 * All of it is in `twice`, double for float and a pair of doubles for double, so that what is made
 * of weights is rounded once. A weight is good to 2^-43 (float) or 2^-57 (double) of itself. The
 * sum is kept without the largest as well: the logarithm near 0 is made of that.
 */
#ifndef WG_OPS_WEIGHTS_H
#define WG_OPS_WEIGHTS_H

#include "ops/reduce/lines.h"

/* Lines of scratch for weights and for the terms of a sum. */
#define WEIGHT_LINES 4 /* two of twice, which is as large as two reals */

#ifdef WG_KERNEL_PASS
#include "math/exp.h"
#include "math/lanes.h"
#include "math/log.h"
#include "math/pair.h"

/* ------------------------------------------------------------------------------------------------
 * twice: an array of them is two lines long; in pairs the leading parts come first. */

#define SUM_WIDTH 8 /* a sum takes every 8th element in a lane, then adds the lanes in a tree */

/* A function of a line: compiled once, with all that its loops call in it, which the compiler might
 * give up on in a source as large as that of all kernels. */
#define LINE_FUNCTION WG_UNUSED static __attribute__((noinline, flatten))

/* NaN is the positive quiet one, whatever it was made of: machines differ in what they make. */
static inline real canonical(real x) { return x != x ? (real)NAN : x; }

static inline double tree_sum(const double *lane) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

#if WG_REAL_IS_FLOAT
typedef double twice;
#define WEIGHT_ONE 1.0 /* the weight of the largest */
#define TWICE_DOUBLES 1

static inline twice twice_of(double x) { return x; }
static inline double leading(twice a) { return a; }
static inline real rounded(twice a) { return canonical((real)a); }
static inline twice add(twice a, twice b) { return a + b; }
static inline twice subtract(twice a, twice b) { return a - b; }
static inline twice difference(double a, double b) { return a - b; }
static inline twice multiply(twice a, twice b) { return a * b; }
static inline twice scale(twice a, double b) { return a * b; }

static inline twice load(const double *array, int64_t padded, int64_t i) {
    (void)padded;
    return array[i];
}

static inline void store(double *array, int64_t padded, int64_t i, twice a) {
    (void)padded;
    array[i] = a;
}

LINE_FUNCTION twice total(int64_t padded, const double *array) {
    double lane[SUM_WIDTH] = {0};
    for (int64_t start = 0; start < padded; start += SUM_WIDTH) {
        for (int l = 0; l < SUM_WIDTH; l++) lane[l] += array[start + l];
    }
    return tree_sum(lane);
}
#else
typedef struct wg_pair twice;
/* Large, so that no weight is subnormal: all that is made of weights is divided by their sum. */
#define WEIGHT_ONE 0x1p64
#define TWICE_DOUBLES 2

static inline twice twice_of(double x) { return (twice){x, 0}; }
static inline double leading(twice a) { return a.hi; }
static inline real rounded(twice a) { return canonical(a.hi + a.lo); }
static inline twice add(twice a, twice b) { return wg_pair_add(a, b); }
static inline twice subtract(twice a, twice b) { return wg_pair_subtract(a, b); }
static inline twice difference(double a, double b) { return wg_pair_sum(a, -b); }
static inline twice multiply(twice a, twice b) { return wg_pair_multiply(a, b); }
static inline twice scale(twice a, double b) { return wg_pair_scale(a, b); }

static inline twice load(const double *array, int64_t padded, int64_t i) {
    return (twice){array[i], array[padded + i]};
}

static inline void store(double *array, int64_t padded, int64_t i, twice a) {
    array[i] = a.hi;
    array[padded + i] = a.lo;
}

LINE_FUNCTION twice total(int64_t padded, const double *array) {
    enum { VECTORS = SUM_WIDTH / LANES };
    lanes sum[VECTORS] = {{0}}, low[VECTORS] = {{0}};
    for (int64_t start = 0; start < padded; start += SUM_WIDTH) {
        LANES_UNROLL
        for (int v = 0; v < VECTORS; v++) {
            const lanes a = lanes_load(array + start + v * LANES), b = sum[v];
            const lanes c = a + b, part = c - b;
            low[v] +=
                ((b - (c - part)) + (a - part)) + lanes_load(array + padded + start + v * LANES);
            sum[v] = c;
        }
    }
    double lane[SUM_WIDTH], low_lane[SUM_WIDTH];
    memcpy(lane, sum, sizeof lane);
    memcpy(low_lane, low, sizeof low_lane);
    double rest = tree_sum(low_lane);
    for (int half = SUM_WIDTH / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            const struct wg_pair pair = wg_pair_sum(lane[l], lane[l + half]);
            lane[l] = pair.hi;
            rest += pair.lo;
        }
    }
    return wg_pair_sum_ordered(lane[0], rest);
}
#endif

/* ------------------------------------------------------------------------------------------------
 * Weights */

struct weights {
    int64_t padded;
    double *e, *terms; /* the weights: WEIGHT_ONE for the largest, 0 for -inf; room for a sum */
    twice rest, sum;   /* of the weights without one of the largest, and of all */
    double inverse;    /* 1 / sum */
    real most;         /* the largest; NaN where there is one */
};

/* The largest, and the smallest, of a padded line; a NaN is passed over. */
#define EXTREME(padded, x, compare, start_value)                                                   \
    do {                                                                                           \
        real lane[LINE_PAD], half[LINE_PAD / 2], quarter[LINE_PAD / 4];                            \
        for (int l = 0; l < LINE_PAD; l++) lane[l] = (start_value);                                \
        for (int64_t i = 0; i < (padded); i += LINE_PAD) {                                         \
            for (int l = 0; l < LINE_PAD; l++)                                                     \
                lane[l] = (x)[i + l] compare lane[l] ? (x)[i + l] : lane[l];                       \
        }                                                                                          \
        for (int l = 0; l < LINE_PAD / 2; l++)                                                     \
            half[l] = lane[l] compare lane[l + LINE_PAD / 2] ? lane[l] : lane[l + LINE_PAD / 2];   \
        for (int l = 0; l < LINE_PAD / 4; l++)                                                     \
            quarter[l] =                                                                           \
                half[l] compare half[l + LINE_PAD / 4] ? half[l] : half[l + LINE_PAD / 4];         \
        for (int l = 1; l < LINE_PAD / 4; l++)                                                     \
            quarter[0] = quarter[l] compare quarter[0] ? quarter[l] : quarter[0];                  \
        return quarter[0];                                                                         \
    } while (0)

static inline real largest(int64_t padded, const real *x) {
    EXTREME(padded, x, >, -(real)INFINITY);
}

static inline real smallest(int64_t padded, const real *x) {
    EXTREME(padded, x, <, (real)INFINITY);
}

/* Where x, one of the elements of the line, is. */
static inline int64_t place_of(const real *line, real x) {
    int64_t start = 0;
    for (;; start += LINE_PAD) {
        int found = 0;
        for (int l = 0; l < LINE_PAD; l++) found |= line[start + l] == x;
        if (found) break;
    }
    while (line[start] != x) start++;
    return start;
}

#if WG_REAL_IS_FLOAT
/* e^d = 2^n (1 + r q(r)) with d = n ln 2 + r, |r| <= (ln 2)/2, q of degree 8. */
static inline double weight(real x, real most) {
    const double log2e = 0x1.71547652b82fep0, ln2 = 0x1.62e42fefa39efp-1, least = -700;
    const double d = (double)x - (double)most, clamped = d < least ? least : d;
    const double shifted = __builtin_fma(clamped, log2e, WG_ROUND_F64);
    const double r = __builtin_fma(shifted - WG_ROUND_F64, -ln2, clamped);
    double q = 0x1.4d2a92dbbe7d0p-19;
    q = __builtin_fma(q, r, 0x1.a15a0920564d3p-16);
    q = __builtin_fma(q, r, 0x1.a0423c66e5787p-13);
    q = __builtin_fma(q, r, 0x1.6c164e3184e38p-10);
    q = __builtin_fma(q, r, 0x1.1111028ba4a7bp-7);
    q = __builtin_fma(q, r, 0x1.555555740a744p-5);
    q = __builtin_fma(q, r, 0x1.5555555d10970p-3);
    q = __builtin_fma(q, r, 0x1.fffffffff72c0p-2);
    q = __builtin_fma(q, r, 0x1.fffffffffb925p-1);
    const double e = __builtin_fma(q, r, 1);
    /* n stands in the low bits of `shifted`; the low bits of a NaN that was a float are 0. */
    const double y = wg_from_bits_f64(wg_to_bits_f64(e) + (wg_to_bits_f64(shifted) << 52));
    return d < least ? 0 : y;
}
#else
static inline struct wg_pair weight(real x, real most) {
    const struct wg_pair d = wg_pair_sum(x, -most);
    const bool none = d.hi < -750;
    const struct wg_exp_parts_f64 e = wg_exp_parts_f64(none ? -750 : d.hi, none ? 0 : d.lo);
    const double power = none ? 0 : wg_exp2i_f64(e.n + 64);
    const struct wg_pair sum = wg_pair_sum_ordered(e.hi, e.lo);
    return (struct wg_pair){sum.hi * power, sum.lo * power};
}
#endif

/* Weighs a line padded with -inf. False where the largest is infinite, or one is NaN: `most` says
 * which, and sums are not set. */
LINE_FUNCTION bool weigh(struct weights *w, int64_t padded, const real *x, double *room) {
    double *e = room;
    const real most = largest(padded, x);
    *w = (struct weights){
        .padded = padded, .e = e, .terms = room + TWICE_DOUBLES * padded, .most = most};
    if (!(most - most == 0)) {
        for (int64_t i = 0; i < padded; i++) w->most = x[i] != x[i] ? (real)NAN : w->most;
        return false;
    }
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) store(e, padded, i, weight(x[i], most));
    const int64_t place = place_of(x, most);
    e[place] = 0;
    w->rest = total(padded, e);
    e[place] = WEIGHT_ONE;
    w->sum = add(twice_of(WEIGHT_ONE), w->rest);
    w->inverse = 1 / leading(w->sum);
    if (leading(w->sum) == leading(w->sum)) return true;
    w->most = (real)NAN;
    return false;
}

/* a / sum, for an a that is made of weights. */
static inline twice share(const struct weights *w, twice a) {
#if WG_REAL_IS_FLOAT
    return a * w->inverse;
#else
    return wg_pair_divide(a, w->sum, w->inverse);
#endif
}

/* ln of the sum of e^(x - m). In pairs one step corrects L ~ ln(1 + R): it adds (1 + R) e^-L - 1,
 * which for small R is R + e' + R e', e' = e^-L - 1. */
static inline twice log_sum(const struct weights *w) {
    const double rest = leading(w->rest) / WEIGHT_ONE, log = wg_log1p_f64(rest);
#if WG_REAL_IS_FLOAT
    return log;
#else
    struct wg_pair error;
    if (rest < 0.5) {
        const struct wg_half_expm1_f64 h = wg_half_expm1_f64(-log, 0);
        const struct wg_pair r = {rest, w->rest.lo / WEIGHT_ONE}, e = {2 * h.hi, 2 * h.lo};
        error = wg_pair_add(wg_pair_add(r, e), wg_pair_multiply(r, e));
    } else {
        const struct wg_exp_parts_f64 parts = wg_exp_parts_f64(-log, 0);
        const double power = wg_exp2i_f64(parts.n) / WEIGHT_ONE;
        const struct wg_pair e = {parts.hi * power, parts.lo * power};
        error = wg_pair_add(wg_pair_multiply(w->sum, e), (struct wg_pair){-1, 0});
    }
    return wg_pair_sum_ordered(log, rest > 0x1p-55 ? error.hi : 0);
#endif
}

/* ------------------------------------------------------------------------------------------------
 * Averages */

/* The average of v with the weights is near + rest. The distance of an element from it is taken as
 * (v - near) - rest: where v varies little, or one weight takes nearly all, nothing is lost. Its
 * error is relative to itself and to the average distance. */
struct average {
    double near;
    twice rest;
};

LINE_FUNCTION struct average average(const struct weights *w, const real *v) {
    const int64_t padded = w->padded;
    const double *e = w->e;
    double *terms = w->terms;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) store(terms, padded, i, twice_of(e[i] * (double)v[i]));
    double near = leading(total(padded, terms)) * w->inverse;
    const double least = smallest(padded, v), most = largest(padded, v);
    near = near < least ? least : near > most ? most : near;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++)
        store(terms, padded, i, multiply(load(e, padded, i), difference(v[i], near)));
    return (struct average){near, share(w, total(padded, terms))};
}

/* v less the average. */
static inline twice deviation(real v, const struct average *a) {
    return subtract(difference(v, a->near), a->rest);
}

static inline void fill_line(int64_t n, real *to, real value) {
    for (int64_t i = 0; i < n; i++) to[i] = value;
}
#endif

#endif
