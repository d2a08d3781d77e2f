/* Recurrent layers: against loops written here, their gradients, dropout, sharing, texts, refusals.
 */
#include "support/suite.h"

#include "model_cases.h"

#include <math.h>
#include <stdio.h>

/* Sums of a few terms of at most 1, through some ten steps whose functions have slopes up to 1. */
#define TOLERANCE 1e-13
/* The same in float, after 40 steps. */
#define TOLERANCE_F32 1e-5
#define CASES 96
#define SEED 71

enum { SIMPLE_RNN, LSTM, GRU, GRU_RESET_BEFORE, KINDS };
static const char *const kind_name[] = {"simple_rnn", "lstm", "gru", "gru"};
static const int kind_gates[] = {1, 4, 3, 3};

struct recurrent_case {
    int kind, batch, steps, inputs, units, sequences, backwards, bias, activation;
};

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softsign(double x) { return x / (1 + fabs(x)); }

static const struct {
    const char *name;
    double (*of)(double);
} activations[] = {{"tanh", tanh}, {"softsign", softsign}};

/* ---- The loop -------------------------------------------------------------------------------- */

enum { MOST_UNITS = 5 };

/* A column of x kernel + bias. */
static double column(const double *x, int64_t n, const double *matrix, int columns, int j,
                     const double *bias) {
    double sum = bias ? bias[j] : 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * matrix[i * columns + j];
    return sum;
}

struct weights {
    const double *kernel, *recurrent, *bias; /* bias NULL for none */
};

static void simple_rnn_step(const struct recurrent_case *c, const struct weights *w,
                            const double *x, double *h) {
    double next[MOST_UNITS];
    for (int u = 0; u < c->units; u++)
        next[u] =
            activations[c->activation].of(column(x, c->inputs, w->kernel, c->units, u, w->bias) +
                                          column(h, c->units, w->recurrent, c->units, u, NULL));
    memcpy(h, next, sizeof next);
}

static void lstm_step(const struct recurrent_case *c, const struct weights *w, const double *x,
                      double *h, double *carry) {
    double next[MOST_UNITS], z[4];
    double (*const f)(double) = activations[c->activation].of;
    for (int u = 0; u < c->units; u++) {
        for (int g = 0; g < 4; g++) {
            const int j = g * c->units + u;
            z[g] = column(x, c->inputs, w->kernel, 4 * c->units, j, w->bias) +
                   column(h, c->units, w->recurrent, 4 * c->units, j, NULL);
        }
        carry[u] = sigmoid(z[1]) * carry[u] + sigmoid(z[0]) * f(z[2]);
        next[u] = sigmoid(z[3]) * f(carry[u]);
    }
    memcpy(h, next, sizeof next);
}

static void gru_step(const struct recurrent_case *c, const struct weights *w, const double *x,
                     double *h) {
    const int columns = 3 * c->units;
    const double *second = w->bias && c->kind == GRU ? w->bias + columns : NULL;
    double next[MOST_UNITS], reset[MOST_UNITS], kept[MOST_UNITS];
    for (int u = 0; u < c->units; u++) {
        const int j = c->units + u;
        reset[u] = sigmoid(column(x, c->inputs, w->kernel, columns, j, w->bias) +
                           column(h, c->units, w->recurrent, columns, j, second));
        kept[u] = reset[u] * h[u];
    }
    for (int u = 0; u < c->units; u++) {
        const int j = 2 * c->units + u;
        const double z = sigmoid(column(x, c->inputs, w->kernel, columns, u, w->bias) +
                                 column(h, c->units, w->recurrent, columns, u, second));
        const double from_state =
            c->kind == GRU ? reset[u] * column(h, c->units, w->recurrent, columns, j, second)
                           : column(kept, c->units, w->recurrent, columns, j, NULL);
        const double candidate = activations[c->activation].of(
            column(x, c->inputs, w->kernel, columns, j, w->bias) + from_state);
        next[u] = z * h[u] + (1 - z) * candidate;
    }
    memcpy(h, next, sizeof next);
}

/* All states, in the order of the steps; returns the last one's place. */
static const double *loop(const struct recurrent_case *c, const struct weights *w, const double *x,
                          int example, double *states) {
    double h[MOST_UNITS] = {0}, carry[MOST_UNITS] = {0};
    for (int i = 0; i < c->steps; i++) {
        const int t = c->backwards ? c->steps - 1 - i : i;
        const double *at = x + (example * c->steps + t) * c->inputs;
        if (c->kind == SIMPLE_RNN)
            simple_rnn_step(c, w, at, h);
        else if (c->kind == LSTM)
            lstm_step(c, w, at, h, carry);
        else
            gru_step(c, w, at, h);
        memcpy(states + i * c->units, h, (size_t)c->units * sizeof *h);
    }
    return states + (c->steps - 1) * c->units;
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static const char *yes(int on) { return on ? "yes" : "no"; }

static void make_case(const struct recurrent_case *c, struct model_case *m, uint64_t seed) {
    char text[160];
    struct wg_random random = wg_random_make(seed, 1);
    add_input(m, &random, WG_SHAPE(c->batch, c->steps, c->inputs));
    snprintf(text, sizeof text,
             "%s %d %s return_sequences=%s go_backwards=%s use_bias=%s%s name=layer",
             kind_name[c->kind], c->units, activations[c->activation].name, yes(c->sequences),
             yes(c->backwards), yes(c->bias), c->kind == GRU_RESET_BEFORE ? " reset_after=no" : "");
    make_model(m, text, seed);
}

static void expect_loop(const struct recurrent_case *c, const struct model_case *m) {
    const int columns = kind_gates[c->kind] * c->units;
    static double states[MOST_ELEMENTS], expected[MOST_ELEMENTS];
    const struct weights w = {
        weight_of(m, "layer/kernel", c->inputs * columns),
        weight_of(m, "layer/recurrent_kernel", c->units * columns),
        c->bias ? weight_of(m, "layer/bias", (c->kind == GRU ? 2 : 1) * columns) : NULL};
    ck_assert_int_eq(wg_params_count(wg_model_params(m->model)), 2 + c->bias);
    const int each = c->sequences ? c->steps * c->units : c->units;
    for (int b = 0; b < c->batch; b++) {
        const double *last = loop(c, &w, m->x[0].data, b, states);
        memcpy(expected + b * each, c->sequences ? states : last, (size_t)each * sizeof *expected);
    }
    expect_output(
        m, c->sequences ? WG_SHAPE(c->batch, c->steps, c->units) : WG_SHAPE(c->batch, c->units),
        expected, TOLERANCE);
}

static struct recurrent_case random_case(int i) {
    struct wg_random r = wg_random_make(SEED, (uint64_t)i);
    struct recurrent_case c = {.kind = i % KINDS,
                               .batch = draw(&r, 1, 3),
                               .steps = draw(&r, 1, 6),
                               .inputs = draw(&r, 1, 4),
                               .units = draw(&r, 1, 4),
                               .sequences = draw(&r, 0, 1),
                               .backwards = draw(&r, 0, 1),
                               .bias = draw(&r, 0, 3) > 0,
                               .activation = draw(&r, 0, 1)};
    if (i < KINDS) c.batch = c.steps = c.inputs = c.units = 1;
    return c;
}

START_TEST(loops) {
    for (int i = 0; i < CASES; i++) {
        const struct recurrent_case c = random_case(i);
        struct model_case m = {0};
        make_case(&c, &m, (uint64_t)i);
        expect_loop(&c, &m);
        expect_gradients(&m);
        wg_model_free(m.model);
    }
}
END_TEST

/* Lengths around which a sequence is taken apart differently. */
START_TEST(lengths) {
    static const int steps[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 40, 64, 65, 100};
    for (size_t i = 0; i < ELEMENTS(steps); i++) {
        for (int backwards = 0; backwards < 2; backwards++) {
            const struct recurrent_case c = {.kind = (int)i % KINDS,
                                             .batch = 2,
                                             .steps = steps[i],
                                             .inputs = 3,
                                             .units = 5,
                                             .sequences = 1,
                                             .backwards = backwards,
                                             .bias = 1};
            struct model_case m = {0};
            make_case(&c, &m, i);
            expect_loop(&c, &m);
            wg_model_free(m.model);
        }
    }
}
END_TEST

/* ---- Weights --------------------------------------------------------------------------------- */

static void expect_weight(const wg_model *model, const char *name, struct wg_shape shape) {
    const int i = wg_params_find(wg_model_params(model), name);
    ck_assert_msg(i >= 0, "no weight %s", name);
    ck_assert(wg_shape_equal(wg_param_value(wg_model_params(model), i).shape, shape));
}

static const float *values(const wg_model *model, const char *name) {
    wg_params *params = wg_model_params(model);
    return wg_param_value(params, wg_params_find(params, name)).data;
}

START_TEST(initial_weights) {
    wg_model *model =
        wg_sequential(WG_SHAPE(7, 3), wg_lstm(.units = 4, .return_sequences = WG_YES),
                      wg_gru(.units = 5, .return_sequences = WG_YES),
                      wg_gru(.units = 6, .reset_after = WG_NO, .return_sequences = WG_YES),
                      wg_lstm(.units = 2, .unit_forget_bias = WG_NO, .return_sequences = WG_YES),
                      wg_lstm(.units = 2, .bias_initializer = "constant value=3"));
    expect_no_failure("model");
    expect_weight(model, "lstm/kernel", WG_SHAPE(3, 16));
    expect_weight(model, "lstm/recurrent_kernel", WG_SHAPE(4, 16));
    expect_weight(model, "lstm/bias", WG_SHAPE(16));
    expect_weight(model, "gru/kernel", WG_SHAPE(4, 15));
    expect_weight(model, "gru/bias", WG_SHAPE(2, 15));
    expect_weight(model, "gru_1/bias", WG_SHAPE(18));
    for (int again = 0; again < 2; again++) {
        for (int i = 0; i < 16; i++)
            ck_assert_float_eq(values(model, "lstm/bias")[i], i >= 4 && i < 8 ? 1 : 0);
        for (int i = 0; i < 8; i++) {
            ck_assert_float_eq(values(model, "lstm_1/bias")[i], 0);
            ck_assert_float_eq(values(model, "lstm_2/bias")[i], i >= 2 && i < 4 ? 1 : 3);
        }
        wg_model_initialize(model, 5);
    }
    const float *r = values(model, "lstm/recurrent_kernel"); /* rows of length 1, at right angles */
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b <= a; b++) {
            double dot = 0;
            for (int k = 0; k < 16; k++) dot += (double)r[16 * a + k] * (double)r[16 * b + k];
            ck_assert_double_eq_tol(dot, a == b, 1e-6);
        }
    }
    wg_model_free(model);
}
END_TEST

/* ---- Dropout --------------------------------------------------------------------------------- */

enum { DROPOUT_STEPS = 6, DROPOUT_UNITS = 8, DROPOUT_BATCH = 5 };

/* A simple_rnn whose states are the inputs as dropped out, plus `carried` of the last state as
 * dropped out. */
static void dropout_case(struct model_case *m, const char *option, double carried) {
    char text[160];
    struct wg_random random = wg_random_make(SEED, 9);
    double *x = add_input(m, &random, WG_SHAPE(DROPOUT_BATCH, DROPOUT_STEPS, DROPOUT_UNITS));
    for (int64_t i = 0; i < m->x[0].size; i++) x[i] += 2; /* so that 0 means dropped */
    snprintf(text, sizeof text,
             "simple_rnn %d linear use_bias=no return_sequences=yes %s name=layer", DROPOUT_UNITS,
             option);
    make_model(m, text, 1);
    double *kernel = (double *)weight_of(m, "layer/kernel", DROPOUT_UNITS * DROPOUT_UNITS);
    double *recurrent =
        (double *)weight_of(m, "layer/recurrent_kernel", DROPOUT_UNITS * DROPOUT_UNITS);
    for (int i = 0; i < DROPOUT_UNITS * DROPOUT_UNITS; i++) {
        kernel[i] = i % (DROPOUT_UNITS + 1) == 0;
        recurrent[i] = carried * kernel[i];
    }
}

static int64_t at(int b, int t, int u) { return (b * DROPOUT_STEPS + t) * DROPOUT_UNITS + u; }

START_TEST(dropout_of_inputs) {
    struct model_case m = {0};
    double y[MOST_ELEMENTS], again[MOST_ELEMENTS], other[MOST_ELEMENTS], all[MOST_ELEMENTS];
    int dropped = 0;
    dropout_case(&m, "dropout=0.25", 0);
    const double *x = m.x[0].data;
    const int64_t n = run_model(&m, WG_TRAINING, 3, y);
    run_model(&m, WG_TRAINING, 3, again);
    run_model(&m, WG_TRAINING, 4, other);
    run_model(&m, WG_INFERENCE, 3, all);
    for (int b = 0; b < DROPOUT_BATCH; b++) {
        for (int u = 0; u < DROPOUT_UNITS; u++) {
            const int drop = y[at(b, 0, u)] == 0;
            dropped += drop;
            for (int t = 0; t < DROPOUT_STEPS; t++) { /* the same in all steps */
                const double expected = drop ? 0 : x[at(b, t, u)] / 0.75;
                ck_assert_double_eq_tol(y[at(b, t, u)], expected, TOLERANCE);
                ck_assert_double_eq_tol(all[at(b, t, u)], x[at(b, t, u)], TOLERANCE);
            }
        }
    }
    ck_assert(dropped > 2 && dropped < 20); /* 10 of 40 expected */
    ck_assert(memcmp(y, again, (size_t)n * sizeof *y) == 0);
    ck_assert(memcmp(y, other, (size_t)n * sizeof *y) != 0);
    wg_model_free(m.model);
}
END_TEST

START_TEST(dropout_of_states) {
    struct model_case m = {0};
    double y[MOST_ELEMENTS];
    int dropped = 0;
    dropout_case(&m, "recurrent_dropout=0.5", 0.25);
    const double *x = m.x[0].data;
    run_model(&m, WG_TRAINING, 3, y);
    for (int b = 0; b < DROPOUT_BATCH; b++) {
        for (int u = 0; u < DROPOUT_UNITS; u++) {
            const int drop = fabs(y[at(b, 1, u)] - x[at(b, 1, u)]) < TOLERANCE;
            dropped += drop;
            for (int t = 1; t < DROPOUT_STEPS; t++) {
                const double carried = drop ? 0 : y[at(b, t - 1, u)] * 0.25 / 0.5;
                ck_assert_double_eq_tol(y[at(b, t, u)], x[at(b, t, u)] + carried, TOLERANCE);
            }
        }
    }
    ck_assert(dropped > 8 && dropped < 32); /* 20 of 40 expected */
    wg_model_free(m.model);
}
END_TEST

/* In an LSTM and a GRU the dropped state reaches the gates, not what is carried on. */
START_TEST(dropout_runs_in_every_kind) {
    static const char *const texts[] = {
        "lstm 4 dropout=0.3 recurrent_dropout=0.3", "gru 4 dropout=0.3 recurrent_dropout=0.3",
        "gru 4 dropout=0.3 recurrent_dropout=0.3 reset_after=no return_sequences=yes"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct model_case m = {0};
        struct wg_random random = wg_random_make(SEED, i);
        double y[3][MOST_ELEMENTS];
        add_input(&m, &random, WG_SHAPE(3, 5, 4));
        make_model(&m, texts[i], 2);
        const int64_t n = run_model(&m, WG_TRAINING, 1, y[0]);
        run_model(&m, WG_TRAINING, 1, y[1]);
        run_model(&m, WG_INFERENCE, 1, y[2]);
        ck_assert(memcmp(y[0], y[1], (size_t)n * sizeof *y[0]) == 0);
        ck_assert(memcmp(y[0], y[2], (size_t)n * sizeof *y[0]) != 0);
        wg_model_free(m.model);
    }
}
END_TEST

/* ---- Sharing, texts, float ------------------------------------------------------------------- */

/* One layer on two sequences. */
static wg_var siamese(wg_pass *pass, const wg_var *x, void *context) {
    const char *text = context;
    const wg_var a = wg_call(pass, wg_layer_from_text(text), x[0]);
    const wg_var b = wg_call(pass, wg_layer_from_text(text), x[1]);
    return wg_mul(a, wg_square(b));
}

START_TEST(shared) {
    static const char *const texts[] = {"simple_rnn 3 name=both", "lstm 3 name=both",
                                        "gru 3 name=both", "gru 3 reset_after=no name=both"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct model_case m = {0};
        struct wg_random random = wg_random_make(SEED, 3);
        add_input(&m, &random, WG_SHAPE(2, 3, 2));
        add_input(&m, &random, WG_SHAPE(2, 4, 2));
        m.model = wg_model_new((struct wg_model_options){
            .inputs = 2,
            .input = {{.shape = WG_SHAPE(3, 2)}, {.shape = WG_SHAPE(4, 2)}},
            .dtype = WG_F64,
            .forward = siamese,
            .context = (void *)texts[i]});
        expect_no_failure(texts[i]);
        snprintf(m.what, sizeof m.what, "%s", texts[i]);
        ck_assert_int_eq(wg_params_count(wg_model_params(m.model)), 3);
        expect_gradients(&m);
        wg_model_free(m.model);
    }
}
END_TEST

START_TEST(text_round_trips) {
    static const char *const texts[] = {
        "simple_rnn units=3 name=simple_rnn",
        "simple_rnn units=3 activation=(leaky_relu negative_slope=0.1) return_sequences=yes "
        "name=simple_rnn; lstm units=4 recurrent_activation=hard_sigmoid use_bias=no "
        "kernel_initializer=he_normal kernel_constraint=max_norm recurrent_regularizer=(l2 "
        "l2=0.01) return_sequences=yes go_backwards=yes dropout=0.125 recurrent_dropout=0.5 "
        "unit_forget_bias=no name=lstm; gru units=2 bias_initializer=ones activity_regularizer=l1 "
        "reset_after=no name=gru",
    };
    expect_texts_kept(texts, ELEMENTS(texts), WG_SHAPE(4, 3));
}
END_TEST

/* The same in float, over more steps than are kept apart at once. */
START_TEST(in_float) {
    static const char *const text = "lstm 5 return_sequences=yes; gru 4";
    double y[2][8];
    for (int wide = 0; wide < 2; wide++) {
        wg_model *model = wg_sequential_from_text(
            (struct wg_model_options){
                .input = {{.shape = WG_SHAPE(40, 3)}}, .dtype = wide ? WG_F64 : WG_F32, .seed = 4},
            text);
        expect_no_failure(text);
        wg_tape *tape = wg_tape_new();
        wg_pass *pass = wg_pass_new(model, tape, WG_INFERENCE);
        float narrow[240];
        double x[240];
        struct wg_random random = wg_random_make(SEED, 5);
        for (int i = 0; i < 240; i++) x[i] = narrow[i] = (float)wg_random_uniform(&random, -1, 1);
        const wg_var in =
            wg_input(tape, wide ? WG_F64 : WG_F32, WG_SHAPE(2, 40, 3), wide ? (void *)x : narrow);
        const struct wg_tensor result = wg_value(wg_pass_record(pass, &in));
        expect_no_failure(text);
        for (int i = 0; i < 8; i++)
            y[wide][i] =
                wide ? ((const double *)result.data)[i] : (double)((const float *)result.data)[i];
        wg_pass_free(pass);
        wg_tape_free(tape);
        wg_model_free(model);
    }
    for (int i = 0; i < 8; i++) ck_assert_double_eq_tol(y[0][i], y[1][i], TOLERANCE_F32);
}
END_TEST

/* ---- Refusals -------------------------------------------------------------------------------- */

START_TEST(refusals) {
    static const struct refused_layers wrong[] = {
        {"lstm", {2, {4, 3}}, WG_ERROR_ARGUMENT, "lstm", "units"},
        {"gru -1", {2, {4, 3}}, WG_ERROR_ARGUMENT, "gru", "units=-1"},
        {"simple_rnn 0", {2, {4, 3}}, WG_ERROR_ARGUMENT, "units", "not 0"},
        {"lstm 2 dropout=1", {2, {4, 3}}, WG_ERROR_ARGUMENT, "dropout=1", "from 0 to 1"},
        {"gru 2 recurrent_dropout=-0.5", {2, {4, 3}}, WG_ERROR_ARGUMENT, "recurrent_dropout", "0"},
        {"lstm 2 tahn", {2, {4, 3}}, WG_ERROR_ARGUMENT, "tahn", "tanh"},
        {"gru 2 tanh prelu", {2, {4, 3}}, WG_ERROR_ARGUMENT, "layer \"gru\"", "alpha"},
        {"lstm 2 return_sequence=yes",
         {2, {4, 3}},
         WG_ERROR_ARGUMENT,
         "return_sequence",
         "return_sequences"},
        {"lstm 2 go_backwards=maybe", {2, {4, 3}}, WG_ERROR_ARGUMENT, "go_backwards", "yes or no"},
        {"lstm 2", {1, {4}}, WG_ERROR_SHAPE, "layer \"lstm\"", "(batch, steps, inputs)"},
        {"lstm 2", {3, {4, 3, 2}}, WG_ERROR_SHAPE, "(1, 4, 3, 2)", "(batch, steps, inputs)"},
        {"lstm 2; gru 2", {2, {4, 3}}, WG_ERROR_SHAPE, "layer \"gru\"", "(1, 2)"},
        {"lstm 2 recurrent_initializer=orthogonl",
         {2, {4, 3}},
         WG_ERROR_ARGUMENT,
         "orthogonl",
         "orthogonal"},
    };
    expect_layers_refused(wrong, ELEMENTS(wrong));
}
END_TEST

/* No step at all: nothing that could be the last state. */
static wg_var no_steps(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    const wg_var none = wg_slice(x[0], WG_SHAPE(0, 0, 0), WG_SHAPE(-1, 0, -1));
    return wg_call(pass, wg_simple_rnn(.units = 2), none);
}

START_TEST(no_steps_at_all) {
    wg_model *model = wg_model_new(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(4, 3)}}, .forward = no_steps});
    ck_assert_ptr_null(model);
    expect_failure("no steps", WG_ERROR_SHAPE, "simple_rnn", "0 steps");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {loops,
                                  lengths,
                                  initial_weights,
                                  dropout_of_inputs,
                                  dropout_of_states,
                                  dropout_runs_in_every_kind,
                                  shared,
                                  text_round_trips,
                                  in_float,
                                  refusals,
                                  no_steps_at_all};
    return run_suite("recurrent", tests, ELEMENTS(tests));
}
