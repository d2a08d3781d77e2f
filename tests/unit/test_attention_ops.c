/* attention_weights and attention_values: the bits of the ops that they replace, refusals. Their
 * values and gradients are compared with loops in ops_reference.c. */
#include "support/suite.h"

#include "base/error.h"
#include "wengert/wengert.h"

static wg_var heads_first(wg_var x) { return wg_transpose(x, WG_AXES(0, 2, 1, 3)); }

static void expect_same_bits(const char *what, struct wg_tensor a, struct wg_tensor b) {
    expect_no_failure(what);
    ck_assert_msg(wg_shape_equal(a.shape, b.shape), "%s: %s and %s", what,
                  wg_shape_text(a.shape).text, wg_shape_text(b.shape).text);
    ck_assert_msg(memcmp(a.data, b.data, (size_t)a.size * wg_dtype_size(a.dtype)) == 0,
                  "%s: other bits", what);
}

static wg_var drawn(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, uint64_t seed) {
    const wg_var x = wg_variable(tape, dtype, shape, NULL);
    const struct wg_tensor t = wg_value(x);
    struct wg_random random = wg_random_make(seed, 0);
    for (int64_t i = 0; i < t.size; i++) {
        const double u = wg_random_uniform(&random, -2, 2);
        if (dtype == WG_F32)
            ((float *)t.data)[i] = (float)u;
        else
            ((double *)t.data)[i] = u;
    }
    return x;
}

enum { BATCH = 2, STEPS = 37, PLACES = 33, HEADS_OF_OP = 3, SIZE = 19 };

static void compare_ops(enum wg_dtype dtype, struct wg_shape mask_shape) {
    const double scale = 0.3;
    wg_tape *tape = wg_tape_new();
    wg_var x[2][3], y[2], weights[2];
    for (int i = 0; i < 2; i++) {
        x[i][0] = drawn(tape, dtype, WG_SHAPE(BATCH, STEPS, HEADS_OF_OP, SIZE), 1);
        x[i][1] = drawn(tape, dtype, WG_SHAPE(BATCH, PLACES, HEADS_OF_OP, SIZE), 2);
        x[i][2] = drawn(tape, dtype, WG_SHAPE(BATCH, PLACES, HEADS_OF_OP, SIZE), 3);
    }
    const wg_var mask = wg_input(tape, WG_I32, mask_shape, NULL);
    struct wg_random random = wg_random_make(4, 0);
    for (int64_t i = 0; i < wg_value(mask).size; i++)
        ((int32_t *)wg_value(mask).data)[i] = (int32_t)wg_random_below(&random, 3);
    weights[0] = wg_attention_weights(x[0][0], x[0][1], mask, scale);
    y[0] = wg_attention_values(weights[0], x[0][2]);
    const wg_var scaled = wg_mul(heads_first(x[1][0]), wg_constant_scalar(tape, dtype, scale));
    const wg_var scores = wg_matmul_transposed(scaled, 0, heads_first(x[1][1]), 1);
    weights[1] = wg_masked_softmax(scores, mask, WG_AXES(3));
    y[1] = heads_first(wg_matmul(weights[1], heads_first(x[1][2])));
    expect_same_bits("weights", wg_value(weights[0]), wg_value(weights[1]));
    expect_same_bits("values", wg_value(y[0]), wg_value(y[1]));
    wg_var loss = wg_add(wg_sum(wg_square(y[0]), (struct wg_axes){0}, 0),
                         wg_sum(wg_square(y[1]), (struct wg_axes){0}, 0));
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    for (int i = 0; i < 3; i++)
        expect_same_bits("gradient", wg_gradient(x[0][i]), wg_gradient(x[1][i]));
    wg_tape_free(tape);
}

START_TEST(same_bits_as_single_ops) {
    for (int threads = 1; threads <= 2; threads++) {
        ck_assert_int_eq(wg_set_threads(threads), WG_OK);
        for (int dtype = 0; dtype < 2; dtype++) {
            compare_ops(dtype ? WG_F64 : WG_F32, WG_SHAPE(STEPS, PLACES));
            compare_ops(dtype ? WG_F64 : WG_F32, WG_SHAPE(BATCH, 1, 1, PLACES));
            compare_ops(dtype ? WG_F64 : WG_F32, WG_SHAPE(BATCH, HEADS_OF_OP, STEPS, PLACES));
            compare_ops(dtype ? WG_F64 : WG_F32, WG_SHAPE(HEADS_OF_OP, STEPS, 1));
        }
    }
    ck_assert_int_eq(wg_set_threads(1), WG_OK);
}
END_TEST

/* Shapes that do not go together. */
START_TEST(refused_shapes) {
    static const struct {
        struct wg_shape a, b, mask; /* a mask of rank -1: of attention_values */
        const char *word;
    } wrong[] = {
        {{3, {2, 3, 4}}, {4, {2, 3, 1, 4}}, {2, {3, 3}}, "expected (batch, steps, heads, size)"},
        {{4, {2, 3, 1, 4}}, {4, {2, 5, 1, 3}}, {2, {3, 5}}, "(2, 5, 1, 3)"},
        {{4, {2, 3, 1, 4}}, {4, {1, 5, 1, 4}}, {2, {3, 5}}, "(1, 5, 1, 4)"},
        {{4, {2, 3, 1, 4}}, {4, {2, 5, 2, 4}}, {2, {3, 5}}, "(2, 5, 2, 4)"},
        {{4, {2, 3, 1, 4}}, {4, {2, 5, 1, 4}}, {2, {5, 3}}, "a mask of shape (5, 3)"},
        {{4, {2, 3, 1, 4}}, {4, {2, 5, 1, 4}}, {5, {1, 2, 1, 3, 5}}, "no more dimensions"},
        {{4, {2, 1, 3, 5}}, {4, {2, 4, 1, 2}}, {-1, {0}}, "(2, 4, 1, 2)"},
        {{4, {2, 1, 3, 5}}, {4, {2, 5, 2, 2}}, {-1, {0}}, "(2, 5, 2, 2)"},
        {{4, {2, 1, 3, 5}}, {3, {2, 5, 2}}, {-1, {0}}, "expected (batch, heads, steps, places)"},
    };
    wg_tape *tape = wg_tape_new();
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        const wg_var a = wg_variable(tape, WG_F32, wrong[i].a, NULL),
                     b = wg_variable(tape, WG_F32, wrong[i].b, NULL);
        const wg_var y =
            wrong[i].mask.rank < 0
                ? wg_attention_values(a, b)
                : wg_attention_weights(a, b, wg_input(tape, WG_I32, wrong[i].mask, NULL), 1);
        ck_assert_msg(wg_is_null(y), "case %zu was taken", i);
        expect_failure("shapes", WG_ERROR_SHAPE, wrong[i].word, "attention_");
    }
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {same_bits_as_single_ops, refused_shapes};
    return run_suite("attention_ops", tests, ELEMENTS(tests));
}
