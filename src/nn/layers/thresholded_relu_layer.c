/* thresholded_relu_layer: x for x > theta, else 0. */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_thresholded_relu_layer_options *o = options;
    return wg_thresholded_relu(x[0], o->theta);
}

WG_LAYER(thresholded_relu_layer, wg_thresholded_relu_layer_options, .alias = "thresholded_relu",
         .field = WG_FIELDS(WG_FIELD(wg_thresholded_relu_layer_options, theta, WG_FIELD_NUMBER,
                                     .fallback = 1, .max = WG_UNLIMITED)),
         .record = record)
