/* max_pool2d(x; size, strides, padding)
 *
 *   y[n][i][j][c] = the largest of x[n][h][w][c] over the (h, w) of window (i, j)
 *   dx[n][h][w][c] = the sum of dy[n][i][j][c] over the windows that (h, w) won
 *   Padding is -inf, so it has no part in the result. Ties: the first winner in row-major order
 * takes the gradient. NaN in, NaN out: the first NaN wins. Exact.
 */
#include "ops/conv/pool.h"

#ifdef WG_KERNEL_PASS
#include "math/lanes.h"

/* The largest of a window's channels c to c + LANES, or of the first `count` of them. `square`: of
 * 2 x 2 taps. */
LANES_INLINE void window_largest(bool partial, int64_t count, bool square, const struct pool *p,
                                 const real *image, struct span rows, struct span columns,
                                 int64_t c, real *to) {
    const int64_t down = square ? 2 : rows.end - rows.begin;
    const int64_t across = square ? 2 : columns.end - columns.begin;
    const int64_t n = p->channels;
    const real *first = image + (rows.begin * p->axis[1].in + columns.begin) * n + c;
    lanes y = partial ? lanes_load_partial(first, count) : lanes_load(first);
    FOR_EACH_OF(p, rows, down, columns, across, pixel, {
        const real *from = image + pixel * n + c;
        const lanes x = partial ? lanes_load_partial(from, count) : lanes_load(from);
        y = lanes_select((x > y) | (x != x), x, y);
    });
    if (partial)
        lanes_store_partial(to + c, y, count);
    else
        lanes_store(to + c, y);
}

LANES_INLINE void channels_largest(bool square, const struct pool *p, const real *image,
                                   struct span rows, struct span columns, real *y) {
    const int64_t n = p->channels;
    int64_t c = 0;
    for (; c + LANES <= n; c += LANES)
        window_largest(false, 0, square, p, image, rows, columns, c, y);
    if (c < n) window_largest(true, n - c, square, p, image, rows, columns, c, y);
}

static void largest_rows(int64_t begin, int64_t end, const void *context) {
    const struct pool *p = context;
    const int64_t down = p->axis[0].out, across = p->axis[1].out, n = p->channels;
    for (int64_t r = begin; r < end; r++) {
        const real *image = p->x + r / down * p->axis[0].in * p->axis[1].in * n;
        const struct span rows = window_span(&p->axis[0], r % down);
        const int64_t row = p->axis[1].in * n, at = r / down * p->axis[0].in + rows.end;
        lanes_ask(p->x, at * row, (at + p->axis[0].stride) * row, p->images * p->axis[0].in * row);
        for (int64_t j = 0; j < across; j++) {
            const struct span columns = window_span(&p->axis[1], j);
            real *y = p->out + (r * across + j) * n;
            if (is_square_of_2(rows, columns))
                channels_largest(true, p, image, rows, columns, y);
            else
                channels_largest(false, p, image, rows, columns, y);
        }
    }
}

KERNEL max_pool2d_forward(const struct wg_args *args) {
    const struct pool p = read_pool(args, NULL, args->y->data);
    wg_parallel(p.images * p.axis[0].out, pool_work(&p), largest_rows, &p);
}

/* Whether a tap won, given that none before it did. */
#define WINS(x, y) ((x) == (y) || (x) != (x))

/* dx += dy where a tap won, and dy is gone from there. */
static inline void take_gradient(int64_t n, real *restrict dx, real *restrict dy,
                                 const real *restrict x, const real *restrict y) {
    for (int64_t c = 0; c < n; c++) {
        const bool won = WINS(x[c], y[c]);
        dx[c] += won ? dy[c] : 0;
        dy[c] = won ? 0 : dy[c];
    }
}

/* n channels of an image, from channel c on. */
static void image_winners(const struct pool *p, int64_t image, int64_t c, int64_t n) {
    const int64_t down = p->axis[0].out, across = p->axis[1].out;
    const int64_t from = image * p->axis[0].in * p->axis[1].in, to = image * down * across;
    real left[POOL_CHANNELS];
    for (int64_t i = 0; i < p->axis[0].in * p->axis[1].in; i++)
        memset(p->out + (from + i) * p->channels + c, 0, (size_t)n * sizeof(real));
    for (int64_t i = 0; i < down * across; i++) {
        const struct span rows = window_span(&p->axis[0], i / across),
                          columns = window_span(&p->axis[1], i % across);
        const int64_t at = (to + i) * p->channels + c;
        memcpy(left, p->in + at, (size_t)n * sizeof(real));
        FOR_EACH_TAP(p, rows, columns, pixel,
                     take_gradient(n, p->out + (from + pixel) * p->channels + c, left,
                                   p->x + (from + pixel) * p->channels + c, p->y + at));
    }
}

/* Windows overlap, so that what is shared out is images and channels. */
static void gradient_parts(int64_t begin, int64_t end, const void *context) {
    const struct pool *p = context;
    const int64_t parts = (p->channels + POOL_CHANNELS - 1) / POOL_CHANNELS;
    for (int64_t part = begin; part < end; part++) {
        const int64_t c = part % parts * POOL_CHANNELS, left = p->channels - c;
        image_winners(p, part / parts, c, left < POOL_CHANNELS ? left : POOL_CHANNELS);
    }
}

/* Channels c to c + LANES of a window that shares no element with another; as take_gradient. */
LANES_INLINE void window_winners(bool partial, int64_t count, bool square, const struct pool *p,
                                 int64_t image, int64_t window, struct span rows,
                                 struct span columns, int64_t c) {
    const int64_t n = p->channels, down = square ? 2 : rows.end - rows.begin;
    const int64_t across = square ? 2 : columns.end - columns.begin;
    const real *y_ = p->y + window * n + c, *dy = p->in + window * n + c;
    const lanes zero = {0}, y = partial ? lanes_load_partial(y_, count) : lanes_load(y_);
    lanes left = partial ? lanes_load_partial(dy, count) : lanes_load(dy);
    FOR_EACH_OF(p, rows, down, columns, across, pixel, {
        const int64_t at = (image + pixel) * n + c;
        const lanes x = partial ? lanes_load_partial(p->x + at, count) : lanes_load(p->x + at);
        const lanes_mask_type won = (x == y) | (x != x);
        const lanes dx = zero + lanes_select(won, left, zero);
        left = lanes_select(won, zero, left);
        if (partial)
            lanes_store_partial(p->out + at, dx, count);
        else
            lanes_store(p->out + at, dx);
    });
}

LANES_INLINE void channels_winners(bool square, const struct pool *p, int64_t image, int64_t window,
                                   struct span rows, struct span columns) {
    const int64_t n = p->channels;
    int64_t c = 0;
    for (; c + LANES <= n; c += LANES)
        window_winners(false, 0, square, p, image, window, rows, columns, c);
    if (c < n) window_winners(true, n - c, square, p, image, window, rows, columns, c);
}

/* Zeros for the pixels begin to end. */
static inline void zero_pixels(const struct pool *p, int64_t begin, int64_t end) {
    if (begin < end)
        memset(p->out + begin * p->channels, 0,
               (size_t)((end - begin) * p->channels) * sizeof(real));
}

/* Where windows share no element: rows of windows, each with the rows of the image from its own
 * first one to the next one's. */
static void apart_rows(int64_t begin, int64_t end, const void *context) {
    const struct pool *p = context;
    const int64_t down = p->axis[0].out, across = p->axis[1].out, n = p->channels;
    const int64_t width = p->axis[1].in;
    for (int64_t r = begin; r < end; r++) {
        const int64_t i = r % down, image = r / down * p->axis[0].in * width;
        const struct span rows = window_span(&p->axis[0], i);
        const int64_t next = i + 1 < down ? window_span(&p->axis[0], i + 1).begin : p->axis[0].in;
        const int64_t ahead = (image + rows.end * width) * n;
        lanes_ask(p->x, ahead, ahead + p->axis[0].stride * width * n,
                  p->images * p->axis[0].in * width * n);
        lanes_ask(p->out, ahead, ahead + p->axis[0].stride * width * n,
                  p->images * p->axis[0].in * width * n);
        if (i == 0) zero_pixels(p, image, image + rows.begin * width);
        zero_pixels(p, image + rows.end * width, image + next * width);
        int64_t done = 0; /* columns */
        for (int64_t j = 0; j <= across; j++) {
            const struct span columns =
                j < across ? window_span(&p->axis[1], j) : (struct span){width, width};
            for (int64_t h = rows.begin; done < columns.begin && h < rows.end; h++)
                zero_pixels(p, image + h * width + done, image + h * width + columns.begin);
            done = columns.end;
            if (j == across) break;
            if (is_square_of_2(rows, columns))
                channels_winners(true, p, image, r * across + j, rows, columns);
            else
                channels_winners(false, p, image, r * across + j, rows, columns);
        }
    }
}

KERNEL max_pool2d_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct pool p = read_pool(args, dy, dx[0]);
    if (p.axis[0].stride >= p.axis[0].size && p.axis[1].stride >= p.axis[1].size) {
        wg_parallel(p.images * p.axis[0].out, pool_work(&p), apart_rows, &p);
        return;
    }
    wg_parallel(p.images * ((p.channels + POOL_CHANNELS - 1) / POOL_CHANNELS), pool_work(&p),
                gradient_parts, &p);
}

/* ty = tx from the first winner: going back through the taps, the last one written. */
static inline void take_tangent(int64_t n, real *restrict ty, const real *restrict tx,
                                const real *restrict x, const real *restrict y) {
    for (int64_t c = 0; c < n; c++) ty[c] = WINS(x[c], y[c]) ? tx[c] : ty[c];
}

static void tangent_rows(int64_t begin, int64_t end, const void *context) {
    const struct pool *p = context;
    const int64_t down = p->axis[0].out, across = p->axis[1].out, n = p->channels;
    for (int64_t r = begin; r < end; r++) {
        const int64_t image = r / down * p->axis[0].in * p->axis[1].in;
        const struct span rows = window_span(&p->axis[0], r % down);
        for (int64_t j = 0; j < across; j++) {
            const struct span columns = window_span(&p->axis[1], j);
            const int64_t at = (r * across + j) * n;
            for (int64_t h = rows.end - 1; h >= rows.begin; h--) {
                for (int64_t w = columns.end - 1; w >= columns.begin; w--) {
                    const int64_t from = (image + h * p->axis[1].in + w) * n;
                    take_tangent(n, p->out + at, p->in + from, p->x + from, p->y + at);
                }
            }
        }
    }
}

KERNEL max_pool2d_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    const struct pool p = read_pool(args, tx[0], ty);
    wg_parallel(p.images * p.axis[0].out, pool_work(&p), tangent_rows, &p);
}

/* Of each element, which windows it won: a hash of their numbers among those on it. */
static void max_pool2d_branches(const struct wg_args *args, unsigned char *taken) {
    const struct pool p = read_pool(args, NULL, NULL);
    const int64_t area = p.axis[0].in * p.axis[1].in, windows = p.axis[0].out * p.axis[1].out;
    memset(taken, 0, (size_t)args->x[0]->size);
    for (int64_t i = 0; i < args->y->size; i++) {
        const int64_t c = i % p.channels, window = i / p.channels % windows,
                      image = i / p.channels / windows * area;
        const struct span rows = window_span(&p.axis[0], window / p.axis[1].out),
                          columns = window_span(&p.axis[1], window % p.axis[1].out);
        bool won = false;
        unsigned tap = 0;
        FOR_EACH_TAP(&p, rows, columns, pixel, {
            const int64_t at = (image + pixel) * p.channels + c;
            tap++;
            if (!won && WINS(p.x[at], p.y[i])) {
                won = true;
                taken[at] = (unsigned char)(taken[at] * 31u + tap);
            }
        });
    }
}
#endif

KERNELS(max_pool2d, .forward = max_pool2d_forward, .gradient = max_pool2d_gradient,
        .tangent = max_pool2d_tangent, .branches = max_pool2d_branches);

OPN(max_pool2d, .inputs = {"x"}, POOL_ATTRIBUTES, .shape = pool_shape, .by_example = 1,
    .formula = "y[n][i][j][c] = the largest of x[n][h][w][c] over window (i, j)",
    .derivative = "dx[n][h][w][c] = the sum of dy[n][i][j][c] over the windows that (h, w) won",
    .kink = "ties: the first winner in row-major order takes the gradient",
    .limits = "padding is -inf; the first NaN wins",
    .reference = "Keras 3, layers.MaxPooling2D, channels last", .distinct = 1,
    .cases = {"2x4x6x3", "1x1x1x1 size=1,1", "2x5x4x2 size=2,3 strides=1,1", "1x5x5x1 padding=1",
              "1x5x6x2 size=3,3 strides=2,2 padding=1", "2x7x5x2 size=2,2 strides=3,3",
              "1x7x7x2 size=2,1 strides=3,4 padding=1", "1x3x3x17 size=3,3",
              "1x4x3x2 size=9,9 strides=1,1 padding=1"})
