/* Regularizers: values, gradients, replays, refusals. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

/* Sums of at most 12 terms and a few ops, relative. */
#define TOLERANCE_F64 (16 * DBL_EPSILON)
#define TOLERANCE_F32 (16 * (double)FLT_EPSILON)

static const double weights[12] = {0.5, -1.25, 2, 0.75, -0.5, 1.5, -3, 0.25, 1, -0.875, 0.625, 4};

static const struct {
    const char *text;
    struct wg_shape shape;
} regularizers[] = {
    {"l1", {2, {3, 4}}},
    {"l1 l1=0.5", {1, {12}}},
    {"l2", {2, {3, 4}}},
    {"l2 l2=2", {3, {2, 3, 2}}},
    {"l1l2 l1=0.1 l2=0.2", {2, {3, 4}}},
    {"l1_l2 l1=0.1", {2, {3, 4}}},
    {"l1l2 l2=0.1", {2, {3, 4}}},
    {"orthogonal", {2, {3, 4}}},
    {"orthogonal factor=2 mode=columns", {2, {3, 4}}},
    {"orthogonal_regularizer mode=rows factor=0.5", {2, {6, 2}}},
};

/* The formulas, written out. */
static double expected_of(size_t i) {
    static const double l1[] = {0.01, 0.5, 0, 0, 0.1, 0.1, 0, 0, 0, 0},
                        l2[] = {0, 0, 0.01, 2, 0.2, 0, 0.1, 0, 0, 0},
                        factor[] = {0, 0, 0, 0, 0, 0, 0, 0.01, 2, 0.5};
    double penalty = 0;
    for (int k = 0; k < 12; k++)
        penalty += l1[i] * fabs(weights[k]) + l2[i] * weights[k] * weights[k];
    if (factor[i] == 0) return penalty;
    const int columns = strstr(regularizers[i].text, "columns") != NULL;
    const int cols = (int)regularizers[i].shape.dim[1];
    const int n = (int)regularizers[i].shape.dim[columns], length = 12 / n;
    double sum = 0;
    for (int a = 0; a < n; a++) {
        for (int b = 0; b < a; b++) {
            double product = 0, aa = 0, bb = 0;
            for (int k = 0; k < length; k++) {
                const double x = weights[columns ? k * cols + a : a * cols + k],
                             y = weights[columns ? k * cols + b : b * cols + k];
                product += x * y;
                aa += x * x;
                bb += y * y;
            }
            sum += fabs(product) / sqrt(aa * bb);
        }
    }
    return factor[i] * sum / (n * (n - 1) / 2);
}

static wg_var weight(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape) {
    float narrow[12];
    for (int k = 0; k < 12; k++) narrow[k] = (float)weights[k];
    return wg_variable(tape, dtype, shape,
                       dtype == WG_F32 ? (const void *)narrow : (const void *)weights);
}

START_TEST(penalties_are_the_formulas) {
    for (size_t i = 0; i < ELEMENTS(regularizers); i++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            wg_tape *tape = wg_tape_new();
            const wg_var w = weight(tape, narrow ? WG_F32 : WG_F64, regularizers[i].shape);
            const wg_var penalty = wg_regularize(w, regularizers[i].text);
            expect_no_failure(regularizers[i].text);
            ck_assert_int_eq(wg_value(penalty).shape.rank, 0);
            const double expected = expected_of(i),
                         tolerance = narrow ? TOLERANCE_F32 : TOLERANCE_F64;
            ck_assert_msg(fabs(wg_item(penalty) - expected) <= tolerance * expected,
                          "%s: %.17g; expected %.17g", regularizers[i].text, wg_item(penalty),
                          expected);
            ck_assert(wg_tape_has_tangents(tape));
            wg_tape_free(tape);
        }
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Gradients */

struct program {
    const char *text;
    int activity;
};

static wg_var record(wg_tape *tape, const wg_var *inputs, void *user) {
    const struct program *program = user;
    (void)tape;
    return program->activity ? wg_regularize_activity(inputs[0], program->text)
                             : wg_regularize(inputs[0], program->text);
}

START_TEST(gradients_are_right) {
    for (size_t i = 0; i < 2 * ELEMENTS(regularizers); i++) {
        double data[12];
        memcpy(data, weights, sizeof data);
        struct program program = {regularizers[i / 2].text, (int)(i % 2)};
        const struct wg_tensor input = {data, 12, WG_F64, regularizers[i / 2].shape};
        struct wg_gradcheck_result result;
        ck_assert_int_eq(wg_gradcheck(record, &program, 1, &input, NULL, &result), WG_OK);
        char report[4096];
        wg_gradcheck_text(&result, report, sizeof report);
        ck_assert_msg(result.verdict == WG_VERDICT_PASS, "%s: %s", program.text, report);
        ck_assert_int_eq(result.checked, 12);
        ck_assert_int_eq(result.nonzero, 12);
        ck_assert(result.tangent_error >= 0);
    }
}
END_TEST

/* Where the penalty has no derivative, and where lengths are zero: zero, not NaN. */
START_TEST(zeros_have_zero_gradients) {
    static const char *const texts[] = {"l1", "l2", "orthogonal", "orthogonal mode=columns"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        wg_tape *tape = wg_tape_new();
        const wg_var w = wg_variable(tape, WG_F32, WG_SHAPE(2, 2), NULL);
        const wg_var penalty = wg_regularize(w, texts[i]);
        wg_backward(penalty);
        const float *gradient = wg_gradient(w).data;
        expect_no_failure(texts[i]);
        ck_assert(wg_item(penalty) == 0);
        for (int k = 0; k < 4; k++)
            ck_assert_msg(gradient[k] == 0, "%s: %g", texts[i], gradient[k]);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(functions_are_the_same) {
    wg_tape *tape = wg_tape_new();
    const wg_var w = weight(tape, WG_F64, WG_SHAPE(3, 4));
    const double a[] = {wg_item(wg_l1_penalty(w, 0.5)), wg_item(wg_l2_penalty(w, 0.5)),
                        wg_item(wg_l1l2_penalty(w, 0.25, 0.5)),
                        wg_item(wg_orthogonal_penalty(w, 2, 0)),
                        wg_item(wg_orthogonal_penalty(w, 2, 1))};
    const double b[] = {wg_item(wg_regularize(w, "l1 l1=0.5")),
                        wg_item(wg_regularize(w, "l2 l2=0.5")),
                        wg_item(wg_regularize(w, "l1l2 l1=0.25 l2=0.5")),
                        wg_item(wg_regularize(w, "orthogonal factor=2")),
                        wg_item(wg_regularize(w, "orthogonal factor=2 mode=columns"))};
    expect_no_failure("penalties");
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert(a[3] != a[4]);
    ck_assert(wg_item(wg_l1l2_penalty(w, 0, 0)) == 0);
    ck_assert(wg_item(wg_regularize_activity(w, "l1 l1=3")) == wg_item(wg_l1_penalty(w, 1)));
    int count = 0;
    for (; wg_regularizer_name(count); count++) continue;
    ck_assert_int_eq(count, 4);
    wg_tape_free(tape);
}
END_TEST

START_TEST(replays_follow_the_weights) {
    wg_tape *tape = wg_tape_new();
    const wg_var w = weight(tape, WG_F64, WG_SHAPE(3, 4));
    const wg_var penalty = wg_regularize(w, "orthogonal factor=1");
    const double orthogonal[12] = {1, 0, 0, 0, 0, 0, -2, 0, 0, 3, 0, 0};
    wg_set(w, orthogonal);
    wg_forward(tape);
    ck_assert(wg_item(penalty) == 0);
    double parallel[12];
    for (int k = 0; k < 12; k++) parallel[k] = k / 4 - 3.5;
    wg_set(w, parallel);
    wg_forward(tape);
    ck_assert_double_le(fabs(wg_item(penalty) - 1), TOLERANCE_F64);
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Refusals */

static const struct {
    const char *text, *word, *other;
    enum wg_status status;
} refusals[] = {
    {"l3", "unknown regularizer \"l3\"; close to it: l1, l2", "expected one of l1, l2, l1l2",
     WG_ERROR_ARGUMENT},
    {"orthogonall", "close to it: orthogonal;", NULL, WG_ERROR_ARGUMENT},
    {"", "unknown regularizer \"\"", NULL, WG_ERROR_ARGUMENT},
    {NULL, "wg_regularize: the text is NULL", NULL, WG_ERROR_ARGUMENT},
    {"l1l2", "l1l2: neither l1 nor l2", NULL, WG_ERROR_ARGUMENT},
    {"l1_l2", "l1l2: neither l1 nor l2", NULL, WG_ERROR_ARGUMENT},
    {"l2 l2=-0.1", "l2: l2=-0.1", "from 0 to 1e+30", WG_ERROR_ARGUMENT},
    {"l2 l2=nan", "l2: l2=nan", NULL, WG_ERROR_ARGUMENT},
    {"l1 l1=inf", "l1: l1=inf", NULL, WG_ERROR_ARGUMENT},
    {"l1 l2=1", "l1: no attribute \"l2\"", "it has: l1", WG_ERROR_ARGUMENT},
    {"orthogonal mode=diagonals", "orthogonal: mode=diagonals", "rows, columns", WG_ERROR_ARGUMENT},
    {"orthogonal", "orthogonal: shape (1, 3), mode rows", "two or more", WG_ERROR_SHAPE},
};

START_TEST(refused) {
    wg_tape *tape = wg_tape_new();
    const wg_var w = wg_variable(tape, WG_F64, WG_SHAPE(1, 3), NULL),
                 vector = wg_variable(tape, WG_F64, WG_SHAPE(3), NULL),
                 scalar = wg_variable_scalar(tape, WG_F64, 1), null = {0},
                 whole = wg_input(tape, WG_I32, WG_SHAPE(2, 2), NULL);
    for (size_t i = 0; i < ELEMENTS(refusals); i++) {
        const char *label = refusals[i].text ? refusals[i].text : "NULL";
        ck_assert(wg_is_null(wg_regularize(w, refusals[i].text)));
        expect_failure(label, refusals[i].status, refusals[i].word, refusals[i].other);
    }
    ck_assert_uint_eq(wg_tape_size(tape), 4); /* nothing was recorded */
    ck_assert(wg_is_null(wg_regularize(vector, "orthogonal")));
    expect_failure("a vector", WG_ERROR_SHAPE, "shape (3)", "a matrix");
    ck_assert(wg_is_null(wg_regularize(null, "l2")));
    expect_failure("null", WG_ERROR_ARGUMENT, "null variable", NULL);
    ck_assert(wg_is_null(wg_regularize(null, "orthogonal")));
    expect_failure("null", WG_ERROR_ARGUMENT, "null variable", NULL);
    ck_assert(wg_is_null(wg_regularize(whole, "l1")));
    expect_failure("i32", WG_ERROR_DTYPE, NULL, NULL);
    ck_assert(wg_is_null(wg_regularize(whole, "orthogonal")));
    expect_failure("i32", WG_ERROR_DTYPE, NULL, NULL);
    ck_assert(wg_is_null(wg_regularize_activity(scalar, "l2")));
    expect_failure("no batch", WG_ERROR_SHAPE, "wg_regularize_activity: shape ()", "batch");
    ck_assert(wg_is_null(wg_l2_penalty(w, -1)));
    expect_failure("negative", WG_ERROR_ARGUMENT, "l2: l2=-1", NULL);
    ck_assert(wg_is_null(wg_orthogonal_penalty(w, 1, 2)));
    expect_failure("columns", WG_ERROR_ARGUMENT, "mode=2", NULL);
    ck_assert_uint_eq(wg_tape_size(tape), 4);
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {penalties_are_the_formulas, gradients_are_right,
                                  zeros_have_zero_gradients,  functions_are_the_same,
                                  replays_follow_the_weights, refused};
    return run_suite("regularizers", tests, ELEMENTS(tests));
}
