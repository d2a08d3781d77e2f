/* Whole programs on handwritten digits, on two threads:
 *
 *     bench_digits elu|prelu DIRECTORY
 *
 * elu: the convolutional network of examples/06_elu_cnn.c with Adam and batches of 64, 10 epochs;
 * prelu: a dense network 784-128-10 with momentum and batches of 32, 20 epochs. After each epoch
 * the held-out digits are evaluated. peers/keras_digits.py does the same.
 */
#include "wengert/wengert.h"

#include <stdio.h>
#include <string.h>

static const struct program {
    const char *name, *layers, *optimizer;
    int batch_size, epochs;
} programs[] = {
    {"elu",
     "conv2d 32 3x3 elu; max_pooling2d 2; conv2d 64 3x3 elu; max_pooling2d 2; conv2d 64 3x3 elu; "
     "flatten; dense 10 softmax",
     "adam", 64, 10},
    {"prelu", "flatten; dense 128; prelu; dense 10 softmax", "sgd learning_rate=0.02 momentum=0.9",
     32, 20},
};

int main(int count, char **argument) {
    const struct program *p = programs;
    if (count == 3 && strcmp(argument[1], p->name) != 0) p++;
    if (count != 3 || strcmp(argument[1], p->name) != 0) {
        fprintf(stderr, "usage: %s elu|prelu DIRECTORY\n", argument[0]);
        return 2;
    }
    struct wg_dataset train = {0}, test = {0};
    wg_set_threads(2);
    wg_dataset_load_directory(argument[2], &train, &test);
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(28, 28, 1)}}, .seed = 1}, p->layers);
    wg_model_compile(model, .optimizer = p->optimizer, .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"});
    wg_model_fit(model, &train, .epochs = p->epochs, .batch_size = p->batch_size,
                 .validation = &test);
    printf("%lld digits, held-out accuracy %.4f\n", (long long)train.examples,
           wg_model_log(model, "val_accuracy", p->epochs - 1));
    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_model_free(model);
    wg_dataset_free(&train);
    wg_dataset_free(&test);
    return wg_error_status() != WG_OK;
}
