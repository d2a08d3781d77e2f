/* Single rules beyond Keras's list of figures (test_golden_optimizers.c), and clipping where floats
 * are large.
 */
#include "support/suite.h"

#include "base/error.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* A few roundings of numbers up to 2. */
#define TOLERANCE (8 * DBL_EPSILON)
/* Four updates, each with some ten roundings, and differences that lose a digit. */
#define REFERENCE_TOLERANCE (128 * DBL_EPSILON)
/* Figures given to four digits. */
#define FOUR_DIGITS 1e-4

/* Keras's figures for a matrix; the factors' shapes. */
START_TEST(adafactor_factors_a_matrix) {
    static const double start[] = {1, 2, 3, 4}, g[] = {1, 6, 7, 2},
                        expected[] = {.7007, -.0081, 1.2492, 3.4407};
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w", WG_SHAPE(2, 2));
    wg_params_add(params, "stack", WG_SHAPE(2, 3, 4));
    wg_params_add(params, "bias", WG_SHAPE(5));
    wg_optimizer *o = wg_adafactor(params, .learning_rate = 0.5);
    double *w = wg_param_value(params, 0).data;
    memcpy(w, start, sizeof start);
    memcpy(wg_param_gradient(params, 0).data, g, sizeof g);
    wg_optimizer_step(o);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(w[i], expected[i], FOUR_DIGITS * (1 + fabs(expected[i])));
    const struct wg_shape row = wg_optimizer_state(o, 0, 1).shape,
                          column = wg_optimizer_state(o, 1, 1).shape,
                          bias = wg_optimizer_state(o, 2, 2).shape;
    ck_assert_str_eq(wg_shape_text(row).text, wg_shape_text(WG_SHAPE(2, 3)).text);
    ck_assert_str_eq(wg_shape_text(column).text, wg_shape_text(WG_SHAPE(2, 4)).text);
    ck_assert_str_eq(wg_shape_text(bias).text, wg_shape_text(WG_SHAPE(5)).text);
    ck_assert_ptr_null(wg_optimizer_state_name(o, 2, 1));
    ck_assert_ptr_null(wg_optimizer_state_name(o, 0, 2));
    expect_no_failure("names");
    ck_assert_ptr_null(wg_optimizer_state(o, 2, 1).data);
    expect_failure("no velocity", WG_ERROR_ARGUMENT, "adafactor", "slot 2");
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

/* The paper's algorithm, written down for one stack of two 3 x 4 matrices. */
enum { STACK = 2, ROWS = 3, COLUMNS = 4, SIZE = STACK * ROWS * COLUMNS };

static double root_mean_square(const double *x) {
    double sum = 0;
    for (int i = 0; i < SIZE; i++) sum += x[i] * x[i] / SIZE;
    return sqrt(sum);
}

static void adafactor_reference(int t, double rate, double *w, const double *g,
                                double row[STACK][ROWS], double column[STACK][COLUMNS]) {
    const double add = pow(t, -0.8), keep = 1 - add, size = fmax(1e-3, root_mean_square(w));
    double u[SIZE];
    for (int b = 0; b < STACK; b++) {
        double mean = 0;
        for (int i = 0; i < ROWS; i++) row[b][i] *= keep;
        for (int j = 0; j < COLUMNS; j++) column[b][j] *= keep;
        for (int k = 0; k < ROWS * COLUMNS; k++) {
            const double square = g[b * ROWS * COLUMNS + k] * g[b * ROWS * COLUMNS + k];
            row[b][k / COLUMNS] += add * square / COLUMNS;
            column[b][k % COLUMNS] += add * square / ROWS;
        }
        for (int i = 0; i < ROWS; i++) mean += row[b][i] / ROWS;
        for (int k = 0; k < ROWS * COLUMNS; k++) {
            u[b * ROWS * COLUMNS + k] = g[b * ROWS * COLUMNS + k] /
                                        sqrt(row[b][k / COLUMNS] / mean * column[b][k % COLUMNS]);
        }
    }
    const double step = fmin(rate, 1 / sqrt(t)) * size / fmax(1, root_mean_square(u));
    for (int i = 0; i < SIZE; i++) w[i] -= step * u[i];
}

START_TEST(adafactor_is_the_paper_s) {
    double w[SIZE], row[STACK][ROWS] = {{0}}, column[STACK][COLUMNS] = {{0}};
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "stack", WG_SHAPE(STACK, ROWS, COLUMNS));
    wg_param_uniform(params, 0, -1, 1, 9);
    wg_optimizer *o = wg_adafactor(params, .learning_rate = 0.6);
    const double *ours = wg_param_value(params, 0).data;
    memcpy(w, ours, sizeof w);
    for (int t = 1; t <= 4; t++) {
        double *g = wg_param_gradient(params, 0).data;
        for (int i = 0; i < SIZE; i++) g[i] = (double)((i * 37 + t * 11) % 23 - 11) / 16;
        g[2 * t] += 3; /* rows and columns differ */
        adafactor_reference(t, 0.6, w, g, row, column);
        wg_optimizer_step(o);
        for (int i = 0; i < SIZE; i++) ck_assert_double_eq_tol(ours[i], w[i], REFERENCE_TOLERANCE);
    }
    expect_no_failure("adafactor");
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

/* No weights, or no update, to compare: the ratio is 1. */
START_TEST(lamb_s_ratio_is_1_for_a_norm_of_0) {
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w", WG_SHAPE(2));
    double *w = wg_param_value(params, 0).data, *g = wg_param_gradient(params, 0).data;
    for (int moves = 0; moves < 2; moves++) {
        wg_optimizer *o = wg_lamb(params, .learning_rate = 0.5, .epsilon = 1e-30);
        for (int i = 0; i < 2; i++) {
            w[i] = moves ? 0 : i + 1;
            g[i] = moves;
        }
        wg_optimizer_step(o);
        for (int i = 0; i < 2; i++) ck_assert_double_eq_tol(w[i], moves ? -0.5 : i + 1, TOLERANCE);
        wg_optimizer_free(o);
    }
    expect_no_failure("lamb");
    wg_params_free(params);
}
END_TEST

/* ---- Clipping ------------------------------------------------------------------------------ */

/* Where float's squares would overflow, sums in double do not. */
START_TEST(norms_of_large_floats_are_finite) {
    static const char *const options[] = {"clipnorm=1", "global_clipnorm=1"};
    for (size_t k = 0; k < ELEMENTS(options); k++) {
        char text[64];
        wg_params *params = wg_params_new(WG_F32);
        wg_params_add(params, "w", WG_SHAPE(2));
        snprintf(text, sizeof text, "sgd learning_rate=1 %s", options[k]);
        wg_optimizer *o = wg_optimizer_from_text(params, text);
        float *w = wg_param_value(params, 0).data, *g = wg_param_gradient(params, 0).data;
        g[0] = 3e30f;
        g[1] = -4e30f;
        wg_optimizer_step(o);
        ck_assert_double_eq_tol((double)w[0], -0.6, 4 * (double)FLT_EPSILON);
        ck_assert_double_eq_tol((double)w[1], 0.8, 4 * (double)FLT_EPSILON);
        g[0] = INFINITY; /* no factor helps: all NaN, as in Keras */
        wg_optimizer_step(o);
        ck_assert(isnan(w[0]) && isnan(w[1]));
        expect_no_failure(text);
        wg_optimizer_free(o);
        wg_params_free(params);
    }
}
END_TEST

/* v - a^2 is rounded to less than 0 here, by more than epsilon. */
START_TEST(centered_rmsprop_takes_no_root_of_a_negative) {
    wg_params *params = wg_params_new(WG_F32);
    wg_params_add(params, "w", WG_SHAPE(64));
    wg_optimizer *o = wg_rmsprop(params, .centered = 1);
    const float *w = wg_param_value(params, 0).data;
    float *g = wg_param_gradient(params, 0).data;
    for (int i = 0; i < 64; i++) g[i] = 1000 + (float)i / 7;
    for (int step = 0; step < 400; step++) wg_optimizer_step(o);
    for (int i = 0; i < 64; i++) ck_assert_msg(isfinite(w[i]), "%d: %g", i, (double)w[i]);
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

/* A row and a column of zeros, as units leave that are never active: the product of their factors
 * is below every float. */
START_TEST(adafactor_divides_no_0_by_0) {
    wg_params *params = wg_params_new(WG_F32);
    wg_params_add(params, "w", WG_SHAPE(2, 2));
    wg_param_fill(params, 0, 1);
    wg_optimizer *o = wg_adafactor(params, .learning_rate = 0.5);
    const float *w = wg_param_value(params, 0).data;
    ((float *)wg_param_gradient(params, 0).data)[0] = 100;
    for (int step = 0; step < 3; step++) wg_optimizer_step(o);
    ck_assert_float_lt(w[0], 1);
    for (int i = 1; i < 4; i++)
        ck_assert_msg(w[i] == 1, "%d: %g; expected 1, as it has no gradient", i, (double)w[i]);
    wg_optimizer_free(o);
    wg_params_free(params);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        adafactor_factors_a_matrix,       adafactor_is_the_paper_s,
        adafactor_divides_no_0_by_0,      lamb_s_ratio_is_1_for_a_norm_of_0,
        norms_of_large_floats_are_finite, centered_rmsprop_takes_no_root_of_a_negative};
    return run_suite("rules", tests, ELEMENTS(tests));
}
