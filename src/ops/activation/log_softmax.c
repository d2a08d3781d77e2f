/* log_softmax(x; axis)
 *
 *   y = (x - m) - ln sum e^(x - m), m = the largest of x along the axis        dx = dy - e^y sum dy
 *   Never the logarithm of a rounded softmax: a class of tiny probability keeps its digits, and so
 * does one of probability near 1, whose y is -ln(1 + the sum of the others). -inf among finite
 * values gives -inf (slope 0); a +inf, a NaN, or nothing but -inf gives NaN along that axis.
 *   Error: y at most 1 ULP: neither of its terms is positive. dx is computed as
 *   dy (1 - p) - p (sum of the other dy), p = e^y, with 1 - p taken without cancelling, and is
 * within 1 ULP beside 2^-41 (float) or 2^-54 (double) of these two terms; for a dy of one nonzero
 * element there is but one of them, and dx is within 1 ULP. The tangent is tx less its average with
 * the weights p, with the error of softmax's dx / y.
 */
#include "ops/activation/softmax.h"

#ifdef WG_KERNEL_PASS
LINE_FUNCTION void log_softmax_line(int64_t n, int64_t padded, real *line, double *room) {
    struct weights w;
    if (!weigh(&w, padded, line, room)) {
        fill_line(n, line, (real)NAN);
        return;
    }
    const twice log = log_sum(&w);
    const double most = w.most;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) {
        const twice d = difference(line[i], most);
        const real y = rounded(subtract(d, log));
        line[i] = leading(d) == -INFINITY ? -(real)INFINITY : y;
    }
}

KERNEL log_softmax_forward(const struct wg_args *args) {
    if (args->y->size == 0) return;
    const struct softmax_room room = softmax_room(args);
    struct lines lines = lines_of(&args->x[0]->shape, softmax_mask(args));
    while (next_lines(&lines)) {
        gather_lines(&lines, room.x, args->x[0]->data);
        pad_lines(&lines, room.x, -(real)INFINITY);
        for (int i = 0; i < lines.width; i++)
            log_softmax_line(lines.n, lines.padded, room.x + i * lines.padded, room.weights);
        scatter_lines(&lines, args->y->data, room.x);
    }
}

/* The sum of all weights but this one. */
static inline twice others(const struct weights *w, twice e) {
    const twice difference = subtract(w->sum, e);
    return leading(e) == WEIGHT_ONE ? w->rest : difference;
}

/* v = dx, given v = dy, padded with 0. */
LINE_FUNCTION void log_softmax_gradient_line(int64_t n, int64_t padded, const real *x, real *v,
                                             double *room) {
    struct weights w;
    if (!weigh(&w, padded, x, room)) {
        fill_line(n, v, (real)NAN);
        return;
    }
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) store(w.terms, padded, i, twice_of(v[i]));
    const twice sum = total(padded, w.terms);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) {
        const twice e = load(w.e, padded, i), other_dy = subtract(sum, twice_of(v[i]));
        v[i] = rounded(share(&w, subtract(scale(others(&w, e), v[i]), multiply(e, other_dy))));
    }
}

/* v less its average. */
LINE_FUNCTION void log_softmax_tangent_line(int64_t n, int64_t padded, const real *x, real *v,
                                            double *room) {
    struct weights w;
    if (!weigh(&w, padded, x, room)) {
        fill_line(n, v, (real)NAN);
        return;
    }
    const struct average a = average(&w, v);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) v[i] = rounded(deviation(v[i], &a));
}

static void log_softmax_slopes(const struct wg_args *args, real *out, const real *v,
                               bool gradient) {
    if (args->y->size == 0) return;
    const struct softmax_room room = softmax_room(args);
    struct lines lines = lines_of(&args->x[0]->shape, softmax_mask(args));
    while (next_lines(&lines)) {
        gather_lines(&lines, room.x, args->x[0]->data);
        pad_lines(&lines, room.x, -(real)INFINITY);
        gather_lines(&lines, room.v, v);
        if (gradient)
            pad_lines(&lines, room.v, 0);
        else
            pad_lines_with_first(&lines, room.v);
        for (int i = 0; i < lines.width; i++) {
            const real *x = room.x + i * lines.padded;
            real *line = room.v + i * lines.padded;
            if (gradient)
                log_softmax_gradient_line(lines.n, lines.padded, x, line, room.weights);
            else
                log_softmax_tangent_line(lines.n, lines.padded, x, line, room.weights);
        }
        scatter_lines(&lines, out, room.v);
    }
}

KERNEL log_softmax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    log_softmax_slopes(args, dx[0], dy, true);
}

KERNEL log_softmax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    log_softmax_slopes(args, ty, tx[0], false);
}
#endif

KERNELS(log_softmax, .forward = log_softmax_forward, .gradient = log_softmax_gradient,
        .tangent = log_softmax_tangent);

OPN(log_softmax, .inputs = {"x"}, .activation = 1, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = softmax_scratch,
    .formula = "y = (x - m) - ln sum exp(x - m), m = the largest of x along the axis",
    .derivative = "dx = dy - exp(y) sum dy",
    .limits = "-inf among finite values: -inf; a +inf, a NaN or nothing but -inf: NaN",
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7", "2x20 axis=0"})
