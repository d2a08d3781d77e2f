#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/dataset.h"
#include "wengert/random.h"

void wg_dataset_free(struct wg_dataset *dataset) {
    if (dataset == NULL) return;
    free(dataset->x);
    free(dataset->pixels);
    free(dataset->labels);
    memset(dataset, 0, sizeof *dataset);
}

void *wg_data_allocate(const char *function, int64_t count, size_t size) {
    void *memory = NULL;
    if (count > 0 && (uint64_t)count <= PTRDIFF_MAX / size) memory = malloc((size_t)count * size);
    if (memory == NULL) {
        wg_fail(WG_ERROR_MEMORY, "%s: no memory for %lld values of %zu bytes", function,
                (long long)count, size);
    }
    return memory;
}

/* Checks what batch and take have in common. */
static enum wg_status check_index(const char *function, const struct wg_dataset *dataset,
                                  const int64_t *index, int64_t count, int64_t least) {
    if (dataset == NULL || dataset->labels == NULL ||
        (dataset->x == NULL) == (dataset->pixels == NULL)) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the data set is empty", function);
    }
    if (count < least || (index == NULL && count > 0)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: %s index array with count %lld; expected an array of %lld or more",
                       function, index == NULL ? "null" : "an", (long long)count, (long long)least);
    }
    for (int64_t i = 0; i < count; i++) {
        if (index[i] < 0 || index[i] >= dataset->examples) {
            return wg_fail(WG_ERROR_ARGUMENT, "%s: index[%lld] is %lld; expected 0 to %lld",
                           function, (long long)i, (long long)index[i],
                           (long long)dataset->examples - 1);
        }
    }
    return WG_OK;
}

static void gather_values(const struct wg_dataset *dataset, const int64_t *index, int64_t count,
                          float *x) {
    int64_t features = dataset->features;
    for (int64_t i = 0; i < count; i++, x += features) {
        int64_t start = index[i] * features;
        if (dataset->x != NULL) {
            memcpy(x, dataset->x + start, (size_t)features * sizeof *x);
        } else {
            for (int64_t j = 0; j < features; j++) x[j] = dataset->pixels[start + j] / 255.0f;
        }
    }
}

static void gather_labels(const struct wg_dataset *dataset, const int64_t *index, int64_t count,
                          int32_t *labels) {
    for (int64_t i = 0; i < count; i++) labels[i] = dataset->labels[index[i]];
}

enum wg_status wg_dataset_batch(const struct wg_dataset *dataset, const int64_t *index,
                                int64_t count, float *x, int32_t *labels) {
    enum wg_status status = check_index("dataset_batch", dataset, index, count, 0);
    if (status != WG_OK) return status;
    if (x != NULL) gather_values(dataset, index, count, x);
    if (labels != NULL) gather_labels(dataset, index, count, labels);
    return WG_OK;
}

enum wg_status wg_dataset_take(const struct wg_dataset *dataset, const int64_t *index,
                               int64_t count, struct wg_dataset *taken) {
    static const char function[] = "dataset_take";
    if (taken == NULL) return wg_fail(WG_ERROR_ARGUMENT, "%s: taken is null", function);
    struct wg_dataset result = {0};
    *taken = result;
    enum wg_status status = check_index(function, dataset, index, count, 1);
    if (status != WG_OK) return status;
    if (count > INT64_MAX / dataset->features) {
        return wg_fail(WG_ERROR_MEMORY, "%s: %lld examples are too many", function,
                       (long long)count);
    }
    int64_t features = dataset->features, values = count * features;
    result.labels = wg_data_allocate(function, count, sizeof *result.labels);
    if (dataset->x != NULL) {
        result.x = wg_data_allocate(function, values, sizeof *result.x);
    } else {
        result.pixels = wg_data_allocate(function, values, sizeof *result.pixels);
    }
    if (result.labels == NULL || (result.x == NULL && result.pixels == NULL)) {
        wg_dataset_free(&result);
        return WG_ERROR_MEMORY;
    }
    if (result.x != NULL) gather_values(dataset, index, count, result.x);
    for (int64_t i = 0; i < count && result.pixels != NULL; i++) {
        memcpy(result.pixels + i * features, dataset->pixels + index[i] * features,
               (size_t)features);
    }
    gather_labels(dataset, index, count, result.labels);
    result.examples = count;
    result.features = features;
    result.classes = dataset->classes;
    result.image_rows = dataset->image_rows;
    result.image_columns = dataset->image_columns;
    *taken = result;
    return WG_OK;
}

enum wg_status wg_dataset_split_last(int64_t examples, double fraction, int64_t *order,
                                     int64_t *train) {
    if (examples < 2 || !(fraction > 0 && fraction < 1) || order == NULL || train == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "dataset_split: %lld examples, fraction %g, %s outputs; expected 2 examples "
                       "or more, a fraction between 0 and 1, and no null output",
                       (long long)examples, fraction,
                       order == NULL || train == NULL ? "null" : "valid");
    }
    int64_t held_out = (int64_t)((double)examples * fraction);
    if (held_out < 1) held_out = 1;
    if (held_out > examples - 1) held_out = examples - 1;
    for (int64_t i = 0; i < examples; i++) order[i] = i;
    *train = examples - held_out;
    return WG_OK;
}

enum wg_status wg_dataset_split_shuffled(int64_t examples, double fraction, uint64_t seed,
                                         int64_t *order, int64_t *train) {
    enum wg_status status = wg_dataset_split_last(examples, fraction, order, train);
    if (status != WG_OK) return status;
    struct wg_random random = wg_random_make(seed, WG_STREAM_SPLIT);
    return wg_random_shuffle(&random, order, examples);
}
