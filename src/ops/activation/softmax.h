/* What the softmax family shares: its axes, its shape rule, and softmax itself along lines. */
#ifndef WG_OPS_SOFTMAX_H
#define WG_OPS_SOFTMAX_H

#include "ops/reduce/weights.h"

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

/* Lines of x, lines of dy or of a tangent, and weights. */
SCRATCH(softmax) { return line_scratch(&args->x[0]->shape, softmax_mask(args), 2, WEIGHT_LINES); }

#ifdef WG_KERNEL_PASS
/* Where the parts of that scratch lie. */
struct softmax_room {
    real *x, *v;
    double *weights;
};

static inline struct softmax_room softmax_room(const struct wg_args *args) {
    const struct wg_shape *shape = &args->x[0]->shape;
    const unsigned mask = softmax_mask(args);
    const int64_t tile = line_scratch(shape, mask, 1, 0);
    real *scratch = args->scratch;
    void *weights = scratch + 2 * tile;
    return (struct softmax_room){scratch, scratch + tile, weights};
}

LINE_FUNCTION void softmax_line(int64_t n, int64_t padded, real *line, double *room) {
    struct weights w;
    if (!weigh(&w, padded, line, room)) {
        fill_line(n, line, (real)NAN);
        return;
    }
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) line[i] = rounded(share(&w, load(w.e, padded, i)));
}

/* y = softmax(x); y may be x. */
static void softmax_values(const struct wg_args *args, real *y, const real *x) {
    if (args->y->size == 0) return;
    const struct softmax_room room = softmax_room(args);
    struct lines lines = lines_of(&args->x[0]->shape, softmax_mask(args));
    while (next_lines(&lines)) {
        gather_lines(&lines, room.x, x);
        pad_lines(&lines, room.x, -(real)INFINITY);
        for (int i = 0; i < lines.width; i++)
            softmax_line(lines.n, lines.padded, room.x + i * lines.padded, room.weights);
        scatter_lines(&lines, y, room.x);
    }
}

/* v = weights (v - average of v). */
LINE_FUNCTION void jacobian_line(int64_t n, int64_t padded, const real *x, real *v, double *room) {
    struct weights w;
    if (!weigh(&w, padded, x, room)) {
        fill_line(n, v, (real)NAN);
        return;
    }
    const struct average a = average(&w, v);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++)
        v[i] = rounded(share(&w, multiply(load(w.e, padded, i), deviation(v[i], &a))));
}

/* out = the Jacobian of softmax at x, which is symmetric, times v; out may be v. */
static void softmax_jacobian(const struct wg_args *args, real *out, const real *x, const real *v) {
    if (args->y->size == 0) return;
    const struct softmax_room room = softmax_room(args);
    struct lines lines = lines_of(&args->x[0]->shape, softmax_mask(args));
    while (next_lines(&lines)) {
        gather_lines(&lines, room.x, x);
        pad_lines(&lines, room.x, -(real)INFINITY);
        gather_lines(&lines, room.v, v);
        pad_lines_with_first(&lines, room.v);
        for (int i = 0; i < lines.width; i++) {
            const int64_t at = i * lines.padded;
            jacobian_line(lines.n, lines.padded, room.x + at, room.v + at, room.weights);
        }
        scatter_lines(&lines, out, room.v);
    }
}
#endif

#endif
