/* mean_squared_error(x, target)
 *
 *   y = sum (x - target)^2 / n        dy/dx = 2 (x - target) / n        dy/dtarget = -dy/dx n: the
 * number of elements Both have one shape: broadcasting here would hide a mistake ((n, 1) against
 * (n) is the classic). Smooth.
 */
#include "ops/loss/loss.h"

#ifdef WG_KERNEL_PASS
KERNEL mean_squared_error_forward(const struct wg_args *args) {
    const real *x = args->x[0]->data, *target = args->x[1]->data;
    const int64_t n = args->x[0]->size;
    real *square = args->scratch;
    for (int64_t i = 0; i < n; i++) square[i] = (x[i] - target[i]) * (x[i] - target[i]);
    *(real *)args->y->data = row_sum(n, square) / (real)n;
}

KERNEL mean_squared_error_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data;
    const int64_t n = args->x[0]->size;
    const real factor = 2 * *(const real *)dy / (real)n;
    real *out = dx[0], *dtarget = dx[1];
    for (int64_t i = 0; out && i < n; i++) out[i] = factor * (x[i] - target[i]);
    for (int64_t i = 0; dtarget && i < n; i++) dtarget[i] = factor * (target[i] - x[i]);
}

KERNEL mean_squared_error_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data, *t = tx[0], *ttarget = tx[1];
    const int64_t n = args->x[0]->size;
    real *term = args->scratch;
    for (int64_t i = 0; i < n; i++) {
        term[i] = (x[i] - target[i]) * ((t ? t[i] : 0) - (ttarget ? ttarget[i] : 0));
    }
    *(real *)ty = 2 * row_sum(n, term) / (real)n;
}
#endif

KERNELS(mean_squared_error, .forward = mean_squared_error_forward,
        .gradient = mean_squared_error_gradient, .tangent = mean_squared_error_tangent);

OPN(mean_squared_error, .aliases = {"mse"}, .inputs = {"x", "target"},
    .shape = elementwise_loss_shape, .scratch = elementwise_loss_scratch,
    .formula = "y = sum (x - target)^2 / n",
    .derivative = "dy/dx = 2 (x - target) / n, dy/dtarget = -dy/dx",
    .limits = "the mean of nothing is an error",
    .cases = {"4x3 4x3", "5 5", "scalar scalar", "1x1 1x1"})
