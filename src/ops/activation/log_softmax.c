/* log_softmax(x; axis)
 *
 *   y = (x - m) - ln sum exp(x - m), m = the largest of x along the axis        dx = dy - exp(y)
 * sum dy Never the logarithm of a rounded softmax: a class of tiny probability keeps its digits.
 * -inf among finite values gives -inf; a +inf, a NaN, or nothing but -inf gives NaN along
 * that axis.
 */
#include "ops/activation/softmax.h"

#ifdef WG_KERNEL_PASS
KERNEL log_softmax_forward(const struct wg_args *args) {
    const struct wg_shape *shape = &args->x[0]->shape;
    const unsigned mask = softmax_mask(args);
    const real *x = args->x[0]->data;
    const int64_t size = args->y->size;
    real *y = args->y->data, *e = args->scratch, *result = e + size;
    if (size == 0) return;
    const int64_t results = size / wg_masked_size(shape, mask);
    max_axes(shape, mask, results, result, x);
    FOR_EACH(shape, mask, result, y[i] = x[i] - r);
    for (int64_t i = 0; i < size; i++) e[i] = EXP(y[i]);
    sum_axes(shape, mask, result, e);
    for (int64_t i = 0; i < results; i++) result[i] = LOG(result[i]);
    FOR_EACH(shape, mask, result, y[i] -= r);
}

KERNEL log_softmax_gradient(const struct wg_args *args, const void *dy_, void *const *dx_) {
    const real *y = args->y->data, *dy = dy_;
    real *dx = dx_[0], *result = args->scratch;
    if (args->y->size == 0) return;
    sum_axes(&args->y->shape, softmax_mask(args), result, dy);
    FOR_EACH(&args->y->shape, softmax_mask(args), result, dx[i] = dy[i] - EXP(y[i]) * r);
}

KERNEL log_softmax_tangent(const struct wg_args *args, void *ty_, const void *const *tx_) {
    const real *y = args->y->data, *tx = tx_[0];
    real *ty = ty_, *result = args->scratch;
    if (args->y->size == 0) return;
    for (int64_t i = 0; i < args->y->size; i++) ty[i] = EXP(y[i]) * tx[i];
    sum_axes(&args->y->shape, softmax_mask(args), result, ty);
    FOR_EACH(&args->y->shape, softmax_mask(args), result, ty[i] = tx[i] - r);
}
#endif

KERNELS(log_softmax, .forward = log_softmax_forward, .gradient = log_softmax_gradient,
        .tangent = log_softmax_tangent);

OPN(log_softmax, .inputs = {"x"}, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = both_scratch,
    .formula = "y = (x - m) - ln sum exp(x - m), m = the largest of x along the axis",
    .derivative = "dx = dy - exp(y) sum dy",
    .limits = "-inf among finite values: -inf; a +inf, a NaN or nothing but -inf: NaN",
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7"})
