/* elu_layer: x for x > 0, else alpha (e^x - 1). */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_elu_layer_options *o = options;
    return wg_elu(x[0], o->alpha);
}

WG_LAYER(elu_layer, wg_elu_layer_options, .alias = "elu",
         .field = WG_FIELDS(WG_FIELD(wg_elu_layer_options, alpha, WG_FIELD_NUMBER, .fallback = 1)),
         .record = record)
