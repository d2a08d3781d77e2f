/* Compile: optimizer, loss and metrics by their texts. */
#define _POSIX_C_SOURCE 200809L
#include "train/training.h"

#include "base/error.h"
#include "wengert/losses.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct wg_training *training) {
    wg_runs_free(training);
    wg_optimizer_free(training->optimizer);
    for (int i = 0; i < training->metrics; i++) {
        wg_metric_free(training->metric[i]);
        wg_metric_free(training->test_metric[i]);
        free(training->metric_text[i]);
    }
    free(training->loss);
    free(training->optimizer_text);
    training->optimizer = NULL;
    training->loss = training->optimizer_text = NULL;
    training->metrics = 0;
}

static void training_free(struct wg_training *training) {
    forget(training);
    wg_history_clear(&training->history);
    for (int i = 0; i < training->notes; i++) {
        free(training->note[i].key);
        free(training->note[i].text);
    }
    free(training->note);
    free(training);
}

struct wg_training *wg_training_of(wg_model *model) {
    if (model->training) return model->training;
    struct wg_training *training = calloc(1, sizeof *training);
    if (!training) {
        wg_fail(WG_ERROR_MEMORY, "model: out of memory");
        return NULL;
    }
    training->model = model;
    model->training = training;
    model->training_free = training_free;
    return training;
}

struct wg_training *wg_compiled(const char *who, const wg_model *model) {
    if (!model)
        wg_fail(WG_ERROR_ARGUMENT, "%s: the model is NULL", who);
    else if (!model->training || !model->training->optimizer)
        wg_fail(WG_ERROR_STATE,
                "%s: the model has no loss and optimizer yet; expected wg_model_compile first",
                who);
    else
        return model->training;
    return NULL;
}

wg_optimizer *wg_model_optimizer(const wg_model *model) {
    const struct wg_training *training = wg_compiled("wg_model_optimizer", model);
    return training ? training->optimizer : NULL;
}

const char *wg_model_loss(const wg_model *model) {
    return model && model->training ? model->training->loss : NULL;
}

const char *wg_model_metric(const wg_model *model, int i) {
    const struct wg_training *training = model ? model->training : NULL;
    return training && i >= 0 && i < training->metrics ? training->metric_text[i] : NULL;
}

static enum wg_status freeze(struct wg_training *training) {
    wg_params *params = wg_model_params(training->model);
    for (int i = 0; i < wg_params_count(params); i++) {
        if (wg_model_trainable(training->model, i)) continue;
        const enum wg_status status =
            wg_optimizer_set_parameter(training->optimizer, i, (struct wg_group){.frozen = 1});
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

static enum wg_status set_loss(struct wg_training *training, const char *text) {
    if (!text)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_compile: no loss; expected one, as \"mse\"");
    const enum wg_status status = wg_loss_check(text);
    if (status != WG_OK) return status;
    training->takes_labels = wg_loss_takes_labels(text);
    training->loss = strdup(text);
    return training->loss ? WG_OK : wg_fail(WG_ERROR_MEMORY, "wg_model_compile: out of memory");
}

static enum wg_status set_metrics(struct wg_training *training, const char *const *metrics) {
    for (int i = 0; i < WG_MAX_METRICS && metrics[i]; i++) {
        training->metric[i] = wg_metric_new(metrics[i]);
        training->test_metric[i] = wg_metric_new(metrics[i]);
        training->metric_text[i] = strdup(metrics[i]);
        training->metrics++;
        if (!training->metric_text[i]) wg_fail(WG_ERROR_MEMORY, "wg_model_compile: out of memory");
        if (wg_error_status() != WG_OK) return wg_error_status();
    }
    return WG_OK;
}

static enum wg_status set_optimizer(struct wg_training *training,
                                    const struct wg_compile_options *o) {
    training->optimizer_text = strdup(o->optimizer ? o->optimizer : "rmsprop");
    if (!training->optimizer_text)
        return wg_fail(WG_ERROR_MEMORY, "wg_model_compile: out of memory");
    training->optimizer =
        wg_optimizer_from_text(wg_model_params(training->model), training->optimizer_text);
    if (!training->optimizer) return wg_failure();
    training->schedule = o->schedule;
    if (o->schedule.kind == WG_SCHEDULE_NONE) return WG_OK;
    return wg_optimizer_set_schedule(training->optimizer, &o->schedule);
}

enum wg_status wg_model_compile_with(wg_model *model, struct wg_compile_options options) {
    if (!model) return wg_fail(WG_ERROR_ARGUMENT, "wg_model_compile: the model is NULL");
    struct wg_training *training = wg_training_of(model);
    if (!training) return WG_ERROR_MEMORY;
    if (training->callbacks)
        return wg_fail(WG_ERROR_STATE, "wg_model_compile: the model is being fitted");
    forget(training);
    enum wg_status status = wg_error_status(); /* a schedule that could not be made */
    if (status == WG_OK) status = set_loss(training, options.loss);
    if (status == WG_OK) status = set_metrics(training, options.metrics);
    if (status == WG_OK) status = set_optimizer(training, &options);
    if (status == WG_OK) status = freeze(training);
    if (status != WG_OK) forget(training);
    return status;
}

void wg_model_stop(wg_model *model) {
    if (model && model->training) model->training->stop = true;
}
