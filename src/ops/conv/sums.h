/* Sums of patches over output pixels, the gradient of a convolution's kernel: kernel pass only.
 *
 * Windows are read where they lie in the image. Where some reach over its border, an image at a
 * time is copied to the middle of zeros; where there is no room for that, tiles of the matrix of
 * patches are gathered. */
#ifndef WG_OPS_CONV_SUMS_H
#define WG_OPS_CONV_SUMS_H

#include "ops/conv/patches.h"

enum {
    /* A tile of patches or images with their padding, on the stack: at most so many elements. */
    PATCH_TILE = 98304 / (int)sizeof(real),
    PATCH_STRIP = 4, /* rows of a sum that one thread takes at least */
};

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

/* Where the windows of rows first to first + count of the matrix begin; all lie in the image. There
 * are `images` of them, or that many have room at a time: image n is in place n mod images. */
static void list_windows(const struct patches *p, int64_t images, int64_t first, int64_t count,
                         const real **from) {
    const int64_t across = p->column.out, area = p->row.out * across;
    int64_t n = first / area % images, i = first % area / across, j = first % across;
    for (int64_t r = 0, some; r < count; r += some) {
        const int64_t h = n * p->row.in + i * p->row.stride + p->row.offset;
        const int64_t w = j * p->column.stride + p->column.offset;
        const real *const start = p->image + (h * p->column.in + w) * p->pixel;
        some = gemm_least(across - j, count - r);
        for (int64_t k = 0; k < some; k++) from[r + k] = start + k * p->column.stride * p->pixel;
        j = 0;
        if (++i < p->row.out) continue;
        i = 0;
        if (++n == images) n = 0;
    }
}

/* Images with zeros around them, as far as windows reach: room for as many as a chunk sees. */
struct padded {
    struct patches patches; /* of these images */
    int64_t size, images;   /* elements of one, and how many have room */
    int64_t next;           /* that is to be brought */
};

/* The elements of a lattice's axis with its padding. */
static inline int64_t lattice_span(const struct lattice *l) {
    return (l->out - 1) * l->stride + (l->taps - 1) * l->step + 1;
}

/* Of images without padding, that where they lie. False where there is no room for them. */
static bool pad_images(const struct patch_sums *s, real *room, struct padded *padded) {
    struct patches p = s->patches;
    *padded = (struct padded){.patches = p, .images = s->images, .next = s->images};
    if (lattice_inside(&p.row) && lattice_inside(&p.column)) return true;
    p.image = room;
    p.row.in = lattice_span(&p.row);
    p.column.in = lattice_span(&p.column);
    p.row.offset = p.column.offset = 0;
    const int64_t size = p.row.in * p.column.in * p.pixel;
    const int64_t images = PATCH_CHUNK / (p.row.out * p.column.out) + 2;
    if (size > PATCH_TILE / images) return false;
    zero_elements(images * size, room);
    *padded = (struct padded){.patches = p, .size = size, .images = images};
    return true;
}

/* Brings the images up to `end`. */
static void bring_images(const struct patch_sums *s, int64_t end, real *room, struct padded *to) {
    const struct lattice *row = &s->patches.row, *column = &s->patches.column;
    const int64_t pixel = s->patches.pixel, before = -column->offset * pixel;
    const int64_t width = to->patches.column.in * pixel;
    const int64_t lines = gemm_least(row->in, to->patches.row.in + row->offset);
    const int64_t run = gemm_least(column->in * pixel, width - before);
    for (; to->next < end; to->next++) {
        const real *from = s->patches.image + to->next * row->in * column->in * pixel;
        real *line = room + to->next % to->images * to->size - row->offset * width + before;
        for (int64_t h = 0; h < lines; h++, from += column->in * pixel, line += width)
            copy_elements(run, from, line);
    }
}

/* Rows begin to end of out, at most PATCH_OFFSETS, where there is room for what lies beyond the
 * images' border. */
static void sum_padded(const struct patch_sums *s, struct padded *padded, real *room, int64_t begin,
                       int64_t end) {
    const int64_t rows = patches_rows(&s->patches, s->images), pixel = s->groups * s->columns;
    const int64_t area = s->patches.row.out * s->patches.column.out;
    const real *from[PATCH_CHUNK];
    int64_t offset[PATCH_OFFSETS];
    list_offsets(&padded->patches, begin, end, offset);
    for (int64_t r = 0; r < rows; r += PATCH_CHUNK) {
        const int64_t count = gemm_least(PATCH_CHUNK, rows - r);
        bring_images(s, (r + count - 1) / area + 1, room, padded);
        list_windows(&padded->patches, padded->images, r, count, from);
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
static void sum_gathered(const struct patch_sums *s, real *tile, int64_t begin, int64_t end) {
    const int64_t rows = patches_rows(&s->patches, s->images), pixel = s->groups * s->columns;
    for (int64_t r = 0; r < rows; r += PATCH_CHUNK) {
        sum_chunk(s, r, gemm_least(PATCH_CHUNK, rows - r), begin, end, tile, r ? s->part : s->out);
        if (r) add_into((end - begin) * pixel, s->out + begin * pixel, s->part + begin * pixel);
    }
}

static void sum_range(int64_t begin, int64_t end, const void *context) {
    const struct patch_sums *s = context;
    _Alignas(64) real room[PATCH_TILE];
    struct padded padded;
    const bool fits = pad_images(s, room, &padded);
    const int64_t most = fits ? PATCH_OFFSETS : PATCH_TILE / PATCH_CHUNK - 16;
    const int64_t from = begin * PATCH_STRIP,
                  last = gemm_least(end * PATCH_STRIP, patches_depth(&s->patches));
    const int64_t strips = (last - from + most - 1) / most;
    const int64_t step = ((last - from + strips - 1) / strips + PATCH_STRIP - 1) / PATCH_STRIP *
                         PATCH_STRIP; /* evenly, at most `most` */
    const int64_t first_image = padded.next;
    for (int64_t p = from; p < last; p += step) {
        padded.next = first_image;
        if (fits)
            sum_padded(s, &padded, room, p, gemm_least(p + step, last));
        else
            sum_gathered(s, room, p, gemm_least(p + step, last));
    }
}

static void sum_patches(const struct patch_sums *s) {
    const int64_t depth = patches_depth(&s->patches);
    wg_parallel((depth + PATCH_STRIP - 1) / PATCH_STRIP,
                patches_rows(&s->patches, s->images) * depth * s->columns * s->groups / 4,
                sum_range, s);
}

#endif
