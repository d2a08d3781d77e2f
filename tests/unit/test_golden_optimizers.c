/* Optimizers and learning-rate schedules against figures of Keras: tests/golden/optimizers.txt,
 * whose head says what its lines mean and which cases of the list it leaves out.
 */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* In float, besides the figures' own tolerance: ten updates, with some ten roundings each, of
 * numbers up to 11; those that Adam and its kin divide carry their rounding into the quotient. */
#define FLOAT_TOLERANCE (128 * (double)FLT_EPSILON)

enum { MOST_VALUES = 64, LONGEST_LINE = 1024, LEAST_CASES = 72, LEAST_SCHEDULES = 15 };

struct values {
    int count;
    double value[MOST_VALUES];
};

static struct values read_values(const char *text) {
    struct values v = {0};
    for (char *end; *(text += strspn(text, " ,")); text = end) {
        ck_assert_int_lt(v.count, MOST_VALUES);
        v.value[v.count++] = strtod(text, &end);
        ck_assert_msg(end != text, "not a number: %s", text);
    }
    return v;
}

static FILE *open_cases(void) {
    FILE *file = fopen(WENGERT_GOLDEN, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN);
    return file;
}

/* The next line without its end; NULL at the end of the file. */
static char *next_line(FILE *file, char *line) {
    if (!fgets(line, LONGEST_LINE, file)) return NULL;
    const size_t length = strcspn(line, "\n");
    ck_assert_msg(line[length] == '\n', "a line is too long");
    line[length] = '\0';
    return line;
}

/* The word after the first n. */
static const char *after(const char *text, int n) {
    for (; n > 0; n--) {
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
    return text;
}

/* ---- Optimizers ---------------------------------------------------------------------------- */

struct state {
    enum wg_dtype dtype;
    char head[LONGEST_LINE]; /* number, kind, text */
    double relative, absolute;
    wg_params *params;
    wg_optimizer *optimizer;
    bool started;
    int compared;
};

static void add_parameters(struct state *s, const char *text) {
    s->params = wg_params_new(s->dtype);
    for (int i = 0; *text; i++, text = after(text, 1)) {
        struct wg_shape shape = WG_SCALAR;
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        for (const char *at = text; *at >= '0' && *at <= '9';) {
            char *end;
            shape.dim[shape.rank++] = strtoll(at, &end, 10);
            at = *end == 'x' ? end + 1 : end;
        }
        wg_params_add(s->params, name, shape);
    }
    s->optimizer = wg_optimizer_from_text(s->params, after(s->head, 2));
    expect_no_failure(s->head);
}

static double *element(struct wg_tensor t, int64_t i, double *copy) {
    *copy = t.dtype == WG_F32 ? (double)((float *)t.data)[i] : ((double *)t.data)[i];
    return copy;
}

static void put(struct wg_tensor t, int64_t i, double value) {
    if (t.dtype == WG_F32)
        ((float *)t.data)[i] = (float)value;
    else
        ((double *)t.data)[i] = value;
}

static void compare(struct state *s, struct wg_tensor t, int64_t i, double expected) {
    double ours = 0;
    element(t, i, &ours);
    double tolerance = s->absolute + s->relative * fabs(expected);
    if (s->dtype == WG_F32) tolerance += FLOAT_TOLERANCE * fmax(1, fabs(expected));
    ck_assert_msg(fabs(ours - expected) <= tolerance,
                  "%s, %s, update %lld: %.17g; expected %.17g, within %g", s->head,
                  wg_dtype_name(s->dtype), (long long)wg_optimizer_steps(s->optimizer), ours,
                  expected, tolerance);
    s->compared++;
}

/* Puts the values, or compares them with those that are there. */
static void use_values(struct state *s, const char *text, bool gradient) {
    const struct values v = read_values(text);
    int used = 0;
    for (int p = 0; p < wg_params_count(s->params); p++) {
        const struct wg_tensor t =
            gradient ? wg_param_gradient(s->params, p) : wg_param_value(s->params, p);
        for (int64_t i = 0; i < t.size; i++, used++) {
            ck_assert_int_lt(used, v.count);
            if (gradient || !s->started)
                put(t, i, v.value[used]);
            else
                compare(s, t, i, v.value[used]);
        }
    }
    ck_assert_int_eq(used, v.count);
    if (gradient)
        ck_assert_int_eq(wg_optimizer_step(s->optimizer), WG_OK);
    else
        s->started = true;
}

static void follow(struct state *s, const char *line) {
    const char *rest = after(line, 1);
    if (strncmp(line, "within ", 7) == 0) {
        const struct values v = read_values(rest);
        ck_assert_int_eq(v.count, 2);
        s->relative = v.value[0];
        s->absolute = v.value[1];
    } else if (strncmp(line, "shapes ", 7) == 0) {
        add_parameters(s, rest);
    } else if (strncmp(line, "w ", 2) == 0) {
        use_values(s, rest, false);
    } else if (strncmp(line, "g ", 2) == 0) {
        use_values(s, rest, true);
    } else {
        ck_assert_str_eq(line, "fresh");
        wg_optimizer_free(s->optimizer);
        s->optimizer = wg_optimizer_from_text(s->params, after(s->head, 2));
    }
    expect_no_failure(s->head);
}

static void finish(struct state *s) {
    ck_assert_msg(s->compared > 0, "%s compares nothing", s->head);
    wg_optimizer_free(s->optimizer);
    wg_params_free(s->params);
}

static void check_optimizers(enum wg_dtype dtype) {
    FILE *file = open_cases();
    char line[LONGEST_LINE];
    struct state s = {.dtype = dtype};
    int cases = 0;
    while (next_line(file, line)) {
        if (line[0] == '#') continue;
        if (line[0] >= '0' && line[0] <= '9') {
            s = (struct state){.dtype = dtype};
            strcpy(s.head, line);
        } else if (strncmp(after(s.head, 1), "optimizer ", 10) != 0) {
            continue;
        } else if (line[0]) {
            follow(&s, line);
        } else {
            finish(&s);
            cases++;
        }
    }
    fclose(file);
    ck_assert_int_ge(cases, LEAST_CASES);
}

START_TEST(every_update_is_keras_in_double) { check_optimizers(WG_F64); }
END_TEST

START_TEST(every_update_is_keras_in_float) { check_optimizers(WG_F32); }
END_TEST

/* ---- Schedules ----------------------------------------------------------------------------- */

/* The argument of that name; the fallback where there is none. */
static struct values argument(const char *head, const char *name, double fallback) {
    for (const char *word = after(head, 3); *word; word = after(word, 1)) {
        const size_t length = strlen(name);
        if (strncmp(word, name, length) != 0 || word[length] != '=') continue;
        char copy[128] = "";
        strncpy(copy, word + length + 1, sizeof copy - 1);
        copy[strcspn(copy, " ")] = '\0';
        return read_values(copy);
    }
    return (struct values){1, {fallback}};
}

static struct wg_schedule make_schedule(const char *head) {
    const char *kind = after(head, 2);
    const double initial = argument(head, "initial_learning_rate", 0).value[0],
                 rate = argument(head, "decay_rate", 0).value[0],
                 alpha = argument(head, "alpha", 0).value[0];
    const int64_t steps = (int64_t)argument(head, "decay_steps", 0).value[0];
    const int staircase = (int)argument(head, "staircase", 0).value[0];
    if (strncmp(kind, "exponential ", 12) == 0)
        return wg_exponential_decay(initial, steps, rate, staircase);
    if (strncmp(kind, "inverse_time ", 13) == 0)
        return wg_inverse_time_decay(initial, steps, rate, staircase);
    if (strncmp(kind, "polynomial ", 11) == 0) {
        return wg_polynomial_decay(
            initial, steps, argument(head, "end_learning_rate", 1e-4).value[0],
            argument(head, "power", 1).value[0], (int)argument(head, "cycle", 0).value[0]);
    }
    if (strncmp(kind, "cosine ", 7) == 0) {
        return wg_cosine_decay(initial, steps, alpha, argument(head, "warmup_target", 0).value[0],
                               (int64_t)argument(head, "warmup_steps", 0).value[0]);
    }
    if (strncmp(kind, "cosine_restarts ", 16) == 0) {
        return wg_cosine_restarts(initial, (int64_t)argument(head, "first_decay_steps", 0).value[0],
                                  argument(head, "t_mul", 2).value[0],
                                  argument(head, "m_mul", 1).value[0], alpha);
    }
    ck_assert_msg(strncmp(kind, "piecewise ", 10) == 0, "%s: unknown", head);
    const struct values at = argument(head, "boundaries", 0), v = argument(head, "values", 0);
    int64_t boundaries[MOST_VALUES];
    for (int i = 0; i < at.count; i++) boundaries[i] = (int64_t)at.value[i];
    ck_assert_int_eq(v.count, at.count + 1);
    return wg_piecewise_constant(boundaries, at.count, v.value);
}

START_TEST(every_rate_is_keras) {
    FILE *file = open_cases();
    char line[LONGEST_LINE], head[LONGEST_LINE] = "";
    struct values within = {0}, steps = {0};
    int cases = 0;
    while (next_line(file, line)) {
        const char *rest = after(line, 1);
        if (line[0] >= '0' && line[0] <= '9') strcpy(head, line);
        if (strncmp(line, "within ", 7) == 0) within = read_values(rest);
        if (strncmp(line, "at ", 3) == 0) steps = read_values(rest);
        if (strncmp(line, "rates ", 6) != 0) continue;
        const struct wg_schedule s = make_schedule(head);
        const struct values expected = read_values(rest);
        expect_no_failure(head);
        ck_assert_int_eq(expected.count, steps.count);
        for (int i = 0; i < steps.count; i++) {
            const double ours = wg_schedule_at(&s, (int64_t)steps.value[i]);
            ck_assert_msg(fabs(ours - expected.value[i]) <=
                              within.value[1] + within.value[0] * fabs(expected.value[i]),
                          "%s: %.17g at step %g; expected %.17g", head, ours, steps.value[i],
                          expected.value[i]);
        }
        cases++;
    }
    fclose(file);
    ck_assert_int_ge(cases, LEAST_SCHEDULES);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_update_is_keras_in_double, every_update_is_keras_in_float,
                                  every_rate_is_keras};
    return run_suite("golden_optimizers", tests, ELEMENTS(tests));
}
