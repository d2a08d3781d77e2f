/* variance(x; axes, keepdims)
 *
 *   y = sum of (x - mean)^2 over the axes / n        dy/dx = 2 (x - mean) / n        mean = sum of
 * x / n The biased variance, of n elements as they are. In two passes: where x varies little about
 * a large mean, nothing cancels. The variance of one element is 0, that of nothing an error.
 */
#include "ops/reduce/moments.h"

#ifdef WG_KERNEL_PASS
static void variance_values(const struct group *g) { variance_of(g, g->out); }

/* out = v 2 (x - mean) / n, v one a result. */
static void variance_slopes(const struct group *g) {
    const real factor = 2 / (real)g->s->n;
    mean_of(g);
    EACH_SLAB(g) {
        real *out = g->out + slab.at;
        deviations(g, slab, out);
        EACH_OF_SLAB(g, g->v, out[i] = r * (out[i] * factor));
    }
}

/* out = sum of v 2 (x - mean) / n, v one an element. */
static void variance_rates(const struct group *g) {
    mean_of(g);
    EACH_SLAB(g) {
        const real *v = g->v + slab.at;
        deviations(g, slab, g->part);
        for (int64_t i = 0; i < slab.size; i++) g->part[i] *= 2 * v[i];
        sum_slab(g, &slab, g->out, g->part);
    }
    over_count(g, g->out);
}

static struct slab_job variance_job(const struct wg_args *args, group_body *body, const real *v,
                                    real *out) {
    return (struct slab_job){.shape = &args->x[0]->shape,
                             .mask = reduction_mask(args),
                             .scratch = args->scratch,
                             .x = args->x[0]->data,
                             .v = v,
                             .out = out,
                             .body = body};
}

KERNEL variance_forward(const struct wg_args *args) {
    struct slab_job job = variance_job(args, variance_values, NULL, args->y->data);
    job.out_over_results = true;
    if (args->x[0]->size > 0) run_slabs(&job);
}

KERNEL variance_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    struct slab_job job = variance_job(args, variance_slopes, dy, dx[0]);
    job.v_over_results = true;
    if (args->x[0]->size > 0) run_slabs(&job);
}

KERNEL variance_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    struct slab_job job = variance_job(args, variance_rates, tx[0], ty);
    job.out_over_results = true;
    if (args->x[0]->size > 0) run_slabs(&job);
}
#endif

KERNELS(variance, .forward = variance_forward, .gradient = variance_gradient,
        .tangent = variance_tangent);

OPN(variance, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .shape = reduction_of_some_shape,
    .scratch = moments_scratch,
    .formula = "y = sum of (x - mean)^2 over the axes / n, mean = sum of x / n",
    .derivative = "dy/dx = 2 (x - mean) / n", .second = "2 / n (at i = j) - 2 / n^2",
    .limits = "of one element 0; the variance of nothing is an error",
    .accuracy = "the mean in two parts: a large one costs nothing",
    .reference = "Chan, Golub and LeVeque, The American Statistician 37 (1983)",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "9x5 axes=0,1", "2x3x2x3 axes=0,2", "2x3x2x3 axes=1,3"})
