/* Ops that are not elementwise against plain loops in long double (ops_loops.h, layer_loops.h,
 * loss_loops.h). */
#include "attention_loops.h"
#include "layer_loops.h"
#include "loss_loops.h"

#include <float.h>

/* Rounding errors of sums grow with the number of terms: bounds are this many epsilons, times the
 * number of elements that one result is made of. matmul is held to equality. */
#define EPSILONS 8

/* ------------------------------------------------------------------------------------------------
 * The table */

struct reference {
    const char *op;
    forward_loop *forward;
    gradient_loop *gradient;
    bool exact; /* forward equal to the bit, else within EPSILONS */
    struct {
        const char *text, *shape;
    } cases[16]; /* inputs and attributes; the shape expected of y */
};

#define REFERENCE(op, exact, ...)                                                                  \
    {                                                                                              \
#op, ref_##op, ref_##op##_gradient, exact, { __VA_ARGS__ }                                 \
    }
#define REDUCTION_CASES                                                                            \
    {"2x3x4", "()"}, {"2x3x4 keepdims=1", "(1, 1, 1)"}, {"2x3x4 axes=0", "(3, 4)"},                \
        {"2x3x4 axes=1", "(2, 4)"}, {"2x3x4 axes=-1 keepdims=1", "(2, 3, 1)"},                     \
        {"2x3x4 axes=0,2", "(3)"}, {"2x3x4 axes=2,0 keepdims=1", "(1, 3, 1)"},                     \
        {"2x3x4 axes=0,1,2", "()"}, {"scalar", "()"}, {"1x5x1 axes=0", "(5, 1)"}, {"5000", "()"},  \
        {"300x70 axes=0", "(70)"}, {"70x300 axes=1", "(70)"},                                      \
        {"2x1x3x2x1x2x3x2 axes=1,3,5,7", "(2, 3, 1, 3)"}, {                                        \
        "0x3 axes=1", "(0)"                                                                        \
    }

static const struct reference references[] = {
    REFERENCE(sum, false, REDUCTION_CASES, {"0x3 axes=0", "(3)"}),
    REFERENCE(mean, false, REDUCTION_CASES),
    REFERENCE(max, true, REDUCTION_CASES),
    REFERENCE(logsumexp, false, REDUCTION_CASES),
    REFERENCE(variance, false, REDUCTION_CASES),
    REFERENCE(standardize, false, {"2x3x4", "(2, 3, 4)"}, {"2x3x4 axes=0", "(2, 3, 4)"},
              {"2x3x4 axes=1 epsilon=1e-7", "(2, 3, 4)"}, {"2x3x4 axes=2,0", "(2, 3, 4)"},
              {"scalar", "()"}, {"1x5x1 axes=0", "(1, 5, 1)"}, {"0x3", "(0, 3)"}, {"3x0", "(3, 0)"},
              {"30000", "(30000)"}, {"900x33 axes=0", "(900, 33)"}, {"33x900 axes=1", "(33, 900)"},
              {"3x100x100 axes=1", "(3, 100, 100)"}, {"5x40x40x4 axes=0,1,2", "(5, 40, 40, 4)"},
              {"2x1x3x2x1x2x3x2 axes=1,3,5,7", "(2, 1, 3, 2, 1, 2, 3, 2)"},
              {"2x9000 axes=0", "(2, 9000)"}),
    REFERENCE(gather, true, {"4x3 5", "(5, 3)"}, {"4x3 2x7", "(2, 7, 3)"}, {"4 6", "(6)"},
              {"4x2x3 3", "(3, 2, 3)"}, {"5x3 scalar", "(3)"}, {"4x3 0", "(0, 3)"},
              {"4x0 3", "(3, 0)"}, {"4x300 70", "(70, 300)"},
              {"4 2x1x2x1x2x1x2x1", "(2, 1, 2, 1, 2, 1, 2, 1)"}, {"0 0", "(0)"}),
    REFERENCE(keyed_dropout, false, {"3x4 4", "(3, 4)"}, {"30000 4 rate=0.1", "(30000)"},
              {"5 4 rate=0", "(5)"}, {"5 4 rate=1", "(5)"}, {"scalar 4", "()"}, {"0x3 4", "(0, 3)"},
              {"3x4x5x6 4 shared=1,2", "(3, 4, 5, 6)"}, {"3x4 4 shared=-1 rate=0.9", "(3, 4)"},
              {"3x4 4 shared=0,1", "(3, 4)"}, {"0x3 4 shared=0", "(0, 3)"},
              {"scalar 4 rate=0.7", "()"}, {"3000x10 4 shared=1", "(3000, 10)"}),
    REFERENCE(keyed_alpha_dropout, false, {"3x4 4", "(3, 4)"}, {"30000 4 rate=0.1", "(30000)"},
              {"5 4 rate=0", "(5)"}, {"0x3 4", "(0, 3)"}, {"scalar 4", "()"}),
    REFERENCE(keyed_gaussian_dropout, false, {"3x4 4", "(3, 4)"}, {"30000 4 rate=0.1", "(30000)"},
              {"5 4 rate=0", "(5)"}, {"0x3 4", "(0, 3)"}, {"scalar 4", "()"}),
    REFERENCE(keyed_gaussian_noise, false, {"3x4 4", "(3, 4)"}, {"30000 4 stddev=0.1", "(30000)"},
              {"5 4 stddev=0", "(5)"}, {"0x3 4", "(0, 3)"}, {"scalar 4", "()"}),
    REFERENCE(softmax, false, {"2x3x4", "(2, 3, 4)"}, {"2x3x4 axis=0", "(2, 3, 4)"},
              {"2x3x4 axis=-2", "(2, 3, 4)"}, {"2x3x4 axis=0,2", "(2, 3, 4)"}, {"1", "(1)"},
              {"3x1", "(3, 1)"}, {"0x3", "(0, 3)"}, {"3x0", "(3, 0)"}, {"3x500", "(3, 500)"},
              {"512x10", "(512, 10)"}, {"50x7x30 axis=1", "(50, 7, 30)"},
              {"2x1x2x1x2x1x2x3 axis=4", "(2, 1, 2, 1, 2, 1, 2, 3)"}),
    REFERENCE(log_softmax, false, {"2x3x4", "(2, 3, 4)"}, {"2x3x4 axis=0", "(2, 3, 4)"},
              {"2x3x4 axis=-2", "(2, 3, 4)"}, {"2x3x4 axis=0,2", "(2, 3, 4)"}, {"1", "(1)"},
              {"3x1", "(3, 1)"}, {"0x3", "(0, 3)"}, {"3x0", "(3, 0)"}, {"3x500", "(3, 500)"}),
    REFERENCE(masked_softmax, false, {"2x3x4 2x3x4", "(2, 3, 4)"}, {"2x3x4 4", "(2, 3, 4)"},
              {"2x3x4 3x1 axis=0", "(2, 3, 4)"}, {"2x3x4 2x1x4 axis=-2,2", "(2, 3, 4)"},
              {"5 scalar", "(5)"}, {"3x1 3x1", "(3, 1)"}, {"0x3 0x3", "(0, 3)"},
              {"3x0 0", "(3, 0)"}, {"40x17 40x17", "(40, 17)"}, {"3x500 500", "(3, 500)"}),
    REFERENCE(sparsemax, false, {"2x3x4", "(2, 3, 4)"}, {"2x3x4 axis=0", "(2, 3, 4)"},
              {"2x3x4 axis=-2", "(2, 3, 4)"}, {"2x3x4 axis=0,2", "(2, 3, 4)"}, {"1", "(1)"},
              {"3x1", "(3, 1)"}, {"0x3", "(0, 3)"}, {"3x0", "(3, 0)"}, {"3x500", "(3, 500)"}),
    REFERENCE(glu, false, {"3x4", "(3, 2)"}, {"4x3 axis=0", "(2, 3)"},
              {"2x6x3 axis=1", "(2, 3, 3)"}, {"2x4x3 axis=-2", "(2, 2, 3)"}, {"2", "(1)"},
              {"3x0", "(3, 0)"}, {"0x2", "(0, 1)"}, {"7x1000", "(7, 500)"}),
    REFERENCE(reshape, true, {"2x3x4 shape=6,4", "(6, 4)"}, {"2x3x4 shape=-1", "(24)"},
              {"2x3x4 shape=4,-1,2", "(4, 3, 2)"}, {"1x1", "()"}, {"scalar shape=1,1", "(1, 1)"},
              {"0x3 shape=3,0", "(3, 0)"}, {"4 shape=1,1,2,1,1,2,1,1", "(1, 1, 2, 1, 1, 2, 1, 1)"}),
    REFERENCE(transpose, true, {"2x3x4", "(4, 3, 2)"}, {"2x3x4 axes=1,2,0", "(3, 4, 2)"},
              {"2x3x4 axes=0,2,1", "(2, 4, 3)"}, {"2x3x4 axes=-1,0,-2", "(4, 2, 3)"},
              {"scalar", "()"}, {"7", "(7)"}, {"2x0x3", "(3, 0, 2)"}, {"33x17", "(17, 33)"},
              {"1x2x1x2x3x1x2x2 axes=7,1,6,0,4,2,5,3", "(2, 2, 2, 1, 3, 1, 1, 2)"}),
    REFERENCE(slice, true, {"4x5 begin=1,2 size=2,3", "(2, 3)"}, {"4x5", "(4, 5)"},
              {"4x5 begin=3,0", "(1, 5)"}, {"4x5 size=-1,2", "(4, 2)"},
              {"4x5 begin=4,1 size=0,-1", "(0, 4)"}, {"2x3x4 begin=1,0,2 size=1,3,1", "(1, 3, 1)"},
              {"scalar", "()"}, {"0x2 begin=0,1", "(0, 1)"}),
    REFERENCE(broadcast_to, true, {"3 shape=2,3", "(2, 3)"}, {"2x1 shape=2,4", "(2, 4)"},
              {"scalar shape=3,2", "(3, 2)"}, {"scalar", "()"},
              {"1x3x1 shape=2,4,3,5", "(2, 4, 3, 5)"}, {"2x3 shape=2,3", "(2, 3)"},
              {"1x3 shape=0,3", "(0, 3)"}, {"2x1 shape=0,2,3", "(0, 2, 3)"},
              {"2 shape=1,2,1,2,1,2,3,2", "(1, 2, 1, 2, 1, 2, 3, 2)"}),
    REFERENCE(concat, true, {"2x3 4x3", "(6, 3)"}, {"2x3 2x1 2x4 axis=1", "(2, 8)"},
              {"2x3", "(2, 3)"}, {"2x1x2 2x3x2 axis=-2", "(2, 4, 2)"}, {"0x3 2x3 0x3", "(2, 3)"},
              {"1 2 3 4 5 6 7", "(28)"}, {"2x0 2x0 axis=1", "(2, 0)"}),
    REFERENCE(
        matmul, true, {"2x3 3x4", "(2, 4)"}, {"3x2 3x4 transpose_x=1", "(2, 4)"},
        {"2x3 4x3 transpose_z=1", "(2, 4)"}, {"3x2 4x3 transpose_x=1 transpose_z=1", "(2, 4)"},
        {"2x5x3 2x3x4", "(2, 5, 4)"}, {"2x5x3 3x4", "(2, 5, 4)"}, {"5x3 2x3x4", "(2, 5, 4)"},
        {"2x1x3x5 4x3x2 transpose_x=1", "(2, 4, 5, 2)"}, {"1x5x3 3x2x3 transpose_z=1", "(3, 5, 2)"},
        {"1x1 1x1", "(1, 1)"}, {"1x7 7x1", "(1, 1)"}, {"37x29 29x41", "(37, 41)"},
        {"2x3x0 0x4", "(2, 3, 4)"}, {"1x2x0 3x0x2", "(3, 2, 2)"}, {"0x3 3x2", "(0, 2)"},
        {"2x1x2x1x2x1x2x3 2x1x2x1x2x1x3x2", "(2, 1, 2, 1, 2, 1, 2, 2)"}),
    REFERENCE(attention_weights, false, {"2x3x2x4 2x5x2x4 3x5 scale=0.5", "(2, 2, 3, 5)"},
              {"2x3x2x4 2x5x2x4 2x2x3x5", "(2, 2, 3, 5)"}, {"1x2x1x3 1x4x1x3 4", "(1, 1, 2, 4)"},
              {"2x3x2x4 2x5x2x4 2x1x1x5 scale=-2", "(2, 2, 3, 5)"},
              {"2x3x2x4 2x5x2x4 2x3x1", "(2, 2, 3, 5)"}, {"1x1x1x1 1x1x1x1 scalar", "(1, 1, 1, 1)"},
              {"2x20x3x8 2x19x3x8 20x19", "(2, 3, 20, 19)"}, {"2x0x2x4 2x5x2x4 5", "(2, 2, 0, 5)"},
              {"2x3x2x4 2x0x2x4 3x0", "(2, 2, 3, 0)"}, {"1x3x2x0 1x5x2x0 3x5", "(1, 2, 3, 5)"}),
    REFERENCE(attention_values, false, {"2x2x3x5 2x5x2x4", "(2, 3, 2, 4)"},
              {"1x1x1x1 1x1x1x1", "(1, 1, 1, 1)"}, {"2x3x20x19 2x19x3x8", "(2, 20, 3, 8)"},
              {"2x2x3x0 2x0x2x4", "(2, 3, 2, 4)"}, {"2x2x0x5 2x5x2x4", "(2, 0, 2, 4)"},
              {"2x2x3x5 2x5x2x0", "(2, 3, 2, 0)"}),
    REFERENCE(mean_squared_error, false, {"4x3 4x3", "()"}, {"scalar scalar", "()"},
              {"500 500", "()"}),
    REFERENCE(binary_cross_entropy, false, {"4x3 4x3", "()"}, {"scalar scalar", "()"},
              {"500 500", "()"}),
    REFERENCE(softmax_cross_entropy, false, {"4x3 4", "()"}, {"3 scalar", "()"},
              {"2x3x5 2x3", "()"}, {"70x10 70", "()"}),
    REFERENCE(sparse_cross_entropy, false, {"4x3 4", "(4)"}, {"3 scalar", "()"},
              {"2x3x5 2x3", "(2, 3)"}, {"70x10 70x1 ignore_class=1", "(70)"}, {"7x300 7", "(7)"},
              {"2x3x5 2x3x1 ignore_class=-1,2", "(2, 3)"}),
    REFERENCE(sigmoid_cross_entropy, false, {"4x3 4x3", "(4, 3)"}, {"scalar scalar", "()"},
              {"500 500", "(500)"}),
    REFERENCE(log_cosh, false, {"4x3 4x3", "(4, 3)"}, {"scalar scalar", "()"},
              {"500 500", "(500)"}),
    REFERENCE(pick, true, {"4x3 4", "(4)"}, {"3 scalar", "()"}, {"70x10 70x1", "(70)"},
              {"2x3x5 2x3 ignore_class=-1,2", "(2, 3)"}),
    REFERENCE(same_label, true, {"5x5 5", "(5, 5)"}, {"7x7 7x1 different=1", "(7, 7)"},
              {"20x20 20 diagonal=0", "(20, 20)"}, {"1x1 1 diagonal=0", "(1, 1)"}),
    REFERENCE(hinge_labels, true, {"2x3", "(2, 3)"}, {"scalar", "()"}, {"50", "(50)"}),
};

/* Those whose loops have a test of their own: test_convolution.c, test_pooling.c. */
static const char *const elsewhere[] = {"convolution2d", "max_pool2d", "average_pool2d"};

bool reference_knows(const char *op) {
    for (size_t i = 0; i < ELEMENTS(elsewhere); i++) {
        if (strcmp(elsewhere[i], op) == 0) return true;
    }
    for (size_t i = 0; i < ELEMENTS(references); i++) {
        if (strcmp(references[i].op, op) == 0) return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------
 * Comparison */

static void *rounded(enum wg_dtype dtype, const double *from, int64_t n) {
    void *data = malloc((size_t)(n + 1) * sizeof(double));
    ck_assert_ptr_nonnull(data);
    put_elements(dtype, data, from, n);
    return data;
}

static long double *zeros(int64_t n) {
    long double *data = calloc((size_t)n + 1, sizeof *data);
    ck_assert_ptr_nonnull(data);
    return data;
}

static void compare(const char *what, const char *op_case, const struct wg_tensor *got,
                    const long double *want, long double terms) {
    const long double epsilon = got->dtype == WG_F32 ? FLT_EPSILON : DBL_EPSILON;
    for (int64_t i = 0; i < got->size; i++) {
        const long double value = element_of(got, i);
        const long double bound = EPSILONS * epsilon * fmaxl(fabsl(want[i]), terms);
        ck_assert_msg(fabsl(value - want[i]) <= (terms == 0 ? 0 : bound),
                      "%s, case %s, %s: element %lld is %La; expected %La", what, op_case,
                      wg_dtype_name(got->dtype), (long long)i, value, want[i]);
    }
}

static void check_case(const struct reference *r, const char *text, const char *shape,
                       enum wg_dtype dtype) {
    const struct wg_op *op = wg_find_op(r->op);
    struct wg_op_case oc;
    ck_assert_msg(wg_op_case_init(&oc, op, text, 0, 3) == WG_OK, "%s: %s", text, wg_error());
    struct call c = {.slots = oc.slots, .inputs = oc.inputs};
    wg_tape *tape = wg_tape_new();
    wg_var x[WG_CASE_INPUTS];
    long double *v[WG_CASE_INPUTS], *dx[WG_CASE_INPUTS];
    int64_t most = 1;
    for (int i = 0; i < oc.inputs; i++) {
        const bool integer = oc.x[i].dtype == WG_I32;
        void *data = integer ? NULL : rounded(dtype, oc.x[i].data, oc.x[i].size);
        x[i] = integer ? wg_input(tape, WG_I32, oc.x[i].shape, oc.x[i].data)
                       : wg_variable(tape, dtype, oc.x[i].shape, data);
        free(data);
        c.x[i] = wg_value(x[i]);
        c.v[i] = v[i] = zeros(c.x[i].size);
        dx[i] = zeros(c.x[i].size);
        for (int64_t k = 0; k < c.x[i].size; k++) v[i][k] = element_of(&c.x[i], k);
        if (c.x[i].size > most) most = c.x[i].size;
    }
    const wg_var result = wg_apply(op, x, oc.inputs, oc.slots);
    expect_no_failure(text);
    const struct wg_tensor y = wg_value(result);
    ck_assert_msg(strcmp(wg_shape_text(y.shape).text, shape) == 0, "%s %s: shape %s; expected %s",
                  r->op, text, wg_shape_text(y.shape).text, shape);
    ck_assert_int_le(most, MOST);
    c.shape = y.shape;
    c.size = y.size;
    long double *want = zeros(y.size), *dy = zeros(y.size);
    double *upstream = malloc((size_t)(y.size + 1) * sizeof *upstream);
    for (int64_t i = 0; i < y.size; i++) {
        upstream[i] = (double)(float)wg_random_uniform(&oc.random, -1, 1);
        dy[i] = upstream[i];
    }
    r->forward(&c, want);
    compare(r->op, text, &y, want,
            r->exact ? 0 : fmaxl(1, (long double)most / (long double)(y.size ? y.size : 1)));
    r->gradient(&c, want, dy, dx);
    void *given = rounded(dtype, upstream, y.size);
    ck_assert_int_eq(wg_backward_from(result, given), WG_OK);
    for (int i = 0; i < oc.inputs; i++) {
        if (c.x[i].dtype == WG_I32) continue;
        const struct wg_tensor gradient = wg_gradient(x[i]);
        compare("gradient", text, &gradient, dx[i],
                8 * (long double)(y.size > most ? y.size : most));
    }
    for (int i = 0; i < oc.inputs; i++) {
        free(v[i]);
        free(dx[i]);
    }
    free(want);
    free(dy);
    free(upstream);
    free(given);
    wg_tape_free(tape);
    wg_op_case_free(&oc);
}

START_TEST(values_and_gradients_are_those_of_plain_loops) {
    for (size_t i = 0; i < ELEMENTS(references); i++) {
        for (int k = 0; k < 16 && references[i].cases[k].text; k++) {
            check_case(&references[i], references[i].cases[k].text, references[i].cases[k].shape,
                       WG_F32);
            check_case(&references[i], references[i].cases[k].text, references[i].cases[k].shape,
                       WG_F64);
        }
    }
}
END_TEST

/* Limits that the ops' comments claim; dx for an upstream gradient of ones. */
enum { SPECIAL = 4 };
static const struct {
    const char *op, *attribute, *value;
    double x[SPECIAL];
    int results;
    double y[SPECIAL], dx[SPECIAL];
} specials[] = {
    {"max", "axes", "0", {1, 3, 3, 2}, 1, {3}, {0, 0.5, 0.5, 0}},
    {"max", "axes", "0", {1, NAN, 3, 2}, 1, {NAN}, {0, 1, 0, 0}},
    {"max",
     "axes",
     "0",
     {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
     1,
     {-INFINITY},
     {.25, .25, .25, .25}},
    {"max", "axes", "0", {0, INFINITY, -INFINITY, 5}, 1, {INFINITY}, {0, 1, 0, 0}},
    {"logsumexp",
     "axes",
     "0",
     {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
     1,
     {-INFINITY},
     {0, 0, 0, 0}},
    {"logsumexp", "axes", "0", {-INFINITY, 7, -INFINITY, -INFINITY}, 1, {7}, {0, 1, 0, 0}},
    {"logsumexp", "axes", "0", {1e4, -1e4, 0, 0}, 1, {1e4}, {1, 0, 0, 0}},
    {"logsumexp",
     "axes",
     "0",
     {-1e4, -1e4, -1e4, -1e4},
     1,
     {-9998.6137056388801},
     {.25, .25, .25, .25}},
    {"logsumexp", "axes", "0", {INFINITY, 1, 2, 3}, 1, {INFINITY}, {1, 0, 0, 0}},
    {"logsumexp", "axes", "0", {INFINITY, 1, INFINITY, -INFINITY}, 1, {INFINITY}, {NAN, 0, NAN, 0}},
    {"logsumexp", "axes", "0", {NAN, 1, 2, 3}, 1, {NAN}, {NAN, NAN, NAN, NAN}},
    {"softmax", "axis", "0", {1e4, 1e4, -INFINITY, 0}, 4, {.5, .5, 0, 0}, {0, 0, 0, 0}},
    {"softmax", "axis", "0", {INFINITY, 1, 2, 3}, 4, {NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN}},
    {"softmax", "axis", "0", {NAN, 1, 2, 3}, 4, {NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN}},
    {"log_softmax",
     "axis",
     "0",
     {1e4, -INFINITY, 0, 0},
     4,
     {0, -INFINITY, -1e4, -1e4},
     {-3, 1, 1, 1}},
    {"log_softmax",
     "axis",
     "0",
     {INFINITY, 1, 2, 3},
     4,
     {NAN, NAN, NAN, NAN},
     {NAN, NAN, NAN, NAN}},
    {"sum", "axes", "0", {INFINITY, -INFINITY, 1, 2}, 1, {NAN}, {1, 1, 1, 1}},
    {"mean", "axes", "0", {INFINITY, 1, 1, 2}, 1, {INFINITY}, {.25, .25, .25, .25}},
};

START_TEST(limits_hold) {
    for (size_t i = 0; i < ELEMENTS(specials); i++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            const enum wg_dtype dtype = narrow ? WG_F32 : WG_F64;
            const double tolerance = narrow ? FLT_EPSILON : DBL_EPSILON;
            const struct wg_op *op = wg_find_op(specials[i].op);
            double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS], data[SPECIAL];
            const double ones[SPECIAL] = {1, 1, 1, 1};
            wg_op_defaults(op, slots);
            wg_op_set(op, slots, specials[i].attribute, specials[i].value);
            wg_tape *tape = wg_tape_new();
            put_elements(dtype, data, specials[i].x, SPECIAL);
            const wg_var x = wg_variable(tape, dtype, WG_SHAPE(SPECIAL), data);
            const wg_var y = wg_apply(op, &x, 1, slots);
            put_elements(dtype, data, ones, SPECIAL);
            wg_backward_from(y, data);
            expect_no_failure(op->name);
            const struct wg_tensor got[2] = {wg_value(y), wg_gradient(x)};
            const double *const want[2] = {specials[i].y, specials[i].dx};
            ck_assert_int_eq(got[0].size, specials[i].results);
            for (int k = 0; k < 2; k++) {
                for (int64_t j = 0; j < got[k].size; j++) {
                    const double a = (double)element_of(&got[k], j), b = want[k][j];
                    ck_assert_msg(isnan(b)   ? isnan(a)
                                  : isinf(b) ? a == b
                                             : fabs(a - b) <= 2 * tolerance * fabs(b),
                                  "row %zu, %s: %s[%lld] is %g; expected %g", i, op->name,
                                  k ? "dx" : "y", (long long)j, a, b);
                }
            }
            wg_tape_free(tape);
        }
    }
}
END_TEST

/* A confidently wrong logit keeps its loss and its gradient. */
START_TEST(losses_keep_their_gradient_far_out) {
    wg_tape *tape = wg_tape_new();
    const double logits[] = {1000, -1000}, target[] = {0, 1};
    const int32_t label = 1;
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(2), logits);
    const wg_var binary = wg_binary_cross_entropy(x, wg_input(tape, WG_F64, WG_SHAPE(2), target));
    wg_backward(binary);
    const double *dx = wg_gradient(x).data;
    ck_assert_double_eq(wg_item(binary), 1000);
    ck_assert_double_eq(dx[0], 0.5);
    ck_assert_double_eq(dx[1], -0.5);
    const wg_var softmax = wg_softmax_cross_entropy(x, wg_input(tape, WG_I32, WG_SCALAR, &label));
    wg_backward(softmax);
    dx = wg_gradient(x).data;
    ck_assert_double_eq(wg_item(softmax), 2000);
    ck_assert_double_eq(dx[0], 1);
    ck_assert_double_eq(dx[1], -1);
    expect_no_failure("losses");
    wg_tape_free(tape);
}
END_TEST

/* A confidently right one keeps its digits: no probability is subtracted from 1. */
START_TEST(losses_keep_their_digits_far_in) {
    const double tiny = 4.248354255291589e-18; /* e^-40 */
    const double logits[] = {40, 0}, target[] = {1, 0};
    const int32_t label = 0;
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(2), logits);
    const wg_var softmax = wg_softmax_cross_entropy(x, wg_input(tape, WG_I32, WG_SCALAR, &label));
    wg_backward(softmax);
    const double *dx = wg_gradient(x).data;
    ck_assert_double_eq_tol(wg_item(softmax), tiny, 4 * DBL_EPSILON * tiny);
    ck_assert_double_eq_tol(dx[0], -tiny, 4 * DBL_EPSILON * tiny);
    ck_assert_double_eq_tol(dx[1], tiny, 4 * DBL_EPSILON * tiny);
    const wg_var one = wg_variable(tape, WG_F64, WG_SHAPE(1), logits);
    const wg_var binary = wg_binary_cross_entropy(one, wg_input(tape, WG_F64, WG_SHAPE(1), target));
    wg_backward(binary);
    dx = wg_gradient(one).data;
    ck_assert_double_eq_tol(wg_item(binary), tiny, 4 * DBL_EPSILON * tiny);
    ck_assert_double_eq_tol(dx[0], -tiny, 4 * DBL_EPSILON * tiny);
    expect_no_failure("losses");
    wg_tape_free(tape);
}
END_TEST

size_t add_reference_tests(const TTest **tests) {
    size_t count = 0;
    tests[count++] = values_and_gradients_are_those_of_plain_loops;
    tests[count++] = limits_hold;
    tests[count++] = losses_keep_their_gradient_far_out;
    tests[count++] = losses_keep_their_digits_far_in;
    return count;
}
