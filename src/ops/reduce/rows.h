/* Rows: lines of floats whose elements are neighbours in memory, where they lie.
 *
 * What weights.h does for blocks, with the same arithmetic and so the same bits, but in vectors
 * held in registers. A few rows are taken at a time, and each step is done for all of them, so that
 * the totals of one, which wait for each other, run beside those of the next. A row is copied only
 * where it is masked, or no whole number of blocks long.
 */
#ifndef WG_OPS_ROWS_H
#define WG_OPS_ROWS_H

#include "ops/reduce/weights.h"

#if defined(WG_KERNEL_PASS) && WG_REAL_IS_FLOAT
#include "math/wide_lanes.h"

enum { PARTS = BLOCK / WIDE_LANES, PIECES = BLOCK / LANES };

/* BLOCK doubles. */
struct wide_block {
    wide_lanes part[PARTS];
};

#define EACH_PART LANES_UNROLL for (int p = 0; p < PARTS; p++)

LANES_INLINE double block_total(struct wide_block sum) {
    LANES_UNROLL
    for (int half = PARTS / 2; half > 0; half /= 2) {
        LANES_UNROLL
        for (int p = 0; p < half; p++) sum.part[p] += sum.part[p + half];
    }
    return wide_total(sum.part[0]);
}

/* Of a row, `used` elements take part, all from there on are masked; then whole blocks of x and v,
 * weights, and what is made of the row. */
struct prepared_row {
    int64_t used, blocks;
    const int32_t *mask;
    const real *x, *v;
    double *e;
    double most, sum, rest, inverse; /* as in struct weights */
    double log, total;               /* of the sum; the total of v */
    double near, far;                /* the average of v is near + far */
};

/* The first `count` elements, 0 after them; a whole vector where there is one. */
LANES_INLINE lanes load_some(const real *p, int64_t count) {
    return count >= LANES ? lanes_load(p) : lanes_load_partial(p, up_to_lanes(count));
}

LANES_INLINE void store_some(real *p, lanes v, int64_t count) {
    if (count >= LANES)
        lanes_store(p, v);
    else
        lanes_store_partial(p, v, up_to_lanes(count));
}

/* All ones where an element is kept, for the first `count` of them. */
LANES_INLINE lanes_mask_type kept_lanes(const int32_t *mask, int64_t count) {
    return (lanes_mask_type)load_some((const void *)mask, count) != 0;
}

/* from, or its whole blocks in `room`: `otherwise` where the mask is 0, `padding` past its end. */
LANES_INLINE const real *whole_blocks(const real *from, const int32_t *mask, int64_t used,
                                      real otherwise, real padding, real *room) {
    const int64_t padded = padded_line(used);
    if (!mask && padded == used) return from;
    for (int64_t j = 0; j < used; j += LANES) {
        const lanes x = load_some(from + j, used - j);
        lanes_store(
            room + j,
            mask ? lanes_select(kept_lanes(mask + j, used - j), x, lanes_broadcast(otherwise)) : x);
    }
    for (int64_t j = used; j < padded; j++) room[j] = padding;
    return room;
}

/* The elements up to the last vector that the mask keeps one of. */
LANES_INLINE int64_t used_elements(int64_t n, const int32_t *mask) {
    int64_t begin = (n - 1) / LANES * LANES, end = n;
    while (begin >= 0 &&
           !lanes_any((lanes_mask_type)load_some((const void *)(mask + begin), end - begin))) {
        end = begin;
        begin -= LANES;
    }
    return end;
}

/* The largest of the blocks; with `least` of -x. */
LANES_INLINE real blocks_largest(const bool least, int64_t blocks, const real *x) {
    const lanes sign = lanes_broadcast(least ? -1 : 1);
    lanes most[PIECES];
    LANES_UNROLL
    for (int p = 0; p < PIECES; p++) most[p] = lanes_broadcast(-(real)INFINITY);
    for (int64_t k = 0; k < blocks * BLOCK; k += BLOCK) {
        LANES_UNROLL
        for (int p = 0; p < PIECES; p++) {
            const lanes row = lanes_load(x + k + p * LANES);
            most[p] = lanes_larger(least ? row * sign : row, most[p]);
        }
    }
    LANES_UNROLL
    for (int half = PIECES / 2; half > 0; half /= 2) {
        LANES_UNROLL
        for (int p = 0; p < half; p++) most[p] = lanes_larger(most[p], most[p + half]);
    }
    return lanes_largest(most[0]);
}

/* e^d by weight()'s steps. */
LANES_INLINE wide_lanes wide_weight(const bool value, wide_lanes d) {
    static const double coefficient[] = {WEIGHT_COEFFICIENTS}, shorter[] = {SHORT_COEFFICIENTS};
    const wide_lanes clamped = wide_larger(wide_broadcast(WEIGHT_LEAST), d);
    const wide_lanes round = wide_broadcast(WG_ROUND_F64);
    const wide_lanes shifted = wide_fma(clamped, wide_broadcast(0x1.71547652b82fep0), round);
    const wide_lanes r = wide_fma(shifted - round, wide_broadcast(-0x1.62e42fefa39efp-1), clamped);
    const double *c = value ? shorter : coefficient;
    const int terms = (int)(value ? sizeof shorter : sizeof coefficient) / (int)sizeof *c;
    wide_lanes q = wide_broadcast(c[0]);
    LANES_UNROLL
    for (int i = 1; i < terms; i++) q = wide_fma(q, r, wide_broadcast(c[i]));
    const wide_lanes e = wide_fma(q, r, wide_broadcast(1));
    return (wide_lanes)((wide_mask)e + ((wide_mask)shifted << 52)) -
           wide_broadcast(WEIGHT_OF_LEAST);
}

/* Keeps the weights, if that is wanted. */
LANES_INLINE void weigh_row(const struct purpose want, const bool keep, struct prepared_row *row) {
    const wide_lanes most = wide_broadcast(row->most);
    struct wide_block sum = {0}, products = {0}, all = {0};
    wide_mask largest[PARTS] = {0};
    double *e = row->e;
    for (int64_t k = 0; k < row->blocks * BLOCK; k += BLOCK) {
        EACH_PART {
            const int64_t at = k + p * WIDE_LANES;
            const wide_lanes d = wide_load(row->x + at) - most;
            const wide_lanes weight = wide_weight(want.value, d);
            if (keep) memcpy(e + at, &weight, sizeof weight);
            if (want.rest) {
                const wide_mask is_most = d == 0;
                largest[p] -= is_most;
                sum.part[p] += (wide_lanes)((wide_mask)weight & ~is_most);
            } else {
                sum.part[p] += weight;
            }
            if (want.average)
                products.part[p] = wide_fma(weight, wide_load(row->v + at), products.part[p]);
            if (want.total) all.part[p] += wide_load(row->v + at);
        }
    }
    row->sum = block_total(sum);
    if (want.rest) {
        int64_t count = 0;
        EACH_PART {
            for (int l = 0; l < WIDE_LANES; l++) count += largest[p][l];
        }
        row->rest = (double)count - 1 + (row->most - row->most) + row->sum;
        row->sum = 1 + row->rest;
    }
    row->inverse = 1 / row->sum;
    if (want.average) row->near = block_total(products) * row->inverse;
    if (want.total) row->total = block_total(all);
}

/* The average of v: near, between the least and the largest, and far. */
LANES_INLINE void average_row(int64_t n, struct prepared_row *row) {
    double low = -(double)blocks_largest(true, row->blocks, row->v),
           high = (double)blocks_largest(false, row->blocks, row->v);
    if (row->used < n) low = low > 0 ? 0 : low, high = high < 0 ? 0 : high; /* v where masked */
    row->near = row->near < low ? low : row->near > high ? high : row->near;
    const wide_lanes near = wide_broadcast(row->near);
    struct wide_block terms = {0};
    for (int64_t k = 0; k < row->blocks * BLOCK; k += BLOCK) {
        EACH_PART {
            const int64_t at = k + p * WIDE_LANES;
            wide_lanes weight;
            memcpy(&weight, row->e + at, sizeof weight);
            terms.part[p] = wide_fma(weight, wide_load(row->v + at) - near, terms.part[p]);
        }
    }
    row->far = block_total(terms) * row->inverse;
}

/* ------------------------------------------------------------------------------------------------
 * Rows of one tensor */

enum { ROWS_MOST = 16, ROWS_WORK = 1024 };

static inline int64_t rows_at_a_time(int64_t n) {
    const int64_t fit = n > BESIDE_MOST ? 1 : ROWS_WORK / padded_line(n);
    return fit > ROWS_MOST ? ROWS_MOST : fit;
}

/* Asks memory for the part in use of a row that comes later, if there is one. */
static inline void ask_for_row(const struct rows *rows, int64_t number, int64_t end, int64_t used) {
    const int64_t begin = number * rows->n;
    if (number >= end) return;
    lanes_ask(rows->x, begin, begin + used, begin + used);
    if (rows->v) lanes_ask(rows->v, begin, begin + used, begin + used);
    for (int64_t j = begin; j < begin + rows->n; j += 16) __builtin_prefetch(rows->out + j, 1);
}

/* Row `number` as whole blocks, in place g of the room if it must be copied. */
static inline void prepare_row(const struct rows *rows, int64_t number, int g,
                               struct prepared_row *row) {
    const int64_t n = rows->n, padded = padded_line(n);
    real *x_room = rows->room + g * padded, *v_room = x_room + rows->tile;
    void *weights = rows->room + 2 * rows->tile;
    const int32_t *mask = rows->mask_of ? rows->mask_of(rows->context, number) : NULL;
    row->mask = mask;
    row->e = (double *)weights + g * padded;
    row->used = mask ? used_elements(n, mask) : n;
    row->blocks = padded_line(row->used) / BLOCK;
    row->x = whole_blocks(rows->x + number * n, mask, row->used, -(real)INFINITY, -(real)INFINITY,
                          x_room);
    row->most = (double)blocks_largest(false, row->blocks, row->x);
    if (rows->v) {
        const real *v = rows->v + number * n;
        const real padding = rows->pad_with_0 || (mask && !mask[0]) ? 0 : v[0];
        row->v = whole_blocks(v, mask, row->used, 0, padding, v_room);
    }
}

/* NaN for a row that is not regular, 0 where masked. */
static inline void fill_row(const struct rows *rows, const struct prepared_row *row, real *out) {
    for (int64_t j = 0; j < rows->n; j++) out[j] = row->mask && !row->mask[j] ? 0 : (real)NAN;
}

/* The elements from `at` on, of a row that is weighed. */
typedef wide_lanes row_result(const struct prepared_row *row, int64_t at);

LANES_INLINE void finish_row(const struct rows *rows, const struct prepared_row *row, real *out,
                             row_result *result) {
    const int64_t n = rows->n;
    real last[BLOCK];
    for (int64_t k = 0; k < row->blocks * BLOCK; k += BLOCK) {
        real *to = k + BLOCK <= n ? out + k : last;
        EACH_PART wide_store(to + p * WIDE_LANES, result(row, k + p * WIDE_LANES));
    }
    for (int64_t j = n / BLOCK * BLOCK, l = 0; j < row->used; j += LANES, l += LANES)
        store_some(out + j, lanes_load(last + l), n - j);
    if (!row->mask) return;
    for (int64_t j = 0; rows->v && j < at_most(row->blocks * BLOCK, n); j += LANES) {
        const lanes_mask_type kept = kept_lanes(row->mask + j, n - j);
        store_some(out + j, lanes_select(kept, load_some(out + j, n - j), lanes_broadcast(0)),
                   n - j);
    }
    for (int64_t j = row->blocks * BLOCK; j < n; j += LANES)
        store_some(out + j, lanes_broadcast(0), n - j);
}

/* out = result of each row from begin to end. */
LANES_INLINE void run_rows(const struct rows *rows, int64_t begin, int64_t end,
                           const struct purpose want, const bool keep, row_result *result) {
    struct prepared_row row[ROWS_MOST];
    const int64_t at_a_time = rows_at_a_time(rows->n);
    for (int64_t r = begin; r < end; r += at_a_time) {
        const int count = (int)at_most(end - r, at_a_time);
        for (int g = 0; g < count; g++) prepare_row(rows, r + g, g, &row[g]);
        for (int g = 0; g < count; g++) {
            if (at_a_time > 1) ask_for_row(rows, r + at_a_time + g, end, row[g].used);
            weigh_row(want, keep, &row[g]);
        }
        if (want.average) {
            for (int g = 0; g < count; g++) average_row(rows->n, &row[g]);
        }
        if (want.log) {
            double rest[ROWS_MOST] = {0};
            for (int g = 0; g < count; g++) rest[g] = row[g].rest;
            EACH_COLUMN rest[l] = wg_log1p_f64(rest[l]);
            for (int g = 0; g < count; g++) row[g].log = rest[g];
        }
        for (int g = 0; g < count; g++) {
            real *out = rows->out + (r + g) * rows->n;
            /* a NaN or an infinity of v shows in the average, or the total */
            const double shows = want.average ? row[g].far : want.total ? row[g].total : 0;
            if (row[g].sum >= 1 && shows - shows == 0)
                finish_row(rows, &row[g], out, result);
            else
                fill_row(rows, &row[g], out);
        }
    }
}

LANES_INLINE wide_lanes kept_weight(const struct prepared_row *row, int64_t at) {
    wide_lanes weight;
    memcpy(&weight, row->e + at, sizeof weight);
    return weight;
}

/* v less its average. */
LANES_INLINE wide_lanes row_deviation(const struct prepared_row *row, int64_t at) {
    return (wide_load(row->v + at) - wide_broadcast(row->near)) - wide_broadcast(row->far);
}

/* name_rows: run_rows() with name_result. */
#define ROWS_FUNCTION(name, want, keep)                                                            \
    WG_UNUSED static __attribute__((noinline)) void name##_rows(const struct rows *rows,           \
                                                                int64_t begin, int64_t end) {      \
        run_rows(rows, begin, end, want, keep, name##_result);                                     \
    }
#endif

#endif
