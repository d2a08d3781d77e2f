/* A check from beginning to end. */
#include "verify/check.h"

#include "base/error.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE_F64 1e-9
#define TOLERANCE_F32 1e-4
#define STEP 0.05
#define ELEMENTS 2000
#define DIRECTIONS 2
/* A rounding error of the numeric side beyond this, relative, leaves nothing to say. */
#define LOOSE_F64 1e-5
#define LOOSE_F32 1e-2
/* Nor does an element pass, small as it may be beside the rest, that is off by more than this. */
#define MOST_ERROR 5e-2

struct wg_gradcheck_result wg_no_result(void) {
    return (struct wg_gradcheck_result){.verdict = WG_VERDICT_INCONCLUSIVE, .tangent_error = -1};
}

double *wg_check_doubles(struct wg_check *check, int64_t count) {
    return wg_arena_allocate(&check->arena, (size_t)(count > 0 ? count : 1) * sizeof(double),
                             WG_ALIGNMENT);
}

double wg_check_weight(struct wg_random *random) {
    const double w = wg_random_uniform(random, -1, 1);
    return w < 0 ? w - 0.5 : w + 0.5;
}

enum wg_status wg_check_evaluate(struct wg_check *check, double *y, uint64_t *branches) {
    *branches = 0;
    check->result->evaluations++;
    const bool watch = check->subject->has_branches && (check->options.levels & WG_LEVEL_KINKS);
    return check->subject->evaluate(check->subject, y, watch ? branches : NULL);
}

static enum wg_status take_options(struct wg_check *check,
                                   const struct wg_gradcheck_options *options) {
    const bool narrow = check->subject->dtype == WG_F32;
    struct wg_gradcheck_options o = options ? *options : (struct wg_gradcheck_options){0};
    if (o.tolerance == 0) o.tolerance = narrow ? TOLERANCE_F32 : TOLERANCE_F64;
    if (o.step == 0) o.step = STEP;
    if (o.levels == 0) o.levels = WG_LEVEL_ALL;
    if (o.elements == 0) o.elements = ELEMENTS;
    if (o.directions == 0) o.directions = DIRECTIONS;
    check->options = o;
    check->epsilon = narrow ? (double)FLT_EPSILON : DBL_EPSILON;
    check->loose = narrow ? LOOSE_F32 : LOOSE_F64;
    check->most_error = MOST_ERROR;
    check->random = wg_random_make(o.seed, 0);
    if (!(o.tolerance > 0 && o.tolerance < 1 && o.step > 0 && o.step <= 1)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck: tolerance %g, step %g; expected numbers above 0 and below 1",
                       o.tolerance, o.step);
    }
    if (o.levels > WG_LEVEL_ALL || o.elements < 0 || o.directions < 0) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck: levels %u, elements %lld, directions %d; expected levels of "
                       "enum wg_gradcheck_level and counts of 0 or more",
                       o.levels, (long long)o.elements, o.directions);
    }
    return WG_OK;
}

static enum wg_status prepare(struct wg_check *check) {
    const struct wg_subject *subject = check->subject;
    check->base = wg_check_doubles(check, subject->variables);
    check->analytic = wg_check_doubles(check, subject->variables);
    check->y = wg_check_doubles(check, subject->outputs);
    check->upstream = wg_check_doubles(check, subject->outputs);
    check->above = wg_check_doubles(check, subject->outputs);
    check->below = wg_check_doubles(check, subject->outputs);
    if (!check->base || !check->analytic || !check->y || !check->upstream || !check->above ||
        !check->below)
        return WG_ERROR_MEMORY;
    for (int64_t i = 0; i < subject->variables; i++) check->base[i] = wg_subject_get(subject, i);
    for (int64_t i = 0; i < subject->outputs; i++)
        check->upstream[i] = subject->dtype == WG_F32
                                 ? (double)(float)wg_check_weight(&check->random)
                                 : wg_check_weight(&check->random);
    return WG_OK;
}

/* Inputs without which the result would be the same, by gradient and by differences. */
static void find_severed(struct wg_check *check) {
    for (int k = 0; k < check->subject->slots && check->found; k++) {
        const struct wg_slot *slot = &check->subject->slot[k];
        bool touched = slot->value.size == 0;
        for (int64_t i = slot->first; i < slot->first + slot->value.size; i++)
            touched = touched || check->analytic[i] != 0 || check->found[i].numeric != 0;
        if (touched) continue;
        char name[WG_GRADCHECK_NAME];
        wg_slot_name(slot, name, sizeof name);
        wg_append_finding(check->result->severed, sizeof check->result->severed, name);
    }
}

static enum wg_verdict overall(const struct wg_check *check) {
    const struct wg_gradcheck_result *result = check->result;
    const unsigned levels = check->options.levels;
    const bool looked = (levels & (WG_LEVEL_DIFFERENCES | WG_LEVEL_CONTRACTS)) ||
                        ((levels & WG_LEVEL_ADJOINT) && check->subject->tangent);
    enum wg_verdict verdict = WG_VERDICT_PASS;
    for (int v = 0; v < WG_VERDICTS; v++) {
        if (result->count[v] > 0) verdict = (enum wg_verdict)v;
    }
    const bool nothing = result->nonzero == 0 && !check->options.zero;
    if (!looked && verdict < WG_VERDICT_INCONCLUSIVE) verdict = WG_VERDICT_INCONCLUSIVE;
    if (verdict < WG_VERDICT_FAIL && (result->broken[0] || nothing)) verdict = WG_VERDICT_FAIL;
    return verdict;
}

static enum wg_status run(struct wg_check *check) {
    struct wg_subject *subject = check->subject;
    struct wg_gradcheck_result *result = check->result;
    enum wg_status status = wg_check_evaluate(check, check->y, &check->branches);
    if (status == WG_OK) status = subject->gradient(subject, check->upstream, check->analytic);
    if (status != WG_OK) return status;
    for (int64_t i = 0; i < subject->outputs; i++) {
        if (isfinite(check->y[i])) continue;
        result->count[WG_VERDICT_NONFINITE]++;
        snprintf(result->diagnosis, sizeof result->diagnosis,
                 "the function itself gives %g at output element %lld", check->y[i], (long long)i);
        return WG_OK;
    }
    const unsigned levels = check->options.levels;
    for (int64_t i = 0; i < subject->variables; i++) {
        const double size = fabs(check->analytic[i]);
        result->nonzero += size != 0;
        if (isfinite(size))
            check->largest = fmax(check->largest, size);
        else if (!(levels & WG_LEVEL_DIFFERENCES)) /* which count it themselves */
            result->count[WG_VERDICT_NONFINITE]++;
    }
    if (levels & WG_LEVEL_DIFFERENCES)
        status = subject->variables <= check->options.elements ? wg_check_elements(check)
                                                               : wg_check_directions(check);
    if (status == WG_OK && (levels & WG_LEVEL_ADJOINT) && subject->tangent)
        status = wg_check_adjoint(check);
    if (status == WG_OK && (levels & WG_LEVEL_CONTRACTS)) status = wg_check_contracts(check);
    if (status != WG_OK) return status;
    find_severed(check);
    return wg_check_diagnose(check);
}

enum wg_status wg_check_subject(struct wg_subject *subject,
                                const struct wg_gradcheck_options *options,
                                struct wg_gradcheck_result *result) {
    struct wg_check check = {.subject = subject, .result = result};
    *result = wg_no_result();
    result->variables = subject->variables;
    enum wg_status status = take_options(&check, options);
    if (status != WG_OK) return status;
    wg_arena_init(&check.arena, 1 << 14);
    status = prepare(&check);
    if (status == WG_OK) status = run(&check);
    result->verdict = status == WG_OK ? overall(&check) : WG_VERDICT_INCONCLUSIVE;
    result->pass = status == WG_OK && result->verdict <= WG_VERDICT_KINK;
    wg_arena_free(&check.arena);
    return status;
}
