/* Checkpoints read: everything is checked before anything is changed. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "nn/params.h"
#include "wengert/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_PROBLEMS = 700 };

/* ---- Tensors -------------------------------------------------------------------------------- */

/* What does not fit, as a list; as many as there is room for, and the number of the others. */
struct problems {
    char text[LONGEST_PROBLEMS];
    int others;
};

static void problem(struct problems *p, const char *name, const char *what) {
    const size_t used = strlen(p->text), length = strlen(name) + strlen(what) + 4;
    if (used + length + 40 > sizeof p->text)
        p->others++;
    else
        snprintf(p->text + used, sizeof p->text - used, "%s%s %s", used ? "; " : "", name, what);
}

static bool is_real(const struct wg_stored_tensor *t) {
    return t->type == WG_STORED_F32 || t->type == WG_STORED_F64;
}

static void check_tensor(struct problems *p, const struct wg_safetensors *file, const char *name,
                         struct wg_shape shape) {
    const struct wg_stored_tensor *t = wg_safetensors_find(file, name);
    char what[480];
    if (!t) {
        problem(p, name, "is not in the file");
    } else if (!wg_shape_equal(t->shape, shape)) {
        snprintf(what, sizeof what, "has shape %s in the file, %s in the model",
                 wg_shape_text(t->shape).text, wg_shape_text(shape).text);
        problem(p, name, what);
    } else if (!is_real(t)) {
        snprintf(what, sizeof what, "is %s in the file; expected F32 or F64",
                 wg_stored_name(t->type));
        problem(p, name, what);
    }
}

static void copy_tensor(const struct wg_safetensors *file, const char *name, struct wg_tensor to) {
    const struct wg_stored_tensor *from = wg_safetensors_find(file, name);
    const bool f32 = from->type == WG_STORED_F32;
    for (int64_t i = 0; i < to.size; i++)
        wg_set_element(&to, i,
                       f32 ? ((const float *)from->data)[i] : ((const double *)from->data)[i]);
}

/* Does something with each weight of the model, by name. */
typedef void visit(struct problems *p, const struct wg_safetensors *file, const char *name,
                   struct wg_tensor tensor);

static void check_one(struct problems *p, const struct wg_safetensors *file, const char *name,
                      struct wg_tensor tensor) {
    check_tensor(p, file, name, tensor.shape);
}

static void copy_one(struct problems *p, const struct wg_safetensors *file, const char *name,
                     struct wg_tensor tensor) {
    (void)p;
    copy_tensor(file, name, tensor);
}

static void each_weight(const wg_model *model, visit *what, struct problems *p,
                        const struct wg_safetensors *file) {
    const wg_params *sets[] = {wg_model_params(model), wg_model_statistics(model)};
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < wg_params_count(sets[s]); i++)
            what(p, file, wg_param_name(sets[s], i), wg_param_value(sets[s], i));
    }
}

static void each_state(const struct wg_training *training, visit *what, struct problems *p,
                       const struct wg_safetensors *file) {
    const wg_params *params = wg_model_params(training->model);
    for (int slot = 0; slot < WG_OPTIMIZER_SLOTS; slot++) {
        for (int i = 0; i < wg_params_count(params); i++) {
            char name[WG_LONGEST_TENSOR_NAME];
            const char *state = wg_optimizer_state_name(training->optimizer, slot, i);
            if (!state) continue;
            snprintf(name, sizeof name, "optimizer:%s:%s", state, wg_param_name(params, i));
            what(p, file, name, wg_optimizer_state(training->optimizer, slot, i));
        }
    }
}

/* Tensors of the file that are no weights of the model; training's own have a ":" in their names.
 */
static void check_others(struct problems *p, const struct wg_safetensors *file,
                         const wg_model *model) {
    const struct wg_stored_tensor *t;
    for (int64_t i = 0; (t = wg_safetensors_at(file, i)) != NULL; i++) {
        if (strchr(t->name, ':') || wg_params_find(wg_model_params(model), t->name) >= 0 ||
            wg_params_find(wg_model_statistics(model), t->name) >= 0)
            continue;
        problem(p, t->name, "is not in the model");
    }
}

static enum wg_status fail_unfit(const struct problems *p, const char *path) {
    if (!p->text[0]) return WG_OK;
    char more[40] = "";
    if (p->others) snprintf(more, sizeof more, "; and %d more", p->others);
    return wg_fail(WG_ERROR_SHAPE, "%s does not fit the model: %s%s", path, p->text, more);
}

static enum wg_status check_weights(const wg_model *model, const struct wg_safetensors *file,
                                    const char *path) {
    struct problems p = {0};
    each_weight(model, check_one, &p, file);
    check_others(&p, file, model);
    return fail_unfit(&p, path);
}

enum wg_status wg_checkpoint_weights(wg_model *model, const struct wg_safetensors *file,
                                     const char *path) {
    const enum wg_status status = check_weights(model, file, path);
    if (status == WG_OK) each_weight(model, copy_one, NULL, file);
    return status;
}

enum wg_status wg_model_load_weights(wg_model *model, const char *path) {
    if (!model || !path)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_load_weights: the %s is NULL",
                       model ? "path" : "model");
    struct wg_safetensors *file = wg_safetensors_read(path);
    const enum wg_status status = file ? wg_checkpoint_weights(model, file, path) : wg_failure();
    wg_safetensors_free(file);
    return status;
}

/* ---- Texts ----------------------------------------------------------------------------------- */

const char *wg_checkpoint_text(const struct wg_safetensors *file, const char *path,
                               const char *key) {
    const char *text = wg_safetensors_text(file, key);
    if (!text)
        wg_fail(WG_ERROR_FORMAT, "%s: no \"%s\" in its metadata; expected a checkpoint of Wengert",
                path, key);
    return text;
}

static enum wg_status expect_text(const struct wg_safetensors *file, const char *path,
                                  const char *key, const char *wanted) {
    const char *text = wg_checkpoint_text(file, path, key);
    if (!text) return WG_ERROR_FORMAT;
    if (strcmp(text, wanted) == 0) return WG_OK;
    return wg_fail(WG_ERROR_STATE, "%s: its %s is \"%s\"; expected this run's, \"%s\"", path,
                   key + strlen(WG_KEY("")), text, wanted);
}

static enum wg_status read_whole(const struct wg_safetensors *file, const char *path,
                                 const char *key, uint64_t max, uint64_t *number) {
    const char *text = wg_checkpoint_text(file, path, key);
    char *end;
    if (!text) return WG_ERROR_FORMAT;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (end != text && !*end && text[0] != '-' && !errno && *number <= max) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT, "%s: \"%s\" is \"%s\"; expected a whole number up to %" PRIu64,
                   path, key, text, max);
}

static enum wg_status expect_whole(const struct wg_safetensors *file, const char *path,
                                   const char *key, uint64_t wanted) {
    uint64_t number;
    const enum wg_status status = read_whole(file, path, key, UINT64_MAX, &number);
    if (status != WG_OK || number == wanted) return status;
    return wg_fail(WG_ERROR_STATE, "%s: its %s is %" PRIu64 "; expected this run's, %" PRIu64, path,
                   key + strlen(WG_KEY("")), number, wanted);
}

/* ---- The optimizer --------------------------------------------------------------------------- */

struct counts {
    uint64_t steps, accumulated, epoch, stopped, seed, batch_size, examples, shuffle;
    double learning_rate;
};

static enum wg_status read_counts(const struct wg_safetensors *file, const char *path,
                                  struct counts *counts) {
    const struct {
        const char *key;
        uint64_t max, *number;
    } whole[] = {{WG_KEY("steps"), INT64_MAX / 2, &counts->steps},
                 {WG_KEY("accumulated"), INT32_MAX, &counts->accumulated},
                 {WG_KEY("epoch"), INT32_MAX, &counts->epoch},
                 {WG_KEY("stopped"), 1, &counts->stopped},
                 {WG_KEY("seed"), UINT64_MAX, &counts->seed},
                 {WG_KEY("batch_size"), INT64_MAX, &counts->batch_size},
                 {WG_KEY("examples"), INT64_MAX, &counts->examples},
                 {WG_KEY("shuffle"), 1, &counts->shuffle}};
    enum wg_status status = WG_OK;
    for (size_t i = 0; i < sizeof whole / sizeof *whole && status == WG_OK; i++)
        status = read_whole(file, path, whole[i].key, whole[i].max, whole[i].number);
    const char *rate =
        status == WG_OK ? wg_checkpoint_text(file, path, WG_KEY("learning_rate")) : NULL;
    if (!rate) return wg_failure();
    char *end;
    counts->learning_rate = strtod(rate, &end);
    if (end != rate && !*end && counts->learning_rate >= 0 && isfinite(counts->learning_rate))
        return WG_OK;
    return wg_fail(WG_ERROR_FORMAT, "%s: a learning rate of \"%s\"", path, rate);
}

static enum wg_status check_optimizer(const struct wg_training *training,
                                      const struct wg_safetensors *file, const char *path) {
    struct problems p = {0};
    each_state(training, check_one, &p, file);
    return fail_unfit(&p, path);
}

static enum wg_status restore_optimizer(struct wg_training *training,
                                        const struct wg_safetensors *file,
                                        const struct counts *counts) {
    wg_optimizer *optimizer = training->optimizer;
    const enum wg_status status =
        wg_optimizer_resume(optimizer, (int64_t)counts->steps, (int)counts->accumulated);
    if (status != WG_OK) return status;
    each_state(training, copy_one, NULL, file);
    if (wg_optimizer_has_schedule(optimizer) ||
        counts->learning_rate == wg_optimizer_learning_rate(optimizer))
        return WG_OK;
    return wg_optimizer_set_learning_rate(optimizer, counts->learning_rate);
}

/* ---- History --------------------------------------------------------------------------------- */

static enum wg_status read_history(struct wg_history *history, const struct wg_safetensors *file,
                                   const char *path) {
    const struct wg_stored_tensor *t = wg_safetensors_find(file, WG_HISTORY_TENSOR);
    const char *names = wg_safetensors_text(file, WG_KEY("history"));
    if (!t && !names) return WG_OK;
    char *copy = names ? strdup(names) : NULL, *rest = copy, *name;
    struct wg_moment moment = {0};
    while (copy && (name = strtok_r(rest, ";", &rest)) && moment.logs < WG_MAX_LOGS)
        moment.log_name[moment.logs++] = name;
    enum wg_status status = WG_OK;
    if (names && !copy)
        status = wg_fail(WG_ERROR_MEMORY, "%s: out of memory", path);
    else if (!copy || !t || t->type != WG_STORED_F64 || t->shape.rank != 2 ||
             t->shape.dim[1] != moment.logs)
        status =
            wg_fail(WG_ERROR_FORMAT, "%s: its history is not a table of doubles with names", path);
    for (int64_t row = 0; t && status == WG_OK && row < t->shape.dim[0]; row++) {
        const double *value = (const double *)t->data + row * moment.logs;
        memcpy(moment.log, value, (size_t)moment.logs * sizeof *value);
        status = wg_history_append(history, &moment);
    }
    free(copy);
    return status;
}

/* ---- Resuming -------------------------------------------------------------------------------- */

struct wg_safetensors *wg_checkpoint_open(const char *path) {
    if (access(path, F_OK) != 0 && errno == ENOENT) return NULL;
    return wg_safetensors_read(path);
}

static enum wg_status check_schedule(const struct wg_training *training,
                                     const struct wg_safetensors *file, const char *path) {
    char schedule[1536];
    const char *text = wg_safetensors_text(file, WG_KEY("schedule"));
    const bool here = wg_optimizer_has_schedule(training->optimizer);
    wg_schedule_to_text(&training->schedule, schedule, sizeof schedule);
    if (here == (text != NULL) && (!text || strcmp(text, schedule) == 0)) return WG_OK;
    return wg_fail(WG_ERROR_STATE, "%s: its learning rate's schedule is not this run's", path);
}

static enum wg_status check_run(const struct wg_training *training,
                                const struct wg_safetensors *file, const char *path) {
    const wg_model *model = training->model;
    const struct {
        const char *key, *text;
    } texts[] = {{WG_KEY("model"), wg_model_text(model)},
                 {WG_KEY("dtype"), wg_dtype_name(wg_model_dtype(model))},
                 {WG_KEY("optimizer"), training->optimizer_text},
                 {WG_KEY("loss"), training->loss}};
    const struct {
        const char *key;
        uint64_t number;
    } numbers[] = {{WG_KEY("seed"), training->seed},
                   {WG_KEY("shuffle"), training->shuffle},
                   {WG_KEY("batch_size"), (uint64_t)training->batch_size},
                   {WG_KEY("examples"), (uint64_t)training->examples}};
    enum wg_status status = check_weights(model, file, path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == WG_OK; i++)
        status = expect_text(file, path, texts[i].key, texts[i].text);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == WG_OK; i++)
        status = expect_whole(file, path, numbers[i].key, numbers[i].number);
    return status == WG_OK ? check_schedule(training, file, path) : status;
}

static enum wg_status fail_callback(const char *path, const struct wg_callback *callback) {
    return wg_fail(WG_ERROR_STATE,
                   "%s: it has no state of this run's callback %s; expected the callbacks that it "
                   "was written with",
                   path, callback->functions.name);
}

static bool has_line(const char *all, const char *line) {
    const size_t length = strlen(line);
    for (; *all; all += strcspn(all, "\n") + 1) {
        if (strcspn(all, "\n") == length && strncmp(all, line, length) == 0) return true;
    }
    return false;
}

/* Whether the file has a state for each callback that keeps one. How long they are is known only
 * once they have begun. */
static enum wg_status check_callbacks(const struct wg_training *training,
                                      const struct wg_safetensors *file, const char *path) {
    const char *all = wg_checkpoint_text(file, path, WG_KEY("callbacks"));
    for (int i = 0; all && i < WG_MAX_CALLBACKS; i++) {
        const struct wg_callback *callback = training->callbacks[i];
        char name[WG_LONGEST_TENSOR_NAME];
        if (!callback || !callback->functions.state) continue;
        wg_callback_tensor(training->callbacks, i, name, sizeof name);
        if (!has_line(all, name)) return fail_callback(path, callback);
    }
    return wg_error_status();
}

enum wg_status wg_checkpoint_optimizer(struct wg_training *training,
                                       const struct wg_safetensors *file, const char *path) {
    struct counts counts = {0};
    struct wg_history history = {0};
    enum wg_status status = check_optimizer(training, file, path);
    if (status == WG_OK) status = read_counts(file, path, &counts);
    if (status == WG_OK) status = read_history(&history, file, path);
    if (status == WG_OK) status = restore_optimizer(training, file, &counts);
    if (status != WG_OK) {
        wg_history_clear(&history);
        return status;
    }
    wg_history_clear(&training->history);
    training->history = history;
    training->epoch = (int64_t)counts.epoch;
    training->stop = counts.stopped;
    training->seed = counts.seed;
    training->batch_size = (int64_t)counts.batch_size;
    training->examples = (int64_t)counts.examples;
    training->shuffle = counts.shuffle;
    return WG_OK;
}

enum wg_status wg_checkpoint_restore(struct wg_training *training,
                                     const struct wg_safetensors *file, const char *path) {
    enum wg_status status = check_run(training, file, path);
    if (status == WG_OK) status = check_callbacks(training, file, path);
    if (status == WG_OK) status = wg_checkpoint_optimizer(training, file, path);
    if (status == WG_OK) each_weight(training->model, copy_one, NULL, file);
    return status;
}

enum wg_status wg_checkpoint_restore_callbacks(struct wg_training *training,
                                               const struct wg_safetensors *file,
                                               const char *path) {
    for (int i = 0; i < WG_MAX_CALLBACKS; i++) {
        const struct wg_callback *callback = training->callbacks[i];
        char name[WG_LONGEST_TENSOR_NAME];
        int64_t count = 0;
        if (!callback || !callback->functions.state) continue;
        double *state = callback->functions.state(callback->functions.context, &count);
        if (count == 0) continue;
        wg_callback_tensor(training->callbacks, i, name, sizeof name);
        const struct wg_stored_tensor *t = wg_safetensors_find(file, name);
        if (!t || t->type != WG_STORED_F64 || t->size != count)
            return fail_callback(path, callback);
        memcpy(state, t->data, (size_t)count * sizeof *state);
    }
    return WG_OK;
}
