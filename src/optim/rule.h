/* Update rules. A rule is one file in src/optim/rules/, compiled in two passes:
 *   updates   for each instruction set and dtype (passes/updates.c includes all of them, with
 *             WG_UPDATE_PASS): UPDATE(name) { ... }, loops over flat arrays of `real`
 *   library   once, as any file: the rule's description, WG_RULE(name, ...), and its constructor
 * CMake finds the files and writes optim/rules.inc, which includes them, and optim/rules.list,
 * which names them.
 *
 * Updates use + - * / and square roots, and POW of src/math: nothing whose result could differ
 * between machines.
 */
#ifndef WG_OPTIM_RULE_H
#define WG_OPTIM_RULE_H

#include "wengert/optim.h"

#include <stdbool.h>
#include <stddef.h>

enum { WG_RULE_STATES = WG_SLOT_AVERAGE };

/* What an update works on: n elements that share scalars. `shape` is that of the one parameter they
 * are for rules that need it whole; the others get parts of several. */
struct wg_part {
    int64_t n;
    const struct wg_shape *shape;
    void *w;
    const void *g;
    void *state[WG_RULE_STATES]; /* NULL: not kept */
    const void *scalars;         /* as the rule's `scalars` left them */
};
typedef void wg_update(const struct wg_part *part);

/* The loops of one instruction set and dtype. `data` pointers are of that dtype. */
struct wg_update_set {
    wg_update *const *update; /* by number of the rule */
    void (*fill)(int64_t n, void *to, double value);
    void (*accumulate)(int64_t n, void *sum, const void *g,
                       int count);               /* sum = (sum + g) / count */
    double (*squares)(int64_t n, const void *x); /* their sum */
    void (*scale)(int64_t n, void *to, const void *from, double factor);
    void (*clamp)(int64_t n, void *to, const void *from, double limit);
    void (*decay)(int64_t n, void *w, double factor); /* w -= w * factor */
    void (*average)(int64_t n, void *average, const void *w, double momentum);
};

/* NULL, with the error set, when WENGERT_ISA is wrong. */
const struct wg_update_set *wg_update_set(enum wg_dtype dtype);

enum {
#define X(rule) WG_RULE_NUMBER_##rule,
#include "optim/rules.list"
#undef X
    WG_RULES
};

#ifdef WG_UPDATE_PASS

#include "ops/real.h"

#define UPDATE(rule) static void rule##_update(const struct wg_part *part)

#include "optim/passes/sums.h"

#else

enum wg_range {
    WG_RANGE_POSITIVE,
    WG_RANGE_NOT_NEGATIVE,
    WG_RANGE_NOT_POSITIVE,
    WG_RANGE_UNIT,
    WG_RANGE_BELOW_ONE,  /* 0 to 1, 1 left out */
    WG_RANGE_ABOVE_ZERO, /* 0 to 1, 0 left out */
    WG_RANGE_FLAG,       /* from here on: an int */
    WG_RANGE_COUNT
};

struct wg_option {
    const char *name;
    size_t offset;
    enum wg_range range;
    double fallback; /* the default */
};
#define WG_OPTION(type, member, range, fallback)                                                   \
    { #member, offsetof(type, member), range, fallback }

struct wg_common_options {
    WG_OPTIMIZER_OPTIONS
};

enum { WG_SCALARS = 8, WG_OPTIONS_ROOM = 24, WG_MAX_OPTIONS = 8 };

struct wg_rule {
    const char *name;
    int number;
    size_t size, common; /* of the options struct, and where WG_OPTIMIZER_OPTIONS begin in it */
    struct wg_option option[WG_MAX_OPTIONS]; /* the rule's own; learning_rate is the first */
    double weight_decay;                     /* its default */
    const char *state[WG_RULE_STATES];       /* names; NULL: none */
    bool whole; /* the update takes one parameter at a time, as a whole */

    /* Which state arrays these options need, a bit for each; NULL: all that have names. */
    unsigned (*kept)(const void *options);
    /* What a state array begins with; NULL: 0. */
    double (*initial)(const void *options, int slot);
    /* The shape of a state array for a parameter's; size 0: none. NULL: the parameter's. */
    struct wg_shape (*state_shape)(int slot, struct wg_shape shape);
    /* A number carried from update to update, from 1 at first to that of update t; NULL: none. */
    double (*carry)(const void *options, int64_t t, double carried);
    /* Computes what the update t needs: at most WG_SCALARS doubles' worth. `carried` is that of
     * t - 1. */
    void (*scalars)(const void *options, int64_t t, double carried, double rate, void *scalars);
};

#define WG_RULE(rule, options_type, ...)                                                           \
    _Static_assert(sizeof(options_type) <= WG_OPTIONS_ROOM * sizeof(double), "room for options");  \
    _Static_assert(sizeof(options_type) - offsetof(options_type, weight_decay) ==                  \
                       sizeof(struct wg_common_options),                                           \
                   "the common options come last");                                                \
    _Static_assert(offsetof(options_type, learning_rate) == 0, "learning_rate comes first");       \
    extern const struct wg_rule wg_rule_##rule;                                                    \
    const struct wg_rule wg_rule_##rule = {.name = #rule,                                          \
                                           .number = WG_RULE_NUMBER_##rule,                        \
                                           .size = sizeof(options_type),                           \
                                           .common = offsetof(options_type, weight_decay),         \
                                           __VA_ARGS__}

/* An optimizer of that rule; `options` points to its struct, zeros meaning defaults. */
wg_optimizer *wg_optimizer_new(wg_params *params, const struct wg_rule *rule, const void *options);

/* b^t, t whole, from src/math's pow: the same on every machine, and not dependent on the updates
 * before as a running product would be. */
double wg_power(double b, double t);

#endif
#endif
