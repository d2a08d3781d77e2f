#include "network.h"

#include <math.h>
#include <stdio.h>

#include "wengert/ops.h"

/* ---- Parameters --------------------------------------------------------------------------- */

static int add_parameter(wg_params *params, const char *what, int layer, struct wg_shape shape) {
    char name[32];
    snprintf(name, sizeof name, "%s.%d", what, layer);
    return wg_params_add(params, name, shape);
}

static bool add_layer(struct network *network, int64_t units, bool hidden) {
    const int i = network->layers;
    const int64_t before = i ? network->layer[i - 1].units : network->features;
    struct layer layer = {.units = units, .alpha = -1};
    layer.kernel = add_parameter(network->params, "kernel", i, WG_SHAPE(before, units));
    layer.bias = add_parameter(network->params, "bias", i, WG_SHAPE(units));
    if (hidden && network->activation.prelu) {
        const struct wg_shape shape = wg_prelu_alpha_shape(WG_SHAPE(1, units), (struct wg_axes){0});
        layer.alpha = add_parameter(network->params, "alpha", i, shape);
    }
    network->layer[network->layers++] = layer;
    return wg_error_status() == WG_OK;
}

static bool initialize(const struct network *network, uint64_t seed) {
    for (int i = 0; i < network->layers; i++) {
        const struct layer *layer = &network->layer[i];
        if (wg_param_glorot_uniform(network->params, layer->kernel, seed) != WG_OK) return false;
        if (layer->alpha < 0) continue;
        if (wg_param_fill(network->params, layer->alpha, INITIAL_ALPHA) != WG_OK) return false;
    }
    return true;
}

bool network_make(struct network *network, int64_t features, int64_t classes,
                  const struct sizes *hidden, const struct hidden_activation *activation,
                  uint64_t seed) {
    *network = (struct network){.params = wg_params_new(WG_F32),
                                .features = features,
                                .classes = classes,
                                .activation = *activation};
    bool good = network->params != NULL;
    for (int i = 0; good && i < hidden->count; i++) good = add_layer(network, hidden->at[i], true);
    good = good && add_layer(network, classes, false) && initialize(network, seed);
    if (!good) network_free(network);
    return good;
}

void network_free(struct network *network) {
    wg_params_free(network->params);
    *network = (struct network){0};
}

/* ---- Recording ---------------------------------------------------------------------------- */

bool pass_make(struct pass *pass, const struct network *network, bool always_record) {
    *pass =
        (struct pass){.network = network, .always_record = always_record, .tape = wg_tape_new()};
    if (pass->tape) pass->start = wg_tape_mark(pass->tape);
    return pass->tape != NULL;
}

void pass_free(struct pass *pass) {
    wg_tape_free(pass->tape);
    *pass = (struct pass){0};
}

static wg_var record_layer(const struct network *network, wg_tape *tape, int i, wg_var x) {
    const struct layer *layer = &network->layer[i];
    const wg_var kernel = wg_parameter(tape, network->params, layer->kernel);
    const wg_var bias = wg_parameter(tape, network->params, layer->bias);
    const wg_var y = wg_add(wg_matmul(x, kernel), bias);
    if (i == network->layers - 1) return y;
    const struct wg_configured_op *with = &network->activation.with;
    if (!network->activation.prelu) return wg_apply(with->op, &y, 1, with->slots);
    return wg_prelu(y, wg_parameter(tape, network->params, layer->alpha));
}

static bool record(struct pass *pass, int64_t examples, const float *x, const int32_t *label) {
    const struct network *network = pass->network;
    pass->examples = 0;
    if (wg_tape_rewind(pass->tape, pass->start) != WG_OK) return false;
    pass->x = wg_input(pass->tape, WG_F32, WG_SHAPE(examples, network->features), x);
    pass->label = wg_input(pass->tape, WG_I32, WG_SHAPE(examples), label);
    wg_var y = pass->x;
    for (int i = 0; i < network->layers; i++) y = record_layer(network, pass->tape, i, y);
    pass->logits = y;
    pass->loss = wg_softmax_cross_entropy(y, pass->label);
    if (wg_is_null(pass->loss)) return false;
    pass->examples = examples;
    return true;
}

bool pass_run(struct pass *pass, int64_t examples, const float *x, const int32_t *label) {
    if (pass->always_record || pass->examples != examples) return record(pass, examples, x, label);
    return wg_set(pass->x, x) == WG_OK && wg_set(pass->label, label) == WG_OK &&
           wg_forward(pass->tape) == WG_OK;
}

/* ---- Scores ------------------------------------------------------------------------------- */

int64_t pass_right(const struct pass *pass) {
    const float *logits = wg_value(pass->logits).data;
    const int32_t *label = wg_value(pass->label).data;
    const int64_t classes = pass->network->classes;
    int64_t right = 0;
    for (int64_t i = 0; i < pass->examples; i++, logits += classes) {
        int64_t largest = 0;
        for (int64_t c = 1; c < classes; c++) {
            if (logits[c] > logits[largest]) largest = c;
        }
        right += largest == label[i];
    }
    return right;
}

void score_add(struct score *score, const struct pass *pass) {
    score->loss += wg_item(pass->loss) * (double)pass->examples;
    score->examples += pass->examples;
    score->right += pass_right(pass);
}

double score_loss(const struct score *score) {
    return score->examples ? score->loss / (double)score->examples : NAN;
}

double score_accuracy(const struct score *score) {
    return score->examples ? (double)score->right / (double)score->examples : NAN;
}
