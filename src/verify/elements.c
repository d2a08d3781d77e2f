/* Which derivatives are compared: each element's, or those along random directions with a search
 * for the worst element by halving. */
#include "verify/check.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Counting, and the worst rows */

static double share_of(const struct wg_finding *f) {
    return f->error == 0 ? 0 : f->error / f->allowed; /* NaN stays NaN */
}

static bool worse(const struct wg_gradcheck_element *row, double row_share,
                  const struct wg_finding *f) {
    if (f->verdict != row->verdict) return f->verdict > row->verdict;
    return share_of(f) > row_share;
}

static void fill_row(const struct wg_check *check, int64_t variable, const struct wg_finding *f,
                     struct wg_gradcheck_element *row) {
    const struct wg_slot *slot = wg_subject_slot(check->subject, variable);
    *row = (struct wg_gradcheck_element){.verdict = f->verdict,
                                         .input = slot->number,
                                         .rank = slot->value.shape.rank,
                                         .element = variable - slot->first,
                                         .x = check->base[variable],
                                         .analytic = check->analytic[variable],
                                         .numeric = f->numeric,
                                         .left = f->left,
                                         .right = f->right,
                                         .estimate = f->estimate,
                                         .error = f->error == 0 ? 0 : f->error / f->scale,
                                         .step = f->step};
    wg_slot_name(slot, row->name, sizeof row->name);
    int64_t left = row->element;
    for (int d = row->rank - 1; d >= 0; d--) {
        row->index[d] = left % slot->value.shape.dim[d];
        left /= slot->value.shape.dim[d];
    }
}

void wg_check_record(struct wg_check *check, int64_t variable, const struct wg_finding *f) {
    struct wg_gradcheck_result *result = check->result;
    result->checked++;
    result->count[f->verdict]++;
    if (f->verdict == WG_VERDICT_PASS || f->verdict == WG_VERDICT_KINK)
        result->certified = fmax(result->certified, f->scale > 0 ? f->allowed / f->scale : 0);
    int at = result->rows;
    while (at > 0 && worse(&result->row[at - 1], check->row_share[at - 1], f)) at--;
    if (at == WG_GRADCHECK_ROWS) return;
    if (result->rows < WG_GRADCHECK_ROWS) result->rows++;
    const size_t after = (size_t)(result->rows - 1 - at);
    memmove(&result->row[at + 1], &result->row[at], after * sizeof *result->row);
    memmove(&check->row_share[at + 1], &check->row_share[at], after * sizeof *check->row_share);
    fill_row(check, variable, f, &result->row[at]);
    check->row_share[at] = share_of(f);
}

/* ------------------------------------------------------------------------------------------------
 * One by one */

static enum wg_status check_one(struct wg_check *check, int64_t variable) {
    struct wg_finding finding;
    enum wg_status status =
        wg_check_line(check, variable, 1, NULL, check->analytic[variable], &finding);
    if (status != WG_OK) return status;
    wg_check_record(check, variable, &finding);
    if (check->found) check->found[variable] = finding;
    return WG_OK;
}

enum wg_status wg_check_elements(struct wg_check *check) {
    const int64_t n = check->subject->variables;
    check->found =
        wg_arena_allocate(&check->arena, (size_t)n * sizeof *check->found, _Alignof(double));
    if (!check->found) return WG_ERROR_MEMORY;
    enum wg_status status = WG_OK;
    for (int64_t i = 0; i < n && status == WG_OK; i++) status = check_one(check, i);
    return status;
}

/* ------------------------------------------------------------------------------------------------
 * Directions
 *
 * Every element moves by about its scale, up or down: no weight is ever small, so one wrong element
 * shows however many there are; and no two are alike, so that equal mistakes do not cancel. */

static double analytic_along(const struct wg_check *check, int64_t first, int64_t count,
                             const double *direction) {
    double sum = 0;
    for (int64_t i = first; i < first + count; i++) sum += direction[i] * check->analytic[i];
    return sum;
}

/* Of a range that is wrong the worse half, until one element is left: its excess of the analytic
 * side is the range's. Single quotients do, all with one step: what their truncation adds is the
 * same on both sides. */
static enum wg_status search(struct wg_check *check, const double *direction, double step) {
    int64_t first = 0, count = check->subject->variables;
    double excess;
    enum wg_status status = wg_check_quotient(check, first, count, direction, step, &excess);
    excess = analytic_along(check, first, count, direction) - excess;
    while (count > 1 && status == WG_OK) {
        const int64_t half = count / 2;
        double low;
        status = wg_check_quotient(check, first, half, direction, step, &low);
        low = analytic_along(check, first, half, direction) - low;
        const bool take_low = !isfinite(low) || fabs(low) >= fabs(excess - low);
        excess = take_low ? low : excess - low;
        first = take_low ? first : first + half;
        count = take_low ? half : count - half;
    }
    return status == WG_OK ? check_one(check, first) : status;
}

/* A gradient that is not finite names its element without a search. */
static int64_t first_nonfinite(const struct wg_check *check) {
    for (int64_t i = 0; i < check->subject->variables; i++) {
        if (!isfinite(check->analytic[i])) return i;
    }
    return -1;
}

enum wg_status wg_check_directions(struct wg_check *check) {
    struct wg_gradcheck_result *result = check->result;
    const int64_t n = check->subject->variables;
    double *direction = wg_check_doubles(check, n);
    if (!direction) return WG_ERROR_MEMORY;
    const int64_t nonfinite = first_nonfinite(check);
    if (nonfinite >= 0) return check_one(check, nonfinite);
    for (int k = 0; k < check->options.directions; k++) {
        for (int64_t i = 0; i < n; i++) {
            const double scale =
                wg_random_uniform(&check->random, 0.75, 1.25) * fmax(1, fabs(check->base[i]));
            direction[i] = wg_random_below(&check->random, 2) ? scale : -scale;
        }
        struct wg_finding finding;
        enum wg_status status =
            wg_check_line(check, 0, n, direction, analytic_along(check, 0, n, direction), &finding);
        if (status != WG_OK) return status;
        result->directions++;
        result->count[finding.verdict]++;
        if (finding.verdict == WG_VERDICT_PASS || finding.verdict == WG_VERDICT_KINK)
            result->certified =
                fmax(result->certified, finding.scale > 0 ? finding.allowed / finding.scale : 0);
        if (finding.verdict == WG_VERDICT_FAIL) return search(check, direction, finding.step);
    }
    return WG_OK;
}
