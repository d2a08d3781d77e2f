/* Gradients of tape programs, with the parameters of a model if they have any. */
#include "wengert/gradcheck.h"

#include "base/error.h"
#include "tape/tape.h"
#include "verify/branches.h"
#include "verify/subject.h"

#include "wengert/ops.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define TWICE 1e-10 /* relative: a missing contribution is a matter of halves, not of rounding */

struct program {
    wg_program *program;
    void *user;
    int n;
    const struct wg_tensor *inputs;
    wg_params *params;
    wg_tape *tape;
    wg_var *x, y;
    unsigned char *room; /* for branches */
    struct wg_arena arena;
};

static enum wg_status evaluate(struct wg_subject *subject, double *y, uint64_t *branches) {
    struct program *p = subject->self;
    enum wg_status status = wg_forward(p->tape);
    if (status != WG_OK) return status;
    const struct wg_tensor value = wg_value(p->y);
    memcpy(y, value.data, (size_t)value.size * sizeof *y);
    if (branches) *branches = wg_tape_branches(p->tape, p->room);
    return WG_OK;
}

/* The parameters' gradients add up over calls: they start from zero here. */
static enum wg_status gradient_of(const struct wg_subject *subject, const wg_var *x, wg_var y,
                                  const double *dy, double *dx) {
    const struct program *p = subject->self;
    enum wg_status status = p->params ? wg_zero_gradients(p->params) : WG_OK;
    if (status == WG_OK) status = wg_backward_from(y, dy);
    int slot = 0;
    for (int i = 0; i < p->n && status == WG_OK; i++) {
        if (p->inputs[i].dtype != WG_F64) continue;
        const struct wg_tensor gradient = wg_gradient(x[i]);
        if (!gradient.data) return wg_error_status();
        memcpy(dx + subject->slot[slot++].first, gradient.data, (size_t)gradient.size * sizeof *dx);
    }
    for (int i = 0; p->params && i < wg_params_count(p->params) && status == WG_OK; i++) {
        const struct wg_tensor gradient = wg_param_gradient(p->params, i);
        memcpy(dx + subject->slot[slot++].first, gradient.data, (size_t)gradient.size * sizeof *dx);
    }
    return status;
}

static enum wg_status gradient(struct wg_subject *subject, const double *dy, double *dx) {
    struct program *p = subject->self;
    enum wg_status status = wg_forward(p->tape);
    return status == WG_OK ? gradient_of(subject, p->x, p->y, dy, dx) : status;
}

static enum wg_status tangent(struct wg_subject *subject, const double *tx, double *ty) {
    struct program *p = subject->self;
    const struct wg_arena_mark mark = wg_arena_mark(&p->arena);
    const void **directions =
        wg_arena_allocate(&p->arena, (size_t)subject->slots * sizeof *directions, _Alignof(void *));
    wg_var *leaves =
        wg_arena_allocate(&p->arena, (size_t)subject->slots * sizeof *leaves, _Alignof(wg_var));
    if (!directions || !leaves) return WG_ERROR_MEMORY;
    for (int i = 0, slot = 0; i < p->n; i++) {
        if (p->inputs[i].dtype != WG_F64) continue;
        leaves[slot] = p->x[i];
        directions[slot] = tx + subject->slot[slot].first;
        slot++;
    }
    enum wg_status status = wg_forward(p->tape);
    if (status == WG_OK) status = wg_tangent(p->y, ty, subject->slots, leaves, directions);
    wg_arena_rewind(&p->arena, mark);
    return status;
}

/* ------------------------------------------------------------------------------------------------
 * Recording */

static enum wg_status check_input(const struct program *p, int i) {
    const struct wg_tensor *t = &p->inputs[i];
    if (t->data && (t->dtype == WG_F64 || t->dtype == WG_I32)) return WG_OK;
    return wg_fail(WG_ERROR_DTYPE,
                   "wg_gradcheck: input %d %s; expected data of dtype f64, or i32 for labels", i,
                   t->data ? "has another dtype" : "is NULL");
}

static enum wg_status record_leaves(struct program *p, wg_tape *tape, wg_var *x) {
    for (int i = 0; i < p->n; i++) {
        const struct wg_tensor *t = &p->inputs[i];
        enum wg_status status = check_input(p, i);
        if (status != WG_OK) return status;
        x[i] = t->dtype == WG_F64 ? wg_variable(tape, t->dtype, t->shape, t->data)
                                  : wg_input(tape, t->dtype, t->shape, t->data);
        if (wg_is_null(x[i])) return wg_error_status();
    }
    return WG_OK;
}

static enum wg_status record(struct program *p, wg_tape *tape, const wg_var *x, wg_var *y) {
    *y = p->program(tape, x, p->user);
    const struct wg_tensor value = wg_value(*y);
    if (!value.data) return wg_error_status();
    if (value.dtype != WG_F64 || y->tape != tape) {
        return wg_fail(
            WG_ERROR_DTYPE,
            "wg_gradcheck: the program's result has dtype %s; expected f64, on the tape it was given",
            wg_dtype_name(value.dtype));
    }
    return WG_OK;
}

/* Used twice on the same leaves, everything counts twice. */
static enum wg_status used_twice(struct wg_subject *subject, const double *dy, const double *dx,
                                 struct wg_gradcheck_result *result) {
    struct program *p = subject->self;
    const struct wg_arena_mark mark = wg_arena_mark(&p->arena);
    wg_tape *tape = wg_tape_new();
    wg_var *x = wg_arena_allocate(&p->arena, (size_t)p->n * sizeof *x, _Alignof(wg_var));
    double *twice = wg_arena_allocate(&p->arena, (size_t)(subject->variables + 1) * sizeof *twice,
                                      _Alignof(double));
    wg_var y[2] = {{0}};
    enum wg_status status = tape && x && twice ? record_leaves(p, tape, x) : WG_ERROR_MEMORY;
    for (int k = 0; k < 2 && status == WG_OK; k++) status = record(p, tape, x, &y[k]);
    const struct wg_tensor first = wg_value(y[0]), second = wg_value(y[1]);
    const bool same = status == WG_OK && first.size == subject->outputs &&
                      wg_shape_equal(first.shape, second.shape) &&
                      memcmp(first.data, second.data, (size_t)first.size * sizeof(double)) == 0;
    if (same) { /* else the program draws random numbers as it records */
        const wg_var sum = wg_add(y[0], y[1]);
        status = wg_is_null(sum) ? wg_error_status() : gradient_of(subject, x, sum, dy, twice);
        double largest = 0; /* sums in another order round as their terms do, not as their result */
        for (int64_t i = 0; i < subject->variables; i++)
            largest = isfinite(dx[i]) ? fmax(largest, fabs(dx[i])) : largest;
        bool right = status == WG_OK;
        for (int64_t i = 0; i < subject->variables && right; i++)
            right = fabs(twice[i] - 2 * dx[i]) <= TWICE * largest || !isfinite(dx[i]);
        if (status == WG_OK && !right)
            wg_append_finding(result->broken, sizeof result->broken,
                              "used twice, an input's gradient is not the sum of both");
    }
    wg_tape_free(tape);
    wg_arena_rewind(&p->arena, mark);
    return status;
}

/* ------------------------------------------------------------------------------------------------
 * The check */

static enum wg_status make_subject(struct program *p, struct wg_subject *subject,
                                   const struct wg_gradcheck_options *options) {
    const int parameters = p->params ? wg_params_count(p->params) : 0;
    p->room = wg_arena_allocate(&p->arena, wg_tape_branch_room(p->tape), 1);
    subject->slot = wg_arena_allocate(
        &p->arena, (size_t)(p->n + parameters) * sizeof *subject->slot, _Alignof(struct wg_slot));
    if (!p->room || !subject->slot) return WG_ERROR_MEMORY;
    for (int i = 0; i < p->n; i++) {
        if (p->inputs[i].dtype != WG_F64) continue;
        wg_subject_add(subject, options && options->names ? options->names[i] : NULL, i,
                       wg_value(p->x[i]));
    }
    for (int i = 0; i < parameters; i++)
        wg_subject_add(subject, wg_param_name(p->params, i), p->n + i,
                       wg_param_value(p->params, i));
    const struct wg_tensor y = wg_value(p->y);
    subject->outputs = y.size;
    subject->rows = y.shape.rank > 0 ? y.shape.dim[0] : 1;
    subject->dtype = WG_F64;
    subject->evaluate = evaluate;
    subject->gradient = gradient;
    subject->tangent = !p->params && wg_tape_has_tangents(p->tape) ? tangent : NULL;
    subject->contracts = used_twice;
    subject->shows_branches = true;
    subject->has_branches = wg_tape_has_branches(p->tape);
    subject->self = p;
    return WG_OK;
}

static enum wg_status check_arguments(const struct program *p,
                                      const struct wg_gradcheck_result *result) {
    if (!p->program || !p->inputs || !result || p->n < 1) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck: program, inputs or result is NULL, or there is no input");
    }
    if (p->params && wg_params_count(p->params) > 0 &&
        wg_param_value(p->params, 0).dtype != WG_F64) {
        return wg_fail(WG_ERROR_DTYPE,
                       "wg_gradcheck: the parameters are f32; expected f64, which certifies float");
    }
    return wg_error_status(); /* a failure that waits would be taken for one of the check's */
}

enum wg_status wg_gradcheck(wg_program *program, void *user, int n, const struct wg_tensor *inputs,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result) {
    struct program p = {.program = program,
                        .user = user,
                        .n = n,
                        .inputs = inputs,
                        .params = options ? options->params : NULL};
    struct wg_subject subject = {0};
    enum wg_status status = check_arguments(&p, result);
    if (result) *result = wg_no_result();
    if (status != WG_OK) return status;
    wg_arena_init(&p.arena, 1 << 14);
    p.x = wg_arena_allocate(&p.arena, (size_t)n * sizeof *p.x, _Alignof(wg_var));
    p.tape = p.x ? wg_tape_new() : NULL;
    status = p.tape ? record_leaves(&p, p.tape, p.x) : wg_error_status();
    if (status == WG_OK) status = record(&p, p.tape, p.x, &p.y);
    if (status == WG_OK) status = make_subject(&p, &subject, options);
    if (status == WG_OK) status = wg_check_subject(&subject, options, result);
    if (p.params) wg_zero_gradients(p.params);
    wg_tape_free(p.tape);
    wg_arena_free(&p.arena);
    return status;
}
