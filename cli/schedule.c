#include "schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "program.h"

/* The first two have to be given; in the order of the constructors' arguments. */
#define MOST_NUMBERS 5
#define GIVEN 2

static struct wg_schedule exponential(const double *n) {
    return wg_exponential_decay(n[0], (int64_t)n[1], n[2], n[3] != 0);
}

static struct wg_schedule polynomial(const double *n) {
    return wg_polynomial_decay(n[0], (int64_t)n[1], n[2], n[3], n[4] != 0);
}

static struct wg_schedule inverse_time(const double *n) {
    return wg_inverse_time_decay(n[0], (int64_t)n[1], n[2], n[3] != 0);
}

static struct wg_schedule cosine(const double *n) {
    return wg_cosine_decay(n[0], (int64_t)n[1], n[2], n[3], (int64_t)n[4]);
}

static struct wg_schedule cosine_restarts(const double *n) {
    return wg_cosine_restarts(n[0], (int64_t)n[1], n[2], n[3], n[4]);
}

/* Names of schedule.h, defaults Keras's, decay rates aside, which it has none for. */
static const struct kind {
    const char *name;
    struct wg_schedule (*make)(const double *number);
    struct {
        const char *name;
        double value;
    } number[MOST_NUMBERS];
} kinds[] = {
    {"exponential",
     exponential,
     {{"initial", 0}, {"steps", 0}, {"decay_rate", 0.96}, {"staircase", 0}}},
    {"polynomial",
     polynomial,
     {{"initial", 0}, {"steps", 0}, {"end", 1e-4}, {"power", 1}, {"cycle", 0}}},
    {"inverse_time",
     inverse_time,
     {{"initial", 0}, {"steps", 0}, {"decay_rate", 1}, {"staircase", 0}}},
    {"cosine",
     cosine,
     {{"initial", 0}, {"steps", 0}, {"alpha", 0}, {"warmup_target", 0}, {"warmup_steps", 0}}},
    {"cosine_restarts",
     cosine_restarts,
     {{"initial", 0}, {"steps", 0}, {"t_multiplier", 2}, {"m_multiplier", 1}, {"alpha", 0}}},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct kind *find_kind(const char *name, size_t length) {
    for (size_t i = 0; i < KINDS; i++) {
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, name, length) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* "NAME=X" at the text's begin; -1 where it is not one of the kind's. */
static int read_one(const struct kind *kind, const char *text, size_t length, double *value) {
    for (int i = 0; i < MOST_NUMBERS && kind->number[i].name; i++) {
        const size_t name = strlen(kind->number[i].name);
        char *end;
        if (length <= name + 1 || strncmp(text, kind->number[i].name, name) != 0 ||
            text[name] != '=')
            continue;
        *value = strtod(text + name + 1, &end);
        return end == text + length && fabs(*value) < 1e15 ? i : -1;
    }
    return -1;
}

static int wrong(const char *command, const struct kind *kind, const char *text) {
    char list[256] = "";
    for (size_t i = 0; !kind && i < KINDS; i++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", kinds[i].name);
    }
    for (int i = 0; kind && i < MOST_NUMBERS && kind->number[i].name; i++) {
        const size_t used = strlen(list);
        const char *after = i < GIVEN ? "" : "]";
        snprintf(list + used, sizeof list - used, "%s%s=X%s", i < GIVEN ? " " : " [",
                 kind->number[i].name, after);
    }
    if (!kind)
        return usage_error(command, "--schedule \"%s\": unknown kind; expected one of %s", text,
                           list);
    return usage_error(command, "--schedule \"%s\": expected %s%s, each once", text, kind->name,
                       list);
}

int read_schedule(const char *command, const char *text, struct wg_schedule *schedule) {
    double number[MOST_NUMBERS];
    int seen = 0;
    const char *at = text + strcspn(text, " ");
    const struct kind *kind = find_kind(text, (size_t)(at - text));
    if (!kind) return wrong(command, NULL, text);
    for (int i = 0; i < MOST_NUMBERS; i++) number[i] = kind->number[i].value;
    for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        double value = 0;
        const int i = read_one(kind, at, length, &value);
        if (i < 0 || seen >> i & 1) return wrong(command, kind, text);
        number[i] = value;
        seen |= 1 << i;
        at += length;
    }
    if ((seen & 3) != 3) return wrong(command, kind, text);
    *schedule = kind->make(number);
    return schedule->kind == WG_SCHEDULE_NONE ? library_error(command) : GO_ON;
}
