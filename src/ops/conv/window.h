/* Windows that slide over images (batch, height, width, channels), as Keras counts them: for shape
 * rules and kernels. */
#ifndef WG_OPS_CONV_WINDOW_H
#define WG_OPS_CONV_WINDOW_H

#include "base/error.h"
#include "wengert/op.h"

#include <stdbool.h>

/* Sizes that are read as attributes, and spans made of two such, stay far from overflow. */
#define WINDOW_MOST 2147483647

/* One axis: `out` windows of `size` elements `dilation` apart, `stride` from window to window, the
 * first one beginning `before` elements before the image, which has `in`. */
struct window_axis {
    int64_t in, out, size, stride, dilation, before;
};

/* Number i of a list of two; absent: the one given. */
static inline int64_t window_number(const struct wg_list *list, int i, int64_t absent) {
    return list->count < 0 ? absent : (int64_t)list->at[i];
}

static inline enum wg_status window_check_pair(const struct wg_op *op, const char *name,
                                               const struct wg_list *list) {
    if (list->count == -1 || list->count == 2) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "%s: %s lists %g numbers; expected 2, one for rows and one for columns",
                   op->name, name, list->count);
}

static inline enum wg_status window_check_image(const struct wg_op *op,
                                                const struct wg_shape *shape) {
    if (shape->rank == 4 && shape->dim[1] > 0 && shape->dim[2] > 0 && shape->dim[3] > 0)
        return WG_OK;
    return wg_fail(WG_ERROR_SHAPE,
                   "%s: x has shape %s; expected (batch, height, width, channels), the last three "
                   "at least 1",
                   op->name, wg_shape_text(*shape).text);
}

/* The axis of x that `axis` counts from 0 for rows. `same` 1: enough padding for out = ceil(in /
 * stride), the odd one at the end; 0: none. */
static inline struct window_axis window_axis(const struct wg_shape *x, int axis, int64_t size,
                                             int64_t stride, int64_t dilation, bool same) {
    struct window_axis w = {
        .in = x->dim[1 + axis], .size = size, .stride = stride, .dilation = dilation};
    const int64_t span = (size - 1) * dilation + 1;
    if (same) {
        w.out = (w.in - 1) / stride + 1;
        const int64_t padding = (w.out - 1) * stride + span - w.in;
        w.before = padding > 0 ? padding / 2 : 0;
    } else {
        w.out = span > w.in ? 0 : (w.in - span) / stride + 1;
    }
    return w;
}

/* Both axes have room for a window. */
static inline enum wg_status window_check_room(const struct wg_op *op, const struct wg_shape *x,
                                               const struct window_axis *axis) {
    for (int i = 0; i < 2; i++) {
        if (axis[i].out > 0) continue;
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: windows of %lld %s, %lld apart, do not fit x of shape %s without "
                       "padding; expected a span of at most %lld, or padding=1",
                       op->name, (long long)axis[i].size, i ? "columns" : "rows",
                       (long long)axis[i].dilation, wg_shape_text(*x).text, (long long)axis[i].in);
    }
    return WG_OK;
}

#endif
