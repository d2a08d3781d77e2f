/* The matrix of patches, and products with it: kernel pass only.
 *
 * Row r of the matrix is the window of output pixel r (image, row, column, in this order), its
 * columns the window's taps in row-major order, each with the channels of a group. Padding is
 * zeros. The matrix is never whole: tiles of it are gathered and multiplied while they are near. */
#ifndef WG_OPS_CONV_PATCHES_H
#define WG_OPS_CONV_PATCHES_H

#include "base/parallel.h"
#include "ops/linear/gemm.h"

enum {
    /* A tile of patches, on the stack: at most so many elements and columns. */
    PATCH_TILE = 98304 / (int)sizeof(real),
    PATCH_DEPTH = 1536 / (int)sizeof(real),
    PATCH_ROWS = PATCH_TILE / PATCH_DEPTH,
    /* Rows that one thread takes at least, and how many rows a sum over rows runs over before it is
     * added to the others. */
    PATCH_STRIP = 8,
    PATCH_CHUNK = 128,
};

/* Tap t of output i lies at i stride + t step + offset, padding where that is not in [0, in). */
struct lattice {
    int64_t in, out, taps, stride, step, offset;
};

struct patches {
    const real *image;
    struct lattice row, column;
    int64_t pixel;    /* elements from one pixel of the image to the next */
    int64_t channels; /* how many of them belong to the patch */
};

static inline int64_t patches_rows(const struct patches *p, int64_t images) {
    return images * p->row.out * p->column.out;
}

static inline int64_t patches_depth(const struct patches *p) {
    return p->row.taps * p->column.taps * p->channels;
}

/* Every patch is the pixel itself. */
static inline bool patches_are_pixels(const struct patches *p) {
    const struct lattice *r = &p->row, *c = &p->column;
    return r->taps * c->taps == 1 && r->offset == 0 && c->offset == 0 && r->stride == 1 &&
           c->stride == 1 && r->in == r->out && c->in == c->out;
}

/* The rest of fewer than a vector goes one by one: what was stored under a mask is slow to load. */
static inline void copy_elements(int64_t n, const real *from, real *to) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) lanes_store(to + i, lanes_load(from + i));
    for (; i < n; i++) to[i] = from[i];
}

static inline void zero_elements(int64_t n, real *to) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) lanes_store(to + i, (lanes){0});
    for (; i < n; i++) to[i] = 0;
}

/* Elements that lie one after the other in the image and in the patch: a tap's channels, or those
 * of a whole row of taps. */
static inline bool patches_joined(const struct patches *p) {
    return p->column.step == 1 && p->channels == p->pixel;
}

/* Elements begin to end of a run, those in [low, high) from `from`, zeros elsewhere. */
static inline void copy_run(const real *from, int64_t begin, int64_t end, int64_t low, int64_t high,
                            real *to) {
    if (begin >= low && end <= high) {
        copy_elements(end - begin, from + begin, to);
        return;
    }
    low = low < begin ? begin : low > end ? end : low;
    high = high > end ? end : high < low ? low : high;
    zero_elements(low - begin, to);
    if (low < high) copy_elements(high - low, from + low, to + low - begin);
    zero_elements(end - high, to + high - begin);
}

/* Columns begin to end of the patch of output pixel (i, j) of the image; `run`, `row`, `column` and
 * `at` say where column `begin` is: in which tap or row of taps, and how far in. */
static inline void gather_patch(const struct patches *p, const real *image, int64_t i, int64_t j,
                                int64_t count, int64_t run, int64_t row, int64_t column, int64_t at,
                                real *to) {
    const bool joined = patches_joined(p);
    while (count > 0) {
        const int64_t end = run - at < count ? run : at + count;
        const int64_t h = i * p->row.stride + row * p->row.step + p->row.offset;
        const int64_t w = j * p->column.stride + column * p->column.step + p->column.offset;
        int64_t low = 0, high = 0;
        if (h >= 0 && h < p->row.in) {
            if (joined) {
                low = w < 0 ? -w * p->pixel : 0;
                high = (p->column.in - w) * p->pixel;
            } else if (w >= 0 && w < p->column.in) {
                high = run;
            }
        }
        copy_run(image + (h * p->column.in + w) * p->pixel, at, end, low, high, to);
        to += end - at;
        count -= end - at;
        at = 0;
        if (joined || ++column == p->column.taps) {
            column = 0;
            row++;
        }
    }
}

/* Rows first to first + rows of the matrix, columns begin to end, to a tile with rows `to_row`
 * apart. */
static void gather_patches(const struct patches *p, int64_t first, int64_t rows, int64_t begin,
                           int64_t end, real *to, int64_t to_row) {
    const int64_t across = p->column.out, area = p->row.out * across;
    const int64_t run = p->channels * (patches_joined(p) ? p->column.taps : 1);
    const int64_t tap = begin / run, taps = patches_joined(p) ? 1 : p->column.taps;
    const int64_t size = p->row.in * p->column.in * p->pixel;
    int64_t n = first / area, i = first % area / across, j = first % across;
    for (int64_t r = 0; r < rows; r++, to += to_row) {
        gather_patch(p, p->image + n * size, i, j, end - begin, run, tap / taps, tap % taps,
                     begin % run, to);
        if (++j < across) continue;
        j = 0;
        if (++i < p->row.out) continue;
        i = 0;
        n++;
    }
}

/* ------------------------------------------------------------------------------------------------
 * The kernel as the matrix that patches are multiplied by */

/* Row (t, c) of the matrix, for tap t = (row, column), begins at the kernel's tap first + t step,
 * c times `row` into it; its columns are `column` apart. */
struct taps {
    const real *kernel;
    int64_t first[2], step[2]; /* rows and columns of taps */
    int64_t across, width;     /* taps in a row of the matrix's, and of the kernel's */
    int64_t size;              /* elements of a tap of the kernel */
    int64_t channels, row, column;
};

/* How many elements a packed row of n columns takes. */
static inline int64_t packed_row(int64_t n) {
    int64_t j = 0;
    while (j < n) j += gemm_panel_width(n - j);
    return j;
}

static inline int64_t depth_block(int64_t depth) {
    const int64_t blocks = (depth + PATCH_DEPTH - 1) / PATCH_DEPTH;
    return blocks ? (depth + blocks - 1) / blocks : 1;
}

/* The matrix (depth x n) in blocks of depth_block(depth) rows, each in panels. */
static void pack_taps(const struct taps *t, int64_t depth, int64_t n, real *to) {
    const int64_t block = depth_block(depth);
    for (int64_t begin = 0; begin < depth; begin += block) {
        const int64_t end = gemm_least(begin + block, depth);
        for (int64_t j = 0, width; j < n; j += width, to += (end - begin) * width) {
            width = gemm_panel_width(n - j);
            for (int64_t p = begin, next; p < end; p = next) {
                const int64_t tap = p / t->channels, c = p % t->channels;
                const int64_t row = t->first[0] + tap / t->across * t->step[0];
                const int64_t column = t->first[1] + tap % t->across * t->step[1];
                next = gemm_least(end, p + t->channels - c);
                gemm_pack_panel(next - p, gemm_least(width, n - j),
                                t->kernel + (row * t->width + column) * t->size + c * t->row +
                                    j * t->column,
                                t->row, t->column, to + (p - begin) * width, width);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Products */

/* out = patches times the packed matrix, group by group. A group's channels follow the last one's,
 * in the image, and in out, whose pixels are `out_pixel` apart. If `spread` is not NULL, rows are
 * then copied to pixels of another image: (i, j) to (i stride + first, ...). */
struct patch_product {
    struct patches patches;
    const real *packed;
    int64_t images, groups, columns, out_pixel;
    real *out, *spread;
    int64_t first[2], stride[2], size[2];
};

static void spread_rows(const struct patch_product *p, int64_t begin, int64_t end) {
    const int64_t across = p->patches.column.out, area = p->patches.row.out * across;
    for (int64_t r = begin; r < end; r++) {
        const int64_t h = r % area / across * p->stride[0] + p->first[0],
                      w = r % across * p->stride[1] + p->first[1];
        copy_elements(p->out_pixel, p->out + r * p->out_pixel,
                      p->spread + ((r / area * p->size[0] + h) * p->size[1] + w) * p->out_pixel);
    }
}

static void product_tile(const struct patch_product *p, int64_t first, int64_t rows, real *tile) {
    struct patches patches = p->patches;
    const int64_t depth = patches_depth(&patches), step = depth_block(depth);
    const int64_t row = packed_row(p->columns);
    const bool direct = patches_are_pixels(&patches);
    if (depth == 0) zero_elements(rows * p->out_pixel, p->out + first * p->out_pixel);
    for (int64_t g = 0; g < p->groups; g++) {
        patches.image = p->patches.image + g * patches.channels;
        for (int64_t begin = 0; begin < depth; begin += step) {
            const int64_t k = gemm_least(step, depth - begin);
            struct gemm_block block = {.m = rows,
                                       .n = p->columns,
                                       .k = k,
                                       .a = tile,
                                       .a_row = k,
                                       .a_column = 1,
                                       .b = p->packed + (g * depth + begin) * row,
                                       .c = p->out + first * p->out_pixel + g * p->columns,
                                       .c_row = p->out_pixel,
                                       .accumulate = begin > 0,
                                       .packed = true};
            if (direct) {
                block.a = patches.image + first * patches.pixel + begin;
                block.a_row = patches.pixel;
            } else {
                gather_patches(&patches, first, rows, begin, begin + k, tile, k);
            }
            gemm_panels(&block);
        }
    }
    if (p->spread) spread_rows(p, first, first + rows);
}

static void product_range(int64_t begin, int64_t end, const void *context) {
    const struct patch_product *p = context;
    _Alignas(64) real tile[PATCH_TILE];
    const int64_t last = gemm_least(end * PATCH_STRIP, patches_rows(&p->patches, p->images));
    for (int64_t r = begin * PATCH_STRIP; r < last; r += PATCH_ROWS)
        product_tile(p, r, gemm_least(PATCH_ROWS, last - r), tile);
}

static void multiply_patches(const struct patch_product *p) {
    const int64_t rows = patches_rows(&p->patches, p->images);
    wg_parallel((rows + PATCH_STRIP - 1) / PATCH_STRIP,
                rows * patches_depth(&p->patches) * p->columns * p->groups / 4, product_range, p);
}

/* out (depth x groups columns) = the patches' transpose times dy, whose pixels hold the groups'
 * columns. A sum over rows is made of chunks, each one chain, added in order. */
struct patch_sums {
    struct patches patches;
    const real *dy;
    int64_t images, groups, columns;
    real *out, *part; /* both as large as out */
};

/* One chunk's part of rows begin to end of out. */
static void sum_chunk(const struct patch_sums *s, int64_t first, int64_t rows, int64_t begin,
                      int64_t end, real *tile, real *to) {
    struct patches patches = s->patches;
    const int64_t pixel = s->groups * s->columns;
    const int64_t tile_row = (end - begin + 15) / 16 * 16 + 16; /* not a power of two */
    for (int64_t g = 0; g < s->groups; g++) {
        patches.image = s->patches.image + g * patches.channels;
        gather_patches(&patches, first, rows, begin, end, tile, tile_row);
        gemm_panels(&(struct gemm_block){.m = end - begin,
                                         .n = s->columns,
                                         .k = rows,
                                         .a = tile,
                                         .a_row = 1,
                                         .a_column = tile_row,
                                         .b = s->dy + first * pixel + g * s->columns,
                                         .b_row = pixel,
                                         .c = to + begin * pixel + g * s->columns,
                                         .c_row = pixel});
    }
}

static void sum_range(int64_t begin, int64_t end, const void *context) {
    const struct patch_sums *s = context;
    _Alignas(64) real tile[PATCH_TILE];
    const int64_t rows = patches_rows(&s->patches, s->images), pixel = s->groups * s->columns;
    const int64_t most = PATCH_TILE / PATCH_CHUNK - 16;
    const int64_t from = begin * PATCH_STRIP,
                  last = gemm_least(end * PATCH_STRIP, patches_depth(&s->patches));
    const int64_t strips = (last - from + most - 1) / most;
    const int64_t step = ((last - from + strips - 1) / strips + PATCH_STRIP - 1) / PATCH_STRIP *
                         PATCH_STRIP; /* evenly, at most `most` */
    for (int64_t p = from; p < last; p += step) {
        const int64_t stop = gemm_least(p + step, last);
        for (int64_t r = 0; r < rows; r += PATCH_CHUNK) {
            sum_chunk(s, r, gemm_least(PATCH_CHUNK, rows - r), p, stop, tile, r ? s->part : s->out);
            if (r) add_into((stop - p) * pixel, s->out + p * pixel, s->part + p * pixel);
        }
    }
}

static void sum_patches(const struct patch_sums *s) {
    const int64_t depth = patches_depth(&s->patches);
    wg_parallel((depth + PATCH_STRIP - 1) / PATCH_STRIP,
                patches_rows(&s->patches, s->images) * depth * s->columns * s->groups / 4,
                sum_range, s);
}

#endif
