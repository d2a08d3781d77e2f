/* Learning-rate schedules: the rate as a function of the number of updates that came before, 0 for
 * the first. They are Keras 3's, computed in double from the project's own elementary functions, so
 * that a rate has the same bits on every machine.
 *
 *     const struct wg_schedule s = wg_cosine_decay(0.1, 1000, 0, 0, 0);
 *     wg_optimizer_set_schedule(optimizer, &s);
 */
#ifndef WENGERT_SCHEDULE_H
#define WENGERT_SCHEDULE_H

#include <stdint.h>

#include "wengert/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WG_MAX_BOUNDARIES 16

enum wg_schedule_kind {
    WG_SCHEDULE_NONE, /* what a constructor returns when it fails */
    WG_SCHEDULE_EXPONENTIAL,
    WG_SCHEDULE_PIECEWISE,
    WG_SCHEDULE_POLYNOMIAL,
    WG_SCHEDULE_INVERSE_TIME,
    WG_SCHEDULE_COSINE,
    WG_SCHEDULE_COSINE_RESTARTS
};

/* A plain value: it may be copied and needs no freeing. Made by the functions below; which members
 * count depends on the kind. */
struct wg_schedule {
    enum wg_schedule_kind kind;
    int flag;                          /* staircase, or cycle */
    int boundaries;                    /* piecewise constant: how many */
    int64_t steps;                     /* decay_steps */
    int64_t warmup_steps;              /* cosine */
    double initial;                    /* the rate at step 0 */
    double rate, end, power;           /* decay_rate; end rate, or alpha; power */
    double target;                     /* cosine: the rate that warmup leads to */
    double t_multiplier, m_multiplier; /* cosine with restarts */
    int64_t boundary[WG_MAX_BOUNDARIES];
    double value[WG_MAX_BOUNDARIES + 1];
};

/* The constructors fail, with kind WG_SCHEDULE_NONE and the error set, for decay_steps < 1, for
 * numbers that are not finite, and where noted. */

/* initial * decay_rate^(step / decay_steps), the exponent rounded down with staircase.
 * decay_rate > 0. */
struct wg_schedule wg_exponential_decay(double initial, int64_t decay_steps, double decay_rate,
                                        int staircase);

/* values[0] up to and including the step boundaries[0], values[1] up to boundaries[1], ..., and the
 * last of the count + 1 values after that. Boundaries ascend; 1 <= count <= WG_MAX_BOUNDARIES. */
struct wg_schedule wg_piecewise_constant(const int64_t *boundaries, int count,
                                         const double *values);

/* (initial - end) * (1 - min(step, n) / n)^power + end with n = decay_steps; with cycle, n is the
 * first multiple of decay_steps that is not below the step. power >= 0. Keras's defaults: end 1e-4,
 * power 1. */
struct wg_schedule wg_polynomial_decay(double initial, int64_t decay_steps, double end,
                                       double power, int cycle);

/* initial / (1 + decay_rate * step / decay_steps), the quotient rounded down with staircase.
 * decay_rate >= 0. */
struct wg_schedule wg_inverse_time_decay(double initial, int64_t decay_steps, double decay_rate,
                                         int staircase);

/* initial * ((1 - alpha) * (1 + cos(pi * min(step, decay_steps) / decay_steps)) / 2 + alpha)
 * (Loshchilov, Hutter 2017). With warmup_steps > 0, the rate first goes from initial to
 * warmup_target in a straight line, and decays from there, its steps counted from there. Unlike
 * Keras, which may be given a target of None, warmup_steps alone says whether there is a warmup. */
struct wg_schedule wg_cosine_decay(double initial, int64_t decay_steps, double alpha,
                                   double warmup_target, int64_t warmup_steps);

/* Cosine decays one after the other, each t_multiplier times as long as the one before it, and
 * beginning m_multiplier times as high (SGDR: Loshchilov, Hutter 2017). t_multiplier >= 1,
 * m_multiplier >= 0; Keras's defaults: 2 and 1. Periods are found by adding up their lengths, where
 * Keras rounds a quotient of logarithms down, which can miss a restart by a step. */
struct wg_schedule wg_cosine_restarts(double initial, int64_t first_decay_steps,
                                      double t_multiplier, double m_multiplier, double alpha);

/* The rate for the update after `step` others. NaN, with the error set, for NULL or a schedule of
 * kind WG_SCHEDULE_NONE. A negative step counts as 0. */
double wg_schedule_at(const struct wg_schedule *schedule, int64_t step);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
