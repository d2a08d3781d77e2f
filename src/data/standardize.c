#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "data/dataset.h"

static enum wg_status check_floats(const char *function, const struct wg_dataset *dataset) {
    enum wg_status status = wg_dataset_check(dataset);
    if (status != WG_OK || dataset->x != NULL) return status;
    return wg_fail(WG_ERROR_DTYPE, "%s: the inputs are %s; expected floats", function,
                   dataset->tokens != NULL ? "tokens" : "bytes, which are scaled when gathered");
}

/* One column, in the order of the examples. A constant one is found by comparing: its mean as
 * computed may differ from it by a rounding, and that must not become its deviation. */
static void measure(const struct wg_dataset *d, int64_t column, double *mean, double *deviation) {
    const float *first = d->x + column;
    double sum = 0, squares = 0;
    bool constant = true;
    for (int64_t i = 0; i < d->examples; i++) {
        const float value = first[i * d->features];
        sum += (double)value;
        constant = constant && value == *first;
    }
    *mean = constant ? (double)*first : sum / (double)d->examples;
    for (int64_t i = 0; i < d->examples; i++) {
        const double distance = (double)first[i * d->features] - *mean;
        squares += distance * distance;
    }
    *deviation = constant ? 0 : sqrt(squares / (double)d->examples);
}

enum wg_status wg_dataset_measure(const struct wg_dataset *dataset,
                                  struct wg_standardization *measured) {
    static const char function[] = "dataset_measure";
    if (measured == NULL) return wg_fail(WG_ERROR_ARGUMENT, "%s: the result is null", function);
    *measured = (struct wg_standardization){0};
    enum wg_status status = check_floats(function, dataset);
    if (status != WG_OK) return status;
    struct wg_standardization s = {.features = dataset->features};
    s.mean = wg_data_allocate(function, s.features, sizeof *s.mean);
    s.deviation = wg_data_allocate(function, s.features, sizeof *s.deviation);
    if (s.mean == NULL || s.deviation == NULL) status = WG_ERROR_MEMORY;
    for (int64_t j = 0; j < s.features && status == WG_OK; j++) {
        measure(dataset, j, &s.mean[j], &s.deviation[j]);
        if (isfinite(s.mean[j]) && isfinite(s.deviation[j])) continue;
        status = wg_fail(WG_ERROR_ARGUMENT,
                         "%s: feature %lld%s%s has values that are not finite; expected numbers",
                         function, (long long)j, dataset->feature_names != NULL ? ", " : "",
                         dataset->feature_names != NULL ? dataset->feature_names[j] : "");
    }
    if (status == WG_OK) {
        *measured = s;
    } else {
        wg_standardization_free(&s);
    }
    return status;
}

enum wg_status wg_dataset_standardize(struct wg_dataset *dataset,
                                      const struct wg_standardization *by) {
    static const char function[] = "dataset_standardize";
    enum wg_status status = check_floats(function, dataset);
    if (status != WG_OK) return status;
    if (by == NULL || by->mean == NULL || by->deviation == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: no means and deviations; expected those of "
                       "wg_dataset_measure",
                       function);
    }
    if (by->features != dataset->features) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: %lld features were measured; expected as many as the set has, %lld",
                       function, (long long)by->features, (long long)dataset->features);
    }
    if (dataset->view) {
        return wg_fail(WG_ERROR_STATE,
                       "%s: the set is a view of arrays that are not its own; "
                       "expected a copy, as wg_dataset_take makes",
                       function);
    }
    float *x = dataset->x;
    for (int64_t i = 0; i < dataset->examples; i++) {
        for (int64_t j = 0; j < dataset->features; j++, x++) {
            const double deviation = by->deviation[j];
            *x = deviation > 0 ? (float)(((double)*x - by->mean[j]) / deviation) : 0;
        }
    }
    return WG_OK;
}

void wg_standardization_free(struct wg_standardization *standardization) {
    if (standardization == NULL) return;
    free(standardization->mean);
    free(standardization->deviation);
    *standardization = (struct wg_standardization){0};
}
