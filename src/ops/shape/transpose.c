/* transpose(x; axes)
 *
 *   y[i_axes[0], i_axes[1], ...] = x[i_0, i_1, ...]        dx: the inverse permutation of dy
 *   Dimension d of y is dimension axes[d] of x; without axes, the order is reversed. Linear, exact.
 */
#include "ops/axes.h"
#include "ops/room.h"

static inline int transposed_axis(const struct wg_args *args, int d) {
    const struct wg_list *axes = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape;
    return axes->count < 0 ? x->rank - 1 - d : wg_axis(x, axes->at[d]);
}

SHAPE(transpose) {
    const struct wg_list *axes = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape;
    if (axes->count >= 0 && (int)axes->count != x->rank) {
        return wg_fail(WG_ERROR_SHAPE, "%s: %g axes for shape %s; expected each of its %d once",
                       self->name, axes->count, wg_shape_text(*x).text, x->rank);
    }
    enum wg_status status = wg_check_axes(self, x, axes);
    if (status != WG_OK) return status;
    y->rank = x->rank;
    for (int d = 0; d < x->rank; d++) y->dim[d] = x->dim[transposed_axis(args, d)];
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
#include "ops/plumbing.h"

/* x's strides in the order of y's dimensions, or (inverse) y's strides in the order of x's. */
static struct wg_strided transposed(const struct wg_args *args, bool inverse) {
    const struct wg_shape *from = inverse ? &args->y->shape : &args->x[0]->shape;
    const struct wg_shape *to = inverse ? &args->x[0]->shape : &args->y->shape;
    struct wg_strided s = {.rank = to->rank};
    int64_t stride[WG_MAX_RANK], step = 1;
    for (int d = from->rank - 1; d >= 0; d--) {
        stride[d] = step;
        step *= from->dim[d];
    }
    for (int d = 0; d < to->rank; d++) {
        const int axis = transposed_axis(args, d);
        s.dim[d] = to->dim[d];
        if (inverse)
            s.stride[axis] = stride[d];
        else
            s.stride[d] = stride[axis];
    }
    return s;
}

KERNEL transpose_forward(const struct wg_args *args) {
    const struct wg_strided s = transposed(args, false);
    if (args->y->size > 0) copy_strided(&s, args->y->data, args->x[0]->data);
}

KERNEL transpose_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct wg_strided s = transposed(args, true);
    if (args->y->size > 0) copy_strided(&s, dx[0], dy);
}
#endif

KERNELS(transpose, .forward = transpose_forward, .gradient = transpose_gradient);

OPN(transpose, .inputs = {"x"},
    .attributes = {{.name = "axes",
                    .kind = WG_LIST,
                    .meaning = "the axis of x that each dimension of y is; reversed when absent"}},
    .structure = WG_LINEAR, .shape = transpose_shape, .formula = "y = x with its axes permuted",
    .derivative = "dx = dy with its axes permuted back", .limits = "exact",
    .cases = {"2x3", "2x3x4", "2x3x4 axes=1,2,0", "2x3x4x5 axes=0,-1,1,2", "5", "scalar"})
