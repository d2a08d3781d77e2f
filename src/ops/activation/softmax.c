/* softmax(x; axis)                                                   Bridle 1990
 *
 *   y = e^(x - m) / sum e^(x - m), m = the largest of x along the axis
 *   dx = y (dy - sum y dy)
 *
 * The largest is subtracted first, so nothing overflows. The Jacobian is symmetric, so the
 * tangent has the gradient's formula. -inf among finite values gives 0; a +inf, a NaN, or nothing
 * but -inf gives NaN along that axis.
 *   Error: y at most 1 ULP. dx is taken from x, not from the rounded y; it is within 1 ULP beside
 * 2^-41 (float) or 2^-54 (double) of its terms, y (|dy - s| + sum y |dy - s|) with s = sum y dy: dy
 * may come as near to s as it likes. For a dy of one nonzero element, wherever it is, the terms do
 * not cancel and dx is within 1 ULP; for a constant dy it is 0.
 */
#include "ops/activation/softmax.h"

#ifdef WG_KERNEL_PASS
KERNEL softmax_forward(const struct wg_args *args) {
    softmax_values(args, args->y->data, args->x[0]->data);
}

KERNEL softmax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    softmax_jacobian(args, dx[0], args->x[0]->data, dy);
}

KERNEL softmax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    softmax_jacobian(args, ty, args->x[0]->data, tx[0]);
}
#endif

KERNELS(softmax, .forward = softmax_forward, .gradient = softmax_gradient,
        .tangent = softmax_tangent);

OPN(softmax, .inputs = {"x"}, .activation = 1, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = softmax_scratch,
    .formula = "y = exp(x - m) / sum exp(x - m), m = the largest of x along the axis",
    .derivative = "dx = y (dy - sum y dy)",
    .second = "d2y_i / dx_j dx_k = y_i ((d_ij - y_j) (d_ik - y_k) - y_j (d_jk - y_k)), d_ij = 1 "
              "where i = j, else 0",
    .limits = "-inf among finite values: 0; a +inf, a NaN or nothing but -inf: NaN",
    .special = "an axis of size 1 gives 1, slope 0; a constant dy gives 0; NaN gives NaN all along",
    .accuracy = "y at most 1 ULP (measured: 0.57 in float, 0.67 in double); dx 1 ULP for a dy of "
                "one nonzero element, for others beside 2^-41 (2^-54) of its terms",
    .reference =
        "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7", "2x20 axis=0"})
