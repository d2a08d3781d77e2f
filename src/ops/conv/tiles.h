/* Register tiles of products with windows, which are read where they lie in the image: kernel pass
 * only. Every element is one chain of FMAs from +0, as in gemm.h, in whose panels the other matrix
 * lies. */
#ifndef WG_OPS_CONV_TILES_H
#define WG_OPS_CONV_TILES_H

#include "ops/linear/gemm.h"

/* Windows of `count` output pixels times a packed matrix of `depth` rows, from row `first_row` on.
 * A window is `lines` times `runs` runs of `run` elements; steps are elements in the image and rows
 * of the matrix from one line, or run, to the next. */
struct window_block {
    int64_t count;
    const real *const *from; /* where each pixel's window begins, but for `from_shift` elements */
    real *const *to;         /* each pixel's outputs, likewise */
    int64_t from_shift, to_shift;
    int64_t lines, runs, run, line_step, run_step, line_rows, run_rows;
    const real *packed;
    int64_t depth, columns, first_row;
    const int64_t *offset; /* of all `depth` elements of a window; NULL: they are in runs */
};

/* Sums over `count` pixels: out (rows x columns) = or += window' dy. Row i is the window's element
 * offset[i]; the sum of a block is added to what is there as a whole. */
struct window_sums {
    int64_t count;
    const real *const *from;
    int64_t from_shift;
    const real *dy;
    int64_t dy_row;
    int64_t rows, columns;
    const int64_t *offset;
    real *out;
    int64_t out_row;
    bool accumulate;
};

#if LANES_FUSED

/* sum += a[.][at] times the row b of the matrix. */
GEMM_INLINE void window_row(int rows, int vectors, bool partial, int64_t count,
                            const real *const *a, int64_t at, const real *b, lanes *sum) {
    lanes row[GEMM_VECTORS];
    LANES_UNROLL
    for (int v = 0; v < vectors; v++)
        row[v] = partial ? lanes_load_partial(b, count) : lanes_load(b + v * LANES);
    LANES_UNROLL
    for (int i = 0; i < rows; i++) {
        const lanes x = lanes_broadcast(a[i][at]);
        LANES_UNROLL
        for (int v = 0; v < vectors; v++)
            sum[i * vectors + v] = lanes_fma(x, row[v], sum[i * vectors + v]);
    }
}

/* Pixels at to at + rows; columns from j on. `rows`, `vectors` and `partial` are constants at every
 * call; a partial tile is one vector wide, of which `count` lanes exist. */
GEMM_INLINE void window_tile(int rows, int vectors, bool partial, int64_t count,
                             const struct window_block *w, int64_t at, int64_t j) {
    const int64_t width = vectors * LANES, run = w->run;
    const real *b = w->packed + j * w->depth + w->first_row * width, *const panel = b;
    const real *a[GEMM_ROWS];
    lanes sum[GEMM_SUMS];
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) sum[i] = (lanes){0};
    if (w->offset) {
        LANES_UNROLL
        for (int i = 0; i < rows; i++) a[i] = w->from[at + i] + w->from_shift;
        for (int64_t p = 0; p < w->depth; p++, b += width)
            window_row(rows, vectors, partial, count, a, w->offset[p], b, sum);
    } else {
        for (int64_t line = 0; line < w->lines; line++) {
            for (int64_t r = 0; r < w->runs; r++) {
                const int64_t shift = w->from_shift + line * w->line_step + r * w->run_step;
                b = panel + (line * w->line_rows + r * w->run_rows) * width;
                LANES_UNROLL
                for (int i = 0; i < rows; i++) a[i] = w->from[at + i] + shift;
                for (int64_t p = 0; p < run; p++, b += width)
                    window_row(rows, vectors, partial, count, a, p, b, sum);
            }
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows; i++) {
        real *to = w->to[at + i] + w->to_shift + j;
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            if (partial)
                lanes_store_partial(to, sum[i * vectors + v], count);
            else
                lanes_store(to + v * LANES, sum[i * vectors + v]);
        }
    }
}

/* Rows first to first + rows of the sums. */
GEMM_INLINE void window_sum_tile(int rows, int vectors, bool partial, int64_t count,
                                 const struct window_sums *w, int64_t first, int64_t j) {
    const real *b = w->dy + j;
    int64_t offset[GEMM_ROWS];
    lanes sum[GEMM_SUMS];
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) sum[i] = (lanes){0};
    LANES_UNROLL
    for (int i = 0; i < rows; i++) offset[i] = w->offset[first + i] + w->from_shift;
    for (int64_t r = 0; r < w->count; r++, b += w->dy_row) {
        const real *a = w->from[r];
        lanes row[GEMM_VECTORS];
        LANES_UNROLL
        for (int v = 0; v < vectors; v++)
            row[v] = partial ? lanes_load_partial(b, count) : lanes_load(b + v * LANES);
        LANES_UNROLL
        for (int i = 0; i < rows; i++) {
            const lanes x = lanes_broadcast(a[offset[i]]);
            LANES_UNROLL
            for (int v = 0; v < vectors; v++)
                sum[i * vectors + v] = lanes_fma(x, row[v], sum[i * vectors + v]);
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows; i++) {
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            real *to = w->out + (first + i) * w->out_row + j + v * LANES;
            lanes s = sum[i * vectors + v];
            if (w->accumulate) s = (partial ? lanes_load_partial(to, count) : lanes_load(to)) + s;
            if (partial)
                lanes_store_partial(to, s, count);
            else
                lanes_store(to, s);
        }
    }
}

/* `tile` for all of `all` rows, in tiles of constant height. Nine, the taps of a window of 3 x 3,
 * are better 5 and 4 than 8 and 1, which would wait for itself. */
#define WINDOW_TILES(tile, all, vectors, partial, count, w, j)                                     \
    do {                                                                                           \
        int64_t i_ = 0;                                                                            \
        for (; i_ + GEMM_ROWS <= (all) && !(GEMM_ROWS == 8 && (all)-i_ == 9); i_ += GEMM_ROWS)     \
            tile(GEMM_ROWS, vectors, partial, count, w, i_, j);                                    \
        if (GEMM_ROWS == 8 && ((all)-i_ == 9 || (all)-i_ == 5)) {                                  \
            tile((GEMM_ROWS / 2 + 1), vectors, partial, count, w, i_, j);                          \
            i_ += 5;                                                                               \
        }                                                                                          \
        if (GEMM_ROWS > 4 && (all)-i_ >= 4) {                                                      \
            tile(4, vectors, partial, count, w, i_, j);                                            \
            i_ += 4;                                                                               \
        }                                                                                          \
        if ((all)-i_ >= 2) {                                                                       \
            tile(2, vectors, partial, count, w, i_, j);                                            \
            i_ += 2;                                                                               \
        }                                                                                          \
        if ((all) > i_) tile(1, vectors, partial, count, w, i_, j);                                \
    } while (0)

#define WINDOW_PANELS(vectors, partial)                                                            \
    GEMM_PANEL window_panel_##vectors##partial(const struct window_block *w, int64_t j) {          \
        WINDOW_TILES(window_tile, w->count, vectors, partial, w->columns - j, w, j);               \
    }                                                                                              \
    GEMM_PANEL window_sums_##vectors##partial(const struct window_sums *w, int64_t j) {            \
        WINDOW_TILES(window_sum_tile, w->rows, vectors, partial, w->columns - j, w, j);            \
    }
WINDOW_PANELS(1, true)
WINDOW_PANELS(1, false)
WINDOW_PANELS(2, false)
WINDOW_PANELS(3, false)

static void multiply_windows(const struct window_block *w) {
    static void (*const panels[])(const struct window_block *, int64_t) = {
        window_panel_1true, window_panel_1false, window_panel_2false, window_panel_3false};
    for (int64_t j = 0; j < w->columns; j += gemm_panel_width(w->columns - j))
        panels[gemm_panel_vectors(w->columns - j)](w, j);
}

static void sum_windows(const struct window_sums *w) {
    static void (*const panels[])(const struct window_sums *, int64_t) = {
        window_sums_1true, window_sums_1false, window_sums_2false, window_sums_3false};
    for (int64_t j = 0; j < w->columns; j += gemm_panel_width(w->columns - j))
        panels[gemm_panel_vectors(w->columns - j)](w, j);
}

#else

static inline real window_chain(const struct window_block *w, const real *window, const real *b) {
    real sum = 0;
    for (int64_t line = 0; line < w->lines; line++) {
        for (int64_t r = 0; r < w->runs; r++) {
            const real *a = window + line * w->line_step + r * w->run_step;
            const int64_t row = line * w->line_rows + r * w->run_rows;
            for (int64_t p = 0; p < w->run; p++)
                sum = lane_fma(a[p], b[(row + p) * w->columns], sum);
        }
    }
    return sum;
}

static void multiply_windows(const struct window_block *w) {
    for (int64_t i = 0; i < w->count; i++) {
        for (int64_t j = 0; j < w->columns; j++) {
            w->to[i][w->to_shift + j] = window_chain(w, w->from[i] + w->from_shift,
                                                     w->packed + w->first_row * w->columns + j);
        }
    }
}

static void sum_windows(const struct window_sums *w) {
    for (int64_t i = 0; i < w->rows; i++) {
        for (int64_t j = 0; j < w->columns; j++) {
            real sum = 0, *to = w->out + i * w->out_row + j;
            for (int64_t r = 0; r < w->count; r++) {
                sum = lane_fma(w->from[r][w->from_shift + w->offset[i]], w->dy[r * w->dy_row + j],
                               sum);
            }
            *to = w->accumulate ? *to + sum : sum;
        }
    }
}

#endif
#endif
