/* The references of ops that are not elementwise: what their formulas say, as plain loops in long
 * double. Included by ops_reference.c, which calls them from its table. */
#ifndef WG_TESTS_OPS_LOOPS_H
#define WG_TESTS_OPS_LOOPS_H

#include "test_ops.h"

#include "base/error.h"
#include "verify/op_case.h"

enum { MOST = 40000 }; /* elements of a tensor here */

struct call {
    const double *slots;
    int inputs;
    struct wg_tensor x[WG_CASE_INPUTS];
    const long double *v[WG_CASE_INPUTS]; /* the inputs' values */
    struct wg_shape shape;                /* y's */
    int64_t size;
};

/* y from the inputs; and, given dy, the gradients added to zeroed dx. */
typedef void forward_loop(const struct call *c, long double *y);
typedef void gradient_loop(const struct call *c, const long double *y, const long double *dy,
                           long double *const *dx);

/* ------------------------------------------------------------------------------------------------
 * Reductions and softmaxes: every element belongs to a result */

static bool is_listed(const double *list, int rank, int axis) {
    for (int i = 0; i < (int)list[0]; i++) {
        const int listed = (int)list[1 + i];
        if ((listed < 0 ? listed + rank : listed) == axis) return true;
    }
    return false;
}

/* The result (numbered over the kept dimensions) that element `at` of x belongs to. */
static int64_t result_of(const struct call *c, int64_t at, bool last_by_default) {
    const struct wg_shape *x = &c->x[0].shape;
    int64_t result = 0, step = 1;
    for (int d = x->rank - 1; d >= 0; d--) {
        const int64_t position = at % x->dim[d];
        at /= x->dim[d];
        const bool reduced = c->slots[0] > 0 ? is_listed(c->slots, x->rank, d)
                                             : !last_by_default || d == x->rank - 1;
        if (reduced) continue;
        result += position * step;
        step *= x->dim[d];
    }
    return result;
}

#define EACH(c, i, m, by_default)                                                                  \
    for (int64_t i = 0, m; i < (c)->x[0].size && (m = result_of(c, i, by_default), true); i++)

static void ref_sum(const struct call *c, long double *y) {
    EACH(c, i, m, false) y[m] += c->v[0][i];
}
static void ref_sum_gradient(const struct call *c, const long double *y, const long double *dy,
                             long double *const *dx) {
    (void)y;
    EACH(c, i, m, false) dx[0][i] = dy[m];
}
static long double count_of(const struct call *c) {
    return c->size ? (long double)c->x[0].size / (long double)c->size : 1;
}
static void ref_mean(const struct call *c, long double *y) {
    EACH(c, i, m, false) y[m] += c->v[0][i] / count_of(c);
}
static void ref_mean_gradient(const struct call *c, const long double *y, const long double *dy,
                              long double *const *dx) {
    (void)y;
    EACH(c, i, m, false) dx[0][i] = dy[m] / count_of(c);
}
static void ref_max(const struct call *c, long double *y) {
    for (int64_t m = 0; m < c->size; m++) y[m] = -INFINITY;
    EACH(c, i, m, false) y[m] = c->v[0][i] > y[m] ? c->v[0][i] : y[m];
}
static void ref_max_gradient(const struct call *c, const long double *y, const long double *dy,
                             long double *const *dx) {
    long double winners[MOST] = {0};
    EACH(c, i, m, false) winners[m] += c->v[0][i] == y[m];
    EACH(c, i, m, false) dx[0][i] = c->v[0][i] == y[m] ? dy[m] / winners[m] : 0;
}
static void ref_logsumexp(const struct call *c, long double *y) {
    EACH(c, i, m, false) y[m] += expl(c->v[0][i]);
    for (int64_t m = 0; m < c->size; m++) y[m] = logl(y[m]);
}
static void ref_logsumexp_gradient(const struct call *c, const long double *y,
                                   const long double *dy, long double *const *dx) {
    EACH(c, i, m, false) dx[0][i] = dy[m] * expl(c->v[0][i] - y[m]);
}
static void ref_softmax(const struct call *c, long double *y) {
    long double sum[MOST] = {0};
    EACH(c, i, m, true) sum[m] += expl(c->v[0][i]);
    EACH(c, i, m, true) y[i] = expl(c->v[0][i]) / sum[m];
}
static void ref_softmax_gradient(const struct call *c, const long double *y, const long double *dy,
                                 long double *const *dx) {
    long double sum[MOST] = {0};
    EACH(c, i, m, true) sum[m] += y[i] * dy[i];
    EACH(c, i, m, true) dx[0][i] = y[i] * (dy[i] - sum[m]);
}
static void ref_log_softmax(const struct call *c, long double *y) {
    ref_softmax(c, y);
    for (int64_t i = 0; i < c->size; i++) y[i] = logl(y[i]);
}
static void ref_log_softmax_gradient(const struct call *c, const long double *y,
                                     const long double *dy, long double *const *dx) {
    long double sum[MOST] = {0};
    EACH(c, i, m, true) sum[m] += dy[i];
    EACH(c, i, m, true) dx[0][i] = dy[i] - expl(y[i]) * sum[m];
}

/* Whether the mask, broadcast to x from the last dimension on, keeps element i of x. */
static bool ref_kept(const struct call *c, int64_t i) {
    const struct wg_shape *x = &c->x[0].shape, *mask = &c->x[1].shape;
    int64_t at = 0, step = 1;
    for (int d = x->rank - 1, m = mask->rank - 1; d >= 0; i /= x->dim[d], d--, m--) {
        if (m < 0) continue;
        at += mask->dim[m] == 1 ? 0 : i % x->dim[d] * step;
        step *= mask->dim[m];
    }
    return c->v[1][at] != 0;
}
static void ref_masked_softmax(const struct call *c, long double *y) {
    long double sum[MOST] = {0};
    EACH(c, i, m, true) sum[m] += ref_kept(c, i) ? expl(c->v[0][i]) : 0;
    EACH(c, i, m, true) y[i] = ref_kept(c, i) ? expl(c->v[0][i]) / sum[m] : 0;
}
static void ref_masked_softmax_gradient(const struct call *c, const long double *y,
                                        const long double *dy, long double *const *dx) {
    ref_softmax_gradient(c, y, dy, dx);
}

/* y = max(x - t, 0) adds up to 1 for one t, which lies below the largest x by at most 1. */
static void ref_sparsemax(const struct call *c, long double *y) {
    long double low[MOST], high[MOST] = {0}, sum[MOST];
    for (int64_t m = 0; m < MOST; m++) high[m] = -INFINITY;
    EACH(c, i, m, true) high[m] = fmaxl(high[m], c->v[0][i]);
    for (int64_t m = 0; m < MOST; m++) low[m] = high[m] - 1;
    for (int step = 0; step < 80; step++) {
        for (int64_t m = 0; m < c->size; m++) sum[m] = 0;
        EACH(c, i, m, true) sum[m] += fmaxl(c->v[0][i] - (low[m] + high[m]) / 2, 0);
        for (int64_t m = 0; m < c->size; m++)
            *(sum[m] > 1 ? &low[m] : &high[m]) = (low[m] + high[m]) / 2;
    }
    EACH(c, i, m, true) y[i] = fmaxl(c->v[0][i] - low[m], 0);
}
static void ref_sparsemax_gradient(const struct call *c, const long double *y,
                                   const long double *dy, long double *const *dx) {
    long double sum[MOST] = {0}, support[MOST] = {0};
    EACH(c, i, m, true) {
        sum[m] += y[i] > 0 ? dy[i] : 0;
        support[m] += y[i] > 0;
    }
    EACH(c, i, m, true) dx[0][i] = y[i] > 0 ? dy[i] - sum[m] / support[m] : 0;
}

/* The places in x of the halves a and b that element i of y is made of. */
static void glu_places(const struct call *c, int64_t i, int64_t *a, int64_t *b) {
    int64_t inner = 1;
    const int axis = (int)(c->slots[0] < 0 ? c->slots[0] + c->shape.rank : c->slots[0]);
    for (int d = c->shape.rank - 1; d > axis; d--) inner *= c->shape.dim[d];
    const int64_t half = inner * c->shape.dim[axis];
    *a = i / half * 2 * half + i % half;
    *b = *a + half;
}
static void ref_glu(const struct call *c, long double *y) {
    for (int64_t i = 0, a, b; i < c->size; i++) {
        glu_places(c, i, &a, &b);
        y[i] = c->v[0][a] / (1 + expl(-c->v[0][b]));
    }
}
static void ref_glu_gradient(const struct call *c, const long double *y, const long double *dy,
                             long double *const *dx) {
    for (int64_t i = 0, a, b; i < c->size; i++) {
        glu_places(c, i, &a, &b);
        const long double gate = 1 / (1 + expl(-c->v[0][b]));
        dx[0][a] = dy[i] * gate;
        dx[0][b] = dy[i] * y[i] * (1 - gate);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Shapes: every element of y is one element of an input */

static int64_t element_at(const struct wg_shape *shape, const int64_t *index) {
    int64_t at = 0;
    for (int d = 0; d < shape->rank; d++) at = at * shape->dim[d] + index[d];
    return at;
}
static void index_of(const struct wg_shape *shape, int64_t at, int64_t *index) {
    for (int d = shape->rank - 1; d >= 0; d--) {
        index[d] = at % shape->dim[d];
        at /= shape->dim[d];
    }
}

struct source {
    int input;
    int64_t at;
};
typedef struct source source_of(const struct call *c, int64_t at);

static struct source reshape_source(const struct call *c, int64_t at) {
    (void)c;
    return (struct source){0, at};
}
static struct source transpose_source(const struct call *c, int64_t at) {
    const int rank = c->shape.rank;
    int64_t y[WG_MAX_RANK], x[WG_MAX_RANK];
    index_of(&c->shape, at, y);
    for (int d = 0; d < rank; d++) {
        const int axis = c->slots[0] < 0 ? rank - 1 - d : (int)c->slots[1 + d];
        x[axis < 0 ? axis + rank : axis] = y[d];
    }
    return (struct source){0, element_at(&c->x[0].shape, x)};
}
static struct source slice_source(const struct call *c, int64_t at) {
    int64_t index[WG_MAX_RANK];
    index_of(&c->shape, at, index);
    for (int d = 0; d < c->shape.rank && c->slots[0] >= 0; d++)
        index[d] += (int64_t)c->slots[1 + d];
    return (struct source){0, element_at(&c->x[0].shape, index)};
}
static struct source broadcast_to_source(const struct call *c, int64_t at) {
    const struct wg_shape *x = &c->x[0].shape;
    int64_t y[WG_MAX_RANK], index[WG_MAX_RANK];
    index_of(&c->shape, at, y);
    for (int d = 0; d < x->rank; d++)
        index[d] = x->dim[d] == 1 ? 0 : y[c->shape.rank - x->rank + d];
    return (struct source){0, element_at(x, index)};
}
static struct source concat_source(const struct call *c, int64_t at) {
    const int axis = (int)(c->slots[0] < 0 ? c->slots[0] + c->shape.rank : c->slots[0]);
    int64_t index[WG_MAX_RANK];
    int input = 0;
    index_of(&c->shape, at, index);
    while (index[axis] >= c->x[input].shape.dim[axis]) index[axis] -= c->x[input++].shape.dim[axis];
    return (struct source){input, element_at(&c->x[input].shape, index)};
}

#define SHAPE_OP(op)                                                                               \
    static void ref_##op(const struct call *c, long double *y) {                                   \
        for (int64_t i = 0; i < c->size; i++)                                                      \
            y[i] = c->v[op##_source(c, i).input][op##_source(c, i).at];                            \
    }                                                                                              \
    static void ref_##op##_gradient(const struct call *c, const long double *y,                    \
                                    const long double *dy, long double *const *dx) {               \
        (void)y;                                                                                   \
        for (int64_t i = 0; i < c->size; i++)                                                      \
            dx[op##_source(c, i).input][op##_source(c, i).at] += dy[i];                            \
    }
SHAPE_OP(reshape)
SHAPE_OP(transpose)
SHAPE_OP(slice)
SHAPE_OP(broadcast_to)
SHAPE_OP(concat)

/* ------------------------------------------------------------------------------------------------
 * The matrix product: offsets of one batch's matrices */

static int64_t batch_offset(const struct call *c, int input, int64_t batch) {
    const struct wg_shape *x = &c->x[input].shape, *y = &c->shape;
    int64_t step = x->dim[x->rank - 1] * x->dim[x->rank - 2], offset = 0;
    for (int d = 3; d <= y->rank; d++) {
        const int64_t position = batch % y->dim[y->rank - d];
        batch /= y->dim[y->rank - d];
        if (d > x->rank) continue;
        if (x->dim[x->rank - d] != 1) offset += position * step;
        step *= x->dim[x->rank - d];
    }
    return offset;
}

/* Calls visit(y's element, X's element, Z's element) for all terms, p ascending for each (i, j). */
#define EACH_TERM(c, at, ax, az)                                                                   \
    const struct wg_shape *xs = &(c)->x[0].shape, *ys = &(c)->shape;                               \
    const bool tx = (c)->slots[0] != 0, tz = (c)->slots[1] != 0;                                   \
    const int64_t rows = ys->dim[ys->rank - 2], columns = ys->dim[ys->rank - 1];                   \
    const int64_t inner = xs->dim[xs->rank - (tx ? 2 : 1)];                                        \
    for (int64_t at = 0; at < (c)->size; at++)                                                     \
        for (int64_t p = 0, i = at / columns % rows, j = at % columns,                             \
                     ax = batch_offset(c, 0, at / columns / rows) + (tx ? i : i * inner),          \
                     az = batch_offset(c, 1, at / columns / rows) + (tz ? j * inner : j);          \
             p < inner; p++, ax += tx ? rows : 1, az += tz ? 1 : columns)

static void ref_matmul(const struct call *c, long double *y) {
    const bool narrow = c->x[0].dtype == WG_F32;
    EACH_TERM(c, at, ax, az) {
        y[at] = narrow ? (long double)fmaf((float)c->v[0][ax], (float)c->v[1][az], (float)y[at])
                       : (long double)fma((double)c->v[0][ax], (double)c->v[1][az], (double)y[at]);
    }
}
static void ref_matmul_gradient(const struct call *c, const long double *y, const long double *dy,
                                long double *const *dx) {
    (void)y;
    EACH_TERM(c, at, ax, az) {
        dx[0][ax] += dy[at] * c->v[1][az];
        dx[1][az] += dy[at] * c->v[0][ax];
    }
}

/* ------------------------------------------------------------------------------------------------
 * Losses */

static void ref_mean_squared_error(const struct call *c, long double *y) {
    const int64_t n = c->x[0].size;
    for (int64_t i = 0; i < n; i++)
        y[0] += (c->v[0][i] - c->v[1][i]) * (c->v[0][i] - c->v[1][i]) / (long double)n;
}
static void ref_mean_squared_error_gradient(const struct call *c, const long double *y,
                                            const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->x[0].size; i++) {
        dx[0][i] = dy[0] * 2 * (c->v[0][i] - c->v[1][i]) / (long double)c->x[0].size;
        dx[1][i] = -dx[0][i];
    }
}
static void ref_binary_cross_entropy(const struct call *c, long double *y) {
    const int64_t n = c->x[0].size;
    for (int64_t i = 0; i < n; i++) {
        const long double p = 1 / (1 + expl(-c->v[0][i])), t = c->v[1][i];
        y[0] -= (t * logl(p) + (1 - t) * logl(1 - p)) / (long double)n;
    }
}
static void ref_binary_cross_entropy_gradient(const struct call *c, const long double *y,
                                              const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->x[0].size; i++) {
        const long double p = 1 / (1 + expl(-c->v[0][i])), n = (long double)c->x[0].size;
        dx[0][i] = dy[0] * (p - c->v[1][i]) / n;
        dx[1][i] = -dy[0] * c->v[0][i] / n;
    }
}
static long double exp_sum(const struct call *c, int64_t sample, int64_t classes) {
    long double sum = 0;
    for (int64_t k = 0; k < classes; k++) sum += expl(c->v[0][sample * classes + k]);
    return sum;
}
static void ref_softmax_cross_entropy(const struct call *c, long double *y) {
    const int64_t samples = c->x[1].size, classes = c->x[0].size / samples;
    for (int64_t i = 0; i < samples; i++) {
        const long double logit = c->v[0][i * classes + (int64_t)c->v[1][i]];
        y[0] += (logl(exp_sum(c, i, classes)) - logit) / (long double)samples;
    }
}
static void ref_softmax_cross_entropy_gradient(const struct call *c, const long double *y,
                                               const long double *dy, long double *const *dx) {
    const int64_t samples = c->x[1].size, classes = c->x[0].size / samples;
    (void)y;
    for (int64_t at = 0; at < c->x[0].size; at++) {
        const int64_t i = at / classes;
        const long double p = expl(c->v[0][at]) / exp_sum(c, i, classes);
        const long double onehot = at % classes == (int64_t)c->v[1][i];
        dx[0][at] = dy[0] * (p - onehot) / (long double)samples;
    }
}

#endif
