/* variance and standardize beside their registry-driven tests: accuracy where the spread is small
 * against the mean, lines that are constant, threads, special values, errors. */
#include "support/suite.h"

#include "wengert/random.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* In epsilons. Of the variance: it is a sum of squares in a tree of partial sums. Of a standardized
 * element, beside its own size: deviation, root, quotient, and the variance's error. Of a gradient,
 * beside the largest upstream element over the root. */
static const double VARIANCE_EPSILONS = 32, VALUE_EPSILONS = 32, GRADIENT_EPSILONS = 64;

enum { MOST = 600000 };

static wg_tape *tape;
static double x[MOST], dy[MOST];

static void start(void) {
    wg_clear_error();
    tape = wg_tape_new();
}
static void stop(void) {
    ck_assert_int_eq(wg_set_threads(1), WG_OK);
    wg_tape_free(tape);
}

static double at(struct wg_tensor t, int64_t i) {
    EXPECT(t.data != NULL, "%s", wg_error());
    return t.dtype == WG_F32 ? (double)((const float *)t.data)[i] : ((const double *)t.data)[i];
}

/* n numbers in the dtype; they lie on the tape. */
static wg_var variable(enum wg_dtype dtype, struct wg_shape shape, const double *from) {
    const wg_var v = wg_variable(tape, dtype, shape, NULL);
    const struct wg_tensor t = wg_value(v);
    for (int64_t i = 0; i < t.size; i++) {
        if (dtype == WG_F32)
            ((float *)t.data)[i] = (float)from[i];
        else
            ((double *)t.data)[i] = from[i];
    }
    return v;
}

static void expect_near(const char *what, double got, long double want, long double bound) {
    EXPECT(fabsl((long double)got - want) <= bound, "%s: %.17g; expected %.17Lg, within %.3Lg",
           what, got, want, bound);
}

/* ------------------------------------------------------------------------------------------------
 * Accuracy */

static const struct {
    int64_t rows, columns; /* columns are standardized one by one (axis 0), or rows (axis 1) */
    int axis;
    double mean, stddev;
} hard[] = {
    {4, 1000, 1, 1e4, 1},    {1000, 4, 0, 1e4, 1},  {20000, 20, 0, 1e4, 1}, {3, 100000, 1, 1e4, 1},
    {50, 7, 1, -3e4, 0.5},   {513, 33, 0, 1e6, 10}, {64, 64, 1, 0, 1e-3},   {64, 64, 0, 0, 1e3},
    {100, 3, 1, 1e4, 0.125}, {3000, 100, 0, 50, 2},
};

/* One line in long double, of the numbers as the dtype rounded them. The mean is kept as a distance
 * from the line's first element: long double has but 11 bits more than double. */
struct line {
    long double near, mean, variance, all, along; /* of x; of dy, and of dy y */
};

static struct line line_of(struct wg_tensor v, const double *up, int64_t first, int64_t step,
                           int64_t n, long double epsilon) {
    struct line l = {.near = (long double)at(v, first)};
    for (int64_t k = 0; k < n; k++) l.mean += (long double)at(v, first + k * step) - l.near;
    l.mean /= (long double)n;
    for (int64_t k = 0; k < n; k++) {
        const long double d = (long double)at(v, first + k * step) - l.near - l.mean;
        l.variance += d * d;
        l.all += (long double)up[first + k * step];
        l.along += (long double)up[first + k * step] * d;
    }
    l.variance /= (long double)n;
    l.all /= (long double)n;
    l.along /= (long double)n * sqrtl(l.variance + epsilon);
    return l;
}

START_TEST(a_large_mean_costs_nothing) {
    const enum wg_dtype dtype = _i % 2 ? WG_F64 : WG_F32;
    const long double eps = dtype == WG_F32 ? (long double)FLT_EPSILON : (long double)DBL_EPSILON;
    const int64_t rows = hard[_i / 2].rows, columns = hard[_i / 2].columns, size = rows * columns;
    const int axis = hard[_i / 2].axis;
    const int64_t n = axis ? columns : rows, step = axis ? 1 : columns;
    const double epsilon = 1e-3 * hard[_i / 2].stddev * hard[_i / 2].stddev;
    struct wg_random random = wg_random_make(7, (uint64_t)_i);
    for (int64_t i = 0; i < size; i++) {
        x[i] = wg_random_normal(&random, hard[_i / 2].mean, hard[_i / 2].stddev);
        dy[i] = (double)(float)wg_random_uniform(&random, -1, 1);
    }
    const wg_var v = variable(dtype, WG_SHAPE(rows, columns), x);
    const wg_var up = variable(dtype, WG_SHAPE(rows, columns), dy);
    const wg_var variance = wg_variance(v, WG_AXES(axis), 0);
    const wg_var y = wg_standardize(v, WG_AXES(axis), epsilon);
    ck_assert_int_eq(wg_backward_from(y, wg_value(up).data), WG_OK);
    for (int64_t r = 0; r < size / n; r++) {
        const int64_t first = axis ? r * columns : r;
        const struct line l = line_of(wg_value(v), dy, first, step, n, (long double)epsilon);
        const long double root = sqrtl(l.variance + (long double)epsilon);
        expect_near("variance", at(wg_value(variance), r), l.variance,
                    VARIANCE_EPSILONS * eps * l.variance);
        for (int64_t k = 0; k < n; k++) {
            const int64_t i = first + k * step;
            const long double want = ((long double)at(wg_value(v), i) - l.near - l.mean) / root;
            expect_near("value", at(wg_value(y), i), want,
                        VALUE_EPSILONS * eps * fmaxl(fabsl(want), 1));
            expect_near("gradient", at(wg_gradient(v), i),
                        ((long double)dy[i] - l.all - want * l.along) / root,
                        GRADIENT_EPSILONS * eps * fmaxl(fabsl(want), 1) / root);
        }
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Constant lines, threads, special values */

START_TEST(constant_lines_give_0) {
    static const double values[] = {0, 1, -3.7, 1e4, 0.1, 1e-30, 12345.678};
    const double epsilon = _i % 2 ? 1e-3 : 0;
    const enum wg_dtype dtype = _i / 2 ? WG_F64 : WG_F32;
    enum { LINES = 7, LENGTH = 300 };
    for (int i = 0; i < LINES * LENGTH; i++) {
        x[i] = values[i / LENGTH];
        dy[i] = i % 5 - 1.5;
    }
    const wg_var v = variable(dtype, WG_SHAPE(LINES, LENGTH), x);
    const wg_var up = variable(dtype, WG_SHAPE(LINES, LENGTH), dy);
    const wg_var y = wg_standardize(v, WG_AXES(1), epsilon), s = wg_variance(v, WG_AXES(1), 1);
    ck_assert_int_eq(wg_backward_from(y, wg_value(up).data), WG_OK);
    for (int i = 0; i < LINES; i++) ck_assert(at(wg_value(s), i) == 0);
    for (int i = 0; i < LINES * LENGTH; i++) {
        ck_assert(at(wg_value(y), i) == 0);
        ck_assert(epsilon > 0 ? isfinite(at(wg_gradient(v), i)) : at(wg_gradient(v), i) == 0);
    }
}
END_TEST

static const struct {
    struct wg_shape shape;
    struct wg_axes axes;
} large[] = {
    {{2, {700, 300}}, {1, {1}}},
    {{2, {700, 300}}, {1, {0}}},
    {{4, {9, 40, 40, 16}}, {3, {0, 1, 2}}},
    {{3, {30, 50, 100}}, {1, {1}}},
    {{3, {30, 50, 100}}, {2, {0, 2}}},
    {{1, {200000}}, {0, {0}}},
    {{3, {40, 9000, 1}}, {1, {0}}},
};

START_TEST(threads_change_nothing) {
    static float from[MOST], y[MOST], dx[MOST];
    const int64_t n = wg_shape_size(large[_i].shape);
    for (int64_t i = 0; i < n; i++) from[i] = (float)((i * 7919) % 20011) * 0.0005f - 5;
    for (int op = 0; op < 2; op++) {
        for (int threads = 1; threads <= 5; threads += 2) {
            ck_assert_int_eq(wg_set_threads(threads), WG_OK);
            const wg_var v = wg_variable(tape, WG_F32, large[_i].shape, from);
            const wg_var z =
                op ? wg_variance(v, large[_i].axes, 0) : wg_standardize(v, large[_i].axes, 1e-3);
            ck_assert_int_eq(wg_backward_from(z, from), WG_OK);
            const size_t bytes = (size_t)wg_value(z).size * sizeof *y;
            if (threads == 1) {
                memcpy(y, wg_value(z).data, bytes);
                memcpy(dx, wg_gradient(v).data, (size_t)n * sizeof *dx);
            }
            ck_assert_mem_eq(y, wg_value(z).data, bytes);
            ck_assert_mem_eq(dx, wg_gradient(v).data, (size_t)n * sizeof *dx);
        }
    }
}
END_TEST

/* A NaN or an infinity makes its own line NaN, and no other. */
START_TEST(special_values_stay_in_their_line) {
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    const double values[] = {1, odd[_i], 3, 1, 2, 4};
    const wg_var v = wg_variable(tape, WG_F64, WG_SHAPE(2, 3), values);
    const wg_var y = wg_standardize(v, WG_AXES(1), 1e-3), s = wg_variance(v, WG_AXES(1), 0);
    ck_assert_int_eq(wg_backward_from(y, values), WG_OK);
    ck_assert(isnan(at(wg_value(s), 0)) && isfinite(at(wg_value(s), 1)));
    for (int i = 0; i < 3; i++) {
        ck_assert(isnan(at(wg_value(y), i)) && isnan(at(wg_gradient(v), i)));
        ck_assert(isfinite(at(wg_value(y), 3 + i)));
    }
}
END_TEST

START_TEST(errors_say_what_is_wrong) {
    const wg_var v = wg_variable(tape, WG_F64, WG_SHAPE(2, 3), NULL);
    const wg_var none = wg_variable(tape, WG_F64, WG_SHAPE(2, 0), NULL);
    ck_assert(wg_is_null(wg_standardize(v, WG_AXES(2), 1e-3)));
    expect_failure("axis", WG_ERROR_SHAPE, "standardize: axis 2", "-2 to 1");
    ck_assert(wg_is_null(wg_standardize(v, WG_AXES(0, -2), 1e-3)));
    expect_failure("twice", WG_ERROR_SHAPE, "standardize: axis -2", "twice");
    ck_assert(wg_is_null(wg_standardize(v, WG_AXES(0), -1)));
    expect_failure("epsilon", WG_ERROR_ARGUMENT, "epsilon", "-1");
    ck_assert(wg_is_null(wg_standardize(v, WG_AXES(0), NAN)));
    expect_failure("epsilon", WG_ERROR_ARGUMENT, "epsilon", NULL);
    ck_assert(wg_is_null(wg_variance(none, WG_AXES(1), 0)));
    expect_failure("nothing", WG_ERROR_SHAPE, "variance: shape (2, 0)", "at least one");
    ck_assert(wg_is_null(wg_variance(v, WG_AXES(-3), 0)));
    expect_failure("axis", WG_ERROR_SHAPE, "variance: axis -3", "-2 to 1");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("standardize");
    TCase *cases = tcase_create("standardize");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_loop_test(cases, a_large_mean_costs_nothing, 0, 2 * (int)ELEMENTS(hard));
    tcase_add_loop_test(cases, constant_lines_give_0, 0, 4);
    tcase_add_loop_test(cases, threads_change_nothing, 0, (int)ELEMENTS(large));
    tcase_add_loop_test(cases, special_values_stay_in_their_line, 0, 3);
    tcase_add_test(cases, errors_say_what_is_wrong);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
