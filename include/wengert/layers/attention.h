/* Attention (layers.h), and positions for what it looks at. */
#ifndef WENGERT_LAYERS_ATTENTION_H
#define WENGERT_LAYERS_ATTENTION_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* For each head, softmax(q k^T / sqrt(key_dim)) v, with q, k and v of the query, the key and the
 * value by matrices of their own; heads side by side, then a last matrix.
 *
 * Called with one input, which is all three; with (query, value), where the value is the key too;
 * or with (query, value, key): (batch, steps, features), (batch, places, ...) twice; result (batch,
 * steps, output_shape). A mask, int32, may follow as the last input, 1 where a step may look at a
 * place: (steps, places), or (batch or 1, num_heads or 1, steps or 1, places). A step that may look
 * nowhere gets the last bias alone.
 * use_causal_mask (default WG_NO): step i looks at places 0 to i; not with a mask besides.
 * dropout, in [0, 1), of the softmax's weights, while training.
 *
 * Weights, each kernel with a bias of its shape but the first dimension: query/kernel (features,
 * num_heads, key_dim), key/kernel (key's features, num_heads, key_dim), value/kernel (value's
 * features, num_heads, value_dim), attention_output/kernel (num_heads, value_dim, output_shape),
 * its bias (output_shape).
 * Source: Vaswani et al., arXiv:1706.03762; Keras 3, layers.MultiHeadAttention. */
struct wg_multi_head_attention_options {
    int none;
    int num_heads, key_dim;
    int value_dim; /* default key_dim */
    double dropout;
    int use_bias;                                      /* default WG_YES */
    int output_shape;                                  /* default the query's features */
    int use_causal_mask;                               /* default WG_NO */
    const char *kernel_initializer, *bias_initializer; /* default "glorot_uniform", "zeros" */
    const char *kernel_regularizer, *bias_regularizer;
    const char *activity_regularizer; /* of the output, divided by the batch's size */
    const char *kernel_constraint, *bias_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_multi_head_attention_new(struct wg_multi_head_attention_options options);

/* x + positions, learned: (batch, steps, features), of at most sequence_length steps.
 * Weight: embeddings (sequence_length, features). KerasHub's PositionEmbedding, but that it gives
 * the positions alone. */
struct wg_position_embedding_options {
    int none;
    int sequence_length;                /* default the input's steps */
    const char *embeddings_initializer; /* default "glorot_uniform" */
    const char *embeddings_regularizer, *embeddings_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_position_embedding_new(struct wg_position_embedding_options options);

#ifndef __cplusplus
#define wg_multi_head_attention(...)                                                               \
    wg_multi_head_attention_new(WG_OPTIONS(wg_multi_head_attention_options, __VA_ARGS__))
#define wg_position_embedding(...)                                                                 \
    wg_position_embedding_new(WG_OPTIONS(wg_position_embedding_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
