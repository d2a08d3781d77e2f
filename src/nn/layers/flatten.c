/* flatten: (a, b, ...) -> (a b ...). */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)options, (void)n;
    if (!wg_check_rank(x[0], 1, WG_MAX_RANK, "a batch")) return (wg_var){0};
    return wg_reshape(x[0], WG_SHAPE(wg_shape_of(x[0]).dim[0], -1));
}

WG_LAYER(flatten, wg_flatten_options, .record = record, .field = WG_NO_FIELDS)
