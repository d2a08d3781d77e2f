/* Checkpoints written: a model, its optimizer, and where a fit stands. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "wengert/checkpoint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LIST = 2048, LONGEST_SCHEDULE = 1536 };

/* ---- Notes ---------------------------------------------------------------------------------- */

static struct wg_note *find_note(const struct wg_training *training, const char *key) {
    for (int i = 0; i < training->notes; i++) {
        if (strcmp(training->note[i].key, key) == 0) return &training->note[i];
    }
    return NULL;
}

static enum wg_status add_note(struct wg_training *training, const char *key, char *text) {
    char *copy = strdup(key);
    struct wg_note *note =
        copy ? wg_grown(training->note, training->notes, sizeof *training->note) : NULL;
    if (!note) {
        free(copy);
        free(text);
        return wg_fail(WG_ERROR_MEMORY, "wg_model_set_note: out of memory");
    }
    training->note = note;
    note[training->notes].key = copy;
    note[training->notes].text = text;
    training->notes++;
    return WG_OK;
}

enum wg_status wg_model_set_note(wg_model *model, const char *key, const char *text) {
    if (!model || !key || !key[0])
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_set_note: the %s",
                       !model ? "model is NULL" : "key is NULL or empty");
    if (strlen(key) > WG_LONGEST_KEY)
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_model_set_note: the key \"%.40s...\" has %zu characters; expected at "
                       "most %d",
                       key, strlen(key), WG_LONGEST_KEY);
    struct wg_training *training = wg_training_of(model);
    char *copy = training && text ? strdup(text) : NULL;
    if (!training || (text && !copy))
        return wg_fail(WG_ERROR_MEMORY, "wg_model_set_note: out of memory");
    struct wg_note *note = find_note(training, key);
    if (!note) return text ? add_note(training, key, copy) : WG_OK;
    free(note->text);
    note->text = copy; /* NULL: gone, but for its key */
    return WG_OK;
}

const char *wg_model_note(const wg_model *model, const char *key) {
    const struct wg_note *note =
        model && model->training && key ? find_note(model->training, key) : NULL;
    return note ? note->text : NULL;
}

/* ---- Schedules ------------------------------------------------------------------------------ */

void wg_schedule_to_text(const struct wg_schedule *s, char *text, size_t size) {
    int used = snprintf(text, size, "%d %d %d %" PRId64 " %" PRId64, (int)s->kind, s->flag,
                        s->boundaries, s->steps, s->warmup_steps);
    const double number[] = {s->initial, s->rate,         s->end,         s->power,
                             s->target,  s->t_multiplier, s->m_multiplier};
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        used += snprintf(text + used, size - (size_t)used, " %.17g", number[i]);
    for (int i = 0; i < s->boundaries; i++)
        used += snprintf(text + used, size - (size_t)used, " %" PRId64, s->boundary[i]);
    for (int i = 0; s->boundaries && i <= s->boundaries; i++)
        used += snprintf(text + used, size - (size_t)used, " %.17g", s->value[i]);
}

static bool next_number(const char **text, double *number) {
    char *end;
    *number = strtod(*text, &end);
    const bool good = end != *text;
    *text = end;
    return good;
}

bool wg_schedule_from_text(struct wg_schedule *s, const char *text) {
    double number[12];
    *s = (struct wg_schedule){0};
    for (int i = 0; i < 12; i++) {
        if (!next_number(&text, &number[i])) return false;
    }
    if (!(number[0] >= 0 && number[0] <= WG_SCHEDULE_COSINE_RESTARTS) ||
        !(number[2] >= 0 && number[2] <= WG_MAX_BOUNDARIES) ||
        !(number[3] >= 0 && number[3] < 1e18) || !(number[4] >= 0 && number[4] < 1e18))
        return false;
    *s = (struct wg_schedule){.kind = (enum wg_schedule_kind)number[0],
                              .flag = number[1] != 0,
                              .boundaries = (int)number[2],
                              .steps = (int64_t)number[3],
                              .warmup_steps = (int64_t)number[4],
                              .initial = number[5],
                              .rate = number[6],
                              .end = number[7],
                              .power = number[8],
                              .target = number[9],
                              .t_multiplier = number[10],
                              .m_multiplier = number[11]};
    for (int i = 0; i < s->boundaries; i++) {
        if (!next_number(&text, &number[0]) || !(number[0] >= 0 && number[0] < 1e18)) return false;
        s->boundary[i] = (int64_t)number[0];
    }
    for (int i = 0; s->boundaries && i <= s->boundaries; i++) {
        if (!next_number(&text, &s->value[i])) return false;
    }
    return true;
}

/* ---- Tensors -------------------------------------------------------------------------------- */

static enum wg_status add_set(struct wg_safetensors *file, const wg_params *params) {
    enum wg_status status = WG_OK;
    for (int i = 0; i < wg_params_count(params) && status == WG_OK; i++) {
        const struct wg_tensor t = wg_param_value(params, i);
        status = wg_safetensors_add(file, wg_param_name(params, i), wg_stored_type(t.dtype),
                                    t.shape, t.data);
    }
    return status;
}

static enum wg_status add_optimizer(struct wg_safetensors *file, const wg_optimizer *optimizer,
                                    const wg_params *params) {
    enum wg_status status = WG_OK;
    for (int slot = 0; slot < WG_OPTIMIZER_SLOTS; slot++) {
        for (int i = 0; i < wg_params_count(params) && status == WG_OK; i++) {
            char name[WG_LONGEST_TENSOR_NAME];
            const char *state = wg_optimizer_state_name(optimizer, slot, i);
            if (!state) continue;
            const struct wg_tensor t = wg_optimizer_state(optimizer, slot, i);
            snprintf(name, sizeof name, "optimizer:%s:%s", state, wg_param_name(params, i));
            status = wg_safetensors_add(file, name, wg_stored_type(t.dtype), t.shape, t.data);
        }
    }
    return status;
}

static enum wg_status add_history(struct wg_safetensors *file, const struct wg_history *history) {
    char names[LONGEST_LIST] = "";
    if (history->epochs == 0) return WG_OK;
    for (int i = 0; i < history->names; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ";" : "", history->name[i]);
    }
    const enum wg_status status = wg_safetensors_note(file, WG_KEY("history"), names);
    if (status != WG_OK) return status;
    return wg_safetensors_add(file, WG_HISTORY_TENSOR, WG_STORED_F64,
                              WG_SHAPE(history->epochs, history->names), history->value);
}

static enum wg_status add_callbacks(struct wg_safetensors *file,
                                    const struct wg_training *training) {
    char all[LONGEST_LIST] = ""; /* a line each */
    enum wg_status status = WG_OK;
    for (int i = 0; training->callbacks && i < WG_MAX_CALLBACKS && status == WG_OK; i++) {
        const struct wg_callback *callback = training->callbacks[i];
        char name[WG_LONGEST_TENSOR_NAME];
        int64_t count = 0;
        if (!callback || !callback->functions.state) continue;
        const double *state = callback->functions.state(callback->functions.context, &count);
        wg_callback_tensor(training->callbacks, i, name, sizeof name);
        const size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s\n", name);
        if (count > 0)
            status = wg_safetensors_add(file, name, WG_STORED_F64, WG_SHAPE(count), state);
    }
    return status == WG_OK ? wg_safetensors_note(file, WG_KEY("callbacks"), all) : status;
}

/* ---- Texts ---------------------------------------------------------------------------------- */

static enum wg_status note(struct wg_safetensors *file, const char *key, const char *format, ...) {
    char text[64];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return wg_safetensors_note(file, key, text);
}

static enum wg_status describe_model(struct wg_safetensors *file, const wg_model *model) {
    char inputs[LONGEST_LIST] = "";
    for (int i = 0; i < wg_model_inputs(model); i++) {
        const struct wg_model_input input = wg_model_input_at(model, i);
        int used = (int)strlen(inputs);
        used += snprintf(inputs + used, sizeof inputs - (size_t)used, "%s%s", i ? ";" : "",
                         wg_dtype_name(input.dtype));
        for (int d = 0; d < input.shape.rank; d++)
            used += snprintf(inputs + used, sizeof inputs - (size_t)used, " %" PRId64,
                             input.shape.dim[d]);
    }
    wg_safetensors_note(file, WG_KEY("inputs"), inputs);
    note(file, WG_KEY("dtype"), "%s", wg_dtype_name(wg_model_dtype(model)));
    note(file, WG_KEY("kind"), "%s", wg_model_is_sequential(model) ? "sequential" : "function");
    return wg_safetensors_note(file, WG_KEY("model"), wg_model_text(model));
}

static enum wg_status describe_training(struct wg_safetensors *file,
                                        const struct wg_training *training) {
    char schedule[LONGEST_SCHEDULE], metrics[LONGEST_LIST] = "";
    const wg_optimizer *optimizer = training->optimizer;
    for (int i = 0; i < training->metrics; i++) {
        const size_t used = strlen(metrics);
        snprintf(metrics + used, sizeof metrics - used, "%s%s", i ? ";" : "",
                 training->metric_text[i]);
    }
    wg_schedule_to_text(&training->schedule, schedule, sizeof schedule);
    wg_safetensors_note(file, WG_KEY("optimizer"), training->optimizer_text);
    wg_safetensors_note(file, WG_KEY("loss"), training->loss);
    wg_safetensors_note(file, WG_KEY("metrics"), metrics);
    if (wg_optimizer_has_schedule(optimizer))
        wg_safetensors_note(file, WG_KEY("schedule"), schedule);
    note(file, WG_KEY("learning_rate"), "%.17g", wg_optimizer_learning_rate(optimizer));
    note(file, WG_KEY("steps"), "%" PRId64, wg_optimizer_steps(optimizer));
    note(file, WG_KEY("accumulated"), "%d", wg_optimizer_accumulated(optimizer));
    note(file, WG_KEY("epoch"), "%" PRId64, training->epoch);
    note(file, WG_KEY("stopped"), "%d", training->stop);
    note(file, WG_KEY("seed"), "%" PRIu64, training->seed);
    note(file, WG_KEY("batch_size"), "%" PRId64, training->batch_size);
    note(file, WG_KEY("shuffle"), "%d", training->shuffle);
    return note(file, WG_KEY("examples"), "%" PRId64, training->examples);
}

static enum wg_status add_notes(struct wg_safetensors *file, const struct wg_training *training) {
    enum wg_status status = WG_OK;
    for (int i = 0; i < training->notes && status == WG_OK; i++) {
        char key[WG_LONGEST_TENSOR_NAME];
        if (!training->note[i].text) continue;
        snprintf(key, sizeof key, WG_NOTE_PREFIX "%s", training->note[i].key);
        status = wg_safetensors_note(file, key, training->note[i].text);
    }
    return status;
}

/* ---- All of it ------------------------------------------------------------------------------ */

static enum wg_status collect(struct wg_safetensors *file, const struct wg_training *training) {
    const wg_model *model = training->model;
    enum wg_status status = describe_model(file, model);
    if (status == WG_OK) status = add_notes(file, training);
    if (status == WG_OK) status = add_set(file, wg_model_params(model));
    if (status == WG_OK) status = add_set(file, wg_model_statistics(model));
    if (status != WG_OK || !training->optimizer) return status;
    status = describe_training(file, training);
    if (status == WG_OK) status = add_optimizer(file, training->optimizer, wg_model_params(model));
    if (status == WG_OK) status = add_history(file, &training->history);
    return status == WG_OK ? add_callbacks(file, training) : status;
}

enum wg_status wg_checkpoint_write(struct wg_training *training, const char *path) {
    struct wg_safetensors *file = wg_safetensors_new();
    enum wg_status status = file ? collect(file, training) : WG_ERROR_MEMORY;
    if (status == WG_OK) status = wg_error_status(); /* of a note */
    if (status == WG_OK) status = wg_safetensors_write(file, path);
    wg_safetensors_free(file);
    return status;
}

enum wg_status wg_model_save(wg_model *model, const char *path) {
    if (!model || !path)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_save: the %s is NULL",
                       model ? "path" : "model");
    struct wg_training *training = wg_training_of(model);
    return training ? wg_checkpoint_write(training, path) : WG_ERROR_MEMORY;
}
