/* What losses share: shape rules, checks of labels, scratch. */
#ifndef WG_OPS_LOSS_H
#define WG_OPS_LOSS_H

#include "ops/reduce/reduction.h"

/* Two inputs of one shape, not empty, to a loss of each element. */
SHAPE(loss_of_each) {
    if (!wg_shape_equal(args->x[0]->shape, args->x[1]->shape) || args->x[0]->size == 0) {
        return wg_fail(WG_ERROR_SHAPE, "%s: shapes %s and %s; expected the same shape, not empty",
                       self->name, wg_shape_text(args->x[0]->shape).text,
                       wg_shape_text(args->x[1]->shape).text);
    }
    *y = args->x[0]->shape;
    return WG_OK;
}

/* The same, to a scalar. */
SHAPE(elementwise_loss) {
    const enum wg_status status = loss_of_each_shape(self, args, y);
    *y = (struct wg_shape){0};
    return status;
}

SCRATCH(elementwise_loss) { return args->x[0]->size; }

/* ------------------------------------------------------------------------------------------------
 * Labels */

/* x (..., classes), not empty, and labels (...) or (..., 1), to a number of each sample. */
SHAPE(labelled_rows) {
    const struct wg_shape x = args->x[0]->shape, label = args->x[1]->shape;
    struct wg_shape samples = x, column = x;
    if (x.rank > 0) {
        samples.rank--;
        column.dim[column.rank - 1] = 1;
    }
    if (x.rank == 0 || args->x[0]->size == 0 ||
        !(wg_shape_equal(samples, label) || wg_shape_equal(column, label))) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: x of shape %s and labels of shape %s; expected (..., classes) and "
                       "(...) or (..., 1), not empty",
                       self->name, wg_shape_text(x).text, wg_shape_text(label).text);
    }
    *y = samples;
    return WG_OK;
}

static inline bool is_listed(const struct wg_list *list, int32_t label) {
    for (int i = 0; i < (int)list->count; i++) {
        if (list->at[i] == label) return true;
    }
    return false;
}

/* Labels of 0 to classes - 1, or in the list, which is the one attribute of ops that check so. */
CHECK(labelled_rows) {
    const struct wg_list *ignored = (const void *)args->attributes;
    const struct wg_tensor *x = args->x[0];
    const int64_t classes = x->shape.dim[x->shape.rank - 1];
    const int32_t *label = args->x[1]->data;
    for (int64_t i = 0; i < args->x[1]->size; i++) {
        if ((label[i] >= 0 && label[i] < classes) || is_listed(ignored, label[i])) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: label %d of sample %lld; expected 0 to %lld%s",
                       self->name, (int)label[i], (long long)i, (long long)classes - 1,
                       ignored->count > 0 ? ", or one of ignore_class" : "");
    }
    return WG_OK;
}

#define IGNORED_LABELS                                                                             \
    .attributes = {{.name = "ignore_class",                                                        \
                    .kind = WG_LIST,                                                               \
                    .meaning = "labels whose samples give 0, and have no gradient"}}

#endif
