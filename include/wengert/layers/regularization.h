/* Layers against overfitting: noise, in training only, and penalties. None has weights. Noise is a
 * function of the seed and the position given to wg_pass_set_noise (model.h), and of the layer's
 * place in the model. Rates are from 0 to 1, the latter left out, and have to be given: WG_ZERO
 * where 0 is meant. */
#ifndef WENGERT_LAYERS_REGULARIZATION_H
#define WENGERT_LAYERS_REGULARIZATION_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* 0 with probability rate, else x / (1 - rate). Source: Srivastava et al., JMLR 15 (2014). */
struct wg_dropout_options {
    int none;
    double rate;
    WG_LAYER_OPTIONS
};
wg_layer *wg_dropout_new(struct wg_dropout_options options);

/* Dropout for selu: keeps a mean of 0 and a variance of 1.
 * Source: Klambauer et al., arXiv:1706.02515. */
struct wg_alpha_dropout_options {
    int none;
    double rate;
    WG_LAYER_OPTIONS
};
wg_layer *wg_alpha_dropout_new(struct wg_alpha_dropout_options options);

/* x times a normal number of mean 1 and variance rate / (1 - rate). */
struct wg_gaussian_dropout_options {
    int none;
    double rate;
    WG_LAYER_OPTIONS
};
wg_layer *wg_gaussian_dropout_new(struct wg_gaussian_dropout_options options);

/* x plus a normal number of mean 0. */
struct wg_gaussian_noise_options {
    int none;
    double stddev; /* from 0 to 1 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_gaussian_noise_new(struct wg_gaussian_noise_options options);

/* Dropout of whole channels, of inputs (steps, channels) and (rows, columns, channels).
 * Source: Tompson et al., arXiv:1411.4280. */
struct wg_spatial_dropout_options {
    int none;
    double rate;
    WG_LAYER_OPTIONS
};
wg_layer *wg_spatial_dropout1d_new(struct wg_spatial_dropout_options options);
wg_layer *wg_spatial_dropout2d_new(struct wg_spatial_dropout_options options);

/* x, with the penalty (l1 sum |x| + l2 sum x^2) / the batch's size. */
struct wg_activity_regularization_options {
    int none;
    double l1, l2; /* default 0, from 0 to 1e30 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_activity_regularization_new(struct wg_activity_regularization_options options);

#ifndef __cplusplus
#define wg_dropout(...) wg_dropout_new(WG_OPTIONS(wg_dropout_options, __VA_ARGS__))
#define wg_alpha_dropout(...)                                                                      \
    wg_alpha_dropout_new(WG_OPTIONS(wg_alpha_dropout_options, __VA_ARGS__))
#define wg_gaussian_dropout(...)                                                                   \
    wg_gaussian_dropout_new(WG_OPTIONS(wg_gaussian_dropout_options, __VA_ARGS__))
#define wg_gaussian_noise(...)                                                                     \
    wg_gaussian_noise_new(WG_OPTIONS(wg_gaussian_noise_options, __VA_ARGS__))
#define wg_spatial_dropout1d(...)                                                                  \
    wg_spatial_dropout1d_new(WG_OPTIONS(wg_spatial_dropout_options, __VA_ARGS__))
#define wg_spatial_dropout2d(...)                                                                  \
    wg_spatial_dropout2d_new(WG_OPTIONS(wg_spatial_dropout_options, __VA_ARGS__))
#define wg_activity_regularization(...)                                                            \
    wg_activity_regularization_new(WG_OPTIONS(wg_activity_regularization_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
