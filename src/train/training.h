/* What compile adds to a model. */
#ifndef WG_TRAIN_TRAINING_H
#define WG_TRAIN_TRAINING_H

#include "nn/model.h"
#include "wengert/metrics.h"
#include "wengert/train.h"

#include <stdbool.h>

enum { WG_MOST_RUNS = 6 };

/* What is recorded for one number of examples. */
enum wg_run_kind { WG_RUN_PREDICT, WG_RUN_TEST, WG_RUN_TRAIN };

struct wg_run {
    enum wg_run_kind kind;
    bool weighted;
    int64_t batch; /* 0: none is recorded */
    uint64_t used; /* when, to find the one that was used longest ago */
    wg_tape *tape;
    wg_pass *pass;
    wg_var x[WG_MAX_MODEL_INPUTS], target, weight, y, loss;
};

struct wg_history {
    int names, epochs, room;
    char *name[WG_MAX_LOGS];
    double *value; /* (epochs, names) */
};

struct wg_callback {
    struct wg_callback_functions functions;
};

struct wg_training {
    wg_model *model;
    wg_optimizer *optimizer; /* NULL: not compiled */
    char *optimizer_text, *loss;
    struct wg_schedule schedule;
    bool takes_labels; /* the loss's targets are int32 */
    int metrics;
    wg_metric *metric[WG_MAX_METRICS], *test_metric[WG_MAX_METRICS]; /* of epochs; of all else */
    char *metric_text[WG_MAX_METRICS];
    struct wg_run run[WG_MOST_RUNS];
    uint64_t clock;
    const struct wg_run *busy; /* fit's batch, which callbacks look at: it must stay */
    bool stop;
    struct wg_history history;
    struct wg_callback *const *callbacks; /* of the fit that runs; NULL outside */
    int64_t epoch;                        /* the next one, of the fit that runs */
    uint64_t seed;                        /* its seed, batch size and number of examples */
    int64_t batch_size, examples;
    bool shuffle;
    int notes;
    struct wg_note {
        char *key, *text;
    } * note;
};

/* The model's; NULL, with the error set, when memory is out. Compiled: NULL, with the error set,
 * where it is not. */
struct wg_training *wg_training_of(wg_model *model);
struct wg_training *wg_compiled(const char *who, const wg_model *model);

/* ---- Recordings (run.c) ---------------------------------------------------------------------- */

/* The recording for so many examples: found, or made in place of the one that was used longest ago.
 * NULL with the error set. Its inputs' data are to be written in place: wg_value(run->x[0]).data.
 */
struct wg_run *wg_run_for(struct wg_training *training, enum wg_run_kind kind, int64_t batch,
                          bool weighted);
void wg_runs_free(struct wg_training *training);

/* Runs forward with fresh noise. */
enum wg_status wg_run_forward(struct wg_training *training, struct wg_run *run, uint64_t seed);

/* Backward; then the update, constraints and moving statistics. */
enum wg_status wg_run_backward(struct wg_training *training, struct wg_run *run);
enum wg_status wg_run_update(struct wg_training *training, struct wg_run *run);

enum wg_status wg_update_metrics(wg_metric *const *metric, int metrics, const struct wg_run *run);

/* ---- History (history.c) --------------------------------------------------------------------- */

void wg_history_clear(struct wg_history *history);
enum wg_status wg_history_append(struct wg_history *history, const struct wg_moment *moment);

/* ---- Batches of a data set (batches.c) ------------------------------------------------------ */

/* The examples `order` of a data set, in batches. */
struct wg_source {
    const struct wg_dataset *data;
    const int64_t *order;
    int64_t count;
    const double *class_weight, *sample_weight; /* or NULL */
};

/* Whether inputs, targets and weights fit the model and its loss. `who` begins errors; targets
 * false: predictions alone are wanted. */
enum wg_status wg_check_source(const char *who, const struct wg_training *training,
                               const struct wg_source *source, bool targets);

/* Writes a batch into a recording. */
enum wg_status wg_fill(struct wg_run *run, const struct wg_source *source, int64_t from);

/* The loss (the mean over the examples) and the metrics of a source. */
enum wg_status wg_evaluate_source(struct wg_training *training, const struct wg_source *source,
                                  int64_t batch_size, struct wg_evaluation *result);

/* The batch size in force: `given`, or where that is 0 the default. 0 with the error set. */
int64_t wg_batch_size(const char *who, int given, int64_t examples);

/* ---- Checkpoints (checkpoint.c, restore.c) -------------------------------------------------- */

struct wg_safetensors;

/* Writes all that resuming needs. */
enum wg_status wg_checkpoint_write(struct wg_training *training, const char *path);

/* The file, read and checked; NULL with no error set where it is not there. */
struct wg_safetensors *wg_checkpoint_open(const char *path);

/* Puts everything back but the callbacks' states, which exist only once they have begun. Nothing is
 * changed where anything does not fit. */
enum wg_status wg_checkpoint_restore(struct wg_training *training,
                                     const struct wg_safetensors *file, const char *path);
enum wg_status wg_checkpoint_restore_callbacks(struct wg_training *training,
                                               const struct wg_safetensors *file, const char *path);

/* A text that has to be there; NULL with the error set. */
const char *wg_checkpoint_text(const struct wg_safetensors *file, const char *path,
                               const char *key);

/* The weights alone; the optimizer's state, counts and history. All or nothing each. */
enum wg_status wg_checkpoint_weights(wg_model *model, const struct wg_safetensors *file,
                                     const char *path);
enum wg_status wg_checkpoint_optimizer(struct wg_training *training,
                                       const struct wg_safetensors *file, const char *path);

/* Texts and parts of names that both sides know. */
#define WG_KEY(name) "wengert." name
#define WG_HISTORY_TENSOR "fit:history"
#define WG_NOTE_PREFIX "note."

enum { WG_LONGEST_KEY = 120, WG_LONGEST_TENSOR_NAME = 160 };

/* The name that the i-th callback's state has in files: that of the callback, numbered where
 * earlier ones are called the same. */
void wg_callback_tensor(wg_callback *const *callbacks, int i, char *name, size_t size);

/* The schedule as text and back. */
void wg_schedule_to_text(const struct wg_schedule *schedule, char *text, size_t size);
bool wg_schedule_from_text(struct wg_schedule *schedule, const char *text);

#endif
