/* Learning-rate schedules beyond Keras's figures (test_golden_optimizers.c): ends, restarts,
 * errors. */
#include "support/suite.h"

#include "wengert/schedule.h"

#include <float.h>
#include <math.h>

/* A few roundings of numbers up to 1. */
#define TOLERANCE (4 * DBL_EPSILON)

START_TEST(ends_are_exact) {
    const struct wg_schedule polynomial = wg_polynomial_decay(0.5, 10, 0.125, 0.5, 0),
                             cycle = wg_polynomial_decay(0.5, 10, 0.125, 1, 1),
                             cosine = wg_cosine_decay(0.5, 10, 0, 0, 0),
                             warm = wg_cosine_decay(0.25, 10, 0.5, 1, 4);
    ck_assert_double_eq(wg_schedule_at(&polynomial, 0), 0.5);
    ck_assert_double_eq(wg_schedule_at(&polynomial, 10), 0.125);
    ck_assert_double_eq(wg_schedule_at(&polynomial, INT64_MAX), 0.125);
    ck_assert_double_eq(wg_schedule_at(&cycle, 0), 0.5);
    ck_assert_double_eq(wg_schedule_at(&cycle, 10), 0.125);
    ck_assert_double_eq(wg_schedule_at(&cycle, 15), 0.125 + 0.375 / 4);
    ck_assert_double_eq(wg_schedule_at(&cycle, 20), 0.125);
    ck_assert_double_eq(wg_schedule_at(&cosine, -5), 0.5);
    ck_assert_double_eq(wg_schedule_at(&cosine, 5), 0.25);
    ck_assert_double_eq(wg_schedule_at(&cosine, 10), 0);
    ck_assert_double_eq(wg_schedule_at(&warm, 2), 0.625);
    ck_assert_double_eq(wg_schedule_at(&warm, 4), 1);
    ck_assert_double_eq(wg_schedule_at(&warm, 99), 0.5);
    expect_no_failure("ends");
}
END_TEST

/* Restarts at 10, 10 + 30, 10 + 30 + 90, ...: there the rate is the next height, one step before
 * it near 0. With periods three times as long, log(9)/log(3) and its kin are where a rounded
 * quotient goes wrong. */
START_TEST(restarts_come_on_their_step) {
    const struct wg_schedule s = wg_cosine_restarts(1, 10, 3, 0.5, 0),
                             even = wg_cosine_restarts(1, 10, 1, 1, 0);
    int64_t at = 10, length = 10;
    double height = 1;
    for (int i = 0; i < 20; i++) {
        height /= 2;
        ck_assert_double_eq_tol(wg_schedule_at(&s, at), height, height * TOLERANCE);
        ck_assert_double_lt(wg_schedule_at(&s, at - 1), 0.05 * height);
        length *= 3;
        at += length;
    }
    ck_assert_double_eq(wg_schedule_at(&even, INT64_C(10000000000)), 1);
    ck_assert_double_eq(wg_schedule_at(&even, INT64_C(10000000005)), 0.5);
    expect_no_failure("restarts");
}
END_TEST

#define WRONG(call, name)                                                                          \
    do {                                                                                           \
        const struct wg_schedule s = call;                                                         \
        ck_assert_msg(s.kind == WG_SCHEDULE_NONE, #call);                                          \
        expect_failure(#call, WG_ERROR_ARGUMENT, name, "expected");                                \
        ck_assert(isnan(wg_schedule_at(&s, 0)));                                                   \
        expect_failure(#call, WG_ERROR_ARGUMENT, "wg_schedule_at", "expected");                    \
    } while (0)

START_TEST(wrong_arguments_are_named) {
    const int64_t at[] = {1, 1};
    const double values[] = {1, 2, NAN}, right[] = {1, 2, 3};
    WRONG(wg_exponential_decay(1, 0, 0.5, 0), "decay_steps=0");
    WRONG(wg_exponential_decay(NAN, 1, 0.5, 0), "initial=nan");
    WRONG(wg_exponential_decay(1, 1, 0, 0), "decay_rate=0");
    WRONG(wg_exponential_decay(1, 1, 0.5, 2), "staircase=2");
    WRONG(wg_piecewise_constant(at, 0, right), "count=0");
    WRONG(wg_piecewise_constant(at, 17, right), "count=17");
    WRONG(wg_piecewise_constant(NULL, 2, right), "wg_piecewise_constant");
    WRONG(wg_piecewise_constant(at, 2, right), "boundary=1");
    WRONG(wg_piecewise_constant(at, 2, values), "value=nan");
    WRONG(wg_polynomial_decay(1, -3, 0, 1, 0), "decay_steps=-3");
    WRONG(wg_polynomial_decay(1, 1, INFINITY, 1, 0), "end=inf");
    WRONG(wg_polynomial_decay(1, 1, 0, -1, 0), "power=-1");
    WRONG(wg_polynomial_decay(1, 1, 0, 1, -1), "cycle=-1");
    WRONG(wg_inverse_time_decay(1, 1, -1, 0), "decay_rate=-1");
    WRONG(wg_cosine_decay(1, 1, NAN, 0, 0), "alpha=nan");
    WRONG(wg_cosine_decay(1, 1, 0, NAN, 0), "warmup_target=nan");
    WRONG(wg_cosine_decay(1, 1, 0, 0, -1), "warmup_steps=-1");
    WRONG(wg_cosine_restarts(1, 0, 2, 1, 0), "first_decay_steps=0");
    WRONG(wg_cosine_restarts(1, 1, 0.5, 1, 0), "t_multiplier=0.5");
    WRONG(wg_cosine_restarts(1, 1, 2, -1, 0), "m_multiplier=-1");
    ck_assert(isnan(wg_schedule_at(NULL, 0)));
    expect_failure("NULL", WG_ERROR_ARGUMENT, "wg_schedule_at", NULL);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {ends_are_exact, restarts_come_on_their_step,
                                  wrong_arguments_are_named};
    return run_suite("schedule", tests, ELEMENTS(tests));
}
