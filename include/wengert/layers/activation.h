/* Activations as layers, with the refusals of Keras's; all others: wg_activation_layer, layers.h.
 * Any shape; none but prelu has weights. */
#ifndef WENGERT_LAYERS_ACTIVATION_H
#define WENGERT_LAYERS_ACTIVATION_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* x > threshold: min(x, max_value), else negative_slope (x - threshold). None of the three may be
 * negative. In texts "relu". Source: Keras 3, layers.ReLU. */
struct wg_relu_layer_options {
    int none;
    double max_value;      /* default: none; WG_ZERO: all is 0 */
    double negative_slope; /* default 0 */
    double threshold;      /* default 0 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_relu_layer_new(struct wg_relu_layer_options options);

/* x for x > 0, else negative_slope x. In texts "leaky_relu". */
struct wg_leaky_relu_layer_options {
    int none;
    double negative_slope; /* default 0.3, from 0 on */
    WG_LAYER_OPTIONS
};
wg_layer *wg_leaky_relu_layer_new(struct wg_leaky_relu_layer_options options);

/* x for x > 0, else alpha (e^x - 1). In texts "elu". */
struct wg_elu_layer_options {
    int none;
    double alpha; /* default 1 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_elu_layer_new(struct wg_elu_layer_options options);

/* x for x > 0, else alpha x, where alpha is learnt. Weight: alpha, of the input's shape without the
 * batch, but 1 along the shared axes: (28, 28, 64) with shared axes 1, 2 -> (1, 1, 64). In texts
 * "prelu". Source: He, Zhang, Ren and Sun, arXiv:1502.01852; Keras 3, layers.PReLU. */
struct wg_prelu_layer_options {
    int none;
    const char *alpha_initializer; /* default "zeros" */
    const char *alpha_regularizer, *alpha_constraint;
    struct wg_axes shared_axes; /* from 1 on, the batch being 0; default: none */
    WG_LAYER_OPTIONS
};
wg_layer *wg_prelu_layer_new(struct wg_prelu_layer_options options);

/* x for x > theta, else 0. In texts "thresholded_relu". */
struct wg_thresholded_relu_layer_options {
    int none;
    double theta; /* default 1, from 0 on */
    WG_LAYER_OPTIONS
};
wg_layer *wg_thresholded_relu_layer_new(struct wg_thresholded_relu_layer_options options);

/* softmax along an axis, or along several taken together. A second input is a mask, int32, of at
 * most as many dimensions as the first, each from the last on 1 or the first's: what it holds 0 for
 * becomes 0, and has no part in the sums. In texts "softmax". Source: Keras 3, layers.Softmax. */
struct wg_softmax_layer_options {
    int none;
    struct wg_axes axis; /* default -1; counted with the batch as 0 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_softmax_layer_new(struct wg_softmax_layer_options options);

#ifndef __cplusplus
#define wg_relu_layer(...) wg_relu_layer_new(WG_OPTIONS(wg_relu_layer_options, __VA_ARGS__))
#define wg_leaky_relu_layer(...)                                                                   \
    wg_leaky_relu_layer_new(WG_OPTIONS(wg_leaky_relu_layer_options, __VA_ARGS__))
#define wg_elu_layer(...) wg_elu_layer_new(WG_OPTIONS(wg_elu_layer_options, __VA_ARGS__))
#define wg_prelu_layer(...) wg_prelu_layer_new(WG_OPTIONS(wg_prelu_layer_options, __VA_ARGS__))
#define wg_thresholded_relu_layer(...)                                                             \
    wg_thresholded_relu_layer_new(WG_OPTIONS(wg_thresholded_relu_layer_options, __VA_ARGS__))
#define wg_softmax_layer(...)                                                                      \
    wg_softmax_layer_new(WG_OPTIONS(wg_softmax_layer_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
