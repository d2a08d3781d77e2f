/* multi_head_attention and position_embedding: against loops written here, their gradients, masks,
 * dropout, sharing, texts, refusals. */
#include "support/suite.h"

#include "model_cases.h"

#include <math.h>
#include <stdio.h>

/* Sums of at most some ten terms of about 1, through one softmax. */
#define TOLERANCE 1e-13
#define CASES 80
#define SEED 83

enum mask { NO_MASK, CAUSAL, PAIRS, EACH, HEADS, MASKS };

struct attention_case {
    int batch, steps, places, heads, key_dim, value_dim, output, bias, inputs;
    int features[3]; /* of query, value, key */
    enum mask mask;
};

/* ---- The loop -------------------------------------------------------------------------------- */

/* Element `row`, `head`, `k` of x (rows, features) by kernel (features, heads, size) and bias. */
static double projected(const double *x, int row, int features, const double *kernel,
                        const double *bias, int heads, int head, int size, int k) {
    double sum = bias ? bias[head * size + k] : 0;
    for (int i = 0; i < features; i++)
        sum += x[row * features + i] * kernel[(i * heads + head) * size + k];
    return sum;
}

struct weights {
    const double *kernel[4], *bias[4]; /* of query, value, key, output; NULL for none */
};

/* Whether step t of example b may look at place s, by a head. */
static int seen(const struct attention_case *c, const int32_t *mask, int b, int head, int t,
                int s) {
    switch (c->mask) {
    case CAUSAL:
        return s <= t;
    case PAIRS:
        return mask[t * c->places + s];
    case EACH:
        return mask[b * c->places + s];
    case HEADS:
        return mask[((b * c->heads + head) * c->steps + t) * c->places + s];
    default:
        return 1;
    }
}

/* What a head sees at row t of example b: value_dim numbers. */
static void look(const struct attention_case *c, const struct weights *w, const double *const *x,
                 const int32_t *mask, int b, int head, int t, double *context) {
    double weight[16], sum = 0;
    for (int s = 0; s < c->places; s++) {
        double score = 0;
        for (int k = 0; k < c->key_dim; k++)
            score += projected(x[0], b * c->steps + t, c->features[0], w->kernel[0], w->bias[0],
                               c->heads, head, c->key_dim, k) *
                     projected(x[2], b * c->places + s, c->features[2], w->kernel[2], w->bias[2],
                               c->heads, head, c->key_dim, k);
        weight[s] = seen(c, mask, b, head, t, s) ? exp(score / sqrt(c->key_dim)) : 0;
        sum += weight[s];
    }
    for (int v = 0; v < c->value_dim; v++) {
        context[v] = 0;
        for (int s = 0; s < c->places && sum > 0; s++)
            context[v] += weight[s] / sum *
                          projected(x[1], b * c->places + s, c->features[1], w->kernel[1],
                                    w->bias[1], c->heads, head, c->value_dim, v);
    }
}

static void loop(const struct attention_case *c, const struct weights *w, const double *const *x,
                 const int32_t *mask, double *y) {
    for (int row = 0; row < c->batch * c->steps; row++) {
        double context[64];
        for (int head = 0; head < c->heads; head++)
            look(c, w, x, mask, row / c->steps, head, row % c->steps,
                 context + head * c->value_dim);
        for (int j = 0; j < c->output; j++) {
            double sum = w->bias[3] ? w->bias[3][j] : 0;
            for (int i = 0; i < c->heads * c->value_dim; i++)
                sum += context[i] * w->kernel[3][i * c->output + j];
            y[row * c->output + j] = sum;
        }
    }
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static struct attention_case random_case(int i) {
    struct wg_random r = wg_random_make(SEED, (uint64_t)i);
    struct attention_case c = {.batch = draw(&r, 1, 3),
                               .steps = draw(&r, 1, 5),
                               .places = draw(&r, 1, 5),
                               .heads = draw(&r, 1, 3),
                               .key_dim = draw(&r, 1, 3),
                               .value_dim = draw(&r, 1, 3),
                               .output = draw(&r, 1, 4),
                               .bias = draw(&r, 0, 3) > 0,
                               .inputs = draw(&r, 1, 3),
                               .mask = (enum mask)(i % MASKS)};
    for (int k = 0; k < 3; k++) c.features[k] = draw(&r, 1, 4);
    if (i < MASKS) c.batch = c.steps = c.places = c.heads = c.key_dim = c.value_dim = c.output = 1;
    if (i < MASKS) c.bias = 1; /* all may be masked, and then only the last bias has a gradient */
    if (i < 2 * MASKS) c.inputs = 1;
    if (c.inputs == 1) {
        c.places = c.steps;
        c.features[1] = c.features[2] = c.features[0];
    }
    if (c.inputs == 2) c.features[2] = c.features[1];
    return c;
}

static struct wg_shape mask_shape(const struct attention_case *c) {
    if (c->mask == PAIRS) return WG_SHAPE(c->steps, c->places);
    if (c->mask == EACH) return WG_SHAPE(c->batch, 1, 1, c->places);
    return WG_SHAPE(c->batch, c->heads, c->steps, c->places);
}

/* A mask of (steps, places) is no batch: it comes from here, in place of a model's input. */
struct constant_mask {
    struct wg_shape shape;
    const int32_t *data;
    const char *text;
    int inputs;
};

static wg_var with_mask(wg_pass *pass, const wg_var *x, void *context) {
    const struct constant_mask *m = context;
    wg_var all[4];
    for (int i = 0; i < m->inputs; i++) all[i] = x[i];
    all[m->inputs] = wg_input(wg_pass_tape(pass), WG_I32, m->shape, m->data);
    return wg_call_n(pass, wg_layer_from_text(m->text), all, m->inputs + 1);
}

/* Two models of one set of options: make_model's, or one whose function holds the mask. */
static void make_masked(struct model_case *m, const char *text, struct constant_mask *mask,
                        uint64_t seed) {
    struct wg_model_options options = {
        .inputs = m->inputs, .dtype = WG_F64, .forward = with_mask, .context = mask};
    for (int i = 0; i < m->inputs; i++)
        options.input[i].shape = WG_SHAPE(m->x[i].shape.dim[1], m->x[i].shape.dim[2]);
    snprintf(m->what, sizeof m->what, "%s", text);
    *mask = (struct constant_mask){mask->shape, mask->data, m->what, m->inputs};
    m->model = wg_model_new(options);
    expect_no_failure(text);
    wg_params *params = wg_model_params(m->model);
    for (int i = 0; i < wg_params_count(params); i++) wg_param_uniform(params, i, -1, 1, seed);
}

static void make_case(const struct attention_case *c, struct model_case *m,
                      struct constant_mask *mask, int32_t *pairs, uint64_t seed) {
    char text[160];
    struct wg_random random = wg_random_make(seed, 1);
    for (int i = 0; i < c->inputs; i++)
        add_input(m, &random, WG_SHAPE(c->batch, i ? c->places : c->steps, c->features[i]));
    snprintf(text, sizeof text,
             "multi_head_attention %d %d value_dim=%d output_shape=%d use_bias=%s "
             "use_causal_mask=%s name=layer",
             c->heads, c->key_dim, c->value_dim, c->output, c->bias ? "yes" : "no",
             c->mask == CAUSAL ? "yes" : "no");
    if (c->mask == EACH || c->mask == HEADS) add_mask(m, &random, mask_shape(c));
    if (c->mask != PAIRS) {
        make_model(m, text, seed);
        return;
    }
    mask->shape = mask_shape(c);
    mask->data = pairs;
    for (int i = 0; i < c->steps * c->places; i++) pairs[i] = draw(&random, 0, 3) > 0;
    make_masked(m, text, mask, seed);
}

static struct weights weights_of(const struct attention_case *c, const struct model_case *m) {
    static const char *const part[] = {"query", "value", "key", "attention_output"};
    struct weights w = {0};
    const int size[] = {c->key_dim, c->value_dim, c->key_dim};
    for (int i = 0; i < 4; i++) {
        char name[64];
        const int inner = i < 3 ? c->features[i] : c->heads * c->value_dim;
        const int outer = i < 3 ? c->heads * size[i] : c->output;
        snprintf(name, sizeof name, "layer/%s/kernel", part[i]);
        w.kernel[i] = weight_of(m, name, inner * outer);
        snprintf(name, sizeof name, "layer/%s/bias", part[i]);
        if (c->bias) w.bias[i] = weight_of(m, name, outer);
    }
    ck_assert_int_eq(wg_params_count(wg_model_params(m->model)), c->bias ? 8 : 4);
    return w;
}

START_TEST(loops) {
    static double expected[MOST_ELEMENTS];
    for (int i = 0; i < CASES; i++) {
        const struct attention_case c = random_case(i);
        struct model_case m = {0};
        struct constant_mask mask;
        int32_t pairs[64];
        make_case(&c, &m, &mask, pairs, (uint64_t)i);
        const struct weights w = weights_of(&c, &m);
        const double *x[3];
        for (int k = 0, from = 0; k < 3; from += ++k < c.inputs) x[k] = m.x[from].data;
        loop(&c, &w, x, c.mask == PAIRS ? pairs : m.indices, expected);
        expect_output(&m, WG_SHAPE(c.batch, c.steps, c.output), expected, TOLERANCE);
        expect_gradients(&m);
        wg_model_free(m.model);
    }
}
END_TEST

/* ---- Single properties ----------------------------------------------------------------------- */

/* A step's result does not move with what comes after it. */
START_TEST(causal) {
    struct model_case m = {0};
    struct wg_random random = wg_random_make(SEED, 2);
    double y[MOST_ELEMENTS], moved[MOST_ELEMENTS];
    double *x = add_input(&m, &random, WG_SHAPE(1, 6, 3));
    make_model(&m, "multi_head_attention 2 2 use_causal_mask=yes", 1);
    run_model(&m, WG_INFERENCE, 0, y);
    for (int t = 0; t < 6; t++) {
        const double before = x[3 * t];
        x[3 * t] = before + 1;
        run_model(&m, WG_INFERENCE, 0, moved);
        x[3 * t] = before;
        ck_assert(memcmp(y, moved, (size_t)(3 * t) * sizeof *y) == 0);
        for (int later = t; later < 6; later++)
            ck_assert(memcmp(y + 3 * later, moved + 3 * later, 3 * sizeof *y) != 0);
    }
    wg_model_free(m.model);
}
END_TEST

/* With values that are all 1, the result is the sum of the weights, each 0 or 1 / 0.75 of what it
 * was. */
START_TEST(dropout) {
    struct model_case m = {0};
    struct wg_random random = wg_random_make(SEED, 3);
    double y[3][MOST_ELEMENTS];
    double *x = add_input(&m, &random, WG_SHAPE(4, 8, 1));
    for (int i = 0; i < 32; i++) x[i] = 1;
    make_model(&m, "multi_head_attention 1 1 dropout=0.25 use_bias=no name=layer", 1);
    *(double *)weight_of(&m, "layer/value/kernel", 1) = 1;
    *(double *)weight_of(&m, "layer/attention_output/kernel", 1) = 1;
    const int64_t n = run_model(&m, WG_TRAINING, 1, y[0]);
    run_model(&m, WG_TRAINING, 2, y[1]);
    run_model(&m, WG_INFERENCE, 1, y[2]);
    ck_assert_int_eq(n, 32);
    double mean = 0;
    for (int i = 0; i < 32; i++) {
        const double kept = y[0][i] * 8 * 0.75; /* of 8 equal weights */
        ck_assert_double_eq_tol(kept, round(kept), TOLERANCE);
        ck_assert_double_eq_tol(y[2][i], 1, TOLERANCE);
        mean += kept / 8 / 32;
    }
    ck_assert_double_eq_tol(mean, 0.75, 0.1); /* 4 standard errors of 256 draws */
    ck_assert(memcmp(y[0], y[1], sizeof *y[0] * 32) != 0);
    wg_model_free(m.model);
}
END_TEST

static wg_var twice(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    const char *text = "multi_head_attention 2 2 use_causal_mask=yes name=both";
    const wg_var y = wg_call(pass, wg_layer_from_text(text), x[0]);
    return wg_call(pass, wg_layer_from_text(text), wg_add(x[0], y));
}

START_TEST(shared) {
    struct model_case m = {.what = "shared attention"};
    struct wg_random random = wg_random_make(SEED, 4);
    add_input(&m, &random, WG_SHAPE(2, 3, 4));
    m.model = wg_model_new((struct wg_model_options){
        .input = {{.shape = WG_SHAPE(3, 4)}}, .dtype = WG_F64, .forward = twice});
    expect_no_failure(m.what);
    ck_assert_int_eq(wg_params_count(wg_model_params(m.model)), 8);
    expect_gradients(&m);
    wg_model_free(m.model);
}
END_TEST

START_TEST(shapes) {
    static const struct {
        const char *name;
        struct wg_shape shape;
    } weights[] = {{"query/kernel", {3, {6, 2, 3}}},
                   {"query/bias", {2, {2, 3}}},
                   {"key/kernel", {3, {6, 2, 3}}},
                   {"key/bias", {2, {2, 3}}},
                   {"value/kernel", {3, {6, 2, 5}}},
                   {"value/bias", {2, {2, 5}}},
                   {"attention_output/kernel", {3, {2, 5, 6}}},
                   {"attention_output/bias", {1, {6}}}};
    wg_model *model = wg_sequential(
        WG_SHAPE(7, 6), wg_multi_head_attention(.num_heads = 2, .key_dim = 3, .value_dim = 5));
    expect_no_failure("model");
    wg_params *params = wg_model_params(model);
    for (int i = 0; i < (int)ELEMENTS(weights); i++) { /* in Keras's order */
        char name[64];
        snprintf(name, sizeof name, "multi_head_attention/%s", weights[i].name);
        ck_assert_str_eq(wg_param_name(params, i), name);
        ck_assert(wg_shape_equal(wg_param_value(params, i).shape, weights[i].shape));
    }
    ck_assert(wg_shape_equal(wg_model_output_shape(model), WG_SHAPE(7, 6)));
    wg_model_free(model);
}
END_TEST

/* ---- Positions ------------------------------------------------------------------------------- */

START_TEST(positions) {
    static const int lengths[] = {0, 4, 9};
    for (size_t i = 0; i < ELEMENTS(lengths); i++) {
        struct model_case m = {0};
        struct wg_random random = wg_random_make(SEED, 5);
        char text[64];
        double expected[24];
        const double *x = add_input(&m, &random, WG_SHAPE(2, 4, 3));
        snprintf(text, sizeof text, "position_embedding sequence_length=%d name=layer", lengths[i]);
        if (lengths[i] == 0) strcpy(text, "position_embedding name=layer");
        make_model(&m, text, 6);
        const double *e = weight_of(&m, "layer/embeddings", 3 * (lengths[i] ? lengths[i] : 4));
        for (int k = 0; k < 24; k++) expected[k] = x[k] + e[k % 12];
        expect_output(&m, WG_SHAPE(2, 4, 3), expected, 0);
        expect_gradients(&m);
        wg_model_free(m.model);
    }
}
END_TEST

/* ---- Texts and refusals ---------------------------------------------------------------------- */

START_TEST(text_round_trips) {
    static const char *const texts[] = {
        "multi_head_attention num_heads=2 key_dim=3 name=multi_head_attention",
        ("position_embedding name=position_embedding; multi_head_attention num_heads=2 key_dim=3 "
         "value_dim=4 dropout=0.125 use_bias=no output_shape=5 use_causal_mask=yes "
         "kernel_initializer=he_normal kernel_regularizer=(l2 l2=0.01) bias_constraint=max_norm "
         "activity_regularizer=l1 trainable=no name=a"),
        ("position_embedding sequence_length=9 embeddings_initializer=(uniform minval=-1 maxval=1) "
         "embeddings_regularizer=l2 name=p"),
    };
    expect_texts_kept(texts, ELEMENTS(texts), WG_SHAPE(4, 3));
}
END_TEST

START_TEST(refused_options) {
    static const struct refused_layers wrong[] = {
        {"multi_head_attention", {2, {4, 3}}, WG_ERROR_ARGUMENT, "num_heads=0", "from 1"},
        {"multi_head_attention 2", {2, {4, 3}}, WG_ERROR_ARGUMENT, "key_dim=0", "from 1"},
        {"multi_head_attention 2 3 -1", {2, {4, 3}}, WG_ERROR_ARGUMENT, "value_dim=-1", "from 1"},
        {"multi_head_attention 2 3 dropout=1", {2, {4, 3}}, WG_ERROR_ARGUMENT, "dropout=1", "to 1"},
        {"multi_head_attention 2 3 causal=yes",
         {2, {4, 3}},
         WG_ERROR_ARGUMENT,
         "causal",
         "use_causal_mask"},
        {"multi_head_attention 2 3", {1, {4}}, WG_ERROR_SHAPE, "(1, 4)", "query"},
        {"position_embedding 3", {2, {4, 3}}, WG_ERROR_SHAPE, "4 steps", "sequence_length, 3"},
        {"position_embedding", {1, {4}}, WG_ERROR_SHAPE, "(1, 4)", "features"},
    };
    expect_layers_refused(wrong, ELEMENTS(wrong));
}
END_TEST

/* The layer on inputs of those shapes and dtypes. */
struct call {
    const char *text;
    struct wg_shape shape[4];
    enum wg_dtype dtype[4];
    int inputs;
    const char *word, *other;
    enum wg_status status;
};

static wg_var make_call(wg_pass *pass, const wg_var *x, void *context) {
    const struct call *c = context;
    wg_var all[4];
    (void)x;
    for (int i = 0; i < c->inputs; i++)
        all[i] = wg_input(wg_pass_tape(pass), c->dtype[i], c->shape[i], NULL);
    return wg_call_n(pass, wg_layer_from_text(c->text), all, c->inputs);
}

START_TEST(refused_inputs) {
    static const char *const text = "multi_head_attention 2 3";
    const struct call wrong[] = {
        {text, {{3, {1, 4, 3}}, {3, {2, 4, 3}}}, {0}, 2, "value", "batch of 1", WG_ERROR_SHAPE},
        {text, {{3, {1, 4, 3}}, {2, {1, 4}}}, {0}, 2, "value", "(1, 4)", WG_ERROR_SHAPE},
        {text,
         {{3, {1, 4, 3}}, {3, {1, 4, 3}}, {3, {1, 5, 3}}},
         {0},
         3,
         "(1, 4, 3)",
         "(1, 5, 3)",
         WG_ERROR_SHAPE},
        {text,
         {{3, {1, 4, 3}}, {3, {1, 5, 3}}, {2, {4, 4}}},
         {WG_F32, WG_F32, WG_I32},
         3,
         "mask of shape (4, 4)",
         "(4, 5)",
         WG_ERROR_SHAPE},
        {text,
         {{3, {1, 4, 3}}, {3, {1, 4, 4}}},
         {WG_F32, WG_I32},
         2,
         "mask of shape (1, 4, 4)",
         "2 or 1",
         WG_ERROR_SHAPE},
        {"multi_head_attention 2 3 use_causal_mask=yes",
         {{3, {1, 4, 3}}, {2, {4, 4}}},
         {WG_F32, WG_I32},
         2,
         "use_causal_mask",
         "one of them",
         WG_ERROR_ARGUMENT},
        {text,
         {{3, {1, 4, 3}}, {3, {1, 4, 3}}, {3, {1, 4, 3}}, {3, {1, 4, 3}}},
         {0},
         4,
         "4 inputs",
         "mask",
         WG_ERROR_DTYPE},
        {text, {{3, {1, 4, 3}}}, {WG_I32}, 1, "query", "i32", WG_ERROR_DTYPE},
    };
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        struct call call = wrong[i];
        wg_model *model = wg_model_new((struct wg_model_options){
            .input = {{.shape = WG_SHAPE(1)}}, .forward = make_call, .context = &call});
        ck_assert_msg(model == NULL, "call %zu was taken", i);
        expect_failure("a call", wrong[i].status, wrong[i].word, wrong[i].other);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {loops,         causal,    dropout,          shared,
                                  shapes,        positions, text_round_trips, refused_options,
                                  refused_inputs};
    return run_suite("attention", tests, ELEMENTS(tests));
}
