/* max(x; axes, keepdims)
 *
 *   y = the largest of x along the axes        dy/dx = 1 / (number of winners) for a winner, else 0
 *   ties: the winners share the gradient equally, as in TensorFlow and JAX. A NaN wins. The largest
 * of nothing is an error. Exact.
 */
#include "ops/reduce/reduction.h"

#ifdef WG_KERNEL_PASS
static inline real wins(real x, real most) { return x == most || x != x ? 1 : 0; }

KERNEL max_forward(const struct wg_args *args) {
    const struct wg_tensor *x = args->x[0];
    if (x->size > 0)
        max_axes(&x->shape, reduction_mask(args), args->y->size, args->y->data, x->data);
}

/* Each winner's share of one: 1 / (number of winners), written over x's shape. */
static void winners(const struct wg_args *args, real *share) {
    const struct wg_tensor *x_ = args->x[0];
    const unsigned mask = reduction_mask(args);
    const real *x = x_->data, *y = args->y->data;
    real *count = args->scratch;
    FOR_EACH(&x_->shape, mask, y, share[i] = wins(x[i], r));
    sum_axes(&x_->shape, mask, count, share);
    FOR_EACH(&x_->shape, mask, count, share[i] /= r);
}

KERNEL max_gradient(const struct wg_args *args, const void *dy, void *const *dx_) {
    real *dx = dx_[0];
    if (args->x[0]->size == 0) return;
    winners(args, dx);
    FOR_EACH(&args->x[0]->shape, reduction_mask(args), (const real *)dy,
             dx[i] = dx[i] != 0 ? dx[i] * r : 0);
}

KERNEL max_tangent(const struct wg_args *args, void *ty, const void *const *tx_) {
    const real *tx = tx_[0];
    real *share = (real *)args->scratch + args->y->size;
    if (args->x[0]->size == 0) return;
    winners(args, share);
    for (int64_t i = 0; i < args->x[0]->size; i++) share[i] = share[i] != 0 ? share[i] * tx[i] : 0;
    sum_axes(&args->x[0]->shape, reduction_mask(args), ty, share);
}

static void max_branches(const struct wg_args *args, unsigned char *taken) {
    const real *x = args->x[0]->data, *y = args->y->data;
    if (args->x[0]->size == 0) return;
    FOR_EACH(&args->x[0]->shape, reduction_mask(args), y, taken[i] = x[i] == r);
}
#endif

KERNELS(max, .forward = max_forward, .gradient = max_gradient, .tangent = max_tangent,
        .branches = max_branches);

OPN(max, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .shape = reduction_of_some_shape,
    .scratch = both_scratch, .formula = "y = the largest of x along the axes",
    .derivative = "dy/dx = 1 / (number of winners) for a winner, else 0",
    .kink = "ties: the winners share the gradient equally",
    .limits = "a NaN wins; the largest of nothing is an error", .distinct = 1,
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1"})
