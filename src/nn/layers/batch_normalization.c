/* batch_normalization: each channel standardized by its batch, or by moving statistics. */
#include "nn/layer.h"

#include "wengert/ops.h"

/* x's axes but one. Not empty: x has a batch and a channel axis. */
static struct wg_axes all_but(int rank, int axis) {
    struct wg_axes axes = {0};
    for (int d = 0; d < rank; d++) {
        if (d != axis) axes.axis[axes.count++] = d;
    }
    return axes;
}

/* Standardized by the batch, towards whose statistics the moving ones will go. */
static wg_var by_batch(wg_pass *pass, const struct wg_batch_normalization_options *o, wg_var x,
                       struct wg_axes axes) {
    if (wg_pass_move_statistic(pass, "moving_mean", wg_mean(x, axes, 0), o->momentum) != WG_OK ||
        wg_pass_move_statistic(pass, "moving_variance", wg_variance(x, axes, 0), o->momentum) !=
            WG_OK)
        return (wg_var){0};
    return wg_standardize(x, axes, o->epsilon);
}

/* The statistics are (channels); `beside`, their shape beside x. */
static wg_var by_moving(wg_pass *pass, const struct wg_batch_normalization_options *o, wg_var x,
                        wg_var mean, wg_var variance, struct wg_shape beside) {
    mean = wg_reshape(mean, beside);
    variance = wg_reshape(variance, beside);
    const wg_var epsilon = wg_constant_scalar(wg_pass_tape(pass), wg_pass_dtype(pass), o->epsilon);
    const wg_var centred = wg_sub(x, mean), deviation = wg_sqrt(wg_add(variance, epsilon));
    return wg_div(centred, deviation);
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_batch_normalization_options *o = options;
    const struct wg_shape in = wg_shape_of(x[0]);
    if (!wg_check_feature_axis(in.rank, o->axis)) return (wg_var){0};
    const int axis = o->axis < 0 ? o->axis + in.rank : o->axis;
    const struct wg_shape channels = {1, {in.dim[axis]}};
    struct wg_shape beside = {.rank = in.rank - axis, .dim = {in.dim[axis]}};
    for (int d = 1; d < beside.rank; d++) beside.dim[d] = 1;
    wg_var gamma = {0}, beta = {0};
    if (o->scale == WG_YES)
        gamma = wg_pass_weight(pass, (struct wg_weight){"gamma", channels, o->gamma_initializer,
                                                        o->gamma_regularizer, o->gamma_constraint});
    if (o->center == WG_YES)
        beta = wg_pass_weight(pass, (struct wg_weight){"beta", channels, o->beta_initializer,
                                                       o->beta_regularizer, o->beta_constraint});
    const wg_var mean = wg_pass_statistic(
        pass, (struct wg_weight){"moving_mean", channels, o->moving_mean_initializer, NULL, NULL});
    const wg_var variance =
        wg_pass_statistic(pass, (struct wg_weight){"moving_variance", channels,
                                                   o->moving_variance_initializer, NULL, NULL});
    wg_var y = wg_pass_mode(pass) == WG_TRAINING ? by_batch(pass, o, x[0], all_but(in.rank, axis))
                                                 : by_moving(pass, o, x[0], mean, variance, beside);
    if (o->scale == WG_YES) y = wg_mul(y, wg_reshape(gamma, beside));
    if (o->center == WG_YES) y = wg_add(y, wg_reshape(beta, beside));
    return y;
}

#define FIELD(...) WG_FIELD(wg_batch_normalization_options, __VA_ARGS__)

WG_LAYER(batch_normalization, wg_batch_normalization_options, .also = "batchnorm",
         .has_statistics = true,
         .field = WG_FIELDS(FIELD(axis, WG_FIELD_WHOLE, .fallback = -1, .min = -WG_MAX_RANK,
                                  .max = WG_MAX_RANK - 1),
                            FIELD(momentum, WG_FIELD_NUMBER, .fallback = 0.99, .max = 1),
                            FIELD(epsilon, WG_FIELD_NUMBER, .fallback = 1e-3, .max = WG_UNLIMITED),
                            FIELD(center, WG_FIELD_FLAG, .fallback = WG_YES),
                            FIELD(scale, WG_FIELD_FLAG, .fallback = WG_YES),
                            FIELD(beta_initializer, WG_FIELD_TEXT, .text = "zeros"),
                            FIELD(gamma_initializer, WG_FIELD_TEXT, .text = "ones"),
                            FIELD(moving_mean_initializer, WG_FIELD_TEXT, .text = "zeros"),
                            FIELD(moving_variance_initializer, WG_FIELD_TEXT, .text = "ones"),
                            FIELD(beta_regularizer, WG_FIELD_TEXT),
                            FIELD(gamma_regularizer, WG_FIELD_TEXT),
                            FIELD(beta_constraint, WG_FIELD_TEXT),
                            FIELD(gamma_constraint, WG_FIELD_TEXT)),
         .record = record)
