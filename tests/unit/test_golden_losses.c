/* Losses and metrics against figures of Keras (tests/golden/losses.txt), in float and in double. */
#include "golden_cases.h"
#include "support/suite.h"

#include "nn/params.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

/* Of a figure, beside the case's own tolerance: sums of a few terms. */
#define ROUNDINGS 16
/* Of what a figure is the difference of: numbers of about 1, as in dice and tversky. */
#define FROM_ONE 4

static double tolerance_of(const struct golden *c, enum wg_dtype dtype, double theirs) {
    const double epsilon = dtype == WG_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    /* Figures of 1e-9 stand beside 0, not beside 1. */
    const double beside = fabs(theirs) < 1e-6 ? 0 : FROM_ONE * epsilon;
    return c->within[1] + (c->within[0] + ROUNDINGS * epsilon) * fabs(theirs) + beside;
}

static void compare(const struct golden *c, enum wg_dtype dtype, int64_t count, double ours) {
    const double theirs = field_of(c, "y")->value[count];
    ck_assert_msg(fabs(ours - theirs) <= tolerance_of(c, dtype, theirs),
                  "%s %s %s: element %lld is %.17g; expected %.17g", c->id, c->text,
                  wg_dtype_name(dtype), (long long)count, ours, theirs);
}

static wg_var leaf(wg_tape *tape, const struct field *field, enum wg_dtype dtype) {
    int32_t whole[MOST_VALUES];
    for (int64_t k = 0; k < wg_shape_size(field->shape); k++) whole[k] = (int32_t)field->value[k];
    if (dtype == WG_I32) return wg_input(tape, dtype, field->shape, whole);
    const wg_var v = wg_variable(tape, dtype, field->shape, NULL);
    const struct wg_tensor value = wg_value(v);
    for (int64_t k = 0; k < value.size; k++) wg_set_element(&value, k, field->value[k]);
    return v;
}

static void run_loss(const struct golden *c, wg_tape *tape, enum wg_dtype dtype) {
    const struct field *weight = field_of(c, "weight"), *y = field_of(c, "y");
    const wg_var none = {0}, prediction = leaf(tape, field_of(c, "prediction"), dtype),
                 target = leaf(tape, field_of(c, "target"),
                               wg_loss_takes_labels(c->text) == 1 ? WG_I32 : dtype);
    const wg_var loss =
        wg_loss(prediction, target, weight ? leaf(tape, weight, dtype) : none, c->text);
    expect_no_failure(c->id);
    const struct wg_tensor value = wg_value(loss);
    ck_assert_msg(wg_shape_equal(value.shape, y->shape), "%s %s: the shape", c->id, c->text);
    for (int64_t k = 0; k < value.size; k++) compare(c, dtype, k, wg_element(&value, k));
}

static void run_metric(const struct golden *c, wg_tape *tape, enum wg_dtype dtype) {
    const struct field *weight = field_of(c, "weight"), *y = field_of(c, "y");
    const enum wg_dtype target = strncmp(c->text, "sparse", 6) == 0 ? WG_I32 : dtype;
    wg_metric *metric = wg_metric_new(c->text);
    const struct wg_tensor prediction = wg_value(leaf(tape, field_of(c, "prediction"), dtype)),
                           truth = wg_value(leaf(tape, field_of(c, "target"), target)),
                           weights = weight ? wg_value(leaf(tape, weight, dtype)) : truth;
    wg_metric_update(metric, prediction, truth, weight ? &weights : NULL);
    expect_no_failure(c->id);
    int64_t rows, columns;
    const double *table = wg_metric_table(metric, &rows, &columns);
    ck_assert_int_eq(rows * columns, wg_shape_size(y->shape));
    for (int64_t k = 0; k < columns; k++) compare(c, dtype, k, table[k]);
    if (columns == 1) compare(c, dtype, 0, wg_metric_result(metric));
    expect_no_failure(c->id);
    wg_metric_free(metric);
}

START_TEST(every_case) {
    int losses = 0, metrics = 0, excepted = 0, of_float = 0;
    FILE *file = fopen(WENGERT_GOLDEN_LOSSES, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN_LOSSES);
    static struct golden c;
    while (next_golden(file, &c)) {
        const int loss = strcmp(c.kind, "loss") == 0;
        ck_assert_msg(loss || strcmp(c.kind, "metric") == 0, "%s: unknown kind %s", c.id, c.kind);
        *(loss ? &losses : &metrics) += 1;
        if (strcmp(c.text, "ctc") == 0) { /* docs/architecture.md says why */
            ck_assert_int_eq(wg_loss_check(c.text), WG_ERROR_ARGUMENT);
            wg_clear_error();
            excepted++;
            continue;
        }
        for (int narrow = 0; narrow < 2; narrow++) {
            if (!narrow && field_of(&c, "bits")) {
                of_float++;
                continue;
            }
            wg_tape *tape = wg_tape_new();
            (loss ? run_loss : run_metric)(&c, tape, narrow ? WG_F32 : WG_F64);
            wg_tape_free(tape);
        }
    }
    fclose(file);
    printf("%d losses, %d excepted, %d in float alone; %d metrics\n", losses, excepted, of_float,
           metrics);
    ck_assert_int_eq(losses, 71);
    ck_assert_int_eq(excepted, 1);
    ck_assert_int_eq(of_float, 3);
    ck_assert_int_eq(metrics, 22);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_case};
    return run_suite("golden_losses", tests, ELEMENTS(tests));
}
