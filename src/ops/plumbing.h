/* Loops that belong to no op: sums in a fixed order, strided copies, accumulation. Kernel pass
 * only.
 *
 * The order of every sum is fixed by the shape alone:
 *   along a row, SUM_LANES partial sums take every SUM_LANES-th element of a chunk, are added in a
 * binary tree, and the chunks' sums are added in order; down a column, chunks of ROW_CHUNK rows are
 * chains in order, and so are the chunks' sums. So instruction sets, thread counts and compilers
 * cannot differ.
 */
#ifndef WG_OPS_PLUMBING_H
#define WG_OPS_PLUMBING_H

#include "base/parallel.h"
#include "math/lanes.h"

#define SUM_LANES (64 / (int)sizeof(real))
#define SUM_CHUNK (256 * SUM_LANES)
#define ROW_CHUNK 256
#define COLUMN_TILE 64

/* The sum of 1 to 4 elements: what chunk_sum's tree comes to when all other lanes are zero. Adding
 * to 0 turns -0 into +0, as there. */
static inline real few_sum(int64_t n, const real *x, int64_t stride) {
    real even = 0 + x[0], odd = n > 1 ? 0 + x[stride] : 0;
    if (n > 2) even += x[2 * stride];
    if (n > 3) odd += x[3 * stride];
    return even + odd;
}

/* The sum of one chunk of at most SUM_CHUNK elements, `stride` apart: a constant 1, or any. */
LANES_INLINE real chunk_sum(int64_t n, const real *x, int64_t stride) {
    if (n > 0 && n <= 4) return few_sum(n, x, stride);
    real lane[SUM_LANES] = {0};
    int64_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES) {
        VECTOR_LOOP
        for (int l = 0; l < SUM_LANES; l++) lane[l] += x[(i + l) * stride];
    }
    for (int l = 0; l < n - i; l++) lane[l] += x[(i + l) * stride];
    for (int half = SUM_LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
    }
    return lane[0];
}

LANES_INLINE real strided_sum(int64_t n, const real *x, int64_t stride) {
    real total = 0;
    for (int64_t i = 0; i < n; i += SUM_CHUNK) {
        total += chunk_sum(n - i < SUM_CHUNK ? n - i : SUM_CHUNK, x + i * stride, stride);
    }
    return total;
}

WG_UNUSED static real row_sum(int64_t n, const real *x) { return strided_sum(n, x, 1); }

/* Sums of chunks of rows of at most COLUMN_TILE columns, one chain each: of chunk c in part[c]. */
struct column_chunks {
    int64_t rows, columns, width;
    const real *x;
    real (*part)[COLUMN_TILE];
};

#define COLUMN_CHAINS 4  /* side by side, as one would wait for itself */
#define COLUMN_CHUNKS 32 /* at a time */

/* COLUMN_CHAINS chains over `rows` rows, which begin `apart` elements apart: their first `count`
 * lanes, or all. */
LANES_INLINE void column_chains(int chains, bool partial, int64_t count, int64_t rows,
                                int64_t columns, const real *x, int64_t apart, real *to,
                                int64_t to_apart) {
    lanes chain[COLUMN_CHAINS];
    LANES_UNROLL
    for (int i = 0; i < chains; i++) chain[i] = (lanes){0};
    for (int64_t row = 0; row < rows; row++, x += columns) {
        LANES_UNROLL
        for (int i = 0; i < chains; i++)
            chain[i] +=
                partial ? lanes_load_partial(x + i * apart, count) : lanes_load(x + i * apart);
    }
    LANES_UNROLL
    for (int i = 0; i < chains; i++) {
        if (partial)
            lanes_store_partial(to + i * to_apart, chain[i], count);
        else
            lanes_store(to + i * to_apart, chain[i]);
    }
}

static void sum_column_chunks(int64_t begin, int64_t end, const void *context) {
    const struct column_chunks *s = context;
    const int64_t columns = s->columns, apart = ROW_CHUNK * columns;
    for (int64_t c = begin, chunks; c < end; c += chunks) {
        const int64_t left = s->rows - c * ROW_CHUNK, rows = left < ROW_CHUNK ? left : ROW_CHUNK;
        chunks = end - c >= COLUMN_CHAINS && left >= COLUMN_CHAINS * ROW_CHUNK ? COLUMN_CHAINS : 1;
        for (int64_t j = 0, vectors; j < s->width; j += vectors * LANES) {
            const real *x = s->x + c * apart + j;
            const int64_t count = s->width - j;
            real *to = s->part[c] + j;
            vectors = 1;
            if (count >= COLUMN_CHAINS * LANES) {
                vectors = COLUMN_CHAINS;
                for (int64_t i = 0; i < chunks; i++)
                    column_chains(COLUMN_CHAINS, false, 0, rows, columns, x + i * apart, LANES,
                                  to + i * COLUMN_TILE, LANES);
            } else if (chunks == COLUMN_CHAINS && count >= LANES) {
                column_chains(COLUMN_CHAINS, false, 0, rows, columns, x, apart, to, COLUMN_TILE);
            } else if (chunks == COLUMN_CHAINS) {
                column_chains(COLUMN_CHAINS, true, count, rows, columns, x, apart, to, COLUMN_TILE);
            } else {
                column_chains(1, true, count < LANES ? count : LANES, rows, columns, x, 0, to, 0);
            }
        }
    }
}

/* to[j] (+)= the sum over `rows` rows of x[row * columns + j], for `width` <= COLUMN_TILE columns.
 */
static void column_sums(int64_t rows, int64_t columns, int64_t width, real *to, const real *x,
                        bool accumulate) {
    real part[COLUMN_CHUNKS][COLUMN_TILE];
    if (!accumulate) memset(to, 0, (size_t)width * sizeof *to);
    for (int64_t first = 0; first < rows; first += COLUMN_CHUNKS * ROW_CHUNK) {
        const int64_t left = rows - first, most = COLUMN_CHUNKS * ROW_CHUNK;
        const struct column_chunks s = {left < most ? left : most, columns, width,
                                        x + first * columns, part};
        const int64_t chunks = (s.rows + ROW_CHUNK - 1) / ROW_CHUNK;
        wg_parallel(chunks, s.rows * width, sum_column_chunks, &s);
        for (int64_t c = 0; c < chunks; c++) {
            for (int64_t j = 0; j < width; j++) to[j] += part[c][j];
        }
    }
}

/* The same for one chunk of rows, a chain a column, in registers. */
static inline void few_column_sums(int64_t rows, int64_t columns, int64_t width, real *to,
                                   const real *x) {
    for (int64_t j = 0; j < width; j += LANES) {
        const int64_t count = width - j < LANES ? width - j : LANES;
        lanes chain = {0};
        for (int64_t row = 0; row < rows; row++) {
            chain += lanes_load_partial(x + row * columns + j, count);
        }
        lanes_store_partial(to + j, chain, count);
    }
}

/* to[o][i] (+)= the sum over r of x[o][r][i]. Threads share out `pieces` pieces for each o: tiles
 * of columns, or where those are single, blocks of rows. */
struct middle_sums {
    int64_t outer, reduce, inner, pieces;
    real *to;
    const real *x;
    bool accumulate;
};

#define SUM_ROWS 16 /* rows that one thread takes at least */

static void sum_row_pieces(int64_t begin, int64_t end, const void *context) {
    const struct middle_sums *s = context;
    const int64_t last = end * SUM_ROWS < s->outer ? end * SUM_ROWS : s->outer;
    for (int64_t o = begin * SUM_ROWS; o < last; o++) {
        const real sum = row_sum(s->reduce, s->x + o * s->reduce);
        s->to[o] = s->accumulate ? s->to[o] + sum : sum;
    }
}

static void sum_column_pieces(int64_t begin, int64_t end, const void *context) {
    const struct middle_sums *s = context;
    for (int64_t piece = begin; piece < end; piece++) {
        const int64_t o = piece / s->pieces, i = piece % s->pieces * COLUMN_TILE,
                      left = s->inner - i, width = left < COLUMN_TILE ? left : COLUMN_TILE;
        const real *x = s->x + o * s->reduce * s->inner + i;
        real *to = s->to + o * s->inner + i;
        if (width < COLUMN_TILE && s->reduce <= ROW_CHUNK && !s->accumulate)
            few_column_sums(s->reduce, s->inner, width, to, x);
        else
            column_sums(s->reduce, s->inner, width, to, x, s->accumulate);
    }
}

static void sum_middle(int64_t outer, int64_t reduce, int64_t inner, real *to, const real *x,
                       bool accumulate) {
    const int64_t work = outer * reduce * inner;
    struct middle_sums s = {outer, reduce, inner,     (inner + COLUMN_TILE - 1) / COLUMN_TILE,
                            to,    x,      accumulate};
    if (inner == 1)
        wg_parallel((outer + SUM_ROWS - 1) / SUM_ROWS, work, sum_row_pieces, &s);
    else if (outer * s.pieces > 1)
        wg_parallel(outer * s.pieces, work, sum_column_pieces, &s);
    else
        sum_column_pieces(0, outer * s.pieces, &s);
}

/* A shape as alternating runs of kept and reduced dimensions. */
struct runs {
    int count;
    int64_t size[WG_MAX_RANK];
    bool reduced[WG_MAX_RANK];
};

static struct runs find_runs(const struct wg_shape *shape, unsigned mask) {
    struct runs runs = {0};
    for (int d = 0; d < shape->rank; d++) {
        const bool reduced = mask >> d & 1;
        if (shape->dim[d] == 1) continue;
        if (runs.count && runs.reduced[runs.count - 1] == reduced) {
            runs.size[runs.count - 1] *= shape->dim[d];
        } else {
            runs.size[runs.count] = shape->dim[d];
            runs.reduced[runs.count++] = reduced;
        }
    }
    return runs;
}

/* Sums the runs from `first` on of x into to; returns how far `to` advances. The last reduced run
 * is summed by sum_middle; those before it are loops that accumulate, in order. */
static void sum_runs(const struct runs *runs, int first, real *to, const real *x, bool accumulate) {
    int64_t kept = 1, total = 1;
    int reduced = 0;
    for (int i = first + 1; i < runs->count; i++) {
        total *= runs->size[i];
        if (runs->reduced[i]) reduced++;
        if (!runs->reduced[i]) kept *= runs->size[i];
    }
    const int64_t size = runs->size[first];
    if (runs->reduced[first] && reduced == 0) {
        sum_middle(1, size, total, to, x, accumulate);
    } else if (!runs->reduced[first] && reduced == 1 && runs->reduced[first + 1]) {
        sum_middle(size, runs->size[first + 1], kept, to, x, accumulate);
    } else {
        for (int64_t i = 0; i < size; i++) {
            const bool again = accumulate || (runs->reduced[first] && i > 0);
            sum_runs(runs, first + 1, runs->reduced[first] ? to : to + i * kept, x + i * total,
                     again);
        }
    }
}

WG_UNUSED static void sum_axes(const struct wg_shape *shape, unsigned mask, void *to,
                               const void *from) {
    if ((mask & (mask + 1)) == 0) { /* the leading axes: a bias's gradient */
        int64_t reduce = 1, inner = 1;
        for (int d = 0; d < shape->rank; d++) {
            if (mask >> d & 1)
                reduce *= shape->dim[d];
            else
                inner *= shape->dim[d];
        }
        if (reduce > 1) {
            sum_middle(1, reduce, inner, to, from, false);
            return;
        }
    }
    const struct runs runs = find_runs(shape, mask);
    bool any = false;
    for (int i = 0; i < runs.count; i++) any = any || runs.reduced[i];
    if (!any) {
        const int64_t size = wg_shape_size(*shape);
        memcpy(to, from, (size_t)size * sizeof(real));
    } else {
        sum_runs(&runs, 0, to, from, false);
    }
}

struct addition {
    real *to;
    const real *from;
};

static void add_range(int64_t begin, int64_t end, const void *context) {
    const struct addition *a = context;
    real *to = a->to;
    const real *from = a->from;
    INDEPENDENT_LOOP
    for (int64_t i = begin; i < end; i++) to[i] += from[i];
}

WG_UNUSED static void add_into(int64_t n, void *to, const void *from) {
    const struct addition a = {to, from};
    wg_parallel(n, n, add_range, &a);
}

/* Steps the outer index of a strided walk; false at its end. */
static inline bool next_line(const struct wg_strided *s, int64_t *index, int64_t *at) {
    for (int d = s->rank - 2; d >= 0; d--) {
        *at += s->stride[d];
        if (++index[d] < s->dim[d]) return true;
        *at -= s->stride[d] * s->dim[d];
        index[d] = 0;
    }
    return false;
}

struct strided_copy {
    const struct wg_strided *s;
    real *to;
    const real *from;
};

static inline void copy_line(int64_t columns, int64_t stride, real *to, const real *from) {
    if (stride == 1)
        memcpy(to, from, (size_t)columns * sizeof(real));
    else
        for (int64_t j = 0; j < columns; j++) to[j] = from[j * stride];
}

static void copy_lines(int64_t begin, int64_t end, const void *context) {
    const struct strided_copy *copy = context;
    const struct wg_strided *s = copy->s;
    const int64_t columns = s->rank ? s->dim[s->rank - 1] : 1,
                  stride = s->rank ? s->stride[s->rank - 1] : 1;
    int64_t index[WG_MAX_RANK] = {0}, at = 0, line = begin;
    for (int d = s->rank - 2; d >= 0; d--) {
        index[d] = line % s->dim[d];
        at += index[d] * s->stride[d];
        line /= s->dim[d];
    }
    real *to = copy->to + begin * columns;
    for (line = begin; line < end; line++, to += columns) {
        copy_line(columns, stride, to, copy->from + at);
        next_line(s, index, &at);
    }
}

/* to, contiguous over s->dim, from a source with strides. Not for empty tensors. */
WG_UNUSED static void copy_strided(const struct wg_strided *s, void *to, const void *from) {
    const struct strided_copy copy = {s, to, from};
    int64_t lines = 1;
    for (int d = 0; d < s->rank - 1; d++) lines *= s->dim[d];
    wg_parallel(lines, s->rank ? lines * s->dim[s->rank - 1] : 1, copy_lines, &copy);
}

/* The inverse: to, with strides (its last one 1), from a contiguous source. */
WG_UNUSED static void copy_to_strided(const struct wg_strided *s, real *to, const real *from) {
    const int64_t columns = s->rank ? s->dim[s->rank - 1] : 1;
    int64_t index[WG_MAX_RANK] = {0}, at = 0;
    do {
        memcpy(to + at, from, (size_t)columns * sizeof(real));
        from += columns;
    } while (next_line(s, index, &at));
}

#endif
