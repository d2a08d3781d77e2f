/* The CSV loader on arbitrary bytes and options. Whatever they are, the result is a data set that
 * is sound and of finite numbers, or an error with a text and an empty data set. */
#define _GNU_SOURCE
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int64_t names_in(char *const *names) {
    int64_t count = 0;
    while (names[count]) count++;
    return count;
}

static void check_sound(const struct wg_dataset *d) {
    if (wg_dataset_check(d) != WG_OK || !d->x) abort();
    for (int64_t i = 0; i < d->examples * d->features; i++) {
        if (!isfinite(d->x[i])) abort();
    }
    for (int64_t i = 0; d->targets && i < d->examples; i++) {
        if (!isfinite(d->targets[i])) abort();
    }
    if (d->feature_names && names_in(d->feature_names) != d->features) abort();
    if (d->target_name && names_in(d->target_name) != 1) abort();
    if (d->class_names && names_in(d->class_names) != d->classes) abort();
}

static void load(const char *path, const struct wg_csv_options *options, struct wg_dataset *d) {
    const enum wg_status status = wg_dataset_load_csv(path, options, d);
    if (status == WG_OK) {
        check_sound(d);
    } else if (!wg_error()[0] || wg_error_status() != status || d->x || d->examples) {
        abort();
    }
    wg_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char *const labels[] = {NULL, "1", "a", "2"};
    static const char delimiters[] = {0, ',', ';', '\t', '|', 0, 0, 0};
    if (size < 2) return 0;
    char path[64];
    const int file = memfd_create("csv", 0);
    if (file < 0 || write(file, bytes + 2, size - 2) != (ssize_t)(size - 2)) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct wg_csv_options options = {.header = (enum wg_csv_header)(bytes[0] % 4 % 3),
                                     .labels = (enum wg_csv_labels)(bytes[0] / 4 % 4),
                                     .label = labels[bytes[0] / 16 % 4],
                                     .delimiter = delimiters[bytes[1] % 8],
                                     .most_classes = bytes[1] / 8 % 8};
    struct wg_dataset first = {0}, second = {0};
    load(path, &options, &first);
    options.like = first.examples ? &first : NULL;
    load(path, &options, &second); /* a file goes with itself */
    if (first.labels && (!second.labels || memcmp(first.labels, second.labels,
                                                  (size_t)first.examples * sizeof(int32_t)) != 0)) {
        abort();
    }
    wg_dataset_free(&first);
    wg_dataset_free(&second);
    close(file);
    return 0;
}
