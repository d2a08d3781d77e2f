/* Inputs on kinks and within a hair of them: right gradients are KINK or PASS, wrong ones FAIL. */
#include "case_list.h"
#include "mutant.h"

#include "verify/op_case.h"
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Offsets from the kink, on both sides. */
static const double offsets[] = {0,      1e-7,  -1e-7,  1e-9, -1e-9, 1e-12,
                                 -1e-12, 1e-15, -1e-15, 1e-3, -1e-3, 0.01};
#define OFFSETS (sizeof offsets / sizeof *offsets)

/* What surrounds the op: nothing, or a network that mixes its outputs. */
enum around { ALONE, BEFORE_TANH, IN_NETWORK, AROUNDS };

struct setting {
    const struct wg_op *op;
    const double *slots;
    enum around around;
    int inputs;
};

/* in: the op's inputs, then a square matrix. */
static wg_var record(wg_tape *tape, const wg_var *in, void *user) {
    const struct setting *s = user;
    (void)tape;
    wg_var y = wg_apply(s->op, in, s->inputs, s->slots);
    if (s->around == ALONE) return y;
    if (s->around == BEFORE_TANH) return wg_mul(wg_tanh(y), wg_sigmoid(in[0]));
    return wg_tanh(wg_matmul(wg_reshape(y, WG_SHAPE(1, (int64_t)OFFSETS)), in[s->inputs]));
}

static struct wg_tensor tensor(double *data, struct wg_shape shape, uint64_t seed) {
    struct wg_random random = wg_random_make(seed, 5);
    const int64_t size = wg_shape_size(shape);
    for (int64_t i = 0; i < size; i++) data[i] = wg_random_uniform(&random, -1, 1);
    return (struct wg_tensor){data, size, WG_F64, shape};
}

static enum wg_status check(const struct wg_op *op, const double *slots, enum around around,
                            const double *x, const double *z, struct wg_gradcheck_result *result) {
    static double data[3][OFFSETS * OFFSETS];
    struct setting setting = {op, slots, around, z ? 2 : 1};
    struct wg_tensor inputs[3];
    const struct wg_gradcheck_options options = {
        .levels = WG_LEVEL_DIFFERENCES | WG_LEVEL_KINKS | WG_LEVEL_CONTRACTS, .zero = 1};
    const double *given[] = {x, z};
    for (int i = 0; i < setting.inputs; i++) {
        inputs[i] = tensor(data[i], WG_SHAPE((int64_t)OFFSETS), 0);
        memcpy(data[i], given[i], OFFSETS * sizeof(double));
    }
    inputs[setting.inputs] = tensor(data[2], WG_SHAPE((int64_t)OFFSETS, (int64_t)OFFSETS), 9);
    return wg_gradcheck(record, &setting, setting.inputs + (around == IN_NETWORK), inputs, &options,
                        result);
}

static void expect_pass(const struct wg_gradcheck_result *result, const char *what,
                        enum around around) {
    char text[4000];
    wg_gradcheck_text(result, text, sizeof text);
    cr_expect(result->pass, "%s, around %d: %s", what, (int)around, text);
}

/* ------------------------------------------------------------------------------------------------
 * Ops with declared kinks, in the attributes of each of their cases */

ParameterizedTestParameters(kinks, are_no_alarm_and_hide_no_mistake) {
    size_t all, count = 0;
    struct case_parameter *list = list_cases(&all);
    for (size_t i = 0; i < all; i++) {
        if (wg_find_op(list[i].op)->kink_count > 0) list[count++] = list[i];
    }
    return cr_make_param_array(struct case_parameter, list, count);
}

/* All inputs at one kink plus the offsets. false: there is none under these attributes. A
 * convention that is neither side's nor between them (relu's 0 where it leaks) is wrong by any
 * difference, and wg_gradcheck_op's to check: then no input is on the kink itself. */
static bool place(const struct wg_op *op, const double *slots, const struct wg_kink *kink,
                  double *x, double *z) {
    const double at = wg_quantity_value(op, kink->at, slots, NULL);
    for (size_t i = 0; i < OFFSETS; i++) {
        x[i] = at + offsets[i];
        z[i] = 0.25 + 0.125 * (double)i; /* prelu's alpha */
    }
    const double inputs[2] = {at, z[0]};
    const double left = wg_quantity_value(op, kink->left, slots, inputs);
    const double right = wg_quantity_value(op, kink->right, slots, inputs);
    const double convention = wg_quantity_value(op, kink->slope, slots, inputs);
    if (!(convention >= fmin(left, right) && convention <= fmax(left, right))) x[0] = at + 2e-9;
    return isfinite(at);
}

/* The slope at the kink itself, outside of what either side has. */
static int64_t spoilt_at;
static struct wg_op spoilt;
static double spoilt_by;

static void spoil_slope(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct wg_op right = mutant_of(mutant.op, RIGHT);
    right.f64.gradient(args, dy, dx);
    if (dx[0]) ((double *)dx[0])[spoilt_at] += spoilt_by * ((const double *)dy)[spoilt_at];
}

static bool jumps_at(const struct wg_op *op, const double *slots, double at) {
    double y[2];
    for (int i = 0; i < 2; i++) {
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_constant_scalar(tape, WG_F64, at + (i ? 1e-8 : -1e-8));
        y[i] = wg_item(wg_apply(op, &x, 1, slots));
        wg_tape_free(tape);
    }
    return fabs(y[1] - y[0]) > 1e-6;
}

static void expect_fail(const struct wg_op *op, const double *slots, const struct wg_kink *kink,
                        const double *x, const double *z, const char *what) {
    const double inputs[2] = {x[0], z ? z[0] : 0};
    const double left = wg_quantity_value(op, kink->left, slots, inputs);
    const double right = wg_quantity_value(op, kink->right, slots, inputs);
    /* Behind a jump, a network's slopes on the two sides have nothing to do with each other. */
    const bool jumps = z == NULL && jumps_at(op, slots, x[0]);
    spoilt = mutant_of(op, RIGHT);
    spoilt.f64.gradient = spoil_slope;
    for (int side = 0; side < 2; side++) {
        /* above both slopes, or below both, on the kink, beside it, and elsewhere */
        for (spoilt_at = 0; spoilt_at < (int64_t)OFFSETS; spoilt_at++) {
            for (enum around around = ALONE; around < (jumps ? BEFORE_TANH : AROUNDS); around++) {
                struct wg_gradcheck_result result;
                const double by = 0.1 + fabs(left - right);
                spoilt_by = side ? -by : by;
                cr_assert_eq(check(&spoilt, slots, around, x, z, &result), WG_OK, "%s", wg_error());
                cr_expect_eq(result.verdict, WG_VERDICT_FAIL,
                             "%s, around %d, slope off by %g at offset %g: %s", what, (int)around,
                             spoilt_by, offsets[spoilt_at], wg_verdict_name(result.verdict));
            }
        }
    }
}

ParameterizedTest(struct case_parameter *parameter, kinks, are_no_alarm_and_hide_no_mistake) {
    const struct wg_op *op = wg_find_op(parameter->op);
    struct wg_op_case c;
    char what[160];
    cr_assert_eq(wg_op_case_init(&c, op, parameter->text, 0.05, 0), WG_OK);
    snprintf(what, sizeof what, "%s [%s]", parameter->op, parameter->text);
    for (int k = 0; k < op->kink_count; k++) {
        double x[OFFSETS], z[OFFSETS];
        const double *second = c.inputs > 1 ? z : NULL;
        if (!place(op, c.slots, &op->kinks[k], x, z)) continue;
        expect_fail(op, c.slots, &op->kinks[k], x, second, what);
        for (enum around around = ALONE; around < AROUNDS; around++) {
            struct wg_gradcheck_result result;
            /* On a jump a network's gradient is that of neither side. */
            if (around > ALONE && !second && jumps_at(op, c.slots, x[0])) x[0] += 1e-9;
            cr_assert_eq(check(op, c.slots, around, x, second, &result), WG_OK, "%s", wg_error());
            expect_pass(&result, what, around);
        }
    }
    wg_op_case_free(&c);
}

/* ------------------------------------------------------------------------------------------------
 * Ties: of max, maximum, minimum */

Test(kinks, ties_of_maximum_and_minimum) {
    static const char *const ops[] = {"maximum", "minimum"};
    double x[OFFSETS], z[OFFSETS];
    for (size_t i = 0; i < OFFSETS; i++) {
        z[i] = 0.5 * (double)i - 1;
        x[i] = z[i] + offsets[i];
    }
    for (int k = 0; k < 2; k++) {
        const struct wg_op *op = wg_find_op(ops[k]);
        for (enum around around = ALONE; around < AROUNDS; around++) {
            struct wg_gradcheck_result result;
            cr_assert_eq(check(op, NULL, around, x, z, &result), WG_OK, "%s", wg_error());
            expect_pass(&result, ops[k], around);
        }
        const struct wg_kink sides = {.left = {.factor = 0}, .right = {.factor = 1}};
        expect_fail(op, NULL, &sides, x, z, ops[k]);
    }
}

static wg_var largest(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    return wg_tanh(wg_max(in[0], WG_AXES(1), 0));
}

Test(kinks, ties_of_max) {
    for (size_t i = 0; i < OFFSETS; i++) {
        double x[2][4] = {{1, 1 + offsets[i], 0.5, -2}, {0, 0, 0, offsets[i]}};
        const struct wg_tensor input = {x, 8, WG_F64, WG_SHAPE(2, 4)};
        struct wg_gradcheck_result result;
        cr_assert_eq(wg_gradcheck(largest, NULL, 1, &input, NULL, &result), WG_OK);
        expect_pass(&result, "max", ALONE);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Networks whose hidden units start on their kinks: zero biases and zero inputs */

static wg_var dead_start(wg_tape *tape, const wg_var *in, void *user) {
    const struct wg_op *op = user;
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    (void)tape;
    wg_op_defaults(op, slots);
    wg_var hidden = wg_add(wg_matmul(in[0], in[1]), in[2]);
    hidden = wg_apply(op, &hidden, 1, slots);
    return wg_softmax_cross_entropy(wg_matmul(hidden, in[3]), in[4]);
}

Test(kinks, networks_that_start_on_them) {
    static const char *const ops[] = {"relu", "leaky_relu", "abs", "relu6", "threshold", "elu"};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        for (size_t i = 0; i < 7; i++) {
            static double x[3 * 2], w[2 * 4], b[4], v[4 * 3];
            int32_t labels[] = {0, 2, 1};
            struct wg_tensor inputs[] = {tensor(x, WG_SHAPE(3, 2), 1),
                                         tensor(w, WG_SHAPE(2, 4), 2),
                                         tensor(b, WG_SHAPE(4), 3),
                                         tensor(v, WG_SHAPE(4, 3), 4),
                                         {labels, 3, WG_I32, WG_SHAPE(3)}};
            for (int j = 0; j < 2; j++) x[j] = 0; /* the first row: the bias alone is left */
            for (int j = 0; j < 4; j++) b[j] = offsets[i];
            struct wg_gradcheck_result result;
            union {
                const struct wg_op *from;
                void *to;
            } user = {wg_find_op(ops[k])};
            cr_assert_eq(wg_gradcheck(dead_start, user.to, 5, inputs, NULL, &result), WG_OK, "%s",
                         wg_error());
            expect_pass(&result, ops[k], IN_NETWORK);
        }
    }
}
