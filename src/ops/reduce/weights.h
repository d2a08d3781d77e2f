/* The weights of a line: e^(x - m), m the largest, beside their sum, which softmax, its logarithm
 * and logsumexp have in common; and averages with these weights.
 *
 * All of it is in `twice`, double for float and a pair of doubles for double, so that what is made
 * of weights is rounded once. A weight is good to 2^-43 (float; 2^-27 where only a value is made of
 * it) or 2^-57 (double) of itself. The sum is kept without the largest as well: the logarithm near
 * 0 is made of that.
 *
 * Functions here take a block of lines (lines.h), and whether they stand side by side. What belongs
 * to a line is an array of BLOCK, for a line that is alone the same number BLOCK times. Where the
 * largest is infinite, or one is NaN, sums are NaN.
 */
#ifndef WG_OPS_WEIGHTS_H
#define WG_OPS_WEIGHTS_H

#include "ops/reduce/lines.h"

#ifdef WG_KERNEL_PASS
#include "math/exp.h"
#include "math/lanes.h"
#include "math/log.h"
#include "math/pair.h"

/* Compiled once for each way lines may stand, `beside` a constant, with all that its loops call in
 * it, which the compiler might give up on in a source as large as that of all kernels. */
#define BLOCK_FUNCTION(name)                                                                       \
    WG_INLINE void name##_block(struct block *block, const bool beside);                           \
    WG_UNUSED static __attribute__((noinline, flatten)) void name##_along(struct block *block) {   \
        name##_block(block, false);                                                                \
    }                                                                                              \
    WG_UNUSED static __attribute__((noinline, flatten)) void name##_beside(struct block *block) {  \
        name##_block(block, true);                                                                 \
    }                                                                                              \
    WG_INLINE void name##_block(struct block *block, const bool beside)

/* What there is of a BLOCK_FUNCTION, and rows that are floats (rows.h), where they are faster. */
#if WG_REAL_IS_FLOAT && LANES_FUSED
#define LINE_BODIES(name)                                                                          \
    (struct line_bodies) { name##_along, name##_beside, name##_rows }
#else
#define LINE_BODIES(name)                                                                          \
    (struct line_bodies) { name##_along, name##_beside, NULL }
#endif

/* Unrolled before it is vectorised, a short loop would stay scalar. */
#if defined(__clang__)
#define NOT_UNROLLED _Pragma("clang loop unroll(disable)")
#else
#define NOT_UNROLLED _Pragma("GCC unroll 1")
#endif

#define EACH_COLUMN NOT_UNROLLED INDEPENDENT_LOOP for (int l = 0; l < BLOCK; l++)

/* ------------------------------------------------------------------------------------------------
 * twice: arrays of them have the leading parts first, then, in pairs, the others. */

/* NaN is the positive quiet one, whatever it was made of: machines differ in what they make. */
WG_INLINE real canonical(real x) { return x != x ? (real)NAN : x; }

#if WG_REAL_IS_FLOAT
typedef double twice;
#define WEIGHT_ONE 1.0 /* the weight of the largest */
#define TWICE_DOUBLES 1

WG_INLINE twice twice_of(double x) { return x; }
WG_INLINE double leading(twice a) { return a; }
WG_INLINE real rounded(twice a) { return canonical((real)a); }
WG_INLINE twice add(twice a, twice b) { return a + b; }
WG_INLINE twice subtract(twice a, twice b) { return a - b; }
WG_INLINE twice difference(double a, double b) { return a - b; }
WG_INLINE twice multiply(twice a, twice b) { return a * b; }
WG_INLINE twice scale(twice a, double b) { return a * b; }
WG_INLINE twice divide(twice a, twice b, double inverse) {
    (void)b;
    return a * inverse;
}
WG_INLINE twice choose(bool condition, twice a, twice b) { return condition ? a : b; }
WG_INLINE twice masked(twice a, uint64_t mask) {
    return wg_from_bits_f64(wg_to_bits_f64(a) & mask);
}

WG_INLINE twice load(const double *array, int64_t size, int64_t i) {
    (void)size;
    return array[i];
}

WG_INLINE void store(double *array, int64_t size, int64_t i, twice a) {
    (void)size;
    array[i] = a;
}

/* at[i] += a; at[i] += a b; at[i] += at[j]; the sum at i. */
WG_INLINE void accumulate(double *at, int64_t i, twice a) { at[i] += a; }
WG_INLINE void accumulate_product(double *at, int64_t i, twice a, twice b) {
    at[i] = __builtin_fma(a, b, at[i]);
}
WG_INLINE void accumulate_plain(double *at, int64_t i, double a, double b) {
    at[i] = __builtin_fma(a, b, at[i]);
}
WG_INLINE void join(double *at, int64_t i, int64_t j) { at[i] += at[j]; }
WG_INLINE twice joined(const double *at, int64_t i) { return at[i]; }
#else
typedef struct wg_pair twice;
/* Large, so that no weight is subnormal: all that is made of weights is divided by their sum. */
#define WEIGHT_ONE 0x1p64
#define TWICE_DOUBLES 2

WG_INLINE twice twice_of(double x) { return (twice){x, 0}; }
WG_INLINE double leading(twice a) { return a.hi; }
WG_INLINE real rounded(twice a) { return canonical(a.hi + a.lo); }
WG_INLINE twice add(twice a, twice b) { return wg_pair_add(a, b); }
WG_INLINE twice subtract(twice a, twice b) { return wg_pair_subtract(a, b); }
WG_INLINE twice difference(double a, double b) { return wg_pair_sum(a, -b); }
WG_INLINE twice multiply(twice a, twice b) { return wg_pair_multiply(a, b); }
WG_INLINE twice scale(twice a, double b) { return wg_pair_scale(a, b); }
WG_INLINE twice divide(twice a, twice b, double inverse) { return wg_pair_divide(a, b, inverse); }
WG_INLINE twice choose(bool condition, twice a, twice b) {
    return (twice){condition ? a.hi : b.hi, condition ? a.lo : b.lo};
}
WG_INLINE twice masked(twice a, uint64_t mask) {
    return (twice){wg_from_bits_f64(wg_to_bits_f64(a.hi) & mask),
                   wg_from_bits_f64(wg_to_bits_f64(a.lo) & mask)};
}

WG_INLINE twice load(const double *array, int64_t size, int64_t i) {
    return (twice){array[i], array[size + i]};
}

WG_INLINE void store(double *array, int64_t size, int64_t i, twice a) {
    array[i] = a.hi;
    array[size + i] = a.lo;
}

WG_INLINE void accumulate(double *at, int64_t i, twice a) {
    const twice sum = wg_pair_sum(at[i], a.hi);
    at[i] = sum.hi;
    at[BLOCK * BLOCK + i] += sum.lo + a.lo;
}

WG_INLINE void accumulate_product(double *at, int64_t i, twice a, twice b) {
    accumulate(at, i, multiply(a, b));
}

WG_INLINE void accumulate_plain(double *at, int64_t i, double a, double b) { at[i] += a * b; }

WG_INLINE void join(double *at, int64_t i, int64_t j) {
    const twice sum = wg_pair_sum(at[i], at[j]);
    at[i] = sum.hi;
    at[BLOCK * BLOCK + i] = (at[BLOCK * BLOCK + i] + at[BLOCK * BLOCK + j]) + sum.lo;
}

WG_INLINE twice joined(const double *at, int64_t i) {
    return wg_pair_sum_ordered(at[i], at[BLOCK * BLOCK + i]);
}
#endif

/* One number a line, or one an element of a block whose `size` this is. */
#define LINES_TWICE (TWICE_DOUBLES * BLOCK)
#define load_line(array, l) load(array, BLOCK, l)
#define store_line(array, l, a) store(array, BLOCK, l, a)

/* ------------------------------------------------------------------------------------------------
 * Sums: BLOCK partial sums a line, element k in sum k % BLOCK, added in a tree. */

typedef double partial_sums[TWICE_DOUBLES * BLOCK * BLOCK];

/* The partial sums that n elements fill, or all that a tree over them goes through. */
WG_INLINE int64_t sums_in_use(const bool beside, int64_t n) {
    int64_t used = 1;
    while (beside && used < n && used < BLOCK) used *= 2;
    return used;
}

WG_INLINE void start_sums(const bool beside, int64_t n, int parts, double *at) {
    const size_t bytes = (size_t)(sums_in_use(beside, n) * BLOCK) * sizeof *at;
    for (int part = 0; part < parts; part++) memset(at + part * BLOCK * BLOCK, 0, bytes);
}

/* Where row k of a block adds to. */
WG_INLINE int64_t sums_of_row(const bool beside, int64_t k) {
    return beside ? k % BLOCK * BLOCK : 0;
}

WG_INLINE void total(const bool beside, int64_t n, double *at, double *to) {
    if (beside) {
        for (int64_t half = sums_in_use(beside, n) / 2; half > 0; half /= 2) {
            for (int64_t j = 0; j < half; j++)
                EACH_COLUMN join(at, j * BLOCK + l, (j + half) * BLOCK + l);
        }
        EACH_COLUMN store_line(to, l, joined(at, l));
    } else {
        for (int half = BLOCK / 2; half > 0; half /= 2) {
            INDEPENDENT_LOOP
            for (int l = 0; l < half; l++) join(at, l, l + half);
        }
        const twice sum = joined(at, 0);
        EACH_COLUMN store_line(to, l, sum);
    }
}

/* The same of plain doubles. */
WG_INLINE void plain_total(const bool beside, int64_t n, double *at, double *to) {
    if (beside) {
        for (int64_t half = sums_in_use(beside, n) / 2; half > 0; half /= 2) {
            for (int64_t j = 0; j < half; j++)
                EACH_COLUMN at[j * BLOCK + l] += at[(j + half) * BLOCK + l];
        }
        EACH_COLUMN to[l] = at[l];
    } else {
        for (int half = BLOCK / 2; half > 0; half /= 2) {
            for (int l = 0; l < half; l++) at[l] += at[l + half];
        }
        const double sum = at[0];
        EACH_COLUMN to[l] = sum;
    }
}

/* The largest of each line, or the smallest; a NaN is passed over. */
WG_INLINE void extreme(const bool beside, const bool least, int64_t rows, const real *x, real *to) {
    EACH_COLUMN to[l] = least ? (real)INFINITY : -(real)INFINITY;
    for (int64_t k = 0; k < rows; k++) {
        const real *row = x + k * BLOCK;
        EACH_COLUMN to[l] = (least ? row[l] < to[l] : row[l] > to[l]) ? row[l] : to[l];
    }
    for (int half = BLOCK / 2; !beside && half > 0; half /= 2) {
        for (int l = 0; l < half; l++)
            to[l] = (least ? to[l + half] < to[l] : to[l + half] > to[l]) ? to[l + half] : to[l];
    }
    const real all = to[0];
    if (!beside) EACH_COLUMN to[l] = all;
}

/* ------------------------------------------------------------------------------------------------
 * Weights */

struct weights {
    const double *e; /* WEIGHT_ONE for the largest, 0 for -inf */
    int64_t size;
    real most[BLOCK];
    double rest[LINES_TWICE], sum[LINES_TWICE]; /* without one of the largest, and of all */
    double inverse[BLOCK];                      /* 1 / sum */
    double near[BLOCK];                         /* the average of v, if that was asked for, about */
};

#if WG_REAL_IS_FLOAT
/* What is less, -inf too, weighs 0: at 512 ln 2 the polynomial gives 2^-512 exactly, which is
 * subtracted from all. */
#define WEIGHT_LEAST (-0x1.62e42fefa39efp8)
#define WEIGHT_OF_LEAST 0x1p-512

/* e^d = 2^n (1 + r q(r)) with d = n ln 2 + r, |r| <= (ln 2)/2, q of degree 8; of degree 5, with an
 * error of 2^-27, for values, which are rounded to floats. */
#define WEIGHT_COEFFICIENTS                                                                        \
    0x1.4d2a92dbbe7d0p-19, 0x1.a15a0920564d3p-16, 0x1.a0423c66e5787p-13, 0x1.6c164e3184e38p-10,    \
        0x1.1111028ba4a7bp-7, 0x1.555555740a744p-5, 0x1.5555555d10970p-3, 0x1.fffffffff72c0p-2,    \
        0x1.fffffffffb925p-1
#define SHORT_COEFFICIENTS                                                                         \
    0x1.6c16a2708f73bp-10, 0x1.123cd774e342cp-7, 0x1.5556517216029p-5, 0x1.55547df9df439p-3,       \
        0x1.fffffebdccbe1p-2, 0x1.0000002da649ep+0

WG_INLINE double weight(const bool value, double x, double most) {
    static const double usual[] = {WEIGHT_COEFFICIENTS}, shorter[] = {SHORT_COEFFICIENTS};
    const double d = x - most, clamped = WEIGHT_LEAST > d ? WEIGHT_LEAST : d;
    const double shifted = __builtin_fma(clamped, 0x1.71547652b82fep0, WG_ROUND_F64);
    const double r = __builtin_fma(shifted - WG_ROUND_F64, -0x1.62e42fefa39efp-1, clamped);
    const double *c = value ? shorter : usual;
    double q = c[0];
    LANES_UNROLL
    for (int i = 1; i < 6; i++) q = __builtin_fma(q, r, c[i]);
    if (!value) {
        LANES_UNROLL
        for (int i = 6; i < 9; i++) q = __builtin_fma(q, r, c[i]);
    }
    const double e = __builtin_fma(q, r, 1);
    /* n stands in the low bits of `shifted`; the low bits of a NaN that was a float are 0. */
    return wg_from_bits_f64(wg_to_bits_f64(e) + (wg_to_bits_f64(shifted) << 52)) - WEIGHT_OF_LEAST;
}
#else
WG_INLINE struct wg_pair weight(const bool value, double x, double most) {
    (void)value;
    const struct wg_pair d = wg_pair_sum(x, -most);
    const bool none = d.hi < -750;
    const struct wg_exp_parts_f64 e = wg_exp_parts_f64(none ? -750 : d.hi, none ? 0 : d.lo);
    const double power = none ? 0 : wg_exp2i_f64(e.n + 64);
    const struct wg_pair sum = wg_pair_sum_ordered(e.hi, e.lo);
    return (struct wg_pair){sum.hi * power, sum.lo * power};
}
#endif

/* What the weights are wanted for besides their sum. */
struct purpose {
    bool value;   /* a result that is no gradient: shorter polynomials */
    bool rest;    /* the sum without one of the largest, too */
    bool average; /* that of v with the weights */
    bool log;     /* of the sum; of rows alone, as the next */
    bool total;   /* of v */
};

/* Weighs the elements of x; for an average, adds up their v as well. */
WG_INLINE void weigh(const bool beside, const struct purpose want, const struct block *block,
                     struct weights *w) {
    const bool split = want.rest || TWICE_DOUBLES == 2;
    partial_sums rest;
    double products[BLOCK * BLOCK], most[BLOCK];
    uint64_t largest[BLOCK] = {0}; /* how many there are */
    double *e = block->weights;
    const int64_t size = block->rows * BLOCK, n = block->n;
    w->e = e;
    w->size = size;
    extreme(beside, false, block->rows, block->x, w->most);
    EACH_COLUMN most[l] = (double)w->most[l];
    start_sums(beside, n, TWICE_DOUBLES, rest);
    if (want.average) start_sums(beside, n, 1, products);
    for (int64_t k = 0; k < block->rows; k++) {
        const int64_t at = k * BLOCK, sums = sums_of_row(beside, k);
        EACH_COLUMN {
            const double x = (double)block->x[at + l];
            const twice a = weight(want.value, x, most[l]);
            const uint64_t is_most = x == most[l]; /* a branch here would keep the loop scalar */
            store(e, size, at + l, a);
            accumulate(rest, sums + l, split ? masked(a, is_most - 1) : a);
            if (split) largest[l] += is_most;
            if (want.average)
                accumulate_plain(products, sums + l, leading(a), (double)block->v[at + l]);
        }
    }
    total(beside, n, rest, w->rest);
    for (int half = BLOCK / 2; !beside && half > 0; half /= 2) {
        for (int l = 0; l < half; l++) largest[l] += largest[l + half];
    }
    const uint64_t in_all = largest[0];
    EACH_COLUMN {
        const double equals = (double)(int64_t)(beside ? largest[l] : in_all) - 1 +
                              (most[l] - most[l]); /* NaN where that is infinite */
        const twice total = load_line(w->rest, l),
                    others = add(twice_of(equals * WEIGHT_ONE), total),
                    sum = split ? add(twice_of(WEIGHT_ONE), others) : total;
        store_line(w->rest, l, others);
        store_line(w->sum, l, sum);
        w->inverse[l] = 1 / leading(sum);
    }
    if (want.average) plain_total(beside, n, products, w->near);
}

/* a / sum, for an a that is made of weights. */
WG_INLINE twice share(const struct weights *w, int l, twice a) {
    return divide(a, load_line(w->sum, l), w->inverse[l]);
}

WG_INLINE bool regular(const struct weights *w, int l) { return w->inverse[l] == w->inverse[l]; }

/* ln of the sum of e^(x - m). In pairs one step corrects L ~ ln(1 + R): it adds (1 + R) e^-L - 1,
 * which for small R is R + e' + R e', e' = e^-L - 1. */
WG_INLINE twice log_of_sum(twice others, twice sum) {
    const double rest = leading(others) / WEIGHT_ONE, log = wg_log1p_f64(rest);
#if WG_REAL_IS_FLOAT
    (void)sum;
    return log;
#else
    const struct wg_half_expm1_f64 h = wg_half_expm1_f64(-log, 0);
    const struct wg_pair r = {rest, others.lo / WEIGHT_ONE}, e = {2 * h.hi, 2 * h.lo};
    const struct wg_pair small = wg_pair_add(wg_pair_add(r, e), wg_pair_multiply(r, e));
    const struct wg_exp_parts_f64 parts = wg_exp_parts_f64(-log, 0);
    const double power = wg_exp2i_f64(parts.n) / WEIGHT_ONE;
    const struct wg_pair inverse = {parts.hi * power, parts.lo * power},
                         large = wg_pair_add(wg_pair_multiply(sum, inverse), twice_of(-1));
    const double error = rest < 0.5 ? small.hi : large.hi;
    return wg_pair_sum_ordered(log, rest > 0x1p-55 ? error : 0);
#endif
}

/* The same for each line; NaN where a line is not regular. */
WG_INLINE void log_sums(const bool beside, const struct weights *w, double *to) {
    if (beside) {
        EACH_COLUMN store_line(to, l, log_of_sum(load_line(w->rest, l), load_line(w->sum, l)));
    } else {
        const twice log = log_of_sum(load_line(w->rest, 0), load_line(w->sum, 0));
        EACH_COLUMN store_line(to, l, log);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Averages */

/* The average of v with the weights is near + rest. The distance of an element from it is taken as
 * (v - near) - rest: where v varies little, or one weight takes nearly all, nothing is lost. Its
 * error is relative to itself and to the average distance. */
struct averages {
    double near[BLOCK], rest[LINES_TWICE];
};

WG_INLINE void weigh_and_average(const bool beside, const struct block *block, struct weights *w,
                                 struct averages *average) {
    weigh(beside, (struct purpose){.average = true}, block, w);
    partial_sums terms;
    real least[BLOCK], most[BLOCK];
    extreme(beside, true, block->rows, block->v, least);
    extreme(beside, false, block->rows, block->v, most);
    EACH_COLUMN {
        const double near = w->near[l] * w->inverse[l], low = (double)least[l],
                     high = (double)most[l];
        average->near[l] = near < low ? low : near > high ? high : near;
    }
    start_sums(beside, block->n, TWICE_DOUBLES, terms);
    for (int64_t k = 0; k < block->rows; k++) {
        const int64_t at = k * BLOCK, sums = sums_of_row(beside, k);
        EACH_COLUMN accumulate_product(terms, sums + l, load(w->e, w->size, at + l),
                                       difference((double)block->v[at + l], average->near[l]));
    }
    total(beside, block->n, terms, average->rest);
    EACH_COLUMN store_line(average->rest, l, share(w, l, load_line(average->rest, l)));
}

/* v less the average. */
WG_INLINE twice deviation(real v, const struct averages *average, int l) {
    return subtract(difference((double)v, average->near[l]), load_line(average->rest, l));
}
#endif

#endif
