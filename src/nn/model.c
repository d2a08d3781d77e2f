/* Models: made, described, freed. */
#define _POSIX_C_SOURCE 200809L
#include "nn/model.h"

#include "base/error.h"
#include "nn/params.h"
#include "tape/tape.h"
#include "wengert/constraints.h"
#include "wengert/initializers.h"

#include <stdlib.h>
#include <string.h>

void *wg_grown(void *array, int count, size_t bytes) {
    /* Room doubles: it is full where the count is a power of two. */
    const bool full = (count & (count - 1)) == 0;
    void *grown = array;
    if (full) grown = realloc(array, (count ? 2 * (size_t)count : 1) * bytes);
    if (!grown) wg_fail(WG_ERROR_MEMORY, "out of memory for %d more", count);
    return grown;
}

enum wg_status wg_model_adopt(wg_model *model, wg_layer *layer) {
    wg_layer **list = wg_grown(model->layer, model->layers, sizeof *list);
    if (!list) return WG_ERROR_MEMORY;
    model->layer = list;
    list[model->layers++] = layer;
    layer->model = model;
    return WG_OK;
}

void wg_weight_free(struct wg_weight_record *weight) {
    free(weight->name);
    free(weight->initializer);
    free(weight->regularizer);
    free(weight->constraint);
}

void wg_model_free(wg_model *model) {
    if (!model) return;
    if (model->training) model->training_free(model->training); /* has recordings of the model */
    for (int i = 0; i < model->layers; i++) wg_layer_free(model->layer[i]);
    for (int i = 0; i < model->weights; i++) wg_weight_free(&model->weight[i]);
    wg_params_free(model->params);
    wg_params_free(model->statistics);
    free(model->layer);
    free(model->weight);
    free(model->text);
    free(model);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static enum wg_status check_options(struct wg_model_options *o) {
    if (o->inputs == 0) o->inputs = 1;
    if (!o->forward)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_new: forward is NULL; expected a function");
    if (o->dtype != WG_F32 && o->dtype != WG_F64)
        return wg_fail(WG_ERROR_DTYPE, "wg_model_new: dtype %s; expected f32 or f64",
                       wg_dtype_name(o->dtype));
    if (o->inputs < 1 || o->inputs > WG_MAX_MODEL_INPUTS)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_new: %d inputs; expected 1 to %d", o->inputs,
                       WG_MAX_MODEL_INPUTS);
    for (int i = 0; i < o->inputs; i++) {
        struct wg_model_input *input = &o->input[i];
        if (input->dtype != WG_I32) input->dtype = o->dtype;
        if (input->shape.rank >= WG_MAX_RANK || wg_shape_size(input->shape) < 1)
            return wg_fail(
                WG_ERROR_SHAPE,
                "wg_model_new: input %d of shape %s; expected at most %d dimensions of 1 "
                "or more each, without the batch",
                i + 1, wg_shape_text(input->shape).text, WG_MAX_RANK - 1);
    }
    return WG_OK;
}

/* The function on a batch of one: layers are found, weights declared, the output's shape seen. */
static enum wg_status try_out(wg_model *model, wg_pass *pass) {
    wg_var x[WG_MAX_MODEL_INPUTS];
    for (int i = 0; i < model->options.inputs; i++) {
        struct wg_shape shape = {.rank = model->options.input[i].shape.rank + 1, .dim = {1}};
        for (int d = 1; d < shape.rank; d++)
            shape.dim[d] = model->options.input[i].shape.dim[d - 1];
        x[i] = wg_input(pass->tape, model->options.input[i].dtype, shape, NULL);
        if (wg_is_null(x[i])) return wg_error_status();
    }
    const wg_var y = wg_pass_record(pass, x);
    if (wg_is_null(y)) return wg_error_status();
    const struct wg_tensor value = wg_value(y);
    if (value.dtype != model->options.dtype)
        return wg_fail(WG_ERROR_DTYPE, "model: the output is %s; expected %s",
                       wg_dtype_name(value.dtype), wg_dtype_name(model->options.dtype));
    if (value.shape.rank < 1 || value.shape.dim[0] != 1)
        return wg_fail(WG_ERROR_SHAPE,
                       "model: for a batch of 1 the output has shape %s; expected the batch first",
                       wg_shape_text(value.shape).text);
    model->output.rank = value.shape.rank - 1;
    for (int d = 0; d < model->output.rank; d++) model->output.dim[d] = value.shape.dim[d + 1];
    return WG_OK;
}

static enum wg_status explore(wg_model *model) {
    wg_tape *tape = wg_tape_new();
    wg_pass *pass = tape ? wg_pass_new(model, tape, WG_TRAINING) : NULL;
    enum wg_status status = WG_ERROR_MEMORY;
    if (pass) {
        pass->making = true;
        status = try_out(model, pass);
    }
    wg_pass_free(pass);
    wg_tape_free(tape);
    return status;
}

static void count_parameters(wg_model *model, const struct wg_weight_record *w) {
    const char *slash = strchr(w->name, '/');
    const size_t length = slash ? (size_t)(slash - w->name) : 0;
    for (int i = 0; slash && i < model->layers; i++) {
        wg_layer *layer = model->layer[i];
        if (strlen(layer->name) == length && strncmp(layer->name, w->name, length) == 0)
            layer->parameters += wg_shape_size(w->shape);
    }
}

static enum wg_status make_sets(wg_model *model) {
    model->params = wg_params_new(model->options.dtype);
    model->statistics = wg_params_new(model->options.dtype);
    if (!model->params || !model->statistics) return WG_ERROR_MEMORY;
    for (int i = 0; i < model->weights; i++) {
        struct wg_weight_record *w = &model->weight[i];
        w->number =
            wg_params_add(w->statistic ? model->statistics : model->params, w->name, w->shape);
        if (w->number < 0) return wg_error_status();
        count_parameters(model, w);
    }
    return wg_model_initialize(model, model->options.seed);
}

/* A constraint is first applied after an update: a wrong one is found out now. */
static enum wg_status try_constraints(const wg_model *model) {
    wg_params *trial = wg_params_new(model->options.dtype);
    enum wg_status status = trial ? WG_OK : WG_ERROR_MEMORY;
    for (int i = 0; i < model->weights && status == WG_OK; i++) {
        const struct wg_weight_record *w = &model->weight[i];
        if (!w->constraint) continue;
        const int number = wg_params_add(trial, w->name, w->shape);
        status = number < 0 ? wg_error_status() : wg_param_constrain(trial, number, w->constraint);
    }
    wg_params_free(trial);
    return status;
}

static enum wg_status make(wg_model *model) {
    enum wg_status status = check_options(&model->options);
    if (status == WG_OK) status = explore(model);
    if (status == WG_OK) status = try_constraints(model);
    if (status == WG_OK) status = make_sets(model);
    if (status == WG_OK) status = wg_write_text(model);
    return status;
}

wg_model *wg_model_new(struct wg_model_options options) {
    wg_model *model = calloc(1, sizeof *model);
    if (!model) {
        wg_fail(WG_ERROR_MEMORY, "wg_model_new: out of memory");
        return NULL;
    }
    model->options = options;
    if (make(model) == WG_OK) return model;
    wg_model_free(model);
    return NULL;
}

/* ---- Sequences ------------------------------------------------------------------------------- */

static wg_var in_sequence(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var y = x[0];
    for (int i = 0; i < pass->model->sequence && !wg_is_null(y); i++) {
        if (i > 0 && y.index > x[0].index) wg_make_internal(y);
        y = wg_call(pass, pass->model->layer[i], y);
    }
    return y;
}

/* Adopted in their order, so that the list is the sequence, and numbered as calls would. */
static enum wg_status adopt_all(wg_model *model, wg_layer *const *layer, int n) {
    enum wg_status status = WG_OK;
    for (int i = 0; i < n; i++) {
        if (!layer[i]) {
            wg_fail(WG_ERROR_ARGUMENT, "wg_sequential: layer %d of %d is NULL", i + 1, n);
            status = wg_error_status(); /* that of making the layer, where there is one */
        } else if (layer[i]->model) {
            status = wg_fail(WG_ERROR_STATE,
                             "wg_sequential: layer %d of %d (%s) belongs to a model already", i + 1,
                             n, layer[i]->kind->name);
        } else if (wg_model_adopt(model, layer[i]) != WG_OK) {
            wg_layer_free(layer[i]);
            status = WG_ERROR_MEMORY;
        }
    }
    return status;
}

wg_model *wg_sequential_new(struct wg_model_options options, wg_layer *const *layer, int n) {
    wg_model *model = calloc(1, sizeof *model);
    if (!model || !layer || n < 1) {
        wg_fail(model ? WG_ERROR_ARGUMENT : WG_ERROR_MEMORY, "wg_sequential: %s",
                model ? "no layers; expected at least one" : "out of memory");
        for (int i = 0; layer && i < n; i++) {
            if (layer[i] && !layer[i]->model) wg_layer_free(layer[i]);
        }
        free(model);
        return NULL;
    }
    options.inputs = 1;
    options.forward = in_sequence;
    model->options = options;
    enum wg_status status = adopt_all(model, layer, n);
    model->sequence = model->layers;
    if (status == WG_OK) status = wg_number_layers(model);
    if (status == WG_OK) {
        if (model->layer[0]->kind->takes_indices) model->options.input[0].dtype = WG_I32;
        status = make(model);
    }
    if (status == WG_OK) return model;
    wg_model_free(model);
    return NULL;
}

/* ---- Weights --------------------------------------------------------------------------------- */

wg_params *wg_model_params(const wg_model *model) { return model ? model->params : NULL; }

wg_params *wg_model_statistics(const wg_model *model) { return model ? model->statistics : NULL; }

static const struct wg_weight_record *parameter(const wg_model *model, int number) {
    for (int i = 0; model && i < model->weights; i++) {
        if (!model->weight[i].statistic && model->weight[i].number == number)
            return &model->weight[i];
    }
    return NULL;
}

int wg_model_trainable(const wg_model *model, int number) {
    const struct wg_weight_record *w = parameter(model, number);
    if (w) return w->trainable;
    wg_fail(WG_ERROR_ARGUMENT, "wg_model_trainable: there is no parameter %d", number);
    return 0;
}

static enum wg_status initialize(wg_model *model, const struct wg_weight_record *w, uint64_t seed) {
    wg_params *set = w->statistic ? model->statistics : model->params;
    const enum wg_status status =
        wg_param_initialize(set, w->number, w->initializer ? w->initializer : "zeros", seed);
    if (status != WG_OK || w->ones == 0) return status;
    struct wg_tensor value = wg_param_value(set, w->number);
    for (int64_t i = 0; i < w->ones; i++) wg_set_element(&value, w->ones_begin + i, 1);
    return WG_OK;
}

enum wg_status wg_model_initialize(wg_model *model, uint64_t seed) {
    if (!model) return wg_fail(WG_ERROR_ARGUMENT, "wg_model_initialize: the model is NULL");
    for (int i = 0; i < model->weights; i++) {
        const enum wg_status status = initialize(model, &model->weight[i], seed);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

enum wg_status wg_model_constrain(wg_model *model) {
    if (!model) return wg_fail(WG_ERROR_ARGUMENT, "wg_model_constrain: the model is NULL");
    for (int i = 0; i < model->weights; i++) {
        const struct wg_weight_record *w = &model->weight[i];
        if (!w->constraint || !w->trainable) continue;
        const enum wg_status status = wg_param_constrain(model->params, w->number, w->constraint);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

int64_t wg_model_parameters(const wg_model *model) {
    int64_t sum = 0;
    for (int i = 0; model && i < model->weights; i++) sum += wg_shape_size(model->weight[i].shape);
    return sum;
}

enum wg_dtype wg_model_dtype(const wg_model *model) {
    return model ? model->options.dtype : WG_F32;
}

int wg_model_inputs(const wg_model *model) { return model ? model->options.inputs : 0; }

struct wg_model_input wg_model_input_at(const wg_model *model, int i) {
    if (model && i >= 0 && i < model->options.inputs) return model->options.input[i];
    wg_fail(WG_ERROR_ARGUMENT, "wg_model_input_at: there is no input %d", i);
    return (struct wg_model_input){0};
}

struct wg_shape wg_model_output_shape(const wg_model *model) {
    return model ? model->output : (struct wg_shape){0};
}
