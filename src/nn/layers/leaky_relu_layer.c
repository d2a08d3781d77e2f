/* leaky_relu_layer: x for x > 0, else negative_slope x. */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_leaky_relu_layer_options *o = options;
    return wg_leaky_relu(x[0], o->negative_slope);
}

WG_LAYER(leaky_relu_layer, wg_leaky_relu_layer_options, .alias = "leaky_relu",
         .field = WG_FIELDS(WG_FIELD(wg_leaky_relu_layer_options, negative_slope, WG_FIELD_NUMBER,
                                     .fallback = 0.3, .max = WG_UNLIMITED)),
         .record = record)
