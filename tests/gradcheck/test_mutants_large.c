/* One wrong element among 10,000 and more; and wrong tangents and kinks, which other levels than
 * the differences catch. */
#include "case_list.h"
#include "mutant.h"

#include "ops/kernel_set.h"
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#define SIZE 10007 /* a prime: no vector width, and no halving, divides it */
/* A direction, 2 for each of 15 halvings, and the element with a look at both its sides. */
#define MOST_EVALUATIONS 200

/* Every elementwise op with a gradient, once. */
static struct criterion_test_params elementwise_ops(void) {
    size_t count = 0;
    struct case_parameter *list = cr_malloc(256 * sizeof *list);
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        if (op->structure != WG_ELEMENTWISE || !wg_op_has_gradient(op)) continue;
        snprintf(list[count].op, sizeof list[count].op, "%s", op->name);
        int most;
        const bool two = wg_op_input_count(op, &most) == 2;
        snprintf(list[count].text, sizeof list[count].text, two ? "%d %d" : "%d", SIZE, SIZE);
        count++;
    }
    return cr_make_param_array(struct case_parameter, list, count);
}

ParameterizedTestParameters(mutant, one_element_of_many_is_named) { return elementwise_ops(); }

static void check_named(const struct case_parameter *parameter, uint64_t seed, int64_t elements) {
    const struct wg_op wrapper = mutant_of(wg_find_op(parameter->op), ONE_ELEMENT);
    const struct wg_gradcheck_options options = {
        .seed = seed, .elements = elements, .levels = WG_LEVEL_DIFFERENCES | WG_LEVEL_KINKS};
    struct wg_gradcheck_result result;
    mutant.alone = true;
    cr_assert_eq(mutant_check(&wrapper, parameter->text, &options, &result), WG_OK, "%s",
                 wg_error());
    cr_assert(mutant.changed);
    cr_assert_eq(result.verdict, WG_VERDICT_FAIL, "%s, seed %d: %s", parameter->op, (int)seed,
                 wg_verdict_name(result.verdict));
    cr_assert_eq(result.row[0].verdict, WG_VERDICT_FAIL);
    cr_assert_eq(result.row[0].element, mutant.spoilt[result.row[0].input],
                 "%s, seed %d: element %d named; %d is wrong", parameter->op, (int)seed,
                 (int)result.row[0].element, (int)mutant.spoilt[result.row[0].input]);
    if (elements == 0)
        cr_assert_leq(result.evaluations, MOST_EVALUATIONS, "%s: %d evaluations", parameter->op,
                      (int)result.evaluations);
}

ParameterizedTest(struct case_parameter *parameter, mutant, one_element_of_many_is_named) {
    for (uint64_t seed = 0; seed < 3; seed++) check_named(parameter, seed, 0);
}

/* Ops whose every element is compared: a mistake in one of them has no neighbours to hide among. */
Test(mutant, one_element_of_many_is_named_by_elements) {
    static const char *const ops[] = {"tanh", "relu", "mul"};
    for (int i = 0; i < 3; i++) {
        struct case_parameter parameter = {.text = "2003"};
        if (i == 2) snprintf(parameter.text, sizeof parameter.text, "2003 2003");
        snprintf(parameter.op, sizeof parameter.op, "%s", ops[i]);
        check_named(&parameter, 1, 5000);
    }
}

/* The right gradient of as many elements passes. */
ParameterizedTestParameters(many, elements_pass_along_directions) { return elementwise_ops(); }

ParameterizedTest(struct case_parameter *parameter, many, elements_pass_along_directions) {
    for (uint64_t seed = 0; seed < 3; seed++) {
        const struct wg_gradcheck_options options = {.seed = seed};
        struct wg_gradcheck_result result;
        cr_assert_eq(wg_gradcheck_op(wg_find_op(parameter->op), parameter->text, &options, &result),
                     WG_OK);
        cr_assert(result.pass, "%s, seed %d: %s", parameter->op, (int)seed,
                  wg_verdict_name(result.verdict));
        cr_assert_eq(result.directions, 2);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Other levels */

/* A tangent that does not belong to the gradient is caught without any difference. */
static void twice_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    const struct wg_op *op = wg_find_op("softmax");
    wg_kernel_row(wg_kernel_set(WG_F64), op)->general.tangent(args, ty, tx);
    for (int64_t i = 0; i < args->y->size; i++) ((double *)ty)[i] *= 2;
}

Test(mutant, tangent_is_caught_by_the_adjoint_identity) {
    const struct wg_op *op = wg_find_op("softmax");
    struct wg_op wrapper = *op;
    struct wg_gradcheck_result result;
    const struct wg_gradcheck_options adjoint = {.levels = WG_LEVEL_ADJOINT};
    wrapper.name = "mutant";
    wrapper.f64 = wg_kernel_row(wg_kernel_set(WG_F64), op)->general;
    cr_assert_eq(wg_gradcheck_op(&wrapper, "2x3", NULL, &result), WG_OK);
    cr_assert(result.pass);
    cr_assert(result.tangent_error >= 0);
    wrapper.f64.tangent = twice_tangent;
    cr_assert_eq(wg_gradcheck_op(&wrapper, "2x3", NULL, &result), WG_OK);
    cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
    cr_assert_eq(result.count[WG_VERDICT_FAIL], 0, "the gradient is right");
    cr_assert(result.tangent_error > 0.1);
    cr_assert(strstr(result.broken, "tangent"), "%s", result.broken);
    cr_assert_eq(wg_gradcheck_op(&wrapper, "2x3", &adjoint, &result), WG_OK);
    cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
}

/* And a gradient that does not belong to the tangent. */
Test(mutant, gradient_is_caught_by_the_adjoint_identity_alone) {
    const struct wg_op *op = wg_find_op("softmax");
    const struct wg_gradcheck_options adjoint = {.levels = WG_LEVEL_ADJOINT};
    for (enum mutation m = SIGN; m <= CONSTANT; m++) {
        struct wg_op wrapper = mutant_of(op, m);
        struct wg_gradcheck_result result;
        wrapper.f64.tangent = wg_kernel_row(wg_kernel_set(WG_F64), op)->general.tangent;
        cr_assert_eq(wg_gradcheck_op(&wrapper, "3x4", &adjoint, &result), WG_OK);
        cr_assert_eq(result.verdict, WG_VERDICT_FAIL, "%s", mutation_names[m]);
    }
}

/* Kinks declared wrongly: place, convention or either side. */
Test(mutant, kink_is_caught) {
    const struct wg_kink right = wg_find_op("leaky_relu")->kinks[0];
    struct wg_kink wrong[4] = {right, right, right, right};
    wrong[0].at.factor = 0.5;
    wrong[1].slope = right.right;
    wrong[2].left.factor = 1.01;
    wrong[3].right.factor = -1;
    struct wg_op wrapper = mutant_of(wg_find_op("leaky_relu"), RIGHT);
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck_op(&wrapper, "scalar", NULL, &result), WG_OK);
    cr_assert(result.pass);
    cr_assert_eq(result.count[WG_VERDICT_KINK], 1);
    for (int i = 0; i < 4; i++) {
        wrapper.kinks[0] = wrong[i];
        cr_assert_eq(wg_gradcheck_op(&wrapper, "1", NULL, &result), WG_OK, "%s", wg_error());
        cr_assert_eq(result.verdict, WG_VERDICT_FAIL, "wrong kink %d passed", i);
        cr_assert(strstr(result.broken, "kink"), "%s", result.broken);
    }
}
