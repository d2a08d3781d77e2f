/* conv2d: activation(cross-correlation + bias) over images. */
#include "nn/layers/window.h"

static enum wg_status check(const void *options) {
    const struct wg_conv2d_options *o = options;
    return wg_check_windows("conv2d", o->filters, o->groups, o->strides, o->dilation_rate);
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_conv2d_options *o = options;
    const int64_t channels = wg_shape_of(x[0]).dim[3];
    if (!wg_check_image(x[0]) || !wg_check_groups(channels, o->groups)) return (wg_var){0};
    const wg_var kernel = wg_pass_weight(
        pass, (struct wg_weight){
                  "kernel",
                  WG_SHAPE(o->kernel_size[0], o->kernel_size[1], channels / o->groups, o->filters),
                  o->kernel_initializer, o->kernel_regularizer, o->kernel_constraint});
    const struct wg_convolution convolution = {
        .strides = {o->strides[0], o->strides[1]},
        .dilation = {o->dilation_rate[0], o->dilation_rate[1]},
        .same = wg_is_same(o->padding),
        .groups = o->groups};
    return wg_finish(pass, wg_convolution2d(x[0], kernel, convolution),
                     (struct wg_ending){o->use_bias, o->filters, o->bias_initializer,
                                        o->bias_regularizer, o->bias_constraint, o->activation,
                                        o->activity_regularizer});
}

WG_LAYER(
    conv2d, wg_conv2d_options,
    .field = WG_FIELDS(WG_FIELD(wg_conv2d_options, filters, WG_FIELD_WHOLE, .min = 1, .max = 1e9),
                       WG_SIZE_FIELD(wg_conv2d_options, kernel_size, WG_FIELD_PAIR, 0),
                       WG_ACTIVATION_FIELD(wg_conv2d_options),
                       WG_SIZE_FIELD(wg_conv2d_options, strides, WG_FIELD_PAIR, 1),
                       WG_PADDING_FIELD(wg_conv2d_options),
                       WG_SIZE_FIELD(wg_conv2d_options, dilation_rate, WG_FIELD_PAIR, 1),
                       WG_SIZE_FIELD(wg_conv2d_options, groups, WG_FIELD_WHOLE, 1),
                       WG_FIELD(wg_conv2d_options, use_bias, WG_FIELD_FLAG, .fallback = WG_YES),
                       WG_WEIGHT_FIELDS(wg_conv2d_options, kernel, "glorot_uniform"),
                       WG_WEIGHT_FIELDS(wg_conv2d_options, bias, "zeros"),
                       WG_FIELD(wg_conv2d_options, activity_regularizer, WG_FIELD_TEXT)),
    .check = check, .record = record)
