/* same_label(x, label; different, diagonal): of a matrix of pairs those whose labels agree
 *
 *   y[i, j] = x[i, j] where label[i] = label[j], else 0        dx likewise from dy
 *
 * different 1: where they differ instead. diagonal 0: a pair of a sample with itself gives 0. x has
 * shape (n, n), label (int32) has n elements. Linear in x.
 */
#include "ops/loss/loss.h"

SHAPE(same_label) {
    const struct wg_shape *x = &args->x[0]->shape;
    if (x->rank != 2 || x->dim[0] != x->dim[1] || args->x[1]->size != x->dim[0]) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: x of shape %s and labels of shape %s; expected (n, n) and (n)",
                       self->name, wg_shape_text(*x).text, wg_shape_text(args->x[1]->shape).text);
    }
    *y = *x;
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
static void keep_pairs(const struct wg_args *args, real *to, const real *from) {
    const bool different = args->attributes[0] != 0, diagonal = args->attributes[1] != 0;
    const int64_t n = args->x[1]->size;
    const int32_t *label = args->x[1]->data;
    for (int64_t i = 0; i < n; i++, to += n, from += n) {
        const int32_t own = label[i];
        if (different) {
            INDEPENDENT_LOOP
            for (int64_t j = 0; j < n; j++) to[j] = label[j] != own ? from[j] : 0;
        } else {
            INDEPENDENT_LOOP
            for (int64_t j = 0; j < n; j++) to[j] = label[j] == own ? from[j] : 0;
        }
        if (!diagonal) to[i] = 0;
    }
}

KERNEL same_label_forward(const struct wg_args *args) {
    keep_pairs(args, args->y->data, args->x[0]->data);
}

KERNEL same_label_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    keep_pairs(args, dx[0], dy);
}
#endif

KERNELS(same_label, .forward = same_label_forward, .gradient = same_label_gradient);

OPN(same_label, .inputs = {"x", "label"}, .structure = WG_LINEAR, .integer_inputs = 2,
    .attributes = {{"different", 0, 0, 1, WG_FLAG, "1: pairs whose labels differ"},
                   {"diagonal", 1, 0, 1, WG_FLAG, "0: no sample with itself"}},
    .shape = same_label_shape, .formula = "y[i, j] = x[i, j] where label[i] = label[j], else 0",
    .derivative = "dx[i, j] = dy[i, j] where label[i] = label[j], else 0", .limits = "linear",
    .domain = {{-2, 2}, {0, 1}},
    .cases = {"5x5 5", "5x5 5 different=1", "6x6 6x1 diagonal=0", "1x1 1"})
