/* Constraints: norms along any axes, extreme values, refusals. */
#include "support/suite.h"

#include "nn/params.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* Norms of at most 120 values in double, then two roundings and one to the dtype. */
#define TOLERANCE_F64 (32 * DBL_EPSILON)
#define TOLERANCE_F32 ((double)FLT_EPSILON)
#define EPSILON 1e-7L

static wg_params *one_parameter(enum wg_dtype dtype, struct wg_shape shape) {
    wg_params *params = wg_params_new(dtype);
    ck_assert_int_eq(wg_params_add(params, "w", shape), 0);
    return params;
}

static const struct {
    const char *text;
    struct wg_shape shape;
    unsigned axes; /* as a mask */
    long double min, max, rate;
} cases[] = {
    {"max_norm", {2, {7, 5}}, 1, 0, 2, 1},
    {"max_norm max_value=0.5 axis=1", {2, {7, 5}}, 2, 0, 0.5L, 1},
    {"max_norm max_value=1 axis=0,1", {2, {7, 5}}, 3, 0, 1, 1},
    {"max_norm max_value=0.25 axis=-1", {1, {9}}, 1, 0, 0.25L, 1},
    {"max_norm max_value=0", {2, {7, 5}}, 1, 0, 0, 1},
    {"max_norm max_value=0.5 axis=0,1,2", {4, {3, 2, 4, 5}}, 7, 0, 0.5L, 1},
    {"max_norm max_value=0.5 axis=0,2", {4, {3, 2, 4, 5}}, 5, 0, 0.5L, 1},
    {"max_norm max_value=0.5 axis=3,1", {4, {3, 2, 4, 5}}, 10, 0, 0.5L, 1},
    {"max_norm max_value=0.5 axis=2", {4, {3, 2, 4, 5}}, 4, 0, 0.5L, 1},
    {"unit_norm", {2, {7, 5}}, 1, 1, 1, 1},
    {"unit_norm axis=-1,0", {3, {4, 3, 5}}, 5, 1, 1, 1},
    {"min_max_norm", {2, {7, 5}}, 1, 0, 1, 1},
    {"min_max_norm min_value=1.5 max_value=2 rate=0.25 axis=1", {2, {7, 5}}, 2, 1.5L, 2, 0.25L},
    {"min_max_norm min_value=1 max_value=1.25 rate=0", {2, {7, 5}}, 1, 1, 1.25L, 0},
};

/* The index along the axes that are not in the mask: the same for the elements of one norm. */
static int64_t place_of(struct wg_shape shape, unsigned axes, int64_t k) {
    int64_t place = 0, scale = 1;
    for (int d = shape.rank - 1; d >= 0; d--) {
        if (!(axes >> d & 1)) {
            place += k % shape.dim[d] * scale;
            scale *= shape.dim[d];
        }
        k /= shape.dim[d];
    }
    return place;
}

START_TEST(norms_are_as_told) {
    for (size_t i = 0; i < 2 * ELEMENTS(cases); i++) {
        const struct wg_shape shape = cases[i / 2].shape;
        const char *text = cases[i / 2].text;
        const int narrow = i % 2 == 1;
        wg_params *params = one_parameter(narrow ? WG_F32 : WG_F64, shape);
        wg_param_uniform(params, 0, -2, 2, i / 2);
        const struct wg_tensor w = wg_param_value(params, 0);
        double before[120];
        ck_assert(w.size <= 120);
        for (int64_t k = 0; k < w.size; k++) before[k] = wg_element(&w, k);
        ck_assert_msg(wg_param_constrain(params, 0, text) == WG_OK, "%s: %s", text, wg_error());
        int changed = 0;
        for (int64_t k = 0; k < w.size; k++) {
            long double squares = 0;
            const int64_t place = place_of(shape, cases[i / 2].axes, k);
            for (int64_t j = 0; j < w.size; j++) {
                if (place_of(shape, cases[i / 2].axes, j) == place)
                    squares += (long double)before[j] * before[j];
            }
            const long double norm = sqrtl(squares), rate = cases[i / 2].rate,
                              clipped = fminl(fmaxl(norm, cases[i / 2].min), cases[i / 2].max);
            const double expected =
                (double)(before[k] * (rate * clipped + (1 - rate) * norm) / (EPSILON + norm));
            const double error = fabs(wg_element(&w, k) - expected),
                         tolerance = narrow ? TOLERANCE_F32 : TOLERANCE_F64;
            ck_assert_msg(error <= tolerance * fabs(expected), "%s, element %lld: %g; expected %g",
                          text, (long long)k, wg_element(&w, k), expected);
            changed += fabs(wg_element(&w, k) - before[k]) > 1e-3 * fabs(before[k]);
        }
        ck_assert_msg(changed > 0 || cases[i / 2].rate == 0, "%s changed nothing", text);
        wg_params_free(params);
    }
}
END_TEST

START_TEST(negative_values_become_zero) {
    for (int narrow = 0; narrow < 2; narrow++) {
        wg_params *params = one_parameter(narrow ? WG_F32 : WG_F64, WG_SHAPE(6));
        const struct wg_tensor w = wg_param_value(params, 0);
        const double before[] = {-1, 2, -INFINITY, INFINITY, 0, NAN},
                     after[] = {0, 2, 0, INFINITY, 0};
        for (int k = 0; k < 6; k++) wg_set_element(&w, k, before[k]);
        ck_assert_int_eq(wg_param_constrain(params, 0, "non_neg"), WG_OK);
        for (int k = 0; k < 5; k++) {
            ck_assert(wg_element(&w, k) == after[k]);
            ck_assert(!signbit(wg_element(&w, k)));
        }
        ck_assert(isnan(wg_element(&w, 5)));
        wg_params_free(params);
    }
}
END_TEST

/* Squares that overflow or vanish in double, zeros, NaN and infinities. */
START_TEST(extreme_values_are_handled) {
    static const struct {
        double x[2], y[2];
    } rows[] = {
        {{3e200, 4e200}, {0.6, 0.8}},
        {{-3e307, 4e307}, {-0.6, 0.8}},
        {{DBL_MAX, 0}, {1, 0}},
        {{0, 0}, {0, 0}},
        {{3e-200, -4e-200}, {3e-193, -4e-193}}, /* 1e-7 is far above the norm */
        {{0x1p-1074, 0}, {0x1p-1074 / 1e-7, 0}},
        {{NAN, 1}, {NAN, NAN}},
        {{INFINITY, 1}, {NAN, 0}},
    };
    wg_params *params = one_parameter(WG_F64, WG_SHAPE((int)ELEMENTS(rows), 2));
    double *w = wg_param_value(params, 0).data;
    for (size_t i = 0; i < ELEMENTS(rows); i++) memcpy(w + 2 * i, rows[i].x, sizeof rows[i].x);
    ck_assert_int_eq(wg_param_unit_norm(params, 0, WG_AXES(1)), WG_OK);
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        for (size_t k = 0; k < 2; k++) {
            const double got = w[2 * i + k], expected = rows[i].y[k];
            const int right = isnan(expected)
                                  ? isnan(got)
                                  : fabs(got - expected) <= TOLERANCE_F64 * fabs(expected);
            ck_assert_msg(right, "row %zu: %g; expected %g", i, got, expected);
        }
    }
    wg_params_free(params);
}
END_TEST

START_TEST(functions_are_the_same) {
    static const char *const texts[] = {
        "max_norm max_value=0.5 axis=0,1", "max_norm max_value=1 axis=1", "unit_norm axis=0",
        "non_neg", "min_max_norm min_value=0.5 max_value=1 rate=0.5 axis=0,1"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        wg_params *a = one_parameter(WG_F32, WG_SHAPE(4, 3)),
                  *b = one_parameter(WG_F32, WG_SHAPE(4, 3));
        wg_param_uniform(a, 0, -1, 1, 5);
        wg_param_uniform(b, 0, -1, 1, 5);
        const struct wg_fingerprint before = wg_params_fingerprint(a);
        wg_param_constrain(a, 0, texts[i]);
        switch (i) {
        case 0:
            wg_param_max_norm(b, 0, 0.5, WG_ALL_AXES);
            break;
        case 1:
            wg_param_max_norm(b, 0, 1, WG_AXES(-1));
            break;
        case 2:
            wg_param_unit_norm(b, 0, WG_AXES(0));
            break;
        case 3:
            wg_param_non_neg(b, 0);
            break;
        default:
            wg_param_min_max_norm(b, 0, 0.5, 1, 0.5, WG_ALL_AXES);
        }
        expect_no_failure(texts[i]);
        ck_assert_str_eq(wg_params_fingerprint(a).hex, wg_params_fingerprint(b).hex);
        ck_assert_str_ne(wg_params_fingerprint(a).hex, before.hex);
        wg_params_free(a);
        wg_params_free(b);
    }
    int count = 0;
    for (; wg_constraint_name(count); count++) continue;
    ck_assert_int_eq(count, 4);
    wg_params *scalar = one_parameter(WG_F64, WG_SCALAR); /* one norm: its magnitude */
    wg_param_fill(scalar, 0, -3);
    ck_assert_int_eq(wg_param_max_norm(scalar, 0, 2, WG_ALL_AXES), WG_OK);
    ck_assert_double_le(fabs(*(double *)wg_param_value(scalar, 0).data + 6 / (3 + 1e-7)), 1e-15);
    wg_params_free(scalar);
}
END_TEST

/* The same as after each update of a training loop: norms stay within the bound. */
START_TEST(updates_stay_within_the_bound) {
    wg_params *params = one_parameter(WG_F64, WG_SHAPE(4, 3));
    wg_param_initialize(params, 0, "glorot_uniform", 1);
    wg_optimizer *sgd = wg_sgd(params, .learning_rate = 0.5);
    double *gradient = wg_param_gradient(params, 0).data;
    wg_tape *tape = wg_tape_new();
    const wg_var w = wg_parameter(tape, params, 0);
    const wg_var loss = wg_neg(wg_sum(w, WG_ALL_AXES, 0)); /* grows without end */
    for (int step = 0; step < 20; step++) {
        wg_zero_gradients(params);
        wg_forward(tape);
        wg_backward(loss);
        ck_assert(gradient[0] == -1);
        wg_optimizer_step(sgd);
        wg_param_constrain(params, 0, "max_norm max_value=1.5");
    }
    expect_no_failure("training");
    const double *value = wg_value(w).data;
    for (int j = 0; j < 3; j++) {
        double squares = 0;
        for (int k = 0; k < 4; k++) squares += value[k * 3 + j] * value[k * 3 + j];
        ck_assert_double_le(fabs(sqrt(squares) - 1.5), 1e-6);
    }
    wg_optimizer_free(sgd);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

static const struct {
    const char *text, *word, *other;
    enum wg_status status;
} refusals[] = {
    {"maxnorm", "unknown constraint \"maxnorm\"; close to it: max_norm", "expected one of max_norm",
     WG_ERROR_ARGUMENT},
    {"", "unknown constraint \"\"", "non_neg", WG_ERROR_ARGUMENT},
    {NULL, "wg_param_constrain: the text is NULL", NULL, WG_ERROR_ARGUMENT},
    {"max_norm max_value=-1", "max_norm: max_value=-1", "from 0 to 1e+30", WG_ERROR_ARGUMENT},
    {"max_norm max_value=nan", "max_norm: max_value=nan", NULL, WG_ERROR_ARGUMENT},
    {"max_norm axis=2", "max_norm: axis=2 of shape (2, 3)", "-2 to 1", WG_ERROR_SHAPE},
    {"unit_norm axis=-3", "unit_norm: axis=-3 of shape (2, 3)", "-2 to 1", WG_ERROR_SHAPE},
    {"unit_norm axis=0,-2", "unit_norm: axis lists axis -2", "twice", WG_ERROR_SHAPE},
    {"unit_norm axis=0.5", "unit_norm: axis=0.5", "whole numbers", WG_ERROR_ARGUMENT},
    {"min_max_norm rate=1.5", "min_max_norm: rate=1.5", "from 0 to 1", WG_ERROR_ARGUMENT},
    {"min_max_norm min_value=2", "min_max_norm: min_value=2, max_value=1", "min_value <= max_value",
     WG_ERROR_ARGUMENT},
    {"non_neg axis=0", "non_neg: no attribute \"axis\"", "none", WG_ERROR_ARGUMENT},
};

START_TEST(refused) {
    wg_params *params = one_parameter(WG_F32, WG_SHAPE(2, 3));
    wg_param_fill(params, 0, -5);
    wg_params_add(params, "s", WG_SCALAR);
    const struct wg_fingerprint before = wg_params_fingerprint(params);
    for (size_t i = 0; i < ELEMENTS(refusals); i++) {
        const char *label = refusals[i].text ? refusals[i].text : "NULL";
        ck_assert_int_ne(wg_param_constrain(params, 0, refusals[i].text), WG_OK);
        expect_failure(label, refusals[i].status, refusals[i].word, refusals[i].other);
    }
    ck_assert_int_eq(wg_param_constrain(params, 1, "unit_norm"), WG_ERROR_SHAPE);
    expect_failure("a scalar", WG_ERROR_SHAPE, "unit_norm: axis=0 of a scalar", NULL);
    ck_assert_int_eq(wg_param_constrain(params, 2, "non_neg"), WG_ERROR_ARGUMENT);
    expect_failure("no such parameter", WG_ERROR_ARGUMENT, "parameter 2 of a set of 2", NULL);
    ck_assert_int_eq(wg_param_max_norm(params, 0, NAN, WG_AXES(0)), WG_ERROR_ARGUMENT);
    expect_failure("NaN", WG_ERROR_ARGUMENT, "max_value=nan", NULL);
    const struct wg_axes many = {.count = WG_MAX_RANK + 1};
    ck_assert_int_eq(wg_param_unit_norm(params, 0, many), WG_ERROR_ARGUMENT);
    expect_failure("nine axes", WG_ERROR_ARGUMENT, "axis lists 9", "at most 8");
    ck_assert_str_eq(wg_params_fingerprint(params).hex, before.hex);
    wg_params_free(params);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        norms_are_as_told,      negative_values_become_zero,   extreme_values_are_handled,
        functions_are_the_same, updates_stay_within_the_bound, refused};
    return run_suite("constraints", tests, ELEMENTS(tests));
}
