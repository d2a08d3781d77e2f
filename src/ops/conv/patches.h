/* The matrix of patches, and products with it: kernel pass only.
 *
 * Row r of the matrix is the window of output pixel r (image, row, column, in this order), its
 * columns the window's taps in row-major order, each with the channels of a group. The matrix is
 * never there: windows are read where they lie in the image, and taps beyond its border are left
 * out of the chains. */
#ifndef WG_OPS_CONV_PATCHES_H
#define WG_OPS_CONV_PATCHES_H

#include "base/parallel.h"
#include "ops/conv/tiles.h"

enum {
    /* Output pixels under which the packed kernel passes once; those of a band of rows; the
     * elements of a window that are listed at a time; and what a pixel costs beside its FMAs, as
     * FMAs a column. */
    PATCH_PIXELS = 64,
    PATCH_BAND = 2048,
    PATCH_OFFSETS = 256,
    PATCH_PIXEL_WORK = 8,
    /* Runs shorter than this are not worth a loop of their own. */
    PATCH_SHORT_RUN = 16,
    PATCH_CHUNK = 128, /* how many pixels a sum runs over before it is added to the others */
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

/* Elements that lie one after the other in the image and in the patch: a tap's channels, or those
 * of a whole row of taps. */
static inline bool patches_joined(const struct patches *p) {
    return p->column.step == 1 && p->channels == p->pixel;
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

/* The matrix (depth x n) in panels. */
static void pack_taps(const struct taps *t, int64_t depth, int64_t n, real *to) {
    for (int64_t j = 0, width; j < n; j += width, to += depth * width) {
        width = gemm_panel_width(n - j);
        for (int64_t p = 0; p < depth; p += t->channels) {
            const int64_t tap = p / t->channels;
            const int64_t row = t->first[0] + tap / t->across * t->step[0];
            const int64_t column = t->first[1] + tap % t->across * t->step[1];
            gemm_pack_panel(t->channels, gemm_least(width, n - j),
                            t->kernel + (row * t->width + column) * t->size + j * t->column, t->row,
                            t->column, to + p * width, width);
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Outputs whose windows lie alike: products */

/* Outputs begin to end of a lattice, all of which find the same taps in the image. */
struct segment {
    int64_t begin, end, tap, taps;
};

static inline struct segment segment_of(const struct lattice *l, int64_t i) {
    const int64_t at = i * l->stride + l->offset;
    const int64_t tap = at < 0 ? (-at + l->step - 1) / l->step : 0;
    const int64_t end = at < l->in ? gemm_least((l->in - at + l->step - 1) / l->step, l->taps) : 0;
    return (struct segment){i, i + 1, tap, end > tap ? end - tap : 0};
}

/* The one that begins with output i. */
static struct segment next_segment(const struct lattice *l, int64_t i) {
    struct segment all = segment_of(l, i);
    for (; all.end < l->out; all.end++) {
        const struct segment one = segment_of(l, all.end);
        if (one.taps != all.taps || (one.taps > 0 && one.tap != all.tap)) break;
    }
    return all;
}

/* Columns begin to end of the matrix, as elements from where a window begins. */
static void list_offsets(const struct patches *p, int64_t begin, int64_t end, int64_t *offset) {
    for (int64_t d = begin; d < end; d++) {
        const int64_t tap = d / p->channels, row = tap / p->column.taps,
                      column = tap % p->column.taps;
        offset[d - begin] =
            (row * p->row.step * p->column.in + column * p->column.step) * p->pixel +
            d % p->channels;
    }
}

/* out = patches times the packed matrix, group by group. A group's channels follow the last one's,
 * in the image, and in out. Output (i, j) is pixel (i stride + first, ...) of an image of `size`.
 */
struct patch_product {
    struct patches patches;
    const real *packed;
    int64_t images, groups, columns;
    real *out;
    int64_t first[2], stride[2], size[2];
    const int64_t *offset; /* of a whole window's elements, where runs are short; or NULL */
};

struct pixels {
    int64_t count;
    const real *from[PATCH_PIXELS];
    real *to[PATCH_PIXELS];
};

static void multiply_pixels(const struct patch_product *p, const struct segment *row,
                            const struct segment *column, const struct pixels *pixels) {
    const struct patches *from = &p->patches;
    const int64_t across = from->column.taps, depth = patches_depth(from);
    const bool joined = patches_joined(from);
    struct window_block block = {
        .count = pixels->count,
        .from = pixels->from,
        .to = pixels->to,
        .lines = row->taps,
        .runs = joined ? 1 : column->taps,
        .run = joined ? column->taps * from->channels : from->channels,
        .line_step = from->row.step * from->column.in * from->pixel,
        .run_step = from->column.step * from->pixel,
        .line_rows = across * from->channels,
        .run_rows = from->channels,
        .depth = depth,
        .columns = p->columns,
        .offset = row->taps == from->row.taps && column->taps == across ? p->offset : NULL,
        .first_row = (row->tap * across + column->tap) * from->channels,
    };
    for (int64_t g = 0; g < p->groups; g++) {
        block.from_shift = g * from->channels;
        block.to_shift = g * p->columns;
        block.packed = p->packed + g * depth * packed_row(p->columns);
        multiply_windows(&block);
    }
}

/* `count` more, equally far apart. */
static inline void list_pixels(struct pixels *pixels, int64_t count, const real *from,
                               int64_t from_step, real *to, int64_t to_step) {
    const real **from_list = pixels->from + pixels->count;
    real **to_list = pixels->to + pixels->count;
    for (int64_t i = 0; i < count; i++) from_list[i] = from + i * from_step;
    for (int64_t i = 0; i < count; i++) to_list[i] = to + i * to_step;
    pixels->count += count;
}

/* Of the rows begin to end of all images, the pixels in both segments. */
static void multiply_segment(const struct patch_product *p, int64_t begin, int64_t end,
                             const struct segment *row, const struct segment *column) {
    const struct lattice *down = &p->patches.row, *across = &p->patches.column;
    const int64_t pixel = p->patches.pixel, out_pixel = p->groups * p->columns;
    const bool empty = row->taps == 0 || column->taps == 0; /* then nothing is read */
    struct pixels pixels = {.count = 0};
    int64_t n = begin / down->out, i = begin % down->out;
    for (int64_t r = begin; r < end; r++, i++) {
        if (i < row->begin) {
            r += row->begin - i;
            i = row->begin;
        } else if (i >= row->end) {
            r += down->out - i + row->begin;
            i = row->begin;
            n++;
        }
        if (r >= end) break;
        const int64_t h = n * down->in + i * down->stride + row->tap * down->step + down->offset;
        const int64_t w =
            column->begin * across->stride + column->tap * across->step + across->offset;
        const real *from = p->patches.image + (empty ? 0 : (h * across->in + w) * pixel);
        const int64_t step = empty ? 0 : across->stride * pixel;
        real *to = p->out + ((n * p->size[0] + i * p->stride[0] + p->first[0]) * p->size[1] +
                             column->begin * p->stride[1] + p->first[1]) *
                                out_pixel;
        const int64_t all = column->end - column->begin, to_step = p->stride[1] * out_pixel;
        for (int64_t j = 0, some; j < all; j += some) {
            some = gemm_least(all - j, PATCH_PIXELS - pixels.count);
            list_pixels(&pixels, some, from + j * step, step, to + j * to_step, to_step);
            lanes_ask(to, j * to_step, (j + some) * to_step, all * to_step);
            if (pixels.count < PATCH_PIXELS) continue;
            multiply_pixels(p, row, column, &pixels);
            pixels.count = 0;
        }
    }
    if (pixels.count > 0) multiply_pixels(p, row, column, &pixels);
}

/* Bands of rows, so that what neighbouring segments read is near. */
static void product_range(int64_t begin, int64_t end, const void *context) {
    const struct patch_product *p = context;
    const struct lattice *down = &p->patches.row, *across = &p->patches.column;
    const int64_t band = (PATCH_BAND + across->out - 1) / across->out;
    struct segment row, column;
    for (int64_t at = begin; at < end; at += band) {
        const int64_t stop = gemm_least(at + band, end);
        for (int64_t i = 0; i < down->out; i = row.end) {
            row = next_segment(down, i);
            for (int64_t j = 0; j < across->out; j = column.end) {
                column = next_segment(across, j);
                multiply_segment(p, at, stop, &row, &column);
            }
        }
    }
}

static void multiply_patches(const struct patch_product *product) {
    struct patch_product p = *product;
    const int64_t depth = patches_depth(&p.patches);
    int64_t offset[PATCH_OFFSETS];
    if (depth <= PATCH_OFFSETS &&
        p.patches.channels * (patches_joined(&p.patches) ? p.patches.column.taps : 1) <
            PATCH_SHORT_RUN) {
        list_offsets(&p.patches, 0, depth, offset);
        p.offset = offset;
    }
    wg_parallel(p.images * p.patches.row.out,
                patches_rows(&p.patches, p.images) * (depth + PATCH_PIXEL_WORK) * p.columns *
                    p.groups / 4,
                product_range, &p);
}

#endif
