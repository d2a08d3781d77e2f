/* What softmax and log_softmax share: their axes, and the shape rule. */
#ifndef WG_OPS_SOFTMAX_H
#define WG_OPS_SOFTMAX_H

#include "ops/reduce/reduction.h"

#define SOFTMAX_ATTRIBUTES                                                                         \
    .attributes = {                                                                                \
        {.name = "axis", .kind = WG_LIST, .meaning = "the axis or axes; the last when absent"}}

static inline unsigned softmax_mask(const struct wg_args *args) {
    const struct wg_list *axes = (const void *)args->attributes;
    const struct wg_shape *shape = &args->x[0]->shape;
    return axes->count <= 0 ? 1u << (shape->rank - 1) : wg_axes_mask(shape, axes);
}

SHAPE(softmax) {
    const struct wg_list *axes = (const void *)args->attributes;
    *y = args->x[0]->shape;
    if (y->rank == 0) {
        return wg_fail(WG_ERROR_SHAPE, "%s: a scalar has no axis; expected rank 1 or more",
                       self->name);
    }
    return wg_check_axes(self, y, axes);
}

#endif
