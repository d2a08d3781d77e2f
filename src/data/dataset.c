#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "data/dataset.h"

void wg_dataset_free(struct wg_dataset *dataset) {
    if (dataset == NULL) return;
    if (!dataset->view) {
        free(dataset->x);
        free(dataset->pixels);
        free(dataset->tokens);
        free(dataset->labels);
        free(dataset->targets);
        free(dataset->feature_names);
        free(dataset->target_name);
        free(dataset->class_names);
    }
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

char **wg_data_names(const char *function, const char *const *names, int64_t count) {
    size_t size = (size_t)(count + 1) * sizeof(char *);
    for (int64_t i = 0; i < count; i++) size += strlen(names[i]) + 1;
    char **list = wg_data_allocate(function, (int64_t)size, 1);
    if (list == NULL) return NULL;
    char *text = (char *)(list + count + 1);
    for (int64_t i = 0; i < count; i++) {
        size_t length = strlen(names[i]) + 1;
        list[i] = memcpy(text, names[i], length);
        text += length;
    }
    list[count] = NULL;
    return list;
}

int64_t wg_data_label_count(const struct wg_dataset *dataset) {
    return dataset->label_count > 0 ? dataset->label_count : 1;
}

/* ---- Checks ------------------------------------------------------------------------------- */

/* What every use of a set rests on: O(1). */
static enum wg_status check_parts(const char *function, const struct wg_dataset *dataset) {
    if (dataset == NULL || dataset->examples < 1 || dataset->features < 1) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the data set is empty", function);
    }
    int inputs = (dataset->x != NULL) + (dataset->pixels != NULL) + (dataset->tokens != NULL);
    if (inputs != 1) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: the data set has %d arrays of inputs; expected one of x, pixels and "
                       "tokens",
                       function, inputs);
    }
    if (dataset->labels != NULL && dataset->targets != NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: the data set has labels and targets; expected one of the two",
                       function);
    }
    if (dataset->targets != NULL && dataset->outputs < 1) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: the data set has targets and outputs %lld; expected "
                       "1 or more",
                       function, (long long)dataset->outputs);
    }
    return WG_OK;
}

/* Every one of the numbers in [0, bound); `each` of them belong to an example. */
static enum wg_status check_range(const char *function, const char *what, const int32_t *number,
                                  int64_t examples, int64_t each, int64_t bound) {
    for (int64_t i = 0; i < examples * each; i++) {
        if (number[i] >= 0 && number[i] < bound) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: example %lld has the %s %d; expected 0 to %lld",
                       function, (long long)(i / each), what, (int)number[i], (long long)bound - 1);
    }
    return WG_OK;
}

static enum wg_status check_sizes(const char *function, int64_t examples, const char *what,
                                  int64_t each) {
    if (each >= 1 && each <= INT64_MAX / 64 / examples) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "%s: %lld examples with %s %lld; expected 1 or more, and a product that memory "
                   "can hold",
                   function, (long long)examples, what, (long long)each);
}

static enum wg_status check_all(const char *function, const struct wg_dataset *d) {
    enum wg_status status = check_parts(function, d);
    if (status != WG_OK) return status;
    const int64_t labels = wg_data_label_count(d);
    const struct {
        bool here;
        const char *size;
        int64_t each;
        const char *number; /* null: anything will do */
        const int32_t *values;
        int64_t bound;
    } parts[] = {
        {true, "features", d->features, NULL, NULL, 0},
        {d->targets != NULL, "outputs", d->outputs, NULL, NULL, 0},
        {d->labels != NULL, "label_count", labels, "label", d->labels, d->classes},
        {d->tokens != NULL, "features", d->features, "token", d->tokens, d->vocabulary},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == WG_OK; i++) {
        if (!parts[i].here) continue;
        status = check_sizes(function, d->examples, parts[i].size, parts[i].each);
        if (status == WG_OK && parts[i].number != NULL) {
            status = check_range(function, parts[i].number, parts[i].values, d->examples,
                                 parts[i].each, parts[i].bound);
        }
    }
    return status;
}

enum wg_status wg_dataset_check(const struct wg_dataset *dataset) {
    return check_all("dataset_check", dataset);
}

/* ---- Views -------------------------------------------------------------------------------- */

static struct wg_dataset checked_view(const char *function, struct wg_dataset view,
                                      bool has_targets) {
    view.view = true;
    if (!has_targets || (view.x == NULL && view.tokens == NULL)) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: the %s are null; expected an array", function,
                has_targets ? "inputs" : "labels or targets");
        return (struct wg_dataset){0};
    }
    return check_all(function, &view) == WG_OK ? view : (struct wg_dataset){0};
}

/* The struct's arrays are not const, as most sets own theirs; nothing writes to a view's. */
struct wg_dataset wg_dataset_of(int64_t examples, int64_t features, const float *x, int64_t outputs,
                                const float *targets) {
    return checked_view("dataset_of",
                        (struct wg_dataset){.examples = examples,
                                            .features = features,
                                            .x = (float *)x,
                                            .outputs = outputs,
                                            .targets = (float *)targets},
                        targets != NULL || outputs == 0);
}

struct wg_dataset wg_dataset_of_classes(int64_t examples, int64_t features, const float *x,
                                        int64_t classes, const int32_t *labels) {
    return checked_view("dataset_of_classes",
                        (struct wg_dataset){.examples = examples,
                                            .features = features,
                                            .x = (float *)x,
                                            .classes = classes,
                                            .labels = (int32_t *)labels,
                                            .label_count = 1},
                        labels != NULL);
}

struct wg_dataset wg_dataset_of_tokens(int64_t examples, int64_t steps, const int32_t *tokens,
                                       int64_t vocabulary, int64_t label_count,
                                       const int32_t *labels, int64_t classes) {
    if (label_count < 1) {
        wg_fail(WG_ERROR_ARGUMENT, "dataset_of_tokens: label_count is %lld; expected 1 or more",
                (long long)label_count);
        return (struct wg_dataset){0};
    }
    return checked_view("dataset_of_tokens",
                        (struct wg_dataset){.examples = examples,
                                            .features = steps,
                                            .tokens = (int32_t *)tokens,
                                            .vocabulary = vocabulary,
                                            .classes = classes,
                                            .labels = (int32_t *)labels,
                                            .label_count = label_count},
                        labels != NULL);
}

/* ---- Batches ------------------------------------------------------------------------------ */

static enum wg_status check_index(const char *function, const struct wg_dataset *dataset,
                                  const int64_t *index, int64_t count, int64_t least) {
    enum wg_status status = check_parts(function, dataset);
    if (status != WG_OK) return status;
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

/* Rows of one array: `size` bytes each. */
static void copy_rows(const void *from, size_t size, const int64_t *index, int64_t count,
                      void *to) {
    for (int64_t i = 0; i < count; i++) {
        memcpy((char *)to + (size_t)i * size, (const char *)from + (size_t)index[i] * size, size);
    }
}

/* Asks memory for a row that comes next: the processor cannot foresee which. */
static inline void ask_for(const void *row, size_t size) {
    for (size_t at = 0; at < size; at += 64) __builtin_prefetch((const char *)row + at);
}

/* Rows of `length` elements, converted one by one. */
#define CONVERT_ROWS(to, type, from, from_type, convert)                                           \
    for (int64_t i = 0; i < count; i++) {                                                          \
        const from_type *restrict row = (from) + index[i] * length;                                \
        if (i + 1 < count) ask_for((from) + index[i + 1] * length, (size_t)length * sizeof *row);  \
        type *restrict out = (type *)(to) + i * length;                                            \
        for (int64_t j = 0; j < length; j++) out[j] = (type)convert(row[j]);                       \
    }
#define AS_IT_IS(x) (x)
#define SHARE_F32(x) ((float)(x) / 255.0f)
#define SHARE_F64(x) ((x) / 255.0)

static void gather_inputs(const struct wg_dataset *d, const int64_t *index, int64_t count,
                          enum wg_dtype dtype, void *to) {
    const int64_t length = d->features;
    if (d->tokens != NULL) {
        copy_rows(d->tokens, (size_t)length * sizeof *d->tokens, index, count, to);
    } else if (d->x != NULL && dtype == WG_F32) {
        copy_rows(d->x, (size_t)length * sizeof *d->x, index, count, to);
    } else if (d->x != NULL) {
        CONVERT_ROWS(to, double, d->x, float, AS_IT_IS)
    } else if (dtype == WG_F32) {
        CONVERT_ROWS(to, float, d->pixels, uint8_t, SHARE_F32)
    } else {
        CONVERT_ROWS(to, double, d->pixels, uint8_t, SHARE_F64)
    }
}

static void gather_targets(const struct wg_dataset *d, const int64_t *index, int64_t count,
                           enum wg_dtype dtype, void *to) {
    const int64_t length = d->labels != NULL ? wg_data_label_count(d) : d->outputs;
    if (d->labels != NULL && dtype == WG_I32) {
        copy_rows(d->labels, (size_t)length * sizeof *d->labels, index, count, to);
    } else if (d->labels != NULL && dtype == WG_F32) {
        CONVERT_ROWS(to, float, d->labels, int32_t, AS_IT_IS)
    } else if (d->labels != NULL) {
        CONVERT_ROWS(to, double, d->labels, int32_t, AS_IT_IS)
    } else if (dtype == WG_F32) {
        copy_rows(d->targets, (size_t)length * sizeof *d->targets, index, count, to);
    } else {
        CONVERT_ROWS(to, double, d->targets, float, AS_IT_IS)
    }
}

/* Examples begin to end of a batch of inputs. */
struct input_rows {
    const struct wg_dataset *dataset;
    const int64_t *index;
    enum wg_dtype dtype;
    char *to;
};

static void gather_input_rows(int64_t begin, int64_t end, const void *context) {
    const struct input_rows *rows = context;
    const size_t row = (size_t)rows->dataset->features * wg_dtype_size(rows->dtype);
    gather_inputs(rows->dataset, rows->index + begin, end - begin, rows->dtype,
                  rows->to + (size_t)begin * row);
}

#define ROW_WORK 8 /* elementary operations an element, about */

static void share_out_inputs(const struct wg_dataset *d, const int64_t *index, int64_t count,
                             enum wg_dtype dtype, void *to) {
    const struct input_rows rows = {d, index, dtype, to};
    wg_parallel(count, count * d->features * ROW_WORK, gather_input_rows, &rows);
}

/* Whether a set's inputs (or targets) can be had in this dtype. */
static enum wg_status check_dtype(const char *function, const struct wg_dataset *d, bool inputs,
                                  enum wg_dtype dtype) {
    const bool real = dtype == WG_F32 || dtype == WG_F64, whole = dtype == WG_I32;
    const char *what = inputs               ? d->tokens != NULL ? "tokens" : "numbers"
                       : d->labels != NULL  ? "labels"
                       : d->targets != NULL ? "numbers"
                                            : "absent";
    const bool tokens = inputs && d->tokens != NULL, labels = !inputs && d->labels != NULL;
    const bool absent = !inputs && d->labels == NULL && d->targets == NULL;
    if (!absent && (tokens ? whole : labels ? whole || real : real)) return WG_OK;
    return wg_fail(WG_ERROR_DTYPE, "%s: the set's %s are %s; %s were asked for; expected %s",
                   function, inputs ? "inputs" : "targets", what, wg_dtype_name(dtype),
                   absent   ? "a set with labels or targets"
                   : tokens ? "i32"
                   : labels ? "i32, f32 or f64"
                            : "f32 or f64");
}

enum wg_status wg_dataset_batch(const struct wg_dataset *dataset, const int64_t *index,
                                int64_t count, float *x, int32_t *labels) {
    static const char function[] = "dataset_batch";
    enum wg_status status = check_index(function, dataset, index, count, 0);
    if (status == WG_OK && x != NULL) status = check_dtype(function, dataset, true, WG_F32);
    if (status == WG_OK && labels != NULL) status = check_dtype(function, dataset, false, WG_I32);
    if (status != WG_OK) return status;
    if (x != NULL) share_out_inputs(dataset, index, count, WG_F32, x);
    if (labels != NULL) gather_targets(dataset, index, count, WG_I32, labels);
    return WG_OK;
}

static enum wg_status gather(const char *function, bool inputs, const struct wg_dataset *dataset,
                             const int64_t *index, int64_t count, enum wg_dtype dtype, void *to) {
    enum wg_status status = check_index(function, dataset, index, count, 0);
    if (status == WG_OK) status = check_dtype(function, dataset, inputs, dtype);
    if (status != WG_OK || count == 0) return status;
    if (to == NULL) return wg_fail(WG_ERROR_ARGUMENT, "%s: the output is null", function);
    (inputs ? share_out_inputs : gather_targets)(dataset, index, count, dtype, to);
    return WG_OK;
}

enum wg_status wg_dataset_gather_inputs(const struct wg_dataset *dataset, const int64_t *index,
                                        int64_t count, enum wg_dtype dtype, void *inputs) {
    return gather("dataset_gather_inputs", true, dataset, index, count, dtype, inputs);
}

enum wg_status wg_dataset_gather_targets(const struct wg_dataset *dataset, const int64_t *index,
                                         int64_t count, enum wg_dtype dtype, void *targets) {
    return gather("dataset_gather_targets", false, dataset, index, count, dtype, targets);
}

/* ---- Copies ------------------------------------------------------------------------------- */

/* A copy of some rows of an array; of a null array, null. False where memory is missing. */
static bool take_rows(const void *from, int64_t length, size_t size, const int64_t *index,
                      int64_t count, void **to) {
    static const char function[] = "dataset_take";
    *to = NULL;
    if (from == NULL) return true;
    if (count > INT64_MAX / length) {
        wg_fail(WG_ERROR_MEMORY, "%s: %lld examples are too many", function, (long long)count);
        return false;
    }
    *to = wg_data_allocate(function, count * length, size);
    if (*to == NULL) return false;
    copy_rows(from, (size_t)length * size, index, count, *to);
    return true;
}

static bool take_names(char **from, char ***to) {
    *to = NULL;
    if (from == NULL) return true;
    int64_t count = 0;
    while (from[count] != NULL) count++;
    *to = wg_data_names("dataset_take", (const char *const *)from, count);
    return *to != NULL;
}

enum wg_status wg_dataset_take(const struct wg_dataset *dataset, const int64_t *index,
                               int64_t count, struct wg_dataset *taken) {
    static const char function[] = "dataset_take";
    if (taken == NULL) return wg_fail(WG_ERROR_ARGUMENT, "%s: taken is null", function);
    *taken = (struct wg_dataset){0};
    enum wg_status status = check_index(function, dataset, index, count, 1);
    if (status != WG_OK) return status;
    struct wg_dataset result = *dataset;
    result.examples = count;
    result.view = false;
    void *x, *pixels, *tokens, *labels, *targets;
    const struct {
        const void *from;
        int64_t length;
        size_t size;
        void **to;
    } arrays[] = {
        {dataset->x, dataset->features, sizeof *dataset->x, &x},
        {dataset->pixels, dataset->features, sizeof *dataset->pixels, &pixels},
        {dataset->tokens, dataset->features, sizeof *dataset->tokens, &tokens},
        {dataset->labels, wg_data_label_count(dataset), sizeof *dataset->labels, &labels},
        {dataset->targets, dataset->outputs, sizeof *dataset->targets, &targets},
    };
    bool good = true;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i].to = NULL;
        good = good && take_rows(arrays[i].from, arrays[i].length, arrays[i].size, index, count,
                                 arrays[i].to);
    }
    result.x = x;
    result.pixels = pixels;
    result.tokens = tokens;
    result.labels = labels;
    result.targets = targets;
    result.feature_names = result.target_name = result.class_names = NULL;
    good = good && take_names(dataset->feature_names, &result.feature_names) &&
           take_names(dataset->target_name, &result.target_name) &&
           take_names(dataset->class_names, &result.class_names);
    if (!good) {
        wg_dataset_free(&result);
        return WG_ERROR_MEMORY;
    }
    *taken = result;
    return WG_OK;
}
