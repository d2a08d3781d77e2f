/* Activations by name: what each name means, attributes in the text, refusals. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <stdbool.h>

/* Keras's names, its functions' defaults, and the op they mean. */
static const struct {
    const char *text, *op;
    int slots;
    double slot[3];
} meanings[] = {
    {"celu", "celu", 1, {1}},
    {"elu", "elu", 1, {1}},
    {"exponential", "exp", 0, {0}},
    {"gelu", "gelu", 1, {0}},
    {"glu", "glu", 1, {-1}},
    {"hard_shrink", "hard_shrink", 1, {0.5}},
    {"hard_sigmoid", "hard_sigmoid", 0, {0}},
    {"hard_silu", "hard_silu", 0, {0}},
    {"hard_swish", "hard_silu", 0, {0}},
    {"hard_tanh", "hard_tanh", 0, {0}},
    {"leaky_relu", "leaky_relu", 1, {0.2}},
    {"linear", "linear", 0, {0}},
    {"log_sigmoid", "log_sigmoid", 0, {0}},
    {"log_softmax", "log_softmax", WG_LIST_SLOTS, {-1}},
    {"mish", "mish", 0, {0}},
    {"relu", "relu", 3, {0, INFINITY, 0}},
    {"relu6", "relu6", 0, {0}},
    {"selu", "selu", 0, {0}},
    {"sigmoid", "sigmoid", 0, {0}},
    {"silu", "silu", 0, {0}},
    {"soft_shrink", "soft_shrink", 1, {0.5}},
    {"softmax", "softmax", WG_LIST_SLOTS, {-1}},
    {"softplus", "softplus", 0, {0}},
    {"softsign", "softsign", 0, {0}},
    {"sparse_plus", "sparse_plus", 0, {0}},
    {"sparse_sigmoid", "sparse_sigmoid", 0, {0}},
    {"sparsemax", "sparsemax", WG_LIST_SLOTS, {-1}},
    {"squareplus", "squareplus", 1, {4}},
    {"swish", "silu", 0, {0}},
    {"tanh", "tanh", 0, {0}},
    {"tanh_shrink", "tanh_shrink", 0, {0}},
    {"threshold", "threshold", 2, {0, 0}},
    {"thresholded_relu", "thresholded_relu", 1, {1}},
    {NULL, "linear", 0, {0}},
    /* attributes */
    {"elu alpha=0.5", "elu", 1, {0.5}},
    {"leaky_relu negative_slope=0x1p-3", "leaky_relu", 1, {0.125}},
    {" relu  threshold=1 max_value=6 ", "relu", 3, {0, 6, 1}},
    {"gelu approximate=1", "gelu", 1, {1}},
    {"softmax axis=0,1", "softmax", WG_LIST_SLOTS, {2, 0, 1}},
};

START_TEST(names_mean_ops) {
    for (size_t i = 0; i < ELEMENTS(meanings); i++) {
        const char *text = meanings[i].text, *label = text ? text : "NULL";
        const struct wg_configured_op activation = wg_activation(text);
        expect_no_failure(label);
        ck_assert_msg(activation.op == wg_find_op(meanings[i].op), "%s is another op", label);
        ck_assert_int_eq(wg_op_attribute_slots(activation.op), meanings[i].slots);
        for (int j = 0; j < meanings[i].slots && j < 3; j++) {
            if (meanings[i].slot[0] == -1 && meanings[i].slots > 1 && j > 0) break; /* no list */
            ck_assert_msg(activation.slots[j] == meanings[i].slot[j], "%s: attribute %d is %g",
                          label, j, activation.slots[j]);
        }
    }
}
END_TEST

/* Whatever says that it is an activation is found, by alias too; nothing else is. */
START_TEST(every_activation_is_found) {
    const struct wg_op *op;
    int found = 0;
    for (int i = 0; (op = wg_op_at(i)) != NULL; i++) {
        int most;
        wg_op_input_count(op, &most);
        const bool expected = op->activation && most == 1;
        ck_assert_msg((wg_activation(op->name).op == op) == expected, "%s", op->name);
        for (size_t j = 0; j < ELEMENTS(op->aliases); j++) {
            if (!op->aliases[j]) continue;
            ck_assert_msg((wg_activation(op->aliases[j]).op == op) == expected, "%s",
                          op->aliases[j]);
        }
        wg_clear_error();
        found += expected;
    }
    ck_assert_int_ge(found, 32);
}
END_TEST

START_TEST(recorded) {
    wg_tape *tape = wg_tape_new();
    const double points[] = {-2, 3};
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(2), points);
    const wg_var y = wg_activate(x, "leaky_relu negative_slope=0.25");
    const double *value = wg_value(y).data;
    expect_no_failure("wg_activate");
    ck_assert(value[0] == -0.5 && value[1] == 3);
    wg_backward_from(y, points);
    const double *gradient = wg_gradient(x).data;
    ck_assert(gradient[0] == -0.5 && gradient[1] == 3);
    const size_t before = wg_tape_size(tape);
    const wg_var same = wg_activate(x, "linear"), also = wg_activate(x, NULL);
    ck_assert(same.index == x.index && also.index == x.index);
    ck_assert_uint_eq(wg_tape_size(tape), before);
    const wg_var null = {0};
    ck_assert(wg_is_null(wg_activate(null, "elu")));
    expect_failure("the null variable", WG_ERROR_ARGUMENT, "elu", "null variable");
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Refusals */

#define TEN "          "
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
    const char *text, *word, *other;
} refusals[] = {
    {"eluu", "unknown activation \"eluu\"; close to it: celu, elu, ", "expected one of celu, elu"},
    {"swishh", "close to it: silu;", NULL},
    {"Relu", "\"Relu\"; close to it: celu, elu, ", "relu"},
    {"", "unknown activation \"\"; expected one of", "thresholded_relu"},
    {"   ", "unknown activation \"\"", NULL},
    {"qqqqqq", "unknown activation \"qqqqqq\"; expected one of", NULL},
    {"elu\n", "unknown activation", NULL},
    {"matmul", "\"matmul\" is an op but no activation", NULL},
    {"sum axes=1", "\"sum\" is an op", NULL},
    {"prelu", "activation prelu takes alpha besides x", "wg_prelu(x, alpha)"},
    {"masked_softmax", "takes mask", "wg_masked_softmax(x, mask)"},
    {"elu alpha", "\"alpha\"; expected ATTRIBUTE=VALUE", NULL},
    {"elu 0.5", "\"0.5\"; expected ATTRIBUTE=VALUE", NULL},
    {"elu =1", "elu: no attribute \"\"", "alpha"},
    {"elu beta=1", "elu: no attribute \"beta\"", "alpha"},
    {"elu alpha=", "elu: alpha=; expected a number", NULL},
    {"elu alpha=1x", "alpha=1x", NULL},
    {"tanh alpha=1", "tanh: no attribute \"alpha\"", "none"},
    {"leaky_relu negative_slope=-1", "negative_slope=-1", "from 0 to inf"},
    {"gelu approximate=2", "approximate=2", "0 or 1"},
    {"elu" HUNDRED HUNDRED HUNDRED, "303 characters", "at most 255"},
};

START_TEST(refused) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable_scalar(tape, WG_F32, 1);
    for (size_t i = 0; i < ELEMENTS(refusals); i++) {
        ck_assert_ptr_null(wg_activation(refusals[i].text).op);
        expect_failure(refusals[i].text, WG_ERROR_ARGUMENT, refusals[i].word, refusals[i].other);
        ck_assert(wg_is_null(wg_activate(x, refusals[i].text)));
        expect_failure(refusals[i].text, WG_ERROR_ARGUMENT, refusals[i].word, refusals[i].other);
    }
    ck_assert_uint_eq(wg_tape_size(tape), 1);
    ck_assert(wg_is_null(wg_activate(x, "glu")));
    expect_failure("glu of a scalar", WG_ERROR_SHAPE, "glu", NULL);
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * One's own */

static void twice(const struct wg_args *args) {
    const float *x = args->x[0]->data;
    float *y = args->y->data;
    for (int64_t i = 0; i < args->y->size; i++) y[i] = 2 * x[i];
}

START_TEST(registered) {
    static const struct wg_op own = {.name = "test_twice",
                                     .aliases = {"test_double"},
                                     .inputs = {"x"},
                                     .activation = 1,
                                     .structure = WG_ELEMENTWISE,
                                     .f32 = {.forward = twice}};
    ck_assert_ptr_null(wg_activation("test_double").op);
    wg_clear_error();
    ck_assert_int_eq(wg_register(&own), WG_OK);
    wg_tape *tape = wg_tape_new();
    const wg_var y = wg_activate(wg_variable_scalar(tape, WG_F32, 1.5), "test_double");
    expect_no_failure("test_double");
    ck_assert(wg_item(y) == 3);
    wg_activation("test_twise");
    expect_failure("test_twise", WG_ERROR_ARGUMENT, "close to it: test_twice;", NULL);
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Similar names */

START_TEST(similar) {
    char text[256], small[10];
    ck_assert_str_eq(wg_similar_ops("squar", 0, text, sizeof text),
                     "mean_squared_error, square, squareplus");
    ck_assert_str_eq(wg_similar_ops("squar", 1, text, sizeof text), "squareplus");
    ck_assert_str_eq(wg_similar_ops("shrink", 0, text, sizeof text),
                     "hard_shrink, soft_shrink, tanh_shrink");
    ck_assert_str_eq(wg_similar_ops("swish", 1, text, sizeof text), "hard_silu, mish, silu");
    ck_assert_str_eq(wg_similar_ops("", 1, small, sizeof small), "celu, elu");
    ck_assert_str_eq(wg_similar_ops("", 1, small, 9), "celu");
    ck_assert_str_eq(wg_similar_ops("qqqqqq", 0, text, sizeof text), "");
    expect_no_failure("wg_similar_ops");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        names_mean_ops, every_activation_is_found, recorded, refused, registered, similar};
    return run_suite("activation", tests, ELEMENTS(tests));
}
