/* glu(x; axis), the gated linear unit          Dauphin, Fan, Auli, Grangier 2016, arXiv:1612.08083
 *
 *   y = a s(b), s(b) = 1 / (1 + e^-b)        da = dy s(b)        db = dy a s(b) (1 - s(b))
 *   a and b are the first and the second half of x along the axis, whose size is even. Smooth.
 * b = +inf gives a, b = -inf gives 0, both with slope 0 in b; where a is infinite too, b = -inf is
 * NaN. The gate is not rounded before the product, and a large a with b far below -745, where s(b)
 * is no longer a double, gives what it should.
 *   Error: y, da and db at most 1 ULP (for a dy in range).
 */
#include "ops/axes.h"
#include "ops/room.h"

SHAPE(glu) {
    const double axis = args->attributes[0];
    *y = args->x[0]->shape;
    enum wg_status status = wg_check_axis(self, y, axis);
    if (status != WG_OK) return status;
    const int at = wg_axis(y, axis);
    if (y->dim[at] % 2 != 0) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: axis %d of shape %s has size %lld; expected an even size to halve",
                       self->name, (int)axis, wg_shape_text(*y).text, (long long)y->dim[at]);
    }
    y->dim[at] /= 2;
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
#include "base/parallel.h"
#include "math/exp.h"
#include "math/pair.h"

#if WG_REAL_IS_FLOAT
/* e^-|b|, 0 only at infinity. */
static inline double glu_decay(real b) {
    const double x = -__builtin_fabs((double)b);
    return x == -INFINITY ? 0 : wg_exp_f64(x < -700 ? -700 : x);
}

static inline real glu_gated(real a, real b) {
    const double e = glu_decay(b), y = (double)a * (b < 0 ? e : 1) / (1 + e);
    return y != y ? (real)NAN : (real)y;
}

static inline real glu_slope(real a, real b, real dy) {
    const double e = glu_decay(b), y = (double)a * (double)dy * e / ((1 + e) * (1 + e));
    return y != y ? (real)NAN : (real)y;
}
#else
/* e^-|b| = e 2^n, and 1 + e^-|b|. */
struct glu_decay {
    struct wg_pair e, sum;
    uint64_t n;
};

/* Beyond -1460 even the largest a gives 0. */
static inline struct glu_decay glu_decay(real b) {
    const double x = -__builtin_fabs(b), clamped = x < -1460 ? -1460 : x;
    const struct wg_exp_parts_f64 parts = wg_exp_parts_f64(clamped, 0);
    const double power = clamped < -700 ? 0 : wg_exp2i_f64(parts.n);
    struct glu_decay decay = {.n = parts.n};
    decay.e = wg_pair_sum_ordered(parts.hi, parts.lo);
    decay.sum = wg_pair_sum_ordered(1, decay.e.hi * power);
    decay.sum.lo += decay.e.lo * power;
    return decay;
}

/* v 2^n for n <= 0 as far as -2200, in four steps so that none leaves the range by itself. */
struct glu_power {
    double quarter, rest;
};

static inline struct glu_power glu_power(uint64_t n) {
    const uint64_t quarter = ((n + 4096) >> 2) - 1024;
    return (struct glu_power){wg_exp2i_f64(quarter), wg_exp2i_f64(n - 3 * quarter)};
}

/* The pair times a, rounded; where the product is infinite its low part is NaN. */
static inline double glu_times(struct wg_pair gate, double a) {
    const struct wg_pair y = wg_pair_product(gate.hi, a);
    const double low = __builtin_fma(gate.lo, a, y.lo);
    return low != low ? y.hi : y.hi + low;
}

static inline real glu_gated(real a, real b) {
    const struct glu_decay t = glu_decay(b);
    const bool negative = b < 0;
    const struct wg_pair one = {1, 0},
                         top = {negative ? t.e.hi : one.hi, negative ? t.e.lo : one.lo};
    struct wg_pair gate = wg_pair_divide(top, t.sum, 1 / t.sum.hi);
    const struct glu_power p = glu_power(negative ? t.n : 0);
    const double first = b == -INFINITY ? 0 : p.quarter;
    gate.hi *= first;
    gate.lo *= first;
    const double y = glu_times(gate, a) * p.quarter * p.quarter * p.rest;
    return y != y ? (real)NAN : y;
}

static inline real glu_slope(real a, real b, real dy) {
    const struct glu_decay t = glu_decay(b);
    const struct wg_pair square = wg_pair_multiply(t.sum, t.sum);
    struct wg_pair slope = wg_pair_divide(t.e, square, 1 / square.hi);
    const struct glu_power p = glu_power(t.n);
    const double first = __builtin_fabs(b) == INFINITY ? 0 : p.quarter;
    slope = (struct wg_pair){slope.hi * first, slope.lo * first};
    const struct wg_pair scaled = wg_pair_product(slope.hi, a);
    const double low = __builtin_fma(slope.lo, a, scaled.lo);
    const double y = glu_times((struct wg_pair){scaled.hi, low != low ? 0 : low}, dy) * p.quarter *
                     p.quarter * p.rest;
    return y != y ? (real)NAN : y;
}
#endif

/* Compiled with all that the loop calls in it, or it would not be vectorised. */
#define GLU_LOOP static __attribute__((noinline, flatten))

GLU_LOOP void glu_gate(int64_t n, real *y, const real *a, const real *b) {
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++) y[i] = glu_gated(a[i], b[i]);
}

GLU_LOOP void glu_gate_slope(int64_t n, real *db, const real *a, const real *b, const real *dy) {
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++) db[i] = glu_slope(a[i], b[i], dy[i]);
}

/* The blocks of x: a and b lie one after the other, each as large as a block of y, n. u is dy for
 * the gradient, or the tangent of x. */
struct glu_job {
    int64_t n;
    const real *x, *u;
    real *to;
    void (*part)(const struct glu_job *job, int64_t block, int64_t from, int64_t count);
};

#define GLU_WORK 20 /* elementary operations an element, about */

/* Elements [begin, end) of y, block by block. */
static void glu_range(int64_t begin, int64_t end, const void *context) {
    const struct glu_job *job = context;
    while (begin < end) {
        const int64_t from = begin % job->n, left = job->n - from,
                      count = end - begin < left ? end - begin : left;
        job->part(job, begin / job->n, from, count);
        begin += count;
    }
}

static void glu_run(const struct wg_args *args, struct glu_job job) {
    const struct wg_along along = wg_along_axis(&args->y->shape, args->attributes[0]);
    job.n = along.n * along.inner;
    job.x = args->x[0]->data;
    if (args->y->size > 0) wg_parallel(args->y->size, args->y->size * GLU_WORK, glu_range, &job);
}

static void glu_value_part(const struct glu_job *job, int64_t block, int64_t from, int64_t count) {
    const int64_t a = block * 2 * job->n + from, b = a + job->n;
    glu_gate(count, job->to + block * job->n + from, job->x + a, job->x + b);
}

static void glu_gradient_part(const struct glu_job *job, int64_t block, int64_t from,
                              int64_t count) {
    const int64_t a = block * 2 * job->n + from, b = a + job->n;
    const real *dy = job->u + block * job->n + from;
    glu_gate(count, job->to + a, dy, job->x + b);
    glu_gate_slope(count, job->to + b, job->x + a, job->x + b, dy);
}

/* ty = ta s(b) + a s'(b) tb */
static void glu_tangent_part(const struct glu_job *job, int64_t block, int64_t from,
                             int64_t count) {
    const int64_t a = block * 2 * job->n + from, b = a + job->n;
    real *ty = job->to + block * job->n + from;
    glu_gate_slope(count, ty, job->x + a, job->x + b, job->u + b);
    for (int64_t i = 0; i < count; i++) {
        const real sum = ty[i] + glu_gated(job->u[a + i], job->x[b + i]);
        ty[i] = sum != sum ? (real)NAN : sum;
    }
}

KERNEL glu_forward(const struct wg_args *args) {
    glu_run(args, (struct glu_job){.to = args->y->data, .part = glu_value_part});
}

KERNEL glu_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    glu_run(args, (struct glu_job){.u = dy, .to = dx[0], .part = glu_gradient_part});
}

KERNEL glu_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    glu_run(args, (struct glu_job){.u = tx[0], .to = ty, .part = glu_tangent_part});
}
#endif

KERNELS(glu, .forward = glu_forward, .gradient = glu_gradient, .tangent = glu_tangent);

OPN(glu, .inputs = {"x"}, .activation = 1,
    .attributes = {{.name = "axis",
                    .initial = -1,
                    .kind = WG_INTEGER,
                    .meaning = "the axis whose halves are a and b"}},
    .shape = glu_shape, .formula = "y = a / (1 + exp(-b)), a and b the halves of x along the axis",
    .derivative = "da = dy s(b), db = dy a s(b) (1 - s(b)), s(b) = 1 / (1 + exp(-b))",
    .second = "in a: 0; in a and b: s(b) (1 - s(b)); in b: a s(b) (1 - s(b)) (1 - 2 s(b))",
    .limits = "b = +inf: a; b = -inf: 0; slope 0 in b at both",
    .special = "an infinite a beside b = -inf gives NaN; NaN in either gives NaN",
    .accuracy = "y, da and db at most 1 ULP (measured: 0.51 in float, 0.65 in double)",
    .reference = "Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional "
                 "networks, arXiv:1612.08083",
    .cases = {"3x4", "4x3 axis=0", "2x6x3 axis=1", "2x4x3 axis=-2", "2"})
