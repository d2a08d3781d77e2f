/* Models made again from checkpoints. */
#define _POSIX_C_SOURCE 200809L
#include "train/training.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "wengert/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Puts the file's name in front of the error's text. */
static enum wg_status name_file(const char *path) {
    char text[1024];
    const enum wg_status status = wg_error_status();
    snprintf(text, sizeof text, "%s", wg_error());
    wg_clear_error();
    return wg_fail(status, "%s: %s", path, text);
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
    enum wg_status status = WG_ERROR_MEMORY;
    if (metrics && !copy)
        wg_fail(WG_ERROR_MEMORY, "%s: out of memory", path);
    else if (wg_model_compile_with(model, o) != WG_OK)
        status = name_file(path);
    else
        status = WG_OK;
    free(copy);
    return status;
}

static enum wg_status fill(wg_model *model, const struct wg_safetensors *file, const char *path) {
    const char *key;
    enum wg_status status = wg_checkpoint_weights(model, file, path);
    if (status == WG_OK) status = compile(model, file, path);
    for (int64_t i = 0; status == WG_OK && (key = wg_safetensors_key(file, i)) != NULL; i++) {
        if (strncmp(key, WG_NOTE_PREFIX, strlen(WG_NOTE_PREFIX)) == 0)
            status = wg_model_set_note(model, key + strlen(WG_NOTE_PREFIX),
                                       wg_safetensors_text(file, key));
    }
    if (status != WG_OK || !model->training || !model->training->optimizer) return status;
    return wg_checkpoint_optimizer(model->training, file, path);
}

static wg_model *rebuild(const struct wg_safetensors *file, const char *path) {
    struct wg_model_options options = {0};
    const char *kind = wg_checkpoint_text(file, path, WG_KEY("kind"));
    const char *inputs = wg_checkpoint_text(file, path, WG_KEY("inputs"));
    const char *dtype = wg_checkpoint_text(file, path, WG_KEY("dtype"));
    const char *text = wg_checkpoint_text(file, path, WG_KEY("model"));
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
    wg_model *model = wg_sequential_from_text(options, text);
    if (!model) name_file(path);
    return model;
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
