/* logsumexp(x; axes, keepdims)
 *
 *   y = m + ln sum e^(x - m), m = the largest of x        dy/dx = e^(x - y)
 *   The largest is subtracted first, so nothing overflows. All -inf gives -inf (gradient 0); one
 * +inf gives +inf, where the gradient is NaN. NaN in, NaN out. The value over nothing is an error.
 *   Error: y within 1 ULP beside 2^-41 (float) or 2^-54 (double) of ln sum e^(x - m), which may
 * cancel with a negative m. The gradient is dy e^(x - m) / sum e^(x - m), from x because e^(x - y)
 * with a rounded y loses the digits of a large one; at most 1 ULP.
 */
#include "ops/reduce/weights.h"

/* Lines of x, lines of a tangent, and weights. */
SCRATCH(logsumexp) {
    return line_scratch(&args->x[0]->shape, reduction_mask(args), 2, WEIGHT_LINES);
}

#ifdef WG_KERNEL_PASS
LINE_FUNCTION real logsumexp_line(int64_t padded, const real *x, double *room) {
    struct weights w;
    if (!weigh(&w, padded, x, room)) return canonical(w.most);
    return rounded(add(twice_of(w.most), log_sum(&w)));
}

/* line = its softmax times dy. */
LINE_FUNCTION void logsumexp_gradient_line(int64_t n, int64_t padded, real *line, real dy,
                                           double *room) {
    struct weights w;
    if (!weigh(&w, padded, line, room)) {
        fill_line(n, line, w.most < 0 ? 0 : (real)NAN);
        return;
    }
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++)
        line[i] = rounded(share(&w, scale(load(w.e, padded, i), dy)));
}

LINE_FUNCTION real logsumexp_tangent_line(int64_t padded, const real *x, const real *tx,
                                          double *room) {
    struct weights w;
    if (!weigh(&w, padded, x, room)) return w.most < 0 ? 0 : (real)NAN;
    const struct average a = average(&w, tx);
    return rounded(add(twice_of(a.near), a.rest));
}

static double *logsumexp_weights(const struct wg_args *args) {
    void *weights =
        (real *)args->scratch + line_scratch(&args->x[0]->shape, reduction_mask(args), 2, 0);
    return weights;
}

KERNEL logsumexp_forward(const struct wg_args *args) {
    if (args->x[0]->size == 0) return;
    struct lines lines = lines_of(&args->x[0]->shape, reduction_mask(args));
    real *x = args->scratch, *y = args->y->data;
    while (next_lines(&lines)) {
        gather_lines(&lines, x, args->x[0]->data);
        pad_lines(&lines, x, -(real)INFINITY);
        for (int i = 0; i < lines.width; i++) {
            y[lines.result + i] =
                logsumexp_line(lines.padded, x + i * lines.padded, logsumexp_weights(args));
        }
    }
}

KERNEL logsumexp_gradient(const struct wg_args *args, const void *dy_, void *const *dx) {
    if (args->x[0]->size == 0) return;
    struct lines lines = lines_of(&args->x[0]->shape, reduction_mask(args));
    const real *dy = dy_;
    real *x = args->scratch;
    while (next_lines(&lines)) {
        gather_lines(&lines, x, args->x[0]->data);
        pad_lines(&lines, x, -(real)INFINITY);
        for (int i = 0; i < lines.width; i++) {
            logsumexp_gradient_line(lines.n, lines.padded, x + i * lines.padded,
                                    dy[lines.result + i], logsumexp_weights(args));
        }
        scatter_lines(&lines, dx[0], x);
    }
}

KERNEL logsumexp_tangent(const struct wg_args *args, void *ty_, const void *const *tx_) {
    if (args->x[0]->size == 0) return;
    const unsigned mask = reduction_mask(args);
    struct lines lines = lines_of(&args->x[0]->shape, mask);
    real *x = args->scratch, *tx = x + line_scratch(&args->x[0]->shape, mask, 1, 0), *ty = ty_;
    while (next_lines(&lines)) {
        gather_lines(&lines, x, args->x[0]->data);
        pad_lines(&lines, x, -(real)INFINITY);
        gather_lines(&lines, tx, tx_[0]);
        pad_lines_with_first(&lines, tx);
        for (int i = 0; i < lines.width; i++) {
            const int64_t at = i * lines.padded;
            ty[lines.result + i] =
                logsumexp_tangent_line(lines.padded, x + at, tx + at, logsumexp_weights(args));
        }
    }
}
#endif

KERNELS(logsumexp, .forward = logsumexp_forward, .gradient = logsumexp_gradient,
        .tangent = logsumexp_tangent);

OPN(logsumexp, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .shape = reduction_of_some_shape,
    .scratch = logsumexp_scratch,
    .formula = "y = m + ln sum exp(x - m), m = the largest of x along the axes",
    .derivative = "dy/dx = exp(x - y)",
    .limits = "all -inf: -inf, slope 0; a +inf: +inf; a NaN: NaN",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1", "2x20 axes=0"})
