/* Lesson 7: the self-normalizing network of Keras's documentation (Klambauer et al. 2017): with
 * lecun_normal weights, selu keeps activations near mean 0 and variance 1 from layer to layer.
 *
 *     07_selu_mlp DIRECTORY [EPOCHS]    of MNIST's IDX files; without: generated numerals
 */
#include "wengert/wengert.h"

#include <stdlib.h>

#define SELU(n) wg_dense(n, .activation = "selu", .kernel_initializer = "lecun_normal")
#define HEAD wg_alpha_dropout(.rate = 0.05), wg_dense(10, .activation = "softmax")

/* Each image as one row, brought to mean 0 and variance 1: no parameters. */
#define STANDARDIZED                                                                               \
    wg_flatten(), wg_layer_normalization(.center = WG_NO, .scale = WG_NO, .epsilon = 1e-6)

enum { INITIALIZATIONS = 30, EXAMPLES = 200 };

/* Mean and variance of a layer's activations over many initial weights. */
static void print_moments(int layer, wg_model *hidden, const struct wg_dataset *images) {
    static float y[EXAMPLES * 64];
    struct wg_dataset few = *images;
    double sum = 0, squares = 0, n = 0;
    few.examples = EXAMPLES;
    for (int seed = 1; seed <= INITIALIZATIONS && !wg_error_status(); seed++) {
        wg_model_initialize(hidden, (uint64_t)seed);
        wg_model_predict(hidden, &few, 0, y);
        const int64_t size = EXAMPLES * wg_model_output_shape(hidden).dim[0];
        for (int64_t i = 0; i < size; i++) sum += y[i], squares += (double)y[i] * y[i], n++;
    }
    printf("hidden layer %d: mean %+.3f, variance %.3f\n", layer, sum / n,
           squares / n - sum / n * sum / n);
    wg_model_free(hidden);
}

int main(int count, char **argument) {
    struct wg_dataset train = {0}, test = {0};
    const int digits = count > 1, epochs = count > 2 ? atoi(argument[2]) : digits ? 20 : 8;
    if (digits) wg_dataset_load_directory(argument[1], &train, &test);
    if (!digits) wg_dataset_numerals(2000, 0.1, 1, &train), wg_dataset_numerals(500, 0.1, 2, &test);

    const struct wg_shape image = WG_SHAPE(28, 28, 1);
    wg_model *documented = wg_sequential(image, SELU(64), SELU(32), SELU(16), HEAD);
    wg_model_summary(documented, stdout); /* along the last axis, for each pixel */

    print_moments(1, wg_sequential(image, STANDARDIZED, SELU(64)), &test);
    print_moments(2, wg_sequential(image, STANDARDIZED, SELU(64), SELU(32)), &test);
    wg_model *model = wg_sequential(image, STANDARDIZED, SELU(64), SELU(32), SELU(16), HEAD);
    wg_model_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"});
    wg_model_fit(model, &train, .epochs = epochs, .validation = &test,
                 .callbacks = {wg_progress(stdout, .timing = digits ? WG_YES : WG_NO)});

    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_model_free(documented), wg_model_free(model);
    wg_dataset_free(&train), wg_dataset_free(&test);
    return wg_error_status() != WG_OK;
}

/* Output:
 * layer (kind)                          output shape                parameters
 * ----------------------------------------------------------------------------
 * input                                 (batch, 28, 28, 1)                   0
 * dense (dense)                         (batch, 28, 28, 64)                128
 * dense_1 (dense)                       (batch, 28, 28, 32)               2080
 * dense_2 (dense)                       (batch, 28, 28, 16)                528
 * alpha_dropout (alpha_dropout)         (batch, 28, 28, 16)                  0
 * dense_3 (dense)                       (batch, 28, 28, 10)                170
 * ----------------------------------------------------------------------------
 * parameters: 2906
 * hidden layer 1: mean -0.007, variance 0.999
 * hidden layer 2: mean +0.010, variance 1.018
 * epoch  1/8  loss 1.7309  accuracy 0.4120  val_loss 0.9243  val_accuracy 0.7140
 * epoch  2/8  loss 0.7572  accuracy 0.7645  val_loss 0.4958  val_accuracy 0.8740
 * epoch  3/8  loss 0.4607  accuracy 0.8575  val_loss 0.3268  val_accuracy 0.9120
 * epoch  4/8  loss 0.2890  accuracy 0.9190  val_loss 0.2871  val_accuracy 0.9120
 * epoch  5/8  loss 0.2083  accuracy 0.9415  val_loss 0.2105  val_accuracy 0.9260
 * epoch  6/8  loss 0.1441  accuracy 0.9580  val_loss 0.1877  val_accuracy 0.9380
 * epoch  7/8  loss 0.0974  accuracy 0.9785  val_loss 0.1681  val_accuracy 0.9440
 * epoch  8/8  loss 0.0729  accuracy 0.9835  val_loss 0.1434  val_accuracy 0.9540
 */
