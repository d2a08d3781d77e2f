/* Evaluation, prediction, and single batches. */
#include "train/training.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum wg_status make_result(const struct wg_training *training, double loss,
                                  struct wg_evaluation *result) {
    if (!result) return WG_OK;
    *result = (struct wg_evaluation){.loss = loss};
    for (int i = 0; i < training->metrics; i++)
        result->metric[i] = wg_metric_result(training->test_metric[i]);
    return wg_error_status();
}

static void reset_metrics(struct wg_training *training) {
    for (int i = 0; i < training->metrics; i++) wg_metric_reset(training->test_metric[i]);
}

static enum wg_status update_metrics(struct wg_training *training, const struct wg_run *run) {
    return wg_update_metrics(training->test_metric, training->metrics, run);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- Data sets ------------------------------------------------------------------------------- */

enum wg_status wg_evaluate_source(struct wg_training *training, const struct wg_source *source,
                                  int64_t batch_size, struct wg_evaluation *result) {
    const bool weighted = source->class_weight || source->sample_weight;
    double sum = 0;
    reset_metrics(training);
    for (int64_t from = 0; from < source->count; from += batch_size) {
        const int64_t batch = smaller(batch_size, source->count - from);
        struct wg_run *run = wg_run_for(training, WG_RUN_TEST, batch, weighted);
        if (!run || wg_fill(run, source, from) != WG_OK) return wg_failure();
        if (wg_run_forward(training, run, 0) != WG_OK || update_metrics(training, run) != WG_OK)
            return wg_failure();
        sum += wg_item(run->loss) * (double)batch;
    }
    return make_result(training, sum / (double)source->count, result);
}

static int64_t *ascending(int64_t count) {
    int64_t *order = count > 0 ? malloc((size_t)count * sizeof *order) : NULL;
    for (int64_t i = 0; order && i < count; i++) order[i] = i;
    if (!order && count > 0)
        wg_fail(WG_ERROR_MEMORY, "out of memory for %lld examples", (long long)count);
    return order;
}

enum wg_status wg_model_evaluate_with(wg_model *model, const struct wg_dataset *data,
                                      struct wg_evaluate_options options,
                                      struct wg_evaluation *result) {
    static const char who[] = "wg_model_evaluate";
    struct wg_training *training = wg_compiled(who, model);
    struct wg_source source = {.data = data, .sample_weight = options.sample_weight};
    if (!training || wg_check_source(who, training, &source, true) != WG_OK) return wg_failure();
    const int64_t batch_size = wg_batch_size(who, options.batch_size, data->examples);
    int64_t *order = batch_size ? ascending(data->examples) : NULL;
    if (!order) return wg_failure();
    source.order = order;
    source.count = data->examples;
    const enum wg_status status = wg_evaluate_source(training, &source, batch_size, result);
    free(order);
    return status;
}

enum wg_status wg_model_predict(wg_model *model, const struct wg_dataset *data, int batch_size,
                                void *y) {
    static const char who[] = "wg_model_predict";
    if (!model || !y)
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the %s is NULL", who, model ? "result" : "model");
    struct wg_training *training = wg_training_of(model);
    struct wg_source source = {.data = data};
    if (!training || wg_check_source(who, training, &source, false) != WG_OK) return wg_failure();
    const int64_t size = wg_batch_size(who, batch_size, data->examples);
    int64_t *order = size ? ascending(data->examples) : NULL;
    if (!order) return wg_failure();
    source.order = order;
    source.count = data->examples;
    enum wg_status status = WG_OK;
    for (int64_t from = 0; from < source.count && status == WG_OK; from += size) {
        struct wg_run *run =
            wg_run_for(training, WG_RUN_PREDICT, smaller(size, source.count - from), false);
        if (!run) {
            status = wg_failure();
            break;
        }
        status = wg_fill(run, &source, from);
        if (status == WG_OK) status = wg_run_forward(training, run, 0);
        if (status != WG_OK) break;
        const struct wg_tensor value = wg_value(run->y);
        const size_t bytes = (size_t)value.size * wg_dtype_size(value.dtype);
        memcpy(y, value.data, bytes);
        y = (char *)y + bytes;
    }
    free(order);
    return status;
}

/* ---- Single batches ------------------------------------------------------------------------- */

static enum wg_status copy_in(const char *who, const char *what, wg_var leaf,
                              const struct wg_tensor *given) {
    const struct wg_tensor wanted = wg_value(leaf);
    if (!given->data || given->dtype != wanted.dtype || !wg_shape_equal(given->shape, wanted.shape))
        return wg_fail(given->dtype == wanted.dtype ? WG_ERROR_SHAPE : WG_ERROR_DTYPE,
                       "%s: %s: %s of shape %s%s; expected %s of shape %s", who, what,
                       wg_dtype_name(given->dtype), wg_shape_text(given->shape).text,
                       given->data ? "" : " without data", wg_dtype_name(wanted.dtype),
                       wg_shape_text(wanted.shape).text);
    return wg_set(leaf, given->data);
}

static struct wg_run *set_batch(const char *who, struct wg_training *training,
                                enum wg_run_kind kind, const struct wg_batch *batch) {
    if (!batch || !batch->x || batch->x[0].shape.rank < 1 || batch->x[0].shape.dim[0] < 1) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: no inputs; expected a batch of one or more examples", who);
        return NULL;
    }
    const bool weighted = batch->sample_weight.data != NULL;
    struct wg_run *run = wg_run_for(training, kind, batch->x[0].shape.dim[0], weighted);
    if (!run) return NULL;
    for (int i = 0; i < wg_model_inputs(training->model); i++) {
        if (copy_in(who, "input", run->x[i], &batch->x[i]) != WG_OK) return NULL;
    }
    if (copy_in(who, "target", run->target, &batch->target) != WG_OK) return NULL;
    if (weighted && copy_in(who, "sample_weight", run->weight, &batch->sample_weight) != WG_OK)
        return NULL;
    return run;
}

static enum wg_status one_batch(const char *who, wg_model *model, const struct wg_batch *batch,
                                bool train, uint64_t seed, struct wg_evaluation *result) {
    struct wg_training *training = wg_compiled(who, model);
    struct wg_run *run =
        training ? set_batch(who, training, train ? WG_RUN_TRAIN : WG_RUN_TEST, batch) : NULL;
    if (!run) return wg_failure();
    reset_metrics(training);
    enum wg_status status = wg_run_forward(training, run, seed);
    if (status == WG_OK) status = update_metrics(training, run);
    const double loss = status == WG_OK ? wg_item(run->loss) : NAN;
    if (status == WG_OK && train) status = wg_run_backward(training, run);
    if (status == WG_OK && train) status = wg_run_update(training, run);
    return status == WG_OK ? make_result(training, loss, result) : status;
}

enum wg_status wg_model_train_on_batch(wg_model *model, const struct wg_batch *batch, uint64_t seed,
                                       struct wg_evaluation *result) {
    return one_batch("wg_model_train_on_batch", model, batch, true, seed, result);
}

enum wg_status wg_model_test_on_batch(wg_model *model, const struct wg_batch *batch,
                                      struct wg_evaluation *result) {
    return one_batch("wg_model_test_on_batch", model, batch, false, 0, result);
}
