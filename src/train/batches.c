/* Batches of a data set, checked against a model. */
#include "train/training.h"

#include "base/error.h"
#include "nn/params.h"

#include <math.h>
#include <stddef.h>

enum { DEFAULT_BATCH = 32 };

int64_t wg_batch_size(const char *who, int given, int64_t examples) {
    if (given == 0) return examples < DEFAULT_BATCH ? examples : DEFAULT_BATCH;
    if (given > 0 && given <= examples) return given;
    wg_fail(WG_ERROR_ARGUMENT, "%s: batch_size=%d; expected 1 to the number of examples, %lld", who,
            given, (long long)examples);
    return 0;
}

static enum wg_status check_inputs(const char *who, const wg_model *model,
                                   const struct wg_dataset *data) {
    const struct wg_model_input input = wg_model_input_at(model, 0);
    const bool indices = input.dtype == WG_I32;
    if (wg_model_inputs(model) != 1)
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: the model has %d inputs, a data set one; expected batches of one's own "
                       "(wg_model_train_on_batch)",
                       who, wg_model_inputs(model));
    if (indices != (data->tokens != NULL))
        return wg_fail(
            WG_ERROR_DTYPE, "%s: the data are %s; expected %s", who, indices ? "numbers" : "tokens",
            indices ? "tokens, as the model takes indices" : "numbers, as the model takes them");
    if (data->features == wg_shape_size(input.shape)) return WG_OK;
    return wg_fail(WG_ERROR_SHAPE,
                   "%s: the data have %lld features an example; expected %lld, for inputs of shape "
                   "%s",
                   who, (long long)data->features, (long long)wg_shape_size(input.shape),
                   wg_shape_text(input.shape).text);
}

/* Labels may also stand for numbers, as for a yes or no of 0 and 1; numbers not for labels. */
static enum wg_status check_targets(const char *who, const struct wg_training *training,
                                    const struct wg_dataset *data) {
    const struct wg_shape output = wg_model_output_shape(training->model);
    const int64_t size = wg_shape_size(output),
                  last = output.rank ? output.dim[output.rank - 1] : 1;
    const int64_t wanted = training->takes_labels ? size / last : size;
    const int64_t labels = data->label_count ? data->label_count : 1;
    const int64_t got = data->labels ? labels : data->outputs;
    if (!data->labels && !data->targets)
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the data have neither labels nor targets", who);
    if (training->takes_labels && !data->labels)
        return wg_fail(WG_ERROR_DTYPE, "%s: the data have no labels; expected some, for %s", who,
                       training->loss);
    if (got != wanted)
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: the data have %lld target%s an example; expected %lld, for outputs of "
                       "shape %s and %s",
                       who, (long long)got, got == 1 ? "" : "s", (long long)wanted,
                       wg_shape_text(output).text, training->loss);
    if (training->takes_labels && data->classes > last)
        return wg_fail(
            WG_ERROR_SHAPE,
            "%s: the data have %lld classes; expected at most %lld, as the model's output "
            "has shape %s",
            who, (long long)data->classes, (long long)last, wg_shape_text(output).text);
    return WG_OK;
}

static enum wg_status check_weights(const char *who, const char *name, const double *weight,
                                    int64_t count, const char *each) {
    for (int64_t i = 0; weight && i < count; i++) {
        if (isfinite(weight[i]) && weight[i] >= 0) continue;
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: %s of %s %lld is %g; expected a finite number, not negative", who, name,
                       each, (long long)i, weight[i]);
    }
    return WG_OK;
}

enum wg_status wg_check_source(const char *who, const struct wg_training *training,
                               const struct wg_source *source, bool targets) {
    const struct wg_dataset *data = source->data;
    if (!data) return wg_fail(WG_ERROR_ARGUMENT, "%s: the data set is NULL", who);
    if (data->examples < 1)
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the data set is empty; expected examples", who);
    enum wg_status status = wg_dataset_check(data);
    if (status == WG_OK) status = check_inputs(who, training->model, data);
    if (status == WG_OK && targets) status = check_targets(who, training, data);
    if (status == WG_OK && source->class_weight && !data->labels)
        status = wg_fail(WG_ERROR_ARGUMENT, "%s: class_weight, but the data have no labels", who);
    if (status == WG_OK && source->class_weight && data->label_count > 1)
        status = wg_fail(WG_ERROR_ARGUMENT,
                         "%s: class_weight, but the data have %lld labels an example; expected one",
                         who, (long long)data->label_count);
    if (status == WG_OK)
        status = check_weights(who, "class_weight", source->class_weight, data->classes, "class");
    if (status == WG_OK)
        status =
            check_weights(who, "sample_weight", source->sample_weight, data->examples, "example");
    return status;
}

static void fill_weights(const struct wg_run *run, const struct wg_source *source,
                         const int64_t *index) {
    const struct wg_tensor weight = wg_value(run->weight);
    for (int64_t i = 0; i < run->batch; i++) {
        double w = source->sample_weight ? source->sample_weight[index[i]] : 1;
        if (source->class_weight) w *= source->class_weight[source->data->labels[index[i]]];
        wg_set_element(&weight, i, w);
    }
}

enum wg_status wg_fill(struct wg_run *run, const struct wg_source *source, int64_t from) {
    const int64_t *index = source->order + from;
    const struct wg_tensor x = wg_value(run->x[0]);
    enum wg_status status =
        wg_dataset_gather_inputs(source->data, index, run->batch, x.dtype, x.data);
    if (run->kind == WG_RUN_PREDICT || status != WG_OK) return status;
    const struct wg_tensor target = wg_value(run->target);
    status = wg_dataset_gather_targets(source->data, index, run->batch, target.dtype, target.data);
    if (run->weighted && status == WG_OK) fill_weights(run, source, index);
    return status;
}
