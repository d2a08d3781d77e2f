#ifndef WG_OPS_LINEAR_GEMM_H
#define WG_OPS_LINEAR_GEMM_H

/* The matrix product. Every output is one chain of FMAs, acc = fma(a[i][p], b[p][j], acc) from
 * acc = +0 in ascending p, so its bits depend neither on tiles, blocks, vector width nor on how the
 * caller splits rows and columns among threads. The including file defines `real` and
 * WG_REAL_IS_FLOAT before (see math/lanes.h). */

#include <stdbool.h>
#include <stdint.h>

#include "math/lanes.h"

/* A block of the product: c (m x n, rows c_row apart) += or = a b. Rows of a come in strips of
 * GEMM_STRIP, a_strip apart. With `packed`, b lies in panels: the one that starts at column j lies
 * at b + j k, its rows as wide as its vectors. */
struct gemm_block {
    int64_t m, n, k;
    const real *a;
    int64_t a_row, a_column, a_strip;
    const real *b;
    int64_t b_row;
    real *c;
    int64_t c_row;
    bool accumulate, packed;
};

enum { GEMM_STRIP = 16 }; /* rows: a cache line of floats */

static inline int64_t gemm_least(int64_t x, int64_t y) { return x < y ? x : y; }

#if LANES_FUSED

enum {
    /* The tile of accumulators: 24 of 32 registers, or 12 of 16; the rest hold b and one of a. */
    GEMM_ROWS = LANES_REGISTERS / 4,
    GEMM_VECTORS = 3,
    GEMM_SUMS = GEMM_ROWS * GEMM_VECTORS,
    /* A tile one vector wide needs more rows to fill the FMA pipeline, and a single row more
     * vectors. */
    GEMM_ROWS_OF_VECTOR = 2 * GEMM_ROWS,
    GEMM_VECTORS_OF_ROW = 8,
    /* Rows that are addressed from one pointer: more strides than seven do not fit in registers. */
    GEMM_ADDRESSED = 8,
    /* Columns of a panel; and how deep one of b is at most in large products, so that it stays in
     * the second-level cache at worst: on the stack, 96 KiB. Where there is no room for blocks of
     * a, at least so many elements, both share that memory, less deep. */
    GEMM_WIDTH = GEMM_VECTORS * LANES,
    GEMM_DEPTH = 512,
    GEMM_SHALLOW = 128,
    GEMM_ROOM_LEAST = 64 * GEMM_DEPTH,
    /* Packing b pays from this many rows on, unless b is small. */
    GEMM_PACK_ROWS = 128,
    GEMM_NEAR_BYTES = 65536,
    /* Columns of c, at most, that are formed as rows of its transpose; and rows of c, where the
     * other way would be to pack b. */
    GEMM_TURNED_COLUMNS = 128,
    GEMM_TURNED_ROWS = 128,
    /* A transposed b is not worth packing for fewer FMAs than this. */
    GEMM_DOT_FMAS = 256,
    GEMM_DOT_SUMS = 8,
    /* Tiles of this depth ask for their lines of c ahead, and packing for rows of b so many ahead:
     * both hop through memory. */
    GEMM_ASK_DEPTH = 48,
    GEMM_ASK_ROWS = 8,
};

#define GEMM_INLINE LANES_INLINE

/* One tile, all of it in registers: c[rows][vectors] from a (rows x k) and b (k x vectors). `rows`,
 * `vectors` and `partial` are constants at every call; partial tiles are one vector wide, of which
 * `count` lanes exist. */
GEMM_INLINE void gemm_tile(int rows, int vectors, bool partial, int64_t count,
                           const struct gemm_block *block, const real *a, const real *b,
                           int64_t b_row, real *c) {
    const int64_t k = block->k, a_row = block->a_row, a_column = block->a_column;
    const int64_t c_row = block->c_row;
    lanes sum[GEMM_SUMS];
    if (k >= GEMM_ASK_DEPTH) { /* the next tile's lines of c, which else are waited for */
        for (int i = rows; i < 2 * rows; i++) {
            for (int v = 0; v < vectors; v++) __builtin_prefetch(c + i * c_row + v * LANES);
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) sum[i] = (lanes){0};
    if (block->accumulate) {
        const real *at = c;
        LANES_UNROLL
        for (int i = 0; i < rows; i++, at += c_row) {
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                const real *from = at + v * LANES;
                sum[i * vectors + v] = partial ? lanes_load_partial(from, count) : lanes_load(from);
            }
        }
    }
    const real *ninth = a + GEMM_ADDRESSED * a_row; /* row: seven strides suffice for both */
    for (int64_t p = 0; p < k; p++) {
        lanes row[GEMM_VECTORS_OF_ROW];
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            row[v] = partial ? lanes_load_partial(b, count) : lanes_load(b + v * LANES);
        }
        LANES_UNROLL
        for (int i = 0; i < rows; i += GEMM_ADDRESSED) {
            const real *from = i ? ninth : a;
            LANES_UNROLL
            for (int r = 0; r < GEMM_ADDRESSED; r++) {
                if (i + r >= rows) continue;
                const lanes x = lanes_broadcast(from[r * a_row]);
                LANES_UNROLL
                for (int v = 0; v < vectors; v++)
                    sum[(i + r) * vectors + v] = lanes_fma(x, row[v], sum[(i + r) * vectors + v]);
            }
        }
        a += a_column;
        ninth += a_column;
        b += b_row;
    }
    LANES_UNROLL
    for (int i = 0; i < rows; i++, c += c_row) {
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            real *to = c + v * LANES;
            if (partial) {
                lanes_store_partial(to, sum[i * vectors + v], count);
            } else {
                lanes_store(to, sum[i * vectors + v]);
            }
        }
    }
}

static inline const real *gemm_row(const struct gemm_block *block, int64_t i) {
    return block->a + i / GEMM_STRIP * block->a_strip + i % GEMM_STRIP * block->a_row;
}

/* All rows of the columns from j on that `vectors` (or the partial vector of `count`) cover. */
GEMM_INLINE void gemm_panel(int vectors, bool partial, int64_t count,
                            const struct gemm_block *block, int64_t j) {
    const int rows = vectors == 1 ? GEMM_ROWS_OF_VECTOR : GEMM_ROWS;
    const int64_t m = block->m, c_row = block->c_row;
    const int64_t b_row = block->packed ? vectors * LANES : block->b_row;
    const real *b = block->b + (block->packed ? j * block->k : j);
    real *c = block->c + j;
    int64_t i = 0;
    for (; i + rows <= m; i += rows) {
        gemm_tile(rows, vectors, partial, count, block, gemm_row(block, i), b, b_row,
                  c + i * c_row);
    }
    if (rows > 8 && (m - i) & 8) {
        gemm_tile(8, vectors, partial, count, block, gemm_row(block, i), b, b_row, c + i * c_row);
        i += 8;
    }
    if (rows > 4 && (m - i) & 4) {
        gemm_tile(4, vectors, partial, count, block, gemm_row(block, i), b, b_row, c + i * c_row);
        i += 4;
    }
    if ((m - i) & 2) {
        gemm_tile(2, vectors, partial, count, block, gemm_row(block, i), b, b_row, c + i * c_row);
        i += 2;
    }
    if ((m - i) & 1) {
        gemm_tile(1, vectors, partial, count, block, gemm_row(block, i), b, b_row, c + i * c_row);
    }
}

/* One function for each kind of panel: together in one, the registers do not suffice. */
#define GEMM_PANEL static __attribute__((noinline)) void

GEMM_PANEL gemm_panel_partial(const struct gemm_block *block, int64_t j) {
    gemm_panel(1, true, block->n - j, block, j);
}
GEMM_PANEL gemm_panel_1(const struct gemm_block *block, int64_t j) {
    gemm_panel(1, false, 0, block, j);
}
GEMM_PANEL gemm_panel_2(const struct gemm_block *block, int64_t j) {
    gemm_panel(2, false, 0, block, j);
}
GEMM_PANEL gemm_panel_3(const struct gemm_block *block, int64_t j) {
    gemm_panel(3, false, 0, block, j);
}
GEMM_PANEL gemm_panel_of_row(const struct gemm_block *block, int64_t j) {
    gemm_tile(1, GEMM_VECTORS_OF_ROW, false, 0, block, block->a, block->b + j, block->b_row,
              block->c + j);
}

/* How many full vectors the next panel takes of `left` columns; 0 says that less than one is left.
 * Four go in twos, since a tile one vector wide is slow. */
static inline int gemm_panel_vectors(int64_t left) {
    const int64_t full = left / LANES;
    return full == 4 ? 2 : full < GEMM_VECTORS ? (int)full : GEMM_VECTORS;
}

static void gemm_panels(const struct gemm_block *block) {
    static void (*const panels[])(const struct gemm_block *, int64_t) = {
        gemm_panel_partial, gemm_panel_1, gemm_panel_2, gemm_panel_3};
    const int64_t n = block->n, of_row = GEMM_VECTORS_OF_ROW * LANES;
    int64_t j = 0;
    if (block->m == 1 && !block->packed) {
        for (; j + of_row <= n; j += of_row) gemm_panel_of_row(block, j);
    }
    while (j < n) {
        const int vectors = gemm_panel_vectors(n - j);
        panels[vectors](block, j);
        j += vectors ? vectors * LANES : LANES;
    }
}

/* How many columns apart the next panel and the one after it are, for `left` columns. */
static inline int64_t gemm_panel_width(int64_t left) {
    const int vectors = gemm_panel_vectors(left);
    return vectors ? vectors * LANES : LANES;
}

/* to[p][j] = b[p][j] for j < n, rows of `to` `width` apart; columns from n to width are not read
 * later and may hold anything. */
static __attribute__((noinline)) void gemm_pack_panel(int64_t k, int64_t n, const real *b,
                                                      int64_t b_row, int64_t b_column, real *to,
                                                      int64_t width) {
    if (b_row == 1) {
        for (int64_t p = 0; p < k; p += LANES) {
            for (int64_t j = 0; j < n; j += LANES) {
                lanes_transpose(gemm_least(n - j, LANES), gemm_least(k - p, LANES),
                                b + p + j * b_column, b_column, to + p * width + j, width);
            }
        }
        return;
    }
    for (int64_t p = 0; p < k; p++) {
        if (b_column == 1 && n == width) {
            for (int64_t j = 0; j < n; j += LANES) {
                __builtin_prefetch(b + (p + GEMM_ASK_ROWS) * b_row + j);
                lanes_store(to + p * width + j, lanes_load(b + p * b_row + j));
            }
        } else {
            for (int64_t j = 0; j < n; j++) to[p * width + j] = b[p * b_row + j * b_column];
        }
    }
}

/* `all` in the fewest equal parts of at most `most`, rounded up to multiples of `unit`. */
static inline int64_t gemm_part(int64_t all, int64_t most, int64_t unit) {
    const int64_t parts = (all + most - 1) / most;
    return (all + parts * unit - 1) / (parts * unit) * unit;
}

/* Large products: blocks of a, in strips, meet panels of b, each packed when its turn comes. Sums
 * go on in c from one depth to the next. Blocks of a are packed as well, in `room` for the
 * second-level cache, unless their rows are contiguous and few panels pass. Kept out of line so
 * that small products do not pay for the buffer. */
static __attribute__((noinline)) void gemm_blocked(int64_t m, int64_t n, int64_t k, const real *a,
                                                   int64_t a_row, int64_t a_column, const real *b,
                                                   int64_t b_row, int64_t b_column, real *c,
                                                   int64_t ldc, real *room, int64_t room_size) {
    _Alignas(64) real buffer[GEMM_DEPTH * GEMM_WIDTH];
    const bool in_place = a_column == 1 && (n <= GEMM_DEPTH || k <= GEMM_DEPTH);
    const bool shallow = !in_place && room_size < GEMM_ROOM_LEAST;
    if (shallow) {
        room = buffer + GEMM_SHALLOW * GEMM_WIDTH;
        room_size = (GEMM_DEPTH - GEMM_SHALLOW) * GEMM_WIDTH;
    }
    const int64_t depth = gemm_part(k, shallow ? GEMM_SHALLOW : GEMM_DEPTH, 1);
    const int64_t most = in_place ? GEMM_DEPTH : room_size / (depth * GEMM_STRIP) * GEMM_STRIP;
    const int64_t rows = gemm_part(m, most, GEMM_STRIP);
    struct gemm_block block = {.a_row = in_place ? a_row : 1,
                               .a_column = in_place ? 1 : GEMM_STRIP,
                               .b = buffer,
                               .c_row = ldc,
                               .packed = true};
    for (int64_t p = 0; p < k; p += depth) {
        block.k = gemm_least(k - p, depth);
        block.a_strip = GEMM_STRIP * (in_place ? a_row : block.k);
        block.accumulate = p > 0;
        for (int64_t i = 0; i < m; i += rows) {
            block.m = gemm_least(m - i, rows);
            block.a = in_place ? a + i * a_row + p : room;
            for (int64_t r = 0; r < block.m && !in_place; r += GEMM_STRIP) {
                gemm_pack_panel(block.k, gemm_least(block.m - r, GEMM_STRIP),
                                a + (i + r) * a_row + p * a_column, a_column, a_row,
                                room + r * block.k, GEMM_STRIP);
            }
            for (int64_t j = 0, width; j < n; j += width) {
                width = gemm_panel_width(n - j);
                block.n = gemm_least(width, n - j);
                block.c = c + i * ldc + j;
                gemm_pack_panel(block.k, block.n, b + p * b_row + j * b_column, b_row, b_column,
                                buffer, width);
                gemm_panels(&block);
            }
        }
    }
}

/* The same chains as b' a', of which a's columns are the rows that vectors are loaded from, by way
 * of a buffer. a_row is 1, n at most GEMM_TURNED_COLUMNS. */
static __attribute__((noinline)) void gemm_turned(int64_t m, int64_t n, int64_t k, const real *a,
                                                  int64_t a_column, const real *b, int64_t b_row,
                                                  int64_t b_column, real *c, int64_t ldc) {
    _Alignas(64) real turned[GEMM_TURNED_COLUMNS * GEMM_WIDTH];
    for (int64_t i = 0, rows; i < m; i += rows) {
        rows = gemm_least(m - i, gemm_panel_width(m - i));
        gemm_panels(&(struct gemm_block){.m = n,
                                         .n = rows,
                                         .k = k,
                                         .a = b,
                                         .a_row = b_column,
                                         .a_column = b_row,
                                         .a_strip = GEMM_STRIP * b_column,
                                         .b = a + i,
                                         .b_row = a_column,
                                         .c = turned,
                                         .c_row = GEMM_WIDTH});
        for (int64_t j = 0; j < n; j += LANES) {
            for (int64_t r = 0; r < rows; r += LANES) {
                lanes_transpose_out(gemm_least(n - j, LANES), gemm_least(rows - r, LANES),
                                    turned + j * GEMM_WIDTH + r, GEMM_WIDTH, c + (i + r) * ldc + j,
                                    ldc);
            }
        }
    }
}

/* rows x columns of c, both constants, as scalar chains side by side. */
GEMM_INLINE void gemm_dot_tile(int rows, int columns, int64_t k, const real *a, int64_t a_row,
                               int64_t a_column, const real *b, int64_t b_row, int64_t b_column,
                               real *c, int64_t c_row, int64_t c_column) {
    real sum[GEMM_DOT_SUMS] = {0};
    for (int64_t p = 0; p < k; p++) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                sum[i * columns + j] =
                    lane_fma(a[i * a_row], b[j * b_column], sum[i * columns + j]);
            }
        }
        a += a_column;
        b += b_row;
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) c[i * c_row + j * c_column] = sum[i * columns + j];
    }
}

/* All rows of `columns` (1 or 2, a constant) columns of c. */
GEMM_INLINE void gemm_dot_columns(int columns, int64_t m, int64_t k, const real *a, int64_t a_row,
                                  int64_t a_column, const real *b, int64_t b_row, int64_t b_column,
                                  real *c, int64_t c_row, int64_t c_column) {
    const int rows = GEMM_DOT_SUMS / columns;
    int64_t i = 0;
    for (; i + rows <= m; i += rows) {
        gemm_dot_tile(rows, columns, k, a + i * a_row, a_row, a_column, b, b_row, b_column,
                      c + i * c_row, c_row, c_column);
    }
    if (rows > 4 && (m - i) & 4) {
        gemm_dot_tile(4, columns, k, a + i * a_row, a_row, a_column, b, b_row, b_column,
                      c + i * c_row, c_row, c_column);
        i += 4;
    }
    if ((m - i) & 2) {
        gemm_dot_tile(2, columns, k, a + i * a_row, a_row, a_column, b, b_row, b_column,
                      c + i * c_row, c_row, c_column);
        i += 2;
    }
    if ((m - i) & 1) {
        gemm_dot_tile(1, columns, k, a + i * a_row, a_row, a_column, b, b_row, b_column,
                      c + i * c_row, c_row, c_column);
    }
}

/* Products with a vector, and small ones whose b no vector can be loaded from. */
static void gemm_dots(int64_t m, int64_t n, int64_t k, const real *a, int64_t a_row,
                      int64_t a_column, const real *b, int64_t b_row, int64_t b_column, real *c,
                      int64_t c_row, int64_t c_column) {
    int64_t j = 0;
    for (; j + 2 <= n; j += 2) {
        gemm_dot_columns(2, m, k, a, a_row, a_column, b + j * b_column, b_row, b_column,
                         c + j * c_column, c_row, c_column);
    }
    if (j < n) {
        gemm_dot_columns(1, m, k, a, a_row, a_column, b + j * b_column, b_row, b_column,
                         c + j * c_column, c_row, c_column);
    }
}

/* Whether a product with a transposed a is better turned: where b's columns would leave vectors
 * partly empty, or b would have to be packed for little. */
static inline bool gemm_turns(int64_t m, int64_t n, int64_t b_column) {
    if (n > GEMM_TURNED_COLUMNS || m < LANES) return false;
    const int64_t idle = (LANES - n % LANES) % LANES;
    return b_column == 1 ? idle * 5 > n : m <= GEMM_TURNED_ROWS;
}

/* c[i][j] = sum over p ascending of a[i][p] b[p][j], for m x k times k x n. Strides in elements and
 * of any kind, a transpose being an exchange of two; c has rows ldc apart, is overwritten, and
 * overlaps neither a nor b. k = 0 gives zeros. Large products are faster with `room` for
 * GEMM_ROOM_LEAST elements or more, up to 512 x 512. */
LANES_INLINE void gemm(int64_t m, int64_t n, int64_t k, const real *a, int64_t a_row,
                       int64_t a_column, const real *b, int64_t b_row, int64_t b_column, real *c,
                       int64_t ldc, real *room, int64_t room_size) {
    const int64_t b_step = b_row < 0 ? -b_row : b_row;
    if (a_row == 1 && a_column != 1 && n > 1 && gemm_turns(m, n, b_column)) {
        gemm_turned(m, n, k, a, a_column, b, b_row, b_column, c, ldc);
        return;
    }
    if (n > 1 && b_column == 1) {
        if (m < GEMM_PACK_ROWS || k * b_step * (int64_t)sizeof(real) <= GEMM_NEAR_BYTES) {
            gemm_panels(&(struct gemm_block){m, n, k, a, a_row, a_column, GEMM_STRIP * a_row, b,
                                             b_row, c, ldc, false, false});
            return;
        }
    } else if (m == 1) {
        /* The same products in the same order, as b' a'. */
        gemm_dots(n, m, k, b, b_column, b_row, a, a_column, a_row, c, 1, ldc);
        return;
    } else if (n == 1 || m * n * k <= GEMM_DOT_FMAS) {
        gemm_dots(m, n, k, a, a_row, a_column, b, b_row, b_column, c, ldc, 1);
        return;
    }
    gemm_blocked(m, n, k, a, a_row, a_column, b, b_row, b_column, c, ldc, room, room_size);
}

#else

/* Without an FMA instruction each fma is a call into libm, beside which nothing else counts: one
 * panel holds all columns. */
static inline int64_t gemm_panel_width(int64_t left) { return left; }

static inline void gemm_pack_panel(int64_t k, int64_t n, const real *b, int64_t b_row,
                                   int64_t b_column, real *to, int64_t width) {
    for (int64_t p = 0; p < k; p++) {
        for (int64_t j = 0; j < n; j++) to[p * width + j] = b[p * b_row + j * b_column];
    }
}

static inline void gemm_scalar(const struct gemm_block *block, int64_t b_row, int64_t b_column) {
    for (int64_t i = 0; i < block->m; i++) {
        for (int64_t j = 0; j < block->n; j++) {
            real *c = block->c + i * block->c_row + j, sum = block->accumulate ? *c : 0;
            for (int64_t p = 0; p < block->k; p++) {
                const real x = block->a[i * block->a_row + p * block->a_column];
                sum = lane_fma(x, block->b[p * b_row + j * b_column], sum);
            }
            *c = sum;
        }
    }
}

static inline void gemm_panels(const struct gemm_block *block) {
    gemm_scalar(block, block->packed ? block->n : block->b_row, 1);
}

LANES_INLINE void gemm(int64_t m, int64_t n, int64_t k, const real *a, int64_t a_row,
                       int64_t a_column, const real *b, int64_t b_row, int64_t b_column, real *c,
                       int64_t ldc, real *room, int64_t room_size) {
    (void)room, (void)room_size;
    const struct gemm_block block = {.m = m,
                                     .n = n,
                                     .k = k,
                                     .a = a,
                                     .a_row = a_row,
                                     .a_column = a_column,
                                     .b = b,
                                     .c = c,
                                     .c_row = ldc};
    gemm_scalar(&block, b_row, b_column);
}

#endif
#endif
