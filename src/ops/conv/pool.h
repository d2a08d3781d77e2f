/* What pools share: attributes, windows, and the loops over them. */
#ifndef WG_OPS_CONV_POOL_H
#define WG_OPS_CONV_POOL_H

#include "ops/conv/window.h"
#include "ops/room.h"

struct pool_attributes {
    struct wg_list size, strides;
    double padding;
};

#define POOL_SIZE 2 /* Keras's default */

#define POOL_ATTRIBUTES                                                                            \
    .attributes = {{.name = "size",                                                                \
                    .min = 1,                                                                      \
                    .max = WINDOW_MOST,                                                            \
                    .kind = WG_LIST,                                                               \
                    .meaning = "rows and columns of a window; absent: 2,2"},                       \
                   {.name = "strides",                                                             \
                    .min = 1,                                                                      \
                    .max = WINDOW_MOST,                                                            \
                    .kind = WG_LIST,                                                               \
                    .meaning = "rows and columns from window to window; absent: the size"},        \
                   {.name = "padding",                                                             \
                    .kind = WG_FLAG,                                                               \
                    .meaning = "0: windows within the image; 1: as many as pixels over strides"}}

/* The windows along rows and along columns; x and attributes were checked. */
static inline void pool_windows(const struct wg_args *args, struct window_axis *axis) {
    const struct pool_attributes *a = (const void *)args->attributes;
    for (int i = 0; i < 2; i++) {
        const int64_t size = window_number(&a->size, i, POOL_SIZE);
        axis[i] = window_axis(&args->x[0]->shape, i, size, window_number(&a->strides, i, size), 1,
                              a->padding != 0);
    }
}

SHAPE(pool) {
    const struct pool_attributes *a = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape;
    struct window_axis axis[2];
    enum wg_status status = window_check_pair(self, "size", &a->size);
    if (status == WG_OK) status = window_check_pair(self, "strides", &a->strides);
    if (status == WG_OK) status = window_check_image(self, x);
    if (status != WG_OK) return status;
    pool_windows(args, axis);
    *y = (struct wg_shape){.rank = 4, .dim = {x->dim[0], axis[0].out, axis[1].out, x->dim[3]}};
    return window_check_room(self, x, axis);
}

#ifdef WG_KERNEL_PASS
#include "base/parallel.h"

/* Channels that are worked on at a time where something is noted of each. */
#define POOL_CHANNELS 128

struct pool {
    struct window_axis axis[2];
    int64_t images, channels;
    const real *x, *y, *in; /* `in`: dy, or x's tangent */
    real *out;
};

static struct pool read_pool(const struct wg_args *args, const void *in, void *out) {
    struct pool p = {.images = args->x[0]->shape.dim[0],
                     .channels = args->x[0]->shape.dim[3],
                     .x = args->x[0]->data,
                     .y = args->y->data,
                     .in = in,
                     .out = out};
    pool_windows(args, p.axis);
    return p;
}

static inline int64_t pool_work(const struct pool *p) {
    return 4 * p->images * p->axis[0].out * p->axis[1].out * p->channels;
}

/* The elements begin to end that window i holds. */
struct span {
    int64_t begin, end;
};

static inline struct span window_span(const struct window_axis *w, int64_t i) {
    const int64_t begin = i * w->stride - w->before, end = begin + w->size;
    return (struct span){begin < 0 ? 0 : begin, end > w->in ? w->in : end};
}

/* The windows begin to end that hold element i. */
static inline struct span windows_on(const struct window_axis *w, int64_t i) {
    const int64_t first = i + w->before - w->size + 1, last = (i + w->before) / w->stride + 1;
    return (struct span){first > 0 ? (first + w->stride - 1) / w->stride : 0,
                         last > w->out ? w->out : last};
}

/* Whether a window has 2 x 2 taps, all of them in the image: loops of constant length serve those.
 */
static inline bool is_square_of_2(struct span rows, struct span columns) {
    return rows.end - rows.begin == 2 && columns.end - columns.begin == 2;
}

/* A loop over the taps of a window in row-major order; pixel is the tap's, from the image's start.
 */
#define FOR_EACH_TAP(p, rows, columns, pixel, body)                                                \
    FOR_EACH_OF(p, rows, (rows).end - (rows).begin, columns, (columns).end - (columns).begin,      \
                pixel, body)
#define FOR_EACH_OF(p, rows, down, columns, across, pixel, body)                                   \
    for (int64_t h_ = (rows).begin; h_ < (rows).begin + (down); h_++) {                            \
        for (int64_t w_ = (columns).begin; w_ < (columns).begin + (across); w_++) {                \
            const int64_t pixel = h_ * (p)->axis[1].in + w_;                                       \
            body;                                                                                  \
        }                                                                                          \
    }
#endif

#endif
