/* standardize(x; axes, epsilon)
 *
 *   y = (x - mean) / sqrt(variance + epsilon)        mean, variance: along the axes, biased
 *   dx = (dy - mean of dy - y mean of dy y) / sqrt(variance + epsilon)
 *   What normalizations are made of: along the last axis layer normalization, along all but the
 * channels batch normalization. Where x is constant along the axes, y is 0, and dx finite: with an
 * epsilon of 0 both are 0. Where x varies little about a large mean, nothing cancels (moments.h).
 * The tangent is the gradient's formula: the Jacobian is symmetric.
 */
#include "ops/reduce/moments.h"

struct standardize_attributes {
    struct wg_list axes;
    double epsilon;
};

SHAPE(standardize) {
    const struct standardize_attributes *a = (const void *)args->attributes;
    *y = args->x[0]->shape;
    return wg_check_axes(self, y, &a->axes);
}

#ifdef WG_KERNEL_PASS
/* near, rest, and scale = 1 / sqrt(variance + epsilon). */
static void standardize_scale(const struct group *g) {
    variance_of(g, g->scale);
    const real epsilon = (real)g->epsilon;
    for (int64_t i = 0; i < g->results; i++) {
        const real sum = g->scale[i] + epsilon;
        g->scale[i] = sum == 0 ? 0 : 1 / SQRT(sum);
    }
}

static void standardize_rows(const struct group *g) {
    const int64_t n = g->s->inner, at = g->first * g->s->rows * n;
    for (int64_t row = 0; row < g->results; row++) {
        const real *x = g->x + at + row * n, near = g->near[row], rest = g->rest[row],
                   scale = g->scale[row];
        real *out = g->out + at + row * n;
        INDEPENDENT_LOOP
        for (int64_t i = 0; i < n; i++) out[i] = (x[i] - near - rest) * scale;
    }
}

static void standardize_values(const struct group *g) {
    standardize_scale(g);
    if (has_rows(g)) {
        standardize_rows(g);
        return;
    }
    EACH_SLAB(g) {
        real *out = g->out + slab.at;
        deviations(g, slab, out);
        EACH_OF_SLAB(g, g->scale, out[i] *= r);
    }
}

/* The same rows for a gradient: mean and mean of the product, and what is made of them. */
static void standardize_row_slopes(const struct group *g) {
    const int64_t n = g->s->inner, at = g->first * g->s->rows * n;
    const lanes count = lanes_broadcast((real)g->s->n);
    EACH_ROW_BLOCK(g) {
        struct row_block b = row_block_of(g, row);
        b.x = g->v + at + row * n;
        b.v = g->y + at + row * n;
        lanes_store_partial(g->mean + row, row_sums(ROW_VALUES, &b) / count, b.rows);
        lanes_store_partial(g->product + row, row_sums(ROW_PRODUCTS, &b) / count, b.rows);
    }
    for (int64_t row = 0; row < g->results; row++) {
        const real *v = g->v + at + row * n, *y = g->y + at + row * n, mean = g->mean[row],
                   product = g->product[row], scale = g->scale[row];
        real *out = g->out + at + row * n;
        INDEPENDENT_LOOP
        for (int64_t i = 0; i < n; i++) out[i] = (v[i] - mean - y[i] * product) * scale;
    }
}

static void standardize_slopes(const struct group *g) {
    standardize_scale(g);
    if (has_rows(g)) {
        standardize_row_slopes(g);
        return;
    }
    EACH_SLAB(g) {
        const real *v = g->v + slab.at, *y = g->y + slab.at;
        sum_slab(g, &slab, g->mean, v);
        for (int64_t i = 0; i < slab.size; i++) g->part[i] = v[i] * y[i];
        sum_slab(g, &slab, g->product, g->part);
    }
    over_count(g, g->mean);
    over_count(g, g->product);
    EACH_SLAB(g) {
        const real *v = g->v + slab.at, *y = g->y + slab.at;
        real *out = g->out + slab.at, *part = g->part;
        EACH_OF_SLAB(g, g->mean, part[i] = v[i] - r);
        EACH_OF_SLAB(g, g->product, part[i] -= y[i] * r);
        EACH_OF_SLAB(g, g->scale, out[i] = part[i] * r);
    }
}

static void standardize_job(const struct wg_args *args, group_body *body, const real *v,
                            real *out) {
    const struct standardize_attributes *a = (const void *)args->attributes;
    const struct slab_job job = {.shape = &args->x[0]->shape,
                                 .mask = reduction_mask(args),
                                 .scratch = args->scratch,
                                 .x = args->x[0]->data,
                                 .y = args->y->data,
                                 .v = v,
                                 .out = out,
                                 .epsilon = a->epsilon,
                                 .body = body};
    if (args->x[0]->size > 0) run_slabs(&job);
}

KERNEL standardize_forward(const struct wg_args *args) {
    standardize_job(args, standardize_values, NULL, args->y->data);
}

KERNEL standardize_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    standardize_job(args, standardize_slopes, dy, dx[0]);
}

KERNEL standardize_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    standardize_job(args, standardize_slopes, tx[0], ty);
}
#endif

KERNELS(standardize, .forward = standardize_forward, .gradient = standardize_gradient,
        .tangent = standardize_tangent);

OPN(standardize, .inputs = {"x"},
    .attributes = {{.name = "axes",
                    .kind = WG_LIST,
                    .meaning = "the axes of mean and variance; all when absent"},
                   {"epsilon", 1e-3, 0, INFINITY, WG_NUMBER, "added to the variance"}},
    .shape = standardize_shape, .scratch = moments_scratch,
    .formula = "y = (x - mean) / sqrt(variance + epsilon), along the axes",
    .derivative = "dx = (dy - mean of dy - y mean of (dy y)) / sqrt(variance + epsilon)",
    .limits = "constant along the axes: y = 0; with epsilon 0, dx = 0 as well",
    .accuracy = "the mean in two parts: a large one costs nothing",
    .reference = "Ioffe and Szegedy, arXiv:1502.03167; Ba, Kiros and Hinton, arXiv:1607.06450",
    .cases = {"2x3x4", "2x3x4 axes=0 epsilon=0.01", "2x3x4 axes=1", "2x3x4 axes=0,2 epsilon=0.5",
              "2x3x4 axes=-1", "9x5 axes=0", "2x3x2x3 axes=0,1,2", "2x3x2x3 axes=1,3"})
