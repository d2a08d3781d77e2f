/* Noise by a key: its statistics, that it depends on the key and the place alone, that what drops
 * is selected, Keras's constants, and errors. Values element by element: ops_reference.c. */
#include "support/suite.h"

#include "wengert/random.h"
#include "wengert/wengert.h"

#include <math.h>
#include <stdbool.h>

enum { N = 1000000 };

/* Statistics may be off by this many of their standard deviations: once in 1.7 million draws, and
 * the draws are fixed. */
static const double SIGMAS = 5;
/* Keras's constants, derived from its formula in double: a few roundings. */
static const double TOLERANCE_GOLDEN = 1e-14;

static wg_tape *tape;
static float ones[N], x[N];

static void start(void) {
    wg_clear_error();
    tape = wg_tape_new();
    for (int i = 0; i < N; i++) ones[i] = 1;
}
static void stop(void) {
    ck_assert_int_eq(wg_set_threads(1), WG_OK);
    wg_tape_free(tape);
}

static wg_var key_of(int32_t low, int32_t high, int32_t stream, int32_t position) {
    return wg_input(tape, WG_I32, WG_SHAPE(4), (const int32_t[]){low, high, stream, position});
}

enum noise { DROPOUT, ALPHA, GAUSSIAN_DROPOUT, GAUSSIAN_NOISE, NOISES };

static wg_var apply(enum noise noise, wg_var v, wg_var key, double amount) {
    switch (noise) {
    case DROPOUT:
        return wg_keyed_dropout(v, key, amount, (struct wg_axes){0});
    case ALPHA:
        return wg_keyed_alpha_dropout(v, key, amount);
    case GAUSSIAN_DROPOUT:
        return wg_keyed_gaussian_dropout(v, key, amount);
    default:
        return wg_keyed_gaussian_noise(v, key, amount);
    }
}

static const float *noisy(enum noise noise, int64_t n, const float *from, wg_var key,
                          double amount) {
    const wg_var y = apply(noise, wg_variable(tape, WG_F32, WG_SHAPE(n), from), key, amount);
    expect_no_failure("noise");
    return wg_value(y).data;
}

static double mean_of(int64_t n, const float *v) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)v[i];
    return sum / (double)n;
}

/* The mean of (v - about)^power. */
static double moment(int64_t n, const float *v, double about, int power) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += pow((double)v[i] - about, power);
    return sum / (double)n;
}

static void expect_statistic(const char *what, double got, double want, double sigma) {
    ck_assert_msg(fabs(got - want) <= SIGMAS * sigma, "%s: %.9g; expected %.9g within %.2g", what,
                  got, want, SIGMAS * sigma);
}

/* Mean and variance of n numbers, the variance's deviation from the numbers' own fourth moment. */
static void expect_moments(const char *what, int64_t n, const float *v, double mean,
                           double variance) {
    const double m4 = moment(n, v, mean, 4), count = (double)n;
    expect_statistic(what, mean_of(n, v), mean, sqrt(variance / count));
    expect_statistic(what, moment(n, v, mean, 2), variance,
                     sqrt((m4 - variance * variance) / count));
}

/* ------------------------------------------------------------------------------------------------
 * Statistics */

static const double rates[] = {0, 1e-3, 0.1, 0.3, 0.5, 0.9, 0.999, 1};

START_TEST(the_share_of_the_kept_is_right) {
    const double rate = rates[_i];
    const float *y = noisy(DROPOUT, N, ones, key_of(1, 2, 3, _i), rate);
    int64_t kept = 0;
    for (int64_t i = 0; i < N; i++) {
        EXPECT(y[i] == 0 || y[i] == 1 / (float)(1 - rate), "%g", (double)y[i]);
        kept += y[i] != 0;
    }
    expect_statistic("kept", (double)kept, (1 - rate) * N, sqrt(rate * (1 - rate) * N));
}
END_TEST

START_TEST(alpha_dropout_keeps_mean_and_variance) {
    static const double some[] = {0, 0.05, 0.2, 0.5, 0.8};
    struct wg_random random = wg_random_make(5, (uint64_t)_i);
    for (int i = 0; i < N; i++) x[i] = (float)wg_random_normal(&random, 0, 1);
    expect_moments("alpha dropout", N, noisy(ALPHA, N, x, key_of(1, 0, 0, _i), some[_i]), 0, 1);
}
END_TEST

START_TEST(normal_noise_has_its_moments) {
    static const double some[] = {0.05, 0.3, 0.8};
    const double r = some[_i];
    expect_moments("dropout", N, noisy(GAUSSIAN_DROPOUT, N, ones, key_of(7, 8, 9, _i), r), 1,
                   r / (1 - r));
    expect_moments("noise", N, noisy(GAUSSIAN_NOISE, N, ones, key_of(9, 8, 9, _i), r), 1, r * r);
}
END_TEST

static double correlation(int64_t n, const float *a, const float *b) {
    const double ma = mean_of(n, a), mb = mean_of(n, b);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += ((double)a[i] - ma) * ((double)b[i] - mb);
    return sum / (double)n / sqrt(moment(n, a, ma, 2) * moment(n, b, mb, 2));
}

static const int32_t keys[][4] = {
    {11, 12, 13, 14}, {11, 12, 13, 15}, {11, 12, 14, 14}, {12, 12, 13, 14},
    {11, 13, 13, 14}, {14, 12, 13, 11}, {-1, -2, -3, -4}, {-1, -2, -3, INT32_MIN},
};

/* Neighbours within a tensor, and tensors of neighbouring keys, have nothing to do with each other.
 */
START_TEST(numbers_are_independent) {
    static const enum noise noises[] = {DROPOUT, GAUSSIAN_NOISE};
    const enum noise noise = noises[_i];
    const float *y[ELEMENTS(keys)];
    for (size_t k = 0; k < ELEMENTS(keys); k++)
        y[k] = noisy(noise, N, ones, key_of(keys[k][0], keys[k][1], keys[k][2], keys[k][3]), 0.4);
    for (int lag = 1; lag <= 9; lag++)
        expect_statistic("neighbours", correlation(N - lag, y[0], y[0] + lag), 0, 1e-3);
    for (size_t k = 1; k < ELEMENTS(keys); k++) {
        for (size_t j = 0; j < k; j++)
            expect_statistic("keys", correlation(N, y[k], y[j]), 0, 1e-3);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * What a number depends on */

START_TEST(numbers_depend_on_key_and_place_alone) {
    enum { LARGE = 70001, PLACES = 37 };
    const enum noise noise = (enum noise)_i;
    const float *y = noisy(noise, LARGE, ones, key_of(1, 2, 3, 4), 0.4);
    for (int64_t n = 1; n < PLACES; n++)
        ck_assert_mem_eq(noisy(noise, n, ones, key_of(1, 2, 3, 4), 0.4), y, (size_t)n * sizeof *y);
    for (int threads = 2; threads <= 5; threads += 3) {
        ck_assert_int_eq(wg_set_threads(threads), WG_OK);
        ck_assert_mem_eq(noisy(noise, LARGE, ones, key_of(1, 2, 3, 4), 0.4), y, LARGE * sizeof *y);
    }
    for (int k = 0; k < 4; k++) {
        const int32_t moved[] = {1 + (k == 0), 2 + (k == 1), 3 + (k == 2), 4 + (k == 3)};
        const float *other =
            noisy(noise, LARGE, ones, key_of(moved[0], moved[1], moved[2], moved[3]), 0.4);
        ck_assert_mem_ne(other, y, LARGE * sizeof *y);
    }
}
END_TEST

/* The same in float and double: decisions exactly, numbers to float's rounding. */
START_TEST(dtypes_agree) {
    enum { SOME = 3001 };
    static double wide[SOME];
    for (int i = 0; i < SOME; i++) wide[i] = 1;
    const wg_var v = wg_variable(tape, WG_F64, WG_SHAPE(SOME), wide);
    const double *y = wg_value(apply((enum noise)_i, v, key_of(5, 6, 7, 8), 0.25)).data;
    const float *narrow = noisy((enum noise)_i, SOME, ones, key_of(5, 6, 7, 8), 0.25);
    for (int i = 0; i < SOME; i++)
        EXPECT(fabs((double)narrow[i] - (double)(float)y[i]) <= 2e-7, "element %d: %g", i, y[i]);
}
END_TEST

/* A step is a new position in the key: new numbers in each replay, and backward has forward's. */
START_TEST(replay_draws_anew_and_backward_the_same) {
    enum { SOME = 1111 };
    float y[3][SOME];
    const wg_var v = wg_variable(tape, WG_F32, WG_SHAPE(SOME), ones), key = key_of(1, 2, 3, 0);
    const wg_var z = apply((enum noise)_i, v, key, 0.5);
    for (int step = 0; step < 3; step++) {
        const int32_t now[] = {1, 2, 3, step % 2};
        ck_assert_int_eq(wg_set(key, now), WG_OK);
        ck_assert_int_eq(wg_forward(tape), WG_OK);
        ck_assert_int_eq(wg_backward_from(z, ones), WG_OK);
        memcpy(y[step], wg_value(z).data, sizeof y[step]);
        const float *dx = wg_gradient(v).data;
        float shift = 0, scale = 1; /* of the kept in alpha dropout: y = a x + b, with x = 1 */
        for (int i = 0; i < SOME; i++) {
            if (_i == ALPHA && dx[i] != 0) scale = dx[i];
            if (_i == ALPHA && dx[i] != 0) shift = y[step][i] - scale;
        }
        for (int i = 0; i < SOME; i++) {
            if (_i == GAUSSIAN_NOISE)
                EXPECT(dx[i] == 1, "element %d: %g; expected 1", i, (double)dx[i]);
            else if (_i == ALPHA)
                EXPECT(dx[i] == 0 ? y[step][i] < 0 : y[step][i] == scale + shift, "element %d: %g",
                       i, (double)y[step][i]);
            else
                EXPECT(dx[i] == y[step][i], "element %d: %g", i, (double)dx[i]);
        }
    }
    ck_assert_mem_ne(y[0], y[1], sizeof y[0]);
    ck_assert_mem_eq(y[0], y[2], sizeof y[0]);
}
END_TEST

/* Axes that share: one decision for each image and channel, that of its place without them. */
START_TEST(shared_axes_have_one_decision) {
    enum { IMAGES = 5, H = 6, W = 7, C = 9, ALL = IMAGES * H * W * C };
    const wg_var v = wg_variable(tape, WG_F32, WG_SHAPE(IMAGES, H, W, C), ones);
    const float *y = wg_value(wg_keyed_dropout(v, key_of(1, 2, 3, 4), 0.5, WG_AXES(1, 2))).data;
    const float *each = noisy(DROPOUT, IMAGES * C, ones, key_of(1, 2, 3, 4), 0.5);
    expect_no_failure("shared");
    for (int i = 0; i < ALL; i++)
        EXPECT(y[i] == each[i / (H * W * C) * C + i % C], "element %d: %g", i, (double)y[i]);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Values */

START_TEST(what_drops_is_selected) {
    enum { SOME = 400 };
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f};
    for (int i = 0; i < SOME; i++) x[i] = odd[i / 7 % 4];
    const float *mask = noisy(DROPOUT, SOME, ones, key_of(3, 3, 3, 3), 0.5);
    const wg_var v = wg_variable(tape, WG_F32, WG_SHAPE(SOME), x);
    const wg_var plain = apply(DROPOUT, v, key_of(3, 3, 3, 3), 0.5);
    const wg_var shared =
        wg_keyed_dropout(wg_reshape(v, WG_SHAPE(SOME, 1)), key_of(3, 3, 3, 3), 0.5, WG_AXES(1));
    const wg_var alpha = apply(ALPHA, v, key_of(3, 3, 3, 3), 0.5);
    const wg_var all[] = {plain, shared, alpha};
    for (int k = 0; k < 3; k++) {
        const float *y = wg_value(all[k]).data;
        ck_assert_int_eq(wg_backward_from(all[k], x), WG_OK);
        const float *dx = wg_gradient(v).data;
        for (int i = 0; i < SOME; i++) {
            if (mask[i] != 0) {
                ck_assert(!isfinite(y[i]) || fabsf(y[i]) > 1e38f);
                continue;
            }
            ck_assert(k == 2 ? fabsf(y[i] + 0.7791939305f) <= 1e-6f : y[i] == 0);
            ck_assert(dx[i] == 0 && !signbit(dx[i]));
        }
    }
}
END_TEST

START_TEST(rate_1_gives_zeros) {
    for (int i = 0; i < 100; i++) x[i] = i % 2 ? NAN : -1;
    const float *y = noisy(DROPOUT, 100, x, key_of(1, 1, 1, 1), 1);
    for (int i = 0; i < 100; i++) ck_assert(y[i] == 0 && !signbit(y[i]));
}
END_TEST

/* Nothing is changed by no noise. */
START_TEST(amount_0_changes_nothing) {
    for (int i = 0; i < 1000; i++) x[i] = (float)(i - 500) * 0.37f;
    ck_assert_mem_eq(noisy((enum noise)_i, 1000, x, key_of(1, 1, 1, 1), 0), x, 1000 * sizeof *x);
}
END_TEST

static const struct {
    double rate, kept, dropped; /* of x = 1 */
} golden[] = {
    {0.05, 1.0387800481988412, -1.5947758716823934},
    {0.2, 1.1879435455876273, -1.2361598485763778},
    {0.3, 1.315044684383419, -1.0595481589864801},
    {0.5, 1.6655988251839635, -0.7791939305180317},
};

START_TEST(alpha_dropout_has_keras_constants) {
    enum { SOME = 500 };
    static double one[SOME];
    for (int i = 0; i < SOME; i++) one[i] = 1;
    const wg_var v = wg_variable(tape, WG_F64, WG_SHAPE(SOME), one);
    const double *y = wg_value(apply(ALPHA, v, key_of(1, 2, 3, 4), golden[_i].rate)).data;
    int64_t kept = 0;
    for (int i = 0; i < SOME; i++) {
        const double want = y[i] > 0 ? golden[_i].kept : golden[_i].dropped;
        ck_assert_double_eq_tol(y[i], want, TOLERANCE_GOLDEN * fabs(want));
        kept += y[i] > 0;
    }
    ck_assert(kept > 0 && kept < SOME);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Errors */

START_TEST(errors_say_what_is_wrong) {
    const wg_var v = wg_variable(tape, WG_F32, WG_SHAPE(2, 3), ones), key = key_of(1, 2, 3, 4);
    const wg_var short_key = wg_input(tape, WG_I32, WG_SHAPE(2), NULL);
    const struct wg_axes none = {0};
#define REFUSED(code, word, other, call)                                                           \
    do {                                                                                           \
        ck_assert(wg_is_null(call));                                                               \
        expect_failure(#call, WG_ERROR_##code, word, other);                                       \
    } while (0)
    REFUSED(SHAPE, "keyed_dropout: a key of shape (2)", "expected (4)",
            wg_keyed_dropout(v, short_key, 0.5, none));
    REFUSED(SHAPE, "keyed_gaussian_noise: a key of shape (2)", "position",
            wg_keyed_gaussian_noise(v, short_key, 1));
    REFUSED(DTYPE, "keyed_dropout: input 1", "i32", wg_keyed_dropout(v, v, 0.5, none));
    REFUSED(SHAPE, "keyed_dropout: axis 2", "-2 to 1", wg_keyed_dropout(v, key, 0.5, WG_AXES(2)));
    REFUSED(SHAPE, "keyed_dropout: axis -1", "twice",
            wg_keyed_dropout(v, key, 0.5, WG_AXES(1, -1)));
    REFUSED(ARGUMENT, "rate", "from 0 to 1", wg_keyed_dropout(v, key, 1.5, none));
    REFUSED(ARGUMENT, "rate", "from 0 to 1", wg_keyed_dropout(v, key, -0.5, none));
    REFUSED(ARGUMENT, "rate", NULL, wg_keyed_dropout(v, key, NAN, none));
    REFUSED(ARGUMENT, "keyed_alpha_dropout: rate is 1", "below 1",
            wg_keyed_alpha_dropout(v, key, 1));
    REFUSED(ARGUMENT, "keyed_gaussian_dropout: rate is 1", "below 1",
            wg_keyed_gaussian_dropout(v, key, 1));
    REFUSED(ARGUMENT, "stddev", NULL, wg_keyed_gaussian_noise(v, key, -1));
    REFUSED(ARGUMENT, "stddev", NULL, wg_keyed_gaussian_noise(v, key, INFINITY));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keyed_noise");
    TCase *cases = tcase_create("keyed_noise");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_loop_test(cases, the_share_of_the_kept_is_right, 0, (int)ELEMENTS(rates));
    tcase_add_loop_test(cases, alpha_dropout_keeps_mean_and_variance, 0, 5);
    tcase_add_loop_test(cases, normal_noise_has_its_moments, 0, 3);
    tcase_add_loop_test(cases, numbers_are_independent, 0, 2);
    tcase_add_loop_test(cases, numbers_depend_on_key_and_place_alone, 0, NOISES);
    tcase_add_loop_test(cases, dtypes_agree, 0, NOISES);
    tcase_add_loop_test(cases, replay_draws_anew_and_backward_the_same, 0, NOISES);
    tcase_add_test(cases, shared_axes_have_one_decision);
    tcase_add_test(cases, what_drops_is_selected);
    tcase_add_test(cases, rate_1_gives_zeros);
    tcase_add_loop_test(cases, amount_0_changes_nothing, 0, NOISES);
    tcase_add_loop_test(cases, alpha_dropout_has_keras_constants, 0, (int)ELEMENTS(golden));
    tcase_add_test(cases, errors_say_what_is_wrong);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
