/* One recording of a model: layers called, weights found or declared, noise, penalties. */
#define _POSIX_C_SOURCE 200809L
#include "nn/model.h"

#include "base/error.h"
#include "nn/params.h"
#include "wengert/ops.h"
#include "wengert/regularizers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const wg_var null;

static void free_guests(wg_pass *pass);

/* Streams of noise: this plus the number of the key in the pass. */
#define WG_STREAM_NOISE UINT32_C(0x4e000000)

enum { KEY_WORDS = 4 };

/* ---- Passes --------------------------------------------------------------------------------- */

wg_pass *wg_pass_new(wg_model *model, wg_tape *tape, enum wg_mode mode) {
    if (!model || !tape) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_pass_new: the %s is NULL", model ? "tape" : "model");
        return NULL;
    }
    if (mode != WG_INFERENCE && mode != WG_TRAINING) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_pass_new: mode %d; expected WG_INFERENCE or WG_TRAINING",
                (int)mode);
        return NULL;
    }
    wg_pass *pass = calloc(1, sizeof *pass);
    if (!pass) {
        wg_fail(WG_ERROR_MEMORY, "wg_pass_new: out of memory");
        return NULL;
    }
    *pass = (wg_pass){.model = model, .tape = tape, .mode = mode};
    model->recordings++;
    return pass;
}

void wg_pass_free(wg_pass *pass) {
    if (!pass) return;
    free_guests(pass);
    free(pass->leaf);
    free(pass->key);
    free(pass->movement);
    free(pass);
}

wg_tape *wg_pass_tape(const wg_pass *pass) { return pass ? pass->tape : NULL; }

enum wg_mode wg_pass_mode(const wg_pass *pass) {
    if (!pass) return WG_INFERENCE;
    const bool frozen = pass->current && pass->current->trainable == WG_NO;
    return frozen && pass->current->kind->has_statistics ? WG_INFERENCE : pass->mode;
}

enum wg_dtype wg_pass_dtype(const wg_pass *pass) {
    return pass ? pass->model->options.dtype : WG_F32;
}

static enum wg_status check_input(const wg_model *model, int i, wg_var x, int64_t *batch) {
    if (wg_is_null(x))
        return wg_fail(WG_ERROR_ARGUMENT, "model: input %d is the null variable", i + 1);
    const struct wg_tensor value = wg_value(x);
    const struct wg_model_input *input = &model->options.input[i];
    struct wg_shape example = {.rank = value.shape.rank - 1};
    if (!value.data && value.size == 0 && value.shape.rank == 0) return WG_ERROR_ARGUMENT;
    for (int d = 0; d < example.rank; d++) example.dim[d] = value.shape.dim[d + 1];
    const bool first = *batch < 0;
    if (first && value.shape.rank > 0) *batch = value.shape.dim[0];
    if (example.rank < 0 || !wg_shape_equal(example, input->shape) || value.shape.dim[0] != *batch)
        return wg_fail(
            WG_ERROR_SHAPE, "model: input %d has shape %s; expected %s%s, each of shape %s", i + 1,
            wg_shape_text(value.shape).text, first ? "a batch of examples" : "as many examples as ",
            first ? "" : "input 1 has", wg_shape_text(input->shape).text);
    if (value.dtype != input->dtype)
        return wg_fail(WG_ERROR_DTYPE, "model: input %d is %s; expected %s", i + 1,
                       wg_dtype_name(value.dtype), wg_dtype_name(input->dtype));
    return WG_OK;
}

wg_var wg_pass_record(wg_pass *pass, const wg_var *x) {
    int64_t batch = -1;
    if (!pass || !x) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_pass_record: the %s NULL",
                pass ? "array of inputs is" : "pass is");
        return null;
    }
    wg_model *model = pass->model;
    for (int i = 0; i < model->options.inputs; i++) {
        if (check_input(model, i, x[i], &batch) != WG_OK) return null;
    }
    model->recordings++;
    const wg_var y = model->options.forward(pass, x, model->options.context);
    free_guests(pass);
    if (wg_is_null(y) && wg_error_status() == WG_OK)
        wg_fail(WG_ERROR_STATE, "model: its function returned the null variable");
    return y;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static wg_layer *find_layer(const wg_model *model, const char *name) {
    for (int i = 0; i < model->layers; i++) {
        if (strcmp(model->layer[i]->name, name) == 0) return model->layer[i];
    }
    return NULL;
}

/* The layer that a nameless one stands for: the first of its kind and without a name of its own
 * that this recording has not called yet. */
static wg_layer *next_of_kind(const wg_model *model, const struct wg_layer_kind *kind) {
    for (int i = 0; i < model->layers; i++) {
        wg_layer *layer = model->layer[i];
        if (layer->kind == kind && layer->numbered && layer->recording != model->recordings)
            return layer;
    }
    return NULL;
}

/* Whether the layer says the same as the model's one of its name. */
static enum wg_status check_same(const wg_layer *there, wg_layer *layer) {
    char text[2][1024];
    const bool nameless = !layer->name;
    if (nameless && !(layer->name = strdup(there->name)))
        return wg_fail(WG_ERROR_MEMORY, "layer \"%s\": out of memory", there->name);
    wg_layer_to_text(there, text[0], sizeof text[0]);
    wg_layer_to_text(layer, text[1], sizeof text[1]);
    if (nameless == there->numbered && strcmp(text[0], text[1]) == 0) return WG_OK;
    return wg_fail(WG_ERROR_STATE, "two layers of one name: \"%s\" and \"%s\"", text[0], text[1]);
}

/* A layer that the model does not take is the pass's until the recording ends: so it may be called
 * more than once. */
static void keep(wg_pass *pass, wg_layer *layer) {
    layer->model = pass->model;
    layer->next = pass->guest;
    pass->guest = layer;
}

static wg_layer *receive(wg_pass *pass, wg_layer *layer) {
    wg_model *model = pass->model;
    wg_layer *there =
        layer->name ? find_layer(model, layer->name) : next_of_kind(model, layer->kind);
    keep(pass, layer);
    if (!there)
        wg_fail(WG_ERROR_STATE,
                "layer \"%s\" was not called when the model was made; expected the same layers in "
                "each recording",
                layer->name ? layer->name : layer->kind->name);
    else if (check_same(there, layer) == WG_OK)
        layer->same = there;
    return layer->same;
}

static bool is_guest(const wg_pass *pass, const wg_layer *layer) {
    const wg_layer *guest = pass->guest;
    while (guest && guest != layer) guest = guest->next;
    return guest != NULL;
}

/* The model's layer that is meant: this one, taken over if it is new; or the one that it stands
 * for. */
static wg_layer *settle(wg_pass *pass, wg_layer *layer) {
    wg_model *model = pass->model;
    const bool there = layer->name && !layer->model && find_layer(model, layer->name);
    if (layer->model && layer->model == model) {
        layer = is_guest(pass, layer) ? layer->same : layer;
    } else if (layer->model) {
        wg_fail(WG_ERROR_STATE, "layer \"%s\" belongs to another model", layer->name);
        return NULL;
    } else if (!pass->making || there) {
        layer = receive(pass, layer);
    } else if ((!layer->name && wg_number_layer(model, layer) != WG_OK) ||
               wg_model_adopt(model, layer) != WG_OK) {
        keep(pass, layer);
        return NULL;
    }
    if (layer) layer->recording = model->recordings;
    return layer;
}

static void free_guests(wg_pass *pass) {
    while (pass->guest) {
        wg_layer *next = pass->guest->next;
        wg_layer_free(pass->guest);
        pass->guest = next;
    }
}

/* Puts the layer's name in front of the error's text. */
static void name_error(const wg_layer *layer) {
    char text[1024];
    const enum wg_status status = wg_error_status();
    snprintf(text, sizeof text, "%s", wg_error());
    wg_clear_error();
    wg_fail(status, "layer \"%s\" (%s): %s", layer->name, layer->kind->name, text);
}

static wg_var call(wg_pass *pass, wg_layer *layer, const wg_var *x, int n) {
    const struct wg_layer_kind *kind = layer->kind;
    const int least = kind->most ? kind->least : 1, most = kind->most ? kind->most : 1;
    const wg_layer *outer = pass->current;
    if (n < least || n > most) {
        if (least == most)
            wg_fail(WG_ERROR_ARGUMENT, "%d input%s; expected %d", n, n == 1 ? "" : "s", least);
        else
            wg_fail(WG_ERROR_ARGUMENT, "%d input%s; expected %d to %d", n, n == 1 ? "" : "s", least,
                    most);
        name_error(layer);
        return null;
    }
    for (int i = 0; i < n; i++) {
        if (wg_is_null(x[i])) return null;
    }
    pass->current = layer;
    const wg_var y = kind->record(pass, layer->options, x, n);
    pass->current = outer;
    if (wg_is_null(y) && wg_error_status() != WG_OK) name_error(layer);
    if (!wg_is_null(y) && pass->making && layer->output.rank == 0) layer->output = wg_shape_of(y);
    return y;
}

wg_var wg_call_n(wg_pass *pass, wg_layer *layer, const wg_var *x, int n) {
    if (!pass || !layer || !x || n < 1) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_call: the %s",
                !pass    ? "pass is NULL"
                : !layer ? "layer is NULL"
                : !x     ? "array of inputs is NULL"
                         : "layer was given no inputs");
        if (layer && !layer->model) wg_layer_free(layer);
        return null;
    }
    layer = settle(pass, layer);
    return layer ? call(pass, layer, x, n) : null;
}

wg_var wg_call(wg_pass *pass, wg_layer *layer, wg_var x) { return wg_call_n(pass, layer, &x, 1); }

/* ---- Weights --------------------------------------------------------------------------------- */

static enum wg_status full_name(const wg_pass *pass, const char *weight, char *name) {
    if (!weight || !weight[0])
        return wg_fail(WG_ERROR_ARGUMENT, "a weight without a name; expected one, as kernel");
    const char *layer = pass->current ? pass->current->name : "";
    const int length =
        snprintf(name, WG_LONGEST_NAME + 1, "%s%s%s", layer, pass->current ? "/" : "", weight);
    if (length <= WG_LONGEST_NAME) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT, "the weight's name \"%s/%s\" is longer than %d characters",
                   layer, weight, WG_LONGEST_NAME);
}

static int find_weight(const wg_model *model, const char *name) {
    for (int i = 0; i < model->weights; i++) {
        if (strcmp(model->weight[i].name, name) == 0) return i;
    }
    return -1;
}

static char *copy_of(const char *text, bool *good) {
    char *copy = text ? strdup(text) : NULL;
    *good = *good && (!text || copy);
    return copy;
}

/* Appends a weight to the model's list; its number in it, -1 on error. */
static int declare(wg_pass *pass, const char *name, const struct wg_weight *w, bool statistic) {
    wg_model *model = pass->model;
    bool good = true;
    if (wg_shape_size(w->shape) < 1) {
        wg_fail(WG_ERROR_SHAPE, "weight %s of shape %s; expected at least one element", w->name,
                wg_shape_text(w->shape).text);
        return -1;
    }
    struct wg_weight_record *weight = wg_grown(model->weight, model->weights, sizeof *weight);
    if (!weight) return -1;
    model->weight = weight;
    weight[model->weights] = (struct wg_weight_record){
        .name = copy_of(name, &good),
        .shape = w->shape,
        .initializer = copy_of(w->initializer, &good),
        .regularizer = copy_of(w->regularizer, &good),
        .constraint = copy_of(w->constraint, &good),
        .trainable = !statistic && !(pass->current && pass->current->trainable == WG_NO),
        .statistic = statistic,
        .number = -1};
    if (good) return model->weights++;
    wg_weight_free(&weight[model->weights]);
    wg_fail(WG_ERROR_MEMORY, "weight %s: out of memory", name);
    return -1;
}

/* The weight's number in the model's list. */
static int weight_of(wg_pass *pass, const struct wg_weight *w, bool statistic) {
    char name[WG_LONGEST_NAME + 1];
    if (full_name(pass, w->name, name) != WG_OK) return -1;
    const int i = find_weight(pass->model, name);
    if (i < 0 && pass->making) return declare(pass, name, w, statistic);
    if (i < 0) {
        wg_fail(WG_ERROR_STATE,
                "weight \"%s\" was not there when the model was made; expected the same weights in "
                "each recording",
                name);
        return -1;
    }
    if (wg_shape_equal(pass->model->weight[i].shape, w->shape)) return i;
    wg_fail(WG_ERROR_SHAPE,
            "weight %s would have shape %s here, but has shape %s; expected inputs of the same "
            "size in each call",
            w->name, wg_shape_text(w->shape).text,
            wg_shape_text(pass->model->weight[i].shape).text);
    return -1;
}

/* While the model is being made there are no parameter sets yet: zeros stand for weights. */
static wg_var leaf_of(wg_pass *pass, const struct wg_weight_record *w) {
    wg_model *model = pass->model;
    if (pass->making) return wg_variable(pass->tape, model->options.dtype, w->shape, NULL);
    return wg_parameter(pass->tape, w->statistic ? model->statistics : model->params, w->number);
}

static enum wg_status make_room(wg_pass *pass) {
    const int weights = pass->model->weights;
    if (weights <= pass->leaves) return WG_OK;
    wg_var *leaf = realloc(pass->leaf, (size_t)weights * sizeof *leaf);
    if (!leaf) return wg_fail(WG_ERROR_MEMORY, "wg_pass_weight: out of memory");
    memset(leaf + pass->leaves, 0, (size_t)(weights - pass->leaves) * sizeof *leaf);
    pass->leaf = leaf;
    pass->leaves = weights;
    return WG_OK;
}

static wg_var weight(wg_pass *pass, const struct wg_weight *w, bool statistic) {
    if (!pass) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_pass_weight: the pass is NULL");
        return null;
    }
    const int i = weight_of(pass, w, statistic);
    if (i < 0 || make_room(pass) != WG_OK) return null;
    if (!wg_is_null(pass->leaf[i])) return pass->leaf[i];
    const wg_var leaf = leaf_of(pass, &pass->model->weight[i]);
    if (wg_is_null(leaf)) return null;
    const bool counts = w->regularizer && pass->model->weight[i].trainable;
    if (counts && wg_pass_add_penalty(pass, wg_regularize(leaf, w->regularizer)) != WG_OK)
        return null;
    return pass->leaf[i] = leaf;
}

wg_var wg_pass_weight(wg_pass *pass, struct wg_weight w) { return weight(pass, &w, false); }

wg_var wg_pass_statistic(wg_pass *pass, struct wg_weight w) { return weight(pass, &w, true); }

enum wg_status wg_pass_begin_as_ones(wg_pass *pass, const char *weight_name, int64_t begin,
                                     int64_t count) {
    char name[WG_LONGEST_NAME + 1];
    if (full_name(pass, weight_name, name) != WG_OK) return wg_error_status();
    const int i = find_weight(pass->model, name);
    if (i < 0) return wg_fail(WG_ERROR_STATE, "there is no weight \"%s\"", name);
    pass->model->weight[i].ones_begin = begin;
    pass->model->weight[i].ones = count;
    return WG_OK;
}

/* ---- Noise, penalties, statistics ----------------------------------------------------------- */

wg_var wg_pass_key(wg_pass *pass) {
    int32_t words[KEY_WORDS] = {0};
    if (!pass) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_pass_key: the pass is NULL");
        return null;
    }
    wg_var *key = wg_grown(pass->key, pass->keys, sizeof *key);
    if (!key) return null;
    pass->key = key;
    words[2] = (int32_t)(WG_STREAM_NOISE + (uint32_t)pass->keys);
    key[pass->keys] = wg_input(pass->tape, WG_I32, WG_SHAPE(KEY_WORDS), words);
    return wg_is_null(key[pass->keys]) ? null : key[pass->keys++];
}

enum wg_status wg_pass_set_noise(wg_pass *pass, uint64_t seed, uint64_t position) {
    if (!pass) return wg_fail(WG_ERROR_ARGUMENT, "wg_pass_set_noise: the pass is NULL");
    for (int i = 0; i < pass->keys; i++) {
        const uint32_t words[KEY_WORDS] = {(uint32_t)seed,
                                           (uint32_t)(seed >> 32) ^ (uint32_t)(position >> 32),
                                           WG_STREAM_NOISE + (uint32_t)i, (uint32_t)position};
        if (wg_set(pass->key[i], words) != WG_OK) return wg_error_status();
    }
    return WG_OK;
}

enum wg_status wg_pass_add_penalty(wg_pass *pass, wg_var penalty) {
    if (!pass) return wg_fail(WG_ERROR_ARGUMENT, "wg_pass_add_penalty: the pass is NULL");
    if (wg_is_null(penalty)) return wg_error_status() ? wg_error_status() : WG_ERROR_ARGUMENT;
    const wg_var sum = wg_is_null(pass->penalty) ? penalty : wg_add(pass->penalty, penalty);
    if (wg_is_null(sum)) return wg_error_status();
    pass->penalty = sum;
    return WG_OK;
}

wg_var wg_pass_penalty(wg_pass *pass) {
    if (!pass) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_pass_penalty: the pass is NULL");
        return null;
    }
    if (!wg_is_null(pass->penalty)) return pass->penalty;
    return wg_constant_scalar(pass->tape, pass->model->options.dtype, 0);
}

enum wg_status wg_pass_move_statistic(wg_pass *pass, const char *name, wg_var batch,
                                      double momentum) {
    char whole[WG_LONGEST_NAME + 1];
    if (!pass) return wg_fail(WG_ERROR_ARGUMENT, "wg_pass_move_statistic: the pass is NULL");
    if (wg_is_null(batch) || full_name(pass, name, whole) != WG_OK) return WG_ERROR_ARGUMENT;
    const int i = find_weight(pass->model, whole);
    if (i < 0 || !pass->model->weight[i].statistic)
        return wg_fail(WG_ERROR_ARGUMENT, "there is no statistic \"%s\"", whole);
    if (wg_value(batch).size != wg_shape_size(pass->model->weight[i].shape))
        return wg_fail(WG_ERROR_SHAPE, "statistic %s of shape %s, its batch's of shape %s", whole,
                       wg_shape_text(pass->model->weight[i].shape).text,
                       wg_shape_text(wg_value(batch).shape).text);
    struct wg_movement *movement = wg_grown(pass->movement, pass->movements, sizeof *movement);
    if (!movement) return WG_ERROR_MEMORY;
    pass->movement = movement;
    movement[pass->movements++] = (struct wg_movement){i, batch, momentum};
    return WG_OK;
}

enum wg_status wg_pass_update_statistics(wg_pass *pass) {
    if (!pass) return wg_fail(WG_ERROR_ARGUMENT, "wg_pass_update_statistics: the pass is NULL");
    for (int i = 0; i < pass->movements; i++) {
        const struct wg_movement *m = &pass->movement[i];
        const struct wg_tensor batch = wg_value(m->batch);
        struct wg_tensor statistic =
            wg_param_value(pass->model->statistics, pass->model->weight[m->weight].number);
        if (!batch.data || !statistic.data) return wg_error_status();
        for (int64_t j = 0; j < batch.size; j++) {
            const double old = wg_element(&statistic, j), new = wg_element(&batch, j);
            wg_set_element(&statistic, j, m->momentum * old + (1 - m->momentum) * new);
        }
    }
    return WG_OK;
}
