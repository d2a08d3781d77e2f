/* logsumexp(x; axes, keepdims)
 *
 *   y = m + ln sum e^(x - m), m = the largest of x        dy/dx = e^(x - y)
 *   The largest is subtracted first, so nothing overflows. All -inf gives -inf (gradient 0). A
 * +inf gives +inf; its slope is 1, the limit, and 0 beside it; several have no limit, and NaN for a
 * slope. NaN in, NaN out. The value over nothing is an error.
 *   Error: y within 1 ULP beside 2^-41 (float) or 2^-54 (double) of ln sum e^(x - m), which may
 * cancel with a negative m. The gradient is dy e^(x - m) / sum e^(x - m), from x because e^(x - y)
 * with a rounded y loses the digits of a large one; at most 1 ULP.
 */
#include "ops/reduce/weights.h"

SCRATCH(logsumexp) { return line_scratch(&args->x[0]->shape, reduction_mask(args)); }

#ifdef WG_KERNEL_PASS
/* A line that is not regular: its elements lie `step` apart. */
struct odd_line {
    int64_t n, first, step;
    int infinite; /* elements that are +inf */
    bool has_nan;
};

static struct odd_line odd_line(const struct block *block, bool beside, int l) {
    struct odd_line line = {.n = block->n, .first = beside ? l : 0, .step = beside ? BLOCK : 1};
    for (int64_t k = 0; k < line.n; k++) {
        const real x = block->x[line.first + k * line.step];
        line.infinite += x == (real)INFINITY;
        line.has_nan |= x != x;
    }
    return line;
}

/* The slope of a +inf: 1 where there is one, the limit; several have none. */
static real slope_of_infinity(const struct odd_line *line) {
    return line->infinite == 1 ? 1 : (real)NAN;
}

static void odd_value(struct block *block, bool beside, int l) {
    const struct odd_line line = odd_line(block, beside, l);
    block->number[l] = line.has_nan ? (real)NAN : (real)(line.infinite ? INFINITY : -INFINITY);
}

static void odd_slopes(struct block *block, bool beside, int l) {
    const struct odd_line line = odd_line(block, beside, l);
    for (int64_t k = 0; k < line.n; k++) {
        real *x = block->x + line.first + k * line.step;
        const real slope = *x == (real)INFINITY ? slope_of_infinity(&line) : 0;
        *x = line.has_nan ? (real)NAN : canonical(slope * block->number[l]);
    }
}

static void odd_tangent(struct block *block, bool beside, int l) {
    const struct odd_line line = odd_line(block, beside, l);
    real sum = line.has_nan ? (real)NAN : 0;
    for (int64_t k = 0; k < line.n; k++) {
        const int64_t at = line.first + k * line.step;
        if (block->x[at] == (real)INFINITY) sum += slope_of_infinity(&line) * block->v[at];
    }
    block->number[l] = canonical(sum);
}

/* Runs `odd` for the lines that are not regular. */
#define ODD_LINES(odd)                                                                             \
    for (int l = 0; l < (beside ? BLOCK : 1); l++) {                                               \
        if (!regular(&w, l)) odd(block, beside, l);                                                \
    }

BLOCK_FUNCTION(logsumexp) {
    struct weights w;
    double log[LINES_TWICE];
    weigh(beside, (struct purpose){.rest = true}, block, &w);
    log_sums(beside, &w, log);
    EACH_COLUMN block->number[l] = rounded(add(twice_of((double)w.most[l]), load_line(log, l)));
    ODD_LINES(odd_value)
}

/* x = its softmax times dy. */
BLOCK_FUNCTION(logsumexp_gradient) {
    struct weights w;
    double dy[BLOCK];
    weigh(beside, (struct purpose){.rest = true}, block, &w);
    ODD_LINES(odd_slopes)
    EACH_COLUMN dy[l] = (double)block->number[beside ? l : 0];
    for (int64_t k = 0; k < block->rows; k++) {
        real *x = block->x + k * BLOCK;
        EACH_COLUMN {
            const twice e = load(w.e, w.size, k * BLOCK + l);
            const real slope = rounded(share(&w, l, scale(e, dy[l])));
            x[l] = regular(&w, l) ? slope : x[l];
        }
    }
}

BLOCK_FUNCTION(logsumexp_tangent) {
    struct weights w;
    struct averages average;
    weigh_and_average(beside, block, &w, &average);
    EACH_COLUMN block->number[l] =
        rounded(add(twice_of(average.near[l]), load_line(average.rest, l)));
    ODD_LINES(odd_tangent)
}

static inline struct line_job logsumexp_job(const struct wg_args *args) {
    return (struct line_job){.shape = &args->x[0]->shape,
                             .mask = reduction_mask(args),
                             .scratch = args->scratch,
                             .x = args->x[0]->data};
}

KERNEL logsumexp_forward(const struct wg_args *args) {
    struct line_job job = logsumexp_job(args);
    job.bodies.along = logsumexp_along;
    job.bodies.beside = logsumexp_beside;
    job.numbers_out = args->y->data;
    if (args->x[0]->size > 0) run_lines(&job);
}

KERNEL logsumexp_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    struct line_job job = logsumexp_job(args);
    job.bodies.along = logsumexp_gradient_along;
    job.bodies.beside = logsumexp_gradient_beside;
    job.numbers_in = dy;
    job.out = dx[0];
    if (args->x[0]->size > 0) run_lines(&job);
}

KERNEL logsumexp_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    struct line_job job = logsumexp_job(args);
    job.bodies.along = logsumexp_tangent_along;
    job.bodies.beside = logsumexp_tangent_beside;
    job.v = tx[0];
    job.numbers_out = ty;
    if (args->x[0]->size > 0) run_lines(&job);
}
#endif

KERNELS(logsumexp, .forward = logsumexp_forward, .gradient = logsumexp_gradient,
        .tangent = logsumexp_tangent);

OPN(logsumexp, .inputs = {"x"}, REDUCTION_ATTRIBUTES, .shape = reduction_of_some_shape,
    .scratch = logsumexp_scratch,
    .formula = "y = m + ln sum exp(x - m), m = the largest of x along the axes",
    .derivative = "dy/dx = exp(x - y)",
    .second = "d2y / dx_j dx_k = p_j (d_jk - p_k), p = exp(x - y), d_jk = 1 where j = k, else 0",
    .limits = "all -inf: -inf, slope 0; a +inf: +inf, slope 1 (NaN for several), 0 for the others",
    .special = "one element gives itself, slope 1; a NaN gives NaN, slopes as well",
    .accuracy = "y at most 1 ULP (measured: 0.50), beside 2^-41 (2^-54) of ln sum exp(x - m); dx 1 "
                "ULP (measured: 0.51 in float, 0.62 in double)",
    .reference = "Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax "
                 "functions, IMA Journal of Numerical Analysis 41(4), 2021",
    .cases = {"2x3x4", "2x3x4 axes=0", "2x3x4 axes=1 keepdims=1", "2x3x4 axes=0,2", "2x3x4 axes=-1",
              "scalar", "7x1 axes=1", "2x20 axes=0"})
