/* Lines: what an op along axes works on, one at a time. A line is the elements that share one
 * result, in row-major order, whichever axes they lie along.
 *
 * A line is copied into scratch, contiguous and padded to whole vectors, and its result is copied
 * back. So an op is written once, for contiguous lines, it has no remainders, and its bits do not
 * depend on which axes are meant. The copies cost little beside the exponentials. Where lines lie
 * side by side (the last dimension is kept), LINE_TILE of them come at a time, so that whole cache
 * lines are used.
 */
#ifndef WG_OPS_LINES_H
#define WG_OPS_LINES_H

#include "ops/reduce/reduction.h"

#define LINE_TILE 16
#define LINE_PAD 16 /* lines are padded to a multiple of it: 64 bytes of float, 128 of double */

static inline int64_t padded_line(int64_t n) { return (n + LINE_PAD - 1) / LINE_PAD * LINE_PAD; }

/* How many lines lie side by side, up to a tile. */
static inline int64_t lines_in_tile(const struct wg_shape *shape, unsigned mask) {
    int64_t columns = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        if (shape->dim[d] != 1 && (mask >> d & 1)) break;
        columns *= shape->dim[d];
    }
    return columns < LINE_TILE ? columns : LINE_TILE;
}

/* Scratch for `buffers` tiles of lines and `extra` more lines. */
static inline int64_t line_scratch(const struct wg_shape *shape, unsigned mask, int buffers,
                                   int extra) {
    return padded_line(wg_masked_size(shape, mask)) *
           (buffers * lines_in_tile(shape, mask) + extra);
}

#ifdef WG_KERNEL_PASS
#include "math/lanes.h"

/* The tile of lines in hand. n and `padded` are the length of a line, as it is and in scratch. The
 * last dimension of `kept` is the lines that lie side by side, if any do. */
struct lines {
    struct wg_strided kept, reduced;
    int64_t n, padded;
    int64_t result, at; /* the first line in hand: its number, its first element's offset */
    int64_t column;     /* and its place among those side by side */
    int64_t index[WG_MAX_RANK];
    int width; /* lines in hand; 0 before the first tile */
};

static inline void append_dim(struct wg_strided *s, int64_t size, int64_t stride) {
    s->dim[s->rank] = size;
    s->stride[s->rank++] = stride;
}

static inline struct lines lines_of(const struct wg_shape *shape, unsigned mask) {
    const struct runs runs = find_runs(shape, mask);
    struct lines lines = {.n = wg_masked_size(shape, mask)};
    lines.padded = padded_line(lines.n);
    int64_t stride = wg_shape_size(*shape);
    for (int i = 0; i < runs.count; i++) {
        stride /= runs.size[i];
        append_dim(runs.reduced[i] ? &lines.reduced : &lines.kept, runs.size[i], stride);
    }
    if (runs.count == 0 || runs.reduced[runs.count - 1]) append_dim(&lines.kept, 1, 0);
    if (lines.reduced.rank == 0) append_dim(&lines.reduced, 1, 0);
    return lines;
}

/* Goes to the first tile, then to the next; false at the end. Not for empty tensors. */
static inline bool next_lines(struct lines *lines) {
    const int64_t columns = lines->kept.dim[lines->kept.rank - 1];
    lines->column += lines->width;
    lines->result += lines->width;
    if (lines->width > 0 && lines->column == columns) {
        lines->column = 0;
        if (!next_line(&lines->kept, lines->index, &lines->at)) return false;
    }
    const int64_t left = columns - lines->column;
    lines->width = left < LINE_TILE ? (int)left : LINE_TILE;
    return true;
}

/* to[i][k] = from[k][i] for i < width and k < count, rows the given distances apart. */
static inline void transpose_tile(int64_t width, int64_t count, real *to, int64_t to_row,
                                  const real *from, int64_t from_row) {
    const int64_t across = width / LANES * LANES, down = count / LANES * LANES;
    for (int64_t k = 0; k < down; k += LANES) {
        for (int64_t i = 0; i < across; i += LANES)
            lanes_transpose(LANES, LANES, from + k * from_row + i, from_row, to + i * to_row + k,
                            to_row);
    }
    for (int64_t k = 0; k < count; k++) {
        for (int64_t i = k < down ? across : 0; i < width; i++)
            to[i * to_row + k] = from[k * from_row + i];
    }
}

/* The lines in hand, one after the other; what follows each up to `padded` is not set. */
static inline void gather_lines(const struct lines *lines, real *to, const real *from) {
    const int last = lines->reduced.rank - 1;
    const int64_t count = lines->reduced.dim[last], stride = lines->reduced.stride[last];
    int64_t index[WG_MAX_RANK] = {0}, at = lines->at + lines->column;
    do {
        if (stride == 1)
            memcpy(to, from + at, (size_t)count * sizeof(real));
        else
            transpose_tile(lines->width, count, to, lines->padded, from + at, stride);
        to += count;
    } while (next_line(&lines->reduced, index, &at));
}

/* Pads the lines in hand with a value; with the first element of each. */
static inline void pad_lines(const struct lines *lines, real *line, real value) {
    for (int i = 0; i < lines->width; i++, line += lines->padded) {
        for (int64_t k = lines->n; k < lines->padded; k++) line[k] = value;
    }
}

static inline void pad_lines_with_first(const struct lines *lines, real *line) {
    for (int i = 0; i < lines->width; i++, line += lines->padded) {
        for (int64_t k = lines->n; k < lines->padded; k++) line[k] = line[0];
    }
}

/* The inverse of gather_lines. */
static inline void scatter_lines(const struct lines *lines, real *to, const real *from) {
    const int last = lines->reduced.rank - 1;
    const int64_t count = lines->reduced.dim[last], stride = lines->reduced.stride[last];
    int64_t index[WG_MAX_RANK] = {0}, at = lines->at + lines->column;
    do {
        if (stride == 1)
            memcpy(to + at, from, (size_t)count * sizeof(real));
        else
            transpose_tile(count, lines->width, to + at, stride, from, lines->padded);
        from += count;
    } while (next_line(&lines->reduced, index, &at));
}
#endif

#endif
