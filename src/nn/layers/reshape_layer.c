/* reshape_layer: the same elements under another shape. */
#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"

static enum wg_status check(const void *options) {
    const struct wg_reshape_layer_options *o = options;
    const struct wg_shape shape = o->target_shape;
    int open = 0;
    bool good = shape.rank > 0 && shape.rank < WG_MAX_RANK;
    for (int d = 0; good && d < shape.rank; d++) {
        open += shape.dim[d] == -1;
        good = shape.dim[d] >= 1 || shape.dim[d] == -1;
    }
    if (good && open <= 1) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "reshape_layer: target_shape %s; expected 1 to %d dimensions without the batch, "
                   "each at least 1, or one of them -1",
                   wg_shape_text(shape).text, WG_MAX_RANK - 1);
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_reshape_layer_options *o = options;
    if (!wg_check_rank(x[0], 1, WG_MAX_RANK, "a batch")) return (wg_var){0};
    const struct wg_shape in = wg_shape_of(x[0]);
    struct wg_shape to = {.rank = o->target_shape.rank + 1, .dim = {in.dim[0]}};
    int64_t size = 1, known = 1;
    int open = 0;
    for (int d = 1; d < in.rank; d++) size *= in.dim[d];
    for (int d = 1; d < to.rank; d++) {
        to.dim[d] = o->target_shape.dim[d - 1];
        if (to.dim[d] == -1)
            open = d;
        else if (__builtin_mul_overflow(known, to.dim[d], &known))
            known = 0;
    }
    if (open && known > 0 && size % known == 0) {
        to.dim[open] = size / known;
        known = size;
    }
    if (known == size) return wg_reshape(x[0], to);
    wg_fail(WG_ERROR_SHAPE, "input of shape %s; expected as many elements an example as in %s",
            wg_shape_text(in).text, wg_shape_text(o->target_shape).text);
    return (wg_var){0};
}

WG_LAYER(reshape_layer, wg_reshape_layer_options, .alias = "reshape",
         .field = WG_FIELDS(WG_FIELD(wg_reshape_layer_options, target_shape, WG_FIELD_SHAPE)),
         .check = check, .record = record)
