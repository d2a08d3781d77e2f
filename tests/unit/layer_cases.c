#include "layer_cases.h"

#include <string.h>

/* For layers with weights. */
#define ALL_OF(weight, initial, constraint)                                                        \
    " " weight "_initializer=" initial " " weight "_regularizer=(l2 l2=0.1) " weight               \
    "_constraint=" constraint

#define RECURRENT                                                                                  \
    "return_sequences=yes go_backwards=yes dropout=0.2 recurrent_dropout=0.3 "                     \
    "activity_regularizer=l2" ALL_OF("kernel", "he_normal", "max_norm")                            \
        ALL_OF("recurrent", "he_normal", "max_norm") ALL_OF("bias", "ones", "max_norm")

static const struct layer_case cases[] = {
    {.text = "dense 4 tanh"
             " activity_regularizer=l2" ALL_OF("kernel", "he_normal", "max_norm")
                 ALL_OF("bias", "ones", "non_neg"),
     .x = {{1, {3}}}},
    {.text = "dense units=2 activation=(leaky_relu negative_slope=0.1) use_bias=no trainable=no",
     .x = {{2, {2, 3}}}},
    {.text = "activation gelu", .x = {{1, {5}}}},
    {.text = "activation activation=(elu alpha=0.5)", .x = {{0, {0}}}},
    {.text = "relu", .x = {{1, {7}}}},
    {.text = "relu max_value=1.5 negative_slope=0.25 threshold=0.5", .x = {{1, {9}}}},
    {.text = "leaky_relu", .x = {{1, {7}}}},
    {.text = "leaky_relu negative_slope=0.01", .x = {{1, {7}}}},
    {.text = "elu alpha=0.7", .x = {{1, {7}}}},
    {.text = "thresholded_relu theta=0.4", .x = {{1, {7}}}},
    {.text = "prelu", .x = {{2, {2, 3}}}},
    {.text = "prelu shared_axes=1,2" ALL_OF("alpha", "he_normal", "non_neg"),
     .x = {{3, {3, 2, 2}}}},
    {.text = "softmax", .x = {{1, {5}}}},
    {.text = "softmax axis=1,2", .x = {{2, {2, 3}}}},
    {.text = "softmax axis=-1", .x = {{1, {4}}, {1, {4}}}, .second = 2},
    {.text = "flatten", .x = {{3, {2, 3, 2}}}},
    {.text = "reshape target_shape=3x-1x1", .x = {{2, {2, 6}}}},
    {.text = "permute dims=3,1,2", .x = {{3, {2, 3, 4}}}},
    {.text = "add", .x = {{1, {4}}, {1, {4}}}, .second = 1},
    {.text = "add", .x = {{2, {2, 3}}, {2, {1, 3}}}, .second = 1},
    {.text = "subtract", .x = {{1, {4}}, {1, {4}}}, .second = 1},
    {.text = "multiply", .x = {{1, {4}}, {1, {4}}}, .second = 1},
    {.text = "average", .x = {{1, {4}}, {1, {4}}}, .second = 1},
    {.text = "maximum", .x = {{1, {4}}, {1, {4}}}, .second = 1},
    {.text = "minimum", .x = {{1, {4}}, {1, {4}}}, .second = 1},
    {.text = "concatenate", .x = {{1, {4}}, {1, {2}}}, .second = 1},
    {.text = "concatenate axis=1", .x = {{2, {1, 3}}, {2, {2, 3}}}, .second = 1},
    {.text = "dropout rate=0.4", .x = {{1, {20}}}},
    {.text = "alpha_dropout rate=0.3", .x = {{1, {20}}}},
    {.text = "gaussian_dropout rate=0.3", .x = {{1, {5}}}},
    {.text = "gaussian_noise stddev=0.5", .x = {{1, {5}}}},
    {.text = "spatial_dropout1d rate=0.5", .x = {{2, {3, 6}}}},
    {.text = "spatial_dropout2d rate=0.5", .x = {{3, {2, 2, 6}}}},
    {.text = "activity_regularization l1=0.2 l2=0.3", .x = {{1, {4}}}},
    {.text = "batch_normalization", .x = {{1, {4}}}},
    {.text = "batch_normalization trainable=no", .x = {{1, {4}}}},
    {.text = "batch_normalization axis=1 momentum=0.8 epsilon=0.01"
             " moving_mean_initializer=ones"
             " moving_variance_initializer=(constant value=2)" ALL_OF("beta", "ones", "non_neg")
                 ALL_OF("gamma", "normal", "unit_norm"),
     .x = {{3, {2, 2, 3}}}},
    {.text = "batch_normalization center=no scale=no", .x = {{2, {2, 3}}}},
    {.text = "layer_normalization", .x = {{1, {4}}}},
    {.text = "layer_normalization axis=-1,1 epsilon=0.01" ALL_OF("beta", "ones", "non_neg")
         ALL_OF("gamma", "normal", "non_neg"),
     .x = {{3, {2, 2, 3}}}},
    {.text = "layer_normalization axis=1 center=no scale=no", .x = {{2, {3, 2}}}},
    {.text = "unit_normalization", .x = {{1, {4}}}},
    {.text = "unit_normalization axis=1,2 order=3 epsilon=0.01", .x = {{2, {2, 3}}}},
    {.text = "embedding input_dim=5"
             " output_dim=3" ALL_OF("embeddings", "he_normal", "max_norm"),
     .x = {{1, {4}}},
     .indices = 5},
    {.text = "conv2d 3 3x2 elu", .x = {{3, {4, 4, 2}}}},
    {.text = "conv2d filters=4 kernel_size=2 activation=tanh strides=2x1 padding=same groups=2"
             " use_bias=no activity_regularizer=l2",
     .x = {{3, {4, 3, 2}}}},
    {.text = "conv2d 2 2 dilation_rate=2x1" ALL_OF("kernel", "he_normal", "(max_norm axis=0,1,2)")
         ALL_OF("bias", "ones", "non_neg"),
     .x = {{3, {4, 3, 1}}}},
    {.text = "conv1d 3 3 elu", .x = {{2, {5, 2}}}},
    {.text = "conv1d filters=4 kernel_size=2 activation=tanh strides=2 padding=same groups=2"
             " use_bias=no activity_regularizer=l2",
     .x = {{2, {5, 2}}}},
    {.text = "conv1d 2 2 dilation_rate=2" ALL_OF("kernel", "he_normal", "non_neg")
         ALL_OF("bias", "ones", "non_neg"),
     .x = {{2, {5, 1}}}},
    {.text = "depthwise_conv2d 3x2 elu", .x = {{3, {4, 4, 2}}}},
    {.text = "depthwise_conv2d kernel_size=2 activation=tanh strides=2x1 padding=same"
             " depth_multiplier=2 use_bias=no activity_regularizer=l2",
     .x = {{3, {4, 3, 2}}}},
    {.text = "depthwise_conv2d 2 dilation_rate=2x1" ALL_OF("depthwise", "he_normal", "non_neg")
         ALL_OF("bias", "ones", "non_neg"),
     .x = {{3, {4, 3, 1}}}},
    {.text = "max_pooling2d", .x = {{3, {4, 5, 2}}}},
    {.text = "max_pooling2d pool_size=3x2 strides=2x1 padding=same", .x = {{3, {4, 3, 2}}}},
    {.text = "average_pooling2d", .x = {{3, {4, 5, 2}}}},
    {.text = "average_pooling2d pool_size=3x2 strides=2x1 padding=same", .x = {{3, {4, 3, 2}}}},
    {.text = "max_pooling1d", .x = {{2, {5, 2}}}},
    {.text = "max_pooling1d pool_size=3 strides=2 padding=same", .x = {{2, {6, 2}}}},
    {.text = "average_pooling1d", .x = {{2, {5, 2}}}},
    {.text = "average_pooling1d pool_size=3 strides=2 padding=same", .x = {{2, {6, 2}}}},
    {.text = "global_max_pooling2d keepdims=yes", .x = {{3, {2, 3, 2}}}},
    {.text = "global_average_pooling2d keepdims=yes", .x = {{3, {2, 3, 2}}}},
    {.text = "global_max_pooling1d keepdims=yes", .x = {{2, {3, 2}}}},
    {.text = "global_average_pooling1d keepdims=yes", .x = {{2, {3, 2}}}},
    {.text = "simple_rnn 3", .x = {{2, {3, 2}}}},
    {.text = "simple_rnn units=3 activation=softsign " RECURRENT, .x = {{2, {3, 2}}}},
    {.text = "simple_rnn 2 use_bias=no", .x = {{2, {2, 2}}}},
    {.text = "lstm 2", .x = {{2, {3, 2}}}},
    {.text =
         "lstm units=2 activation=softsign recurrent_activation=tanh unit_forget_bias=no " RECURRENT,
     .x = {{2, {3, 2}}}},
    {.text = "lstm 2 use_bias=no", .x = {{2, {2, 2}}}},
    {.text = "gru 2", .x = {{2, {3, 2}}}},
    {.text = "gru units=2 activation=softsign recurrent_activation=tanh reset_after=no " RECURRENT,
     .x = {{2, {3, 2}}}},
    {.text = "gru 2 use_bias=no", .x = {{2, {2, 2}}}},
    {.text = "multi_head_attention 2 3", .x = {{2, {3, 4}}}},
    {.text = "multi_head_attention num_heads=2 key_dim=2 value_dim=3 dropout=0.25 output_shape=2 "
             "use_causal_mask=yes activity_regularizer=l2" ALL_OF("kernel", "he_normal", "non_neg")
                 ALL_OF("bias", "ones", "non_neg"),
     .x = {{2, {3, 2}}, {2, {3, 2}}},
     .second = 1},
    {.text = "multi_head_attention 1 2 use_bias=no", .x = {{2, {2, 2}}}},
    {.text = "position_embedding sequence_length=5" ALL_OF("embeddings", "he_normal", "max_norm"),
     .x = {{2, {3, 2}}}},
    /* Layers one after the other. */
    {.text = "conv2d 3 3x3; prelu alpha_initializer=he_normal alpha_regularizer=(l2 l2=0.05) "
             "alpha_constraint=non_neg shared_axes=1,2; flatten; dense 3",
     .x = {{3, {5, 4, 2}}}},
    {.text = "conv2d 3 3x3 elu; maxpool 2; batchnorm; flatten; dropout 0.3; dense 3 softmax",
     .x = {{3, {6, 6, 1}}}},
    {.text = "dense 6 selu kernel_initializer=lecun_normal; alpha_dropout 0.2; layernorm; dense 2",
     .x = {{1, {4}}}},
    {.text = "embedding 6 3; global_average_pooling1d; dense 2 kernel_regularizer=(l1 l1=0.01)",
     .x = {{1, {4}}},
     .indices = 6},
};

const struct layer_case *layer_case_at(int i) {
    return i < (int)(sizeof cases / sizeof *cases) ? &cases[i] : NULL;
}

static wg_var of_two(wg_pass *pass, const wg_var *x, void *context) {
    const struct layer_case *c = context;
    return wg_call_n(pass, wg_layer_from_text(c->text), x, 2);
}

wg_model *case_model(const struct layer_case *c, enum wg_dtype dtype, uint64_t seed) {
    struct wg_model_options options = {
        .input = {{.shape = c->x[0]}, {.shape = c->x[1]}}, .dtype = dtype, .seed = seed};
    if (!c->second) return wg_sequential_from_text(options, c->text);
    options.inputs = 2;
    if (c->second == 2) options.input[1].dtype = WG_I32;
    options.forward = of_two;
    options.context = (void *)c;
    return wg_model_new(options);
}

struct wg_tensor case_input(const struct layer_case *c, int i, void *room) {
    const struct wg_shape example = c->x[i];
    struct wg_tensor x = {.data = room, .shape = {example.rank + 1, {CASE_BATCH}}};
    struct wg_random random = wg_random_make(20240229, (uint64_t)i);
    memcpy(x.shape.dim + 1, example.dim, sizeof *x.shape.dim * (size_t)example.rank);
    x.size = wg_shape_size(x.shape);
    const int below = i == 1 && c->second == 2 ? 2 : i == 0 ? c->indices : 0;
    x.dtype = below ? WG_I32 : WG_F64;
    for (int64_t k = 0; k < x.size; k++) {
        const double u = wg_random_uniform(&random, 0, 1);
        if (below)
            ((int32_t *)room)[k] = (int32_t)(u * below);
        else
            ((double *)room)[k] = 4 * u - 2;
    }
    return x;
}
