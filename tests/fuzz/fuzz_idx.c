/* The IDX loader on arbitrary bytes: an images and a labels file, plain or gzip. Whatever they
 * hold, the result is a data set that is sound, or an error with a text and an empty data set. */
#define _GNU_SOURCE
#include "wengert/wengert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory that holds these bytes; its path. */
static int make_file(const uint8_t *bytes, size_t size, char *path, size_t room) {
    int file = memfd_create("idx", 0);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size) abort();
    snprintf(path, room, "/proc/self/fd/%d", file);
    return file;
}

static void check_sound(const struct wg_dataset *data) {
    if (data->examples < 1 || data->features < 1 || data->classes < 1) abort();
    if (!data->labels || !data->x == !data->pixels) abort();
    for (int64_t i = 0; i < data->examples; i++) {
        if (data->labels[i] < 0 || data->labels[i] >= data->classes) abort();
    }
    const int64_t last = data->examples - 1;
    float *x = malloc((size_t)data->features * sizeof *x);
    int32_t label;
    if (!x || wg_dataset_batch(data, &last, 1, x, &label) != WG_OK) abort();
    for (int64_t i = 0; i < data->features; i++) {
        if (!(x[i] >= 0 && x[i] <= 1)) abort();
    }
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    const size_t rest = size - 2;
    size_t split = (size_t)(bytes[0] | bytes[1] << 8);
    if (split > rest) split = rest;
    char images[64], labels[64];
    const int image_file = make_file(bytes + 2, split, images, sizeof images);
    const int label_file = make_file(bytes + 2 + split, rest - split, labels, sizeof labels);
    struct wg_dataset data = {0};
    const enum wg_status status = wg_dataset_load_idx(images, labels, &data);
    if (status == WG_OK) {
        check_sound(&data);
    } else if (!wg_error()[0] || wg_error_status() != status || data.labels || data.pixels) {
        abort();
    }
    wg_clear_error();
    wg_dataset_free(&data);
    close(image_file);
    close(label_file);
    return 0;
}
