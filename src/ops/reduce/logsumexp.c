/* logsumexp(x; axes, keepdims)
 *
 *   y = m + ln sum exp(x - m), m = the largest of x        dy/dx = exp(x - y)
 *   The largest is subtracted first, so nothing overflows. All -inf gives -inf (gradient 0); one
 * +inf gives +inf, where the gradient is NaN. NaN in, NaN out. The value over nothing is an error.
 */
#include "ops/reduce/reduction.h"

/* The exponentials, and two values a result. */
SCRATCH(logsumexp) { return args->x[0]->size + 2 * args->y->size; }

#ifdef WG_KERNEL_PASS
/* What to subtract before the exponentials: 0 in the place of infinities, which would make NaN of
 * inf - inf. */
static inline real shift_of(real most) { return most - most == 0 || most != most ? most : 0; }

/* e = exp(x - shift), and their sum for each result. */
static void exponentials_of(const struct wg_args *args, real *shift, real *e, real *sum) {
    const struct wg_tensor *x_ = args->x[0];
    const unsigned mask = reduction_mask(args);
    const real *x = x_->data;
    max_axes(&x_->shape, mask, args->y->size, shift, x);
    for (int64_t i = 0; i < args->y->size; i++) shift[i] = shift_of(shift[i]);
    FOR_EACH(&x_->shape, mask, shift, e[i] = EXP(x[i] - r));
    sum_axes(&x_->shape, mask, sum, e);
}

KERNEL logsumexp_forward(const struct wg_args *args) {
    real *y = args->y->data, *shift = args->scratch, *e = shift + args->y->size;
    if (args->x[0]->size == 0) return;
    exponentials_of(args, shift, e, y);
    for (int64_t i = 0; i < args->y->size; i++) y[i] = shift[i] + LOG(y[i]);
}

/* The share of an element in the sum. From the exponentials, not from y: x - y would keep few
 * digits where both are large. */
static inline real share(real e, real sum) { return sum == 0 ? 0 : e / sum; }

KERNEL logsumexp_gradient(const struct wg_args *args, const void *dy, void *const *dx_) {
    const struct wg_shape *shape = &args->x[0]->shape;
    const unsigned mask = reduction_mask(args);
    real *dx = dx_[0], *sum = (real *)args->scratch + args->y->size;
    if (args->x[0]->size == 0) return;
    exponentials_of(args, args->scratch, dx, sum);
    FOR_EACH(shape, mask, sum, dx[i] = share(dx[i], r));
    FOR_EACH(shape, mask, (const real *)dy, dx[i] *= r);
}

KERNEL logsumexp_tangent(const struct wg_args *args, void *ty, const void *const *tx_) {
    const struct wg_shape *shape = &args->x[0]->shape;
    const unsigned mask = reduction_mask(args);
    const real *tx = tx_[0];
    real *e = (real *)args->scratch + args->y->size, *sum = e + args->x[0]->size;
    if (args->x[0]->size == 0) return;
    exponentials_of(args, args->scratch, e, sum);
    FOR_EACH(shape, mask, sum, e[i] = share(e[i], r) * tx[i]);
    sum_axes(shape, mask, ty, e);
}
#endif

KERNELS(logsumexp, .forward = logsumexp_forward, .gradient = logsumexp_gradient,
        .tangent = logsumexp_tangent);

OPN(logsumexp, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .shape = reduction_of_some_shape,
    .scratch = logsumexp_scratch,
    .formula = "y = m + ln sum exp(x - m), m = the largest of x along the axes",
    .derivative = "dy/dx = exp(x - m) / sum exp(x - m)",
    .limits = "all -inf: -inf, slope 0; a +inf: +inf; a NaN: NaN",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1"})
