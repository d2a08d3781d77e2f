/* average_pool2d(x; size, strides, padding)
 *
 *   y[n][i][j][c] = the mean of x[n][h][w][c] over the (h, w) of window (i, j) in the image
 *   dx[n][h][w][c] = the sum of dy[n][i][j][c] / (elements of window (i, j) in the image) over the
 * windows on (h, w)
 *   Padding has no part in the mean, as in Keras. Linear. Sums run in row-major order.
 */
#include "ops/conv/pool.h"

#ifdef WG_KERNEL_PASS
static inline void add_channels(int64_t n, real *restrict to, const real *restrict from) {
    for (int64_t c = 0; c < n; c++) to[c] += from[c];
}

static inline void divide_channels(int64_t n, real *restrict to, real by) {
    for (int64_t c = 0; c < n; c++) to[c] /= by;
}

static inline void add_share(int64_t n, real *restrict to, const real *restrict from, real by) {
    for (int64_t c = 0; c < n; c++) to[c] += from[c] / by;
}

static void average_rows(int64_t begin, int64_t end, const void *context) {
    const struct pool *p = context;
    const int64_t down = p->axis[0].out, across = p->axis[1].out, n = p->channels;
    for (int64_t r = begin; r < end; r++) {
        const real *image = p->x + r / down * p->axis[0].in * p->axis[1].in * n;
        const struct span rows = window_span(&p->axis[0], r % down);
        for (int64_t j = 0; j < across; j++) {
            const struct span columns = window_span(&p->axis[1], j);
            real *y = p->out + (r * across + j) * n;
            for (int64_t c = 0; c < n; c++) y[c] = 0;
            FOR_EACH_TAP(p, rows, columns, pixel, add_channels(n, y, image + pixel * n));
            divide_channels(n, y, (real)((rows.end - rows.begin) * (columns.end - columns.begin)));
        }
    }
}

KERNEL average_pool2d_forward(const struct wg_args *args) {
    const struct pool p = read_pool(args, NULL, args->y->data);
    wg_parallel(p.images * p.axis[0].out, pool_work(&p), average_rows, &p);
}

static void share_rows(int64_t begin, int64_t end, const void *context) {
    const struct pool *p = context;
    const int64_t down = p->axis[0].in, across = p->axis[1].in, n = p->channels;
    for (int64_t r = begin; r < end; r++) {
        const real *dy = p->in + r / down * p->axis[0].out * p->axis[1].out * n;
        const struct span up = windows_on(&p->axis[0], r % down);
        for (int64_t w = 0; w < across; w++) {
            const struct span left = windows_on(&p->axis[1], w);
            real *dx = p->out + (r * across + w) * n;
            for (int64_t c = 0; c < n; c++) dx[c] = 0;
            for (int64_t i = up.begin; i < up.end; i++) {
                const struct span rows = window_span(&p->axis[0], i);
                for (int64_t j = left.begin; j < left.end; j++) {
                    const struct span columns = window_span(&p->axis[1], j);
                    const int64_t count = (rows.end - rows.begin) * (columns.end - columns.begin);
                    add_share(n, dx, dy + (i * p->axis[1].out + j) * n, (real)count);
                }
            }
        }
    }
}

KERNEL average_pool2d_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct pool p = read_pool(args, dy, dx[0]);
    wg_parallel(p.images * p.axis[0].in, pool_work(&p), share_rows, &p);
}
#endif

KERNELS(average_pool2d, .forward = average_pool2d_forward, .gradient = average_pool2d_gradient);

OPN(average_pool2d, .inputs = {"x"}, POOL_ATTRIBUTES, .structure = WG_LINEAR, .shape = pool_shape,
    .by_example = 1, .formula = "y[n][i][j][c] = the mean of x[n][h][w][c] over window (i, j)",
    .derivative = "dx[n][h][w][c] = the sum of dy[n][i][j][c] / (elements of window (i, j) in the "
                  "image) over the windows on (h, w)",
    .limits = "padding has no part in the mean",
    .reference = "Keras 3, layers.AveragePooling2D, channels last",
    .cases = {"2x4x6x3", "1x1x1x1 size=1,1", "2x5x4x2 size=2,3 strides=1,1", "1x5x5x1 padding=1",
              "1x5x6x2 size=3,3 strides=2,2 padding=1", "2x7x5x2 size=2,2 strides=3,3",
              "1x7x7x2 size=2,1 strides=3,4 padding=1", "1x3x3x17 size=3,3",
              "1x4x3x2 size=9,9 strides=1,1 padding=1"})
