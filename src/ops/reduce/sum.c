/* sum(x; axes, keepdims)
 *
 *   y = sum of x over the axes        dy/dx = 1
 *   Linear. The order of the additions is fixed by the shape alone (plumbing.h). The sum of nothing
 * is 0.
 */
#include "ops/reduce/reduction.h"

#ifdef WG_KERNEL_PASS
KERNEL sum_forward(const struct wg_args *args) { reduce_sum(args); }

KERNEL sum_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    spread_gradient(args, dy, dx[0], 1);
}
#endif

KERNELS(sum, .forward = sum_forward, .gradient = sum_gradient);

OPN(sum, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .structure = WG_LINEAR, .shape = reduction_shape,
    .formula = "y = sum of x over the axes", .derivative = "dy/dx = 1",
    .limits = "the sum of nothing is 0",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1", "2x2x2x3 axes=1,3"})
