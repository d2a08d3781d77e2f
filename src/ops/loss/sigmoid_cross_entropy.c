/* sigmoid_cross_entropy(x, target), from logits, element by element
 *
 *   y = max(x, 0) - x target + ln(1 + exp(-|x|))
 *   dy/dx = sigmoid(x) - target        dy/dtarget = -x
 *
 * binary_cross_entropy is its mean. No probability is formed and clipped, so a confidently wrong
 * logit keeps its full gradient; nor is one subtracted from 1, so a confidently right one keeps its
 * digits. Smooth. A target is usually 0 or 1, or between. Both inputs have one shape.
 */
#include "ops/loss/cross_entropy.h"

#ifdef WG_KERNEL_PASS
KERNEL sigmoid_cross_entropy_forward(const struct wg_args *args) {
    const real *x = args->x[0]->data, *target = args->x[1]->data;
    real *y = args->y->data;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < args->y->size; i++) y[i] = binary_loss(x[i], target[i]);
}

KERNEL sigmoid_cross_entropy_gradient(const struct wg_args *args, const void *dy_,
                                      void *const *dx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data, *dy = dy_;
    const int64_t n = args->y->size;
    real *out = dx[0], *dtarget = dx[1];
    if (out) {
        INDEPENDENT_LOOP
        for (int64_t i = 0; i < n; i++) out[i] = dy[i] * excess(x[i], target[i]);
    }
    for (int64_t i = 0; dtarget && i < n; i++) dtarget[i] = -(dy[i] * x[i]);
}

KERNEL sigmoid_cross_entropy_tangent(const struct wg_args *args, void *ty_, const void *const *tx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data, *t = tx[0], *ttarget = tx[1];
    real *ty = ty_;
    for (int64_t i = 0; i < args->y->size; i++)
        ty[i] = excess(x[i], target[i]) * (t ? t[i] : 0) - x[i] * (ttarget ? ttarget[i] : 0);
}
#endif

KERNELS(sigmoid_cross_entropy, .forward = sigmoid_cross_entropy_forward,
        .gradient = sigmoid_cross_entropy_gradient, .tangent = sigmoid_cross_entropy_tangent);

OPN(sigmoid_cross_entropy, .inputs = {"x", "target"}, .shape = loss_of_each_shape,
    .formula = "y = max(x, 0) - x target + ln(1 + exp(-|x|))",
    .derivative = "dy/dx = sigmoid(x) - target, dy/dtarget = -x",
    .limits = "linear in |x| for a wrong logit: its slope tends to 1, never to 0",
    .domain = {{-3, 3}, {0, 1}}, .cases = {"4x3 4x3", "5 5", "scalar scalar", "1x1 1x1"})
