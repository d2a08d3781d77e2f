/* Models from text, to text, and their summary. */
#define _POSIX_C_SOURCE 200809L
#include "nn/model.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LAYERS 1000
#define LONGEST_LAYER 1024

/* ---- Names ----------------------------------------------------------------------------------- */

static const char *shown_kind(const wg_layer *layer) {
    return layer->kind->alias ? layer->kind->alias : layer->kind->name;
}

static bool is_taken(const wg_model *model, const char *name) {
    for (int i = 0; i < model->layers; i++) {
        if (model->layer[i]->name && strcmp(model->layer[i]->name, name) == 0) return true;
    }
    return false;
}

static enum wg_status check_unique(const wg_model *model) {
    for (int i = 0; i < model->layers; i++) {
        for (int j = 0; model->layer[i]->name && j < i; j++) {
            if (model->layer[j]->name && strcmp(model->layer[i]->name, model->layer[j]->name) == 0)
                return wg_fail(WG_ERROR_ARGUMENT,
                               "wg_sequential: layers %d and %d are both called \"%s\"", j + 1,
                               i + 1, model->layer[i]->name);
        }
    }
    return WG_OK;
}

enum wg_status wg_number_layer(const wg_model *model, wg_layer *layer) {
    char name[WG_LONGEST_NAME + 1];
    for (int n = 0;; n++) {
        snprintf(name, sizeof name, n ? "%s_%d" : "%s", shown_kind(layer), n);
        if (!is_taken(model, name)) break;
    }
    layer->name = strdup(name);
    layer->numbered = true;
    return layer->name ? WG_OK : wg_fail(WG_ERROR_MEMORY, "%s: out of memory", name);
}

enum wg_status wg_number_layers(wg_model *model) {
    enum wg_status status = check_unique(model);
    for (int i = 0; i < model->layers && status == WG_OK; i++) {
        if (!model->layer[i]->name) status = wg_number_layer(model, model->layer[i]);
    }
    return status;
}

/* ---- From text ------------------------------------------------------------------------------- */

/* Up to the next ";" outside of parentheses, which it replaces by the end. */
static char *next_layer(char **rest) {
    char *from = *rest;
    int depth = 0;
    if (!from) return NULL;
    for (char *at = from; *at; at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (*at != ';' || depth > 0) continue;
        *at = '\0';
        *rest = at + 1;
        return from;
    }
    *rest = NULL;
    return from;
}

static enum wg_status read_layers(char *text, wg_layer **layer, int *n) {
    char *rest = text, *one;
    while ((one = next_layer(&rest)) != NULL) {
        if (!rest && !one[strspn(one, " \t\n")] && *n > 0) break; /* after a last ";" */
        if (*n == MOST_LAYERS)
            return wg_fail(WG_ERROR_ARGUMENT, "model: more than %d layers", MOST_LAYERS);
        layer[*n] = wg_layer_from_text(one);
        if (!layer[*n]) return wg_error_status();
        ++*n;
    }
    return WG_OK;
}

wg_model *wg_sequential_from_text(struct wg_model_options options, const char *text) {
    char *copy = text ? strdup(text) : NULL;
    wg_layer **layer = calloc(MOST_LAYERS, sizeof(wg_layer *));
    wg_model *model = NULL;
    int n = 0;
    if (!copy || !layer) {
        wg_fail(text ? WG_ERROR_MEMORY : WG_ERROR_ARGUMENT, "wg_sequential_from_text: %s",
                text ? "out of memory" : "the text is NULL; expected layers");
    } else if (read_layers(copy, layer, &n) == WG_OK) {
        model = wg_sequential_new(options, layer, n);
        n = 0; /* they are the model's, or gone */
    }
    for (int i = 0; layer && i < n; i++) wg_layer_free(layer[i]);
    free(layer);
    free(copy);
    return model;
}

/* ---- To text --------------------------------------------------------------------------------- */

enum wg_status wg_write_text(wg_model *model) {
    size_t used = 0;
    char *text = malloc((size_t)model->layers * (LONGEST_LAYER + 2) + 1);
    if (!text) return wg_fail(WG_ERROR_MEMORY, "model: out of memory");
    text[0] = '\0';
    for (int i = 0; i < model->layers; i++) {
        if (i) used += (size_t)sprintf(text + used, "; ");
        if (!wg_layer_to_text(model->layer[i], text + used, LONGEST_LAYER)) {
            free(text);
            return wg_fail(WG_ERROR_ARGUMENT,
                           "layer \"%s\": its options take more than %d characters",
                           model->layer[i]->name, LONGEST_LAYER);
        }
        used += strlen(text + used);
    }
    model->text = text;
    return WG_OK;
}

const char *wg_model_text(const wg_model *model) { return model ? model->text : NULL; }

int wg_model_is_sequential(const wg_model *model) { return model && model->sequence > 0; }

/* ---- Summary --------------------------------------------------------------------------------- */

/* "(batch, 26, 26, 32)" */
static void batch_shape(struct wg_shape shape, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(batch");
    for (int d = 0; d < shape.rank && used < size; d++)
        used += (size_t)snprintf(text + used, size - used, ", %" PRId64, shape.dim[d]);
    if (used < size) snprintf(text + used, size - used, ")");
}

static struct wg_shape without_batch(struct wg_shape shape) {
    struct wg_shape rest = {.rank = shape.rank > 0 ? shape.rank - 1 : 0};
    for (int d = 0; d < rest.rank; d++) rest.dim[d] = shape.dim[d + 1];
    return rest;
}

static int64_t frozen(const wg_model *model) {
    int64_t sum = 0;
    for (int i = 0; i < model->weights; i++)
        sum += model->weight[i].trainable ? 0 : wg_shape_size(model->weight[i].shape);
    return sum;
}

static void line(FILE *out, int columns) {
    for (int i = 0; i < columns; i++) putc('-', out);
    putc('\n', out);
}

enum { NAME_COLUMN = 38, SHAPE_COLUMN = 26, COUNT_COLUMN = 12 };

enum wg_status wg_model_summary(const wg_model *model, FILE *out) {
    char name[128], shape[160];
    if (!model || !out)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_model_summary: the %s is NULL",
                       model ? "file" : "model");
    const int columns = NAME_COLUMN + SHAPE_COLUMN + COUNT_COLUMN;
    fprintf(out, "%-*s%-*s%*s\n", NAME_COLUMN, "layer (kind)", SHAPE_COLUMN, "output shape",
            COUNT_COLUMN, "parameters");
    line(out, columns);
    for (int i = 0; i < model->options.inputs; i++) {
        batch_shape(model->options.input[i].shape, shape, sizeof shape);
        fprintf(out, "%-*s%-*s%*d\n", NAME_COLUMN, "input", SHAPE_COLUMN, shape, COUNT_COLUMN, 0);
    }
    for (int i = 0; i < model->layers; i++) {
        const wg_layer *layer = model->layer[i];
        snprintf(name, sizeof name, "%s (%s)", layer->name, shown_kind(layer));
        batch_shape(without_batch(layer->output), shape, sizeof shape);
        fprintf(out, "%-*s%-*s%*" PRId64 "\n", NAME_COLUMN, name, SHAPE_COLUMN, shape, COUNT_COLUMN,
                layer->parameters);
    }
    line(out, columns);
    const int64_t all = wg_model_parameters(model), fixed = frozen(model);
    fprintf(out, "parameters: %" PRId64, all);
    if (fixed) fprintf(out, ", of them %" PRId64 " not trainable", fixed);
    putc('\n', out);
    return ferror(out) ? wg_fail(WG_ERROR_FILE, "wg_model_summary: writing failed") : WG_OK;
}
