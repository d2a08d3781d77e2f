/* What the softmax family shares: its axes, its shape rule, and softmax itself. */
#ifndef WG_OPS_SOFTMAX_H
#define WG_OPS_SOFTMAX_H

#include "ops/reduce/rows.h"

#define SOFTMAX_ATTRIBUTES                                                                         \
    .attributes = {                                                                                \
        {.name = "axis", .kind = WG_LIST, .meaning = "the axis or axes; the last when absent"}}

/* The last axis for an absent list, all of them for an empty one. */
static inline unsigned softmax_mask(const struct wg_args *args) {
    const struct wg_list *axes = (const void *)args->attributes;
    const struct wg_shape *shape = &args->x[0]->shape;
    return axes->count < 0 ? 1u << (shape->rank - 1) : wg_axes_mask(shape, axes);
}

SHAPE(softmax) {
    const struct wg_list *axes = (const void *)args->attributes;
    *y = args->x[0]->shape;
    if (y->rank == 0) {
        return wg_fail(WG_ERROR_SHAPE, "%s: a scalar has no axis; expected rank 1 or more",
                       self->name);
    }
    return wg_check_axes(self, y, axes);
}

SCRATCH(softmax) { return line_scratch(&args->x[0]->shape, softmax_mask(args)); }

#ifdef WG_KERNEL_PASS
/* Runs a body over the lines of x, and of v, if there is one. */
static inline void run_softmax(const struct wg_args *args, struct line_bodies bodies, real *out,
                               const real *x, const real *v) {
    if (args->y->size == 0) return;
    run_lines(&(struct line_job){.shape = &args->x[0]->shape,
                                 .mask = softmax_mask(args),
                                 .scratch = args->scratch,
                                 .x = x,
                                 .v = v,
                                 .out = out,
                                 .bodies = bodies});
}

BLOCK_FUNCTION(softmax) {
    struct weights w;
    weigh(beside, (struct purpose){.value = true}, block, &w);
    for (int64_t k = 0; k < block->rows; k++) {
        real *y = block->x + k * BLOCK;
        EACH_COLUMN y[l] = rounded(share(&w, l, load(w.e, w.size, k * BLOCK + l)));
    }
}

#if WG_REAL_IS_FLOAT
LANES_INLINE wide_lanes softmax_result(const struct prepared_row *row, int64_t at) {
    return kept_weight(row, at) * wide_broadcast(row->inverse);
}

ROWS_FUNCTION(softmax, ((struct purpose){.value = true}), true)

LANES_INLINE wide_lanes softmax_jacobian_result(const struct prepared_row *row, int64_t at) {
    return kept_weight(row, at) * row_deviation(row, at) * wide_broadcast(row->inverse);
}

ROWS_FUNCTION(softmax_jacobian, ((struct purpose){.average = true}), true)
#endif

/* v = weights (v - average of v). */
BLOCK_FUNCTION(softmax_jacobian) {
    struct weights w;
    struct averages average;
    weigh_and_average(beside, block, &w, &average);
    for (int64_t k = 0; k < block->rows; k++) {
        real *v = block->v + k * BLOCK;
        EACH_COLUMN {
            const twice e = load(w.e, w.size, k * BLOCK + l);
            v[l] = rounded(share(&w, l, multiply(e, deviation(v[l], &average, l))));
        }
    }
}

/* y = softmax(x); y may be x. */
static void softmax_values(const struct wg_args *args, real *y, const real *x) {
    run_softmax(args, LINE_BODIES(softmax), y, x, NULL);
}

/* out = the Jacobian of softmax at x, which is symmetric, times v; out may be v. */
static void softmax_jacobian(const struct wg_args *args, real *out, const real *x, const real *v) {
    run_softmax(args, LINE_BODIES(softmax_jacobian), out, x, v);
}
#endif

#endif
