/* The error of one central difference over its step: the V that all differences make. */
#include "wengert/gradcheck.h"

#include "base/error.h"
#include "verify/branches.h"
#include "verify/check.h"
#include "verify/op_case.h"

#include <math.h>
#include <string.h>

#define FIRST_STEP 0.05 /* of the check beside the curve */
#define TELLING 0.01    /* the step at which elements are compared */
#define DRAWS 16        /* of points, until some gradient is not zero */

struct curve {
    struct wg_op_case trial;
    wg_tape *tape;
    wg_var x[WG_CASE_INPUTS], y;
    int input;       /* the one that moves, */
    int64_t element; /* and its element */
    double *upstream, *above, *below;
    unsigned char *room; /* for branches */
};

static double *value_of(const struct curve *curve, int64_t element) {
    return (double *)wg_value(curve->x[curve->input]).data + element;
}

/* ------------------------------------------------------------------------------------------------
 * The op at a point */

static int first_differentiated(const struct wg_op_case *trial) {
    int input = 0;
    while (input < trial->inputs && trial->x[input].dtype != WG_F64) input++;
    return input;
}

static enum wg_status record(struct curve *curve) {
    struct wg_op_case *trial = &curve->trial;
    curve->input = first_differentiated(trial);
    if (curve->input == trial->inputs || trial->x[curve->input].size < 1) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck_curve: %s: the first input has no element to move",
                       trial->op->name);
    }
    curve->tape = wg_tape_new();
    for (int i = 0; curve->tape && i < trial->inputs; i++)
        curve->x[i] =
            trial->x[i].dtype == WG_F64
                ? wg_variable(curve->tape, WG_F64, trial->x[i].shape, trial->x[i].data)
                : wg_input(curve->tape, trial->x[i].dtype, trial->x[i].shape, trial->x[i].data);
    if (curve->tape) curve->y = wg_apply(trial->op, curve->x, trial->inputs, trial->slots);
    if (!curve->tape || wg_is_null(curve->y)) return wg_error_status();
    if (wg_value(curve->y).dtype != WG_F64) {
        return wg_fail(WG_ERROR_DTYPE, "wg_gradcheck_curve: %s gives %s; expected f64",
                       trial->op->name, wg_dtype_name(wg_value(curve->y).dtype));
    }
    return WG_OK;
}

/* Room, and the upstream gradient that a check with this seed has. */
static enum wg_status prepare(struct curve *curve, uint64_t seed) {
    const int64_t size = wg_value(curve->y).size;
    const size_t bytes = (size_t)(size + 1) * sizeof(double);
    struct wg_arena *arena = &curve->trial.arena;
    struct wg_random random = wg_random_make(seed, 0);
    curve->upstream = wg_arena_allocate(arena, bytes, WG_ALIGNMENT);
    curve->above = wg_arena_allocate(arena, bytes, WG_ALIGNMENT);
    curve->below = wg_arena_allocate(arena, bytes, WG_ALIGNMENT);
    curve->room = wg_arena_allocate(arena, wg_tape_branch_room(curve->tape), 1);
    if (!curve->upstream || !curve->above || !curve->below || !curve->room) return WG_ERROR_MEMORY;
    for (int64_t i = 0; i < size; i++) curve->upstream[i] = wg_check_weight(&random);
    return WG_OK;
}

/* The op's values with the element at x. */
static enum wg_status values(const struct curve *curve, int64_t element, double x, double *y) {
    *value_of(curve, element) = x;
    enum wg_status status = wg_forward(curve->tape);
    const struct wg_tensor value = wg_value(curve->y);
    if (status == WG_OK && value.size > 0) memcpy(y, value.data, (size_t)value.size * sizeof *y);
    return status;
}

/* The relative error of one central quotient; NaN where there is none. */
static enum wg_status error_of(const struct curve *curve, int64_t element, double step,
                               double analytic, double *error) {
    const double x = *value_of(curve, element), h = step * fmax(1, fabs(x));
    const volatile double to = x + h, from = x - h;
    enum wg_status status = values(curve, element, to, curve->above);
    if (status == WG_OK) status = values(curve, element, from, curve->below);
    *value_of(curve, element) = x;
    if (status != WG_OK) return status;
    double sum = 0;
    for (int64_t i = 0; i < wg_value(curve->y).size; i++)
        sum += curve->upstream[i] * (curve->above[i] - curve->below[i]);
    const double quotient = sum / (to - from); /* 0 / 0 where the step vanishes beside x */
    const double larger = fmax(fabs(quotient), fabs(analytic));
    *error = quotient == analytic ? 0 : fabs(quotient - analytic) / larger;
    if (!isfinite(quotient) || !isfinite(analytic)) *error = NAN;
    return WG_OK;
}

/* The gradient of the moving input: valid until the tape changes. NULL after a failure. */
static const double *gradient_of(const struct curve *curve, const double *upstream) {
    if (wg_forward(curve->tape) != WG_OK || wg_backward_from(curve->y, upstream) != WG_OK)
        return NULL;
    return wg_gradient(curve->x[curve->input]).data;
}

/* Of the elements with a gradient, the one whose differences err the most: where the op is linear,
 * there is no curve to see. *analytic is 0 when none has a gradient. */
static enum wg_status choose_element(struct curve *curve, double *analytic) {
    const double *gradient = gradient_of(curve, curve->upstream);
    double most = -1;
    *analytic = 0;
    for (int64_t i = 0; gradient && i < wg_value(curve->x[curve->input]).size; i++) {
        double error;
        if (gradient[i] == 0) continue;
        enum wg_status status = error_of(curve, i, TELLING, gradient[i], &error);
        if (status != WG_OK) return status;
        if (!(error > most)) continue;
        most = error;
        curve->element = i;
        *analytic = gradient[i];
    }
    return gradient ? WG_OK : wg_error_status();
}

static void close_curve(struct curve *curve) {
    wg_tape_free(curve->tape);
    wg_op_case_free(&curve->trial);
}

/* Draws points until an element has a gradient. */
static enum wg_status open_curve(struct curve *curve, const struct wg_op *op, const char *op_case,
                                 uint64_t seed, double *analytic) {
    for (uint64_t draw = 0;; draw++) {
        *curve = (struct curve){0};
        enum wg_status status =
            wg_op_case_init(&curve->trial, op, op_case, FIRST_STEP, seed + (draw << 32));
        if (status == WG_OK) status = record(curve);
        if (status == WG_OK) status = prepare(curve, seed);
        if (status == WG_OK) status = choose_element(curve, analytic);
        if (status != WG_OK || *analytic != 0 || draw == DRAWS - 1) return status;
        close_curve(curve);
    }
}

/* ------------------------------------------------------------------------------------------------
 * The check of the same element */

static enum wg_status evaluate(struct wg_subject *subject, double *y, uint64_t *branches) {
    const struct curve *curve = subject->self;
    enum wg_status status = values(curve, curve->element, *value_of(curve, curve->element), y);
    if (status == WG_OK && branches) *branches = wg_tape_branches(curve->tape, curve->room);
    return status;
}

static enum wg_status gradient(struct wg_subject *subject, const double *dy, double *dx) {
    const struct curve *curve = subject->self;
    const double *all = gradient_of(curve, dy);
    if (all) *dx = all[curve->element];
    return all ? WG_OK : wg_error_status();
}

static enum wg_status check_element(struct curve *curve, uint64_t seed,
                                    struct wg_gradcheck_result *result) {
    const struct wg_tensor y = wg_value(curve->y), x = wg_value(curve->x[curve->input]);
    const char *name = curve->trial.op->inputs[curve->input];
    struct wg_slot slot;
    struct wg_subject subject = {.slot = &slot,
                                 .outputs = y.size,
                                 .rows = y.shape.rank > 0 ? y.shape.dim[0] : 1,
                                 .dtype = WG_F64,
                                 .evaluate = evaluate,
                                 .gradient = gradient,
                                 .has_branches = wg_tape_has_branches(curve->tape),
                                 .self = curve};
    const struct wg_tensor moved = {value_of(curve, curve->element), 1, WG_F64, {0}};
    const struct wg_gradcheck_options options = {.seed = seed, .step = curve->trial.step};
    wg_subject_add(&subject, name, curve->input, moved);
    enum wg_status status = wg_check_subject(&subject, &options, result);
    if (status != WG_OK || result->rows == 0) return status;
    struct wg_gradcheck_element *row = &result->row[0]; /* its place among all */
    row->rank = x.shape.rank;
    row->element = curve->element;
    for (int64_t d = x.shape.rank - 1, left = row->element; d >= 0; left /= x.shape.dim[d--])
        row->index[d] = left % x.shape.dim[d];
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The curve */

enum wg_status wg_gradcheck_curve(const struct wg_op *op, const char *op_case, uint64_t seed, int n,
                                  double *step, double *error, struct wg_gradcheck_result *result) {
    if (!op || !op_case || !step || !error || n < 1) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck_curve: op, case, step or error is NULL, or n is %d; expected "
                       "1 point or more",
                       n);
    }
    if (wg_error_status() != WG_OK) return wg_error_status();
    struct curve curve;
    double analytic = 0;
    enum wg_status status = open_curve(&curve, op, op_case, seed, &analytic);
    for (int i = 0; i < n && status == WG_OK; i++) {
        step[i] = pow(10, -0.5 * i);
        status = error_of(&curve, curve.element, step[i], analytic, &error[i]);
    }
    if (status == WG_OK && result) status = check_element(&curve, seed, result);
    close_curve(&curve);
    return status;
}
