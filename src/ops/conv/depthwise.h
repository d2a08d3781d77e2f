/* Convolution with one window for each channel: kernel pass only. Vectors run over channels. Sums
 * are chains over taps, or over rows in the chunks of patches.h; padding is left out of them. */
#ifndef WG_OPS_CONV_DEPTHWISE_H
#define WG_OPS_CONV_DEPTHWISE_H

#include "ops/conv/patches.h"

/* Vectors of channels side by side, where there are as many. */
#define DEPTHWISE_VECTORS 4
#define DEPTHWISE_INLINE static inline __attribute__((always_inline))

struct depthwise {
    struct lattice row, column; /* of the forward windows */
    int64_t images, channels;
    const real *from, *kernel; /* `from`: x, or, to go back to it, dy */
    const real *dy;            /* where the kernel's gradient is summed */
    real *out;
};

/* The element that tap t of output i lies on; -1 for padding. */
static inline int64_t tap_of(const struct lattice *l, int64_t i, int64_t t) {
    const int64_t at = i * l->stride + t * l->step + l->offset;
    return at < l->in ? at : -1;
}

/* The output whose tap t lies on element i; -1 for none. */
static inline int64_t output_of(const struct lattice *l, int64_t i, int64_t t) {
    const int64_t at = i - l->offset - t * l->step;
    return at >= 0 && at % l->stride == 0 && at / l->stride < l->out ? at / l->stride : -1;
}

/* Channels c to c + vectors LANES, or the first `count` of one vector, of pixel (i, j). */
DEPTHWISE_INLINE void depthwise_channels(int vectors, bool partial, int64_t count, bool back,
                                         const struct depthwise *d, const real *image, int64_t i,
                                         int64_t j, int64_t c, real *to) {
    const int64_t width = back ? d->column.out : d->column.in;
    lanes sum[DEPTHWISE_VECTORS];
    LANES_UNROLL
    for (int v = 0; v < vectors; v++) sum[v] = (lanes){0};
    for (int64_t row = 0; row < d->row.taps; row++) {
        const int64_t h = back ? output_of(&d->row, i, row) : tap_of(&d->row, i, row);
        if (h < 0) continue;
        for (int64_t column = 0; column < d->column.taps; column++) {
            const int64_t w =
                back ? output_of(&d->column, j, column) : tap_of(&d->column, j, column);
            if (w < 0) continue;
            const real *x = image + (h * width + w) * d->channels + c,
                       *k = d->kernel + (row * d->column.taps + column) * d->channels + c;
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                sum[v] = partial ? lanes_fma(lanes_load_partial(x, count),
                                             lanes_load_partial(k, count), sum[v])
                                 : lanes_fma(lanes_load(x + v * LANES), lanes_load(k + v * LANES),
                                             sum[v]);
            }
        }
    }
    LANES_UNROLL
    for (int v = 0; v < vectors; v++) {
        if (partial)
            lanes_store_partial(to + c, sum[v], count);
        else
            lanes_store(to + c + v * LANES, sum[v]);
    }
}

DEPTHWISE_INLINE void depthwise_rows(bool back, int64_t begin, int64_t end,
                                     const struct depthwise *d) {
    const struct lattice *row = &d->row, *column = &d->column;
    const int64_t down = back ? row->in : row->out, across = back ? column->in : column->out;
    const int64_t size = (back ? row->out * column->out : row->in * column->in) * d->channels;
    for (int64_t r = begin; r < end; r++) {
        const real *image = d->from + r / down * size;
        for (int64_t j = 0; j < across; j++) {
            real *to = d->out + (r * across + j) * d->channels;
            int64_t c = 0;
            for (; c + DEPTHWISE_VECTORS * LANES <= d->channels; c += DEPTHWISE_VECTORS * LANES) {
                depthwise_channels(DEPTHWISE_VECTORS, false, 0, back, d, image, r % down, j, c, to);
            }
            for (; c + LANES <= d->channels; c += LANES)
                depthwise_channels(1, false, 0, back, d, image, r % down, j, c, to);
            if (c < d->channels) {
                depthwise_channels(1, true, d->channels - c, back, d, image, r % down, j, c, to);
            }
        }
    }
}

static void depthwise_forward_rows(int64_t begin, int64_t end, const void *context) {
    depthwise_rows(false, begin, end, context);
}
static void depthwise_back_rows(int64_t begin, int64_t end, const void *context) {
    depthwise_rows(true, begin, end, context);
}

static int64_t depthwise_work(const struct depthwise *d) {
    return d->images * d->row.out * d->column.out * d->row.taps * d->column.taps * d->channels;
}

static void depthwise_forward(const struct depthwise *d) {
    wg_parallel(d->images * d->row.out, depthwise_work(d), depthwise_forward_rows, d);
}
static void depthwise_back(const struct depthwise *d) {
    wg_parallel(d->images * d->row.in, depthwise_work(d), depthwise_back_rows, d);
}

/* The kernel's gradient at one tap: channels c to c + vectors LANES, or the first `count` of one
 * vector. */
DEPTHWISE_INLINE void depthwise_sum(int vectors, bool partial, int64_t count,
                                    const struct depthwise *d, int64_t tap, int64_t c) {
    const struct lattice *down = &d->row, *across = &d->column;
    const real *dy = d->dy + c;
    real *to = d->out + tap * d->channels + c;
    lanes total[DEPTHWISE_VECTORS], chain[DEPTHWISE_VECTORS];
    LANES_UNROLL
    for (int v = 0; v < vectors; v++) total[v] = chain[v] = (lanes){0};
    int64_t left = PATCH_CHUNK;
    for (int64_t r = 0; r < d->images * down->out; r++) {
        const int64_t h = tap_of(down, r % down->out, tap / across->taps);
        for (int64_t j = 0; j < across->out; j++, dy += d->channels) {
            const int64_t w = tap_of(across, j, tap % across->taps);
            if (h >= 0 && w >= 0) {
                const real *x =
                    d->from + ((r / down->out * down->in + h) * across->in + w) * d->channels + c;
                LANES_UNROLL
                for (int v = 0; v < vectors; v++) {
                    chain[v] = partial ? lanes_fma(lanes_load_partial(x, count),
                                                   lanes_load_partial(dy, count), chain[v])
                                       : lanes_fma(lanes_load(x + v * LANES),
                                                   lanes_load(dy + v * LANES), chain[v]);
                }
            }
            if (--left > 0) continue;
            left = PATCH_CHUNK;
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                total[v] += chain[v];
                chain[v] = (lanes){0};
            }
        }
    }
    LANES_UNROLL
    for (int v = 0; v < vectors; v++) {
        if (partial)
            lanes_store_partial(to, total[v] + chain[v], count);
        else
            lanes_store(to + v * LANES, total[v] + chain[v]);
    }
}

static void depthwise_sum_taps(int64_t begin, int64_t end, const void *context) {
    const struct depthwise *d = context;
    for (int64_t tap = begin; tap < end; tap++) {
        int64_t c = 0;
        for (; c + DEPTHWISE_VECTORS * LANES <= d->channels; c += DEPTHWISE_VECTORS * LANES)
            depthwise_sum(DEPTHWISE_VECTORS, false, 0, d, tap, c);
        for (; c + LANES <= d->channels; c += LANES) depthwise_sum(1, false, 0, d, tap, c);
        if (c < d->channels) depthwise_sum(1, true, d->channels - c, d, tap, c);
    }
}

static void depthwise_sums(const struct depthwise *d) {
    wg_parallel(d->row.taps * d->column.taps, depthwise_work(d), depthwise_sum_taps, d);
}

#endif
