/* hinge_labels(x): targets of 0 and 1 as -1 and 1          Keras 3, losses.hinge
 *
 *   y = 2 x - 1 where every element of x is 0 or 1, else y = x        dx = 2 dy, or dy
 *
 * Which of the two depends on all elements together. Between them the value jumps.
 */
#include "ops/room.h"

#ifdef WG_KERNEL_PASS
static inline bool all_binary(const struct wg_tensor *t) {
    const real *x = t->data;
    int64_t others = 0;
    for (int64_t i = 0; i < t->size; i++) others += x[i] != 0 && x[i] != 1;
    return others == 0;
}

KERNEL hinge_labels_forward(const struct wg_args *args) {
    const real *x = args->x[0]->data;
    const real factor = all_binary(args->x[0]) ? 2 : 1, less = factor - 1;
    real *y = args->y->data;
    for (int64_t i = 0; i < args->y->size; i++) y[i] = factor * x[i] - less;
}

KERNEL hinge_labels_gradient(const struct wg_args *args, const void *dy_, void *const *dx_) {
    const real factor = all_binary(args->x[0]) ? 2 : 1, *dy = dy_;
    real *dx = dx_[0];
    for (int64_t i = 0; i < args->y->size; i++) dx[i] = factor * dy[i];
}

KERNEL hinge_labels_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    hinge_labels_gradient(args, tx[0], (void *const[]){ty});
}
#endif

KERNELS(hinge_labels, .forward = hinge_labels_forward, .gradient = hinge_labels_gradient,
        .tangent = hinge_labels_tangent);

OPN(hinge_labels, .inputs = {"x"},
    .formula = "y = 2 x - 1 where every element of x is 0 or 1, else y = x",
    .derivative = "dx = 2 dy where every element of x is 0 or 1, else dx = dy",
    .limits = "jumps where the last element becomes 0 or 1", .cases = {"2x3", "5", "scalar"})
