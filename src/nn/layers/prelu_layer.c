/* prelu_layer: x for x > 0, else alpha x, alpha learnt. */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_prelu_layer_options *o = options;
    const struct wg_shape shape = wg_prelu_alpha_shape(wg_shape_of(x[0]), o->shared_axes);
    if (shape.rank == 0) return (wg_var){0};
    return wg_prelu(
        x[0], wg_pass_weight(pass, (struct wg_weight){"alpha", shape, o->alpha_initializer,
                                                      o->alpha_regularizer, o->alpha_constraint}));
}

WG_LAYER(prelu_layer, wg_prelu_layer_options, .alias = "prelu",
         .field = WG_FIELDS(WG_WEIGHT_FIELDS(wg_prelu_layer_options, alpha, "zeros"),
                            WG_FIELD(wg_prelu_layer_options, shared_axes, WG_FIELD_AXES)),
         .record = record)
