/* activation_layer: an activation by its text. */
#include "nn/layer.h"

#include "wengert/activation.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_activation_layer_options *o = options;
    return wg_activate(x[0], o->activation);
}

WG_LAYER(activation_layer, wg_activation_layer_options, .alias = "activation",
         .field = WG_FIELDS(WG_ACTIVATION_FIELD(wg_activation_layer_options)), .record = record)
