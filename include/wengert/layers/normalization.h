/* Layers that normalize, and embeddings. */
#ifndef WENGERT_LAYERS_NORMALIZATION_H
#define WENGERT_LAYERS_NORMALIZATION_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel, the elements along `axis`.
 * In training mean and (biased) variance are the batch's, and wg_pass_update_statistics moves the
 * moving ones: moving = momentum * moving + (1 - momentum) * batch's. In inference, and where
 * trainable is WG_NO, they are the moving ones. Weights: gamma, beta (channels); statistics:
 * moving_mean, moving_variance (channels). In texts also "batchnorm".
 * Source: Ioffe and Szegedy, arXiv:1502.03167; Keras 3, layers.BatchNormalization. */
struct wg_batch_normalization_options {
    int none;
    int axis;                      /* default -1; counted with the batch as 0 */
    double momentum;               /* default 0.99, from 0 to 1 */
    double epsilon;                /* default 1e-3, from 0 on */
    int center, scale;             /* default WG_YES: with beta, with gamma */
    const char *beta_initializer;  /* default "zeros" */
    const char *gamma_initializer; /* default "ones" */
    const char *moving_mean_initializer, *moving_variance_initializer; /* "zeros", "ones" */
    const char *beta_regularizer, *gamma_regularizer;
    const char *beta_constraint, *gamma_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_batch_normalization_new(struct wg_batch_normalization_options options);

/* gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and (biased) variance of each
 * example along the axes. Weights: gamma, beta, of the input's sizes along the axes, in ascending
 * order. In texts also "layernorm".
 * Source: Ba, Kiros and Hinton, arXiv:1607.06450; Keras 3, layers.LayerNormalization. */
struct wg_layer_normalization_options {
    int none;
    struct wg_axes axis;           /* default -1; counted with the batch as 0 */
    double epsilon;                /* default 1e-3, from 0 on */
    int center, scale;             /* default WG_YES: with beta, with gamma */
    const char *beta_initializer;  /* default "zeros" */
    const char *gamma_initializer; /* default "ones" */
    const char *beta_regularizer, *gamma_regularizer;
    const char *beta_constraint, *gamma_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_layer_normalization_new(struct wg_layer_normalization_options options);

/* x divided by its norm along the axes, (sum |x|^order)^(1/order), or by epsilon where that is
 * larger. Along any axes, the batch included. Source: Keras 3, layers.UnitNormalization and
 * ops.normalize. */
struct wg_unit_normalization_options {
    int none;
    struct wg_axes axis; /* default -1; counted with the batch as 0 */
    double order;        /* default 2, from 1 to 4 */
    double epsilon;      /* default 1e-7, from 1e-9 on */
    WG_LAYER_OPTIONS
};
wg_layer *wg_unit_normalization_new(struct wg_unit_normalization_options options);

/* Indices from 0 to input_dim - 1, int32, of any shape -> rows of a table: (...) -> (...,
 * output_dim). An index out of range is an error at each forward. Weight: embeddings (input_dim,
 * output_dim). */
struct wg_embedding_options {
    int none;
    int input_dim, output_dim;
    const char *embeddings_initializer; /* default "uniform" */
    const char *embeddings_regularizer, *embeddings_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_embedding_new(struct wg_embedding_options options);

#ifndef __cplusplus
#define wg_batch_normalization(...)                                                                \
    wg_batch_normalization_new(WG_OPTIONS(wg_batch_normalization_options, __VA_ARGS__))
#define wg_layer_normalization(...)                                                                \
    wg_layer_normalization_new(WG_OPTIONS(wg_layer_normalization_options, __VA_ARGS__))
#define wg_unit_normalization(...)                                                                 \
    wg_unit_normalization_new(WG_OPTIONS(wg_unit_normalization_options, __VA_ARGS__))
#define wg_embedding(...) wg_embedding_new(WG_OPTIONS(wg_embedding_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
