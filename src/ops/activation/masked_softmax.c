/* masked_softmax(x, mask; axis)
 *
 *   y = softmax of the kept elements, 0 where masked        dx as of softmax, 0 where masked
 *   mask (int32) keeps an element where it is not 0. It has no more dimensions than x, and each of
 * them, from the last on, is 1 or that of x. A masked element takes no part, whatever it is, NaN
 * and infinity included. Where everything along the axis is masked, y and dx are 0.
 *   Keras's Softmax layer, but for one thing: it puts -1e9 in the place of what is masked, so that
 * there an element at or below that shares its weight with the masked ones.
 *   Error: as softmax.
 */
#include "ops/activation/softmax.h"

SHAPE(masked_softmax) {
    const struct wg_shape *x = &args->x[0]->shape, *mask = &args->x[1]->shape;
    const int shift = x->rank - mask->rank;
    bool fits = shift >= 0;
    for (int d = 0; fits && d < mask->rank; d++)
        fits = mask->dim[d] == 1 || mask->dim[d] == x->dim[d + shift];
    if (!fits) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: a mask of shape %s for x of shape %s; expected no more dimensions than "
                       "x, and each, from the last on, 1 or that of x",
                       self->name, wg_shape_text(*mask).text, wg_shape_text(*x).text);
    }
    return softmax_shape(self, args, y);
}

/* Besides what softmax needs, x with -inf where it is masked. */
SCRATCH(masked_softmax) { return softmax_scratch(args) + args->x[0]->size; }

#ifdef WG_KERNEL_PASS
struct mask_job {
    struct wg_strided mask; /* over x's dimensions */
    const int32_t *at;
    const real *from;
    real *to, otherwise;
};

/* The mask of row `row`. */
static const int32_t *mask_of_row(const void *context, int64_t row) {
    const struct mask_job *k = context;
    const int32_t *mask = k->at;
    for (int d = k->mask.rank - 2; d >= 0; d--) {
        mask += row % k->mask.dim[d] * k->mask.stride[d];
        row /= k->mask.dim[d];
    }
    return mask;
}

/* Rows begin to end, along the last dimension. */
static void mask_rows(int64_t begin, int64_t end, const void *context) {
    const struct mask_job *k = context;
    const int last = k->mask.rank - 1;
    const int64_t columns = k->mask.dim[last];
    const real otherwise = k->otherwise;
    for (int64_t r = begin; r < end; r++) {
        const int32_t *mask = mask_of_row(k, r);
        const real *from = k->from + r * columns;
        real *to = k->to + r * columns;
        if (k->mask.stride[last] == 0) {
            const bool all = *mask != 0;
            INDEPENDENT_LOOP
            for (int64_t j = 0; j < columns; j++) to[j] = all ? from[j] : otherwise;
        } else {
            INDEPENDENT_LOOP
            for (int64_t j = 0; j < columns; j++) to[j] = mask[j] ? from[j] : otherwise;
        }
    }
}

static struct mask_job mask_job(const struct wg_args *args) {
    const struct wg_shape *x = &args->x[0]->shape, *shape = &args->x[1]->shape;
    struct mask_job k = {.mask = {.rank = x->rank}, .at = args->x[1]->data};
    int64_t step = 1;
    for (int d = x->rank - 1, m = shape->rank - 1; d >= 0; d--, m--) {
        const int64_t size = m >= 0 ? shape->dim[m] : 1;
        k.mask.dim[d] = x->dim[d];
        k.mask.stride[d] = size == 1 ? 0 : step;
        step *= size;
    }
    return k;
}

/* to = from where kept, else `otherwise`; to may be from. */
static void keep(const struct wg_args *args, real *to, const real *from, real otherwise) {
    struct mask_job k = mask_job(args);
    const int64_t size = args->x[0]->size;
    k.from = from;
    k.to = to;
    k.otherwise = otherwise;
    wg_parallel(size / k.mask.dim[k.mask.rank - 1], size, mask_rows, &k);
}

static real *kept_x(const struct wg_args *args) {
    real *x = (real *)args->scratch + softmax_scratch(args);
    keep(args, x, args->x[0]->data, -(real)INFINITY);
    return x;
}

/* Where the axis is the last and each row has a mask for its elements, rows are masked as they are
 * read. Whether that was so. */
static bool run_masked_rows(const struct wg_args *args, struct line_bodies bodies, real *out,
                            const real *v) {
    const int last = args->y->shape.rank - 1;
    const struct mask_job k = mask_job(args);
    if (bodies.rows == NULL || softmax_mask(args) != 1u << last || k.mask.stride[last] != 1 ||
        !lines_are_rows(&args->x[0]->shape, 1u << last))
        return false;
    run_lines(&(struct line_job){.shape = &args->x[0]->shape,
                                 .mask = softmax_mask(args),
                                 .scratch = args->scratch,
                                 .x = args->x[0]->data,
                                 .v = v,
                                 .out = out,
                                 .bodies = bodies,
                                 .mask_of = mask_of_row,
                                 .context = &k});
    return true;
}

KERNEL masked_softmax_forward(const struct wg_args *args) {
    real *y = args->y->data;
    if (args->y->size == 0 || run_masked_rows(args, LINE_BODIES(softmax), y, NULL)) return;
    softmax_values(args, y, kept_x(args));
    keep(args, y, y, 0);
}

static void masked_jacobian(const struct wg_args *args, real *out, const real *v) {
    if (args->y->size == 0 || run_masked_rows(args, LINE_BODIES(softmax_jacobian), out, v)) return;
    keep(args, out, v, 0);
    softmax_jacobian(args, out, kept_x(args), out);
    keep(args, out, out, 0);
}

KERNEL masked_softmax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    masked_jacobian(args, dx[0], dy);
}

KERNEL masked_softmax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    masked_jacobian(args, ty, tx[0]);
}
#endif

KERNELS(masked_softmax, .forward = masked_softmax_forward, .gradient = masked_softmax_gradient,
        .tangent = masked_softmax_tangent);

OPN(masked_softmax, .inputs = {"x", "mask"}, .activation = 1, .integer_inputs = 2,
    SOFTMAX_ATTRIBUTES, .shape = masked_softmax_shape, .scratch = masked_softmax_scratch,
    .formula = "y = softmax over the elements whose mask is not 0; 0 for the others",
    .derivative = "dx = y (dy - sum y dy)", .second = "as softmax, with y = 0 where masked",
    .limits = "all masked: 0; else as softmax; what is masked may be anything",
    .special = "a masked NaN or infinity takes no part; one kept element gives 1",
    .accuracy = "as softmax: y at most 1 ULP, dx 1 ULP beside 2^-41 (2^-54) of its terms",
    .reference = "Keras 3, layers.Softmax", .domain = {{-2, 2}, {0, 1}},
    .cases = {"2x3x4 2x3x4", "2x3x4 4", "2x3x4 3x1 axis=0", "2x3x4 2x1x4 axis=1,2",
              "5x7 5x7 axis=0", "5 scalar"})
