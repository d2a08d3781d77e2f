/* What the pattern of wrong elements says about the mistake that made them: a table of hypotheses,
 * each with a test, the most telling first. */
#include "verify/check.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MATCH_F64 1e-6 /* relative: two numbers are the same for a diagnosis */
#define MATCH_F32 2e-2
#define FEW 8 /* elements that a hypothesis with evaluations of its own is tried on */

/* One input's elements, analytic and numeric. */
struct pattern {
    struct wg_check *check;
    const struct wg_slot *slot;
    const double *analytic;
    const struct wg_finding *found;
    int64_t size, failed, nonzero; /* nonzero: numeric ones that are not negligible */
    double largest, match;         /* the largest numeric one; the tolerance */
    char *text;
    size_t room;
};

static bool is_wrong(const struct pattern *p, int64_t i) {
    return p->found[i].verdict == WG_VERDICT_FAIL || p->found[i].verdict == WG_VERDICT_NONFINITE;
}

static bool near(const struct pattern *p, double a, double b) {
    return fabs(a - b) <= p->match * fmax(fabs(a), fabs(b)) + 1e-3 * p->match * p->largest;
}

static bool counts(const struct pattern *p, int64_t i) {
    return fabs(p->found[i].numeric) > 1e-4 * p->largest;
}

/* ------------------------------------------------------------------------------------------------
 * Hypotheses that look at the numbers alone */

static bool nonfinite(struct pattern *p) {
    int64_t bad = 0;
    for (int64_t i = 0; i < p->size; i++) bad += !isfinite(p->analytic[i]);
    if (bad == 0) return false;
    snprintf(p->text, p->room, "NaN or infinity in %lld of %lld elements", (long long)bad,
             (long long)p->size);
    return true;
}

static bool zero(struct pattern *p) {
    for (int64_t i = 0; i < p->size; i++) {
        if (p->analytic[i] != 0) return false;
    }
    snprintf(p->text, p->room, "no gradient arrives: a severed edge, or nothing is written");
    return true;
}

/* The ratio that all elements that count share; NaN for none. */
static double common_ratio(const struct pattern *p, bool wrong_only) {
    double ratio = NAN;
    int64_t seen = 0;
    for (int64_t i = 0; i < p->size; i++) {
        if (!counts(p, i) || (wrong_only && !is_wrong(p, i))) continue;
        const double r = p->analytic[i] / p->found[i].numeric;
        if (isnan(ratio)) ratio = r;
        if (!(fabs(r - ratio) <= p->match * fabs(ratio) * 10)) return NAN;
        seen++;
    }
    return seen >= (p->nonzero > 1 ? 2 : 1) ? ratio : NAN;
}

/* A count in the shapes that a factor may stand for; 0 for none. */
static int64_t count_like(const struct pattern *p, double factor) {
    const struct wg_subject *subject = p->check->subject;
    int64_t candidates[5 + WG_MAX_RANK] = {subject->outputs, subject->rows, p->size};
    int n = 3;
    candidates[n++] = subject->outputs / p->size; /* outputs that share an element, if they do */
    if (subject->rows > 0) candidates[n++] = subject->outputs / subject->rows;
    for (int d = 0; d < p->slot->value.shape.rank; d++)
        candidates[n++] = p->slot->value.shape.dim[d];
    for (int i = 0; i < n; i++) {
        if (candidates[i] > 2 && near(p, factor, (double)candidates[i])) return candidates[i];
    }
    return 0;
}

static bool factor(struct pattern *p) {
    const double r = common_ratio(p, false);
    if (isnan(r) || r == 0 || near(p, r, 1)) return false;
    if (near(p, r, -1))
        snprintf(p->text, p->room, "the wrong sign");
    else if (near(p, r, 2))
        snprintf(p->text, p->room, "a factor 2 too much");
    else if (near(p, r, 0.5))
        snprintf(p->text, p->room, "a factor 2 too little");
    else if (count_like(p, r))
        snprintf(p->text, p->room, "%lld times too large: a sum where a mean belongs",
                 (long long)count_like(p, r));
    else if (count_like(p, 1 / r))
        snprintf(p->text, p->room, "%lld times too small: a mean where a sum belongs",
                 (long long)count_like(p, 1 / r));
    else if (p->nonzero < 2)
        return false; /* of one number anything is a multiple */
    else
        snprintf(p->text, p->room, "a constant factor %.10g", r);
    return true;
}

static bool same_everywhere(struct pattern *p) {
    if (p->size < 3) return false;
    for (int64_t i = 1; i < p->size; i++) {
        if (p->analytic[i] != p->analytic[0]) return false;
    }
    snprintf(p->text, p->room, "the same number in every element");
    return true;
}

static bool transposed(struct pattern *p) {
    const struct wg_shape *shape = &p->slot->value.shape;
    if (shape->rank < 2) return false;
    const int64_t rows = shape->dim[shape->rank - 2], columns = shape->dim[shape->rank - 1];
    if (rows < 2 || columns < 2) return false;
    for (int64_t i = 0; i < p->size; i++) {
        const int64_t matrix = i / (rows * columns), at = i % (rows * columns);
        const int64_t other = matrix * rows * columns + (at % rows) * columns + at / rows;
        if (!near(p, p->analytic[i], p->found[other].numeric)) return false;
    }
    snprintf(p->text, p->room, "the transpose of what it should be");
    return true;
}

/* Without the upstream gradient the numbers would be right. */
static bool upstream_ignored(struct pattern *p) {
    const int64_t outputs = p->check->subject->outputs;
    if (outputs == 0 || p->size % outputs != 0 || p->failed < 2) return false;
    for (int64_t i = 0; i < p->size; i++) {
        const double upstream = p->check->upstream[i / (p->size / outputs)];
        if (!near(p, p->analytic[i] * upstream, p->found[i].numeric)) return false;
    }
    snprintf(p->text, p->room, "the upstream gradient is ignored");
    return true;
}

static double excess(const struct pattern *p, int64_t i) {
    return p->analytic[i] - p->found[i].numeric;
}

/* Along each row of `width`, the excess is a + b u: from the elements where u is least and largest,
 * or, without u, b = 0; with `through` a = 0. At least one row must be told by more elements than
 * there are unknowns. */
static bool excess_fits(const struct pattern *p, int64_t width, const double *u, bool through) {
    double largest = 0;
    bool told = false;
    for (int64_t i = 0; i < p->size; i++) largest = fmax(largest, fabs(excess(p, i)));
    for (int64_t row = 0; row < p->size; row += width) {
        int64_t low = row, high = row, wrong = 0;
        for (int64_t i = row; i < row + width; i++) {
            if (u && u[i] < u[low]) low = i;
            if (u && (through ? fabs(u[i]) > fabs(u[high]) : u[i] > u[high])) high = i;
            wrong += is_wrong(p, i);
        }
        const double b = !u        ? 0
                         : through ? excess(p, high) / u[high]
                                   : (excess(p, high) - excess(p, low)) / (u[high] - u[low]);
        const double a = through ? 0 : excess(p, low) - (u ? b * u[low] : 0);
        for (int64_t i = row; i < row + width; i++) {
            const double slack = p->match * largest + 3 * p->found[i].estimate;
            if (!(fabs(excess(p, i) - a - (u ? b * u[i] : 0)) <= slack)) return false;
        }
        told = told || wrong >= (u && !through ? 4 : 3);
    }
    return told;
}

/* What normalisations forget: terms that a whole row shares. */
static bool row_term(struct pattern *p) {
    const struct wg_check *check = p->check;
    const struct wg_shape *shape = &p->slot->value.shape;
    const int64_t width = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
    const char *what = NULL;
    if (width < 3) return false;
    if (excess_fits(p, width, NULL, false))
        what = "the same number";
    else if (check->subject->outputs == p->size && excess_fits(p, width, check->y, true))
        what = "a multiple of y";
    else if (excess_fits(p, width, check->base + p->slot->first, false))
        what = "a + b x";
    if (!what) return false;
    snprintf(p->text, p->room, "off by %s along each row: a sum or mean over the row is missing",
             what);
    return true;
}

static bool single(struct pattern *p) {
    if (p->failed != 1 || p->size < 3) return false;
    int64_t at = 0;
    while (!is_wrong(p, at)) at++;
    snprintf(p->text, p->room, "one element alone is wrong: element %lld of %lld", (long long)at,
             (long long)p->size);
    return true;
}

/* The element that a label names, say. */
static bool one_per_row(struct pattern *p) {
    const struct wg_shape *shape = &p->slot->value.shape;
    const int64_t width = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
    const int64_t rows = p->size / width;
    bool upstream = p->check->subject->outputs == rows;
    if (width < 3 || rows < 2 || p->failed != rows) return false;
    for (int64_t row = 0; row < rows; row++) {
        int64_t at = row * width;
        while (at < (row + 1) * width && !is_wrong(p, at)) at++;
        if (at == (row + 1) * width) return false;
        const double dy = upstream ? p->check->upstream[row] : 0;
        upstream = upstream && fabs(fabs(excess(p, at)) - fabs(dy)) <= p->match * fabs(dy);
    }
    snprintf(p->text, p->room, "one element of each row is wrong%s",
             upstream ? ", by dy: the 1 is missing that the target's element has" : "");
    return true;
}

static bool tail(struct pattern *p) {
    int64_t first = 0;
    while (first < p->size && !is_wrong(p, first)) first++;
    for (int64_t i = first; i < p->size; i++) {
        if (!is_wrong(p, i) && counts(p, i)) return false;
    }
    if (first < 4 || first % 4 != 0 || p->size - first >= 16) return false;
    snprintf(p->text, p->room,
             "only the last %lld elements, from %lld on: the tail after whole vectors",
             (long long)(p->size - first), (long long)first);
    return true;
}

static bool lane(struct pattern *p) {
    static const int widths[] = {4, 8, 16};
    int64_t first = 0;
    while (first < p->size && !is_wrong(p, first)) first++;
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
        bool fits = p->size >= 2 * widths[k];
        for (int64_t i = 0; i < p->size && fits; i++) {
            const bool expected = i % widths[k] == first % widths[k];
            if (counts(p, i)) fits = is_wrong(p, i) == expected;
        }
        if (!fits) continue;
        snprintf(p->text, p->room, "every %d-th element, from %lld on: one lane of a vector",
                 widths[k], (long long)first);
        return true;
    }
    return false;
}

static bool some_factor(struct pattern *p) {
    const double r = common_ratio(p, true);
    if (isnan(r)) return false;
    snprintf(p->text, p->room, "a factor %.10g in %lld of %lld elements", r, (long long)p->failed,
             (long long)p->size);
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Hypotheses that ask the function again */

/* Whether the wrong elements are what the gradient would be under another upstream gradient, which
 * is in check->upstream already. */
static bool explains(struct pattern *p, enum wg_status *status) {
    int tried[2] = {0, 0}; /* right elements, which it must explain too, and wrong ones */
    for (int64_t i = 0; i < p->size; i++) {
        if (tried[is_wrong(p, i)]++ >= FEW) continue;
        struct wg_finding f;
        *status = wg_check_line(p->check, p->slot->first + i, 1, NULL, p->analytic[i], &f);
        if (*status != WG_OK || !near(p, p->analytic[i], f.numeric)) return false;
    }
    return tried[1] > 0;
}

/* Only one row of `width` outputs counts. */
static bool only_row(struct pattern *p, int64_t width, int64_t row, enum wg_status *status) {
    struct wg_check *check = p->check;
    const int64_t outputs = check->subject->outputs;
    double *kept = wg_check_doubles(check, outputs);
    if (!kept) return *status = WG_ERROR_MEMORY, false;
    memcpy(kept, check->upstream, (size_t)outputs * sizeof *kept);
    for (int64_t i = 0; i < outputs; i++) {
        if (i / width != row) check->upstream[i] = 0;
    }
    const bool right = explains(p, status);
    memcpy(check->upstream, kept, (size_t)outputs * sizeof *kept);
    return right;
}

static bool one_row_of(struct pattern *p, int64_t width, enum wg_status *status) {
    const int64_t outputs = p->check->subject->outputs, rows = outputs / width;
    const char *missing = p->size < outputs ? "the sum over the rows that share it is missing"
                                            : "the others are missing";
    if (rows < 2) return false;
    if (only_row(p, width, 0, status)) {
        snprintf(p->text, p->room, "only the first row's part is there: %s", missing);
        return true;
    }
    if (*status == WG_OK && only_row(p, width, rows - 1, status)) {
        snprintf(
            p->text, p->room,
            "only the last row's part is there: assigned where it should be added (=, not +=)");
        return true;
    }
    return false;
}

/* Rows of the outermost dimension, or of as many outputs as the input has elements. */
static bool one_row(struct pattern *p, enum wg_status *status) {
    const struct wg_subject *subject = p->check->subject;
    const int64_t width = subject->rows > 0 ? subject->outputs / subject->rows : 0;
    if (width > 0 && one_row_of(p, width, status)) return true;
    return *status == WG_OK && p->size != width && subject->outputs % p->size == 0 &&
           one_row_of(p, p->size, status);
}

/* The derivative is right, but for the output's value instead of the input's. */
static bool at_output(struct pattern *p, enum wg_status *status) {
    struct wg_check *check = p->check;
    int tried = 0;
    bool right = true;
    if (check->subject->outputs != p->size) return false;
    for (int64_t i = 0; i < p->size && tried < FEW && right; i++) {
        const int64_t variable = p->slot->first + i;
        const double kept = check->base[variable];
        struct wg_finding f = {0};
        if (!is_wrong(p, i)) continue;
        check->base[variable] = check->y[i];
        wg_subject_set(check->subject, variable, check->y[i]);
        uint64_t branches = check->branches;
        *status = wg_check_evaluate(check, check->below, &check->branches);
        if (*status == WG_OK) *status = wg_check_line(check, variable, 1, NULL, p->analytic[i], &f);
        check->branches = branches;
        check->base[variable] = kept;
        wg_subject_set(check->subject, variable, kept);
        right = *status == WG_OK && near(p, p->analytic[i], f.numeric);
        tried++;
    }
    if (!right || tried == 0) return false;
    snprintf(p->text, p->room, "the derivative is taken at y, not at x");
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * The table */

typedef bool look(struct pattern *pattern);
typedef bool ask(struct pattern *pattern, enum wg_status *status);

static const struct {
    look *looks;
    ask *asks;
} hypotheses[] = {
    {nonfinite, NULL}, {zero, NULL},       {factor, NULL},      {upstream_ignored, NULL},
    {NULL, at_output}, {transposed, NULL}, {NULL, one_row},     {same_everywhere, NULL},
    {single, NULL},    {row_term, NULL},   {one_per_row, NULL}, {tail, NULL},
    {lane, NULL},      {some_factor, NULL}};

static enum wg_status diagnose_slot(struct pattern *p) {
    enum wg_status status = WG_OK;
    for (int64_t i = 0; i < p->size; i++) {
        if (is_wrong(p, i)) p->failed++;
        if (isfinite(p->found[i].numeric)) p->largest = fmax(p->largest, fabs(p->found[i].numeric));
    }
    if (p->failed == 0) return WG_OK;
    for (int64_t i = 0; i < p->size; i++) p->nonzero += counts(p, i);
    for (size_t i = 0; i < sizeof hypotheses / sizeof *hypotheses && status == WG_OK; i++) {
        if (hypotheses[i].looks ? hypotheses[i].looks(p) : hypotheses[i].asks(p, &status)) break;
    }
    return status;
}

/* Directions say that something is wrong, and a search has named one element. */
static void diagnose_search(struct wg_check *check) {
    struct wg_gradcheck_result *result = check->result;
    if (result->rows == 0 || result->row[0].verdict < WG_VERDICT_FAIL) return;
    const struct wg_gradcheck_element *row = &result->row[0];
    snprintf(result->diagnosis, sizeof result->diagnosis,
             "%s[%lld] is wrong, found by halving; others may be", row->name,
             (long long)row->element);
}

enum wg_status wg_check_diagnose(struct wg_check *check) {
    struct wg_gradcheck_result *result = check->result;
    if (!check->found) return diagnose_search(check), WG_OK;
    const int64_t evaluations = result->evaluations; /* those of the check itself are counted */
    enum wg_status status = WG_OK;
    for (int k = 0; k < check->subject->slots && status == WG_OK; k++) {
        const struct wg_slot *slot = &check->subject->slot[k];
        char text[160] = "", name[WG_GRADCHECK_NAME], line[220];
        struct pattern pattern = {.check = check,
                                  .slot = slot,
                                  .analytic = check->analytic + slot->first,
                                  .found = check->found + slot->first,
                                  .size = slot->value.size,
                                  .match = check->subject->dtype == WG_F32 ? MATCH_F32 : MATCH_F64,
                                  .text = text,
                                  .room = sizeof text};
        status = diagnose_slot(&pattern);
        if (!text[0]) continue;
        wg_slot_name(slot, name, sizeof name);
        snprintf(line, sizeof line, "%s: %s", name, text);
        wg_append_finding(result->diagnosis, sizeof result->diagnosis, line);
    }
    result->evaluations = evaluations;
    return status;
}
