/* depthwise_conv2d: each channel convolved by itself. */
#include "nn/layers/window.h"

static enum wg_status check(const void *options) {
    const struct wg_depthwise_conv2d_options *o = options;
    return wg_check_windows("depthwise_conv2d", 1, 1, o->strides, o->dilation_rate);
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_depthwise_conv2d_options *o = options;
    if (!wg_check_image(x[0])) return (wg_var){0};
    const int64_t channels = wg_shape_of(x[0]).dim[3], filters = channels * o->depth_multiplier;
    const wg_var kernel = wg_pass_weight(
        pass,
        (struct wg_weight){
            "kernel", WG_SHAPE(o->kernel_size[0], o->kernel_size[1], channels, o->depth_multiplier),
            o->depthwise_initializer, o->depthwise_regularizer, o->depthwise_constraint});
    const struct wg_convolution convolution = {
        .strides = {o->strides[0], o->strides[1]},
        .dilation = {o->dilation_rate[0], o->dilation_rate[1]},
        .same = wg_is_same(o->padding),
        .groups = (int)channels};
    /* As many groups as channels: filters of a channel lie side by side either way. */
    const wg_var grouped =
        wg_reshape(kernel, WG_SHAPE(o->kernel_size[0], o->kernel_size[1], 1, filters));
    return wg_finish(pass, wg_convolution2d(x[0], grouped, convolution),
                     (struct wg_ending){o->use_bias, filters, o->bias_initializer,
                                        o->bias_regularizer, o->bias_constraint, o->activation,
                                        o->activity_regularizer});
}

#define FIELD(...) WG_FIELD(wg_depthwise_conv2d_options, __VA_ARGS__)

WG_LAYER(depthwise_conv2d, wg_depthwise_conv2d_options,
         .field = WG_FIELDS(
             WG_SIZE_FIELD(wg_depthwise_conv2d_options, kernel_size, WG_FIELD_PAIR, 0),
             WG_ACTIVATION_FIELD(wg_depthwise_conv2d_options),
             WG_SIZE_FIELD(wg_depthwise_conv2d_options, strides, WG_FIELD_PAIR, 1),
             WG_PADDING_FIELD(wg_depthwise_conv2d_options),
             WG_SIZE_FIELD(wg_depthwise_conv2d_options, depth_multiplier, WG_FIELD_WHOLE, 1),
             WG_SIZE_FIELD(wg_depthwise_conv2d_options, dilation_rate, WG_FIELD_PAIR, 1),
             FIELD(use_bias, WG_FIELD_FLAG, .fallback = WG_YES),
             WG_WEIGHT_FIELDS(wg_depthwise_conv2d_options, depthwise, "glorot_uniform"),
             WG_WEIGHT_FIELDS(wg_depthwise_conv2d_options, bias, "zeros"),
             FIELD(activity_regularizer, WG_FIELD_TEXT)),
         .check = check, .record = record)
