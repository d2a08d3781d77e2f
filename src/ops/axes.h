/* Axes of reductions and of row-wise ops: for shape rules and kernels. */
#ifndef WG_OPS_AXES_H
#define WG_OPS_AXES_H

#include "base/error.h"
#include "wengert/op.h"

#include <stdbool.h>

/* Counts an axis from the front: -1 is the last. -1 when there is none such. */
static inline int wg_axis(const struct wg_shape *shape, double axis) {
    if (!(axis >= -shape->rank && axis < shape->rank)) return -1;
    return (int)(axis < 0 ? axis + shape->rank : axis);
}

static inline enum wg_status wg_check_axis(const struct wg_op *op, const struct wg_shape *shape,
                                           double axis) {
    if (wg_axis(shape, axis) >= 0) return WG_OK;
    return wg_fail(WG_ERROR_SHAPE, "%s: axis %g of shape %s; expected %d to %d", op->name, axis,
                   wg_shape_text(*shape).text, -shape->rank, shape->rank - 1);
}

/* Bit d for each listed axis; all of them for an absent or empty list. The list was checked. */
static inline unsigned wg_axes_mask(const struct wg_shape *shape, const struct wg_list *axes) {
    unsigned mask = 0;
    if (axes->count <= 0) return (1u << shape->rank) - 1;
    for (int i = 0; i < (int)axes->count; i++) {
        const int axis = wg_axis(shape, axes->at[i]);
        if (axis >= 0) mask |= 1u << axis;
    }
    return mask;
}

static inline enum wg_status wg_check_axes(const struct wg_op *op, const struct wg_shape *shape,
                                           const struct wg_list *axes) {
    unsigned seen = 0;
    for (int i = 0; i < (int)axes->count; i++) {
        enum wg_status status = wg_check_axis(op, shape, axes->at[i]);
        if (status != WG_OK) return status;
        unsigned bit = 1u << wg_axis(shape, axes->at[i]);
        if (seen & bit) {
            return wg_fail(WG_ERROR_SHAPE, "%s: axis %g is listed twice", op->name, axes->at[i]);
        }
        seen |= bit;
    }
    return WG_OK;
}

/* The shape without the masked dimensions, or with them as 1. */
static inline struct wg_shape wg_reduced_shape(const struct wg_shape *shape, unsigned mask,
                                               bool keepdims) {
    struct wg_shape y = {0};
    for (int d = 0; d < shape->rank; d++) {
        if (!(mask >> d & 1))
            y.dim[y.rank++] = shape->dim[d];
        else if (keepdims)
            y.dim[y.rank++] = 1;
    }
    return y;
}

/* The number of elements of the masked dimensions together. */
static inline int64_t wg_masked_size(const struct wg_shape *shape, unsigned mask) {
    int64_t size = 1;
    for (int d = 0; d < shape->rank; d++) {
        if (mask >> d & 1) size *= shape->dim[d];
    }
    return size;
}

/* A tensor seen along one axis: outer x n x inner. */
struct wg_along {
    int64_t outer, n, inner;
};

static inline struct wg_along wg_along_axis(const struct wg_shape *shape, double axis) {
    const int at = wg_axis(shape, axis);
    struct wg_along along = {1, 1, 1};
    for (int d = 0; d < shape->rank; d++) {
        if (d < at) along.outer *= shape->dim[d];
        if (d == at) along.n = shape->dim[d];
        if (d > at) along.inner *= shape->dim[d];
    }
    return along;
}

#endif
