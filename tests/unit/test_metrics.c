/* Metrics by name, against the same counted by hand. Figures of Keras are compared in
 * test_golden_losses.c. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>

/* A few roundings of double; predictions in float are given exactly. */
#define TOLERANCE 1e-14
/* Of a curve of 200 thresholds beside the exact one: ties within 1/199 count half. */
#define TOLERANCE_AUC 0.01

enum { SAMPLES = 400 };

static struct wg_tensor of(enum wg_dtype dtype, struct wg_shape shape, const void *data) {
    return (struct wg_tensor){(void *)(uintptr_t)data, wg_shape_size(shape), dtype, shape};
}

static void expect(const wg_metric *m, double expected) {
    const double got = wg_metric_result(m);
    expect_no_failure(wg_metric_label(m));
    ck_assert_msg(fabs(got - expected) <= TOLERANCE * fmax(1, fabs(expected)),
                  "%s: %.17g; expected %.17g", wg_metric_label(m), got, expected);
}

/* One batch, one result. */
static double once(const char *text, struct wg_tensor p, struct wg_tensor t,
                   const struct wg_tensor *w) {
    wg_metric *m = wg_metric_new(text);
    wg_metric_update(m, p, t, w);
    const double result = wg_metric_result(m);
    expect_no_failure(text);
    wg_metric_free(m);
    return result;
}

/* ------------------------------------------------------------------------------------------------
 * Accuracies */

static const double scores[4 * 3] = {0.1, 0.7, 0.2, 0.5, 0.5, 0, 0.3, 0.1, 0.6, 0.2, 0.5, 0.3};
static const int32_t labels[4] = {1, 1, 2, 0};
static const double one_hot[4 * 3] = {0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};

START_TEST(accuracy_resolves_by_shapes) {
    const struct wg_tensor p = of(WG_F64, WG_SHAPE(4, 3), scores),
                           rows = of(WG_F64, WG_SHAPE(4, 3), one_hot),
                           sparse = of(WG_I32, WG_SHAPE(4), labels),
                           column = of(WG_I32, WG_SHAPE(4, 1), labels);
    const float binary[] = {0.6f, 0.5f, 0.2f, 0.9f};
    const int32_t truth[] = {1, 1, 0, 0};
    const struct wg_tensor yes = of(WG_F32, WG_SHAPE(4, 1), binary);
    ck_assert(once("accuracy", p, rows, NULL) == 0.5); /* a tie is the first's */
    ck_assert(once("accuracy", p, sparse, NULL) == 0.5);
    ck_assert(once("acc", p, column, NULL) == 0.5);
    ck_assert(once("categorical_accuracy", p, rows, NULL) == 0.5);
    ck_assert(once("sparse_categorical_accuracy", p, sparse, NULL) == 0.5);
    ck_assert(once("accuracy", yes, of(WG_I32, WG_SHAPE(4), truth), NULL) == 0.5);
    ck_assert(once("accuracy", yes, of(WG_I32, WG_SHAPE(4, 1), truth), NULL) == 0.5);
    ck_assert(once("binary_accuracy threshold=0.4", yes, of(WG_I32, WG_SHAPE(4), truth), NULL) ==
              0.75);
    ck_assert(once("sparse_categorical_accuracy ignore_class=0", p, sparse, NULL) == 2.0 / 3);
    ck_assert(once("top_k_categorical_accuracy k=2", p, rows, NULL) == 0.75);
    ck_assert(once("sparse_top_k_categorical_accuracy k=2", p, sparse, NULL) == 0.75);
    ck_assert(once("sparse_top_k_categorical_accuracy", p, sparse, NULL) == 1);
    ck_assert(once("top_k_categorical_accuracy k=1", p, rows, NULL) == 0.75); /* ties are in */
}
END_TEST

START_TEST(nan_is_never_right) {
    const double p[] = {NAN, 0.1, 0.9, NAN}, t[] = {0, 1, 0, 1};
    const int32_t label[] = {1, 0};
    const struct wg_tensor rows = of(WG_F64, WG_SHAPE(2, 2), p),
                           one = of(WG_F64, WG_SHAPE(2, 2), t),
                           sparse = of(WG_I32, WG_SHAPE(2), label);
    ck_assert(once("accuracy", rows, one, NULL) == 0);
    ck_assert(once("accuracy", rows, sparse, NULL) == 0);
    ck_assert(once("sparse_top_k_categorical_accuracy k=1", rows, sparse, NULL) == 0);
    ck_assert(once("binary_accuracy", rows, one, NULL) == 0);
    ck_assert(isnan(once("mean_squared_error", rows, one, NULL)));
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Means, weights and batches */

START_TEST(batches_and_weights) {
    static const char *const texts[] = {"mse", "mae", "root_mean_squared_error", "msle",
                                        "mean_absolute_percentage_error"};
    const float p[] = {1, 2, 4, 0.5f, 3, 1.5f}, t[] = {2, 2, 1, 1, 5, 0.5f}, w[] = {2, 0.5f, 1};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        wg_metric *m = wg_metric_new(texts[i]);
        expect(m, 0);
        double sum = 0, all = 0;
        for (int k = 0; k < 6; k++) {
            const double a = (double)p[k], b = (double)t[k], e = a - b, l = log1p(a) - log1p(b);
            const double value[] = {e * e, fabs(e), e * e, l * l, 100 * fabs(e) / b};
            sum += (double)w[k / 2] * value[i];
            all += (double)w[k / 2];
        }
        const struct wg_tensor one = of(WG_F32, WG_SHAPE(1, 1), w + 2),
                               two = of(WG_F32, WG_SHAPE(2), w);
        for (int round = 0; round < 2; round++) {
            wg_metric_update(m, of(WG_F32, WG_SHAPE(2, 2), p), of(WG_F32, WG_SHAPE(2, 2), t), &two);
            wg_metric_update(m, of(WG_F32, WG_SHAPE(1, 2), p + 4),
                             of(WG_F32, WG_SHAPE(1, 2), t + 4), &one);
            expect(m, i == 2 ? sqrt(sum / all) : sum / all);
            wg_metric_reset(m);
            expect(m, 0);
        }
        wg_metric_free(m);
    }
    const double u[] = {3, 4, 0, 0}, v[] = {4, 3, 1, 0};
    ck_assert_double_le(fabs(once("cosine_similarity", of(WG_F64, WG_SHAPE(2, 2), u),
                                  of(WG_F64, WG_SHAPE(2, 2), v), NULL) -
                             0.48),
                        TOLERANCE);
    ck_assert(once("exact_accuracy", of(WG_F64, WG_SHAPE(4), u), of(WG_F64, WG_SHAPE(4), v),
                   NULL) == 0.25);
}
END_TEST

START_TEST(precision_and_recall) {
    const double p[] = {0.9, 0.6, 0.4, 0.8, 0.2}, t[] = {1, 0, 1, 1, 0}, w[] = {1, 2, 3, 4, 5};
    const struct wg_tensor prediction = of(WG_F64, WG_SHAPE(5), p),
                           target = of(WG_F64, WG_SHAPE(5), t), weight = of(WG_F64, WG_SHAPE(5), w);
    ck_assert(once("precision", prediction, target, NULL) == 2.0 / 3);
    ck_assert(once("recall", prediction, target, NULL) == 2.0 / 3);
    ck_assert(once("precision threshold=0.85", prediction, target, NULL) == 1);
    ck_assert(once("precision threshold=0.95", prediction, target, NULL) == 0);
    ck_assert(once("recall threshold=0.3", prediction, target, NULL) == 1);
    ck_assert(once("precision", prediction, target, &weight) == 5.0 / 7);
    ck_assert(once("recall", prediction, target, &weight) == 5.0 / 8);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Tables */

START_TEST(f1_and_confusion) {
    /* predicted classes 1, 0, 2, 1; true ones 1, 1, 2, 0 */
    const struct wg_tensor p = of(WG_F64, WG_SHAPE(4, 3), scores),
                           rows = of(WG_F64, WG_SHAPE(4, 3), one_hot),
                           sparse = of(WG_I32, WG_SHAPE(4), labels);
    const double each[] = {0, 0.5, 1}, matrix[] = {0, 1, 0, 1, 1, 0, 0, 0, 1};
    int64_t r, c;
    for (int by_label = 0; by_label < 2; by_label++) {
        const struct wg_tensor t = by_label ? sparse : rows;
        wg_metric *f1 = wg_metric_new("f1_score"), *confusion = wg_metric_new("confusion_matrix");
        ck_assert_ptr_nonnull(wg_metric_table(confusion, &r, &c));
        ck_assert_int_eq(r * c, 0);
        wg_metric_update(f1, p, t, NULL);
        wg_metric_update(confusion, p, t, NULL);
        const double *table = wg_metric_table(f1, &r, &c);
        ck_assert(r == 1 && c == 3);
        ck_assert_mem_eq(table, each, sizeof each);
        expect(f1, 0.5);
        table = wg_metric_table(confusion, &r, &c);
        ck_assert(r == 3 && c == 3);
        ck_assert_mem_eq(table, matrix, sizeof matrix);
        expect(confusion, 0.5);
        wg_metric_update(confusion, p, t, NULL);
        ck_assert(wg_metric_table(confusion, &r, &c)[4] == 2);
        wg_metric_reset(confusion);
        expect(confusion, 0);
        wg_metric_free(f1);
        wg_metric_free(confusion);
        ck_assert(once("f1_score average=macro", p, t, NULL) == 0.5);
        ck_assert(once("f1_score average=micro", p, t, NULL) == 0.5);
        ck_assert(once("f1_score average=weighted", p, t, NULL) == 0.5);
    }
    const double binary[] = {0.9, 0.4, 0.6, 0.1};
    const int32_t truth[] = {1, 1, 0, 0};
    wg_metric *two = wg_metric_new("confusion_matrix threshold=0.3");
    wg_metric_update(two, of(WG_F64, WG_SHAPE(4, 1), binary), of(WG_I32, WG_SHAPE(4), truth), NULL);
    const double expected[] = {1, 1, 0, 2};
    ck_assert_mem_eq(wg_metric_table(two, &r, &c), expected, sizeof expected);
    expect_no_failure("two");
    wg_metric_free(two);
    ck_assert(once("f1_score threshold=0.3", of(WG_F64, WG_SHAPE(4, 1), binary),
                   of(WG_I32, WG_SHAPE(4), truth), NULL) == 0.8);
}
END_TEST

/* Targets far from 0 cost no digits, whatever the batches. */
START_TEST(r2_keeps_its_digits) {
    double p[60], t[60], spread[2] = {0}, residual[2] = {0};
    for (int i = 0; i < 60; i++) {
        t[i] = 1e8 + (i % 2 ? 3 : 1) * (i / 2);
        p[i] = t[i] + (i / 2 % 3 - 1) * (i % 2 + 1);
        const double deviation = (i % 2 ? 3 : 1) * (i / 2 - 14.5), error = t[i] - p[i];
        spread[i % 2] += deviation * deviation;
        residual[i % 2] += error * error;
    }
    wg_metric *m = wg_metric_new("r2_score class_aggregation=none"),
              *average = wg_metric_new("r2_score");
    for (int i = 0; i < 60; i += 20) {
        const struct wg_tensor prediction = of(WG_F64, WG_SHAPE(10, 2), p + i),
                               target = of(WG_F64, WG_SHAPE(10, 2), t + i);
        wg_metric_update(m, prediction, target, NULL);
        wg_metric_update(average, prediction, target, NULL);
    }
    int64_t r, c;
    const double *table = wg_metric_table(m, &r, &c);
    ck_assert(r == 1 && c == 2);
    const double a = 1 - residual[0] / spread[0], b = 1 - residual[1] / spread[1];
    ck_assert_double_le(fabs(table[0] - a), 1e-9);
    ck_assert_double_le(fabs(table[1] - b), 1e-9);
    ck_assert_double_le(fabs(wg_metric_result(average) - (a + b) / 2), 1e-9);
    expect_no_failure("r2");
    wg_metric_free(m);
    wg_metric_free(average);
}
END_TEST

/* A weight of 2 is a sample twice, one of 0 none. */
START_TEST(r2_weighs) {
    const double p[] = {1, 2.5, 2, 4, 7}, t[] = {1.5, 2, 3, 4.5, 0}, w[] = {1, 2, 1, 1, 0},
                 p2[] = {1, 2.5, 2.5, 2, 4}, t2[] = {1.5, 2, 2, 3, 4.5};
    const struct wg_tensor weight = of(WG_F64, WG_SHAPE(5), w);
    const double weighted = once("r2_score", of(WG_F64, WG_SHAPE(5), p), of(WG_F64, WG_SHAPE(5), t),
                                 &weight),
                 twice = once("r2_score", of(WG_F64, WG_SHAPE(5, 1), p2),
                              of(WG_F64, WG_SHAPE(5, 1), t2), NULL);
    ck_assert_double_le(fabs(weighted - twice), TOLERANCE);
    ck_assert(twice > 0.5 && twice < 1);
}
END_TEST

/* The share of pairs of a positive and a negative that are in order; ties count half. */
START_TEST(auc_is_about_the_rank_statistic) {
    double p[SAMPLES], w[SAMPLES], area = 0, all = 0;
    int32_t t[SAMPLES];
    struct wg_random random = wg_random_make(5, 0);
    for (int i = 0; i < SAMPLES; i++) {
        t[i] = wg_random_below(&random, 3) == 0;
        w[i] = wg_random_uniform(&random, 0, 2);
        p[i] = wg_random_uniform(&random, t[i] ? 0.2 : 0, t[i] ? 1 : 0.8);
    }
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < SAMPLES; j++) {
            if (!t[i] || t[j]) continue;
            area += w[i] * w[j] * (p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0);
            all += w[i] * w[j];
        }
    }
    const struct wg_tensor prediction = of(WG_F64, WG_SHAPE(SAMPLES, 1), p),
                           target = of(WG_I32, WG_SHAPE(SAMPLES), t),
                           weight = of(WG_F64, WG_SHAPE(SAMPLES), w);
    ck_assert_double_le(fabs(once("auc", prediction, target, &weight) - area / all), TOLERANCE_AUC);
    ck_assert_double_le(
        fabs(once("auc num_thresholds=100001", prediction, target, &weight) - area / all),
        TOLERANCE_AUC / 100);
    /* Keras's documentation: 3 thresholds, -1e-7, 0.5 and 1 + 1e-7 */
    const double few[] = {0, 0.5, 0.3, 0.9};
    const int32_t truth[] = {0, 0, 1, 1};
    ck_assert(once("auc num_thresholds=3", of(WG_F64, WG_SHAPE(4), few),
                   of(WG_I32, WG_SHAPE(4), truth), NULL) == 0.75);
    const double weights[] = {1, 0, 0, 1};
    const struct wg_tensor some = of(WG_F64, WG_SHAPE(4), weights);
    ck_assert(once("auc num_thresholds=3", of(WG_F64, WG_SHAPE(4), few),
                   of(WG_I32, WG_SHAPE(4), truth), &some) == 1);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Refusals */

START_TEST(refused) {
    static const struct {
        const char *text, *word, *other;
    } texts[] = {
        {"acuracy", "unknown metric \"acuracy\"; close to it: accuracy", "expected one of"},
        {NULL, "wg_metric_new: the text is NULL", NULL},
        {"precision thresholds=1", "no attribute \"thresholds\"", "it has: threshold"},
        {"top_k_categorical_accuracy k=0", "k=0", "a whole number from 1"},
        {"f1_score average=mean", "average=mean", "none, micro, macro, weighted"},
        {"auc num_thresholds=1", "num_thresholds=1", "from 2"},
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        ck_assert_ptr_null(wg_metric_new(texts[i].text));
        expect_failure("text", WG_ERROR_ARGUMENT, texts[i].word, texts[i].other);
    }
    static const int32_t wrong[] = {0, 1, 3, 1};
    static const double out[] = {0.5, 1.5, 0, 1};
    const struct wg_tensor p = of(WG_F64, WG_SHAPE(4, 3), scores),
                           sparse = of(WG_I32, WG_SHAPE(4), labels),
                           high = of(WG_I32, WG_SHAPE(4), wrong),
                           column = of(WG_F64, WG_SHAPE(4, 1), out),
                           row = of(WG_F64, WG_SHAPE(4), out),
                           whole = of(WG_I32, WG_SHAPE(4, 1), labels),
                           nothing = of(WG_F64, WG_SHAPE(4), NULL),
                           empty = of(WG_F64, WG_SHAPE(0, 3), out),
                           three = of(WG_F64, WG_SHAPE(3), out);
    const struct {
        const char *text;
        struct wg_tensor p, t;
        const struct wg_tensor *w;
        const char *word, *other;
        enum wg_status status;
    } cases[] = {
        {"mse", column, row, NULL, "prediction of shape (4, 1) and target of shape (4)",
         "the same shape", WG_ERROR_SHAPE},
        {"accuracy", p, high, NULL, "accuracy: label 3 of sample 2", "0 to 2", WG_ERROR_ARGUMENT},
        {"sparse_top_k_categorical_accuracy", p, high, NULL, "label 3 of sample 2", NULL,
         WG_ERROR_ARGUMENT},
        {"confusion_matrix", p, high, NULL, "label 3 of sample 2", NULL, WG_ERROR_ARGUMENT},
        {"f1_score", p, high, NULL, "label 3 of sample 2", NULL, WG_ERROR_ARGUMENT},
        {"confusion_matrix classes=2", p, sparse, NULL, "classes=2", "expected 3", WG_ERROR_SHAPE},
        {"sparse_categorical_accuracy", p, p, NULL, "dtype f64", "i32 labels", WG_ERROR_SHAPE},
        {"categorical_accuracy", p, sparse, NULL, "(4)", "same shape", WG_ERROR_SHAPE},
        {"mse", whole, whole, NULL, "prediction of dtype i32", NULL, WG_ERROR_DTYPE},
        {"mse", nothing, row, NULL, "data of the prediction is NULL", NULL, WG_ERROR_ARGUMENT},
        {"mse", row, nothing, NULL, "data of the target is NULL", NULL, WG_ERROR_ARGUMENT},
        {"mse", empty, empty, NULL, "not empty", NULL, WG_ERROR_SHAPE},
        {"accuracy", p, sparse, &three, "sample weights of shape (3)", "expected (4)",
         WG_ERROR_SHAPE},
        {"auc", row, row, NULL, "prediction 1.5 of element 1", "0 to 1", WG_ERROR_ARGUMENT},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        wg_metric *m = wg_metric_new(cases[i].text);
        ck_assert_int_eq(wg_metric_update(m, cases[i].p, cases[i].t, cases[i].w), cases[i].status);
        expect_failure(cases[i].text, cases[i].status, cases[i].word, cases[i].other);
        expect(m, 0); /* nothing was added */
        wg_metric_free(m);
    }
    wg_metric *m = wg_metric_new("confusion_matrix");
    wg_metric_update(m, p, sparse, NULL);
    ck_assert_int_eq(wg_metric_update(m, column, whole, NULL), WG_ERROR_ARGUMENT);
    expect_failure("labels of two", WG_ERROR_ARGUMENT, "label 2", NULL);
    ck_assert_int_eq(
        wg_metric_update(m, column, of(WG_I32, WG_SHAPE(4), (int32_t[]){0, 1, 1, 0}), NULL),
        WG_ERROR_SHAPE);
    expect_failure("another size", WG_ERROR_SHAPE, "a last axis of 3, as before", NULL);
    expect(m, 0.5);
    wg_metric_free(m);
}
END_TEST

START_TEST(null_metrics) {
    int64_t r, c;
    wg_metric_free(NULL);
    wg_metric_reset(NULL);
    ck_assert(isnan(wg_metric_result(NULL)));
    expect_failure("result", WG_ERROR_ARGUMENT, "wg_metric_result", "NULL");
    ck_assert_ptr_null(wg_metric_label(NULL));
    expect_failure("label", WG_ERROR_ARGUMENT, "wg_metric_label", "NULL");
    ck_assert_ptr_null(wg_metric_table(NULL, &r, &c));
    expect_failure("table", WG_ERROR_ARGUMENT, "wg_metric_table", "NULL");
    const struct wg_tensor p = of(WG_F64, WG_SHAPE(4, 3), scores);
    ck_assert_int_eq(wg_metric_update(NULL, p, p, NULL), WG_ERROR_ARGUMENT);
    expect_failure("update", WG_ERROR_ARGUMENT, "wg_metric_update", "NULL");
    int count = 0;
    for (; wg_metric_name(count); count++) {
        wg_metric *m = wg_metric_new(wg_metric_name(count));
        ck_assert_str_eq(wg_metric_label(m), wg_metric_name(count));
        expect(m, 0);
        wg_metric_free(m);
    }
    ck_assert_int_eq(count, 19);
    ck_assert_ptr_null(wg_metric_name(-1));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {accuracy_resolves_by_shapes,
                                  nan_is_never_right,
                                  batches_and_weights,
                                  precision_and_recall,
                                  f1_and_confusion,
                                  r2_keeps_its_digits,
                                  r2_weighs,
                                  auc_is_about_the_rank_statistic,
                                  refused,
                                  null_metrics};
    return run_suite("metrics", tests, ELEMENTS(tests));
}
