/* The references of attention's two ops, as ops_loops.h has them for the others. */
#ifndef WG_TESTS_ATTENTION_LOOPS_H
#define WG_TESTS_ATTENTION_LOOPS_H

#include "ops_loops.h"

/* Element `at` of y or w (batch, heads, rows, columns): offsets of row i and row j of its head in
 * tensors (batch, ..., heads, size). */
struct place {
    int64_t b, h, i, j;
};

static struct place place_of(const struct wg_shape *weights, int64_t at) {
    const int64_t *d = weights->dim;
    return (struct place){at / d[3] / d[2] / d[1], at / d[3] / d[2] % d[1], at / d[3] % d[2],
                          at % d[3]};
}

static int64_t row_of_head(const struct wg_shape *x, int64_t b, int64_t row, int64_t head) {
    return ((b * x->dim[1] + row) * x->dim[2] + head) * x->dim[3];
}

/* Whether the mask, broadcast from the last dimension on, keeps the place. */
static bool ref_attends(const struct call *c, struct place p) {
    const struct wg_shape *mask = &c->x[2].shape;
    const int64_t index[4] = {p.b, p.h, p.i, p.j};
    int64_t at = 0;
    for (int d = 0; d < mask->rank; d++)
        at = at * mask->dim[d] + (mask->dim[d] == 1 ? 0 : index[4 - mask->rank + d]);
    return c->v[2][at] != 0;
}

static void ref_attention_weights(const struct call *c, long double *y) {
    const int64_t size = c->x[0].shape.dim[3], places = c->shape.dim[3];
    for (int64_t at = 0; at < c->size; at++) {
        const struct place p = place_of(&c->shape, at);
        const long double *q = c->v[0] + row_of_head(&c->x[0].shape, p.b, p.i, p.h),
                          *k = c->v[1] + row_of_head(&c->x[1].shape, p.b, p.j, p.h);
        long double score = 0;
        for (int64_t t = 0; t < size; t++) score += q[t] * k[t];
        y[at] = ref_attends(c, p) ? expl(score * c->slots[0]) : 0;
    }
    for (int64_t row = 0; row < c->size; row += places) {
        long double sum = 0;
        for (int64_t j = 0; j < places; j++) sum += y[row + j];
        for (int64_t j = 0; j < places && sum > 0; j++) y[row + j] /= sum;
    }
}
static void ref_attention_weights_gradient(const struct call *c, const long double *y,
                                           const long double *dy, long double *const *dx) {
    const int64_t size = c->x[0].shape.dim[3], places = c->shape.dim[3];
    for (int64_t at = 0; at < c->size; at++) {
        const struct place p = place_of(&c->shape, at);
        const int64_t q = row_of_head(&c->x[0].shape, p.b, p.i, p.h),
                      k = row_of_head(&c->x[1].shape, p.b, p.j, p.h), row = at - p.j;
        long double average = 0;
        for (int64_t j = 0; j < places; j++) average += y[row + j] * dy[row + j];
        const long double slope = y[at] * (dy[at] - average) * c->slots[0];
        for (int64_t t = 0; t < size; t++) {
            dx[0][q + t] += slope * c->v[1][k + t];
            dx[1][k + t] += slope * c->v[0][q + t];
        }
    }
}

#define EACH_WEIGHT(c, at, y, v)                                                                   \
    for (int64_t at = 0, y, v; at < (c)->x[0].size; at++)                                          \
        if (y = row_of_head(&(c)->shape, place_of(&(c)->x[0].shape, at).b,                         \
                            place_of(&(c)->x[0].shape, at).i, place_of(&(c)->x[0].shape, at).h),   \
            v = row_of_head(&(c)->x[1].shape, place_of(&(c)->x[0].shape, at).b,                    \
                            place_of(&(c)->x[0].shape, at).j, place_of(&(c)->x[0].shape, at).h),   \
            true)

static void ref_attention_values(const struct call *c, long double *y) {
    EACH_WEIGHT(c, at, to, from) {
        for (int64_t t = 0; t < c->shape.dim[3]; t++) y[to + t] += c->v[0][at] * c->v[1][from + t];
    }
}
static void ref_attention_values_gradient(const struct call *c, const long double *y,
                                          const long double *dy, long double *const *dx) {
    (void)y;
    EACH_WEIGHT(c, at, from, to) {
        for (int64_t t = 0; t < c->shape.dim[3]; t++) {
            dx[0][at] += dy[from + t] * c->v[1][to + t];
            dx[1][to + t] += dy[from + t] * c->v[0][at];
        }
    }
}

#endif
