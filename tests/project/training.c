/* The same training gives the same bits: on every instruction set that this CPU has, with every
 * number of threads, recorded at each step or replayed, and with every compiler and machine, as the
 * golden file holds one fingerprint for each model.
 *
 *     training GOLDEN      compares; exit status 1 on any difference
 *     training --print     prints the golden file
 */
#include "golden_file.h"
#include "wengert/wengert.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define STEPS 25
#define BATCH 64
#define HIDDEN 96 /* with BATCH, enough work in a matrix product to be split over threads */
#define MAX_PARAMETERS 8

struct run {
    const char *isa;
    int threads;
    bool replay;
};

struct model {
    const char *name;
    enum wg_dtype dtype;
    void (*add)(wg_params *params);
    wg_var (*loss)(const wg_var *p, wg_var x, wg_var labels);
};

static void add_uniform(wg_params *params, const char *name, struct wg_shape shape) {
    int i = wg_params_add(params, name, shape);
    wg_param_uniform(params, i, 0.1, 0.9, 7);
}

static void add_dense(wg_params *params, const char *weights, const char *bias, int inputs,
                      int outputs) {
    wg_param_glorot_uniform(params, wg_params_add(params, weights, WG_SHAPE(inputs, outputs)), 3);
    wg_params_add(params, bias, WG_SHAPE(outputs));
}

/* A classifier with PReLU. */
static void add_classifier(wg_params *params) {
    add_dense(params, "w0", "b0", 2, HIDDEN);
    wg_param_fill(params, wg_params_add(params, "alpha0", WG_SHAPE(HIDDEN)), 0.25);
    add_dense(params, "w1", "b1", HIDDEN, HIDDEN);
    wg_param_fill(params, wg_params_add(params, "alpha1", WG_SHAPE(1)), 0.25);
    add_dense(params, "w2", "b2", HIDDEN, 2);
}

static wg_var classifier_loss(const wg_var *p, wg_var x, wg_var labels) {
    wg_var h = wg_prelu(wg_add(wg_matmul(x, p[0]), p[1]), p[2]);
    h = wg_prelu(wg_add(wg_matmul(h, p[3]), p[4]), p[5]);
    return wg_softmax_cross_entropy(wg_add(wg_matmul(h, p[6]), p[7]), labels);
}

/* A function that goes through the ops that the classifier does not use. */
static void add_mixture(wg_params *params) {
    add_uniform(params, "u", WG_SHAPE(2, 6));
    add_uniform(params, "v", WG_SHAPE(6));
    add_uniform(params, "w", WG_SHAPE(1));
}

static wg_var mixture_loss(const wg_var *p, wg_var x, wg_var labels) {
    (void)labels;
    wg_var z = wg_matmul(x, p[0]);
    wg_var s = wg_sigmoid(z), t = wg_tanh(wg_sub(z, p[1]));
    wg_var positive = wg_add(wg_square(t), wg_exp(wg_neg(wg_abs(z))));
    wg_var power = wg_pow(positive, wg_maximum(p[1], p[2]));
    wg_var scale = wg_add(positive, wg_square(wg_log(wg_add(positive, wg_exp(p[2])))));
    wg_var root = wg_div(wg_sqrt(power), scale);
    wg_var soft = wg_mul(wg_softmax(z, -1), wg_log_softmax(t, 1));
    wg_var both[] = {wg_minimum(root, s), wg_leaky_relu(soft, 0.1), wg_relu(t)};
    wg_var joined = wg_transpose(wg_concat(both, 3, 1), WG_ALL_AXES);
    wg_var part = wg_slice(joined, WG_SHAPE(1, 0), WG_SHAPE(16, -1));
    wg_var flat = wg_reshape(part, WG_SHAPE(4, -1));
    wg_var rows = wg_add(wg_logsumexp(flat, WG_AXES(1), 0), wg_max(flat, WG_AXES(1), 0));
    rows = wg_mul(rows, wg_broadcast_to(p[2], WG_SHAPE(4)));
    return wg_add(wg_mean(wg_square(rows), WG_ALL_AXES, 0),
                  wg_add(wg_mean_squared_error(s, wg_relu(t)), wg_binary_cross_entropy(t, s)));
}

static const struct model models[] = {
    {"classifier f32", WG_F32, add_classifier, classifier_loss},
    {"classifier f64", WG_F64, add_classifier, classifier_loss},
    {"mixture f32", WG_F32, add_mixture, mixture_loss},
    {"mixture f64", WG_F64, add_mixture, mixture_loss},
};
#define MODELS (int)(sizeof models / sizeof *models)

struct batch {
    float x[2 * BATCH];
    double x64[2 * BATCH];
    int32_t labels[BATCH];
};

static void load_batch(const struct wg_dataset *data, int step, struct batch *batch) {
    int64_t index[BATCH];
    for (int i = 0; i < BATCH; i++) index[i] = (step * 37 + i * 11) % data->examples;
    wg_dataset_batch(data, index, BATCH, batch->x, batch->labels);
    for (int i = 0; i < 2 * BATCH; i++) batch->x64[i] = (double)batch->x[i];
}

/* Records the model on an empty tape; x and labels are returned for replaying. */
static wg_var record(const struct model *model, wg_tape *tape, wg_params *params,
                     const struct batch *batch, wg_var *x, wg_var *labels) {
    const void *values = model->dtype == WG_F64 ? (const void *)batch->x64 : batch->x;
    wg_var p[MAX_PARAMETERS];
    for (int i = 0; i < wg_params_count(params); i++) p[i] = wg_parameter(tape, params, i);
    *x = wg_input(tape, model->dtype, WG_SHAPE(BATCH, 2), values);
    *labels = wg_input(tape, WG_I32, WG_SHAPE(BATCH), batch->labels);
    return model->loss(p, *x, *labels);
}

static void train(const struct model *model, const struct run *run, const struct wg_dataset *data,
                  wg_tape *tape, wg_params *params, wg_optimizer *optimizer) {
    struct wg_mark start = wg_tape_mark(tape);
    wg_var loss = {0}, x = {0}, labels = {0};
    for (int step = 0; step < STEPS && !wg_error_status(); step++) {
        struct batch batch;
        load_batch(data, step, &batch);
        if (run->replay && step > 0) {
            wg_set(x, model->dtype == WG_F64 ? (const void *)batch.x64 : batch.x);
            wg_set(labels, batch.labels);
            wg_forward(tape);
        } else {
            wg_tape_rewind(tape, start);
            loss = record(model, tape, params, &batch, &x, &labels);
        }
        wg_zero_gradients(params);
        wg_backward(loss);
        wg_optimizer_step(optimizer);
    }
}

/* NaN has many bit patterns, and its fingerprint shows nothing. */
static bool all_finite(const wg_params *params) {
    for (int i = 0; i < wg_params_count(params); i++) {
        struct wg_tensor value = wg_param_value(params, i);
        for (int64_t j = 0; j < value.size; j++) {
            double x = value.dtype == WG_F64 ? ((const double *)value.data)[j]
                                             : (double)((const float *)value.data)[j];
            if (!isfinite(x)) return false;
        }
    }
    return true;
}

/* Whether the run could be made; its fingerprint. */
static bool fingerprint(const struct model *model, const struct run *run,
                        struct wg_fingerprint *result) {
    struct wg_dataset data = {0};
    wg_set_isa(run->isa);
    wg_set_threads(run->threads);
    wg_dataset_generate("spiral", 500, 0.05, 1, &data);
    wg_params *params = wg_params_new(model->dtype);
    model->add(params);
    wg_optimizer *optimizer =
        wg_sgd(params, .learning_rate = 0.01, .momentum = 0.9, .nesterov = 1, .weight_decay = 1e-3);
    wg_tape *tape = wg_tape_new();
    if (!wg_error_status()) train(model, run, &data, tape, params, optimizer);
    if (!wg_error_status()) *result = wg_params_fingerprint(params);
    const bool sound = all_finite(params);
    wg_tape_free(tape);
    wg_optimizer_free(optimizer);
    wg_params_free(params);
    wg_dataset_free(&data);
    if (!wg_error_status() && sound) return true;
    printf("%s on %s: %s\n", model->name, run->isa,
           wg_error_status() ? wg_error() : "a parameter is not finite");
    wg_clear_error();
    return false;
}

static int compare(FILE *golden) {
    int checked = 0, failed = 0;
    for (int m = 0; m < MODELS; m++) {
        char expected[64];
        read_golden(golden, models[m].name, expected, sizeof expected);
        for (int i = 0; wg_isa_supported(i); i++) {
            for (int threads = 1; threads <= 3; threads++) {
                for (int replay = 0; replay <= 1; replay++) {
                    struct run run = {wg_isa_supported(i), threads, replay};
                    struct wg_fingerprint got = {""};
                    bool same = fingerprint(&models[m], &run, &got) && !strcmp(got.hex, expected);
                    checked++;
                    if (same) continue;
                    failed++;
                    printf("%s, %s, %d threads, %s: %s; expected %s\n", models[m].name, run.isa,
                           threads, replay ? "replayed" : "recorded", got.hex, expected);
                }
            }
        }
    }
    printf("checked: %d training runs against %d golden fingerprints, %d differ\n", checked, MODELS,
           failed);
    return failed > 0 || checked < 2 * MODELS;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s GOLDEN | --print\n", argv[0]);
        return 2;
    }
    if (!strcmp(argv[1], "--print")) {
        struct run run = {wg_isa_supported(0), 1, false};
        struct wg_fingerprint got;
        for (int m = 0; m < MODELS; m++) {
            if (!fingerprint(&models[m], &run, &got)) return 1;
            printf("%s %s\n", models[m].name, got.hex);
        }
        return 0;
    }
    FILE *golden = fopen(argv[1], "r");
    if (!golden) {
        perror(argv[1]);
        return 2;
    }
    int status = compare(golden);
    fclose(golden);
    return status;
}
