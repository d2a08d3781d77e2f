/* Training models: compile, fit, evaluate, predict.
 *
 *     wg_model_compile(model, .optimizer = "adam learning_rate=0.001",
 *                      .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
 *     wg_model_fit(model, &train, .epochs = 10, .batch_size = 64, .validation = &test,
 *                  .callbacks = {wg_progress(stdout)});
 *
 * Everything here allocates before the first step of a batch size and nothing in the steps after
 * it. The same seed gives the same bits, straight through or resumed from a checkpoint.
 */
#ifndef WENGERT_TRAIN_H
#define WENGERT_TRAIN_H

#include "wengert/callbacks.h"
#include "wengert/data.h"
#include "wengert/model.h"
#include "wengert/optim.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Compile ------------------------------------------------------------------------------- */

#define WG_MAX_METRICS 8

struct wg_compile_options {
    int none;
    const char *optimizer;               /* as wg_optimizer_from_text reads it; default "rmsprop" */
    const char *loss;                    /* as wg_loss reads it (losses.h); has to be given */
    const char *metrics[WG_MAX_METRICS]; /* as wg_metric_new reads them (metrics.h) */
    struct wg_schedule schedule;         /* of the learning rate; all zeros: none */
};

/* Gives the model its optimizer, loss and metrics, in place of those it had; what the optimizer
 * remembered is lost. Parameters that are not trainable are frozen. Errors are those of the texts;
 * then the model is left without. */
enum wg_status wg_model_compile_with(wg_model *model, struct wg_compile_options options);

/* The texts of its loss and of its i-th metric; NULL, with no error set, where there is none. */
const char *wg_model_loss(const wg_model *model);
const char *wg_model_metric(const wg_model *model, int i);

/* The optimizer, the model's, for groups, rates and state; NULL, with the error set, where the
 * model is not compiled. */
wg_optimizer *wg_model_optimizer(const wg_model *model);

/* ---- Fit ------------------------------------------------------------------------------------ */

#define WG_MAX_CALLBACKS 16

struct wg_fit_options {
    int none;
    int epochs;                          /* default 1 */
    int batch_size;                      /* default 32, or all examples where they are fewer */
    double validation_split;             /* the last part, taken off before shuffling; in [0, 1) */
    const struct wg_dataset *validation; /* in its place */
    const double *class_weight;          /* one for each class of the data, or NULL */
    const double *sample_weight;         /* one for each example of the data, or NULL */
    int shuffle;                         /* default WG_YES */
    uint64_t seed;                       /* of shuffling and of noise */
    const char *resume;                  /* a checkpoint: where the file is there, training goes
                                            on from it; where it is not, it starts afresh */
    wg_callback *callbacks[WG_MAX_CALLBACKS]; /* taken over, and freed at the end */
};

/* Trains a model of one input on all examples of a data set, as often as epochs says. An epoch's
 * order is drawn from (seed, epoch), its noise from (seed, step): so a run is the same to the bit
 * whether it was interrupted or not. In each step: forward, backward, update, constraints, moving
 * statistics. The loss of an epoch is the mean over its examples, penalties of regularizers
 * included. Weights count in the loss, and not in the metrics. An optimizer's averages (use_ema)
 * become the weights at the end.
 *
 * Errors name what was wrong: not compiled, an empty data set, a batch larger than the data, inputs
 * or targets that do not fit the model, labels outside the classes, weights that are negative or
 * not finite, options out of range, a checkpoint that is broken or of another model, an error of a
 * callback. Whatever happened by then stays: parameters are those of the last step. */
enum wg_status wg_model_fit_with(wg_model *model, const struct wg_dataset *data,
                                 struct wg_fit_options options);

/* Ends fit after the present batch, its update included; for callbacks. An epoch that is not whole
 * by then leaves no logs. */
void wg_model_stop(wg_model *model);

/* ---- What came of it ------------------------------------------------------------------------ */

/* The last fit's record: one value an epoch for "loss", each metric, "learning_rate", and, with
 * validation, "val_loss" and "val_" and each metric. How many epochs it has; the names, NULL past
 * the last; the value, NaN where there is none. Epochs count from 0; those before a resumed run
 * are there too. */
int wg_model_epochs(const wg_model *model);
const char *wg_model_log_name(const wg_model *model, int i);
double wg_model_log(const wg_model *model, const char *name, int epoch);

/* ---- Evaluate, predict ----------------------------------------------------------------------- */

/* What evaluation computed: the loss, penalties included, and the metrics in their order. */
struct wg_evaluation {
    double loss;
    double metric[WG_MAX_METRICS];
};

struct wg_evaluate_options {
    int none;
    int batch_size;              /* default 32, or all examples where they are fewer */
    const double *sample_weight; /* one for each example, or NULL */
};
enum wg_status wg_model_evaluate_with(wg_model *model, const struct wg_dataset *data,
                                      struct wg_evaluate_options options,
                                      struct wg_evaluation *result);

/* Predictions for all examples, in the model's dtype: (examples, output shape) into y. The model
 * need not be compiled. batch_size 0: as above. */
enum wg_status wg_model_predict(wg_model *model, const struct wg_dataset *data, int batch_size,
                                void *y);

/* ---- One batch ------------------------------------------------------------------------------ */

/* A batch: x[i] for the model's i-th input and the targets, as tensors of your own; sample_weight
 * (batch) or all zeros. dtypes are the model's (and the loss's for labels: int32). */
struct wg_batch {
    const struct wg_tensor *x;
    struct wg_tensor target, sample_weight;
};

/* A step of training; the loss and metrics are those before the update, of this batch alone.
 * `result` may be NULL. noise is drawn from (seed, number of the optimizer's steps). */
enum wg_status wg_model_train_on_batch(wg_model *model, const struct wg_batch *batch, uint64_t seed,
                                       struct wg_evaluation *result);
enum wg_status wg_model_test_on_batch(wg_model *model, const struct wg_batch *batch,
                                      struct wg_evaluation *result);

#ifndef __cplusplus
#define wg_model_compile(model, ...)                                                               \
    wg_model_compile_with(model, WG_OPTIONS(wg_compile_options, __VA_ARGS__))
/* wg_model_fit(model, &data), wg_model_fit(model, &data, .epochs = 3) */
#define wg_model_fit(model, ...) WG_FIT(model, __VA_ARGS__, .none = 0)
#define WG_FIT(model, data, ...)                                                                   \
    wg_model_fit_with(model, data, (struct wg_fit_options){__VA_ARGS__})
/* wg_model_evaluate(model, &data, &result), wg_model_evaluate(model, &data, &result, .batch_size =
 * 9)
 */
#define wg_model_evaluate(model, data, ...) WG_EVALUATE(model, data, __VA_ARGS__, .none = 0)
#define WG_EVALUATE(model, data, result, ...)                                                      \
    wg_model_evaluate_with(model, data, (struct wg_evaluate_options){__VA_ARGS__}, result)
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
