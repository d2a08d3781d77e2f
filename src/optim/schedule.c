/* Learning-rate schedules. Powers and cosines are src/math's: rates reach the weights. */
#include "wengert/schedule.h"

#include "base/error.h"
#include "math/pow.h"
#include "math/trig.h"

#include <math.h>
#include <stdbool.h>

static struct wg_schedule refuse(const char *who, const char *name, double value,
                                 const char *expected) {
    wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%g; expected %s", who, name, value, expected);
    return (struct wg_schedule){.kind = WG_SCHEDULE_NONE};
}

struct check {
    const char *name, *expected;
    double value;
    bool right;
};

#define FINITE(name)                                                                               \
    { #name, "a finite number", name, isfinite(name) }
#define FROM(name, min)                                                                            \
    { #name, "a finite number from " #min, name, (name) >= (min) && isfinite(name) }
#define STEPS(name)                                                                                \
    { #name, "1 or more", (double)(name), (name) >= 1 }
#define FLAG(name)                                                                                 \
    { #name, "0 or 1", name, (name) == 0 || (name) == 1 }

/* The schedule if all checks hold, else none, with the error set. */
static struct wg_schedule checked(const char *who, const struct check *checks, int count,
                                  struct wg_schedule s) {
    for (int i = 0; i < count; i++) {
        if (!checks[i].right)
            return refuse(who, checks[i].name, checks[i].value, checks[i].expected);
    }
    return s;
}
#define CHECKED(who, checks, ...)                                                                  \
    checked(who, checks, (int)(sizeof checks / sizeof *checks), (struct wg_schedule){__VA_ARGS__})

struct wg_schedule wg_exponential_decay(double initial, int64_t decay_steps, double decay_rate,
                                        int staircase) {
    const struct check checks[] = {
        FINITE(initial),
        STEPS(decay_steps),
        {"decay_rate", "a positive, finite number", decay_rate,
         decay_rate > 0 && isfinite(decay_rate)},
        FLAG(staircase),
    };
    return CHECKED("wg_exponential_decay", checks, .kind = WG_SCHEDULE_EXPONENTIAL,
                   .initial = initial, .steps = decay_steps, .rate = decay_rate, .flag = staircase);
}

struct wg_schedule wg_piecewise_constant(const int64_t *boundaries, int count,
                                         const double *values) {
    static const char who[] = "wg_piecewise_constant";
    struct wg_schedule s = {.kind = WG_SCHEDULE_PIECEWISE, .boundaries = count};
    if (!boundaries || !values || count < 1 || count > WG_MAX_BOUNDARIES)
        return refuse(who, "count", count, "1 to 16, with boundaries and values");
    for (int i = 0; i <= count; i++) {
        if (!isfinite(values[i])) return refuse(who, "value", values[i], "finite numbers");
        s.value[i] = values[i];
    }
    for (int i = 0; i < count; i++) {
        if (i > 0 && boundaries[i] <= boundaries[i - 1])
            return refuse(who, "boundary", (double)boundaries[i], "ascending boundaries");
        s.boundary[i] = boundaries[i];
    }
    return s;
}

struct wg_schedule wg_polynomial_decay(double initial, int64_t decay_steps, double end,
                                       double power, int cycle) {
    const struct check checks[] = {FINITE(initial), STEPS(decay_steps), FINITE(end), FROM(power, 0),
                                   FLAG(cycle)};
    return CHECKED("wg_polynomial_decay", checks, .kind = WG_SCHEDULE_POLYNOMIAL,
                   .initial = initial, .steps = decay_steps, .end = end, .power = power,
                   .flag = cycle);
}

struct wg_schedule wg_inverse_time_decay(double initial, int64_t decay_steps, double decay_rate,
                                         int staircase) {
    const struct check checks[] = {FINITE(initial), STEPS(decay_steps), FROM(decay_rate, 0),
                                   FLAG(staircase)};
    return CHECKED("wg_inverse_time_decay", checks, .kind = WG_SCHEDULE_INVERSE_TIME,
                   .initial = initial, .steps = decay_steps, .rate = decay_rate, .flag = staircase);
}

struct wg_schedule wg_cosine_decay(double initial, int64_t decay_steps, double alpha,
                                   double warmup_target, int64_t warmup_steps) {
    const struct check checks[] = {
        FINITE(initial),
        STEPS(decay_steps),
        FINITE(alpha),
        FINITE(warmup_target),
        {"warmup_steps", "0 or more", (double)warmup_steps, warmup_steps >= 0},
    };
    return CHECKED("wg_cosine_decay", checks, .kind = WG_SCHEDULE_COSINE, .initial = initial,
                   .steps = decay_steps, .end = alpha, .target = warmup_target,
                   .warmup_steps = warmup_steps);
}

struct wg_schedule wg_cosine_restarts(double initial, int64_t first_decay_steps,
                                      double t_multiplier, double m_multiplier, double alpha) {
    const struct check checks[] = {FINITE(initial), STEPS(first_decay_steps), FROM(t_multiplier, 1),
                                   FROM(m_multiplier, 0), FINITE(alpha)};
    return CHECKED("wg_cosine_restarts", checks, .kind = WG_SCHEDULE_COSINE_RESTARTS,
                   .initial = initial, .steps = first_decay_steps, .t_multiplier = t_multiplier,
                   .m_multiplier = m_multiplier, .end = alpha);
}

/* ---- Values -------------------------------------------------------------------------------- */

static double quotient(const struct wg_schedule *s, int64_t step) {
    const int64_t whole = step / s->steps;
    return s->flag ? (double)whole : (double)step / (double)s->steps;
}

static double exponential(const struct wg_schedule *s, int64_t step) {
    return s->initial * wg_pow_f64(s->rate, quotient(s, step));
}

static double piecewise(const struct wg_schedule *s, int64_t step) {
    int i = 0;
    while (i < s->boundaries && step > s->boundary[i]) i++;
    return s->value[i];
}

static double polynomial(const struct wg_schedule *s, int64_t step) {
    const int64_t cycles = s->flag && step > s->steps ? (step - 1) / s->steps + 1 : 1;
    const double at = (double)step, n = (double)s->steps * (double)cycles;
    const double rest = at < n ? 1 - at / n : 0;
    return (s->initial - s->end) * wg_pow_f64(rest, s->power) + s->end;
}

static double inverse_time(const struct wg_schedule *s, int64_t step) {
    return s->initial / (1 + s->rate * quotient(s, step));
}

/* From 1 at 0 to alpha at 1. */
static double cosine_part(const struct wg_schedule *s, double fraction, double height) {
    return (1 - s->end) * (0.5 * height * (1 + wg_cospi_f64(fraction))) + s->end;
}

static double cosine(const struct wg_schedule *s, int64_t step) {
    if (step < s->warmup_steps) {
        return s->initial + (s->target - s->initial) * ((double)step / (double)s->warmup_steps);
    }
    const int64_t since = step - s->warmup_steps;
    const double fraction = since < s->steps ? (double)since / (double)s->steps : 1;
    return (s->warmup_steps > 0 ? s->target : s->initial) * cosine_part(s, fraction, 1);
}

static double cosine_restarts(const struct wg_schedule *s, int64_t step) {
    double position = (double)step, length = (double)s->steps, restarts = 0;
    if (s->t_multiplier == 1) {
        const int64_t whole = step / s->steps;
        restarts = (double)whole;
        position = (double)(step % s->steps);
    }
    for (; position >= length; restarts++) {
        position -= length;
        length *= s->t_multiplier;
    }
    return s->initial * cosine_part(s, position / length, wg_pow_f64(s->m_multiplier, restarts));
}

double wg_schedule_at(const struct wg_schedule *schedule, int64_t step) {
    static double (*const kinds[])(const struct wg_schedule *, int64_t) = {
        [WG_SCHEDULE_EXPONENTIAL] = exponential, [WG_SCHEDULE_PIECEWISE] = piecewise,
        [WG_SCHEDULE_POLYNOMIAL] = polynomial,   [WG_SCHEDULE_INVERSE_TIME] = inverse_time,
        [WG_SCHEDULE_COSINE] = cosine,           [WG_SCHEDULE_COSINE_RESTARTS] = cosine_restarts,
    };
    if (!schedule || schedule->kind <= WG_SCHEDULE_NONE ||
        schedule->kind > WG_SCHEDULE_COSINE_RESTARTS) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_schedule_at: expected a schedule that was made");
        return NAN;
    }
    return kinds[schedule->kind](schedule, step < 0 ? 0 : step);
}
