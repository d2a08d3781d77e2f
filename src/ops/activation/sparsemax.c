/* sparsemax(x; axis)                                    Martins and Astudillo 2016,
 * arXiv:1602.02068
 *
 *   y = max(x - t, 0), t such that y sums to 1 along the axis: the nearest point to x of the
 * simplex. S, the support, is the x above t, and t = (sum of S - 1) / |S|.
 *   dx = dy - (mean of dy over S) on S, else 0
 *   t is found by Michelot's iteration: from the elements within 1 of the largest on, those at or
 * below the t of what is left are dropped until none is. Sums and comparisons are made in pairs of
 * doubles, so that the support is that of exact arithmetic unless an element is within 2^-100 of t.
 *   kink where an element reaches t: it is then not in the support (the test is strict, as in
 * Keras), y is 0 there, and so is dx. A +inf, a NaN, or nothing but -inf gives NaN along the axis;
 * -inf among finite values gives 0.
 *   The gradient is taken from y, which is exact in what matters: y > 0 is the support. The
 * Jacobian is symmetric, so the tangent has the gradient's formula. Error: y at most 1 ULP, dx at
 * most 1 ULP, beside 2^-100 of the terms of x - t and of dy - mean.
 */
#include "ops/activation/softmax.h"

#ifdef WG_KERNEL_PASS
#include "math/pair.h"

/* |S| (x - t) = |S| (x - m) - (sum over S of (x - m) - 1), m the largest; above 0 for the support.
 */
struct support {
    double most, size;
    struct wg_pair sum; /* less 1 */
};

static inline struct wg_pair support_excess(const struct support *s, struct wg_pair x) {
    return wg_pair_subtract(wg_pair_scale(x, s->size), s->sum);
}

static void support_of(struct support *s, int64_t count, double *high, double *low) {
    int64_t left = count;
    do {
        count = left;
        s->size = (double)count;
        double rest = 0;
        struct wg_pair sum = {-1, 0};
        for (int64_t i = 0; i < count; i++) {
            sum = wg_pair_sum(sum.hi, high[i]);
            rest += sum.lo + low[i];
        }
        s->sum = wg_pair_sum_ordered(sum.hi, rest);
        left = 0;
        for (int64_t i = 0; i < count; i++) {
            const struct wg_pair x = {high[i], low[i]};
            high[left] = x.hi;
            low[left] = x.lo;
            left += support_excess(s, x).hi > 0;
        }
    } while (left < count);
}

static void sparsemax_along(struct block *block) {
    const int64_t n = block->n;
    real *line = block->x;
    real most[BLOCK];
    extreme(false, false, block->rows, line, most);
    struct support s = {.most = (double)most[0]};
    double *high = block->weights, *low = high + block->rows * BLOCK;
    bool regular = s.most - s.most == 0;
    for (int64_t i = 0; i < n; i++) regular &= line[i] == line[i];
    if (!regular) {
        for (int64_t i = 0; i < n; i++) line[i] = (real)NAN;
        return;
    }
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!((double)line[i] - s.most > -2)) continue; /* most of them, and no rounding matters */
        const struct wg_pair x = wg_pair_sum((double)line[i], -s.most);
        high[count] = x.hi;
        low[count] = x.lo;
        count += x.hi > -1 || (x.hi == -1 && x.lo > 0);
    }
    support_of(&s, count, high, low);
    const struct wg_pair size = {s.size, 0};
    const double inverse = 1 / s.size;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++) {
        const struct wg_pair excess = support_excess(&s, wg_pair_sum((double)line[i], -s.most));
        const struct wg_pair y = wg_pair_divide(excess, size, inverse);
        line[i] = excess.hi > 0 ? (real)(y.hi + y.lo) : 0;
    }
}

KERNEL sparsemax_forward(const struct wg_args *args) {
    run_softmax(args, (struct line_bodies){sparsemax_along, NULL, NULL}, args->y->data,
                args->x[0]->data, NULL);
}

/* v less its mean over the support, there; else 0. NaN all along where y is. x holds y. */
static void sparsemax_slope_along(struct block *block) {
    struct wg_pair sum = {0, 0};
    double size = 0, rest = 0;
    const real *y = block->x;
    real *v = block->v;
    for (int64_t i = 0; i < block->n; i++) {
        if (!(y[i] > 0)) continue;
        sum = wg_pair_sum(sum.hi, (double)v[i]);
        rest += sum.lo;
        size++;
    }
    const struct wg_pair mean =
        wg_pair_divide(wg_pair_sum_ordered(sum.hi, rest), (struct wg_pair){size, 0}, 1 / size);
    for (int64_t i = 0; i < block->n; i++) {
        const struct wg_pair d = wg_pair_subtract((struct wg_pair){(double)v[i], 0}, mean);
        v[i] = y[i] > 0 ? canonical((real)(d.hi + d.lo)) : y[i] == 0 ? 0 : (real)NAN;
    }
}

KERNEL sparsemax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    run_softmax(args, (struct line_bodies){sparsemax_slope_along, NULL, NULL}, dx[0], args->y->data,
                dy);
}

KERNEL sparsemax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    run_softmax(args, (struct line_bodies){sparsemax_slope_along, NULL, NULL}, ty, args->y->data,
                tx[0]);
}

/* The support. */
static void sparsemax_branches(const struct wg_args *args, unsigned char *taken) {
    const real *y = args->y->data;
    for (int64_t i = 0; i < args->y->size; i++) taken[i] = y[i] > 0;
}
#endif

KERNELS(sparsemax, .forward = sparsemax_forward, .gradient = sparsemax_gradient,
        .tangent = sparsemax_tangent, .branches = sparsemax_branches);

OPN(sparsemax, .inputs = {"x"}, .activation = 1, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = softmax_scratch,
    .formula = "y = max(x - t, 0), t such that y sums to 1 along the axis",
    .derivative = "dx = dy - mean of dy over the support (y > 0), there; else 0",
    .kink = "x = t: not in the support, slope 0",
    .limits = "-inf among finite values: 0; a +inf, a NaN or nothing but -inf: NaN",
    .second = "0, but where the support changes",
    .special = "an axis of size 1 gives 1, slope 0; a NaN gives NaN all along",
    .accuracy = "y and dx at most 1 ULP (measured: 0.51), beside 2^-100 of the terms of x - t and "
                "of dy - mean",
    .reference = "Martins and Astudillo, From softmax to sparsemax, arXiv:1602.02068",
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7", "9x2 axis=0"})
