#include "objective.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "program.h"
#include "wengert/losses.h"

/* ---- The model's end ---------------------------------------------------------------------- */

/* The text of the last layer, "dense units=10 activation=softmax name=dense_1". */
static const char *last_layer(const wg_model *model) {
    const char *last = wg_model_text(model);
    int depth = 0;
    for (const char *at = last; *at; at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (*at == ';' && depth == 0) last = at + 2;
    }
    return last;
}

static bool begins_with_word(const char *text, const char *word) {
    const size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && strchr(" )", text[length]) != NULL;
}

/* Whether the outputs lie in [0, 1] by the last activation. */
static bool ends_in_probabilities(const wg_model *model) {
    static const char *const names[] = {"softmax", "sigmoid", "hard_sigmoid", "sparsemax",
                                        "sparse_sigmoid"};
    const char *layer = last_layer(model), *activation = strstr(layer, " activation=");
    if (activation) activation += strlen(" activation=");
    if (activation && *activation == '(') activation++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (begins_with_word(layer, names[i])) return true;
        if (activation && begins_with_word(activation, names[i])) return true;
    }
    return false;
}

bool is_of_logits(const char *loss) { return strstr(loss, "from_logits=1") != NULL; }

/* ---- Outputs ------------------------------------------------------------------------------ */

/* "28 x 28 x 1" */
static void write_shape(struct wg_shape shape, char *text, size_t size) {
    size_t used = 0;
    snprintf(text, size, "no axis");
    for (int d = 0; d < shape.rank && used < size; d++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%" PRId64, d ? " x " : "", shape.dim[d]);
}

static int wrong_rank(const wg_model *model, const struct wg_dataset *data) {
    char input[160], output[160];
    const struct wg_shape shape = wg_model_input_at(model, 0).shape;
    write_shape(shape, input, sizeof input);
    write_shape(wg_model_output_shape(model), output, sizeof output);
    return usage_error("train",
                       "--model: outputs of %s for inputs of %s, where each example has one %s; "
                       "expected outputs of one axis%s",
                       output, input, data->labels ? "label" : "number",
                       shape.rank > 1 ? ": dense acts on the last axis alone, so put \"flatten\" "
                                        "before it"
                                      : "");
}

static int check_output(const wg_model *model, const struct wg_dataset *data) {
    const struct wg_shape output = wg_model_output_shape(model);
    const int64_t size = wg_shape_size(output);
    if (output.rank != 1) return wrong_rank(model, data);
    if (data->labels && (size < data->classes && !(size == 1 && data->classes == 2)))
        return usage_error("train",
                           "--model: %" PRId64 " output%s for %" PRId64
                           " classes; expected %" PRId64 ", as in \"dense %" PRId64 "\"%s",
                           size, size == 1 ? "" : "s", data->classes, data->classes, data->classes,
                           data->class_names && size == 1 ? ", or --labels numbers" : "");
    if (!data->labels && size != data->outputs)
        return usage_error("train",
                           "--model: %" PRId64 " outputs for %" PRId64
                           " number to predict; expected %" PRId64
                           ", or --labels classes where the numbers are classes",
                           size, data->outputs, data->outputs);
    return GO_ON;
}

/* ---- Choice ------------------------------------------------------------------------------- */

static bool takes_logits(const char *loss) {
    char text[256];
    if (strstr(loss, "from_logits")) return false;
    const int length = snprintf(text, sizeof text, "%s from_logits=1", loss);
    const bool takes = length < (int)sizeof text && wg_loss_check(text) == WG_OK;
    wg_clear_error();
    return takes;
}

static int choose_loss(struct objective *o, const wg_model *model, const struct wg_dataset *data,
                       const char *loss) {
    const bool one = wg_shape_size(wg_model_output_shape(model)) == 1;
    if (!loss)
        loss = !data->labels ? "mean_squared_error"
               : one         ? "binary_crossentropy"
                             : "sparse_categorical_crossentropy";
    const bool logits = takes_logits(loss) && !ends_in_probabilities(model);
    const int length =
        snprintf(o->loss, sizeof o->loss, "%s%s", loss, logits ? " from_logits=1" : "");
    if (length >= (int)sizeof o->loss)
        return usage_error("train", "--loss: %d characters; expected fewer than %zu", length,
                           sizeof o->loss);
    if (wg_loss_check(o->loss) != WG_OK) return library_error("train");
    if (wg_loss_takes_labels(o->loss) == 1 && !data->labels)
        return usage_error("train",
                           "--loss \"%s\" is of classes, but the labels are numbers; expected "
                           "--labels classes, or a loss as mean_squared_error",
                           o->loss);
    if (wg_loss_takes_labels(o->loss) == 0 && data->labels && !one)
        return usage_error(
            "train",
            "--loss \"%s\" is of numbers, one for each output, but the labels are "
            "classes; expected sparse_categorical_crossentropy or another of classes",
            o->loss);
    return GO_ON;
}

/* An accuracy's threshold is on the output, where it is of logits too: 0 then, not 0.5. */
static const char *fitting(const char *metric, bool logit) {
    static const char *const accuracies[] = {"accuracy", "acc", "binary_accuracy"};
    for (size_t i = 0; logit && i < sizeof accuracies / sizeof *accuracies; i++) {
        if (strcmp(metric, accuracies[i]) == 0) return "binary_accuracy threshold=0";
    }
    return metric;
}

static int choose_metrics(struct objective *o, const wg_model *model, const struct wg_dataset *data,
                          const char *metrics) {
    const bool one = wg_shape_size(wg_model_output_shape(model)) == 1;
    if (!metrics) metrics = data->labels ? "accuracy" : "mean_absolute_error";
    if (strlen(metrics) >= sizeof o->text)
        return usage_error("train", "--metrics: %zu characters; expected fewer than %zu",
                           strlen(metrics), sizeof o->text);
    char *at = strcpy(o->text, metrics);
    for (int i = 0; at; i++) {
        if (i == WG_MAX_METRICS)
            return usage_error("train", "--metrics \"%s\": expected at most %d", metrics,
                               WG_MAX_METRICS);
        char *metric = at + strspn(at, " ");
        at = strchr(at, ',');
        if (at) *at++ = '\0';
        o->metric[i] = fitting(metric, one && data->labels && is_of_logits(o->loss));
    }
    return GO_ON;
}

int choose_objective(struct objective *o, const wg_model *model, const struct wg_dataset *data,
                     const char *loss, const char *metrics) {
    *o = (struct objective){.loss = ""};
    int status = check_output(model, data);
    if (status == GO_ON) status = choose_loss(o, model, data, loss);
    return status == GO_ON ? choose_metrics(o, model, data, metrics) : status;
}
