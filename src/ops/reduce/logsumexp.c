/* logsumexp(x; axes, keepdims)
 *
 *   y = m + ln sum exp(x - m), m = the largest of x        dy/dx = exp(x - y)
 *   The largest is subtracted first, so nothing overflows. All -inf gives -inf (gradient 0); one
 * +inf gives +inf, where the gradient is NaN. NaN in, NaN out. The value over nothing is an error.
 */
#include "ops/reduce/reduction.h"

#ifdef WG_KERNEL_PASS
/* What to subtract before the exponentials: 0 in the place of infinities, which would make NaN of
 * inf - inf. */
static inline real shift_of(real most) { return most - most == 0 || most != most ? most : 0; }

KERNEL logsumexp_forward(const struct wg_args *args) {
    const struct wg_tensor *x_ = args->x[0];
    const unsigned mask = reduction_mask(args);
    const real *x = x_->data;
    real *y = args->y->data, *shift = args->scratch, *e = shift + args->y->size;
    if (x_->size == 0) return;
    max_axes(&x_->shape, mask, args->y->size, shift, x);
    for (int64_t i = 0; i < args->y->size; i++) shift[i] = shift_of(shift[i]);
    FOR_EACH(&x_->shape, mask, shift, e[i] = EXP(x[i] - r));
    sum_axes(&x_->shape, mask, y, e);
    for (int64_t i = 0; i < args->y->size; i++) y[i] = shift[i] + LOG(y[i]);
}

/* The share of an element in the sum. */
static inline real part(real x, real y) { return x == -(real)INFINITY && y == x ? 0 : EXP(x - y); }

KERNEL logsumexp_gradient(const struct wg_args *args, const void *dy, void *const *dx_) {
    const struct wg_tensor *x_ = args->x[0];
    const unsigned mask = reduction_mask(args);
    const real *x = x_->data, *y = args->y->data;
    real *dx = dx_[0];
    if (x_->size == 0) return;
    FOR_EACH(&x_->shape, mask, y, dx[i] = part(x[i], r));
    FOR_EACH(&x_->shape, mask, (const real *)dy, dx[i] *= r);
}

KERNEL logsumexp_tangent(const struct wg_args *args, void *ty, const void *const *tx_) {
    const struct wg_tensor *x_ = args->x[0];
    const unsigned mask = reduction_mask(args);
    const real *x = x_->data, *y = args->y->data, *tx = tx_[0];
    real *e = (real *)args->scratch + args->y->size;
    if (x_->size == 0) return;
    FOR_EACH(&x_->shape, mask, y, e[i] = part(x[i], r) * tx[i]);
    sum_axes(&x_->shape, mask, ty, e);
}
#endif

KERNELS(logsumexp, .forward = logsumexp_forward, .gradient = logsumexp_gradient,
        .tangent = logsumexp_tangent);

OPN(logsumexp, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .shape = reduction_of_some_shape,
    .scratch = both_scratch,
    .formula = "y = m + ln sum exp(x - m), m = the largest of x along the axes",
    .derivative = "dy/dx = exp(x - y)",
    .limits = "all -inf: -inf, slope 0; a +inf: +inf; a NaN: NaN",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1"})
