/* What ops along axes share: attributes and shape rules of reductions, and loops over a tensor
 * beside its reduced results. */
#ifndef WG_OPS_REDUCTION_H
#define WG_OPS_REDUCTION_H

#include "ops/axes.h"
#include "ops/room.h"

struct reduction_attributes {
    struct wg_list axes;
    double keepdims;
};

#define REDUCTION_ATTRIBUTES                                                                       \
    .attributes = {                                                                                \
        {.name = "axes", .kind = WG_LIST, .meaning = "the axes to reduce; all when absent"},       \
        {.name = "keepdims", .kind = WG_FLAG, .meaning = "1: reduced axes stay, with size 1"}}

static inline unsigned reduction_mask(const struct wg_args *args) {
    const struct reduction_attributes *a = (const void *)args->attributes;
    return wg_axes_mask(&args->x[0]->shape, &a->axes);
}

SHAPE(reduction) {
    const struct reduction_attributes *a = (const void *)args->attributes;
    enum wg_status status = wg_check_axes(self, &args->x[0]->shape, &a->axes);
    if (status != WG_OK) return status;
    *y = wg_reduced_shape(&args->x[0]->shape, reduction_mask(args), a->keepdims != 0);
    return WG_OK;
}

/* The same, for reductions that have no value over nothing. */
SHAPE(reduction_of_some) {
    enum wg_status status = reduction_shape(self, args, y);
    if (status != WG_OK) return status;
    if (wg_masked_size(&args->x[0]->shape, reduction_mask(args)) == 0) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: shape %s has no elements along the axes; expected at least one",
                       self->name, wg_shape_text(args->x[0]->shape).text);
    }
    return WG_OK;
}

/* Scratch for one value a result. */
SCRATCH(one_a_result) { return args->y->size; }

/* Scratch for one value an element, and one a result. */
SCRATCH(both) { return args->x[0]->size + args->y->size; }

#ifdef WG_KERNEL_PASS
#include "ops/plumbing.h"

/* A walk over a tensor, row by row (along its last dimension), beside its results: at each row its
 * offset, that of its first result, and the step from one result to the next (0 when the row has
 * but one). */
struct row_walk {
    int rank;
    int64_t dim[WG_MAX_RANK], stride[WG_MAX_RANK], index[WG_MAX_RANK];
    int64_t columns, step, row, result;
};

static inline struct row_walk row_walk(const struct wg_shape *shape, unsigned mask) {
    struct row_walk walk = {.rank = shape->rank, .columns = 1};
    int64_t step = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        const bool reduced = mask >> d & 1;
        walk.dim[d] = shape->dim[d];
        walk.stride[d] = reduced ? 0 : step;
        if (!reduced) step *= shape->dim[d];
    }
    if (walk.rank > 0) {
        walk.rank--;
        walk.columns = walk.dim[walk.rank];
        walk.step = walk.stride[walk.rank];
    }
    return walk;
}

static inline bool next_row(struct row_walk *walk) {
    walk->row += walk->columns;
    for (int d = walk->rank - 1; d >= 0; d--) {
        walk->result += walk->stride[d];
        if (++walk->index[d] < walk->dim[d]) return true;
        walk->result -= walk->stride[d] * walk->dim[d];
        walk->index[d] = 0;
    }
    return false;
}

/* Runs `statement` for every element i of a non-empty tensor, with r its result's value. */
#define FOR_EACH(shape, mask, results, statement)                                                  \
    do {                                                                                           \
        struct row_walk walk = row_walk(shape, mask);                                              \
        do {                                                                                       \
            const real *at = (results) + walk.result;                                              \
            if (walk.step == 0) {                                                                  \
                const real r = *at;                                                                \
                INDEPENDENT_LOOP                                                                   \
                for (int64_t i = walk.row; i < walk.row + walk.columns; i++) statement;            \
            } else {                                                                               \
                INDEPENDENT_LOOP                                                                   \
                for (int64_t j = 0; j < walk.columns; j++) {                                       \
                    const int64_t i = walk.row + j;                                                \
                    const real r = at[j];                                                          \
                    statement;                                                                     \
                }                                                                                  \
            }                                                                                      \
        } while (next_row(&walk));                                                                 \
    } while (0)

/* The larger, or the one that is NaN. */
static inline real larger(real x, real z) { return x >= z || x != x ? x : z; }

/* to = the largest along the masked axes; NaN where there is one. */
WG_UNUSED static void max_axes(const struct wg_shape *shape, unsigned mask, int64_t results,
                               real *to, const real *x) {
    for (int64_t i = 0; i < results; i++) to[i] = -(real)INFINITY;
    struct row_walk walk = row_walk(shape, mask);
    do {
        real *at = to + walk.result;
        const real *in = x + walk.row;
        if (walk.step == 0) {
            real most = *at;
            for (int64_t j = 0; j < walk.columns; j++) most = larger(in[j], most);
            *at = most;
        } else {
            for (int64_t j = 0; j < walk.columns; j++) at[j] = larger(in[j], at[j]);
        }
    } while (next_row(&walk));
}

/* dx = factor dy, spread over the reduced axes. */
WG_UNUSED static void spread_gradient(const struct wg_args *args, const real *dy, real *dx,
                                      real factor) {
    if (args->x[0]->size == 0) return;
    FOR_EACH(&args->x[0]->shape, reduction_mask(args), dy, dx[i] = r * factor);
}

WG_UNUSED static void reduce_sum(const struct wg_args *args) {
    const struct wg_tensor *x = args->x[0];
    if (x->size == 0)
        memset(args->y->data, 0, (size_t)args->y->size * sizeof(real));
    else
        sum_axes(&x->shape, reduction_mask(args), args->y->data, x->data);
}
#endif

#endif
