/* What holds of every gradient, whatever the function: the adjoint identity, linearity in the
 * upstream gradient, and the same bits when asked again. */
#include "verify/check.h"

#include "base/error.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The adjoint identity holds to rounding: sums of terms of relative error eps each. */
#define ADJOINT_UNITS 4500 /* of epsilon: 1e-12 in double */

enum wg_status wg_check_adjoint(struct wg_check *check) {
    struct wg_subject *subject = check->subject;
    double *v = wg_check_doubles(check, subject->variables);
    double *ty = wg_check_doubles(check, subject->outputs);
    if (!v || !ty) return WG_ERROR_MEMORY;
    double reverse = 0, forward = 0, terms = 0;
    for (int64_t i = 0; i < subject->variables; i++) {
        v[i] = wg_check_weight(&check->random);
        reverse += v[i] * check->analytic[i];
        terms += fabs(v[i] * check->analytic[i]);
    }
    enum wg_status status = subject->tangent(subject, v, ty);
    if (status != WG_OK) return status;
    for (int64_t i = 0; i < subject->outputs; i++) {
        forward += check->upstream[i] * ty[i];
        terms += fabs(check->upstream[i] * ty[i]);
    }
    const double error = fabs(forward - reverse);
    check->result->tangent_error = error == 0 ? 0 : error / terms;
    if (!(check->result->tangent_error <= ADJOINT_UNITS * check->epsilon))
        wg_append_finding(check->result->broken, sizeof check->result->broken,
                          "the tangent disagrees with the gradient");
    return WG_OK;
}

static void broken(struct wg_check *check, const char *text) {
    wg_append_finding(check->result->broken, sizeof check->result->broken, text);
}

static bool same_bits(const double *a, const double *b, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const bool same = a[i] == b[i] && signbit(a[i]) == signbit(b[i]);
        if (!same && !(isnan(a[i]) && isnan(b[i]))) return false;
    }
    return true;
}

/* Function and gradient again: a difference makes every other comparison worthless. */
static enum wg_status check_repeat(struct wg_check *check, double *y, double *dx) {
    struct wg_subject *subject = check->subject;
    uint64_t branches;
    enum wg_status status = wg_check_evaluate(check, y, &branches);
    if (status != WG_OK) return status;
    if (!same_bits(y, check->y, subject->outputs)) {
        check->result->count[WG_VERDICT_NONDETERMINISTIC]++;
        broken(check, "the function gives other bits when run again");
    }
    status = subject->gradient(subject, check->upstream, dx);
    if (status != WG_OK) return status;
    if (!same_bits(dx, check->analytic, subject->variables)) {
        check->result->count[WG_VERDICT_NONDETERMINISTIC]++;
        broken(check, "the gradient gives other bits when asked again");
    }
    return WG_OK;
}

/* factor is 0 or 2, for which products are exact: the gradient must be so many times the first. */
static enum wg_status check_scaled(struct wg_check *check, double factor, double *dy, double *dx) {
    struct wg_subject *subject = check->subject;
    for (int64_t i = 0; i < subject->outputs; i++) dy[i] = factor * check->upstream[i];
    enum wg_status status = subject->gradient(subject, dy, dx);
    if (status != WG_OK) return status;
    const bool narrow = subject->dtype == WG_F32;
    const double smallest = narrow ? 0x1p-149 : 0x1p-1074, /* what underflows is rounded */
        largest = narrow ? (double)FLT_MAX : DBL_MAX;
    for (int64_t i = 0; i < subject->variables; i++) {
        const double expected = factor * check->analytic[i];
        /* A kernel that rounds in another order for other sizes may differ in the last bits. */
        const double slack = 16 * check->epsilon * fabs(expected) + 4 * smallest;
        if (!isfinite(check->analytic[i]) || !(fabs(expected) <= largest)) continue;
        if (fabs(dx[i] - expected) <= slack) continue;
        broken(check, factor == 0 ? "no upstream gradient, and yet a gradient"
                                  : "twice the upstream gradient does not give twice the gradient");
        return WG_OK;
    }
    return WG_OK;
}

enum wg_status wg_check_contracts(struct wg_check *check) {
    struct wg_subject *subject = check->subject;
    double *dx = wg_check_doubles(check, subject->variables);
    double *dy = wg_check_doubles(check, subject->outputs);
    if (!dx || !dy) return WG_ERROR_MEMORY;
    enum wg_status status = check_repeat(check, dy, dx);
    if (status == WG_OK) status = check_scaled(check, 0, dy, dx);
    if (status == WG_OK) status = check_scaled(check, 2, dy, dx);
    if (status == WG_OK && subject->contracts)
        status = subject->contracts(subject, check->upstream, check->analytic, check->result);
    return status;
}
