/* mean(x; axes, keepdims)
 *
 *   y = sum of x over the axes / n        dy/dx = 1 / n        n: the number of elements that one
 * result is made of Linear. The sum is that of the op sum, divided once. The mean of nothing is an
 * error.
 */
#include "ops/reduce/reduction.h"

#ifdef WG_KERNEL_PASS
static real mean_count(const struct wg_args *args) {
    return (real)wg_masked_size(&args->x[0]->shape, reduction_mask(args));
}

KERNEL mean_forward(const struct wg_args *args) {
    reduce_sum(args);
    const real n = mean_count(args);
    real *y = args->y->data;
    for (int64_t i = 0; i < args->y->size; i++) y[i] /= n;
}

KERNEL mean_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    spread_gradient(args, dy, dx[0], 1 / mean_count(args));
}
#endif

KERNELS(mean, .forward = mean_forward, .gradient = mean_gradient);

OPN(mean, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .structure = WG_LINEAR,
    .shape = reduction_of_some_shape, .formula = "y = sum of x over the axes / n",
    .derivative = "dy/dx = 1 / n", .limits = "the mean of nothing is an error",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1"})
