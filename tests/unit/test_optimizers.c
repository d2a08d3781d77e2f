/* Optimizers beyond Keras's list of figures (test_golden_optimizers.c): the same bits under every
 * instruction set and thread count, resumption, groups, averages, accumulation, state, errors;
 * test_rules.c has what concerns single rules.
 */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* A few roundings of numbers up to 6. */
#define TOLERANCE (8 * DBL_EPSILON)

enum { RULES = 12, STEPS = 7 };

/* Options that switch on whatever has a path of its own. */
static const struct {
    const char *rule, *options;
} variants[] = {
    {"sgd", ""},
    {"sgd", "momentum=0.9"},
    {"sgd", "momentum=0.9 nesterov=1 weight_decay=0.01"},
    {"rmsprop", "clipvalue=0.4"},
    {"rmsprop", "momentum=0.9 centered=1"},
    {"adagrad", "use_ema=1 ema_overwrite_frequency=3"},
    {"adadelta", "learning_rate=1 gradient_accumulation_steps=2"},
    {"adam", "learning_rate=0.1 clipnorm=0.5"},
    {"adam", "amsgrad=1 gradient_accumulation_steps=3 global_clipnorm=0.2 use_ema=1"},
    {"adamw", "weight_decay=0.1"},
    {"adamax", "global_clipnorm=1"},
    {"nadam", "learning_rate=0.1"},
    {"lion", "use_ema=1"},
    {"ftrl", "learning_rate=0.1"},
    {"ftrl", "learning_rate_power=-0.3 l1_regularization_strength=0.01 beta=0.1"},
    {"adafactor", "learning_rate=0.1"},
    {"adafactor", "clipnorm=0.1 gradient_accumulation_steps=2"},
    {"lamb", "learning_rate=0.1 clipvalue=0.1"},
};

static wg_optimizer *make(wg_params *params, size_t variant) {
    char text[160];
    snprintf(text, sizeof text, "%s %s", variants[variant].rule, variants[variant].options);
    wg_optimizer *optimizer = wg_optimizer_from_text(params, text);
    expect_no_failure(text);
    return optimizer;
}

/* A scalar, a vector, a matrix of odd sizes, a stack of matrices; `scale` times larger. */
static wg_params *make_params(enum wg_dtype dtype, int scale) {
    wg_params *params = wg_params_new(dtype);
    wg_params_add(params, "scalar", WG_SCALAR);
    wg_params_add(params, "dense/bias", WG_SHAPE(17 * scale));
    wg_params_add(params, "dense/kernel", WG_SHAPE(5 * scale, 71));
    wg_params_add(params, "stack", WG_SHAPE(2, 3 * scale, 4));
    for (int i = 0; i < wg_params_count(params); i++) wg_param_uniform(params, i, -1, 1, 3);
    expect_no_failure("parameters");
    return params;
}

static void put(struct wg_tensor t, int64_t i, double value) {
    if (t.dtype == WG_F32)
        ((float *)t.data)[i] = (float)value;
    else
        ((double *)t.data)[i] = value;
}

/* Gradients of step `step`, with zeros among them. */
static void set_gradients(wg_params *params, int step) {
    for (int p = 0; p < wg_params_count(params); p++) {
        const struct wg_tensor g = wg_param_gradient(params, p);
        for (int64_t i = 0; i < g.size; i++)
            put(g, i, (double)((i * 37 + step * 11 + p * 5) % 23 - 11) / 16);
    }
}

static void steps(wg_optimizer *optimizer, wg_params *params, int from, int to) {
    for (int step = from; step < to; step++) {
        set_gradients(params, step);
        ck_assert_int_eq(wg_optimizer_step(optimizer), WG_OK);
    }
}

static void same_bits(const char *what, wg_params *a, wg_params *b) {
    for (int p = 0; p < wg_params_count(a); p++) {
        const struct wg_tensor x = wg_param_value(a, p), y = wg_param_value(b, p);
        for (int64_t i = 0; i < x.size; i++) {
            const double v =
                x.dtype == WG_F32 ? (double)((float *)x.data)[i] : ((double *)x.data)[i];
            ck_assert_msg(isfinite(v), "%s: %s[%d] is %g", what, wg_param_name(a, p), (int)i, v);
        }
        ck_assert_msg(memcmp(x.data, y.data, (size_t)x.size * wg_dtype_size(x.dtype)) == 0,
                      "%s: %s differs", what, wg_param_name(a, p));
    }
}

START_TEST(every_rule_is_in_the_variants) {
    int rules = 0;
    for (; wg_optimizer_rule(rules); rules++) {
        bool found = false;
        for (size_t v = 0; v < ELEMENTS(variants); v++)
            found = found || strcmp(variants[v].rule, wg_optimizer_rule(rules)) == 0;
        ck_assert_msg(found, "%s is in no variant", wg_optimizer_rule(rules));
    }
    ck_assert_int_eq(rules, RULES);
    ck_assert_ptr_null(wg_optimizer_rule(-1));
}
END_TEST

/* Large enough for the work to be split: updates, and where gradients are clipped, norms. */
static wg_params *train_large(size_t variant, enum wg_dtype dtype) {
    wg_params *params = make_params(dtype, strstr(variants[variant].options, "clip") ? 320 : 80);
    wg_optimizer *optimizer = make(params, variant);
    steps(optimizer, params, 0, STEPS);
    wg_optimizer_free(optimizer);
    return params;
}

START_TEST(sets_and_threads_give_the_same_bits) {
    for (size_t v = 0; v < ELEMENTS(variants); v++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            const enum wg_dtype dtype = narrow ? WG_F32 : WG_F64;
            wg_set_isa(wg_isa_supported(0));
            wg_params *first = train_large(v, dtype), *other;
            for (int set = 1; wg_isa_supported(set); set++) {
                wg_set_isa(wg_isa_supported(set));
                other = train_large(v, dtype);
                same_bits(variants[v].rule, first, other);
                wg_params_free(other);
            }
            wg_set_threads(3);
            other = train_large(v, dtype);
            same_bits(variants[v].rule, first, other);
            wg_set_threads(1);
            wg_params_free(other);
            wg_params_free(first);
        }
    }
}
END_TEST

static void copy_tensor(struct wg_tensor to, struct wg_tensor from) {
    ck_assert_int_eq(to.size, from.size);
    memcpy(to.data, from.data, (size_t)to.size * wg_dtype_size(to.dtype));
}

/* Stopped after each number of calls, also within an accumulation. */
START_TEST(a_copy_of_the_state_goes_on_with_the_same_bits) {
    for (size_t v = 0; v < ELEMENTS(variants); v++) {
        for (int stop = 0; stop <= STEPS; stop++) {
            wg_params *a = make_params(WG_F32, 1), *b = make_params(WG_F32, 1);
            wg_optimizer *oa = make(a, v), *ob = make(b, v);
            steps(oa, a, 0, stop);
            for (int p = 0; p < wg_params_count(a); p++) {
                copy_tensor(wg_param_value(b, p), wg_param_value(a, p));
                for (int slot = 0; slot < WG_OPTIMIZER_SLOTS; slot++) {
                    if (!wg_optimizer_state_name(oa, slot, p)) continue;
                    copy_tensor(wg_optimizer_state(ob, slot, p), wg_optimizer_state(oa, slot, p));
                }
            }
            ck_assert_int_eq(
                wg_optimizer_resume(ob, wg_optimizer_steps(oa), wg_optimizer_accumulated(oa)),
                WG_OK);
            steps(oa, a, stop, STEPS);
            steps(ob, b, stop, STEPS);
            expect_no_failure(variants[v].rule);
            same_bits(variants[v].rule, a, b);
            wg_optimizer_free(oa);
            wg_optimizer_free(ob);
            wg_params_free(a);
            wg_params_free(b);
        }
    }
}
END_TEST

START_TEST(a_resumption_out_of_range_is_refused) {
    wg_params *params = make_params(WG_F64, 1);
    wg_optimizer *o = wg_sgd(params, .gradient_accumulation_steps = 2);
    const struct {
        int64_t steps;
        int accumulated;
    } wrong[] = {{-1, 0}, {0, -1}, {5, 2}};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_optimizer_resume(o, wrong[i].steps, wrong[i].accumulated),
                         WG_ERROR_ARGUMENT);
        expect_failure("resume", WG_ERROR_ARGUMENT, "wg_optimizer_resume", "expected");
    }
    ck_assert_int_eq(wg_optimizer_resume(o, 5, 1), WG_OK);
    ck_assert_int_eq(wg_optimizer_steps(o), 5);
    ck_assert_int_eq(wg_optimizer_accumulated(o), 1);
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

/* ---- One vector ---------------------------------------------------------------------------- */

struct vector {
    wg_params *params;
    double *w, *g;
};

static struct vector make_vector(int n, const double *start) {
    struct vector v = {.params = wg_params_new(WG_F64)};
    wg_params_add(v.params, "w", WG_SHAPE(n));
    v.w = wg_param_value(v.params, 0).data;
    v.g = wg_param_gradient(v.params, 0).data;
    for (int i = 0; i < n; i++) {
        v.w[i] = start ? start[i] : 0;
        v.g[i] = 1;
    }
    return v;
}

static void end_vector(struct vector *v, wg_optimizer *optimizer) {
    expect_no_failure("vector");
    wg_optimizer_free(optimizer);
    wg_params_free(v->params);
}

START_TEST(averages_are_keras_3) {
    static const double start[] = {3, 4, 5, 6};
    static const double w[][4] = {{2, 3, 4, 5}, {1, 2, 3, 4}, {1.71, 2.71, 3.71, 4.71}};
    static const double average[][4] = {
        {2, 3, 4, 5}, {1.9, 2.9, 3.9, 4.9}, {1.71, 2.71, 3.71, 4.71}};
    struct vector v = make_vector(4, start);
    wg_optimizer *o = wg_sgd(v.params, .learning_rate = 1, .use_ema = 1, .ema_momentum = 0.9,
                             .ema_overwrite_frequency = 3);
    const double *mean = wg_optimizer_state(o, WG_SLOT_AVERAGE, 0).data;
    ck_assert_str_eq(wg_optimizer_state_name(o, WG_SLOT_AVERAGE, 0), "average");
    for (int step = 0; step < 3; step++) {
        wg_optimizer_step(o);
        for (int i = 0; i < 4; i++) {
            ck_assert_double_eq_tol(v.w[i], w[step][i], TOLERANCE);
            ck_assert_double_eq_tol(mean[i], average[step][i], TOLERANCE);
        }
    }
    end_vector(&v, o);
}
END_TEST

START_TEST(accumulated_gradients_can_be_read) {
    static const double sum[] = {1, 2, 0, 1}, w[] = {0, 0, -1, -1};
    static const int counts[] = {1, 2, 0, 1}, updates[] = {0, 0, 1, 1};
    struct vector v = make_vector(3, NULL);
    wg_optimizer *o = wg_sgd(v.params, .learning_rate = 1, .gradient_accumulation_steps = 3);
    const double *g = wg_optimizer_state(o, WG_SLOT_ACCUMULATED, 0).data;
    ck_assert_str_eq(wg_optimizer_state_name(o, WG_SLOT_ACCUMULATED, 0), "accumulated");
    for (int i = 0; i < 4; i++) {
        wg_optimizer_step(o);
        ck_assert_double_eq(g[2], sum[i]);
        ck_assert_double_eq(v.w[2], w[i]);
        ck_assert_double_eq(v.g[2], 1); /* gradients are left as they are */
        ck_assert_int_eq(wg_optimizer_accumulated(o), counts[i]);
        ck_assert_int_eq(wg_optimizer_steps(o), updates[i]);
    }
    end_vector(&v, o);
}
END_TEST

START_TEST(a_schedule_sets_the_rate) {
    static const double w[] = {-1, -2, -2.5, -2.75, -2.875};
    struct vector v = make_vector(1, NULL);
    wg_optimizer *o = wg_sgd(v.params, .learning_rate = 0.125);
    const struct wg_schedule s =
        wg_piecewise_constant((int64_t[]){1, 2}, 2, (double[]){1, 0.5, 0.25});
    ck_assert_int_eq(wg_optimizer_set_schedule(o, &s), WG_OK);
    for (int step = 0; step < 4; step++) {
        ck_assert_double_eq(wg_optimizer_learning_rate(o), wg_schedule_at(&s, step));
        wg_optimizer_step(o);
        ck_assert_double_eq(v.w[0], w[step]);
    }
    ck_assert_int_eq(wg_optimizer_set_learning_rate(o, 0.125), WG_OK);
    wg_optimizer_step(o);
    ck_assert_double_eq(v.w[0], w[4]);
    const struct wg_schedule none = {.kind = WG_SCHEDULE_NONE};
    ck_assert_int_eq(wg_optimizer_set_schedule(o, &none), WG_ERROR_ARGUMENT);
    expect_failure("no schedule", WG_ERROR_ARGUMENT, "wg_optimizer_set_schedule", "expected");
    end_vector(&v, o);
}
END_TEST

/* A rate of 0, at a schedule's end, leaves every rule's parameters as they are, and finite. */
START_TEST(a_rate_of_zero_changes_nothing) {
    const struct wg_schedule s = wg_polynomial_decay(0, 1, 0, 1, 0);
    for (int i = 0; wg_optimizer_rule(i); i++) {
        struct vector v = make_vector(3, (double[]){1, -2, 3});
        wg_optimizer *o = wg_optimizer_from_text(v.params, wg_optimizer_rule(i));
        wg_optimizer_set_schedule(o, &s);
        wg_optimizer_step(o);
        wg_optimizer_step(o);
        ck_assert_msg(v.w[0] == 1 && v.w[1] == -2 && v.w[2] == 3, "%s: %g %g %g",
                      wg_optimizer_rule(i), v.w[0], v.w[1], v.w[2]);
        end_vector(&v, o);
    }
}
END_TEST

/* ---- Groups -------------------------------------------------------------------------------- */

/* Every rule: what is frozen stays as it is, the rest as if the frozen had no gradient. */
START_TEST(frozen_parameters_stay) {
    for (size_t v = 0; v < ELEMENTS(variants); v++) {
        wg_params *a = make_params(WG_F64, 1), *b = make_params(WG_F64, 1),
                  *start = make_params(WG_F64, 1);
        wg_optimizer *oa = make(a, v), *ob = make(b, v);
        ck_assert_int_eq(wg_optimizer_set_group(oa, "dense/", (struct wg_group){.frozen = 1}),
                         WG_OK);
        for (int step = 0; step < STEPS; step++) {
            steps(oa, a, step, step + 1);
            set_gradients(b, step);
            for (int p = 1; p <= 2; p++) {
                const struct wg_tensor g = wg_param_gradient(b, p);
                memset(g.data, 0, (size_t)g.size * sizeof(double));
            }
            wg_optimizer_step(ob);
        }
        for (int p = 0; p < 4; p++) {
            const struct wg_tensor left = wg_param_value(a, p);
            wg_params *as = p == 1 || p == 2 ? start : b;
            ck_assert_msg(memcmp(left.data, wg_param_value(as, p).data,
                                 (size_t)left.size * sizeof(double)) == 0,
                          "%s %s: %s", variants[v].rule, variants[v].options, wg_param_name(a, p));
        }
        wg_optimizer_free(oa);
        wg_optimizer_free(ob);
        wg_params_free(a);
        wg_params_free(b);
        wg_params_free(start);
    }
}
END_TEST

START_TEST(groups_have_their_own_rate_and_decay) {
    static const char *const names[] = {"a/kernel", "a/bias", "b/kernel", "b/bias", "c", "d"};
    /* From 2, gradient 1, rate 0.5, decay 0.125: 2 - 0.125 - 0.5; the biases without the decay; at
     * twice the rate; with twice the decay; as the first; at twice the rate, right beside it. */
    static const double expected[] = {1.375, 1.5, 0.75, 1.25, 1.375, 0.75};
    wg_params *params = wg_params_new(WG_F64);
    for (int i = 0; i < 6; i++) {
        wg_params_add(params, names[i], WG_SHAPE(3));
        wg_param_fill(params, i, 2);
    }
    wg_optimizer *o = wg_sgd(params, .learning_rate = 0.5, .weight_decay = 0.125);
    wg_optimizer_set_group(o, "bias", (struct wg_group){.weight_decay = WG_ZERO});
    wg_optimizer_set_parameter(o, 2, (struct wg_group){.rate_factor = 2});
    wg_optimizer_set_parameter(o, 3, (struct wg_group){.weight_decay = 0.25});
    wg_optimizer_set_parameter(o, 5, (struct wg_group){.rate_factor = 2});
    expect_no_failure("groups");
    for (int i = 0; i < 6; i++) {
        double *g = wg_param_gradient(params, i).data;
        g[0] = g[1] = g[2] = 1;
    }
    wg_optimizer_step(o);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(((double *)wg_param_value(params, i).data)[2], expected[i]);
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

START_TEST(wrong_groups_are_named) {
    static const struct {
        struct wg_group group;
        const char *name;
    } wrong[] = {{{.rate_factor = -1}, "rate_factor=-1"},
                 {{.rate_factor = NAN}, "rate_factor=nan"},
                 {{.weight_decay = -2}, "weight_decay=-2"},
                 {{.weight_decay = INFINITY}, "weight_decay=inf"},
                 {{.frozen = 2}, "frozen=2"}};
    wg_params *params = make_params(WG_F32, 1);
    wg_optimizer *o = wg_adam(params, .learning_rate = 0.1);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_optimizer_set_parameter(o, 0, wrong[i].group), WG_ERROR_ARGUMENT);
        expect_failure(wrong[i].name, WG_ERROR_ARGUMENT, wrong[i].name, "expected");
        ck_assert_int_eq(wg_optimizer_set_group(o, "dense", wrong[i].group), WG_ERROR_ARGUMENT);
        expect_failure(wrong[i].name, WG_ERROR_ARGUMENT, wrong[i].name, "expected");
    }
    const struct wg_group right = {.frozen = 1};
    ck_assert_int_eq(wg_optimizer_set_parameter(o, 4, right), WG_ERROR_ARGUMENT);
    expect_failure("parameter", WG_ERROR_ARGUMENT, "parameter 4", "set of 4");
    ck_assert_int_eq(wg_optimizer_set_group(o, "nowhere", right), WG_ERROR_ARGUMENT);
    expect_failure("name", WG_ERROR_ARGUMENT, "\"nowhere\"", "expected");
    ck_assert_int_eq(wg_optimizer_set_group(o, "", right), WG_ERROR_ARGUMENT);
    expect_failure("empty name", WG_ERROR_ARGUMENT, "empty", NULL);
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

/* ---- Options ------------------------------------------------------------------------------- */

START_TEST(lr_is_short_for_learning_rate) {
    wg_params *params = make_params(WG_F32, 1);
    wg_optimizer *optimizer = wg_optimizer_from_text(params, "adam beta_1=0.5 lr=0.25");
    ck_assert(wg_optimizer_learning_rate(optimizer) == 0.25);
    wg_optimizer_free(optimizer);
    ck_assert_ptr_null(wg_optimizer_from_text(params, "adam lr=-1"));
    expect_failure("lr", WG_ERROR_ARGUMENT, "learning_rate=-1", "positive");
    wg_params_free(params);
}
END_TEST

START_TEST(wrong_options_are_named) {
    static const struct {
        const char *text, *names, *expected;
    } wrong[] = {
        {"sgd momentum=2", "momentum=2", "0 to 1"},
        {"sgd momentum=nan", "momentum=nan", "0 to 1"},
        {"rmsprop rho=1", "rho=1", "1 left out"},
        {"rmsprop centered=2", "centered=2", "0 or 1"},
        {"rmsprop epsilon=0", "epsilon=0", "positive"},
        {"adagrad initial_accumulator_value=-1", "initial_accumulator_value=-1", "not negative"},
        {"adadelta rho=-0.5", "rho=-0.5", "0 to 1"},
        {"adam beta_1=1", "beta_1=1", "1 left out"},
        {"adam beta_2=-0.1", "beta_2=-0.1", "0 to 1"},
        {"adam amsgrad=0.5", "amsgrad=0.5", "0 or 1"},
        {"adam learning_rate=0", "learning_rate=0", "positive"},
        {"adam learning_rate=inf", "learning_rate=inf", "finite"},
        {"adamw weight_decay=-1", "weight_decay=-1", "not negative"},
        {"adamax epsilon=-1", "epsilon=-1", "positive"},
        {"nadam beta_1=1", "beta_1=1", "1 left out"},
        {"lion beta_1=0", "beta_1=0", "0 left out"},
        {"ftrl learning_rate_power=0.1", "learning_rate_power=0.1", "not positive"},
        {"ftrl l1_regularization_strength=-1", "l1_regularization_strength=-1", "not negative"},
        {"adafactor beta_2_decay=1", "beta_2_decay=1", "not positive"},
        {"adafactor clip_threshold=0", "clip_threshold=0", "positive"},
        {"lamb beta_2=2", "beta_2=2", "1 left out"},
        {"sgd clipnorm=-1", "clipnorm=-1", "not negative"},
        {"sgd clipvalue=inf", "clipvalue=inf", "finite"},
        {"sgd use_ema=3", "use_ema=3", "0 or 1"},
        {"sgd use_ema=1 ema_momentum=1.5", "ema_momentum=1.5", "0 to 1"},
        {"sgd ema_overwrite_frequency=5", "ema_overwrite_frequency=5", "use_ema=1"},
        {"sgd ema_momentum=0.5", "ema_momentum=0.5", "use_ema=1"},
        {"sgd gradient_accumulation_steps=-2", "gradient_accumulation_steps=-2", "whole"},
        {"sgd clipnorm=0.1 clipvalue=0.2", "clipnorm=0.1 and clipvalue=0.2", "at most one"},
        {"sgd clipvalue=1 global_clipnorm=2", "clipvalue=1 and global_clipnorm=2", "at most one"},
        {"sgd clipnorm=1 global_clipnorm=2", "clipnorm=1 and global_clipnorm=2", "at most one"},
        {"sgd beta_1=0.5", "no option \"beta_1\"", "learning_rate, momentum, nesterov"},
        {"sgd momentum", "momentum=", "name=value"},
        {"sgd momentum=1x", "momentum=1x", "name=value"},
        {"adman", "\"adman\"", "adadelta, adafactor, adagrad, adam, adamax, adamw"},
        {"", "\"\"", "expected one of"},
    };
    wg_params *params = make_params(WG_F32, 1);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_msg(!wg_optimizer_from_text(params, wrong[i].text), "\"%s\"", wrong[i].text);
        expect_failure(wrong[i].text, WG_ERROR_ARGUMENT, wrong[i].names, wrong[i].expected);
    }
    ck_assert_ptr_null(wg_ftrl(params, .gradient_accumulation_steps = -2));
    expect_failure("ftrl", WG_ERROR_ARGUMENT, "gradient_accumulation_steps=-2", "whole");
    wg_params_free(params);
}
END_TEST

/* Zero is the default, WG_ZERO is 0: Adam with beta_1 0 moves by g / |g| at first, and then by the
 * new gradient alone. */
START_TEST(zero_itself_can_be_said) {
    struct vector v = make_vector(1, NULL);
    wg_optimizer *o =
        wg_adam(v.params, .learning_rate = 1, .beta_1 = WG_ZERO, .weight_decay = WG_ZERO);
    wg_optimizer_step(o);
    v.g[0] = 0;
    const double before = v.w[0];
    wg_optimizer_step(o);
    ck_assert_double_eq(v.w[0], before);
    ck_assert_double_lt(before, -0.9);
    end_vector(&v, o);
    v = make_vector(1, (double[]){2});
    v.g[0] = 0;
    o = wg_adamw(v.params, .learning_rate = 0.5, .weight_decay = WG_ZERO);
    wg_optimizer_step(o);
    ck_assert_double_eq(v.w[0], 2);
    end_vector(&v, o);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_rule_is_in_the_variants,
                                  sets_and_threads_give_the_same_bits,
                                  a_copy_of_the_state_goes_on_with_the_same_bits,
                                  a_resumption_out_of_range_is_refused,
                                  averages_are_keras_3,
                                  accumulated_gradients_can_be_read,
                                  a_schedule_sets_the_rate,
                                  a_rate_of_zero_changes_nothing,
                                  frozen_parameters_stay,
                                  groups_have_their_own_rate_and_decay,
                                  wrong_groups_are_named,
                                  wrong_options_are_named,
                                  lr_is_short_for_learning_rate,
                                  zero_itself_can_be_said};
    return run_suite("optimizers", tests, ELEMENTS(tests));
}
