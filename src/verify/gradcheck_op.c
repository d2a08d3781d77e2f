/* Checks of one op in one of the cases that its entry declares. */
#include "wengert/gradcheck.h"

#include "base/error.h"
#include "verify/op_case.h"
#include "verify/ridders.h"
#include "verify/subject.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_STEP 0.05
/* One-sided slopes come from differences whose error runs in h, not h^2. */
#define SIDE_TOLERANCE 1e-7
#define SIDE_STEP 0.02
/* A draw on which every gradient is zero, such as relu of one negative number, proves nothing: so
 * many are tried. */
#define DRAWS 16

/* ------------------------------------------------------------------------------------------------
 * Kinks */

/* An elementwise op of scalars, at one point: value and slope with respect to one input.
 * Differences start one float to the side of a kink, so that a value that jumps there does no harm.
 */
struct point {
    const struct wg_op_case *trial;
    int input;
    double side, x[WG_CASE_INPUTS], value;
};

static bool evaluate(const struct point *point, const double *x, double *value, double *slope) {
    wg_tape *tape = wg_tape_new();
    wg_var inputs[WG_CASE_INPUTS];
    for (int i = 0; tape && i < point->trial->inputs; i++)
        inputs[i] = wg_variable_scalar(tape, WG_F64, x[i]);
    wg_var y = tape ? wg_apply(point->trial->op, inputs, point->trial->inputs, point->trial->slots)
                    : (wg_var){0};
    const bool recorded = !wg_is_null(y);
    if (recorded) *value = wg_item(y);
    const bool good = recorded && (!slope || wg_backward(y) == WG_OK);
    if (good && slope) *slope = wg_gradient_item(inputs[point->input]);
    wg_tape_free(tape);
    return good;
}

static bool side_quotient(double h, void *context, struct wg_quotient *quotient) {
    const struct point *point = context;
    double x[WG_CASE_INPUTS], value;
    memcpy(x, point->x, sizeof x);
    const volatile double moved = x[point->input] + point->side * h;
    const double width = moved - x[point->input];
    x[point->input] = moved;
    if (!evaluate(point, x, &value, NULL)) return false;
    const double change = value - point->value;
    *quotient = (struct wg_quotient){change / width, fabs(change / width),
                                     8 * DBL_EPSILON * fabs(value / width)};
    return true;
}

static bool near(double value, double declared) {
    return fabs(value - declared) <= SIDE_TOLERANCE * fmax(1, fabs(declared));
}

/* Puts the input at the kink and compares: the gradient with the declared slope, exactly; one-sided
 * differences with the declared slopes on either side, and the jump of the value between them. */
static enum wg_status check_kink(struct wg_op_case *trial, const struct wg_kink *kink,
                                 struct wg_gradcheck_result *result) {
    struct point point = {.trial = trial, .input = kink->input};
    for (int i = 0; i < trial->inputs; i++) point.x[i] = wg_op_case_draw(trial, i);
    point.x[kink->input] = wg_quantity_value(trial->op, kink->at, trial->slots, point.x);
    const double declared[] = {wg_quantity_value(trial->op, kink->left, trial->slots, point.x),
                               wg_quantity_value(trial->op, kink->right, trial->slots, point.x)};
    const double convention = wg_quantity_value(trial->op, kink->slope, trial->slots, point.x);
    const double at = point.x[kink->input];
    double slope, values[2] = {0, 0};
    if (isinf(at)) return WG_OK;
    if (!evaluate(&point, point.x, &point.value, &slope)) return wg_error_status();
    bool right = slope == convention;
    struct wg_derivative side = {.value = slope};
    for (int i = 0; i < 2 && right; i++) {
        point.side = i ? 1 : -1;
        point.x[kink->input] = nextafter(at, point.side * INFINITY);
        if (!evaluate(&point, point.x, &point.value, NULL)) return wg_error_status();
        if (!wg_ridders(side_quotient, &point, SIDE_STEP, 1, WG_RIDDERS_ROWS, &side))
            return wg_error_status();
        right = near(side.value, declared[i]);
        values[i] = point.value;
    }
    if (right) {
        const double jump = wg_quantity_value(trial->op, kink->jump, trial->slots, point.x);
        side.value = values[1] - values[0];
        right = near(side.value, jump);
    }
    result->count[right ? WG_VERDICT_KINK : WG_VERDICT_FAIL]++;
    result->checked++;
    if (right) return WG_OK;
    const double expected = slope == convention ? side.value : convention;
    struct wg_gradcheck_element row = {.verdict = WG_VERDICT_FAIL,
                                       .input = kink->input,
                                       .x = at,
                                       .analytic = slope,
                                       .numeric = expected,
                                       .left = declared[0],
                                       .right = declared[1],
                                       .error = INFINITY};
    snprintf(row.name, sizeof row.name, "%s", trial->op->inputs[kink->input]);
    if (result->rows < WG_GRADCHECK_ROWS) result->rows++;
    memmove(&result->row[1], &result->row[0], (size_t)(result->rows - 1) * sizeof row);
    result->row[0] = row;
    wg_append_finding(result->broken, sizeof result->broken,
                      slope == convention ? "a slope beside a kink is not the declared one"
                                          : "the gradient at a kink is not the declared one");
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The check */

static wg_var apply(wg_tape *tape, const wg_var *inputs, void *user) {
    const struct wg_op_case *trial = user;
    (void)tape;
    return wg_apply(trial->op, inputs, trial->inputs, trial->slots);
}

static enum wg_status run(struct wg_op_case *trial, struct wg_gradcheck_options options,
                          struct wg_gradcheck_result *result) {
    const char *names[WG_CASE_INPUTS] = {NULL};
    for (int i = 0; i < trial->inputs && i < WG_MAX_NAMED_INPUTS; i++) {
        const char *name = trial->op->inputs[i];
        if (!name || strcmp(name, "...") == 0) break;
        names[i] = name;
    }
    options.step = trial->step;
    options.names = names;
    enum wg_status status = wg_gradcheck(apply, trial, trial->inputs, trial->x, &options, result);
    const bool look = options.levels == 0 || (options.levels & WG_LEVEL_KINKS);
    for (int i = 0; look && i < trial->op->kink_count && status == WG_OK; i++) {
        status = check_kink(trial, &trial->op->kinks[i], result);
    }
    const bool wrong = result->count[WG_VERDICT_FAIL] > 0;
    const bool kinks = result->count[WG_VERDICT_KINK] > 0;
    if (wrong && result->verdict < WG_VERDICT_FAIL) result->verdict = WG_VERDICT_FAIL;
    if (kinks && result->verdict < WG_VERDICT_KINK) result->verdict = WG_VERDICT_KINK;
    result->pass = status == WG_OK && result->verdict <= WG_VERDICT_KINK;
    return status;
}

enum wg_status wg_gradcheck_op(const struct wg_op *op, const char *op_case,
                               const struct wg_gradcheck_options *options,
                               struct wg_gradcheck_result *result) {
    if (!op || !op_case || !result) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_gradcheck_op: op, case or result is NULL");
    }
    *result = wg_no_result();
    if (wg_error_status() != WG_OK) return wg_error_status();
    const struct wg_gradcheck_options mine = options ? *options : (struct wg_gradcheck_options){0};
    enum wg_status status = WG_OK;
    for (uint64_t draw = 0; draw < DRAWS && status == WG_OK && result->nonzero == 0 &&
                            result->count[WG_VERDICT_FAIL] == 0;
         draw++) {
        struct wg_op_case trial;
        *result = wg_no_result();
        status = wg_op_case_init(&trial, op, op_case, mine.step == 0 ? DEFAULT_STEP : mine.step,
                                 mine.seed + (draw << 32));
        if (status == WG_OK) status = run(&trial, mine, result);
        wg_op_case_free(&trial);
    }
    return status;
}
