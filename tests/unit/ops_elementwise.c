/* Elementwise ops against the oracle: the op's own text in long double on libm (room_oracle.h). */
#define WG_ORACLE_PASS
#include "ops/room.h"

#include "ops.inc"

#include "test_ops.h"

#include "verify/op_case.h"

#include <float.h>

static const struct oracle *const oracles[] = {
#define X(op) &op##_oracle,
#include "ops.list"
#undef X
};

/* Bounds in units in the last place of the exact result, over an op's domain, at the special values
 * and over the wide range. One rounding is 0.5; the functions of src/math are within 1 (test_math
 * holds them to that); a slope is a product or quotient of such results. */
#define VALUE_ULP(dtype) ((dtype) == WG_F32 ? 1.0L : 2.0L) /* the bars of wengert accuracy */
#define SLOPE_ULP 2.5L

/* What pow's slopes may lose beyond that. dy/dx rounds z - 1 before it raises x to it: half an ULP
 * there is as many in the result as (z - 1) ln x says. And where a power is subnormal, its rounding
 * is multiplied by z or ln x. */
static long double pow_allowance(enum wg_dtype dtype, int input, long double x, long double z) {
    const long double least = dtype == WG_F32 ? FLT_MIN : DBL_MIN;
    if (!(x > 0) || !isfinite(x) || !isfinite(z)) return 0;
    const bool subnormal = powl(x, z - (input == 0)) < least;
    const long double exponent = input == 0 ? fabsl((z - 1) * logl(x)) : 0;
    return exponent + (subnormal ? fabsl(input == 0 ? z : logl(x)) : 0);
}

/* Sums over a broadcast, relative to the number of terms. */
#define SUM_EPSILONS 8

enum { DOMAIN_POINTS = 4000, WIDE_POINTS = 2000 };

bool elementwise_knows(const char *op) {
    for (size_t i = 0; i < ELEMENTS(oracles); i++) {
        if (strcmp(oracles[i]->name, op) == 0) return oracles[i]->value != NULL;
    }
    return false;
}

static long double ulp_of(enum wg_dtype dtype, long double exact) {
    const int digits = dtype == WG_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = dtype == WG_F32 ? FLT_MIN_EXP : DBL_MIN_EXP;
    int exponent;
    frexpl(exact, &exponent);
    return ldexpl(1, (exponent > least ? exponent : least) - digits);
}

static long double largest_of(enum wg_dtype dtype) {
    return dtype == WG_F32 ? (long double)FLT_MAX : (long double)DBL_MAX;
}

/* The distance in ULP; infinite where the kind (NaN, infinity, sign of zero) is another. */
static long double distance(enum wg_dtype dtype, long double got, long double exact) {
    const long double ulp = ulp_of(dtype, exact);
    if (isnan(exact)) return isnan(got) ? 0 : INFINITY;
    if (isinf(exact)) return got == exact ? 0 : INFINITY;
    if (isinf(
            got)) { /* right for what rounds beyond the largest, or would with the error allowed */
        const long double beyond = largest_of(dtype) - fabsl(exact);
        return signbit(got) != signbit(exact) ? INFINITY : beyond <= 0 ? 0 : beyond / ulp;
    }
    if (exact == 0) return got == 0 && signbit(got) == signbit(exact) ? 0 : INFINITY;
    if (fabsl(exact) > largest_of(dtype)) exact = copysignl(largest_of(dtype), exact);
    return fabsl(got - exact) / ulp;
}

/* ------------------------------------------------------------------------------------------------
 * Points */

struct points {
    int64_t n, room;
    double *x, *z;
};

static void add_point(struct points *p, double x, double z) {
    if (p->n == p->room) {
        p->room = p->room ? 2 * p->room : 4096;
        p->x = realloc(p->x, (size_t)p->room * sizeof *p->x);
        p->z = realloc(p->z, (size_t)p->room * sizeof *p->z);
        ck_assert(p->x && p->z);
    }
    p->x[p->n] = x;
    p->z[p->n++] = z;
}

/* Both signs of each are tried: zero, subnormals, the ends of the range, infinity, NaN, the points
 * where exp and its kin leave the range of float and double, and whole and half numbers. */
static const double special[] = {
    0,     0x1p-1074, 0x1p-149, 0x1p-126, 0x1p-1022, 1e-20,           0.25,    0.5,
    1,     1.5,       2,        3,        9.02,      16.64,           19.1,    37.5,
    88.72, 104,       709.78,   745.2,    1e20,      (double)FLT_MAX, DBL_MAX, INFINITY,
    NAN};

static double special_value(size_t i) { return i % 2 ? -special[i / 2] : special[i / 2]; }

static double far_out(struct wg_random *r) {
    const double magnitude = exp2(wg_random_uniform(r, -20, 20));
    return wg_random_u32(r) & 1 ? magnitude : -magnitude;
}

static void make_points(struct points *p, struct wg_op_case *c, bool two) {
    const size_t n = 2 * ELEMENTS(special);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < (two ? n : 1); j++) add_point(p, special_value(i), special_value(j));
    }
    for (int i = 0; i < DOMAIN_POINTS; i++)
        add_point(p, wg_op_case_draw(c, 0), two ? wg_op_case_draw(c, 1) : 0);
    for (int i = 0; i < WIDE_POINTS; i++)
        add_point(p, far_out(&c->random), two ? far_out(&c->random) : 0);
}

/* ------------------------------------------------------------------------------------------------
 * Values and slopes */

struct evaluated {
    wg_tape *tape;
    wg_var x[2], y;
};

static struct evaluated evaluate(const struct wg_op *op, const double *slots, enum wg_dtype dtype,
                                 const struct points *p, int inputs) {
    struct evaluated e = {.tape = wg_tape_new()};
    double *data = calloc((size_t)p->n, sizeof *data), *ones = malloc((size_t)p->n * sizeof *ones);
    ck_assert(e.tape && data && ones);
    for (int i = 0; i < inputs; i++) {
        put_elements(dtype, data, i ? p->z : p->x, p->n);
        e.x[i] = wg_variable(e.tape, dtype, WG_SHAPE(p->n), data);
    }
    e.y = wg_apply(op, e.x, inputs, slots);
    for (int64_t i = 0; i < p->n; i++) ones[i] = 1;
    put_elements(dtype, data, ones, p->n);
    wg_backward_from(e.y, data);
    expect_no_failure(op->name);
    free(data);
    free(ones);
    return e;
}

/* Where a slope's own formula leaves the range though the slope does not, or loses digits in the
 * subnormals: the op's text says which formula it takes, so only its ends are compared there. */
static bool near_the_ends(enum wg_dtype dtype, long double x) {
    const long double least = dtype == WG_F32 ? 0x1p-40L : 0x1p-400L;
    return x != 0 && isfinite(x) && (fabsl(x) < least || fabsl(x) > 1 / least);
}

struct worst {
    long double allowed; /* beyond the bound, at the point at hand */
    long double ulp, x, z, got, exact;
    const char *what;
};

static void compare(struct worst *worst, enum wg_dtype dtype, const char *what, long double x,
                    long double z, long double got, long double exact) {
    /* A limit of 0, and what underflows to one, has no side. */
    if (fabsl(x) > 64 && got == 0 && exact == 0) return;
    const long double ulp = fmaxl(0, distance(dtype, got, exact) - worst->allowed);
    if (ulp <= worst->ulp) return;
    *worst = (struct worst){0, ulp, x, z, got, exact, what};
}

static void check(const char *op, enum wg_dtype dtype, const struct worst *w, long double bound) {
    ck_assert_msg(w->ulp <= bound, "%s %s: %s at x = %La, z = %La is %La; expected %La (%Lg ULP)",
                  op, wg_dtype_name(dtype), w->what, w->x, w->z, w->got, w->exact, w->ulp);
}

static void compare_with_oracle(const struct oracle *oracle, const struct wg_op *op,
                                const char *op_case, enum wg_dtype dtype) {
    static const char *const slope_names[] = {"dy/dx", "dy/dz"};
    struct wg_op_case c;
    struct points p = {0};
    struct worst value = {0}, slope = {0};
    ck_assert_int_eq(wg_op_case_init(&c, op, op_case, 0, 17), WG_OK);
    const int inputs = oracle->slope[1] ? 2 : 1;
    /* Attributes as the kernels have them. */
    for (int i = 0; dtype == WG_F32 && i < wg_op_attribute_slots(op); i++)
        c.slots[i] = (float)c.slots[i];
    make_points(&p, &c, inputs == 2);
    struct evaluated e = evaluate(op, c.slots, dtype, &p, inputs);
    const struct wg_tensor y = wg_value(e.y), xv = wg_value(e.x[0]),
                           zv = inputs == 2 ? wg_value(e.x[1]) : xv;
    for (int64_t i = 0; i < p.n; i++) {
        const long double x = element_of(&xv, i), z = inputs == 2 ? element_of(&zv, i) : 0;
        compare(&value, dtype, "y", x, z, element_of(&y, i), oracle->value(x, z, c.slots));
        if (near_the_ends(dtype, x) || near_the_ends(dtype, z)) continue;
        for (int k = 0; k < inputs; k++) {
            const struct wg_tensor dx = wg_gradient(e.x[k]);
            if (strcmp(op->name, "pow") == 0) slope.allowed = pow_allowance(dtype, k, x, z);
            compare(&slope, dtype, slope_names[k], x, z, element_of(&dx, i),
                    oracle->slope[k](x, z, c.slots));
        }
    }
    check(op->name, dtype, &value, VALUE_ULP(dtype));
    check(op->name, dtype, &slope, SLOPE_ULP);
    wg_tape_free(e.tape);
    wg_op_case_free(&c);
    free(p.x);
    free(p.z);
}

START_TEST(values_and_slopes_are_the_oracles) {
    for (size_t i = 0; i < ELEMENTS(oracles); i++) {
        if (!oracles[i]->value) continue;
        const struct wg_op *op = wg_find_op(oracles[i]->name);
        for (int k = 0; k < WG_MAX_CASES && op->cases[k]; k++) {
            if (k > 0 && wg_op_attribute_count(op) == 0) continue; /* only shapes differ */
            compare_with_oracle(oracles[i], op, op->cases[k], WG_F32);
            compare_with_oracle(oracles[i], op, op->cases[k], WG_F64);
        }
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Broadcasting */

static const char *const shape_pairs[] = {
    "2x3 2x3",
    "2x3 3",
    "3 2x3",
    "2x3 1",
    "2x3 scalar",
    "scalar 2x3",
    "2x1 1x3",
    "1x3 2x1",
    "2x1x3 4x1",
    "4x1 2x1x3",
    "scalar scalar",
    "1 scalar",
    "0 1",
    "3x0 1x1",
    "0x3 3",
    "2x3x4 3x1",
    "2x3x4 2x1x1",
    "2x3x4 2x1x4",
    "2x3x4x5 3x1x5",
    "2x3x4x5 2x1x4x1",
    "5x1x4 1x3x1",
    "33x7 33x1",
    "2x1x2x1x2x1x2x1 1x2x1x2x1x2x1x2",
    "2x2x2x2x2x2x2x2 1x2x1x1x2x2x1x1",
};

/* The flat index in an input of y's flat index, by NumPy's rule. */
static int64_t source_index(const struct wg_shape *y, const struct wg_shape *x, int64_t at) {
    int64_t index = 0, step = 1;
    for (int d = y->rank - 1, dx = x->rank - 1; dx >= 0; d--, dx--) {
        const int64_t position = at % y->dim[d];
        at /= y->dim[d];
        if (x->dim[dx] != 1) index += position * step;
        step *= x->dim[dx];
    }
    return index;
}

static void check_close(const char *op, const char *pair, long double got, long double want,
                        long double terms, enum wg_dtype dtype) {
    const long double epsilon = dtype == WG_F32 ? FLT_EPSILON : DBL_EPSILON;
    const long double bound = SUM_EPSILONS * epsilon * fmaxl(fabsl(want), terms);
    ck_assert_msg(fabsl(got - want) <= bound, "%s %s %s: %La; expected %La", op, pair,
                  wg_dtype_name(dtype), got, want);
}

static void check_broadcast(const struct oracle *oracle, const char *pair, enum wg_dtype dtype) {
    const struct wg_op *op = wg_find_op(oracle->name);
    struct wg_op_case c;
    ck_assert_int_eq(wg_op_case_init(&c, op, pair, 0, 5), WG_OK);
    wg_tape *tape = wg_tape_new();
    wg_var x[2];
    double data[1024], dy[1024], upstream[1024];
    for (int i = 0; i < 2; i++) {
        put_elements(dtype, data, c.x[i].data, c.x[i].size);
        x[i] = wg_variable(tape, dtype, c.x[i].shape, data);
    }
    const wg_var result = wg_apply(op, x, 2, c.slots);
    const struct wg_tensor y = wg_value(result);
    struct wg_shape shape;
    ck_assert_int_eq(wg_shape_broadcast(c.x[0].shape, c.x[1].shape, &shape), 1);
    ck_assert_msg(wg_shape_equal(y.shape, shape), "%s %s: shape", op->name, pair);
    for (int64_t i = 0; i < y.size; i++)
        upstream[i] = (double)(float)wg_random_uniform(&c.random, -1, 1);
    put_elements(dtype, dy, upstream, y.size);
    wg_backward_from(result, dy);
    expect_no_failure(pair);
    const struct wg_tensor in[2] = {wg_value(x[0]), wg_value(x[1])};
    long double sum[2][1024] = {{0}};
    for (int64_t i = 0; i < y.size; i++) {
        const int64_t at[2] = {source_index(&shape, &in[0].shape, i),
                               source_index(&shape, &in[1].shape, i)};
        const long double a = element_of(&in[0], at[0]), b = element_of(&in[1], at[1]);
        check_close(op->name, pair, element_of(&y, i), oracle->value(a, b, c.slots), 1, dtype);
        for (int k = 0; k < 2; k++)
            sum[k][at[k]] += oracle->slope[k](a, b, c.slots) * (long double)upstream[i];
    }
    for (int k = 0; k < 2; k++) {
        const struct wg_tensor dx = wg_gradient(x[k]);
        const long double terms = 8 * (long double)y.size / (long double)(dx.size ? dx.size : 1);
        for (int64_t i = 0; i < dx.size; i++)
            check_close(op->name, pair, element_of(&dx, i), sum[k][i], terms, dtype);
    }
    wg_tape_free(tape);
    wg_op_case_free(&c);
}

START_TEST(two_inputs_broadcast) {
    for (size_t i = 0; i < ELEMENTS(oracles); i++) {
        for (size_t k = 0; k < ELEMENTS(shape_pairs) && oracles[i]->slope[1]; k++) {
            check_broadcast(oracles[i], shape_pairs[k], WG_F32);
            check_broadcast(oracles[i], shape_pairs[k], WG_F64);
        }
    }
}
END_TEST

/* What the comments of single ops claim and the oracle shares: it is the same text. */
static const struct {
    const char *op;
    double x, z, y, dx, dz;
} claims[] = {
    {"relu", -0.0, 0, 0.0, 0, 0},
    {"relu", -INFINITY, 0, 0, 0, 0},
    {"relu", NAN, 0, NAN, NAN, 0},
    {"abs", 0, 0, 0, 0, 0},
    {"abs", NAN, 0, NAN, NAN, 0},
    {"prelu", 0, 0.25, 0, 0.25, 0},
    {"prelu", -INFINITY, 0, -0.0, 0, -INFINITY},
    {"prelu", -2, -3, 6, -3, -2},
    {"leaky_relu", 0, 0, 0, 0.2, 0},
    {"maximum", 1, 1, 1, 1, 0},
    {"minimum", 1, 1, 1, 1, 0},
    {"maximum", NAN, 1, NAN, 1, 0},
    {"maximum", 1, NAN, NAN, 0, 1},
    {"minimum", 1, NAN, NAN, 0, 1},
    {"minimum", NAN, NAN, NAN, 1, 0},
    {"pow", 0, 0, 1, 0, 0},
    {"pow", 0, 2, 0, 0, 0},
    {"pow", -2, 3, -8, 12, NAN},
    {"pow", -2, 0.5, NAN, NAN, NAN},
    {"pow", NAN, 0, 1, 0, NAN},
    {"sqrt", 0, 0, 0, INFINITY, 0},
    {"sqrt", -1, 0, NAN, NAN, 0},
    {"log", 0, 0, -INFINITY, INFINITY, 0},
    {"log", -1, 0, NAN, -1, 0},
    {"div", 1, 0, INFINITY, INFINITY, -INFINITY},
    {"tanh", -0.0, 0, -0.0, 1, 0},
    {"exp", -INFINITY, 0, 0, 0, 0},
};

static bool same(double a, double b) {
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

START_TEST(comments_hold) {
    for (size_t i = 0; i < ELEMENTS(claims); i++) {
        const struct wg_op *op = wg_find_op(claims[i].op);
        wg_tape *tape = wg_tape_new();
        const wg_var x[2] = {wg_variable_scalar(tape, WG_F64, claims[i].x),
                             wg_variable_scalar(tape, WG_F64, claims[i].z)};
        const int inputs = wg_op_input_count(op, NULL);
        const wg_var y = wg_apply(op, x, inputs, NULL);
        wg_backward(y);
        const double got[] = {wg_item(y), wg_gradient_item(x[0]),
                              inputs == 2 ? wg_gradient_item(x[1]) : claims[i].dz};
        const double want[] = {claims[i].y, claims[i].dx, claims[i].dz};
        for (int k = 0; k < 3; k++) {
            ck_assert_msg(same(got[k], want[k]), "row %zu, %s: number %d is %.17g; expected %.17g",
                          i, op->name, k, got[k], want[k]);
        }
        expect_no_failure(op->name);
        wg_tape_free(tape);
    }
}
END_TEST

/* An upstream gradient of 0 stays 0 at sqrt's pole. */
START_TEST(sqrt_at_its_pole_keeps_a_zero) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable_scalar(tape, WG_F64, 0);
    const double zero = 0;
    wg_backward_from(wg_sqrt(x), &zero);
    ck_assert_double_eq(wg_gradient_item(x), 0);
    wg_tape_free(tape);
}
END_TEST

size_t add_elementwise_tests(const TTest **tests) {
    size_t count = 0;
    tests[count++] = values_and_slopes_are_the_oracles;
    tests[count++] = two_inputs_broadcast;
    tests[count++] = comments_hold;
    tests[count++] = sqrt_at_its_pole_keeps_a_zero;
    return count;
}
