/* reshape(x; shape)
 *
 *   y = x, the same elements in the same order under another shape        dx = dy under x's shape
 *   One dimension may be -1: what remains. Linear; a view, nothing is computed.
 */
#include "ops/room.h"

SHAPE(reshape) {
    const struct wg_list *shape = (const void *)args->attributes;
    const struct wg_tensor *x = args->x[0];
    int64_t known = 1;
    int open = -1;
    y->rank = shape->count < 0 ? 0 : (int)shape->count;
    for (int d = 0; d < y->rank; d++) {
        y->dim[d] = (int64_t)shape->at[d];
        bool fits = y->dim[d] >= -1 && !(y->dim[d] == -1 && open >= 0);
        if (y->dim[d] == -1)
            open = d;
        else if (fits)
            fits = !__builtin_mul_overflow(known, y->dim[d], &known);
        if (!fits) {
            return wg_fail(WG_ERROR_SHAPE,
                           "%s: dimension %d is %g; expected sizes, and -1 at most once",
                           self->name, d, shape->at[d]);
        }
    }
    if (open >= 0 && known > 0 && x->size % known == 0) y->dim[open] = x->size / known;
    if (open >= 0 ? known <= 0 || x->size % known != 0 : known != x->size) {
        return wg_fail(WG_ERROR_SHAPE, "%s: shape %s has %lld elements, which do not fill %s",
                       self->name, wg_shape_text(x->shape).text, (long long)x->size,
                       wg_shape_text(*y).text);
    }
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
KERNEL reshape_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    memcpy(dx[0], dy, (size_t)args->y->size * sizeof(real));
}
#endif

KERNELS(reshape, .gradient = reshape_gradient);

OPN(reshape, .inputs = {"x"},
    .attributes = {{.name = "shape",
                    .kind = WG_LIST,
                    .meaning = "the new shape; -1 for what remains"}},
    .structure = WG_LINEAR, .view = 1, .shape = reshape_shape,
    .formula = "y = x under another shape", .derivative = "dx = dy under x's shape",
    .limits = "exact", .cases = {"2x3x4 shape=6,4", "2x6 shape=3,-1", "1x1", "6 shape=1,2,1,3"})
