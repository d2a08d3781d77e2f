/* Every op x case: the double gradient against differences, and the float gradient against the
 * double one. */
#include "case_list.h"

#include "verify/op_case.h"
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What Ridders' extrapolation in double holds on smooth functions with room to spare: errors seen
 * are about 1e-12. */
#define DOUBLE_TOLERANCE 1e-9
/* A float gradient is a few rounded operations on rounded values, and sums of a few dozen terms: 64
 * units of the last place, relative to the largest element. */
#define FLOAT_TOLERANCE (64 * (double)FLT_EPSILON)
#define SEEDS 5
#define LEAST_CASES 150
#define ROOM 1024 /* elements of one tensor, or of all gradients of a case */

ParameterizedTestParameters(gradient, matches_differences_f64) {
    size_t count;
    struct case_parameter *list = list_cases(&count);
    return cr_make_param_array(struct case_parameter, list, count);
}

ParameterizedTest(struct case_parameter *parameter, gradient, matches_differences_f64) {
    const struct wg_op *op = wg_find_op(parameter->op);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct wg_gradcheck_options options = {.tolerance = DOUBLE_TOLERANCE, .seed = seed};
        struct wg_gradcheck_result result;
        enum wg_status status = wg_gradcheck_op(op, parameter->text, &options, &result);
        cr_assert_eq(status, WG_OK, "%s [%s]: %s", op->name, parameter->text, wg_error());
        cr_assert(result.pass,
                  "%s [%s] seed %d: %s %s %s; worst: %s element %d: analytic %.17g, numeric %.17g",
                  op->name, parameter->text, (int)seed, wg_verdict_name(result.verdict),
                  result.broken, result.diagnosis, result.row[0].name, (int)result.row[0].element,
                  result.row[0].analytic, result.row[0].numeric);
        cr_assert_gt(result.checked, 0);
        cr_assert_eq(result.count[WG_VERDICT_INCONCLUSIVE], 0);
        cr_assert_leq(result.count[WG_VERDICT_KINK],
                      op->kink_count); /* some attributes have none */
        if (wg_op_has_tangent(op))
            cr_assert(result.tangent_error >= 0, "%s: its tangent was not checked", op->name);
    }
}

/* Points at which a difference was once wrong, and not the gradient: quotients of two steps that
 * agree by chance, and a support that changes within a step. */
static const struct {
    const char *op, *text;
    uint64_t seed;
} hard[] = {
    {"softmax", "2x3x4 axis=0", 118},
    {"softmax", "2x3x4 axis=1", 47},
    {"softmax", "2x20 axis=0", 137},
    {"masked_softmax", "2x3x4 4", 67},
    {"silu", "3x4", 49},
    {"gelu", "3x4", 32},
    {"sparsemax", "2x3x4 axis=0,2", 77},
    {"sparsemax", "2x3x4 axis=0,2", 97},
    {"sparsemax", "2x3x4 axis=0,2", 110},
    {"sparsemax", "2x3x4 axis=0,2", 143},
    {"sparsemax", "2x3x4 axis=0,2", 147},
    {"sparsemax", "2x3x4", 123},
};

Test(gradient, matches_differences_at_hard_points) {
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        const struct wg_gradcheck_options options = {.tolerance = DOUBLE_TOLERANCE,
                                                     .seed = hard[i].seed};
        struct wg_gradcheck_result result;
        cr_assert_eq(wg_gradcheck_op(wg_find_op(hard[i].op), hard[i].text, &options, &result),
                     WG_OK);
        cr_assert(result.pass, "%s [%s] seed %d: analytic %.17g, numeric %.17g", hard[i].op,
                  hard[i].text, (int)hard[i].seed, result.row[0].analytic, result.row[0].numeric);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Sizes */

/* Elementwise ops in sizes that no case names: vector widths and their neighbours. */
static const char *const sizes[] = {"1", "3", "7", "8", "9", "15", "16", "17", "33", "5x13"};

static struct criterion_test_params elementwise_ops(void) {
    size_t count = 0;
    struct case_parameter *list = cr_malloc(256 * sizeof *list);
    for (int i = 0; wg_op_at(i); i++) {
        if (wg_op_at(i)->structure == WG_ELEMENTWISE)
            snprintf(list[count++].op, sizeof list->op, "%s", wg_op_at(i)->name);
    }
    return cr_make_param_array(struct case_parameter, list, count);
}

ParameterizedTestParameters(gradient, of_elementwise_ops_in_every_size_matches) {
    return elementwise_ops();
}

ParameterizedTest(struct case_parameter *parameter, gradient,
                  of_elementwise_ops_in_every_size_matches) {
    const struct wg_op *op = wg_find_op(parameter->op);
    int most;
    const bool two = wg_op_input_count(op, &most) == 2;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[32];
        struct wg_gradcheck_result result;
        snprintf(text, sizeof text, two ? "%s %s" : "%s", sizes[i], sizes[i]);
        const struct wg_gradcheck_options options = {.tolerance = DOUBLE_TOLERANCE};
        cr_assert_eq(wg_gradcheck_op(op, text, &options, &result), WG_OK, "%s", wg_error());
        cr_assert(result.pass, "%s [%s]: %s %s", op->name, text, wg_verdict_name(result.verdict),
                  result.broken);
    }
}

ParameterizedTestParameters(gradient, of_nothing_is_nothing) { return elementwise_ops(); }

/* Of an empty tensor there is nothing to compare: no pass, unless a zero gradient is declared. */
ParameterizedTest(struct case_parameter *parameter, gradient, of_nothing_is_nothing) {
    const struct wg_op *op = wg_find_op(parameter->op);
    int most;
    const char *text = wg_op_input_count(op, &most) == 2 ? "0 0" : "0";
    for (int zero = 0; zero < 2; zero++) {
        const struct wg_gradcheck_options options = {.zero = zero};
        struct wg_gradcheck_result result;
        cr_assert_eq(wg_gradcheck_op(op, text, &options, &result), WG_OK, "%s", wg_error());
        cr_assert_eq(result.variables, 0);
        cr_assert_eq(result.nonzero, 0);
        cr_assert_eq(result.pass, zero, "%s: %s %s", op->name, wg_verdict_name(result.verdict),
                     result.broken);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Float */

/* The gradients of all float inputs at the case's points, in one dtype, one after the other as
 * doubles. */
static size_t gradients(const struct wg_op_case *c, enum wg_dtype dtype, double *out) {
    wg_tape *tape = wg_tape_new();
    wg_var inputs[WG_CASE_INPUTS];
    for (int i = 0; i < c->inputs; i++) {
        const struct wg_tensor *x = &c->x[i];
        float narrow[ROOM];
        cr_assert_leq(x->size, ROOM);
        for (int64_t j = 0; x->dtype == WG_F64 && j < x->size; j++)
            narrow[j] = (float)((const double *)x->data)[j];
        if (x->dtype == WG_I32)
            inputs[i] = wg_input(tape, WG_I32, x->shape, x->data);
        else
            inputs[i] = wg_variable(tape, dtype, x->shape,
                                    dtype == WG_F32 ? (const void *)narrow : x->data);
    }
    wg_var y = wg_apply(c->op, inputs, c->inputs, c->slots);
    const int64_t size = wg_value(y).size;
    float narrow[ROOM];
    double wide[ROOM];
    cr_assert_leq(size, ROOM);
    for (int64_t i = 0; i < size; i++)
        wide[i] = narrow[i] = (float)(i % 3 ? 0.5 + (double)i / 64 : -0.75);
    cr_assert_eq(wg_backward_from(y, dtype == WG_F32 ? (const void *)narrow : wide), WG_OK, "%s",
                 wg_error());
    size_t count = 0;
    for (int i = 0; i < c->inputs; i++) {
        if (c->x[i].dtype == WG_I32) continue;
        const struct wg_tensor g = wg_gradient(inputs[i]);
        cr_assert_leq(count + (size_t)g.size, ROOM);
        for (int64_t j = 0; j < g.size; j++) {
            out[count++] =
                dtype == WG_F32 ? (double)((const float *)g.data)[j] : ((const double *)g.data)[j];
        }
    }
    wg_tape_free(tape);
    return count;
}

/* Both at the same points: those that float can hold. */
static size_t both_gradients(const struct case_parameter *parameter, uint64_t seed, double *narrow,
                             double *wide) {
    struct wg_op_case c;
    cr_assert_eq(wg_op_case_init(&c, wg_find_op(parameter->op), parameter->text, 0.05, seed), WG_OK,
                 "%s", wg_error());
    for (int i = 0; i < c.inputs; i++) {
        double *x = c.x[i].data;
        for (int64_t j = 0; c.x[i].dtype == WG_F64 && j < c.x[i].size; j++) x[j] = (float)x[j];
    }
    const size_t count = gradients(&c, WG_F32, narrow);
    cr_assert_eq(gradients(&c, WG_F64, wide), count);
    wg_op_case_free(&c);
    return count;
}

ParameterizedTestParameters(gradient, of_float_matches_double) {
    size_t count;
    struct case_parameter *list = list_cases(&count);
    return cr_make_param_array(struct case_parameter, list, count);
}

ParameterizedTest(struct case_parameter *parameter, gradient, of_float_matches_double) {
    static double narrow[ROOM], wide[ROOM];
    double scale = 0;
    size_t count = 0;
    /* As long as every gradient is zero (relu of one negative number), at other points. */
    for (uint64_t seed = 1; scale == 0 && seed < 20; seed++) {
        count = both_gradients(parameter, seed, narrow, wide);
        for (size_t i = 0; i < count; i++) scale = fmax(scale, fabs(wide[i]));
    }
    cr_assert_gt(scale, 0, "every gradient is zero");
    for (size_t i = 0; i < count; i++) {
        cr_assert(fabs(narrow[i] - wide[i]) <= FLOAT_TOLERANCE * scale,
                  "%s [%s] element %zu: float %.9g, double %.17g", parameter->op, parameter->text,
                  i, narrow[i], wide[i]);
    }
}

Test(gradient, of_every_op_is_checked) {
    int without;
    const size_t count = count_cases(&without);
    cr_assert_eq(without, 0, "%d ops have no gradient or declare no case", without);
    cr_assert_geq(count, LEAST_CASES, "only %zu cases", count);
}
