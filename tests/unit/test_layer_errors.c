/* Layers refuse what is wrong, and name the layer, what was wrong and what was expected. */
#include "layer_run.h"

#include <math.h>

/* Texts of layers that cannot be made. */
static const struct {
    const char *text, *word, *other;
    enum wg_status code;
} wrong_options[] = {
    {"dense", "dense: units", "from 1 on", WG_ERROR_ARGUMENT},
    {"dense -2", "units=-2", "from 1 on", WG_ERROR_ARGUMENT},
    {"conv2d 4", "conv2d: kernel_size", "from 1", WG_ERROR_ARGUMENT},
    {"conv2d 4 0", "conv2d: kernel_size=0", "not 0", WG_ERROR_ARGUMENT},
    {"conv2d 4 3 strides=0", "conv2d: strides=0", "not 0", WG_ERROR_ARGUMENT},
    {"conv2d 4 3 strides=-1", "conv2d: strides=-1", "from 1", WG_ERROR_ARGUMENT},
    {"conv2d 4 3 padding=causal", "padding=causal", "valid, same", WG_ERROR_ARGUMENT},
    {"conv2d 4 3 groups=3", "filters=4, groups=3", "multiple", WG_ERROR_ARGUMENT},
    {"conv2d 4 3 strides=2 dilation_rate=2", "strides=2x2", "dilation_rate=2x2", WG_ERROR_ARGUMENT},
    {"conv1d 4 3 strides=2 dilation_rate=2", "strides=1x2", "dilation_rate=1x2", WG_ERROR_ARGUMENT},
    {"conv1d 4 3x3", "kernel_size=3x3", "a whole number", WG_ERROR_ARGUMENT},
    {"depthwise_conv2d 3 strides=2 dilation_rate=2", "depthwise_conv2d: strides", "dilation_rate",
     WG_ERROR_ARGUMENT},
    {"depthwise_conv2d 3 depth_multiplier=0", "depth_multiplier=0", "not 0", WG_ERROR_ARGUMENT},
    {"maxpool 0", "max_pooling2d: pool_size=0", "not 0", WG_ERROR_ARGUMENT},
    {"maxpool 2 0", "max_pooling2d: strides=0", "not 0", WG_ERROR_ARGUMENT},
    {"avgpool -1", "average_pooling2d: pool_size=-1", "from 1", WG_ERROR_ARGUMENT},
    {"dropout", "dropout: no rate", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"dropout 1", "dropout: rate=1", "latter left out", WG_ERROR_ARGUMENT},
    {"dropout -0.1", "dropout: rate=-0.1", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"dropout nan", "dropout: no rate", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"alpha_dropout 1", "alpha_dropout: rate=1", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"gaussian_dropout 1.5", "gaussian_dropout: rate=1.5", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"spatial_dropout1d 2", "spatial_dropout1d: rate=2", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"spatial_dropout2d -1", "spatial_dropout2d: rate=-1", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"gaussian_noise", "gaussian_noise: no stddev", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"gaussian_noise 1.5", "gaussian_noise: stddev=1.5", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"leaky_relu -0.1", "leaky_relu_layer: negative_slope=-0.1", "from 0", WG_ERROR_ARGUMENT},
    {"relu max_value=inf", "relu_layer: max_value=inf", "from 0", WG_ERROR_ARGUMENT},
    {"thresholded_relu -1", "theta=-1", "from 0", WG_ERROR_ARGUMENT},
    {"reshape", "reshape_layer: target_shape", "at least 1", WG_ERROR_ARGUMENT},
    {"reshape -1x-1", "target_shape (-1, -1)", "one of them -1", WG_ERROR_ARGUMENT},
    {"reshape 0x2", "target_shape (0, 2)", "at least 1", WG_ERROR_ARGUMENT},
    {"permute", "permute: dims", "once", WG_ERROR_ARGUMENT},
    {"permute 1,1", "permute: dims", "once", WG_ERROR_ARGUMENT},
    {"permute 0,1", "permute: dims", "once", WG_ERROR_ARGUMENT},
    {"batchnorm momentum=1.5", "batch_normalization: momentum=1.5", "from 0 to 1",
     WG_ERROR_ARGUMENT},
    {"batchnorm epsilon=-1", "batch_normalization: epsilon=-1", "from 0", WG_ERROR_ARGUMENT},
    {"batchnorm 0", "axis=0", "not 0", WG_ERROR_ARGUMENT},
    {"layernorm epsilon=-1", "layer_normalization: epsilon=-1", "from 0", WG_ERROR_ARGUMENT},
    {"unit_normalization order=5", "order=5", "from 1 to 4", WG_ERROR_ARGUMENT},
    {"embedding 0 3", "input_dim=0", "not 0", WG_ERROR_ARGUMENT},
    {"embedding 3", "embedding: output_dim", "from 1 on", WG_ERROR_ARGUMENT},
    {"activity_regularization -1", "l1=-1", "from 0", WG_ERROR_ARGUMENT},
    {"maxpol 2", "maxpol", "max_pooling2d", WG_ERROR_ARGUMENT},
};

START_TEST(wrong_options_are_refused) {
    for (size_t i = 0; i < ELEMENTS(wrong_options); i++) {
        ck_assert_msg(!wg_layer_from_text(wrong_options[i].text), "%s was made",
                      wrong_options[i].text);
        expect_failure(wrong_options[i].text, wrong_options[i].code, wrong_options[i].word,
                       wrong_options[i].other);
    }
}
END_TEST

/* Options as C writes them: NaN, lists that are too long, flags that are neither. */
START_TEST(wrong_structs_are_refused) {
    ck_assert_ptr_null(wg_relu_layer(.negative_slope = NAN));
    expect_failure("relu", WG_ERROR_ARGUMENT, "negative_slope=nan", "from 0");
    ck_assert_ptr_null(wg_softmax_layer(.axis = {.count = 100}));
    expect_failure("softmax", WG_ERROR_ARGUMENT, "axis of 100", "at most 8");
    ck_assert_ptr_null(wg_reshape_layer(.target_shape = {.rank = -1}));
    expect_failure("reshape", WG_ERROR_ARGUMENT, "target_shape of -1", "at most 8");
    ck_assert_ptr_null(wg_layer_normalization(.center = 3));
    expect_failure("layernorm", WG_ERROR_ARGUMENT, "center=3", "WG_NO");
    ck_assert_ptr_null(wg_max_pooling2d(.strides = {0, 3}));
    expect_failure("maxpool", WG_ERROR_ARGUMENT, "strides=0", "from 1");
    ck_assert_ptr_null(wg_dropout());
    expect_failure("dropout", WG_ERROR_ARGUMENT, "no rate", "from 0 to 1");
}
END_TEST

/* Layers that do not fit their input. */
static const struct {
    const char *text;
    struct wg_shape example;
    const char *word, *other;
    enum wg_status code;
} wrong_inputs[] = {
    {"conv2d 4 3 name=first", {2, {8, 8}}, "layer \"first\" (conv2d)", "(1, 8, 8)", WG_ERROR_SHAPE},
    {"conv2d 4 3", {2, {8, 8}}, "conv2d", "(batch, rows, columns, channels)", WG_ERROR_SHAPE},
    {"conv2d 4 5x3", {3, {4, 8, 1}}, "layer \"conv2d\" (conv2d)", "4", WG_ERROR_SHAPE},
    {"conv2d 4 3 dilation_rate=2",
     {3, {4, 8, 1}},
     "layer \"conv2d\" (conv2d)",
     "4",
     WG_ERROR_SHAPE},
    {"conv2d 4 3 groups=2",
     {3, {4, 8, 3}},
     "3 channels, groups=2",
     "layer \"conv2d\"",
     WG_ERROR_SHAPE},
    {"conv1d 4 3", {3, {4, 8, 3}}, "layer \"conv1d\"", "(batch, steps, channels)", WG_ERROR_SHAPE},
    {"conv1d 4 3 groups=2",
     {2, {8, 3}},
     "3 channels, groups=2",
     "layer \"conv1d\"",
     WG_ERROR_SHAPE},
    {"conv1d 4 9", {2, {8, 3}}, "layer \"conv1d\" (conv1d)", "9", WG_ERROR_SHAPE},
    {"depthwise_conv2d 5", {3, {4, 8, 1}}, "layer \"depthwise_conv2d\"", "5", WG_ERROR_SHAPE},
    {"depthwise_conv2d 5", {1, {4}}, "layer \"depthwise_conv2d\"", "rows", WG_ERROR_SHAPE},
    {"maxpool 5", {3, {4, 8, 1}}, "layer \"max_pooling2d\"", "5", WG_ERROR_SHAPE},
    {"maxpool", {2, {4, 8}}, "layer \"max_pooling2d\"", "rows", WG_ERROR_SHAPE},
    {"average_pooling1d 5", {2, {4, 8}}, "layer \"average_pooling1d\"", "5", WG_ERROR_SHAPE},
    {"average_pooling1d", {3, {4, 8, 1}}, "layer \"average_pooling1d\"", "steps", WG_ERROR_SHAPE},
    {"global_max_pooling2d", {2, {4, 8}}, "layer \"global_max_pooling2d\"", "rows", WG_ERROR_SHAPE},
    {"global_average_pooling1d",
     {1, {4}},
     "layer \"global_average_pooling1d\"",
     "steps",
     WG_ERROR_SHAPE},
    {"spatial_dropout2d 0.5", {2, {4, 8}}, "layer \"spatial_dropout2d\"", "rows", WG_ERROR_SHAPE},
    {"spatial_dropout1d 0.5", {1, {4}}, "layer \"spatial_dropout1d\"", "steps", WG_ERROR_SHAPE},
    {"reshape 3x3", {1, {8}}, "layer \"reshape\"", "(1, 8)", WG_ERROR_SHAPE},
    {"reshape 3x-1", {1, {8}}, "layer \"reshape\"", "(3, -1)", WG_ERROR_SHAPE},
    {"permute 2,1", {3, {2, 3, 4}}, "layer \"permute\"", "(1, 2, 3, 4)", WG_ERROR_SHAPE},
    {"prelu shared_axes=3", {2, {4, 8}}, "layer \"prelu\"", "axis 3", WG_ERROR_SHAPE},
    {"prelu shared_axes=0", {2, {4, 8}}, "layer \"prelu\"", "axis 0", WG_ERROR_SHAPE},
    {"prelu alpha_initializer=ones_", {1, {4}}, "ones_", "ones", WG_ERROR_ARGUMENT},
    {"prelu alpha_regularizer=l3", {1, {4}}, "layer \"prelu\"", "l3", WG_ERROR_ARGUMENT},
    {"prelu alpha_constraint=non_pos", {1, {4}}, "non_pos", "non_neg", WG_ERROR_ARGUMENT},
    {"softmax 10", {1, {4}}, "layer \"softmax\"", "10", WG_ERROR_SHAPE},
    {"softmax 1,1", {1, {4}}, "layer \"softmax\"", "1", WG_ERROR_SHAPE},
    {"batchnorm 2", {1, {4}}, "layer \"batch_normalization\"", "axis=2", WG_ERROR_SHAPE},
    {"batchnorm -2", {1, {4}}, "layer \"batch_normalization\"", "axis=-2", WG_ERROR_SHAPE},
    {"batchnorm", {0, {0}}, "layer \"batch_normalization\"", "rank 1", WG_ERROR_SHAPE},
    {"layernorm 0", {1, {4}}, "layer \"layer_normalization\"", "axis=0", WG_ERROR_SHAPE},
    {"layernorm 1,-1", {1, {4}}, "layer \"layer_normalization\"", "twice", WG_ERROR_SHAPE},
    {"unit_normalization 3", {1, {4}}, "layer \"unit_normalization\"", "3", WG_ERROR_SHAPE},
    {"concatenate 2", {1, {4}}, "layer \"concatenate\"", "axis=2", WG_ERROR_SHAPE},
    {"subtract", {1, {4}}, "layer \"subtract\"", "1 input; expected 2", WG_ERROR_ARGUMENT},
    {"dense 3 relu; dense 2 rel", {1, {4}}, "layer \"dense_1\" (dense)", "relu", WG_ERROR_ARGUMENT},
    {"dense 3; embedding 5 2", {1, {4}}, "layer \"embedding\"", "i32", WG_ERROR_DTYPE},
};

START_TEST(wrong_inputs_are_refused) {
    for (size_t i = 0; i < ELEMENTS(wrong_inputs); i++) {
        wg_model *model = wg_sequential_from_text(
            (struct wg_model_options){.input = {{.shape = wrong_inputs[i].example}}},
            wrong_inputs[i].text);
        ck_assert_msg(!model, "%s was made", wrong_inputs[i].text);
        expect_failure(wrong_inputs[i].text, wrong_inputs[i].code, wrong_inputs[i].word,
                       wrong_inputs[i].other);
    }
}
END_TEST

static wg_var merged(wg_pass *pass, const wg_var *v, void *text) {
    return wg_call_n(pass, wg_layer_from_text(text), v, 2);
}

/* Inputs that do not fit together. */
START_TEST(wrong_merges_are_refused) {
    static const struct {
        const char *text;
        struct wg_shape x[2];
        const char *word;
    } wrong[] = {{"add", {{1, {4}}, {1, {3}}}, "(1, 3)"},
                 {"average", {{1, {4}}, {2, {4, 4}}}, "as many dimensions"},
                 {"concatenate axis=1", {{2, {4, 2}}, {2, {4, 3}}}, "3"},
                 {"concatenate", {{1, {4}}, {2, {4, 3}}}, "as many dimensions"}};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        wg_model *model = wg_model_new(
            (struct wg_model_options){.inputs = 2,
                                      .input = {{.shape = wrong[i].x[0]}, {.shape = wrong[i].x[1]}},
                                      .forward = merged,
                                      .context = (void *)wrong[i].text});
        ck_assert_msg(!model, "%s was made", wrong[i].text);
        expect_failure(wrong[i].text, WG_ERROR_SHAPE, "layer \"", wrong[i].word);
    }
}
END_TEST

/* An index out of range is found at each forward, and named. */
START_TEST(indices_out_of_range_are_refused) {
    struct run r = run_model(model_of("embedding 5 3", WG_F32, WG_SHAPE(2, 2)), WG_INFERENCE,
                             WG_SHAPE(2, 2), NULL);
    expect_no_failure("embedding");
    const int32_t wrong[4] = {1, 2, 5, 0};
    wg_set(r.x, wrong);
    ck_assert(wg_forward(r.tape) != WG_OK);
    expect_failure("embedding", WG_ERROR_ARGUMENT, "5", "0 to 4");
    run_end(&r);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {wrong_options_are_refused, wrong_structs_are_refused,
                                  wrong_inputs_are_refused, wrong_merges_are_refused,
                                  indices_out_of_range_are_refused};
    return run_suite("layer_errors", tests, ELEMENTS(tests));
}
