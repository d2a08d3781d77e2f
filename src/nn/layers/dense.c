/* dense: activation(x kernel + bias), along the last axis. */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_dense_options *o = options;
    if (!wg_check_rank(x[0], 2, WG_MAX_RANK, "a batch and at least one more dimension"))
        return (wg_var){0};
    const struct wg_shape in = wg_shape_of(x[0]);
    const wg_var kernel =
        wg_pass_weight(pass, (struct wg_weight){"kernel", WG_SHAPE(in.dim[in.rank - 1], o->units),
                                                o->kernel_initializer, o->kernel_regularizer,
                                                o->kernel_constraint});
    return wg_finish(pass, wg_matmul(x[0], kernel),
                     (struct wg_ending){o->use_bias, o->units, o->bias_initializer,
                                        o->bias_regularizer, o->bias_constraint, o->activation,
                                        o->activity_regularizer});
}

WG_LAYER(dense, wg_dense_options,
         .field = WG_FIELDS(WG_FIELD(wg_dense_options, units, WG_FIELD_WHOLE, .min = 1, .max = 1e9),
                            WG_ACTIVATION_FIELD(wg_dense_options),
                            WG_FIELD(wg_dense_options, use_bias, WG_FIELD_FLAG, .fallback = WG_YES),
                            WG_WEIGHT_FIELDS(wg_dense_options, kernel, "glorot_uniform"),
                            WG_WEIGHT_FIELDS(wg_dense_options, bias, "zeros"),
                            WG_FIELD(wg_dense_options, activity_regularizer, WG_FIELD_TEXT)),
         .record = record)
