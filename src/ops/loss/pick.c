/* pick(x, label; ignore_class): of each row of x the element that its label says
 *
 *   y[i] = x[i, label[i]]        dx = dy at the label, else 0
 *   A label in ignore_class: y = 0, dx = 0.
 *
 * x has shape (..., classes), label (int32) has shape (...) or (..., 1), y has shape (...). Linear
 * in x. Any other label outside 0 ... classes - 1 is an error.
 */
#include "ops/loss/loss.h"

#ifdef WG_KERNEL_PASS
KERNEL pick_forward(const struct wg_args *args) {
    const struct wg_list *ignored = (const void *)args->attributes;
    const int64_t samples = args->x[1]->size, classes = args->x[0]->size / samples;
    const int32_t *label = args->x[1]->data;
    const real *x = args->x[0]->data;
    real *y = args->y->data;
    for (int64_t i = 0; i < samples; i++, x += classes)
        y[i] = is_listed(ignored, label[i]) ? 0 : x[label[i]];
}

KERNEL pick_gradient(const struct wg_args *args, const void *dy_, void *const *dx_) {
    const struct wg_list *ignored = (const void *)args->attributes;
    const int64_t samples = args->x[1]->size, classes = args->x[0]->size / samples;
    const int32_t *label = args->x[1]->data;
    const real *dy = dy_;
    real *dx = dx_[0];
    memset(dx, 0, (size_t)args->x[0]->size * sizeof *dx);
    for (int64_t i = 0; i < samples; i++, dx += classes) {
        if (!is_listed(ignored, label[i])) dx[label[i]] = dy[i];
    }
}
#endif

KERNELS(pick, .forward = pick_forward, .gradient = pick_gradient);

OPN(pick, .inputs = {"x", "label"}, IGNORED_LABELS, .structure = WG_LINEAR, .integer_inputs = 2,
    .shape = labelled_rows_shape, .check = labelled_rows_check, .formula = "y[i] = x[i, label[i]]",
    .derivative = "dx = dy at the label, else 0",
    .limits = "linear; a label outside the classes is an error", .domain = {{-2, 2}, {0, 2}},
    .cases = {"4x3 4", "3 scalar", "2x3x5 2x3", "1x4 1", "5x3 5x1 ignore_class=1",
              "6x4 6 ignore_class=-1,2"})
