/* Convolutions and pooling, over images (rows, columns, channels) and sequences (steps, channels).
 *
 * Along an axis of n elements, windows of size k, dilation d apart inside, span s = (k - 1) d + 1
 * elements, and stand `strides` apart. padding "valid", the default: those within the input,
 * floor((n - s) / stride) + 1 of them; "same": ceil(n / stride), with what is missing added around
 * the input, one more at the end where it is odd. A pair is rows, then columns; a second of 0 means
 * the first. Errors name both sizes where a window is larger than the input.
 */
#ifndef WENGERT_LAYERS_CONVOLUTION_H
#define WENGERT_LAYERS_CONVOLUTION_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* activation(x * kernel + bias), * being the cross-correlation. Weights: kernel (height, width,
 * channels / groups, filters), bias (filters). Source: Keras 3, layers.Conv2D. */
struct wg_conv2d_options {
    int none;
    int filters;
    int kernel_size[2];
    const char *activation;
    int strides[2];                 /* default 1 */
    const char *padding;            /* "valid", "same" */
    int dilation_rate[2];           /* default 1; strides or dilation_rate must be 1 */
    int groups;                     /* default 1; divides channels and filters */
    int use_bias;                   /* default WG_YES */
    const char *kernel_initializer; /* default "glorot_uniform" */
    const char *bias_initializer;   /* default "zeros" */
    const char *kernel_regularizer, *bias_regularizer;
    const char *activity_regularizer; /* of the output, divided by the batch's size */
    const char *kernel_constraint, *bias_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_conv2d_new(struct wg_conv2d_options options);

/* The same over sequences: (steps, channels) -> (windows, filters). Weights: kernel (kernel_size,
 * channels / groups, filters), bias (filters). */
struct wg_conv1d_options {
    int none;
    int filters, kernel_size;
    const char *activation;
    int strides;         /* default 1 */
    const char *padding; /* "valid", "same" */
    int dilation_rate, groups;
    int use_bias;                   /* default WG_YES */
    const char *kernel_initializer; /* default "glorot_uniform" */
    const char *bias_initializer;   /* default "zeros" */
    const char *kernel_regularizer, *bias_regularizer;
    const char *activity_regularizer;
    const char *kernel_constraint, *bias_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_conv1d_new(struct wg_conv1d_options options);

/* Each channel by itself, with depth_multiplier filters: output channel c * depth_multiplier + m is
 * of input channel c. Weights: kernel (height, width, channels, depth_multiplier), bias (channels *
 * depth_multiplier). Source: Keras 3, layers.DepthwiseConv2D. */
struct wg_depthwise_conv2d_options {
    int none;
    int kernel_size[2];
    const char *activation;
    int strides[2];
    const char *padding;  /* "valid", "same" */
    int depth_multiplier; /* default 1 */
    int dilation_rate[2];
    int use_bias;                      /* default WG_YES */
    const char *depthwise_initializer; /* default "glorot_uniform" */
    const char *bias_initializer;      /* default "zeros" */
    const char *depthwise_regularizer, *bias_regularizer;
    const char *activity_regularizer;
    const char *depthwise_constraint, *bias_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_depthwise_conv2d_new(struct wg_depthwise_conv2d_options options);

/* The largest element, or the mean, of each window and channel. Padding has no part in either. The
 * first of the largest takes the gradient. In texts also "maxpool", "avgpool". */
struct wg_pooling2d_options {
    int none;
    int pool_size[2];    /* default 2 */
    int strides[2];      /* default: pool_size */
    const char *padding; /* "valid", "same" */
    WG_LAYER_OPTIONS
};
wg_layer *wg_max_pooling2d_new(struct wg_pooling2d_options options);
wg_layer *wg_average_pooling2d_new(struct wg_pooling2d_options options);

struct wg_pooling1d_options {
    int none;
    int pool_size;       /* default 2 */
    int strides;         /* default: pool_size */
    const char *padding; /* "valid", "same" */
    WG_LAYER_OPTIONS
};
wg_layer *wg_max_pooling1d_new(struct wg_pooling1d_options options);
wg_layer *wg_average_pooling1d_new(struct wg_pooling1d_options options);

/* The largest element, or the mean, of each channel: (rows, columns, channels) and (steps,
 * channels) -> (channels). Where several are largest, they share the gradient. */
struct wg_global_pooling_options {
    int none;
    int keepdims; /* default WG_NO; WG_YES: (1, 1, channels), (1, channels) */
    WG_LAYER_OPTIONS
};
wg_layer *wg_global_max_pooling2d_new(struct wg_global_pooling_options options);
wg_layer *wg_global_average_pooling2d_new(struct wg_global_pooling_options options);
wg_layer *wg_global_max_pooling1d_new(struct wg_global_pooling_options options);
wg_layer *wg_global_average_pooling1d_new(struct wg_global_pooling_options options);

#ifndef __cplusplus
#define wg_conv2d(...) wg_conv2d_new(WG_OPTIONS(wg_conv2d_options, __VA_ARGS__))
#define wg_conv1d(...) wg_conv1d_new(WG_OPTIONS(wg_conv1d_options, __VA_ARGS__))
#define wg_depthwise_conv2d(...)                                                                   \
    wg_depthwise_conv2d_new(WG_OPTIONS(wg_depthwise_conv2d_options, __VA_ARGS__))
#define wg_max_pooling2d(...) wg_max_pooling2d_new(WG_OPTIONS(wg_pooling2d_options, __VA_ARGS__))
#define wg_average_pooling2d(...)                                                                  \
    wg_average_pooling2d_new(WG_OPTIONS(wg_pooling2d_options, __VA_ARGS__))
#define wg_max_pooling1d(...) wg_max_pooling1d_new(WG_OPTIONS(wg_pooling1d_options, __VA_ARGS__))
#define wg_average_pooling1d(...)                                                                  \
    wg_average_pooling1d_new(WG_OPTIONS(wg_pooling1d_options, __VA_ARGS__))
#define wg_global_max_pooling2d(...)                                                               \
    wg_global_max_pooling2d_new(WG_OPTIONS(wg_global_pooling_options, __VA_ARGS__))
#define wg_global_average_pooling2d(...)                                                           \
    wg_global_average_pooling2d_new(WG_OPTIONS(wg_global_pooling_options, __VA_ARGS__))
#define wg_global_max_pooling1d(...)                                                               \
    wg_global_max_pooling1d_new(WG_OPTIONS(wg_global_pooling_options, __VA_ARGS__))
#define wg_global_average_pooling1d(...)                                                           \
    wg_global_average_pooling1d_new(WG_OPTIONS(wg_global_pooling_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
