/* Recordings of a model with its loss, one for each number of examples, and what a step does with
 * them. */
#include "train/training.h"

#include "base/error.h"
#include "nn/params.h"
#include "wengert/losses.h"
#include "wengert/ops.h"

#include <string.h>

static void run_free(struct wg_run *run) {
    wg_pass_free(run->pass);
    wg_tape_free(run->tape);
    *run = (struct wg_run){0};
}

void wg_runs_free(struct wg_training *training) {
    for (int i = 0; i < WG_MOST_RUNS; i++) run_free(&training->run[i]);
}

/* ---- Recording ------------------------------------------------------------------------------- */

static struct wg_shape with_batch(int64_t batch, struct wg_shape shape) {
    struct wg_shape whole = {.rank = shape.rank + 1, .dim = {batch}};
    for (int d = 0; d < shape.rank; d++) whole.dim[d + 1] = shape.dim[d];
    return whole;
}

/* Labels are one for each row of the prediction along its last axis; other targets are of its
 * shape. */
static wg_var target_leaf(const struct wg_training *training, struct wg_run *run) {
    struct wg_shape shape = wg_value(run->y).shape;
    if (!training->takes_labels)
        return wg_input(run->tape, wg_model_dtype(training->model), shape, NULL);
    if (shape.rank < 2) {
        wg_fail(WG_ERROR_SHAPE,
                "%s: the model's output has shape %s; expected (batch, ..., classes) for labels",
                training->loss, wg_shape_text(shape).text);
        return (wg_var){0};
    }
    shape.rank--;
    return wg_input(run->tape, WG_I32, shape, NULL);
}

static enum wg_status record(struct wg_training *training, struct wg_run *run) {
    wg_model *model = training->model;
    const bool training_mode = run->kind == WG_RUN_TRAIN;
    run->tape = wg_tape_new();
    run->pass = run->tape
                    ? wg_pass_new(model, run->tape, training_mode ? WG_TRAINING : WG_INFERENCE)
                    : NULL;
    if (!run->pass) return wg_failure();
    for (int i = 0; i < wg_model_inputs(model); i++) {
        const struct wg_model_input input = wg_model_input_at(model, i);
        run->x[i] = wg_input(run->tape, input.dtype, with_batch(run->batch, input.shape), NULL);
    }
    run->y = wg_pass_record(run->pass, run->x);
    if (run->kind == WG_RUN_PREDICT || wg_is_null(run->y)) return wg_error_status();
    run->target = target_leaf(training, run);
    if (run->weighted)
        run->weight = wg_input(run->tape, wg_model_dtype(model), WG_SHAPE(run->batch), NULL);
    const wg_var fit = wg_loss(run->y, run->target, run->weight, training->loss);
    run->loss = wg_add(fit, wg_pass_penalty(run->pass));
    if (!wg_is_null(run->loss) && wg_value(run->loss).size != 1)
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: a loss for each sample; expected another reduction than none",
                       training->loss);
    return wg_error_status();
}

static struct wg_run *least_used(struct wg_training *training) {
    struct wg_run *oldest = NULL;
    for (int i = 0; i < WG_MOST_RUNS; i++) {
        struct wg_run *run = &training->run[i];
        if (run != training->busy && (!oldest || run->used < oldest->used)) oldest = run;
    }
    return oldest;
}

struct wg_run *wg_run_for(struct wg_training *training, enum wg_run_kind kind, int64_t batch,
                          bool weighted) {
    training->clock++;
    for (int i = 0; i < WG_MOST_RUNS; i++) {
        struct wg_run *run = &training->run[i];
        if (run->batch != batch || run->kind != kind || run->weighted != weighted) continue;
        run->used = training->clock;
        return run;
    }
    struct wg_run *run = least_used(training);
    run_free(run);
    run->kind = kind;
    run->batch = batch;
    run->weighted = weighted;
    run->used = training->clock;
    if (record(training, run) == WG_OK) return run;
    run_free(run);
    return NULL;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

enum wg_status wg_run_forward(struct wg_training *training, struct wg_run *run, uint64_t seed) {
    if (run->kind == WG_RUN_TRAIN) {
        /* Batches whose gradients are added up for one step draw their own. */
        const wg_optimizer *optimizer = training->optimizer;
        const uint64_t position = (uint64_t)wg_optimizer_steps(optimizer) |
                                  (uint64_t)wg_optimizer_accumulated(optimizer) << 32;
        const enum wg_status status = wg_pass_set_noise(run->pass, seed, position);
        if (status != WG_OK) return status;
    }
    return wg_forward(run->tape);
}

enum wg_status wg_run_backward(struct wg_training *training, struct wg_run *run) {
    wg_params *params = wg_model_params(training->model);
    wg_forget_gradients(params);
    const enum wg_status status = wg_backward(run->loss);
    wg_zero_missing_gradients(params);
    return status;
}

enum wg_status wg_run_update(struct wg_training *training, struct wg_run *run) {
    enum wg_status status = wg_optimizer_step(training->optimizer);
    if (status == WG_OK) status = wg_model_constrain(training->model);
    if (status == WG_OK) status = wg_pass_update_statistics(run->pass);
    return status;
}

enum wg_status wg_update_metrics(wg_metric *const *metric, int metrics, const struct wg_run *run) {
    const struct wg_tensor y = wg_value(run->y), target = wg_value(run->target);
    for (int i = 0; i < metrics; i++) {
        const enum wg_status status = wg_metric_update(metric[i], y, target, NULL);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}
