/* The matrix of patches, and products with it: kernel pass only.
 *
 * Row r of the matrix is the window of output pixel r (image, row, column, in this order), its
 * columns the window's taps in row-major order, each with the channels of a group. The matrix is
 * never there: windows are read where they lie in the image, and taps beyond its border are left
 * out of the chains. Only to sum over windows of which some reach over the border, tiles of the
 * matrix are gathered, with zeros there, and multiplied while they are near. */
#ifndef WG_OPS_CONV_PATCHES_H
#define WG_OPS_CONV_PATCHES_H

#include "base/parallel.h"
#include "ops/conv/tiles.h"

enum {
    /* A tile of patches, on the stack: at most so many elements. */
    PATCH_TILE = 98304 / (int)sizeof(real),
    /* Output pixels under which the packed kernel passes once; those of a band of rows; the
     * elements of a window that are listed at a time; and what a pixel costs beside its FMAs, as
     * FMAs a column. */
    PATCH_PIXELS = 64,
    PATCH_BAND = 2048,
    PATCH_OFFSETS = 256,
    PATCH_PIXEL_WORK = 8,
    /* Runs shorter than this are not worth a loop of their own. */
    PATCH_SHORT_RUN = 16,
    /* Rows of a sum that one thread takes at least, and how many pixels it runs over before it is
     * added to the others. */
    PATCH_STRIP = 4,
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

/* ------------------------------------------------------------------------------------------------
 * Sums over outputs */

/* out (depth x groups columns) = the patches' transpose times dy, whose pixels hold the groups'
 * columns. A sum over rows is made of chunks, each one chain, added in order. */
struct patch_sums {
    struct patches patches;
    const real *dy;
    int64_t images, groups, columns;
    real *out, *part; /* both as large as out */
};

static inline bool lattice_inside(const struct lattice *l) {
    return l->offset >= 0 && (l->out - 1) * l->stride + (l->taps - 1) * l->step + l->offset < l->in;
}

/* Where the windows of rows first to first + count of the matrix begin; all lie in the image. */
static void list_windows(const struct patches *p, int64_t first, int64_t count, const real **from) {
    const int64_t across = p->column.out, area = p->row.out * across;
    int64_t n = first / area, i = first % area / across, j = first % across;
    for (int64_t r = 0, some; r < count; r += some) {
        const int64_t h = n * p->row.in + i * p->row.stride + p->row.offset;
        const int64_t w = j * p->column.stride + p->column.offset;
        const real *const start = p->image + (h * p->column.in + w) * p->pixel;
        some = gemm_least(across - j, count - r);
        for (int64_t k = 0; k < some; k++) from[r + k] = start + k * p->column.stride * p->pixel;
        j = 0;
        if (++i < p->row.out) continue;
        i = 0;
        n++;
    }
}

/* Where no window reaches over the image's border: rows begin to end of out, at most
 * PATCH_OFFSETS. */
static void sum_inside(const struct patch_sums *s, int64_t begin, int64_t end) {
    const int64_t rows = patches_rows(&s->patches, s->images), pixel = s->groups * s->columns;
    const real *from[PATCH_CHUNK];
    int64_t offset[PATCH_OFFSETS];
    list_offsets(&s->patches, begin, end, offset);
    for (int64_t r = 0; r < rows; r += PATCH_CHUNK) {
        const int64_t count = gemm_least(PATCH_CHUNK, rows - r);
        list_windows(&s->patches, r, count, from);
        lanes_ask(s->dy, (r + count) * pixel, (r + count + PATCH_CHUNK) * pixel, rows * pixel);
        for (int64_t g = 0; g < s->groups; g++) {
            sum_windows(&(struct window_sums){.count = count,
                                              .from = from,
                                              .from_shift = g * s->patches.channels,
                                              .dy = s->dy + r * pixel + g * s->columns,
                                              .dy_row = pixel,
                                              .rows = end - begin,
                                              .columns = s->columns,
                                              .offset = offset,
                                              .out = s->out + begin * pixel + g * s->columns,
                                              .out_row = pixel,
                                              .accumulate = r > 0});
        }
    }
}

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
                                         .a_strip = GEMM_STRIP,
                                         .b = s->dy + first * pixel + g * s->columns,
                                         .b_row = pixel,
                                         .c = to + begin * pixel + g * s->columns,
                                         .c_row = pixel});
    }
}

/* Rows begin to end of out, as many as a tile holds. */
static void sum_gathered(const struct patch_sums *s, int64_t begin, int64_t end) {
    _Alignas(64) real tile[PATCH_TILE];
    const int64_t rows = patches_rows(&s->patches, s->images), pixel = s->groups * s->columns;
    for (int64_t r = 0; r < rows; r += PATCH_CHUNK) {
        sum_chunk(s, r, gemm_least(PATCH_CHUNK, rows - r), begin, end, tile, r ? s->part : s->out);
        if (r) add_into((end - begin) * pixel, s->out + begin * pixel, s->part + begin * pixel);
    }
}

static void sum_range(int64_t begin, int64_t end, const void *context) {
    const struct patch_sums *s = context;
    const bool inside = lattice_inside(&s->patches.row) && lattice_inside(&s->patches.column);
    const int64_t most = inside ? PATCH_OFFSETS : PATCH_TILE / PATCH_CHUNK - 16;
    const int64_t from = begin * PATCH_STRIP,
                  last = gemm_least(end * PATCH_STRIP, patches_depth(&s->patches));
    const int64_t strips = (last - from + most - 1) / most;
    const int64_t step = ((last - from + strips - 1) / strips + PATCH_STRIP - 1) / PATCH_STRIP *
                         PATCH_STRIP; /* evenly, at most `most` */
    for (int64_t p = from; p < last; p += step) {
        if (inside)
            sum_inside(s, p, gemm_least(p + step, last));
        else
            sum_gathered(s, p, gemm_least(p + step, last));
    }
}

static void sum_patches(const struct patch_sums *s) {
    const int64_t depth = patches_depth(&s->patches);
    wg_parallel((depth + PATCH_STRIP - 1) / PATCH_STRIP,
                patches_rows(&s->patches, s->images) * depth * s->columns * s->groups / 4,
                sum_range, s);
}

#endif
