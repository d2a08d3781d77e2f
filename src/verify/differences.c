/* Derivatives from differences, with an account of what they are worth, and the search for steps
 * that stay within one smooth piece of the function. */
#include "verify/check.h"
#include "verify/ridders.h"

#include "base/error.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A value that kernels computed is trusted to this many units of the last place. */
#define VALUE_ULP 8
/* The extrapolation's own estimate is allowed for up to this, relative: what is wrong by more is
 * caught all the same. */
#define ESTIMATE_MOST_F64 1e-6
#define ESTIMATE_MOST_F32 1e-3
#define BESIDE 1e-4       /* of the gradient's largest element: smaller ones count as this large */
#define ANALYTIC_ULP 4096 /* of the gradient's largest element: what sums leave in any other */
#define NOTHING_ULP 64    /* of it: what is below on both sides is zero on both */
#define SIDE_TOLERANCE 1e-7 /* one-sided differences' error runs in h, not h^2 */
#define SIDE_GOOD 1e-3      /* a one-sided slope that is not even known to this says nothing */
#define SIDE_ENOUGH 1e-8    /* and one that is known to this is not asked for again */
#define VAGUE 1e-3          /* of a difference: an estimate above this says little of it */
#define CONCLUSIVE 1e-6     /* of an error: an estimate below this leaves no doubt */
#define DIRECTION_ROWS 8    /* steps are small where many elements move: few make it exact */
#define SHRINK 4.0          /* of a step that crossed a branch */
#define SHRINK_TIMES 14
#define INVESTIGATE 8.0 /* how much smaller each further step is when the first one disagrees */
#define INVESTIGATE_TIMES 6

struct line {
    struct wg_check *check;
    int64_t first, count;
    const double *direction;
    double side;  /* of one-sided quotients */
    bool crossed; /* two points of a quotient lie on different branches */
    enum wg_status status;
};

static double direction_of(const struct line *line, int64_t i) {
    return line->direction ? line->direction[line->first + i] : 1;
}

/* Moves to base + t direction; *moved is how far the only variable really went. */
static void move(const struct line *line, double t, double *moved) {
    const struct wg_check *check = line->check;
    for (int64_t i = 0; i < line->count; i++) {
        const int64_t j = line->first + i;
        wg_subject_set(check->subject, j, check->base[j] + t * direction_of(line, i));
    }
    *moved = line->count == 1 && !line->direction
                 ? wg_subject_get(check->subject, line->first) - check->base[line->first]
                 : t;
}

static void put_back(const struct line *line) {
    for (int64_t i = line->first; i < line->first + line->count; i++)
        wg_subject_set(line->check->subject, i, line->check->base[i]);
}

static bool at(struct line *line, double t, double *y, uint64_t *branches, double *moved) {
    move(line, t, moved);
    line->status = wg_check_evaluate(line->check, y, branches);
    return line->status == WG_OK;
}

/* sum of upstream (y1 - y0) / width: differences are taken element by element, before they are
 * added. */
static void quotient_of(const struct line *line, const double *y1, const double *y0, double width,
                        struct wg_quotient *quotient) {
    const struct wg_check *check = line->check;
    double sum = 0, terms = 0, sizes = 0, changed = 0, unchanged = 0, points = 0;
    for (int64_t i = 0; i < check->subject->outputs; i++) {
        const double term = check->upstream[i] * (y1[i] - y0[i]);
        const double size = fabs(check->upstream[i] * y0[i]);
        sum += term;
        terms += fabs(term);
        sizes += y1[i] != y0[i] ? size : 0;
        changed += y1[i] != y0[i] ? size * size : 0;
        unchanged += y1[i] != y0[i] ? 0 : size * size; /* may have changed by less than shows */
    }
    for (int64_t i = 0; line->direction && i < line->count; i++) {
        const double moved = check->analytic[line->first + i] * check->base[line->first + i];
        points += moved * moved;
    }
    /* One element may err through all values the same way; of many, each value errs by itself. */
    const double values = line->direction ? sqrt(changed) : sizes;
    const double rounding =
        check->epsilon * (VALUE_ULP * values + sqrt(unchanged) + 2 * sqrt(points));
    *quotient = (struct wg_quotient){sum / width, terms / fabs(width), rounding / fabs(width)};
}

static bool central(double h, void *context, struct wg_quotient *quotient) {
    struct line *line = context;
    struct wg_check *check = line->check;
    uint64_t up = 0, down = 0;
    double to, from;
    if (!at(line, h, check->above, &up, &to)) return false;
    if (!at(line, -h, check->below, &down, &from)) return false;
    line->crossed = up != check->branches || down != check->branches;
    quotient_of(line, check->above, check->below, to - from, quotient);
    return !line->crossed;
}

/* From two points on one side, so that neither the kink nor a jump there does harm. */
static bool one_sided(double h, void *context, struct wg_quotient *quotient) {
    struct line *line = context;
    struct wg_check *check = line->check;
    uint64_t far = 0, near = 0;
    double to, from;
    if (!at(line, line->side * h, check->above, &far, &to)) return false;
    if (!at(line, line->side * h / 2, check->below, &near, &from)) return false;
    line->crossed = far != near;
    quotient_of(line, check->above, check->below, to - from, quotient);
    return !line->crossed;
}

/* false when a branch was crossed or the function failed (line->status says). */
static bool derive(struct line *line, double h, double side, struct wg_derivative *derivative) {
    line->side = side;
    line->crossed = false;
    return wg_ridders(side == 0 ? central : one_sided, line, h, side == 0 ? 2 : 1,
                      line->direction ? DIRECTION_ROWS : WG_RIDDERS_ROWS, derivative);
}

/* ------------------------------------------------------------------------------------------------
 * Judgement */

static double scale_of(const struct line *line, double analytic, double numeric, double terms) {
    const struct wg_check *check = line->check;
    if (line->direction) { /* what one element among many adds must not drown */
        double squares = 0;
        for (int64_t i = line->first; i < line->first + line->count; i++) {
            const double part = line->direction[i] * check->analytic[i];
            squares += part * part;
        }
        return fmax(fmax(fabs(analytic), fabs(numeric)), sqrt(squares));
    }
    double scale = fmax(fmax(fabs(analytic), fabs(numeric)), terms);
    if (check->subject->dtype != WG_F32 || line->count != 1) return scale;
    /* In float a derivative far below its neighbours cannot be told from nothing. */
    const struct wg_slot *slot = wg_subject_slot(check->subject, line->first);
    double squares = 0;
    for (int64_t i = 0; i < slot->value.size; i++)
        squares += check->analytic[slot->first + i] * check->analytic[slot->first + i];
    return fmax(scale, sqrt(squares / (double)slot->value.size));
}

static double most_estimate(const struct wg_check *check) {
    return check->subject->dtype == WG_F32 ? ESTIMATE_MOST_F32 : ESTIMATE_MOST_F64;
}

/* Of the gradient in question: in float its scale allows for that. */
static double analytic_rounding(const struct wg_check *check) {
    return check->subject->dtype == WG_F32 ? 0 : ANALYTIC_ULP * check->epsilon * check->largest;
}

/* A difference whose own estimate is not far below it, and not because of rounding alone. */
static bool is_vague(const struct wg_derivative *d) {
    return !(d->estimate <= VAGUE * fmax(fabs(d->value), d->terms) + 10 * d->rounding);
}

static struct wg_finding judge(const struct line *line, double analytic,
                               const struct wg_derivative *d) {
    const struct wg_check *check = line->check;
    struct wg_finding f = {.numeric = d->value,
                           .left = NAN,
                           .right = NAN,
                           .estimate = d->estimate,
                           .rounding = d->rounding,
                           .terms = d->terms,
                           .step = d->step,
                           .error = fabs(analytic - d->value),
                           .scale = scale_of(line, analytic, d->value, d->terms)};
    /* What is small beside the rest of the gradient is no better known than the rest, by either
     * side: it is what remains of terms of that size. */
    const double beside = fmax(f.scale, BESIDE * check->largest);
    f.allowed = check->options.tolerance * f.scale + d->rounding + analytic_rounding(check) +
                fmin(d->estimate, most_estimate(check) * beside);
    const bool known = d->rounding <= check->loose * beside;
    const bool nothing =
        fmax(fabs(analytic), fabs(d->value)) <= NOTHING_ULP * check->epsilon * check->largest;
    if (!isfinite(analytic))
        f.verdict = WG_VERDICT_NONFINITE;
    else if (f.error == 0 || f.error <= f.allowed)
        f.verdict = f.error == 0 || (known && (nothing || f.error <= check->most_error * f.scale))
                        ? WG_VERDICT_PASS
                        : WG_VERDICT_INCONCLUSIVE;
    else if (!isfinite(d->value) || !(f.error > 3 * d->estimate + d->rounding) || is_vague(d))
        f.verdict = WG_VERDICT_INCONCLUSIVE;
    else
        f.verdict = WG_VERDICT_FAIL;
    return f;
}

/* ------------------------------------------------------------------------------------------------
 * Kinks */

/* How far a line may be followed: by the scale of what moves. */
static double first_step(const struct line *line) {
    const struct wg_check *check = line->check;
    if (line->count == 1 && !line->direction)
        return check->options.step * fmax(1, fabs(check->base[line->first]));
    return check->options.step / sqrt((double)line->count);
}

/* The slope on one side: the best of several first steps, among those that cross no branch. */
static bool side_slope(struct line *line, double h, double side, struct wg_derivative *best) {
    const int times = line->check->subject->dtype == WG_F32 ? 1 : 5;
    bool found = false;
    for (int i = 0; i < times; i++, h /= INVESTIGATE) {
        struct wg_derivative d;
        if (!derive(line, h, side, &d)) {
            if (line->status != WG_OK) return false;
            continue;
        }
        if (isfinite(d.value) && (!found || d.estimate < best->estimate)) *best = d;
        found = found || isfinite(d.value);
        if (found && best->estimate <= SIDE_ENOUGH * fmax(fabs(best->value), best->terms)) break;
    }
    return found;
}

/* Whether the slopes on the two sides differ, and if so whether the gradient lies between them.
 * false: there is no kink to be seen. */
static bool judge_kink(struct line *line, double h, double analytic, bool certain,
                       struct wg_finding *finding) {
    struct wg_derivative left = {0}, right = {0};
    if (!isfinite(analytic)) return false;
    if (!side_slope(line, h, -1, &left) || !side_slope(line, h, 1, &right)) return false;
    const double low = fmin(left.value, right.value), high = fmax(left.value, right.value);
    const double scale =
        scale_of(line, analytic, fmax(fabs(low), fabs(high)), fmax(left.terms, right.terms));
    const double unsure = left.estimate + right.estimate;
    if (!certain && !(high - low > 10 * unsure + SIDE_TOLERANCE * 10 * scale)) return false;
    const double slack = fmax(line->check->options.tolerance, SIDE_TOLERANCE) * scale +
                         fmin(unsure, 1e-4 * scale) + left.rounding + right.rounding;
    const double nearest = fmin(fmax(analytic, low), high);
    *finding = (struct wg_finding){.numeric = nearest,
                                   .left = left.value,
                                   .right = right.value,
                                   .estimate = unsure,
                                   .rounding = left.rounding + right.rounding,
                                   .terms = fmax(left.terms, right.terms),
                                   .step = fmin(left.step, right.step),
                                   .error = fabs(analytic - nearest),
                                   .allowed = slack,
                                   .scale = scale};
    finding->verdict = finding->error <= slack       ? WG_VERDICT_KINK
                       : unsure <= SIDE_GOOD * scale ? WG_VERDICT_FAIL
                                                     : WG_VERDICT_INCONCLUSIVE;
    return true;
}

/* The largest step to one side that stays on the branches of base; 0 for none. */
static double clear_step(struct line *line, double h, double side) {
    for (int i = 0; i < SHRINK_TIMES; i++, h /= SHRINK) {
        uint64_t branches = 0;
        double moved;
        if (!at(line, side * h, line->check->above, &branches, &moved)) return 0;
        if (branches == line->check->branches) return h;
    }
    return 0;
}

/* The first step crosses a branch: shrinks it; or steps to the free side only; or looks at both
 * sides of the kink that is here. */
static bool between_branches(struct line *line, double h, double analytic,
                             struct wg_finding *finding) {
    const double up = clear_step(line, h, 1), down = clear_step(line, h, -1);
    struct wg_derivative d;
    if (fmin(up, down) >= h / 1024 && derive(line, fmin(up, down), 0, &d)) {
        *finding = judge(line, analytic, &d);
        if (finding->verdict == WG_VERDICT_PASS) return true;
    }
    if (fmax(up, down) >= h / 1024 && derive(line, fmax(up, down), up > down ? 1 : -1, &d)) {
        *finding = judge(line, analytic, &d);
        if (finding->verdict == WG_VERDICT_PASS) return true;
    }
    /* So many elements as move along a direction have no two sides. */
    return line->status == WG_OK && !line->direction &&
           judge_kink(line, first_step(line) / 4, analytic, true, finding);
}

/* ------------------------------------------------------------------------------------------------
 * A line */

static bool is_conclusive(const struct wg_finding *finding) {
    return finding->verdict == WG_VERDICT_FAIL && finding->estimate <= CONCLUSIVE * finding->error;
}

/* Smaller steps than the first, which disagrees, until one leaves no doubt: they are nearer to the
 * truth where a kink that nobody declared, or the end of the domain, is near. Returns how far from
 * the point the doubt begins. */
static double smaller_steps(struct line *line, double h, double analytic,
                            struct wg_finding *finding) {
    const int times = line->check->subject->dtype == WG_F32 ? 1 : INVESTIGATE_TIMES;
    const struct wg_finding first = *finding;
    for (int i = 0; i < times && !is_conclusive(finding); i++) {
        struct wg_derivative d;
        h /= INVESTIGATE;
        if (!derive(line, h, 0, &d)) {
            if (line->status != WG_OK) return h;
            continue;
        }
        const struct wg_finding smaller = judge(line, analytic, &d);
        /* A smaller step is a noisier one, and noise lets everything pass: it counts when it tells
         * more, or contradicts the first. */
        const bool refutes = first.verdict != WG_VERDICT_FAIL ||
                             fabs(smaller.numeric - first.numeric) >
                                 3 * (smaller.estimate + smaller.rounding + first.estimate);
        const bool better = (smaller.verdict == WG_VERDICT_PASS && refutes) ||
                            !(finding->estimate <= smaller.estimate) || !isfinite(finding->numeric);
        if (better && isfinite(smaller.numeric)) *finding = smaller;
        if (better && smaller.verdict == WG_VERDICT_PASS) return h;
    }
    return is_conclusive(finding) ? finding->step : first_step(line) / 4;
}

/* Looks at smaller steps, then at both sides of the point, no further away than where there was no
 * doubt: a kink beyond that is no excuse. */
static void investigate(struct line *line, double h, double analytic, struct wg_finding *finding) {
    struct wg_finding kink;
    const double reach = smaller_steps(line, h, analytic, finding);
    if (line->status != WG_OK || finding->verdict == WG_VERDICT_PASS || line->direction) return;
    if (judge_kink(line, reach, analytic, false, &kink)) *finding = kink;
}

enum wg_status wg_check_quotient(struct wg_check *check, int64_t first, int64_t count,
                                 const double *direction, double step, double *value) {
    struct line line = {check, first, count, direction, 0, false, WG_OK};
    struct wg_quotient quotient = {NAN, 0, 0};
    central(step, &line, &quotient);
    *value = quotient.value;
    put_back(&line);
    return line.status;
}

enum wg_status wg_check_line(struct wg_check *check, int64_t first, int64_t count,
                             const double *direction, double analytic, struct wg_finding *finding) {
    struct line line = {check, first, count, direction, 0, false, WG_OK};
    const double h = first_step(&line);
    const bool kinks = (check->options.levels & WG_LEVEL_KINKS) != 0;
    struct wg_derivative d = {.value = NAN, .estimate = INFINITY};
    bool judged = derive(&line, h, 0, &d);
    *finding = judge(&line, analytic, &d);
    if (!judged && line.crossed && line.status == WG_OK)
        judged = between_branches(&line, h, analytic, finding);
    /* What no branch was crossed for and an exact difference contradicts needs no second look. */
    const bool plain = judged && check->subject->shows_branches && is_conclusive(finding);
    const bool doubtful = (finding->verdict == WG_VERDICT_FAIL && !plain) ||
                          finding->verdict == WG_VERDICT_INCONCLUSIVE;
    if (line.status == WG_OK && kinks && doubtful && isnan(finding->left))
        investigate(&line, h, analytic, finding);
    put_back(&line);
    return line.status;
}
