/* conv1d: activation(cross-correlation + bias) over sequences, as images of one row. */
#include "nn/layers/window.h"

static enum wg_status check(const void *options) {
    const struct wg_conv1d_options *o = options;
    return wg_check_windows("conv1d", o->filters, o->groups, (const int[]){1, o->strides},
                            (const int[]){1, o->dilation_rate});
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_conv1d_options *o = options;
    const int64_t channels = wg_shape_of(x[0]).dim[2];
    if (!wg_check_steps(x[0]) || !wg_check_groups(channels, o->groups)) return (wg_var){0};
    const struct wg_shape shape = WG_SHAPE(o->kernel_size, channels / o->groups, o->filters);
    const wg_var kernel =
        wg_pass_weight(pass, (struct wg_weight){"kernel", shape, o->kernel_initializer,
                                                o->kernel_regularizer, o->kernel_constraint});
    const struct wg_convolution convolution = {.strides = {1, o->strides},
                                               .dilation = {1, o->dilation_rate},
                                               .same = wg_is_same(o->padding),
                                               .groups = o->groups};
    return wg_finish(pass,
                     wg_as_steps(wg_convolution2d(
                         wg_as_image(x[0]),
                         wg_reshape(kernel, WG_SHAPE(1, shape.dim[0], shape.dim[1], shape.dim[2])),
                         convolution)),
                     (struct wg_ending){o->use_bias, o->filters, o->bias_initializer,
                                        o->bias_regularizer, o->bias_constraint, o->activation,
                                        o->activity_regularizer});
}

WG_LAYER(
    conv1d, wg_conv1d_options,
    .field = WG_FIELDS(WG_FIELD(wg_conv1d_options, filters, WG_FIELD_WHOLE, .min = 1, .max = 1e9),
                       WG_SIZE_FIELD(wg_conv1d_options, kernel_size, WG_FIELD_WHOLE, 0),
                       WG_ACTIVATION_FIELD(wg_conv1d_options),
                       WG_SIZE_FIELD(wg_conv1d_options, strides, WG_FIELD_WHOLE, 1),
                       WG_PADDING_FIELD(wg_conv1d_options),
                       WG_SIZE_FIELD(wg_conv1d_options, dilation_rate, WG_FIELD_WHOLE, 1),
                       WG_SIZE_FIELD(wg_conv1d_options, groups, WG_FIELD_WHOLE, 1),
                       WG_FIELD(wg_conv1d_options, use_bias, WG_FIELD_FLAG, .fallback = WG_YES),
                       WG_WEIGHT_FIELDS(wg_conv1d_options, kernel, "glorot_uniform"),
                       WG_WEIGHT_FIELDS(wg_conv1d_options, bias, "zeros"),
                       WG_FIELD(wg_conv1d_options, activity_regularizer, WG_FIELD_TEXT)),
    .check = check, .record = record)
