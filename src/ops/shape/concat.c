/* concat(x, ...; axis)
 *
 *   y = the inputs one after the other along the axis        dx of each: its part of dy
 *   All other dimensions are equal. Linear, exact.
 */
#include "ops/axes.h"
#include "ops/room.h"

SHAPE(concat) {
    const double axis = args->attributes[0];
    *y = args->x[0]->shape;
    enum wg_status status = wg_check_axis(self, y, axis);
    if (status != WG_OK) return status;
    const int at = wg_axis(y, axis);
    for (int i = 1; i < args->inputs; i++) {
        struct wg_shape rest = args->x[i]->shape;
        const int64_t more = rest.rank == y->rank ? rest.dim[at] : 0;
        if (rest.rank == y->rank) rest.dim[at] = y->dim[at];
        if (!wg_shape_equal(rest, *y) || __builtin_add_overflow(y->dim[at], more, &y->dim[at])) {
            return wg_fail(
                WG_ERROR_SHAPE,
                "%s: input %d has shape %s; expected that of the inputs before it, %s, but for axis %d",
                self->name, i, wg_shape_text(args->x[i]->shape).text,
                wg_shape_text(args->x[0]->shape).text, at);
        }
    }
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
/* Copies input i's part: from x to y, or (dy given) from dy to dx. */
static void concat_part(const struct wg_args *args, int64_t *before, int i, const real *dy,
                        real *dx) {
    const struct wg_along all = wg_along_axis(&args->y->shape, args->attributes[0]);
    const struct wg_along part = wg_along_axis(&args->x[i]->shape, args->attributes[0]);
    const int64_t block = part.n * part.inner, step = all.n * all.inner;
    const real *x = args->x[i]->data;
    real *y = args->y->data;
    for (int64_t o = 0; o < part.outer && (!dy || dx); o++) {
        const int64_t at = o * step + *before;
        if (dy)
            memcpy(dx + o * block, dy + at, (size_t)block * sizeof(real));
        else
            memcpy(y + at, x + o * block, (size_t)block * sizeof(real));
    }
    *before += block;
}

KERNEL concat_forward(const struct wg_args *args) {
    int64_t before = 0;
    for (int i = 0; i < args->inputs; i++) concat_part(args, &before, i, NULL, NULL);
}

KERNEL concat_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    int64_t before = 0;
    for (int i = 0; i < args->inputs; i++) concat_part(args, &before, i, dy, dx[i]);
}
#endif

KERNELS(concat, .forward = concat_forward, .gradient = concat_gradient);

OPN(concat, .inputs = {"x", "..."},
    .attributes = {{.name = "axis", .kind = WG_INTEGER, .meaning = "the axis to join along"}},
    .structure = WG_LINEAR, .shape = concat_shape,
    .formula = "y = the inputs one after the other along the axis",
    .derivative = "dx of each input = its part of dy", .limits = "exact",
    .cases = {"2x3 4x3", "2x3 2x1 2x4 axis=1", "2x3", "2x1x2 2x3x2 axis=-2", "1 2 3"})
