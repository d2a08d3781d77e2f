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
BLOCK_FUNCTION(log_softmax) {
    struct weights w;
    double log[LINES_TWICE], most[BLOCK];
    real lowest[BLOCK]; /* what -inf gives */
    weigh(beside, (struct purpose){.value = true, .rest = true}, block, &w);
    log_sums(beside, &w, log);
    EACH_COLUMN {
        most[l] = (double)w.most[l];
        lowest[l] = regular(&w, l) ? -(real)INFINITY : (real)NAN;
    }
    for (int64_t k = 0; k < block->rows; k++) {
        real *y = block->x + k * BLOCK;
        EACH_COLUMN {
            const twice d = difference((double)y[l], most[l]);
            const real usual = rounded(subtract(d, load_line(log, l)));
            y[l] = leading(d) == -INFINITY ? lowest[l] : usual;
        }
    }
}

#if WG_REAL_IS_FLOAT
LANES_INLINE wide_lanes log_softmax_result(const struct prepared_row *row, int64_t at) {
    return (wide_load(row->x + at) - wide_broadcast(row->most)) - wide_broadcast(row->log);
}

ROWS_FUNCTION(log_softmax, ((struct purpose){.value = true, .rest = true, .log = true}), false)

LANES_INLINE wide_lanes log_softmax_gradient_result(const struct prepared_row *row, int64_t at) {
    const wide_lanes e = kept_weight(row, at), dy = wide_load(row->v + at),
                     others = wide_select(e == 1, wide_broadcast(row->rest),
                                          wide_broadcast(row->sum) - e),
                     other_dy = wide_broadcast(row->total) - dy;
    return (others * dy - e * other_dy) * wide_broadcast(row->inverse);
}

ROWS_FUNCTION(log_softmax_gradient, ((struct purpose){.rest = true, .total = true}), true)
#endif

KERNEL log_softmax_forward(const struct wg_args *args) {
    run_softmax(args, LINE_BODIES(log_softmax), args->y->data, args->x[0]->data, NULL);
}

/* The sum of all weights but this one. */
WG_INLINE twice others(const struct weights *w, int l, twice e) {
    const twice difference = subtract(load_line(w->sum, l), e);
    return choose(leading(e) == WEIGHT_ONE, load_line(w->rest, l), difference);
}

/* v = dx, given v = dy, padded with 0. */
BLOCK_FUNCTION(log_softmax_gradient) {
    struct weights w;
    partial_sums terms;
    double sum[LINES_TWICE];
    weigh(beside, (struct purpose){.rest = true}, block, &w);
    start_sums(beside, block->n, TWICE_DOUBLES, terms);
    for (int64_t k = 0; k < block->rows; k++) {
        const real *v = block->v + k * BLOCK;
        const int64_t sums = sums_of_row(beside, k);
        EACH_COLUMN accumulate(terms, sums + l, twice_of((double)v[l]));
    }
    total(beside, block->n, terms, sum);
    for (int64_t k = 0; k < block->rows; k++) {
        real *v = block->v + k * BLOCK;
        EACH_COLUMN {
            const double dy = (double)v[l];
            const twice e = load(w.e, w.size, k * BLOCK + l),
                        other_dy = subtract(load_line(sum, l), twice_of(dy));
            v[l] =
                rounded(share(&w, l, subtract(scale(others(&w, l, e), dy), multiply(e, other_dy))));
        }
    }
}

/* v less its average. */
BLOCK_FUNCTION(log_softmax_tangent) {
    struct weights w;
    struct averages average;
    weigh_and_average(beside, block, &w, &average);
    for (int64_t k = 0; k < block->rows; k++) {
        real *v = block->v + k * BLOCK;
        EACH_COLUMN v[l] = rounded(deviation(v[l], &average, l));
    }
}

KERNEL log_softmax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    if (args->y->size == 0) return;
    run_lines(&(struct line_job){.shape = &args->x[0]->shape,
                                 .mask = softmax_mask(args),
                                 .scratch = args->scratch,
                                 .x = args->x[0]->data,
                                 .v = dy,
                                 .out = dx[0],
                                 .bodies = LINE_BODIES(log_softmax_gradient),
                                 .pad_with_0 = true});
}

KERNEL log_softmax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    const struct line_bodies bodies = {log_softmax_tangent_along, log_softmax_tangent_beside, NULL};
    run_softmax(args, bodies, ty, args->x[0]->data, tx[0]);
}
#endif

KERNELS(log_softmax, .forward = log_softmax_forward, .gradient = log_softmax_gradient,
        .tangent = log_softmax_tangent);

OPN(log_softmax, .inputs = {"x"}, .activation = 1, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = softmax_scratch,
    .formula = "y = (x - m) - ln sum exp(x - m), m = the largest of x along the axis",
    .derivative = "dx = dy - exp(y) sum dy",
    .second = "d2y_i / dx_j dx_k = p_j (p_k - d_jk), p = exp(y), d_jk = 1 where j = k, else 0",
    .limits = "-inf among finite values: -inf; a +inf, a NaN or nothing but -inf: NaN",
    .special = "an axis of size 1 gives 0, slope 0; NaN gives NaN all along",
    .accuracy =
        "y at most 1 ULP (measured: 0.53 in float, 0.75 in double, slopes as well); dx 1 ULP for a dy of "
        "one nonzero element, for others beside 2^-41 (2^-54) of its terms",
    .reference =
        "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7", "2x20 axis=0"})
