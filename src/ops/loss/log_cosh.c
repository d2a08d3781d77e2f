/* log_cosh(x, target), element by element
 *
 *   e = x - target        y = ln cosh e        dy/dx = tanh e        dy/dtarget = -dy/dx
 *
 * About e^2 / 2 for a small e, |e| - ln 2 for a large one. Smooth. Below 1/2 through
 * -ln(1 - tanh^2 e) / 2, as |e| less ln 2 would leave no digits. Both inputs have one shape.
 */
#include "ops/loss/loss.h"

#ifdef WG_KERNEL_PASS
static inline real ln_cosh(real e) {
    const real a = ABS(e), t = TANH(a), near = -LOG1P(-(t * t)) / 2,
               far = a + (LOG1P(EXP(-2 * a)) - (real)0.69314718055994530942);
    return a < (real)0.5 ? near : far;
}

KERNEL log_cosh_forward(const struct wg_args *args) {
    const real *x = args->x[0]->data, *target = args->x[1]->data;
    real *y = args->y->data;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < args->y->size; i++) y[i] = ln_cosh(x[i] - target[i]);
}

KERNEL log_cosh_gradient(const struct wg_args *args, const void *dy_, void *const *dx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data, *dy = dy_;
    for (int input = 0; input < 2; input++) {
        const real sign = input == 0 ? 1 : -1;
        real *out = dx[input];
        if (!out) continue;
        INDEPENDENT_LOOP
        for (int64_t i = 0; i < args->y->size; i++) out[i] = sign * dy[i] * TANH(x[i] - target[i]);
    }
}

KERNEL log_cosh_tangent(const struct wg_args *args, void *ty_, const void *const *tx) {
    const real *x = args->x[0]->data, *target = args->x[1]->data, *t = tx[0], *ttarget = tx[1];
    real *ty = ty_;
    for (int64_t i = 0; i < args->y->size; i++)
        ty[i] = TANH(x[i] - target[i]) * ((t ? t[i] : 0) - (ttarget ? ttarget[i] : 0));
}
#endif

KERNELS(log_cosh, .forward = log_cosh_forward, .gradient = log_cosh_gradient,
        .tangent = log_cosh_tangent);

OPN(log_cosh, .aliases = {"logcosh"}, .inputs = {"x", "target"}, .shape = loss_of_each_shape,
    .formula = "y = ln cosh(x - target)",
    .derivative = "dy/dx = tanh(x - target), dy/dtarget = -dy/dx",
    .limits = "|x - target| - ln 2 at both ends",
    .cases = {"4x3 4x3", "5 5", "scalar scalar", "1x1 1x1"})
