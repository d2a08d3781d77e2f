/* broadcast_to(x; shape)
 *
 *   y = x stretched along its dimensions of size 1 and along new leading ones        dx = dy summed
 * over the stretched axes NumPy's rule. Linear, exact.
 */
#include "ops/room.h"

SHAPE(broadcast_to) {
    const struct wg_list *shape = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape;
    y->rank = shape->count < 0 ? 0 : (int)shape->count;
    bool fits = y->rank >= x->rank;
    for (int d = 0; d < y->rank; d++) {
        y->dim[d] = (int64_t)shape->at[d];
        const int from = d - (y->rank - x->rank);
        fits =
            fits && y->dim[d] >= 0 && (from < 0 || x->dim[from] == 1 || x->dim[from] == y->dim[d]);
    }
    if (fits) return WG_OK;
    return wg_fail(
        WG_ERROR_SHAPE,
        "%s: shape %s does not stretch to %s; expected equal dimensions, or 1 in the first",
        self->name, wg_shape_text(*x).text, wg_shape_text(*y).text);
}

#ifdef WG_KERNEL_PASS
#include "ops/plumbing.h"

KERNEL broadcast_to_forward(const struct wg_args *args) {
    const struct wg_shape *x = &args->x[0]->shape, *y = &args->y->shape;
    struct wg_strided s = {.rank = y->rank};
    int64_t step = 1;
    for (int d = y->rank - 1; d >= 0; d--) {
        const int from = d - (y->rank - x->rank);
        s.dim[d] = y->dim[d];
        s.stride[d] = from < 0 || x->dim[from] == 1 ? 0 : step;
        if (from >= 0) step *= x->dim[from];
    }
    if (args->y->size > 0) copy_strided(&s, args->y->data, args->x[0]->data);
}

KERNEL broadcast_to_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct wg_shape *x = &args->x[0]->shape, *y = &args->y->shape;
    unsigned stretched = 0;
    for (int d = 0; d < y->rank; d++) {
        const int from = d - (y->rank - x->rank);
        if (from < 0 || x->dim[from] != y->dim[d]) stretched |= 1u << d;
    }
    if (args->y->size > 0)
        sum_axes(y, stretched, dx[0], dy);
    else
        memset(dx[0], 0, (size_t)args->x[0]->size * sizeof(real));
}
#endif

KERNELS(broadcast_to, .forward = broadcast_to_forward, .gradient = broadcast_to_gradient);

OPN(broadcast_to, .inputs = {"x"},
    .attributes = {{.name = "shape", .kind = WG_LIST, .meaning = "the shape to stretch to"}},
    .structure = WG_LINEAR, .shape = broadcast_to_shape, .formula = "y = x stretched to the shape",
    .derivative = "dx = dy summed over the stretched axes", .limits = "exact",
    .cases = {"3 shape=2,3", "2x1 shape=2,4", "scalar shape=3,2", "1x3x1 shape=2,4,3,5",
              "2x3 shape=2,3"})
