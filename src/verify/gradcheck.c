/* Gradients of tape programs against Ridders' differences, and against tangents. */
#include "wengert/gradcheck.h"

#include "base/arena.h"
#include "base/error.h"
#include "verify/ridders.h"
#include "wengert/random.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TOLERANCE 1e-9
#define DEFAULT_STEP 0.05
/* The adjoint identity holds to rounding: n terms of relative error eps each. */
#define TANGENT_TOLERANCE 1e-12
/* A value that kernels computed is trusted to this many units of the last place. */
#define VALUE_ULP 8

/* The check's state: one tape, recorded once. */
struct check {
    wg_tape *tape;
    wg_var *x; /* the inputs */
    int n;
    wg_var y;
    int64_t size;               /* of y */
    double *upstream, *forward; /* of y's size: the upstream gradient, y at x + h */
    struct wg_arena arena;
    double tolerance, step;
    double worst_share; /* of what was allowed: the worst element's error */
    struct wg_random random;
};

/* A number in +-[0.5, 1.5]: never zero, never of one sign, never all equal. */
static double weight(struct wg_random *random) {
    const double w = wg_random_uniform(random, -1, 1);
    return w < 0 ? w - 0.5 : w + 0.5;
}

static double *doubles(struct check *check, int64_t count) {
    return wg_arena_allocate(&check->arena, (size_t)count * sizeof(double), WG_ALIGNMENT);
}

/* ------------------------------------------------------------------------------------------------
 * Differences */

struct element {
    struct check *check;
    wg_var x;
    double *at; /* the element, in the leaf's memory */
    double value;
};

/* sum of upstream (y(x + h) - y(x - h)) / 2h: differences are taken element by element, before they
 * are added. */
static bool central_quotient(double h, void *context, struct wg_quotient *quotient) {
    const struct element *e = context;
    struct check *check = e->check;
    const volatile double above = e->value + h, below = e->value - h; /* as they are represented */
    *e->at = above;
    if (wg_forward(check->tape) != WG_OK) return false;
    const double *y = wg_value(check->y).data;
    memcpy(check->forward, y, (size_t)check->size * sizeof *y);
    *e->at = below;
    if (wg_forward(check->tape) != WG_OK) return false;
    const double width = above - below;
    double sum = 0, terms = 0, sizes = 0;
    for (int64_t i = 0; i < check->size; i++) {
        const double term = check->upstream[i] * (check->forward[i] - y[i]);
        sum += term;
        terms += fabs(term);
        if (check->forward[i] != y[i]) sizes += fabs(check->upstream[i] * y[i]);
    }
    *e->at = e->value; /* not before: y may be a view of x */
    *quotient =
        (struct wg_quotient){sum / width, terms / width, VALUE_ULP * DBL_EPSILON * sizes / width};
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Comparison */

static void unravel(const struct wg_shape *shape, int64_t element, int64_t *index) {
    for (int d = shape->rank - 1; d >= 0; d--) {
        index[d] = element % shape->dim[d];
        element /= shape->dim[d];
    }
}

/* What an error is relative to: the larger side, or the terms that the numeric side was added up
 * from. */
static double scale_of(double analytic, const struct wg_derivative *numeric) {
    return fmax(fmax(fabs(analytic), fabs(numeric->value)), numeric->terms);
}

static void compare(struct check *check, int input, const struct wg_tensor *t, int64_t element,
                    double analytic, const struct wg_derivative *numeric,
                    struct wg_gradcheck_result *result) {
    const double scale = scale_of(analytic, numeric);
    const double error = fabs(analytic - numeric->value);
    const double allowed = check->tolerance * scale + numeric->rounding;
    const double share = error == 0 ? 0 : error / allowed; /* NaN stays NaN */
    result->checked++;
    if (analytic != 0) result->nonzero++;
    if (!(share <= 1)) result->failed++;
    if (result->checked > 1 && (share <= check->worst_share || isnan(check->worst_share))) return;
    check->worst_share = share;
    struct wg_gradcheck_worst *worst = &result->worst;
    *worst = (struct wg_gradcheck_worst){.input = input,
                                         .element = element,
                                         .x = ((const double *)t->data)[element],
                                         .analytic = analytic,
                                         .numeric = numeric->value,
                                         .error = error == 0 ? 0 : error / scale,
                                         .estimate = numeric->estimate / scale};
    unravel(&t->shape, element, worst->index);
}

static enum wg_status check_input(struct check *check, int input, const double *analytic,
                                  struct wg_gradcheck_result *result) {
    const struct wg_tensor t = wg_value(check->x[input]);
    for (int64_t i = 0; i < t.size; i++) {
        struct element element = {check, check->x[input], (double *)t.data + i,
                                  ((double *)t.data)[i]};
        struct wg_derivative numeric;
        const double step = check->step * fmax(1, fabs(element.value));
        if (!wg_ridders(central_quotient, &element, step, 2, &numeric)) return WG_ERROR_STATE;
        compare(check, input, &t, i, analytic[i], &numeric, result);
    }
    return wg_forward(check->tape);
}

/* ------------------------------------------------------------------------------------------------
 * Tangents */

/* <u, J v> against <J^T u, v> for random v. */
static enum wg_status check_tangent(struct check *check, double *const *analytic,
                                    struct wg_gradcheck_result *result) {
    const void **directions =
        wg_arena_allocate(&check->arena, (size_t)check->n * sizeof *directions, _Alignof(void *));
    double *ty = doubles(check, check->size);
    if (!directions || !ty) return WG_ERROR_MEMORY;
    double reverse = 0, forward = 0, terms = 0;
    for (int i = 0; i < check->n; i++) {
        directions[i] = NULL;
        if (!analytic[i]) continue;
        const int64_t size = wg_value(check->x[i]).size;
        double *v = doubles(check, size);
        if (!v) return WG_ERROR_MEMORY;
        for (int64_t j = 0; j < size; j++) {
            v[j] = weight(&check->random);
            reverse += v[j] * analytic[i][j];
            terms += fabs(v[j] * analytic[i][j]);
        }
        directions[i] = v;
    }
    enum wg_status status = wg_tangent(check->y, ty, check->n, check->x, directions);
    if (status != WG_OK) return status;
    for (int64_t i = 0; i < check->size; i++) {
        forward += check->upstream[i] * ty[i];
        terms += fabs(check->upstream[i] * ty[i]);
    }
    const double error = fabs(forward - reverse);
    result->tangent_error = error == 0 ? 0 : error / terms;
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The check */

/* The gradient of every differentiated input, copied: later replays leave it alone. NULL for
 * integer inputs. */
static enum wg_status copy_gradients(struct check *check, double **analytic) {
    for (int i = 0; i < check->n; i++) {
        const struct wg_tensor x = wg_value(check->x[i]);
        analytic[i] = NULL;
        if (x.dtype != WG_F64) continue;
        const struct wg_tensor gradient = wg_gradient(check->x[i]);
        analytic[i] = gradient.data ? doubles(check, x.size) : NULL;
        if (!analytic[i]) return wg_error_status();
        memcpy(analytic[i], gradient.data, (size_t)x.size * sizeof(double));
    }
    return WG_OK;
}

static enum wg_status run(struct check *check, struct wg_gradcheck_result *result) {
    double **analytic =
        wg_arena_allocate(&check->arena, (size_t)check->n * sizeof *analytic, _Alignof(void *));
    check->upstream = doubles(check, check->size);
    check->forward = doubles(check, check->size);
    if (!analytic || !check->upstream || !check->forward) return WG_ERROR_MEMORY;
    for (int64_t i = 0; i < check->size; i++) check->upstream[i] = weight(&check->random);
    enum wg_status status = wg_backward_from(check->y, check->upstream);
    if (status == WG_OK) status = copy_gradients(check, analytic);
    for (int i = 0; i < check->n && status == WG_OK; i++) {
        if (analytic[i]) status = check_input(check, i, analytic[i], result);
    }
    result->tangent_error = -1;
    if (status == WG_OK && wg_tape_has_tangents(check->tape))
        status = check_tangent(check, analytic, result);
    const bool tangent = result->tangent_error == -1 || result->tangent_error <= TANGENT_TOLERANCE;
    result->pass = status == WG_OK && result->failed == 0 && result->nonzero > 0 && tangent;
    return status;
}

static enum wg_status record(struct check *check, wg_program *program, void *user,
                             const struct wg_tensor *inputs) {
    for (int i = 0; i < check->n; i++) {
        const struct wg_tensor *t = &inputs[i];
        if (!t->data || (t->dtype != WG_F64 && t->dtype != WG_I32)) {
            return wg_fail(
                WG_ERROR_DTYPE,
                "wg_gradcheck: input %d %s; expected data of dtype f64, or i32 for labels", i,
                t->data ? "has another dtype" : "is NULL");
        }
        check->x[i] = t->dtype == WG_F64 ? wg_variable(check->tape, t->dtype, t->shape, t->data)
                                         : wg_input(check->tape, t->dtype, t->shape, t->data);
        if (wg_is_null(check->x[i])) return wg_error_status();
    }
    check->y = program(check->tape, check->x, user);
    const struct wg_tensor y = wg_value(check->y);
    if (!y.data) return wg_error_status();
    if (y.dtype != WG_F64 || check->y.tape != check->tape) {
        return wg_fail(
            WG_ERROR_DTYPE,
            "wg_gradcheck: the program's result has dtype %s; expected f64, on the tape it was given",
            wg_dtype_name(y.dtype));
    }
    check->size = y.size;
    return WG_OK;
}

static enum wg_status take_options(struct check *check,
                                   const struct wg_gradcheck_options *options) {
    const struct wg_gradcheck_options none = {0};
    if (!options) options = &none;
    check->tolerance = options->tolerance == 0 ? DEFAULT_TOLERANCE : options->tolerance;
    check->step = options->step == 0 ? DEFAULT_STEP : options->step;
    check->random = wg_random_make(options->seed, 0);
    if (!(check->tolerance > 0 && check->tolerance < 1 && check->step > 0 && check->step <= 1)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck: tolerance %g, step %g; expected numbers above 0 and below 1",
                       check->tolerance, check->step);
    }
    return WG_OK;
}

enum wg_status wg_gradcheck(wg_program *program, void *user, int n, const struct wg_tensor *inputs,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result) {
    if (!program || !inputs || !result || n < 1) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck: program, inputs or result is NULL, or there is no input");
    }
    *result = (struct wg_gradcheck_result){.tangent_error = -1};
    struct check check = {.n = n};
    enum wg_status status =
        wg_error_status(); /* a failure that waits would be taken for one of the check's */
    if (status == WG_OK) status = take_options(&check, options);
    if (status != WG_OK) return status;
    wg_arena_init(&check.arena, 1 << 14);
    check.x = wg_arena_allocate(&check.arena, (size_t)n * sizeof *check.x, _Alignof(wg_var));
    check.tape = check.x ? wg_tape_new() : NULL;
    status = check.tape ? record(&check, program, user, inputs) : wg_error_status();
    if (status == WG_OK) status = run(&check, result);
    wg_tape_free(check.tape);
    wg_arena_free(&check.arena);
    return status;
}
