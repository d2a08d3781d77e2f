/* Fit: epochs of batches. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "wengert/random.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An epoch's order is drawn from this stream plus its number. */
#define WG_STREAM_SHUFFLE (UINT64_C(5) << 32)

enum { LONGEST_LOG = 64 };

struct fit {
    struct wg_training *training;
    struct wg_fit_options options;
    struct wg_source train, validation;
    int64_t *order, *validation_order;
    int64_t batch_size, validation_batch;
    struct timespec began;
    struct wg_moment moment;
    char validation_name[WG_MAX_METRICS + 1][LONGEST_LOG];
    double loss; /* of the epoch so far: the sum over its examples */
};

/* ---- Before the first epoch ----------------------------------------------------------------- */

static const char who[] = "wg_model_fit";

static enum wg_status check_options(struct wg_fit_options *o) {
    if (o->epochs == 0) o->epochs = 1;
    if (o->shuffle == 0) o->shuffle = WG_YES;
    if (o->epochs < 0)
        return wg_fail(WG_ERROR_ARGUMENT, "%s: epochs=%d; expected 1 or more", who, o->epochs);
    if (!(o->validation_split >= 0 && o->validation_split < 1))
        return wg_fail(WG_ERROR_ARGUMENT, "%s: validation_split=%g; expected 0 to 1, 1 left out",
                       who, o->validation_split);
    if (o->shuffle != WG_YES && o->shuffle != WG_NO)
        return wg_fail(WG_ERROR_ARGUMENT, "%s: shuffle=%d; expected WG_YES or WG_NO", who,
                       o->shuffle);
    return WG_OK;
}

static int64_t *numbers(int64_t from, int64_t count) {
    int64_t *order = malloc((size_t)count * sizeof *order);
    for (int64_t i = 0; order && i < count; i++) order[i] = from + i;
    if (!order) wg_fail(WG_ERROR_MEMORY, "%s: out of memory for %" PRId64 " examples", who, count);
    return order;
}

/* The last part is for validation, as in Keras: examples * (1 - split) rounded down stay. */
static enum wg_status split(struct fit *fit, const struct wg_dataset *data) {
    const struct wg_fit_options *o = &fit->options;
    const double stay = floor((double)data->examples * (1 - o->validation_split));
    const int64_t train = o->validation ? data->examples : (int64_t)stay;
    if (train < 1)
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: validation_split=%g leaves none of %" PRId64 " examples for training",
                       who, o->validation_split, data->examples);
    fit->train.count = train;
    fit->order = numbers(0, train);
    fit->train.order = fit->order;
    fit->validation = fit->train;
    fit->validation.class_weight = NULL;
    fit->validation.count = data->examples - train;
    if (o->validation) {
        fit->validation = (struct wg_source){.data = o->validation};
        fit->validation.count = o->validation->examples;
    }
    if (fit->validation.count > 0) {
        fit->validation_order = numbers(o->validation ? 0 : train, fit->validation.count);
        fit->validation.order = fit->validation_order;
    }
    return wg_error_status();
}

static enum wg_status prepare(struct fit *fit, const struct wg_dataset *data) {
    struct wg_fit_options *o = &fit->options;
    fit->train = (struct wg_source){
        .data = data, .class_weight = o->class_weight, .sample_weight = o->sample_weight};
    const struct wg_source validation = {.data = o->validation};
    enum wg_status status = check_options(o);
    if (status == WG_OK) status = wg_check_source(who, fit->training, &fit->train, true);
    if (status == WG_OK && o->validation)
        status = wg_check_source("wg_model_fit: validation", fit->training, &validation, true);
    if (status == WG_OK) status = split(fit, data);
    if (status != WG_OK) return status;
    fit->batch_size = wg_batch_size(who, o->batch_size, fit->train.count);
    if (!fit->batch_size) return wg_failure();
    const bool few = fit->validation.count < fit->batch_size;
    fit->validation_batch = few ? fit->validation.count : fit->batch_size;
    return WG_OK;
}

/* ---- Logs ----------------------------------------------------------------------------------- */

static void log_add(struct wg_moment *moment, const char *name, double value) {
    if (moment->logs == WG_MAX_LOGS) return;
    moment->log_name[moment->logs] = name;
    moment->log[moment->logs++] = value;
}

static void log_training(struct fit *fit) {
    struct wg_moment *moment = &fit->moment;
    moment->logs = 0;
    log_add(moment, "loss", fit->loss / (double)moment->seen);
    for (int i = 0; i < fit->training->metrics; i++)
        log_add(moment, wg_metric_label(fit->training->metric[i]),
                wg_metric_result(fit->training->metric[i]));
}

static void log_validation(struct fit *fit, const struct wg_evaluation *result) {
    for (int i = -1; i < fit->training->metrics; i++) {
        char *name = fit->validation_name[i + 1];
        snprintf(name, LONGEST_LOG, "val_%s",
                 i < 0 ? "loss" : wg_metric_label(fit->training->metric[i]));
        log_add(&fit->moment, name, i < 0 ? result->loss : result->metric[i]);
    }
}

static double seconds_since(const struct timespec *began) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began->tv_sec) + 1e-9 * (double)(now.tv_nsec - began->tv_nsec);
}

/* ---- Epochs ---------------------------------------------------------------------------------- */

static enum wg_status call_back(struct fit *fit, enum wg_event event) {
    fit->moment.seconds = seconds_since(&fit->began);
    fit->moment.step = wg_optimizer_steps(fit->training->optimizer);
    return wg_call_back(fit->options.callbacks, event, &fit->moment);
}

/* One batch, from forward to update. */
static enum wg_status step(struct fit *fit, struct wg_run *run) {
    struct wg_training *training = fit->training;
    enum wg_status status = wg_run_forward(training, run, fit->options.seed);
    if (status == WG_OK) status = wg_update_metrics(training->metric, training->metrics, run);
    if (status == WG_OK) status = wg_run_backward(training, run);
    if (status != WG_OK) return status;
    fit->moment.tape = run->tape;
    fit->moment.loss = run->loss;
    fit->loss += wg_item(run->loss) * (double)run->batch;
    fit->moment.seen += run->batch;
    status = call_back(fit, WG_EVENT_BEFORE_UPDATE);
    if (status == WG_OK) status = wg_run_update(training, run);
    if (status == WG_OK) log_training(fit);
    if (status == WG_OK) status = call_back(fit, WG_EVENT_BATCH_END);
    fit->moment.tape = NULL;
    fit->moment.loss = (wg_var){0};
    return status;
}

static enum wg_status train_epoch(struct fit *fit) {
    const bool weighted = fit->train.class_weight || fit->train.sample_weight;
    const int64_t count = fit->train.count;
    struct wg_moment *moment = &fit->moment;
    moment->batch = 0;
    for (int64_t from = 0; from < count && !fit->training->stop; from += fit->batch_size) {
        const int64_t left = count - from;
        struct wg_run *run = wg_run_for(fit->training, WG_RUN_TRAIN,
                                        left < fit->batch_size ? left : fit->batch_size, weighted);
        if (!run || wg_fill(run, &fit->train, from) != WG_OK) return wg_failure();
        fit->training->busy = run;
        const enum wg_status status = step(fit, run);
        fit->training->busy = NULL;
        if (status != WG_OK) return status;
        moment->batch++;
    }
    return WG_OK;
}

static enum wg_status validate(struct fit *fit) {
    struct wg_evaluation result;
    if (fit->validation.count == 0) return WG_OK;
    const enum wg_status status =
        wg_evaluate_source(fit->training, &fit->validation, fit->validation_batch, &result);
    if (status == WG_OK) log_validation(fit, &result);
    return status;
}

/* The order depends on the seed and the epoch alone, not on earlier epochs. */
static void shuffle(struct fit *fit, int64_t epoch) {
    struct wg_random random =
        wg_random_make(fit->options.seed, WG_STREAM_SHUFFLE + (uint64_t)epoch);
    for (int64_t i = 0; i < fit->train.count; i++) fit->order[i] = i;
    if (fit->options.shuffle == WG_YES) wg_random_shuffle(&random, fit->order, fit->train.count);
}

static enum wg_status run_epoch(struct fit *fit, int64_t epoch) {
    struct wg_training *training = fit->training;
    clock_gettime(CLOCK_MONOTONIC, &fit->began);
    fit->moment.epoch = epoch;
    fit->moment.seen = 0;
    fit->moment.logs = 0;
    fit->loss = 0;
    shuffle(fit, epoch);
    for (int i = 0; i < training->metrics; i++) wg_metric_reset(training->metric[i]);
    enum wg_status status = call_back(fit, WG_EVENT_EPOCH_BEGIN);
    if (status == WG_OK) status = train_epoch(fit);
    const bool whole = fit->moment.seen == fit->train.count;
    if (status != WG_OK || !whole) return status; /* stopped within: there is no epoch to log */
    log_training(fit);
    status = validate(fit);
    if (status != WG_OK) return status;
    log_add(&fit->moment, "learning_rate", wg_optimizer_learning_rate(training->optimizer));
    status = wg_history_append(&training->history, &fit->moment);
    training->epoch = epoch + 1;
    if (status == WG_OK) status = call_back(fit, WG_EVENT_EPOCH_END);
    return status == WG_OK ? call_back(fit, WG_EVENT_AFTER_EPOCH) : status;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static enum wg_status begin(struct fit *fit, const struct wg_safetensors *file) {
    struct wg_training *training = fit->training;
    const char *path = fit->options.resume;
    enum wg_status status = file ? wg_checkpoint_restore(training, file, path) : WG_OK;
    if (status != WG_OK) return status;
    const int64_t size = fit->batch_size > 0 ? fit->batch_size : 1;
    fit->moment = (struct wg_moment){.model = training->model,
                                     .epoch = training->epoch,
                                     .epochs = fit->options.epochs,
                                     .batches = (fit->train.count + size - 1) / size,
                                     .examples = fit->train.count};
    clock_gettime(CLOCK_MONOTONIC, &fit->began);
    status = call_back(fit, WG_EVENT_BEGIN);
    if (status == WG_OK && file) status = wg_checkpoint_restore_callbacks(training, file, path);
    return status;
}

/* With use_ema, the weights become their averages at the end, as in Keras. */
static enum wg_status finish_averages(struct wg_training *training) {
    const wg_optimizer *optimizer = training->optimizer;
    const wg_params *params = wg_model_params(training->model);
    for (int i = 0; wg_optimizer_steps(optimizer) > 0 && i < wg_params_count(params); i++) {
        if (!wg_optimizer_state_name(optimizer, WG_SLOT_AVERAGE, i)) continue;
        const struct wg_tensor from = wg_optimizer_state(optimizer, WG_SLOT_AVERAGE, i),
                               to = wg_param_value(params, i);
        if (!from.data || !to.data) return wg_failure();
        memcpy(to.data, from.data, (size_t)to.size * wg_dtype_size(to.dtype));
    }
    return WG_OK;
}

static enum wg_status run_epochs(struct fit *fit) {
    struct wg_training *training = fit->training;
    struct wg_safetensors *file =
        fit->options.resume ? wg_checkpoint_open(fit->options.resume) : NULL;
    enum wg_status status = wg_error_status();
    if (status == WG_OK) status = begin(fit, file);
    wg_safetensors_free(file);
    while (status == WG_OK && training->epoch < fit->options.epochs && !training->stop)
        status = run_epoch(fit, training->epoch);
    if (status == WG_OK) status = finish_averages(training);
    wg_call_back_end(fit->options.callbacks, &fit->moment);
    return status;
}

enum wg_status wg_model_fit_with(wg_model *model, const struct wg_dataset *data,
                                 struct wg_fit_options options) {
    struct fit fit = {.options = options};
    enum wg_status status = wg_error_status(); /* a callback that could not be made */
    struct wg_training *training = status == WG_OK ? wg_compiled(who, model) : NULL;
    fit.training = training;
    if (!training)
        status = wg_failure();
    else if (training->callbacks)
        status = wg_fail(WG_ERROR_STATE, "%s: the model is being fitted already", who);
    else
        status = prepare(&fit, data);
    if (training && status == WG_OK) {
        wg_history_clear(&training->history);
        training->callbacks = fit.options.callbacks;
        training->epoch = 0;
        training->stop = false;
        training->seed = options.seed;
        training->batch_size = fit.batch_size;
        training->examples = fit.train.count;
        training->shuffle = fit.options.shuffle == WG_YES;
        fit.moment.model = model;
        status = run_epochs(&fit);
        training->callbacks = NULL;
    }
    for (int i = 0; i < WG_MAX_CALLBACKS; i++) wg_callback_free(options.callbacks[i]);
    free(fit.order);
    free(fit.validation_order);
    return status;
}
