/* Lesson 6: the ELU convolutional network of Keras's documentation.
 *
 *     06_elu_cnn DIRECTORY [EPOCHS]    of MNIST's IDX files, plain or .gz
 *
 * Without a directory it trains on generated numerals instead.
 */
#include "wengert/wengert.h"

#include <stdlib.h>

/* model.add(Conv2D(32, (3, 3), activation="elu", input_shape=(28, 28, 1))) ... */
#define CONVOLUTIONS                                                                               \
    wg_conv2d(.filters = 32, .kernel_size = {3, 3}, .activation = "elu"),                          \
        wg_max_pooling2d(.pool_size = {2, 2}),                                                     \
        wg_conv2d(.filters = 64, .kernel_size = {3, 3}, .activation = "elu"),                      \
        wg_max_pooling2d(.pool_size = {2, 2}),                                                     \
        wg_conv2d(.filters = 64, .kernel_size = {3, 3}, .activation = "elu")

static enum wg_status load(const char *directory, struct wg_dataset *train,
                           struct wg_dataset *test) {
    if (directory) return wg_dataset_load_directory(directory, train, test);
    printf("No directory of IDX files given: training on generated numerals.\n");
    enum wg_status status = wg_dataset_numerals(480, 0.1, 1, train);
    return status ? status : wg_dataset_numerals(200, 0.1, 2, test);
}

int main(int count, char **argument) {
    struct wg_dataset train = {0}, test = {0};
    const int digits = count > 1, epochs = count > 2 ? atoi(argument[2]) : digits ? 10 : 3;
    load(digits ? argument[1] : NULL, &train, &test);

    wg_model *documented = wg_sequential(WG_SHAPE(28, 28, 1), CONVOLUTIONS);
    wg_model_summary(documented, stdout);

    /* The same with a head, so that there is something to learn. */
    wg_model *model = wg_sequential(WG_SHAPE(28, 28, 1), CONVOLUTIONS, wg_flatten(),
                                    wg_dense(.units = 10, .activation = "softmax"));
    wg_model_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"});
    wg_model_fit(model, &train, .epochs = epochs, .batch_size = digits ? 64 : 16,
                 .validation = &test,
                 .callbacks = {wg_progress(stdout, .timing = digits ? WG_YES : WG_NO)});
    printf("held-out accuracy %.4f\n", wg_model_log(model, "val_accuracy", epochs - 1));

    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_model_free(documented);
    wg_model_free(model);
    wg_dataset_free(&train);
    wg_dataset_free(&test);
    return wg_error_status() != WG_OK;
}

/* Output:
 * No directory of IDX files given: training on generated numerals.
 * layer (kind)                          output shape                parameters
 * ----------------------------------------------------------------------------
 * input                                 (batch, 28, 28, 1)                   0
 * conv2d (conv2d)                       (batch, 26, 26, 32)                320
 * max_pooling2d (max_pooling2d)         (batch, 13, 13, 32)                  0
 * conv2d_1 (conv2d)                     (batch, 11, 11, 64)              18496
 * max_pooling2d_1 (max_pooling2d)       (batch, 5, 5, 64)                    0
 * conv2d_2 (conv2d)                     (batch, 3, 3, 64)                36928
 * ----------------------------------------------------------------------------
 * parameters: 55744
 * epoch  1/3  loss 2.0341  accuracy 0.2917  val_loss 1.4857  val_accuracy 0.5050
 * epoch  2/3  loss 0.9252  accuracy 0.7083  val_loss 0.5668  val_accuracy 0.8250
 * epoch  3/3  loss 0.3319  accuracy 0.9000  val_loss 0.2800  val_accuracy 0.9200
 * held-out accuracy 0.9200
 */
