/* Models of a function: residual, shared layers, several inputs; layers that are made anew in each
 * recording; weights, statistics, noise and penalties of one's own. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>

/* Sums of a few products in float against the same in double. */
static const double near = 1e-5;

struct recording {
    wg_tape *tape;
    wg_pass *pass;
    wg_var x[2], y;
};

/* Records on batches of ones, the k-th input times k + 1. */
static struct recording record(wg_model *model, enum wg_mode mode, int64_t batch) {
    struct recording r = {.tape = wg_tape_new()};
    r.pass = wg_pass_new(model, r.tape, mode);
    for (int i = 0; i < wg_model_inputs(model); i++) {
        const struct wg_model_input in = wg_model_input_at(model, i);
        struct wg_shape shape = {.rank = in.shape.rank + 1, .dim = {batch}};
        for (int d = 0; d < in.shape.rank; d++) shape.dim[d + 1] = in.shape.dim[d];
        r.x[i] = wg_input(r.tape, in.dtype, shape, NULL);
        const struct wg_tensor value = wg_value(r.x[i]);
        for (int64_t j = 0; j < value.size; j++) ((float *)value.data)[j] = (float)(i + 1);
    }
    r.y = wg_pass_record(r.pass, r.x);
    return r;
}

static void release(struct recording *r) {
    wg_pass_free(r->pass);
    wg_tape_free(r->tape);
}

static float at(wg_var v, int64_t i) { return ((const float *)wg_value(v).data)[i]; }

static wg_model *make(wg_model_function *forward, void *context) {
    return wg_model_new((struct wg_model_options){
        .inputs = 1, .input = {{.shape = WG_SHAPE(4)}}, .forward = forward, .context = context});
}

static wg_var residual(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    const wg_var h = wg_call(pass, wg_dense(.units = 4, .activation = "relu"), x[0]);
    const wg_var g = wg_call(pass, wg_dense(.units = 4, .activation = "tanh"), h);
    return wg_call(pass, wg_dense(.units = 3), wg_add(g, h));
}

START_TEST(a_residual_network) {
    wg_model *model = make(residual, NULL);
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_str_eq(wg_model_text(model),
                     "dense units=4 activation=relu name=dense; dense units=4 activation=tanh "
                     "name=dense_1; dense units=3 name=dense_2");
    ck_assert_int_eq(wg_model_is_sequential(model), 0);
    ck_assert_int_eq(wg_model_parameters(model), 2 * 20 + 15);
    double h[4], sum[4], y = 0;
    const float *w[3];
    for (int i = 0; i < 3; i++) w[i] = wg_param_value(wg_model_params(model), 2 * i).data;
    for (int u = 0; u < 4; u++)
        h[u] = fmax(0, (double)(w[0][u] + w[0][4 + u] + w[0][8 + u] + w[0][12 + u]));
    for (int u = 0; u < 4; u++) {
        sum[u] = 0;
        for (int i = 0; i < 4; i++) sum[u] += h[i] * (double)w[1][4 * i + u];
        sum[u] = tanh(sum[u]) + h[u];
        y += sum[u] * (double)w[2][3 * u];
    }
    for (int mode = 0; mode < 2; mode++) {
        for (int64_t batch = 1; batch < 4; batch++) {
            struct recording r = record(model, mode ? WG_TRAINING : WG_INFERENCE, batch);
            ck_assert_msg(!wg_is_null(r.y), "%s", wg_error());
            ck_assert(fabs((double)at(r.y, 3 * (batch - 1)) - y) <= near);
            release(&r);
        }
    }
    wg_model_free(model);
}
END_TEST

/* One layer on two inputs: made outside, held by the context; or made inside, each time. */
static wg_var shared(wg_pass *pass, const wg_var *x, void *context) {
    wg_layer *layer = context ? context : wg_dense(.units = 2, .use_bias = WG_NO);
    const wg_var a = wg_call(pass, layer, x[0]), b = wg_call(pass, layer, x[1]);
    return wg_add(a, b);
}

START_TEST(a_shared_layer_has_its_weights_once) {
    for (int inside = 0; inside < 2; inside++) {
        wg_model *model = wg_model_new((struct wg_model_options){
            .inputs = 2,
            .input = {{.shape = WG_SHAPE(3)}, {.shape = WG_SHAPE(3)}},
            .forward = shared,
            .context = inside ? NULL : wg_dense(.units = 2, .use_bias = WG_NO)});
        ck_assert_msg(model != NULL, "%s", wg_error());
        ck_assert_int_eq(wg_model_parameters(model), 6);
        const float *w = wg_param_value(wg_model_params(model), 0).data;
        for (int i = 0; i < 3; i++) {
            struct recording r = record(model, WG_TRAINING, 2);
            ck_assert_msg(!wg_is_null(r.y), "%s", wg_error());
            ck_assert(fabs((double)(at(r.y, 3) - 3 * (w[1] + w[3] + w[5]))) <= near);
            release(&r);
        }
        wg_model_free(model);
    }
}
END_TEST

/* A layer from outside before and after one that is made inside, all alike. */
static wg_var mixed(wg_pass *pass, const wg_var *x, void *context) {
    wg_layer **outside = context;
    wg_var y = wg_call(pass, outside[0], x[0]);
    y = wg_call(pass, wg_dense(.units = 4), y);
    y = wg_call(pass, outside[1], y);
    y = wg_call(pass, wg_dense(.units = 4), y);
    return wg_call(pass, outside[0], y);
}

START_TEST(layers_from_outside_and_inside_are_told_apart) {
    wg_layer *outside[] = {wg_dense(.units = 4), wg_dense(.units = 4)};
    wg_model *model = make(mixed, outside);
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_int_eq(wg_params_count(wg_model_params(model)), 8);
    double x[4] = {1, 1, 1, 1}, y[4];
    static const int order[] = {0, 1, 2, 3, 0};
    for (int l = 0; l < 5; l++) {
        const float *w = wg_param_value(wg_model_params(model), 2 * order[l]).data;
        for (int u = 0; u < 4; u++) {
            y[u] = 0;
            for (int i = 0; i < 4; i++) y[u] += x[i] * (double)w[4 * i + u];
        }
        memcpy(x, y, sizeof x);
    }
    struct recording r = record(model, WG_INFERENCE, 1);
    ck_assert_msg(!wg_is_null(r.y), "%s", wg_error());
    for (int u = 0; u < 4; u++) ck_assert(fabs((double)at(r.y, u) - y[u]) <= near);
    release(&r);
    wg_model_free(model);
}
END_TEST

/* A name of one's own that numbering would give as well. */
static wg_var named_first(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    return wg_call(pass, wg_dense(.units = 4),
                   wg_call(pass, wg_dense(.units = 4, .name = "dense"), x[0]));
}

static wg_var named_last(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    return wg_call(pass, wg_dense(.units = 4, .name = "dense"),
                   wg_call(pass, wg_dense(.units = 4), x[0]));
}

START_TEST(numbers_do_not_meet_names) {
    wg_model *model = make(named_first, NULL);
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_int_eq(wg_model_parameters(model), 40);
    struct recording r = record(model, WG_INFERENCE, 1);
    ck_assert_msg(!wg_is_null(r.y), "%s", wg_error());
    release(&r);
    wg_model_free(model);
    ck_assert_ptr_null(make(named_last, NULL));
    expect_failure("a name that is taken", WG_ERROR_STATE, "two layers of one name", "dense");
}
END_TEST

static wg_var one_name(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    return wg_call(pass, wg_dense(.units = 5, .name = "a"),
                   wg_call(pass, wg_dense(.units = 4, .name = "a"), x[0]));
}

/* What the function calls in the second recording and the third. */
static wg_var fickle(wg_pass *pass, const wg_var *x, void *context) {
    const int kind = *(int *)context;
    if (kind == 1) return wg_call(pass, wg_dense(.units = 5), x[0]);
    if (kind == 2) return wg_call(pass, wg_flatten(), wg_call(pass, wg_dense(.units = 4), x[0]));
    if (kind == 3) return wg_call(pass, wg_dense(.units = 4, .name = "other"), x[0]);
    if (kind == 4) {
        wg_layer *layer = wg_dense(.units = 5); /* called on after its failure */
        wg_call(pass, layer, x[0]);
        return wg_call(pass, layer, x[0]);
    }
    if (kind == 5)
        return wg_call(pass, wg_dense(.units = 4), wg_call(pass, wg_dense(.units = 4), x[0]));
    return wg_call(pass, wg_dense(.units = 4), x[0]);
}

START_TEST(each_recording_calls_the_same_layers) {
    static const char *const word[] = {NULL,    "two layers of one name", "flatten",
                                       "other", "two layers of one name", "not called"};
    int kind = 0;
    wg_model *model = make(fickle, &kind);
    ck_assert_msg(model != NULL, "%s", wg_error());
    for (kind = 1; kind < 6; kind++) {
        struct recording r = record(model, WG_TRAINING, 2);
        ck_assert(wg_is_null(r.y));
        expect_failure("another layer", WG_ERROR_STATE, word[kind], NULL);
        release(&r);
    }
    kind = 0;
    struct recording r = record(model, WG_TRAINING, 2);
    ck_assert_msg(!wg_is_null(r.y), "%s", wg_error());
    release(&r);
    wg_model_free(model);
    ck_assert_ptr_null(make(one_name, NULL));
    expect_failure("one name", WG_ERROR_STATE, "units=4 name=a", "units=5 name=a");
}
END_TEST

static wg_var borrowed(wg_pass *pass, const wg_var *x, void *context) {
    return wg_call(pass, context, x[0]);
}

static wg_var nothing(wg_pass *pass, const wg_var *x, void *context) {
    (void)pass, (void)x, (void)context;
    return (wg_var){0};
}

static wg_var without_batch(wg_pass *pass, const wg_var *x, void *context) {
    (void)pass, (void)context;
    return wg_sum(x[0], WG_ALL_AXES, 0);
}

static wg_var wide(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_layer *layer = wg_dense(.units = 3);
    return wg_call(pass, layer, wg_call(pass, layer, x[0]));
}

static wg_var too_many(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    const wg_var two[] = {x[0], x[0]};
    return wg_call_n(pass, wg_dense(.units = 3), two, 2);
}

static wg_var none_at_all(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    return wg_call_n(pass, wg_dense(.units = 3), x, 0);
}

static wg_var no_layer(wg_pass *pass, const wg_var *x, void *context) {
    return wg_call(pass, context ? NULL : wg_dense(.units = 0), x[0]);
}

START_TEST(wrong_functions_are_refused) {
    wg_layer *layer = wg_dense(.units = 4);
    wg_model *owner = make(borrowed, layer);
    ck_assert_ptr_nonnull(owner);
    static int context;
    const struct {
        wg_model_function *function;
        void *context;
        enum wg_status status;
        const char *word, *other;
    } wrong[] = {{borrowed, layer, WG_ERROR_STATE, "\"dense\"", "another model"},
                 {nothing, NULL, WG_ERROR_STATE, "null variable", NULL},
                 {without_batch, NULL, WG_ERROR_SHAPE, "()", "batch first"},
                 {wide, NULL, WG_ERROR_SHAPE, "layer \"dense\"", "(3, 3)"},
                 {too_many, NULL, WG_ERROR_ARGUMENT, "layer \"dense\"", "2 inputs"},
                 {none_at_all, NULL, WG_ERROR_ARGUMENT, "no inputs", NULL},
                 {no_layer, NULL, WG_ERROR_ARGUMENT, "units", NULL},
                 {no_layer, &context, WG_ERROR_ARGUMENT, "layer is NULL", NULL},
                 {NULL, NULL, WG_ERROR_ARGUMENT, "forward is NULL", NULL}};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_ptr_null(make(wrong[i].function, wrong[i].context));
        expect_failure("function", wrong[i].status, wrong[i].word, wrong[i].other);
    }
    wg_model_free(owner);
    for (int inputs = -1; inputs < 10; inputs += 10) {
        ck_assert_ptr_null(
            wg_model_new((struct wg_model_options){.inputs = inputs, .forward = nothing}));
        expect_failure("inputs", WG_ERROR_ARGUMENT, "1 to 8", NULL);
    }
    ck_assert(wg_is_null(wg_call(NULL, wg_dense(.units = 3), (wg_var){0})));
    expect_failure("no pass", WG_ERROR_ARGUMENT, "pass is NULL", NULL);
}
END_TEST

static wg_var add_inputs(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    return wg_add(wg_call(pass, wg_dense(.units = 2), x[0]),
                  wg_call(pass, wg_dense(.units = 2), x[1]));
}

START_TEST(batches_of_two_inputs_agree) {
    wg_model *model = wg_model_new(
        (struct wg_model_options){.inputs = 2,
                                  .input = {{.shape = WG_SHAPE(2)}, {.shape = WG_SHAPE(3)}},
                                  .forward = add_inputs});
    ck_assert_msg(model != NULL, "%s", wg_error());
    wg_tape *tape = wg_tape_new();
    wg_pass *pass = wg_pass_new(model, tape, WG_TRAINING);
    const wg_var x[] = {wg_input(tape, WG_F32, WG_SHAPE(2, 2), NULL),
                        wg_input(tape, WG_F32, WG_SHAPE(3, 3), NULL)};
    ck_assert(wg_is_null(wg_pass_record(pass, x)));
    expect_failure("batches", WG_ERROR_SHAPE, "input 2", "(3, 3)");
    wg_pass_free(pass);
    wg_tape_free(tape);
    wg_model_free(model);
}
END_TEST

/* ---- What layers do -------------------------------------------------------------------------- */

static wg_var penalized(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var y =
        wg_call(pass,
                wg_dense(.units = 1, .kernel_initializer = "ones",
                         .kernel_regularizer = "l2 l2=0.5", .activity_regularizer = "l1 l1=0.25"),
                x[0]);
    return wg_call(pass,
                   wg_dense(.units = 1, .kernel_initializer = "ones",
                            .kernel_regularizer = "l2 l2=0.5", .trainable = WG_NO),
                   y);
}

START_TEST(penalties_are_added_up) {
    wg_model *model = make(penalized, NULL);
    for (int64_t batch = 1; batch < 4; batch++) {
        struct recording r = record(model, WG_TRAINING, batch);
        /* l2 of four ones; l1 of the outputs of 4, over the batch's size; the frozen layer's does
         * not count. */
        ck_assert(fabs(wg_item(wg_pass_penalty(r.pass)) - (0.5 * 4 + 0.25 * 4)) <= near);
        release(&r);
    }
    wg_model_free(model);
    model = make(residual, NULL);
    struct recording r = record(model, WG_TRAINING, 1);
    ck_assert_double_eq(wg_item(wg_pass_penalty(r.pass)), 0);
    release(&r);
    wg_model_free(model);
}
END_TEST

/* A statistic that follows the mean of the inputs. */
static wg_var counting(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    const wg_var mean =
        wg_pass_statistic(pass, (struct wg_weight){.name = "mean", .shape = WG_SHAPE(4)});
    if (wg_pass_mode(pass) == WG_TRAINING)
        wg_pass_move_statistic(pass, "mean", wg_mean(x[0], WG_AXES(0), 0), 0.75);
    return wg_sub(x[0], mean);
}

START_TEST(statistics_move_by_the_batch) {
    wg_model *model = make(counting, NULL);
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_int_eq(wg_params_count(wg_model_params(model)), 0);
    ck_assert_int_eq(wg_params_count(wg_model_statistics(model)), 1);
    const float *mean = wg_param_value(wg_model_statistics(model), 0).data;
    struct recording r = record(model, WG_TRAINING, 3), still = record(model, WG_INFERENCE, 1);
    wg_pass_update_statistics(r.pass);
    ck_assert_float_eq(mean[2], 0.25f);
    wg_pass_update_statistics(r.pass);
    ck_assert_float_eq(mean[2], 0.25f + 0.75f * 0.25f);
    wg_pass_update_statistics(still.pass);
    ck_assert_float_eq(mean[2], 0.4375f);
    wg_forward(still.tape);
    ck_assert_float_eq(at(still.y, 2), 1 - 0.4375f);
    release(&r);
    release(&still);
    wg_model_free(model);
}
END_TEST

static wg_var wrong_statistic(wg_pass *pass, const wg_var *x, void *context) {
    const int kind = *(int *)context;
    wg_pass_statistic(pass, (struct wg_weight){.name = "mean", .shape = WG_SHAPE(4)});
    if (kind == 1) wg_pass_move_statistic(pass, "meen", wg_mean(x[0], WG_AXES(0), 0), 0.9);
    if (kind == 2) wg_pass_move_statistic(pass, "mean", wg_mean(x[0], WG_ALL_AXES, 0), 0.9);
    if (kind == 3) wg_pass_weight(pass, (struct wg_weight){.shape = WG_SHAPE(4)});
    if (kind == 4) wg_pass_weight(pass, (struct wg_weight){.name = "w", .shape = WG_SHAPE(0)});
    if (kind == 5) wg_pass_weight(pass, (struct wg_weight){.name = "mean", .shape = WG_SHAPE(5)});
    return wg_error_status() == WG_OK ? x[0] : (wg_var){0};
}

START_TEST(wrong_weights_are_refused) {
    static const char *const word[] = {"meen", "()", "without a name", "(0)", "(5)"};
    for (int kind = 1; kind <= 5; kind++) {
        ck_assert_ptr_null(make(wrong_statistic, &kind));
        expect_failure("weight", wg_error_status(), word[kind - 1], NULL);
    }
}
END_TEST

static wg_var noisy(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    if (wg_pass_mode(pass) == WG_INFERENCE) return x[0];
    return wg_add(wg_keyed_dropout(x[0], wg_pass_key(pass), 0.5, (struct wg_axes){0}),
                  wg_keyed_dropout(x[0], wg_pass_key(pass), 0.5, (struct wg_axes){0}));
}

/* The sum's bits, as 0, 1 or 2 of each element. */
static uint64_t drawn(struct recording *r, uint64_t seed, uint64_t position) {
    uint64_t bits = 0;
    wg_pass_set_noise(r->pass, seed, position);
    wg_forward(r->tape);
    for (int64_t i = 0; i < 28; i++) bits = 3 * bits + (uint64_t)(at(r->y, i) / 2);
    return bits;
}

START_TEST(noise_is_a_function_of_seed_and_position) {
    wg_model *model = make(noisy, NULL);
    struct recording a = record(model, WG_TRAINING, 7), b = record(model, WG_TRAINING, 7);
    ck_assert_msg(!wg_is_null(a.y), "%s", wg_error());
    uint64_t seen[6];
    for (int i = 0; i < 6; i++) {
        static const uint64_t at_seed[] = {1, 2, UINT64_C(1) << 33, 1, 1, 1},
                              position[] = {5, 5, 5, 6, UINT64_C(1) << 32, UINT64_C(2) << 32};
        seen[i] = drawn(&a, at_seed[i], position[i]);
        ck_assert_uint_eq(seen[i], drawn(&b, at_seed[i], position[i]));
        for (int j = 0; j < i; j++) ck_assert_uint_ne(seen[i], seen[j]);
    }
    int ones = 0; /* the two calls draw for themselves: some elements stay in one of them only */
    for (uint64_t rest = seen[0]; rest; rest /= 3) ones += rest % 3 == 1;
    ck_assert_int_gt(ones, 0);
    release(&a);
    release(&b);
    wg_model_free(model);
}
END_TEST

START_TEST(constraints_are_applied_on_request) {
    wg_model *model = wg_sequential(
        WG_SHAPE(2), wg_dense(.units = 2, .kernel_constraint = "non_neg", .name = "a"),
        wg_dense(.units = 2, .kernel_constraint = "non_neg", .trainable = WG_NO, .name = "b"));
    for (int i = 0; i < 4; i += 2) {
        float *w = wg_param_value(wg_model_params(model), i).data;
        w[0] = -1;
        w[1] = 2;
    }
    ck_assert_int_eq(wg_model_constrain(model), WG_OK);
    ck_assert_float_eq(((float *)wg_param_value(wg_model_params(model), 0).data)[0], 0);
    ck_assert_float_eq(((float *)wg_param_value(wg_model_params(model), 0).data)[1], 2);
    ck_assert_float_eq(((float *)wg_param_value(wg_model_params(model), 2).data)[0], -1);
    wg_model_free(model);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_residual_network,
                                  a_shared_layer_has_its_weights_once,
                                  layers_from_outside_and_inside_are_told_apart,
                                  numbers_do_not_meet_names,
                                  each_recording_calls_the_same_layers,
                                  wrong_functions_are_refused,
                                  batches_of_two_inputs_agree,
                                  penalties_are_added_up,
                                  statistics_move_by_the_batch,
                                  wrong_weights_are_refused,
                                  noise_is_a_function_of_seed_and_position,
                                  constraints_are_applied_on_request};
    return run_suite("model_function", tests, ELEMENTS(tests));
}
