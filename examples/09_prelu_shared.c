/* Lesson 9: PReLU with one alpha a channel (He et al. 2015), in a convolutional network: shared
 * over rows and columns, drawn, penalised, kept from going negative, and verified.
 */
#include "wengert/wengert.h"

#include <stdio.h>

/* The alphas are a kernel of the channels: with fan_out in place of he_normal's fan_in of 1. */
static wg_model *make(struct wg_shape image, int64_t filters, enum wg_dtype dtype) {
    const struct wg_model_options options = {
        .input = {{.shape = image}}, .dtype = dtype, .seed = 5};
    return wg_sequential_with(
        options, wg_conv2d(.filters = (int)filters, .kernel_size = {3, 3}),
        wg_prelu_layer(.shared_axes = WG_AXES(1, 2),
                       .alpha_initializer = "variance_scaling scale=2 mode=fan_out",
                       .alpha_regularizer = "l2 l2=0.01", .alpha_constraint = "non_neg"),
        wg_max_pooling2d(.pool_size = {4, 4}), wg_flatten(), wg_dense(.units = 10));
}

/* Cross-entropy plus the penalty of the alphas, as training computes it. */
static wg_var loss(wg_tape *tape, const wg_var *x, void *model) {
    wg_pass *pass = wg_pass_new(model, tape, WG_TRAINING);
    const wg_var y = wg_softmax_cross_entropy(wg_pass_record(pass, x), x[1]);
    const wg_var sum = wg_add(y, wg_pass_penalty(pass));
    wg_pass_free(pass);
    return sum;
}

/* All derivatives, in double: those of the image, the kernels, the biases and the alphas. */
static void verify(void) {
    double image[2 * 8 * 8];
    int32_t label[2] = {3, 7};
    struct wg_random random = wg_random_make(1, 0);
    for (int i = 0; i < 2 * 8 * 8; i++) image[i] = wg_random_uniform(&random, -1, 1);
    const struct wg_tensor x[] = {{image, 2 * 8 * 8, WG_F64, WG_SHAPE(2, 8, 8, 1)},
                                  {label, 2, WG_I32, WG_SHAPE(2)}};
    wg_model *model = make(WG_SHAPE(8, 8, 1), 3, WG_F64);
    struct wg_gradcheck_options options = {.params = wg_model_params(model)};
    struct wg_gradcheck_result result = {0};
    wg_gradcheck(loss, model, 2, x, &options, &result);
    printf("gradient check: %s, %lld of %lld derivatives, each within %.0e\n",
           result.pass ? "passed" : "FAILED", (long long)result.checked,
           (long long)result.variables, result.certified);
    wg_model_free(model);
}

static void print_alphas(const char *when, const wg_model *model) {
    wg_params *params = wg_model_params(model);
    const int i = wg_params_find(params, "prelu/alpha");
    const struct wg_tensor alpha = wg_param_value(params, i);
    printf("alphas %s training:", when);
    for (int64_t j = 0; j < alpha.size; j++) printf(" %.4f", ((const float *)alpha.data)[j]);
    printf("\n");
}

int main(void) {
    struct wg_dataset train = {0};
    verify();
    wg_dataset_numerals(600, 0.1, 1, &train);
    wg_model *model = make(WG_SHAPE(28, 28, 1), 8, WG_F32);
    print_alphas("before", model);
    wg_model_compile(model, .optimizer = "sgd learning_rate=0.05 momentum=0.9",
                     .loss = "sparse_categorical_crossentropy from_logits=1",
                     .metrics = {"accuracy"});
    wg_model_fit(model, &train, .epochs = 4, .batch_size = 20, .validation_split = 0.2,
                 .callbacks = {wg_progress(stdout, .timing = WG_NO)});
    print_alphas("after ", model);
    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_model_free(model);
    wg_dataset_free(&train);
    return wg_error_status() != WG_OK;
}

/* Output:
 * gradient check: passed, 201 of 201 derivatives, each within 5e-09
 * alphas before training: 0.1490 -0.5487 0.7573 0.4585 0.5673 0.2811 0.4331 -0.6731
 * epoch  1/4  loss 2.1925  accuracy 0.1938  val_loss 1.8906  val_accuracy 0.3333
 * epoch  2/4  loss 1.3445  accuracy 0.5917  val_loss 1.0810  val_accuracy 0.6083
 * epoch  3/4  loss 0.7079  accuracy 0.7729  val_loss 0.5453  val_accuracy 0.8000
 * epoch  4/4  loss 0.3739  accuracy 0.8729  val_loss 0.4364  val_accuracy 0.8417
 * alphas after  training: 0.6253 0.0377 0.4424 0.1921 0.3215 0.5526 0.6511 0.2207
 */
