/* relu_layer: relu with a slope, a maximum and a threshold. */
#include "nn/layer.h"

#include "wengert/ops.h"

#include <math.h>

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_relu_layer_options *o = options;
    const double max_value = o->max_value == WG_UNLIMITED ? INFINITY : o->max_value;
    return wg_relu_with(x[0], o->negative_slope, max_value, o->threshold);
}

WG_LAYER(relu_layer, wg_relu_layer_options, .alias = "relu",
         .field = WG_FIELDS(
             WG_FIELD(wg_relu_layer_options, max_value, WG_FIELD_NUMBER, .fallback = WG_UNLIMITED,
                      .max = WG_UNLIMITED),
             WG_FIELD(wg_relu_layer_options, negative_slope, WG_FIELD_NUMBER, .max = WG_UNLIMITED),
             WG_FIELD(wg_relu_layer_options, threshold, WG_FIELD_NUMBER, .max = WG_UNLIMITED)),
         .record = record)
