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

LINE_FUNCTION void sparsemax_line(int64_t n, int64_t padded, real *line, double *room) {
    struct support s = {.most = largest(padded, line)};
    double *high = room, *low = room + padded;
    bool regular = s.most - s.most == 0;
    for (int64_t i = 0; i < n; i++) regular &= line[i] == line[i];
    if (!regular) {
        fill_line(n, line, (real)NAN);
        return;
    }
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!((double)line[i] - s.most > -2)) continue; /* most of them, and no rounding matters */
        const struct wg_pair x = wg_pair_sum(line[i], -s.most);
        high[count] = x.hi;
        low[count] = x.lo;
        count += x.hi > -1 || (x.hi == -1 && x.lo > 0);
    }
    support_of(&s, count, high, low);
    const struct wg_pair size = {s.size, 0};
    const double inverse = 1 / s.size;
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < padded; i++) {
        const struct wg_pair excess = support_excess(&s, wg_pair_sum(line[i], -s.most));
        const struct wg_pair y = wg_pair_divide(excess, size, inverse);
        line[i] = excess.hi > 0 ? (real)(y.hi + y.lo) : 0;
    }
}

KERNEL sparsemax_forward(const struct wg_args *args) {
    if (args->y->size == 0) return;
    const struct softmax_room room = softmax_room(args);
    struct lines lines = lines_of(&args->x[0]->shape, softmax_mask(args));
    while (next_lines(&lines)) {
        gather_lines(&lines, room.x, args->x[0]->data);
        pad_lines(&lines, room.x, -(real)INFINITY);
        for (int i = 0; i < lines.width; i++)
            sparsemax_line(lines.n, lines.padded, room.x + i * lines.padded, room.weights);
        scatter_lines(&lines, args->y->data, room.x);
    }
}

/* v less its mean over the support, there; else 0. NaN all along where y is. */
LINE_FUNCTION void sparsemax_slope_line(int64_t n, const real *y, real *v) {
    struct wg_pair sum = {0, 0};
    double size = 0, rest = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(y[i] > 0)) continue;
        sum = wg_pair_sum(sum.hi, v[i]);
        rest += sum.lo;
        size++;
    }
    const struct wg_pair mean =
        wg_pair_divide(wg_pair_sum_ordered(sum.hi, rest), (struct wg_pair){size, 0}, 1 / size);
    for (int64_t i = 0; i < n; i++) {
        const struct wg_pair d = wg_pair_subtract((struct wg_pair){v[i], 0}, mean);
        v[i] = y[i] > 0 ? canonical((real)(d.hi + d.lo)) : y[i] == 0 ? 0 : (real)NAN;
    }
}

static void sparsemax_jacobian(const struct wg_args *args, real *out, const real *v) {
    if (args->y->size == 0) return;
    const struct softmax_room room = softmax_room(args);
    struct lines lines = lines_of(&args->x[0]->shape, softmax_mask(args));
    while (next_lines(&lines)) {
        gather_lines(&lines, room.x, args->y->data);
        gather_lines(&lines, room.v, v);
        for (int i = 0; i < lines.width; i++) {
            const int64_t at = i * lines.padded;
            sparsemax_slope_line(lines.n, room.x + at, room.v + at);
        }
        scatter_lines(&lines, out, room.v);
    }
}

KERNEL sparsemax_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    sparsemax_jacobian(args, dx[0], dy);
}

KERNEL sparsemax_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    sparsemax_jacobian(args, ty, tx[0]);
}
#endif

KERNELS(sparsemax, .forward = sparsemax_forward, .gradient = sparsemax_gradient,
        .tangent = sparsemax_tangent);

OPN(sparsemax, .inputs = {"x"}, .activation = 1, SOFTMAX_ATTRIBUTES, .shape = softmax_shape,
    .scratch = softmax_scratch,
    .formula = "y = max(x - t, 0), t such that y sums to 1 along the axis",
    .derivative = "dx = dy - mean of dy over the support (y > 0), there; else 0",
    .kink = "x = t: not in the support, slope 0",
    .limits = "-inf among finite values: 0; a +inf, a NaN or nothing but -inf: NaN",
    .reference = "Martins and Astudillo, From softmax to sparsemax, arXiv:1602.02068",
    .distinct = 1,
    .cases = {"2x3x4", "2x3x4 axis=0", "2x3x4 axis=1", "2x3x4 axis=0,2", "7", "9x2 axis=0"})
