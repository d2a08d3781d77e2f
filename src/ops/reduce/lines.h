/* Lines: what an op along axes works on. A line is the elements that share one result, in row-major
 * order, whichever axes they lie along.
 *
 * Lines are copied into scratch as a block, rows of BLOCK elements, and results are copied back. In
 * a block stand either one line, folded into rows and padded, or up to BLOCK short lines side by
 * side, a line a column. An op is written once for blocks, its loops over a row have one length and
 * no remainder, and its bits do not depend on which axes are meant, nor on how lines stand: element
 * k of a line goes into partial sum k % BLOCK either way (weights.h).
 *
 * Threads share out the tiles of lines; each has a slot of scratch.
 */
#ifndef WG_OPS_LINES_H
#define WG_OPS_LINES_H

#include "base/parallel.h"
#include "ops/reduce/reduction.h"

#define BLOCK 16
#define BESIDE_MOST 256 /* the longest lines that stand side by side */
#define LINE_WORK 16    /* elementary operations an element, about */
#define MOST_SLOTS 64

static inline int64_t padded_line(int64_t n) { return (n + BLOCK - 1) / BLOCK * BLOCK; }

/* Whether neighbours in memory belong to different lines: the last dimension is kept. */
static inline bool lines_adjoin(const struct wg_shape *shape, unsigned mask) {
    for (int d = shape->rank - 1; d >= 0; d--) {
        if (shape->dim[d] != 1) return !(mask >> d & 1);
    }
    return false;
}

/* Scratch in elements: a slot is two tiles of lines, and weights. A tile is as many lines as come
 * at a time, so that whole cache lines are used where lines adjoin. */
struct line_room {
    int64_t width, tile, slot, slots;
};

static inline struct line_room line_room(const struct wg_shape *shape, unsigned mask) {
    const int64_t size = wg_shape_size(*shape), n = wg_masked_size(shape, mask),
                  padded = padded_line(n);
    struct line_room room = {.width = 1};
    if (size == 0) return room;
    if (n <= BESIDE_MOST || lines_adjoin(shape, mask)) room.width = BLOCK;
    room.tile = room.width * padded;
    room.slot = 2 * room.tile + (n <= BESIDE_MOST ? 2 * BLOCK : 4) * padded;
    room.slots = size < WG_PARALLEL_WORK / LINE_WORK ? 1 : 4 * size / room.slot;
    const int64_t tiles = size / n / room.width + 1;
    if (room.slots > tiles) room.slots = tiles;
    if (room.slots > MOST_SLOTS) room.slots = MOST_SLOTS;
    if (room.slots < 1) room.slots = 1;
    return room;
}

static inline int64_t line_scratch(const struct wg_shape *shape, unsigned mask) {
    const struct line_room room = line_room(shape, mask);
    return room.slot * room.slots;
}

/* Whether a line's elements are neighbours in memory: all dimensions from the first reduced one on
 * are. Not for short lines, nor where padding is much of them: those are faster side by side. */
static inline bool lines_are_rows(const struct wg_shape *shape, unsigned mask) {
    bool reduced = true;
    const int64_t n = wg_masked_size(shape, mask);
    if (n <= BLOCK || padded_line(n) - n > n / 8) return false;
    for (int d = shape->rank - 1; d >= 0; d--) {
        if (shape->dim[d] == 1) continue;
        if (!(mask >> d & 1))
            reduced = false;
        else if (!reduced)
            return false;
    }
    return true;
}

#ifdef WG_KERNEL_PASS
#include "math/lanes.h"

/* Fewer lines are faster one by one: a block costs the same with columns to spare. */
#define BESIDE_LEAST (LANES_FUSED ? 3 : 8)

/* What an op is given: x and v, `rows` rows of BLOCK, and a number of each line (for one line, in
 * the first place), as job says. n is the length of a line. */
struct block {
    int64_t n, rows;
    real *x, *v;
    double *weights; /* 2 of them an element of a row; 1 will do for float but in sparsemax */
    real number[BLOCK];
};

typedef void block_body(struct block *block);

/* Lines whose elements are neighbours in memory: row r is x + r n, and so on. v and mask_of may be
 * NULL; mask_of gives the mask of a row. */
struct rows {
    int64_t n, tile;
    const real *x, *v;
    real *out, *room; /* room: a slot of scratch */
    bool pad_with_0;
    const int32_t *(*mask_of)(const void *context, int64_t row);
    const void *context;
};

typedef void rows_body(const struct rows *rows, int64_t begin, int64_t end);

/* For lines one by one, side by side, and where they are rows. The last two may be NULL. */
struct line_bodies {
    block_body *along, *beside;
    rows_body *rows;
};

struct line_job {
    const struct wg_shape *shape;
    unsigned mask;
    real *scratch;
    const real *x, *v, *numbers_in; /* the last two may be NULL */
    real *out, *numbers_out;        /* out: where v, or without v x, goes. Either may be NULL */
    struct line_bodies bodies;
    bool pad_with_0; /* v; else with its first element. x is padded with -inf */
    const int32_t *(*mask_of)(const void *context, int64_t row); /* for rows; may be NULL */
    const void *context;
};

/* Where lines lie, and the tile in hand: lines `across` apart, up to the end of a row of them. */
struct lines {
    struct wg_strided kept, reduced;
    int64_t n, padded, across, columns, tiles_a_row, tiles, width;
    int64_t at, result, count; /* the first element's offset, the first line's number, lines */
};

static inline void append_dim(struct wg_strided *s, int64_t size, int64_t stride) {
    s->dim[s->rank] = size;
    s->stride[s->rank++] = stride;
}

static inline struct lines lines_of(const struct wg_shape *shape, unsigned mask, int64_t width) {
    const struct runs runs = find_runs(shape, mask);
    struct lines lines = {.n = wg_masked_size(shape, mask), .width = width};
    lines.padded = padded_line(lines.n);
    int64_t stride = wg_shape_size(*shape), rows = 1;
    for (int i = 0; i < runs.count; i++) {
        stride /= runs.size[i];
        append_dim(runs.reduced[i] ? &lines.reduced : &lines.kept, runs.size[i], stride);
    }
    if (lines.kept.rank == 0) append_dim(&lines.kept, 1, 0);
    if (lines.reduced.rank == 0) append_dim(&lines.reduced, 1, 1);
    const int last = lines.kept.rank - 1;
    lines.columns = lines.kept.dim[last];
    lines.across = lines.kept.stride[last];
    lines.tiles_a_row = (lines.columns + width - 1) / width;
    for (int d = 0; d < last; d++) rows *= lines.kept.dim[d];
    lines.tiles = rows * lines.tiles_a_row;
    return lines;
}

static inline void take_tile(struct lines *lines, int64_t tile) {
    int64_t row = tile / lines->tiles_a_row;
    const int64_t column = tile % lines->tiles_a_row * lines->width, left = lines->columns - column;
    lines->result = row * lines->columns + column;
    lines->count = left < lines->width ? left : lines->width;
    lines->at = column * lines->across;
    for (int d = lines->kept.rank - 2; d >= 0; d--) {
        lines->at += row % lines->kept.dim[d] * lines->kept.stride[d];
        row /= lines->kept.dim[d];
    }
}

static inline int64_t at_most(int64_t n, int64_t most) { return n < most ? n : most; }
static inline int64_t up_to_lanes(int64_t n) { return n < 0 ? 0 : at_most(n, LANES); }

/* ------------------------------------------------------------------------------------------------
 * One after the other */

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
static inline void gather_along(const struct lines *lines, real *to, const real *from) {
    const int last = lines->reduced.rank - 1;
    const int64_t count = lines->reduced.dim[last], stride = lines->reduced.stride[last];
    int64_t index[WG_MAX_RANK] = {0}, at = lines->at;
    do {
        if (lines->across == 1) {
            transpose_tile(lines->count, count, to, lines->padded, from + at, stride);
        } else {
            for (int64_t i = 0; i < lines->count; i++)
                memcpy(to + i * lines->padded, from + at + i * lines->across,
                       (size_t)count * sizeof(real));
        }
        to += count;
    } while (next_line(&lines->reduced, index, &at));
}

static inline void scatter_along(const struct lines *lines, real *to, const real *from) {
    const int last = lines->reduced.rank - 1;
    const int64_t count = lines->reduced.dim[last], stride = lines->reduced.stride[last];
    int64_t index[WG_MAX_RANK] = {0}, at = lines->at;
    do {
        if (lines->across == 1) {
            transpose_tile(count, lines->count, to + at, stride, from, lines->padded);
        } else {
            for (int64_t i = 0; i < lines->count; i++)
                memcpy(to + at + i * lines->across, from + i * lines->padded,
                       (size_t)count * sizeof(real));
        }
        from += count;
    } while (next_line(&lines->reduced, index, &at));
}

/* ------------------------------------------------------------------------------------------------
 * Side by side */

/* The lines in hand, a line a column; 0 in the other columns. */
static inline void gather_beside(const struct lines *lines, real *to, const real *from) {
    const int last = lines->reduced.rank - 1;
    const int64_t count = lines->reduced.dim[last], stride = lines->reduced.stride[last];
    int64_t index[WG_MAX_RANK] = {0}, at = lines->at;
    do {
        const int64_t step = lines->across == 1 ? 1 : LANES;
        for (int64_t k = 0; k < count; k += step) {
            for (int64_t i = 0; i < BLOCK; i += LANES) {
                const int64_t some = up_to_lanes(lines->count - i), column = some ? i : 0;
                const real *source = from + at + column * lines->across + k * stride;
                if (lines->across == 1)
                    lanes_store(to + k * BLOCK + i, lanes_load_partial(source, some));
                else
                    lanes_transpose(some, up_to_lanes(count - k), source, lines->across,
                                    to + k * BLOCK + i, BLOCK);
            }
        }
        to += count * BLOCK;
    } while (next_line(&lines->reduced, index, &at));
}

static inline void scatter_beside(const struct lines *lines, real *to, const real *from) {
    const int last = lines->reduced.rank - 1;
    const int64_t count = lines->reduced.dim[last], stride = lines->reduced.stride[last];
    int64_t index[WG_MAX_RANK] = {0}, at = lines->at;
    do {
        const int64_t step = lines->across == 1 ? 1 : LANES;
        for (int64_t k = 0; k < count; k += step) {
            for (int64_t i = 0; i < lines->count; i += LANES) {
                const int64_t some = up_to_lanes(lines->count - i);
                real *target = to + at + i * lines->across + k * stride;
                if (lines->across == 1)
                    lanes_store_partial(target, lanes_load(from + k * BLOCK + i), some);
                else
                    lanes_transpose_out(up_to_lanes(count - k), some, from + k * BLOCK + i, BLOCK,
                                        target, lines->across);
            }
        }
        from += count * BLOCK;
    } while (next_line(&lines->reduced, index, &at));
}

/* ------------------------------------------------------------------------------------------------
 * Jobs */

static void tile_beside(const struct line_job *job, const struct lines *lines,
                        struct block *block) {
    block->rows = lines->n;
    gather_beside(lines, block->x, job->x);
    if (job->v) gather_beside(lines, block->v, job->v);
    for (int64_t i = 0; job->numbers_in && i < BLOCK; i++)
        block->number[i] = i < lines->count ? job->numbers_in[lines->result + i] : 0;
    job->bodies.beside(block);
    for (int64_t i = 0; job->numbers_out && i < lines->count; i++)
        job->numbers_out[lines->result + i] = block->number[i];
    if (job->out) scatter_beside(lines, job->out, job->v ? block->v : block->x);
}

static void tile_along(const struct line_job *job, const struct lines *lines,
                       const struct block *all) {
    gather_along(lines, all->x, job->x);
    if (job->v) gather_along(lines, all->v, job->v);
    for (int64_t i = 0; i < lines->count; i++) {
        struct block line = *all;
        line.rows = lines->padded / BLOCK;
        line.x += i * lines->padded;
        line.v += i * lines->padded;
        for (int64_t k = lines->n; k < lines->padded; k++) {
            line.x[k] = -(real)INFINITY;
            if (job->v) line.v[k] = job->pad_with_0 ? 0 : line.v[0];
        }
        if (job->numbers_in) line.number[0] = job->numbers_in[lines->result + i];
        job->bodies.along(&line);
        if (job->numbers_out) job->numbers_out[lines->result + i] = line.number[0];
    }
    if (job->out) scatter_along(lines, job->out, job->v ? all->v : all->x);
}

static void run_slots(int64_t begin, int64_t end, const void *context) {
    const struct line_job *job = context;
    const struct line_room room = line_room(job->shape, job->mask);
    if (job->bodies.rows && lines_are_rows(job->shape, job->mask)) {
        const int64_t n = wg_masked_size(job->shape, job->mask),
                      count = wg_shape_size(*job->shape) / n;
        job->bodies.rows(&(struct rows){.n = n,
                                        .tile = room.tile,
                                        .x = job->x,
                                        .v = job->v,
                                        .out = job->out,
                                        .room = job->scratch + begin * room.slot,
                                        .pad_with_0 = job->pad_with_0,
                                        .mask_of = job->mask_of,
                                        .context = job->context},
                         count * begin / room.slots, count * end / room.slots);
        return;
    }
    struct lines lines = lines_of(job->shape, job->mask, room.width);
    struct block block = {.n = lines.n, .x = job->scratch + begin * room.slot};
    block.v = block.x + room.tile;
    void *weights = block.v + room.tile;
    block.weights = weights;
    const int64_t last = lines.tiles * end / room.slots;
    for (int64_t tile = lines.tiles * begin / room.slots; tile < last; tile++) {
        take_tile(&lines, tile);
        if (job->bodies.beside && lines.n <= BESIDE_MOST && lines.count >= BESIDE_LEAST)
            tile_beside(job, &lines, &block);
        else
            tile_along(job, &lines, &block);
    }
}

/* Not for empty tensors. */
static void run_lines(const struct line_job *job) {
    const int64_t slots = line_room(job->shape, job->mask).slots;
    if (slots == 1)
        run_slots(0, 1, job);
    else
        wg_parallel_split(slots, run_slots, job);
}
#endif

#endif
