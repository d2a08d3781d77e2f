/* Sums of terms along neighbouring rows, LANES rows at a time: each row's partial sums are a few
 * vectors, which are turned, so that the binary trees of all rows are one. Bits are those of
 * row_sum (plumbing.h) over the terms. */
#ifndef WG_OPS_ROW_SUMS_H
#define WG_OPS_ROW_SUMS_H

#include "ops/plumbing.h"

enum row_term {
    ROW_VALUES,     /* x */
    ROW_DISTANCES,  /* x - near */
    ROW_DEVIATIONS, /* x - near - rest */
    ROW_SQUARES,    /* the square of that */
    ROW_PRODUCTS    /* x v */
};

/* Up to LANES rows of n elements, one after the other. */
struct row_block {
    int64_t rows, n;
    const real *x, *v;
    real near[LANES], rest[LANES];
};

LANES_INLINE lanes row_term_of(const enum row_term term, lanes x, lanes v, lanes near, lanes rest) {
    if (term == ROW_VALUES) return x;
    if (term == ROW_PRODUCTS) return x * v;
    const lanes distance = x - near, deviation = distance - rest;
    if (term == ROW_DISTANCES) return distance;
    return term == ROW_DEVIATIONS ? deviation : deviation * deviation;
}

#define ROW_VECTORS (SUM_LANES / LANES)

/* The partial sums of `count` elements of a row, at most SUM_CHUNK, folded into one vector. */
LANES_INLINE lanes row_partial_sums(const enum row_term term, int64_t count, const real *x,
                                    const real *v, lanes near, lanes rest) {
    lanes sum[ROW_VECTORS];
    LANES_UNROLL
    for (int h = 0; h < ROW_VECTORS; h++) sum[h] = (lanes){0};
    int64_t k = 0;
    for (; k + SUM_LANES <= count; k += SUM_LANES) {
        LANES_UNROLL
        for (int h = 0; h < ROW_VECTORS; h++) {
            const int64_t at = k + h * LANES;
            sum[h] += row_term_of(term, lanes_load(x + at),
                                  term == ROW_PRODUCTS ? lanes_load(v + at) : near, near, rest);
        }
    }
    LANES_UNROLL
    for (int h = 0; h < ROW_VECTORS; h++) {
        const int64_t at = k + h * LANES, left = count - at < LANES ? count - at : LANES;
        if (left <= 0) break;
        const lanes partial =
            row_term_of(term, lanes_load_partial(x + at, left),
                        term == ROW_PRODUCTS ? lanes_load_partial(v + at, left) : near, near, rest);
        real kept[LANES];
        lanes_store(kept, partial);
        sum[h] += lanes_load_partial(kept, left);
    }
    LANES_UNROLL
    for (int half = ROW_VECTORS / 2; half > 0; half /= 2) {
        for (int h = 0; h < half; h++) sum[h] += sum[h + half];
    }
    return sum[0];
}

/* The rows' sums, a lane each; 0 in the other lanes. */
LANES_INLINE lanes row_sums(const enum row_term term, const struct row_block *b) {
    lanes total = {0};
    for (int64_t from = 0; from < b->n; from += SUM_CHUNK) {
        const int64_t count = b->n - from < SUM_CHUNK ? b->n - from : SUM_CHUNK;
        lanes part[LANES];
        for (int64_t i = 0; i < LANES; i++) {
            const int64_t at = i * b->n + from;
            part[i] = i < b->rows ? row_partial_sums(term, count, b->x + at,
                                                     term == ROW_PRODUCTS ? b->v + at : b->x + at,
                                                     lanes_broadcast(b->near[i]),
                                                     lanes_broadcast(b->rest[i]))
                                  : (lanes){0};
        }
        lanes_turn(part);
        LANES_UNROLL
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) part[i] += part[i + half];
        }
        total += part[0];
    }
    return total;
}

#endif
