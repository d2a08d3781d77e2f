/* Programs of several ops: what users check. */
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <math.h>

static double numbers[256];

static struct wg_tensor tensor(struct wg_shape shape, int from, uint64_t seed) {
    struct wg_random random = wg_random_make(seed, 7);
    const int64_t size = wg_shape_size(shape);
    for (int64_t i = 0; i < size; i++) numbers[from + i] = wg_random_uniform(&random, -1, 1);
    return (struct wg_tensor){
        .data = numbers + from, .size = size, .dtype = WG_F64, .shape = shape};
}

/* x (5, 3), w (3, 4), b (4), alpha (4), v (4, 2), labels (5): a PReLU network under softmax
 * cross-entropy. */
static wg_var prelu_network(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    wg_var hidden = wg_prelu(wg_add(wg_matmul(in[0], in[1]), in[2]), in[3]);
    return wg_softmax_cross_entropy(wg_matmul(hidden, in[4]), in[5]);
}

Test(program, prelu_network_passes) {
    int32_t labels[] = {0, 1, 1, 0, 1};
    const struct wg_tensor inputs[] = {
        tensor(WG_SHAPE(5, 3), 0, 1),
        tensor(WG_SHAPE(3, 4), 16, 2),
        tensor(WG_SHAPE(4), 32, 3),
        tensor(WG_SHAPE(4), 40, 4),
        tensor(WG_SHAPE(4, 2), 48, 5),
        {.data = labels, .size = 5, .dtype = WG_I32, .shape = WG_SHAPE(5)},
    };
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(prelu_network, NULL, 6, inputs, NULL, &result), WG_OK, "%s",
                 wg_error());
    cr_assert(result.pass, "worst: %s element %d: %.17g, %.17g", result.row[0].name,
              (int)result.row[0].element, result.row[0].analytic, result.row[0].numeric);
    cr_assert_eq(result.checked, 15 + 12 + 4 + 4 + 8);
    cr_assert(result.tangent_error >= 0);
}

/* The same variable on several paths. */
static wg_var diamond(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    wg_var left = wg_tanh(in[0]), right = wg_mul(in[0], in[0]);
    return wg_add(wg_mul(left, right), wg_sub(in[0], left));
}

Test(program, diamond_passes) {
    const struct wg_tensor input = tensor(WG_SHAPE(7), 0, 6);
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(diamond, NULL, 1, &input, NULL, &result), WG_OK, "%s", wg_error());
    cr_assert(result.pass);
    cr_assert_eq(result.checked, 7);
}

/* A program whose gradient is zero everywhere proves nothing. */
static wg_var vanishes(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    return wg_sum(wg_softmax(wg_slice(in[0], WG_SHAPE(0), WG_SHAPE(1)), -1), WG_ALL_AXES, 0);
}

Test(program, zero_gradient_is_no_pass) {
    const struct wg_tensor input = tensor(WG_SHAPE(3), 0, 8);
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(vanishes, NULL, 1, &input, NULL, &result), WG_OK, "%s", wg_error());
    cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
    cr_assert_eq(result.count[WG_VERDICT_FAIL], 0);
    cr_assert_eq(result.nonzero, 0);
    const struct wg_gradcheck_options declared = {.zero = 1};
    cr_assert_eq(wg_gradcheck(vanishes, NULL, 1, &input, &declared, &result), WG_OK);
    cr_assert_eq(result.verdict, WG_VERDICT_PASS);
}

/* A kink within the first step: smaller ones stay beside it. */
static wg_var crosses(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    return wg_relu(in[0]);
}

Test(program, kink_inside_the_first_step_passes) {
    double x = 1e-3;
    const struct wg_tensor input = {.data = &x, .size = 1, .dtype = WG_F64};
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(crosses, NULL, 1, &input, NULL, &result), WG_OK, "%s", wg_error());
    cr_assert(result.pass, "%s", wg_verdict_name(result.verdict));
}

static wg_var fails(wg_tape *tape, const wg_var *in, void *user) {
    (void)user;
    return wg_add(in[0], wg_input(tape, WG_F64, WG_SHAPE(5), NULL));
}

Test(program, errors_are_reported) {
    const struct wg_tensor input = tensor(WG_SHAPE(3), 0, 9);
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(fails, NULL, 1, &input, NULL, &result), WG_ERROR_SHAPE);
    wg_clear_error();
    cr_assert_eq(wg_gradcheck(NULL, NULL, 1, &input, NULL, &result), WG_ERROR_ARGUMENT);
    wg_clear_error();
    const struct wg_gradcheck_options bad = {.tolerance = NAN};
    cr_assert_eq(wg_gradcheck(crosses, NULL, 1, &input, &bad, &result), WG_ERROR_ARGUMENT);
    wg_clear_error();
    cr_assert_eq(wg_gradcheck_op(wg_find_op("add"), "2x3 y=1", NULL, &result), WG_ERROR_ARGUMENT);
    wg_clear_error();
    cr_assert_eq(wg_gradcheck_op(wg_find_op("add"), "2xx3", NULL, &result), WG_ERROR_ARGUMENT);
    wg_clear_error();
}
