/* Data sets of every kind: views, batches in every dtype, copies, standardization. */
#include "support/suite.h"

#include <float.h>
#include <math.h>

#include "wengert/data.h"

/* Means and deviations are sums of a few doubles. */
#define TOLERANCE (16 * DBL_EPSILON)

static const float x[] = {1, 2, 3, 4, 5, 6, 7, 8}; /* (4, 2) */
static const float targets[] = {0.5f, -1, 2, 0.25f};
static const int32_t labels[] = {2, 0, 1, 2};
static const int32_t tokens[] = {0, 1, 2, 9, 8, 7, 3, 3, 3, 4, 5, 6}; /* (4, 3) */
static const int32_t token_labels[] = {0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0};
static const int64_t picked[] = {3, 0, 3};

START_TEST(views_use_your_arrays) {
    struct wg_dataset d = wg_dataset_of(4, 2, x, 1, targets);
    expect_no_failure("dataset_of");
    ck_assert(d.view);
    ck_assert_ptr_eq(d.x, x);
    ck_assert_ptr_eq(d.targets, targets);
    ck_assert_int_eq(d.outputs, 1);
    wg_dataset_free(&d); /* leaves the arrays alone: they are not even on the heap */
    ck_assert_ptr_null(d.x);
    d = wg_dataset_of(4, 2, x, 0, NULL);
    expect_no_failure("dataset_of without targets");
    ck_assert_ptr_null(d.targets);
    d = wg_dataset_of_classes(4, 2, x, 3, labels);
    ck_assert_int_eq(d.classes, 3);
    ck_assert_int_eq(d.label_count, 1);
    d = wg_dataset_of_tokens(4, 3, tokens, 10, 3, token_labels, 2);
    ck_assert_int_eq(d.vocabulary, 10);
    ck_assert_int_eq(wg_dataset_check(&d), WG_OK);
    expect_no_failure("tokens");
}
END_TEST

static void refused(struct wg_dataset d, const char *function, const char *word) {
    expect_failure(function, WG_ERROR_ARGUMENT, function, word);
    ck_assert_int_eq(d.examples, 0);
    ck_assert(d.x == NULL && d.tokens == NULL && d.labels == NULL && d.targets == NULL);
}

START_TEST(views_are_checked) {
    refused(wg_dataset_of(4, 2, NULL, 1, targets), "dataset_of", "inputs are null");
    refused(wg_dataset_of(4, 2, x, 1, NULL), "dataset_of", "labels or targets are null");
    refused(wg_dataset_of(4, 2, x, 0, targets), "dataset_of", "outputs 0");
    refused(wg_dataset_of(0, 2, x, 1, targets), "dataset_of", "empty");
    refused(wg_dataset_of(4, -2, x, 1, targets), "dataset_of", "empty");
    refused(wg_dataset_of(4, INT64_MAX / 4, x, 1, targets), "dataset_of", "features");
    refused(wg_dataset_of_classes(4, 2, x, 2, labels), "dataset_of_classes",
            "example 0 has the label 2; expected 0 to 1");
    refused(wg_dataset_of_classes(4, 2, x, 3, NULL), "dataset_of_classes", "null");
    refused(wg_dataset_of_tokens(4, 3, tokens, 9, 3, token_labels, 2), "dataset_of_tokens",
            "example 1 has the token 9");
    refused(wg_dataset_of_tokens(4, 3, tokens, 10, 0, token_labels, 2), "dataset_of_tokens",
            "label_count is 0");
    struct wg_dataset both = wg_dataset_of(4, 2, x, 1, targets);
    both.labels = (int32_t *)labels;
    ck_assert_int_eq(wg_dataset_check(&both), WG_ERROR_ARGUMENT);
    expect_failure("both", WG_ERROR_ARGUMENT, "labels and targets", NULL);
    both.labels = NULL;
    both.tokens = (int32_t *)tokens;
    ck_assert_int_eq(wg_dataset_check(&both), WG_ERROR_ARGUMENT);
    expect_failure("both", WG_ERROR_ARGUMENT, "2 arrays of inputs", NULL);
}
END_TEST

START_TEST(batches_of_every_kind) {
    struct wg_dataset d = wg_dataset_of(4, 2, x, 1, targets);
    float f[6];
    double g[6];
    int32_t i[9];
    ck_assert_int_eq(wg_dataset_gather_inputs(&d, picked, 3, WG_F32, f), WG_OK);
    ck_assert_int_eq(wg_dataset_gather_inputs(&d, picked, 3, WG_F64, g), WG_OK);
    const float rows[] = {7, 8, 1, 2, 7, 8};
    for (int k = 0; k < 6; k++) ck_assert(f[k] == rows[k] && g[k] == (double)rows[k]);
    ck_assert_int_eq(wg_dataset_gather_targets(&d, picked, 3, WG_F32, f), WG_OK);
    ck_assert_int_eq(wg_dataset_gather_targets(&d, picked, 3, WG_F64, g), WG_OK);
    for (int k = 0; k < 3; k++)
        ck_assert(f[k] == targets[picked[k]] && g[k] == (double)targets[picked[k]]);

    d = wg_dataset_of_classes(4, 2, x, 3, labels);
    ck_assert_int_eq(wg_dataset_gather_targets(&d, picked, 3, WG_I32, i), WG_OK);
    ck_assert_int_eq(wg_dataset_gather_targets(&d, picked, 3, WG_F32, f), WG_OK);
    ck_assert_int_eq(wg_dataset_gather_targets(&d, picked, 3, WG_F64, g), WG_OK);
    for (int k = 0; k < 3; k++) ck_assert(i[k] == 2 && f[k] == (float)i[k] && g[k] == (double)i[k]);

    d = wg_dataset_of_tokens(4, 3, tokens, 10, 3, token_labels, 2);
    ck_assert_int_eq(wg_dataset_gather_inputs(&d, picked, 3, WG_I32, i), WG_OK);
    for (int k = 0; k < 9; k++) ck_assert_int_eq(i[k], tokens[3 * picked[k / 3] + k % 3]);
    ck_assert_int_eq(wg_dataset_gather_targets(&d, picked, 3, WG_I32, i), WG_OK);
    for (int k = 0; k < 9; k++) ck_assert_int_eq(i[k], token_labels[3 * picked[k / 3] + k % 3]);

    uint8_t bytes[] = {0, 51, 255, 1};
    d = (struct wg_dataset){.examples = 2, .features = 2, .pixels = bytes, .view = true};
    const int64_t both[] = {1, 0};
    ck_assert_int_eq(wg_dataset_gather_inputs(&d, both, 2, WG_F32, f), WG_OK);
    ck_assert_int_eq(wg_dataset_gather_inputs(&d, both, 2, WG_F64, g), WG_OK);
    ck_assert(f[0] == 1 && f[3] == 51 / 255.0f && g[0] == 1 && g[3] == 51 / 255.0);
    expect_no_failure("batches");
}
END_TEST

START_TEST(what_a_set_does_not_have_is_refused) {
    struct wg_dataset numbers = wg_dataset_of(4, 2, x, 1, targets);
    struct wg_dataset words = wg_dataset_of_tokens(4, 3, tokens, 10, 3, token_labels, 2);
    struct wg_dataset bare = wg_dataset_of(4, 2, x, 0, NULL);
    int32_t i[9];
    float f[9];
    wg_dataset_gather_inputs(&numbers, picked, 3, WG_I32, i);
    expect_failure("numbers", WG_ERROR_DTYPE, "i32 were asked for", "expected f32 or f64");
    wg_dataset_gather_inputs(&words, picked, 3, WG_F32, f);
    expect_failure("tokens", WG_ERROR_DTYPE, "inputs are tokens", "expected i32");
    wg_dataset_gather_targets(&numbers, picked, 3, WG_I32, i);
    expect_failure("targets", WG_ERROR_DTYPE, "dataset_gather_targets", "expected f32 or f64");
    wg_dataset_gather_targets(&bare, picked, 3, WG_F32, f);
    expect_failure("bare", WG_ERROR_DTYPE, "targets are absent", "a set with labels or targets");
    wg_dataset_batch(&numbers, picked, 3, NULL, i);
    expect_failure("labels", WG_ERROR_DTYPE, "dataset_batch", NULL);
    wg_dataset_batch(&words, picked, 3, f, NULL);
    expect_failure("x", WG_ERROR_DTYPE, "dataset_batch", NULL);
    wg_dataset_gather_inputs(&numbers, picked, 3, (enum wg_dtype)77, f);
    expect_failure("dtype", WG_ERROR_DTYPE, "unknown", NULL);
    wg_dataset_gather_inputs(&numbers, picked, 3, WG_F32, NULL);
    expect_failure("null", WG_ERROR_ARGUMENT, "output is null", NULL);
    const int64_t outside[] = {4};
    wg_dataset_gather_targets(&numbers, outside, 1, WG_F32, f);
    expect_failure("index", WG_ERROR_ARGUMENT, "index[0] is 4; expected 0 to 3", NULL);
}
END_TEST

START_TEST(a_copy_has_everything) {
    char *features[] = {"a", "b", NULL}, *target[] = {"y", NULL},
         *classes[] = {"p", "q", "r", NULL};
    struct wg_dataset d = wg_dataset_of_classes(4, 2, x, 3, labels), copy, tokens_copy;
    d.feature_names = features;
    d.target_name = target;
    d.class_names = classes;
    ck_assert_int_eq(wg_dataset_take(&d, picked, 3, &copy), WG_OK);
    ck_assert(!copy.view && copy.x != x && copy.x[0] == 7 && copy.x[2] == 1);
    ck_assert_int_eq(copy.examples, 3);
    ck_assert_int_eq(copy.labels[1], 2);
    ck_assert_str_eq(copy.feature_names[1], "b");
    ck_assert_ptr_null(copy.feature_names[2]);
    ck_assert_str_eq(copy.target_name[0], "y");
    ck_assert_str_eq(copy.class_names[2], "r");
    wg_dataset_free(&copy);
    d = wg_dataset_of_tokens(4, 3, tokens, 10, 3, token_labels, 2);
    ck_assert_int_eq(wg_dataset_take(&d, picked, 2, &tokens_copy), WG_OK);
    ck_assert_int_eq(tokens_copy.tokens[0], 4);
    ck_assert_int_eq(tokens_copy.labels[1], 1);
    ck_assert_int_eq(tokens_copy.label_count, 3);
    wg_dataset_free(&tokens_copy);
}
END_TEST

START_TEST(standardization_gives_mean_0_and_deviation_1) {
    enum { EXAMPLES = 50 };
    float values[3 * EXAMPLES];
    int64_t all[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
        values[3 * i] = (float)(i * i % 17) * 1000 + 1e6f;
        values[3 * i + 1] = 0.1f; /* whose mean as a sum is not 0.1f to the bit */
        values[3 * i + 2] = i % 2 ? -1e-6f : 3e-6f;
        all[i] = i;
    }
    const struct wg_dataset view = wg_dataset_of(EXAMPLES, 3, values, 0, NULL);
    struct wg_dataset d;
    struct wg_standardization s;
    ck_assert_int_eq(wg_dataset_take(&view, all, EXAMPLES, &d), WG_OK);
    ck_assert_int_eq(wg_dataset_measure(&d, &s), WG_OK);
    ck_assert_int_eq(s.features, 3);
    ck_assert(s.mean[1] == (double)0.1f && s.deviation[1] == 0);
    ck_assert(fabs(s.deviation[2] / ((double)3e-6f + (double)1e-6f) - 0.5) <= TOLERANCE);
    ck_assert_int_eq(wg_dataset_standardize(&d, &s), WG_OK);
    for (int j = 0; j < 3; j += 2) {
        double sum = 0, squares = 0;
        for (int i = 0; i < EXAMPLES; i++) {
            sum += (double)d.x[3 * i + j];
            squares += (double)d.x[3 * i + j] * (double)d.x[3 * i + j];
        }
        ck_assert(fabs(sum / EXAMPLES) <= (double)FLT_EPSILON);
        ck_assert(fabs(squares / EXAMPLES - 1) <= 4 * (double)FLT_EPSILON);
    }
    for (int i = 0; i < EXAMPLES; i++) ck_assert(d.x[3 * i + 1] == 0);
    /* other data, moved by what was measured: not by their own mean */
    values[0] = 0;
    values[1] = 5;
    values[2] = 1e-6f;
    struct wg_dataset other;
    ck_assert_int_eq(wg_dataset_take(&view, all, 1, &other), WG_OK);
    ck_assert_int_eq(wg_dataset_standardize(&other, &s), WG_OK);
    ck_assert(other.x[0] == (float)((0 - s.mean[0]) / s.deviation[0]));
    ck_assert(other.x[1] == 0);
    wg_dataset_free(&d);
    wg_dataset_free(&other);
    wg_standardization_free(&s);
    ck_assert_ptr_null(s.mean);
    wg_standardization_free(NULL);
}
END_TEST

START_TEST(standardization_refuses) {
    struct wg_dataset view = wg_dataset_of(4, 2, x, 0, NULL), d;
    struct wg_dataset words = wg_dataset_of_tokens(4, 3, tokens, 10, 3, token_labels, 2);
    struct wg_standardization s, none = {0};
    wg_dataset_measure(&words, &s);
    expect_failure("tokens", WG_ERROR_DTYPE, "inputs are tokens", "floats");
    wg_dataset_measure(&view, NULL);
    expect_failure("null", WG_ERROR_ARGUMENT, "dataset_measure", NULL);
    ck_assert_int_eq(wg_dataset_measure(&view, &s), WG_OK);
    wg_dataset_standardize(&view, &s);
    expect_failure("view", WG_ERROR_STATE, "view", "wg_dataset_take");
    ck_assert_int_eq(wg_dataset_take(&view, picked, 3, &d), WG_OK);
    wg_dataset_standardize(&d, &none);
    expect_failure("none", WG_ERROR_ARGUMENT, "no means", NULL);
    s.features = 3;
    wg_dataset_standardize(&d, &s);
    expect_failure("features", WG_ERROR_SHAPE, "3 features", "has, 2");
    ck_assert(d.x[0] == 7);
    wg_standardization_free(&s);
    d.x[3] = NAN;
    wg_dataset_measure(&d, &s);
    expect_failure("nan", WG_ERROR_ARGUMENT, "feature 1", "not finite");
    ck_assert_ptr_null(s.mean);
    wg_dataset_free(&d);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        views_use_your_arrays,  views_are_checked,
        batches_of_every_kind,  what_a_set_does_not_have_is_refused,
        a_copy_has_everything,  standardization_gives_mean_0_and_deviation_1,
        standardization_refuses};
    return run_suite("dataset", tests, ELEMENTS(tests));
}
