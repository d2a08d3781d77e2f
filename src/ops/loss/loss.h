/* What losses share: shape rule and scratch. */
#ifndef WG_OPS_LOSS_H
#define WG_OPS_LOSS_H

#include "ops/reduce/reduction.h"

/* Two inputs of one shape, not empty, to a scalar. */
SHAPE(elementwise_loss) {
    if (!wg_shape_equal(args->x[0]->shape, args->x[1]->shape) || args->x[0]->size == 0) {
        return wg_fail(WG_ERROR_SHAPE, "%s: shapes %s and %s; expected the same shape, not empty",
                       self->name, wg_shape_text(args->x[0]->shape).text,
                       wg_shape_text(args->x[1]->shape).text);
    }
    *y = (struct wg_shape){0};
    return WG_OK;
}

SCRATCH(elementwise_loss) { return args->x[0]->size; }

#endif
