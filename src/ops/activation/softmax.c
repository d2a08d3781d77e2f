/* softmax(x; axis)                                                   Bridle 1990
 *
 *   y = exp(x - m) / sum exp(x - m), m = the largest of x along the axis        dx = y (dy - sum y
 * dy) The largest is subtracted first, so nothing overflows. The Jacobian is symmetric, so the
 * tangent has the gradient's formula. -inf among finite values gives 0; a +inf, a NaN, or nothing
 * but -inf gives NaN along that axis.
 */
#include "ops/activation/softmax.h"

#ifdef WG_KERNEL_PASS
KERNEL softmax_forward(const struct wg_args *args) {
    const struct wg_shape *shape = &args->x[0]->shape;
    const unsigned mask = softmax_mask(args);
    const real *x = args->x[0]->data;
    real *y = args->y->data, *result = args->scratch;
    if (args->y->size == 0) return;
    max_axes(shape, mask, args->y->size / wg_masked_size(shape, mask), result, x);
    FOR_EACH(shape, mask, result, y[i] = EXP(x[i] - r));
    sum_axes(shape, mask, result, y);
    FOR_EACH(shape, mask, result, y[i] /= r);
}

static void softmax_jacobian(const struct wg_args *args, real *out, const real *in) {
    const struct wg_shape *shape = &args->y->shape;
    const unsigned mask = softmax_mask(args);
    const real *y = args->y->data;
    real *result = args->scratch;
    if (args->y->size == 0) return;
    for (int64_t i = 0; i < args->y->size; i++) out[i] = y[i] * in[i];
    sum_axes(shape, mask, result, out);
    FOR_EACH(shape, mask, result, out[i] = y[i] * (in[i] - r));
}

KERNEL softmax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    softmax_jacobian(args, dx[0], dy);
}

KERNEL softmax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    softmax_jacobian(args, ty, tx[0]);
}
#endif

KERNELS(softmax, .forward = softmax_forward, .gradient = softmax_gradient,
        .tangent = softmax_tangent);

OPN(softmax, .inputs = {"x"}, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = one_a_result_scratch,
    .formula = "y = exp(x - m) / sum exp(x - m), m = the largest of x along the axis",
    .derivative = "dx = y (dy - sum y dy)",
    .limits = "-inf among finite values: 0; a +inf, a NaN or nothing but -inf: NaN",
    .reference =
        "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7"})
