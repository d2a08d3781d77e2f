/* Checkpoints read: everything is checked before anything is changed. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "nn/params.h"
#include "wengert/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_NAME = 160, LONGEST_PROBLEMS = 700 };

/* ---- Tensors ------------------------------------------------------------------------------------
 */

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
            char name[LONGEST_NAME];
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

static enum wg_status load_weights(wg_model *model, const struct wg_safetensors *file,
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
    const enum wg_status status = file ? load_weights(model, file, path) : wg_error_status();
    wg_safetensors_free(file);
    return status;
}

/* ---- Texts
 * ---------------------------------------------------------------------------------------- */

/* A text that has to be there; NULL with the error set. */
static const char *text_of(const struct wg_safetensors *file, const char *path, const char *key) {
    const char *text = wg_safetensors_text(file, key);
    if (!text)
        wg_fail(WG_ERROR_FORMAT, "%s: no \"%s\" in its metadata; expected a checkpoint of Wengert",
                path, key);
    return text;
}

static enum wg_status expect_text(const struct wg_safetensors *file, const char *path,
                                  const char *key, const char *wanted) {
    const char *text = text_of(file, path, key);
    if (!text) return WG_ERROR_FORMAT;
    if (strcmp(text, wanted) == 0) return WG_OK;
    return wg_fail(WG_ERROR_STATE, "%s: its %s is \"%s\"; expected this run's, \"%s\"", path,
                   key + strlen(WG_KEY("")), text, wanted);
}

static enum wg_status read_whole(const struct wg_safetensors *file, const char *path,
                                 const char *key, uint64_t max, uint64_t *number) {
    const char *text = text_of(file, path, key);
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

/* ---- The optimizer
 * -------------------------------------------------------------------------------- */

struct counts {
    uint64_t steps, accumulated, epoch, stopped;
    double learning_rate;
};

static enum wg_status read_counts(const struct wg_safetensors *file, const char *path,
                                  struct counts *counts) {
    enum wg_status status = read_whole(file, path, WG_KEY("steps"), INT64_MAX / 2, &counts->steps);
    if (status == WG_OK)
        status = read_whole(file, path, WG_KEY("accumulated"), INT32_MAX, &counts->accumulated);
    if (status == WG_OK)
        status = read_whole(file, path, WG_KEY("epoch"), INT32_MAX, &counts->epoch);
    if (status == WG_OK) status = read_whole(file, path, WG_KEY("stopped"), 1, &counts->stopped);
    const char *rate = status == WG_OK ? text_of(file, path, WG_KEY("learning_rate")) : NULL;
    if (!rate) return wg_error_status();
    char *end;
    counts->learning_rate = strtod(rate, &end);
    if (end != rate && !*end && counts->learning_rate >= 0) return WG_OK;
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

/* ---- History
 * -------------------------------------------------------------------------------------- */

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
    if (!copy || !t || t->type != WG_STORED_F64 || t->shape.rank != 2 ||
        t->shape.dim[1] != moment.logs)
        status =
            wg_fail(WG_ERROR_FORMAT, "%s: its history is not a table of doubles with names", path);
    for (int64_t row = 0; status == WG_OK && row < t->shape.dim[0]; row++) {
        const double *value = (const double *)t->data + row * moment.logs;
        memcpy(moment.log, value, (size_t)moment.logs * sizeof *value);
        status = wg_history_append(history, &moment);
    }
    free(copy);
    return status;
}

/* ---- Resuming
 * ------------------------------------------------------------------------------------- */

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
                   {WG_KEY("batch_size"), (uint64_t)training->batch_size},
                   {WG_KEY("examples"), (uint64_t)training->examples}};
    enum wg_status status = check_weights(model, file, path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == WG_OK; i++)
        status = expect_text(file, path, texts[i].key, texts[i].text);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == WG_OK; i++)
        status = expect_whole(file, path, numbers[i].key, numbers[i].number);
    if (status == WG_OK) status = check_schedule(training, file, path);
    return status == WG_OK ? check_optimizer(training, file, path) : status;
}

enum wg_status wg_checkpoint_restore(struct wg_training *training,
                                     const struct wg_safetensors *file, const char *path) {
    struct counts counts;
    struct wg_history history = {0};
    enum wg_status status = check_run(training, file, path);
    if (status == WG_OK) status = read_counts(file, path, &counts);
    if (status == WG_OK) status = read_history(&history, file, path);
    if (status == WG_OK) status = restore_optimizer(training, file, &counts);
    if (status != WG_OK) {
        wg_history_clear(&history);
        return status;
    }
    each_weight(training->model, copy_one, NULL, file);
    wg_history_clear(&training->history);
    training->history = history;
    training->epoch = (int64_t)counts.epoch;
    training->stop = counts.stopped;
    return WG_OK;
}

enum wg_status wg_checkpoint_restore_callbacks(struct wg_training *training,
                                               const struct wg_safetensors *file,
                                               const char *path) {
    for (int i = 0; i < WG_MAX_CALLBACKS; i++) {
        const struct wg_callback *callback = training->callbacks[i];
        char name[LONGEST_NAME];
        int64_t count = 0;
        if (!callback || !callback->functions.state) continue;
        double *state = callback->functions.state(callback->functions.context, &count);
        if (count == 0) continue;
        snprintf(name, sizeof name, "callback:%s", callback->functions.name);
        const struct wg_stored_tensor *t = wg_safetensors_find(file, name);
        if (!t || t->type != WG_STORED_F64 || t->size != count)
            return wg_fail(WG_ERROR_STATE,
                           "%s: it has no state of this run's callback %s; expected the callbacks "
                           "that it was written with",
                           path, callback->functions.name);
        memcpy(state, t->data, (size_t)count * sizeof *state);
    }
    return WG_OK;
}

/* ---- Models
 * ---------------------------------------------------------------------------------------- */

static bool read_dtype(const char *name, size_t length, enum wg_dtype *dtype) {
    static const enum wg_dtype all[] = {WG_F32, WG_F64, WG_I32};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *candidate = wg_dtype_name(all[i]);
        if (strlen(candidate) != length || strncmp(candidate, name, length) != 0) continue;
        *dtype = all[i];
        return true;
    }
    return false;
}

/* "f32 28 28 1" */
static bool read_input(const char *text, struct wg_model_input *input) {
    const size_t word = strcspn(text, " ");
    if (!read_dtype(text, word, &input->dtype)) return false;
    text += word;
    while (*text) {
        char *end;
        const long long dim = strtoll(text, &end, 10);
        if (end == text || input->shape.rank == WG_MAX_RANK) return false;
        input->shape.dim[input->shape.rank++] = dim;
        text = end;
    }
    return true;
}

static enum wg_status compile(wg_model *model, const struct wg_safetensors *file,
                              const char *path) {
    struct wg_compile_options o = {.optimizer = wg_safetensors_text(file, WG_KEY("optimizer")),
                                   .loss = wg_safetensors_text(file, WG_KEY("loss"))};
    const char *schedule = wg_safetensors_text(file, WG_KEY("schedule"));
    const char *metrics = wg_safetensors_text(file, WG_KEY("metrics"));
    if (!o.optimizer || !o.loss) return WG_OK; /* it was not compiled */
    if (schedule && !wg_schedule_from_text(&o.schedule, schedule))
        return wg_fail(WG_ERROR_FORMAT, "%s: its schedule is \"%s\"", path, schedule);
    char *copy = metrics ? strdup(metrics) : NULL, *rest = copy, *name;
    for (int i = 0; copy && i < WG_MAX_METRICS && (name = strtok_r(rest, ";", &rest)); i++)
        o.metrics[i] = name;
    const enum wg_status status = wg_model_compile_with(model, o);
    free(copy);
    return status;
}

static enum wg_status fill(wg_model *model, const struct wg_safetensors *file, const char *path) {
    struct counts counts;
    const char *key;
    enum wg_status status = load_weights(model, file, path);
    if (status == WG_OK) status = compile(model, file, path);
    for (int64_t i = 0; status == WG_OK && (key = wg_safetensors_key(file, i)) != NULL; i++) {
        if (strncmp(key, WG_NOTE_PREFIX, strlen(WG_NOTE_PREFIX)) == 0)
            status = wg_model_set_note(model, key + strlen(WG_NOTE_PREFIX),
                                       wg_safetensors_text(file, key));
    }
    if (status != WG_OK || !model->training || !model->training->optimizer) return status;
    struct wg_training *training = model->training;
    status = check_optimizer(training, file, path);
    if (status == WG_OK) status = read_counts(file, path, &counts);
    if (status == WG_OK) status = read_history(&training->history, file, path);
    return status == WG_OK ? restore_optimizer(training, file, &counts) : status;
}

static wg_model *rebuild(const struct wg_safetensors *file, const char *path) {
    struct wg_model_options options = {0};
    const char *kind = text_of(file, path, WG_KEY("kind"));
    const char *inputs = text_of(file, path, WG_KEY("inputs"));
    const char *dtype = text_of(file, path, WG_KEY("dtype"));
    const char *text = text_of(file, path, WG_KEY("model"));
    if (!kind || !inputs || !dtype || !text) return NULL;
    if (strcmp(kind, "sequential") != 0) {
        wg_fail(WG_ERROR_UNSUPPORTED,
                "%s: its model is a function; make it, and load its weights with "
                "wg_model_load_weights",
                path);
        return NULL;
    }
    if (!read_dtype(dtype, strlen(dtype), &options.dtype) ||
        !read_input(inputs, &options.input[0])) {
        wg_fail(WG_ERROR_FORMAT, "%s: a model of \"%s\" with inputs \"%s\"", path, dtype, inputs);
        return NULL;
    }
    return wg_sequential_from_text(options, text);
}

wg_model *wg_model_load(const char *path) {
    if (!path) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_model_load: the path is NULL");
        return NULL;
    }
    struct wg_safetensors *file = wg_safetensors_read(path);
    wg_model *model = file ? rebuild(file, path) : NULL;
    if (model && fill(model, file, path) != WG_OK) {
        wg_model_free(model);
        model = NULL;
    }
    wg_safetensors_free(file);
    return model;
}
