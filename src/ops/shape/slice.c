/* slice(x; begin, size)
 *
 *   y = x[begin : begin + size] in every dimension        dx = dy at its place, 0 elsewhere
 *   A size of -1 means all that is left; absent lists mean 0 and -1 everywhere. Linear, exact.
 */
#include "ops/room.h"

struct slice_attributes {
    struct wg_list begin, size;
};

SHAPE(slice) {
    const struct slice_attributes *a = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape;
    const struct wg_list *lists[] = {&a->begin, &a->size};
    for (int i = 0; i < 2; i++) {
        if (lists[i]->count >= 0 && (int)lists[i]->count != x->rank) {
            return wg_fail(WG_ERROR_SHAPE, "%s: %s has %g numbers for shape %s; expected %d",
                           self->name, i ? "size" : "begin", lists[i]->count,
                           wg_shape_text(*x).text, x->rank);
        }
    }
    y->rank = x->rank;
    for (int d = 0; d < x->rank; d++) {
        const double begin = a->begin.count < 0 ? 0 : a->begin.at[d];
        const double left = (double)x->dim[d] - begin;
        const double size = a->size.count < 0 || a->size.at[d] == -1 ? left : a->size.at[d];
        if (!(begin >= 0 && size >= 0 && size <= left)) {
            return wg_fail(
                WG_ERROR_SHAPE,
                "%s: begin %g, size %g in dimension %d of shape %s; expected a part of 0 to %lld",
                self->name, begin, size, d, wg_shape_text(*x).text, (long long)x->dim[d]);
        }
        y->dim[d] = (int64_t)size;
    }
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
#include "ops/plumbing.h"

/* x's strides over y's dimensions; *start is where y begins in x. */
static struct wg_strided slice_strides(const struct wg_args *args, int64_t *start) {
    const struct slice_attributes *a = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape;
    struct wg_strided s = {.rank = x->rank};
    int64_t step = 1;
    *start = 0;
    for (int d = x->rank - 1; d >= 0; d--) {
        s.dim[d] = args->y->shape.dim[d];
        s.stride[d] = step;
        *start += a->begin.count < 0 ? 0 : (int64_t)a->begin.at[d] * step;
        step *= x->dim[d];
    }
    return s;
}

KERNEL slice_forward(const struct wg_args *args) {
    int64_t start;
    const struct wg_strided s = slice_strides(args, &start);
    if (args->y->size > 0) copy_strided(&s, args->y->data, (const real *)args->x[0]->data + start);
}

KERNEL slice_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    int64_t start;
    const struct wg_strided s = slice_strides(args, &start);
    memset(dx[0], 0, (size_t)args->x[0]->size * sizeof(real));
    if (args->y->size > 0) copy_to_strided(&s, (real *)dx[0] + start, dy);
}
#endif

KERNELS(slice, .forward = slice_forward, .gradient = slice_gradient);

OPN(slice, .inputs = {"x"},
    .attributes = {{.name = "begin",
                    .kind = WG_LIST,
                    .meaning = "the first index in each dimension; 0 when absent"},
                   {.name = "size",
                    .kind = WG_LIST,
                    .meaning = "how many in each dimension; -1, or absent, for the rest"}},
    .structure = WG_LINEAR, .shape = slice_shape, .formula = "y = x[begin : begin + size]",
    .derivative = "dx = dy at its place, 0 elsewhere", .limits = "exact",
    .cases = {"4x5 begin=1,2 size=2,3", "4x5 begin=1,0", "7 size=3",
              "2x3x4 begin=0,1,2 size=-1,1,-1", "scalar"})
