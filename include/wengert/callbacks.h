/* Callbacks: what fit calls as it goes.
 *
 *     wg_model_fit(model, &data, .epochs = 20, .validation_split = 0.2, .callbacks = {
 *         wg_progress(stdout),
 *         wg_early_stopping(.monitor = "val_loss", .patience = 3, .restore_best_weights = WG_YES),
 *         wg_checkpoint(.path = "model.wengert")});
 *
 * Each function makes a callback for one fit, which frees it; NULL, with the error set, for options
 * out of range or when memory is out, which ends fit before it begins. Names and defaults are those
 * of Keras 3.
 */
#ifndef WENGERT_CALLBACKS_H
#define WENGERT_CALLBACKS_H

#include "wengert/model.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_callback wg_callback;

/* ---- The library's --------------------------------------------------------------------------- */

/* Shows how training goes. On a terminal a bar, renewed at most ten times a second, with loss and
 * metrics, examples a second and the time left; elsewhere a line an epoch. The learning rate stands
 * there from the epoch on in which it changes. */
struct wg_progress_options {
    int none;
    FILE *file;
    int timing; /* default WG_YES: seconds and examples a second, which differ between runs */
};
wg_callback *wg_progress_new(struct wg_progress_options options);

/* What is watched by the next three, and which way is better: "auto" is max for accuracies, scores,
 * areas, precision and recall, else min. A log that is not there is an error, and names those that
 * are. */

/* Stops when the monitored log has not been better than its best by more than min_delta for
 * `patience` epochs. With a baseline, only what is better than it ends the waiting. */
struct wg_early_stopping_options {
    int none;
    const char *monitor;      /* default "val_loss" */
    double min_delta;         /* its absolute value counts */
    int patience;             /* default 0 */
    const char *mode;         /* "auto" (the default), "min", "max" */
    double baseline;          /* 0: none; WG_ZERO: 0 */
    int restore_best_weights; /* WG_YES: at the end, whatever ended it; default WG_NO */
    int start_from_epoch;     /* epochs before it do not count */
};
wg_callback *wg_early_stopping_new(struct wg_early_stopping_options options);

/* Multiplies the learning rate by `factor` when the monitored log has not been better than its best
 * by more than min_delta for `patience` epochs, and then waits for `cooldown` epochs. An error
 * where the optimizer has a schedule. */
struct wg_reduce_lr_on_plateau_options {
    int none;
    const char *monitor; /* default "val_loss" */
    double factor;       /* default 0.1; in (0, 1) */
    int patience;        /* default 10 */
    const char *mode;
    double min_delta; /* default 0.0001 */
    int cooldown;     /* default 0 */
    double min_lr;    /* default 0 */
};
wg_callback *wg_reduce_lr_on_plateau_new(struct wg_reduce_lr_on_plateau_options options);

/* Writes a checkpoint (checkpoint.h) after epochs: whole, or, where anything goes wrong, not at
 * all. Of several, the one that training is to be resumed from comes last: then the others' files
 * are there whenever its own says so. */
struct wg_checkpoint_options {
    int none;
    const char *path;
    int every;           /* default 1: after each epoch */
    int save_best_only;  /* WG_YES: only where the monitored log is better than ever before */
    const char *monitor; /* default "val_loss" */
    const char *mode;
};
wg_callback *wg_checkpoint_new(struct wg_checkpoint_options options);

/* A line an epoch: the epoch, from 0 on, then all logs, "NA" for what is not there. A resumed run
 * goes on in its file: lines of epochs that are done again are replaced. An error, which leaves the
 * file as it is, where it is none of such lines. */
struct wg_csv_logger_options {
    int none;
    const char *path;
    char separator; /* default ',' */
};
wg_callback *wg_csv_logger_new(struct wg_csv_logger_options options);

/* Ends fit with an error, before the update, as soon as the loss or a gradient is not finite. The
 * text names epoch and step, and the first op of the tape whose value (or, backward, gradient) went
 * non-finite, with the element. The weights are those of the step before. */
wg_callback *wg_terminate_on_nan(void);

/* The learning rate of each epoch: what `schedule` returns for it, given the present rate. */
struct wg_learning_rate_scheduler_options {
    int none;
    double (*schedule)(int64_t epoch, double learning_rate, void *context);
    void *context;
};
wg_callback *wg_learning_rate_scheduler_new(struct wg_learning_rate_scheduler_options options);

#ifndef __cplusplus
/* wg_progress(stdout) */
#define wg_progress(...) wg_progress_new(WG_OPTIONS(wg_progress_options, __VA_ARGS__))
#define wg_early_stopping(...)                                                                     \
    wg_early_stopping_new(WG_OPTIONS(wg_early_stopping_options, __VA_ARGS__))
#define wg_reduce_lr_on_plateau(...)                                                               \
    wg_reduce_lr_on_plateau_new(WG_OPTIONS(wg_reduce_lr_on_plateau_options, __VA_ARGS__))
#define wg_checkpoint(...) wg_checkpoint_new(WG_OPTIONS(wg_checkpoint_options, __VA_ARGS__))
#define wg_csv_logger(...) wg_csv_logger_new(WG_OPTIONS(wg_csv_logger_options, __VA_ARGS__))
#define wg_learning_rate_scheduler(...)                                                            \
    wg_learning_rate_scheduler_new(WG_OPTIONS(wg_learning_rate_scheduler_options, __VA_ARGS__))
#endif

/* ---- One's own ------------------------------------------------------------------------------- */

#define WG_MAX_LOGS 24

/* Where fit stands. Logs of a batch are the means of the epoch so far, those of an epoch include
 * validation. */
struct wg_moment {
    wg_model *model;
    int64_t epoch, epochs;  /* from 0 on */
    int64_t batch, batches; /* in this epoch; from 0 on */
    int64_t seen, examples; /* in this epoch */
    int64_t step;           /* updates so far */
    double seconds;         /* since the epoch began */
    wg_tape *tape;          /* of this batch; NULL outside of batches */
    wg_var loss;
    int logs;
    const char *log_name[WG_MAX_LOGS];
    double log[WG_MAX_LOGS];
};

/* The value of a log; NaN where there is none. */
double wg_moment_log(const struct wg_moment *moment, const char *name);

/* What is called when; each may be NULL. A status other than WG_OK ends fit with that error. */
struct wg_callback_functions {
    const char *name; /* up to 60 characters; under it `state` stands in checkpoints, numbered
                         where several callbacks of a fit have one name. It must outlive the
                         callback */
    void *context;    /* handed to each function */
    enum wg_status (*begin)(void *context, const struct wg_moment *moment);
    enum wg_status (*epoch_begin)(void *context, const struct wg_moment *moment);
    enum wg_status (*before_update)(void *context, const struct wg_moment *moment);
    enum wg_status (*batch_end)(void *context, const struct wg_moment *moment);
    enum wg_status (*epoch_end)(void *context, const struct wg_moment *moment);
    enum wg_status (*after_epoch)(void *context, const struct wg_moment *moment); /* after all
                                                                         callbacks' epoch_end */
    void (*end)(void *context, const struct wg_moment *moment); /* also after an error */
    void (*free)(void *context);
    /* What checkpoints keep of it: asked for after `begin`, when resuming puts it back, and when a
     * checkpoint is written; NULL or a count of 0 for nothing. */
    double *(*state)(void *context, int64_t *count);
};
wg_callback *wg_callback_new(struct wg_callback_functions functions);
void wg_callback_free(wg_callback *callback);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
