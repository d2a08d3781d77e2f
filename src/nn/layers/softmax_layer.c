/* softmax_layer: softmax along axes, over all elements or those of a mask. */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass;
    const struct wg_softmax_layer_options *o = options;
    const struct wg_axes axes = o->axis.count ? o->axis : WG_AXES(-1);
    return n == 2 ? wg_masked_softmax(x[0], x[1], axes) : wg_softmax_axes(x[0], axes);
}

WG_LAYER(softmax_layer, wg_softmax_layer_options, .alias = "softmax",
         .field = WG_FIELDS(WG_FIELD(wg_softmax_layer_options, axis, WG_FIELD_AXES)), .least = 1,
         .most = 2, .record = record)
