/* binary_cross_entropy(x, target), from logits
 *
 *   y = sum (max(x, 0) - x target + ln(1 + exp(-|x|))) / n
 *   dy/dx = (sigmoid(x) - target) / n        dy/dtarget = -x / n
 *
 * n: the number of elements. No probability is formed and clipped, so a confidently wrong logit
 * keeps its full gradient; nor is one subtracted from 1, so a confidently right one keeps its
 * digits. Smooth. A target is usually 0 or 1, or between.
 */
#include "ops/loss/cross_entropy.h"

#ifdef WG_KERNEL_PASS
KERNEL binary_cross_entropy_forward(const struct wg_args *args) {
    const real *x = args->x[0]->data, *target = args->x[1]->data;
    const int64_t n = args->x[0]->size;
    real *term = args->scratch;
    for (int64_t i = 0; i < n; i++) term[i] = binary_loss(x[i], target[i]);
    *(real *)args->y->data = row_sum(n, term) / (real)n;
}

KERNEL binary_cross_entropy_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data;
    const int64_t n = args->x[0]->size;
    const real factor = *(const real *)dy / (real)n;
    real *out = dx[0], *dtarget = dx[1];
    for (int64_t i = 0; out && i < n; i++) out[i] = factor * excess(x[i], target[i]);
    for (int64_t i = 0; dtarget && i < n; i++) dtarget[i] = -(factor * x[i]);
}

KERNEL binary_cross_entropy_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data, *t = tx[0], *ttarget = tx[1];
    const int64_t n = args->x[0]->size;
    real *term = args->scratch;
    for (int64_t i = 0; i < n; i++) {
        term[i] = excess(x[i], target[i]) * (t ? t[i] : 0) - x[i] * (ttarget ? ttarget[i] : 0);
    }
    *(real *)ty = row_sum(n, term) / (real)n;
}
#endif

KERNELS(binary_cross_entropy, .forward = binary_cross_entropy_forward,
        .gradient = binary_cross_entropy_gradient, .tangent = binary_cross_entropy_tangent);

OPN(binary_cross_entropy, .aliases = {"binary_crossentropy"}, .inputs = {"x", "target"},
    .shape = elementwise_loss_shape, .scratch = elementwise_loss_scratch,
    .formula = "y = sum (max(x, 0) - x target + ln(1 + exp(-|x|))) / n",
    .derivative = "dy/dx = (sigmoid(x) - target) / n, dy/dtarget = -x / n",
    .limits = "linear in |x| for a wrong logit: its slope tends to 1 / n, never to 0",
    .domain = {{-3, 3}, {0, 1}}, .cases = {"4x3 4x3", "5 5", "scalar scalar", "1x1 1x1"})
