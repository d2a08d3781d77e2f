/* Wrong use of the library: the right code, and a text that names the op or function and what was
 * wrong. After each, the tape is as it was.
 */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>

/* What the table's calls are made of. */
struct world {
    wg_tape *tape, *other;
    wg_var m23, m45, m234, v3, v0, s, n32, constant, label, elsewhere, stale, null;
};

static struct world make_world(void) {
    struct world w = {.tape = wg_tape_new(), .other = wg_tape_new()};
    static const int32_t labels[] = {0, 3};
    w.m23 = wg_variable(w.tape, WG_F64, WG_SHAPE(2, 3), NULL);
    w.m45 = wg_variable(w.tape, WG_F64, WG_SHAPE(4, 5), NULL);
    w.m234 = wg_variable(w.tape, WG_F64, WG_SHAPE(2, 3, 4), NULL);
    w.v3 = wg_variable(w.tape, WG_F64, WG_SHAPE(3), NULL);
    w.v0 = wg_variable(w.tape, WG_F64, WG_SHAPE(0), NULL);
    w.s = wg_variable_scalar(w.tape, WG_F64, 2);
    w.n32 = wg_variable(w.tape, WG_F32, WG_SHAPE(2, 3), NULL);
    w.constant = wg_constant_scalar(w.tape, WG_F64, 2);
    w.label = wg_input(w.tape, WG_I32, WG_SHAPE(2), labels);
    w.elsewhere = wg_variable(w.other, WG_F64, WG_SHAPE(2, 3), NULL);
    const struct wg_mark mark = wg_tape_mark(w.tape);
    w.stale = wg_exp(w.s);
    wg_tape_rewind(w.tape, mark);
    expect_no_failure("world");
    return w;
}

#define HUGE ((int64_t)1 << 40)
/* Code, two words of the text, and the call: the table below lists them, attempt() makes them. */
#define TABLE                                                                                      \
    ROW(SHAPE, "add: shapes (2, 3) and (4, 5)", "broadcast", wg_add(w->m23, w->m45))               \
    ROW(SHAPE, "prelu", "(2, 3)", wg_prelu(w->m45, w->m23))                                        \
    ROW(SHAPE, "mul", "(0)", wg_mul(w->v3, w->v0))                                                 \
    ROW(SHAPE, "matmul", "3 columns", wg_matmul(w->m23, w->m45))                                   \
    ROW(SHAPE, "matmul", "transposed", wg_matmul_transposed(w->m23, 1, w->m45, 0))                 \
    ROW(SHAPE, "matmul", "rank 2", wg_matmul(w->v3, w->m23))                                       \
    ROW(SHAPE, "matmul", "rank 2", wg_matmul(w->s, w->s))                                          \
    ROW(SHAPE, "matmul", "batches",                                                                \
        wg_matmul(wg_input(w->tape, WG_F64, WG_SHAPE(3, 4, 5), NULL),                              \
                  wg_input(w->tape, WG_F64, WG_SHAPE(2, 5, 4), NULL)))                             \
    ROW(ARGUMENT, "matmul", "transpose_x=2", wg_matmul_transposed(w->m23, 2, w->m45, 0))           \
    ROW(SHAPE, "sum: axis 2", "-2 to 1", wg_sum(w->m23, WG_AXES(2), 0))                            \
    ROW(SHAPE, "mean: axis -3", "-2 to 1", wg_mean(w->m23, WG_AXES(-3), 0))                        \
    ROW(SHAPE, "max: axis 0", "()", wg_max(w->s, WG_AXES(0), 0))                                   \
    ROW(SHAPE, "logsumexp", "twice", wg_logsumexp(w->m23, WG_AXES(1, -1), 0))                      \
    ROW(ARGUMENT, "sum", "9 numbers", wg_sum(w->m23, (struct wg_axes){9, {0}}, 0))                 \
    ROW(ARGUMENT, "sum", "axes", wg_sum(w->m23, (struct wg_axes){-4, {0}}, 0))                     \
    ROW(ARGUMENT, "sum: keepdims=3", "0 or 1", wg_sum(w->m23, WG_AXES(0), 3))                      \
    ROW(SHAPE, "max", "no elements", wg_max(w->v0, WG_ALL_AXES, 0))                                \
    ROW(SHAPE, "mean", "no elements", wg_mean(w->v0, WG_ALL_AXES, 0))                              \
    ROW(SHAPE, "softmax: axis 2", "-2 to 1", wg_softmax(w->m23, 2))                                \
    ROW(SHAPE, "softmax", "scalar", wg_softmax(w->s, 0))                                           \
    ROW(SHAPE, "log_softmax: axis -3", "-2 to 1", wg_log_softmax(w->m23, -3))                      \
    ROW(SHAPE, "reshape", "6 elements", wg_reshape(w->m23, WG_SHAPE(4, 2)))                        \
    ROW(SHAPE, "reshape", "-1 at most once", wg_reshape(w->m23, WG_SHAPE(-1, -1)))                 \
    ROW(SHAPE, "reshape", "do not fill", wg_reshape(w->m23, WG_SHAPE(-1, 4)))                      \
    ROW(SHAPE, "reshape", "do not fill", wg_reshape(w->v0, WG_SHAPE(-1, 0)))                       \
    ROW(SHAPE, "reshape", "-2", wg_reshape(w->m23, WG_SHAPE(-2, -3)))                              \
    ROW(SHAPE, "reshape", "expected", wg_reshape(w->m23, WG_SHAPE(HUGE, HUGE)))                    \
    ROW(SHAPE, "reshape", "more elements", wg_reshape(w->v0, WG_SHAPE(0, HUGE, HUGE)))             \
    ROW(ARGUMENT, "reshape: shape", "expected", wg_reshape(w->m23, WG_SHAPE(INT64_MAX)))           \
    ROW(ARGUMENT, "reshape", "9 numbers", wg_reshape(w->m23, (struct wg_shape){9, {6}}))           \
    ROW(ARGUMENT, "reshape", "shape", wg_reshape(w->m23, (struct wg_shape){-1, {6}}))              \
    ROW(SHAPE, "transpose", "each of its 2", wg_transpose(w->m23, WG_AXES(0)))                     \
    ROW(SHAPE, "transpose", "twice", wg_transpose(w->m23, WG_AXES(1, 1)))                          \
    ROW(SHAPE, "transpose: axis 5", NULL, wg_transpose(w->m23, WG_AXES(0, 5)))                     \
    ROW(SHAPE, "slice", "dimension 1", wg_slice(w->m23, WG_SHAPE(0, 2), WG_SHAPE(2, 2)))           \
    ROW(SHAPE, "slice", "begin -1", wg_slice(w->m23, WG_SHAPE(-1, 0), WG_SHAPE(1, 1)))             \
    ROW(SHAPE, "slice", "begin has 1", wg_slice(w->m23, WG_SHAPE(0), WG_SHAPE(1, 1)))              \
    ROW(SHAPE, "slice", "size has 3", wg_slice(w->m23, WG_SHAPE(0, 0), WG_SHAPE(1, 1, 1)))         \
    ROW(SHAPE, "slice", "begin 3", wg_slice(w->m23, WG_SHAPE(3, 0), WG_SHAPE(-1, 1)))              \
    ROW(SHAPE, "broadcast_to", "(2, 3)", wg_broadcast_to(w->m23, WG_SHAPE(3)))                     \
    ROW(SHAPE, "broadcast_to", "(4, 3)", wg_broadcast_to(w->m23, WG_SHAPE(4, 3)))                  \
    ROW(SHAPE, "broadcast_to", "(2, -3)", wg_broadcast_to(w->m23, WG_SHAPE(2, -3)))                \
    ROW(SHAPE, "broadcast_to", "more elements", wg_broadcast_to(w->s, WG_SHAPE(HUGE, HUGE)))       \
    ROW(MEMORY, "arena", "memory", wg_broadcast_to(w->s, WG_SHAPE(HUGE, 256)))                     \
    ROW(SHAPE, "concat: axis 2", "-2 to 1", wg_concat(pair(w->m23, w->m23), 2, 2))                 \
    ROW(SHAPE, "concat: input 1", "(4, 5)", wg_concat(pair(w->m23, w->m45), 2, 0))                 \
    ROW(SHAPE, "concat: input 1", "(3)", wg_concat(pair(w->m23, w->v3), 2, 0))                     \
    ROW(SHAPE, "concat", NULL, wg_concat(pair(w->s, w->s), 2, 0))                                  \
    ROW(ARGUMENT, "concat", "no inputs", wg_concat(pair(w->m23, w->m23), 0, 0))                    \
    ROW(ARGUMENT, "concat", "no inputs", wg_concat(pair(w->m23, w->m23), -1, 0))                   \
    ROW(ARGUMENT, "leaky_relu: negative_slope=-1", "0 to inf", wg_leaky_relu(w->s, -1))            \
    ROW(ARGUMENT, "leaky_relu: negative_slope=nan", NULL, wg_leaky_relu(w->s, NAN))                \
    ROW(SHAPE, "mean_squared_error", "same shape", wg_mean_squared_error(w->m23, w->v3))           \
    ROW(SHAPE, "mean_squared_error", "not empty", wg_mean_squared_error(w->v0, w->v0))             \
    ROW(SHAPE, "binary_cross_entropy", "(3)", wg_binary_cross_entropy(w->v3, w->m23))              \
    ROW(ARGUMENT, "softmax_cross_entropy: label 3", "0 to 2",                                      \
        wg_softmax_cross_entropy(w->m23, w->label))                                                \
    ROW(SHAPE, "softmax_cross_entropy", "(2)", wg_softmax_cross_entropy(w->m45, w->label))         \
    ROW(SHAPE, "softmax_cross_entropy", "()", wg_softmax_cross_entropy(w->s, w->label))            \
    ROW(DTYPE, "softmax_cross_entropy: input 1", "i32", wg_softmax_cross_entropy(w->m23, w->v3))   \
    ROW(DTYPE, "softmax_cross_entropy: input 0", "f32 or f64",                                     \
        wg_softmax_cross_entropy(w->label, w->label))                                              \
    ROW(DTYPE, "add: input 1", "f32, but an earlier one has f64", wg_add(w->m23, w->n32))          \
    ROW(DTYPE, "matmul: input 1", "f64, but an earlier one has f32", wg_matmul(w->n32, w->m234))   \
    ROW(DTYPE, "exp: input 0", "i32", wg_exp(w->label))                                            \
    ROW(ARGUMENT, "sub", "two tapes", wg_sub(w->m23, w->elsewhere))                                \
    ROW(ARGUMENT, "sub", "two tapes", wg_sub(w->elsewhere, w->m23))                                \
    ROW(ARGUMENT, "tanh", "null variable", wg_tanh(w->null))                                       \
    ROW(ARGUMENT, "div", "null variable", wg_div(w->m23, w->null))                                 \
    ROW(STATE, "relu", "stale", wg_relu(w->stale))                                                 \
    ROW(STATE, "pow", "stale", wg_pow(w->s, w->stale))                                             \
    ROW(SHAPE, "wg_input", "rank 9", wg_input(w->tape, WG_F32, (struct wg_shape){9, {1}}, NULL))   \
    ROW(SHAPE, "wg_input", "rank -1", wg_input(w->tape, WG_F32, (struct wg_shape){-1, {1}}, NULL)) \
    ROW(SHAPE, "wg_variable", "dimension", wg_variable(w->tape, WG_F32, WG_SHAPE(2, -3), NULL))    \
    ROW(SHAPE, "wg_variable", "too many",                                                          \
        wg_variable(w->tape, WG_F32, WG_SHAPE(HUGE, HUGE), NULL))                                  \
    ROW(MEMORY, "arena", "memory", wg_variable(w->tape, WG_F32, WG_SHAPE(HUGE, 256), NULL))        \
    ROW(DTYPE, "wg_variable", "i32", wg_variable(w->tape, WG_I32, WG_SHAPE(2), NULL))              \
    ROW(DTYPE, "wg_input", "unknown", wg_input(w->tape, (enum wg_dtype)7, WG_SHAPE(2), NULL))      \
    ROW(DTYPE, "wg_variable_scalar", "i32", wg_variable_scalar(w->tape, WG_I32, 1))                \
    ROW(ARGUMENT, "wg_constant_scalar", "0.5", wg_constant_scalar(w->tape, WG_I32, 0.5))           \
    ROW(ARGUMENT, "wg_constant_scalar", "32 bits", wg_constant_scalar(w->tape, WG_I32, 3e9))       \
    ROW(ARGUMENT, "wg_constant_scalar", "nan", wg_constant_scalar(w->tape, WG_I32, NAN))           \
    ROW(ARGUMENT, "wg_tape_node", "99", wg_tape_node(w->tape, 99))                                 \
    ROW(STATE, "wg_name", "stale", wg_name(w->stale, "x"))                                         \
    ROW(ARGUMENT, "wg_leaf_in_place", "size 7", in_place(w, 7, 3))                                 \
    ROW(ARGUMENT, "wg_leaf_in_place", "size -1", in_place(w, -1, -3))

static const wg_var *pair(wg_var a, wg_var b) {
    static wg_var both[2];
    both[0] = a;
    both[1] = b;
    return both;
}

static wg_var in_place(struct world *w, int64_t size, int64_t dim) {
    static double value[8], gradient[8];
    static unsigned char has_gradient;
    return wg_leaf_in_place(w->tape, (struct wg_tensor){value, size, WG_F64, {1, {dim}}}, gradient,
                            &has_gradient, "in place");
}

#define ROW(code, word, other, call) {#call, word, other, WG_ERROR_##code},
static const struct {
    const char *call, *word, *other;
    enum wg_status code;
} table[] = {TABLE};
#undef ROW

#define ROW(code, word, other, call)                                                               \
    if (row-- == 0) return call;
static wg_var attempt(struct world *w, size_t row) {
    TABLE
    return w->null;
}
#undef ROW

START_TEST(a_wrong_call_gives_the_null_variable_and_the_text) {
    struct world w = make_world();
    for (size_t i = 0; i < ELEMENTS(table); i++) {
        const size_t size = wg_tape_size(w.tape);
        const wg_var v = attempt(&w, i);
        ck_assert_msg(wg_is_null(v), "%s succeeded", table[i].call);
        expect_failure(table[i].call, table[i].code, table[i].word, table[i].other);
        ck_assert_msg(wg_tape_size(w.tape) <= size + 2, "%s left a node", table[i].call);
        ck_assert_int_eq(wg_forward(w.tape), WG_OK);
        ck_assert_int_eq(wg_backward(wg_square(w.s)), WG_OK); /* the tape goes on */
        ck_assert_double_eq(wg_gradient_item(w.s), 4);
    }
    wg_tape_free(w.tape);
    wg_tape_free(w.other);
}
END_TEST

START_TEST(an_error_passes_through_a_chain) {
    struct world w = make_world();
    const size_t size = wg_tape_size(w.tape);
    const wg_var y = wg_sum(wg_exp(wg_add(w.m23, w.m45)), WG_ALL_AXES, 0);
    ck_assert(wg_is_null(y));
    ck_assert_int_ne(wg_backward(y), WG_OK);
    ck_assert(isnan(wg_item(y)));
    expect_failure("the first", WG_ERROR_SHAPE, "add", "(4, 5)");
    ck_assert_uint_eq(wg_tape_size(w.tape), size);
    wg_tape_free(w.tape);
    wg_tape_free(w.other);
}
END_TEST

START_TEST(backward_of_what_has_no_gradient) {
    struct world w = make_world();
    ck_assert_int_eq(wg_backward(w.m23), WG_ERROR_SHAPE);
    expect_failure("not a scalar", WG_ERROR_SHAPE, "wg_backward", "(2, 3)");
    ck_assert_int_eq(wg_backward(wg_exp(w.constant)), WG_ERROR_ARGUMENT);
    expect_failure("a constant", WG_ERROR_ARGUMENT, "wg_backward", "constant");
    ck_assert_int_eq(wg_backward(w.label), WG_ERROR_ARGUMENT);
    expect_failure("an input", WG_ERROR_ARGUMENT, "wg_backward", "constant");
    ck_assert_int_eq(wg_backward(w.null), WG_ERROR_ARGUMENT);
    expect_failure("null", WG_ERROR_ARGUMENT, "wg_backward", "null variable");
    ck_assert_int_ne(wg_backward(w.stale), WG_OK);
    expect_failure("stale", WG_ERROR_STATE, "wg_backward", "stale");
    ck_assert_int_eq(wg_backward_from(w.m23, NULL), WG_ERROR_ARGUMENT);
    expect_failure("no gradient", WG_ERROR_ARGUMENT, "wg_backward_from", "NULL");
    ck_assert_int_eq(wg_backward(w.v0), WG_ERROR_SHAPE);
    expect_failure("empty", WG_ERROR_SHAPE, "wg_backward", "(0)");
    ck_assert_ptr_null(wg_gradient(w.constant).data);
    expect_failure("gradient", WG_ERROR_ARGUMENT, "wg_gradient", "input");
    ck_assert_ptr_null(wg_gradient(w.s).data);
    expect_failure("gradient", WG_ERROR_STATE, "wg_gradient", "backward");
    ck_assert(isnan(wg_item(w.m23)));
    expect_failure("item", WG_ERROR_SHAPE, "wg_item", "6 elements");
    wg_tape_free(w.tape);
    wg_tape_free(w.other);
}
END_TEST

/* New labels are checked before any kernel uses them: by replay, backward and tangent. */
START_TEST(labels_outside_the_classes) {
    static const int32_t wrong[] = {-1, 3, INT32_MIN, INT32_MAX};
    struct world w = make_world();
    const int32_t good[] = {0, 2};
    double ty;
    const double direction[6] = {1};
    const void *directions[] = {direction};
    wg_set(w.label, good);
    const wg_var loss = wg_softmax_cross_entropy(w.m23, w.label);
    expect_no_failure("good labels");
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        const int32_t labels[] = {1, wrong[i]};
        ck_assert_int_eq(wg_set(w.label, labels), WG_OK);
        ck_assert_int_eq(wg_forward(w.tape), WG_ERROR_ARGUMENT);
        expect_failure("forward", WG_ERROR_ARGUMENT, "softmax_cross_entropy: label", "sample 1");
        ck_assert_int_eq(wg_backward(loss), WG_ERROR_ARGUMENT);
        expect_failure("backward", WG_ERROR_ARGUMENT, "softmax_cross_entropy: label", "0 to 2");
        ck_assert_int_eq(wg_tangent(loss, &ty, 1, &w.m23, directions), WG_ERROR_ARGUMENT);
        expect_failure("tangent", WG_ERROR_ARGUMENT, "softmax_cross_entropy: label", "0 to 2");
    }
    wg_set(w.label, good);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    wg_tape_free(w.tape);
    wg_tape_free(w.other);
}
END_TEST

START_TEST(marks_of_another_time_or_tape) {
    struct world w = make_world();
    const struct wg_mark here = wg_tape_mark(w.tape);
    for (int i = 0; i < 5; i++) wg_exp(w.s);
    const struct wg_mark later = wg_tape_mark(w.tape);
    ck_assert_int_eq(wg_tape_rewind(w.tape, here), WG_OK);
    ck_assert_int_eq(wg_tape_rewind(w.tape, later), WG_ERROR_STATE); /* past the end */
    expect_failure("past the end", WG_ERROR_STATE, "wg_tape_rewind", "stale mark");
    for (int i = 0; i < 9; i++) wg_tanh(w.m234);
    ck_assert_int_eq(wg_tape_rewind(w.tape, later), WG_ERROR_STATE); /* in the middle of others */
    expect_failure("of another time", WG_ERROR_STATE, "wg_tape_rewind", "stale mark");
    ck_assert_int_eq(wg_tape_rewind(w.other, here), WG_ERROR_ARGUMENT);
    expect_failure("of another tape", WG_ERROR_ARGUMENT, "wg_tape_rewind", "another tape");
    const struct wg_mark none = {0};
    ck_assert_int_eq(wg_tape_rewind(w.tape, none), WG_ERROR_ARGUMENT);
    expect_failure("of none", WG_ERROR_ARGUMENT, "wg_tape_rewind", "mark");
    ck_assert_int_eq(wg_forward(w.tape), WG_OK);
    wg_tape_free(w.tape);
    wg_tape_free(w.other);
}
END_TEST

START_TEST(tangents_of_what_has_none) {
    struct world w = make_world();
    const double direction[6] = {1};
    double ty[24];
    const void *directions[] = {direction, direction};
    const wg_var y = wg_exp(w.m23), both[] = {w.m23, w.elsewhere};
    ck_assert_int_eq(wg_tangent(y, ty, 1, &y, directions), WG_ERROR_ARGUMENT);
    expect_failure("not a leaf", WG_ERROR_ARGUMENT, "wg_tangent", "not a leaf");
    ck_assert_int_eq(wg_tangent(y, ty, 1, &w.label, directions), WG_ERROR_ARGUMENT);
    expect_failure("i32", WG_ERROR_ARGUMENT, "wg_tangent", "f32 or f64");
    ck_assert_int_eq(wg_tangent(y, ty, 2, both, directions), WG_ERROR_ARGUMENT);
    expect_failure("two tapes", WG_ERROR_ARGUMENT, "wg_tangent", "two tapes");
    ck_assert_int_eq(wg_tangent(y, ty, -1, both, directions), WG_ERROR_ARGUMENT);
    expect_failure("negative", WG_ERROR_ARGUMENT, "wg_tangent", "negative");
    ck_assert_int_ne(wg_tangent(w.stale, ty, 1, both, directions), WG_OK);
    expect_failure("stale", WG_ERROR_STATE, "wg_tangent", "stale");
    wg_tape_free(w.tape);
    wg_tape_free(w.other);
}
END_TEST

/* Attributes as text, as programs give them. */
static const struct {
    const char *op, *attribute, *text, *word;
} texts[] = {
    {"leaky_relu", "negative_slope", "-0.1", "negative_slope=-0.1"},
    {"leaky_relu", "negative_slope", "0.1x", "a number from 0 to inf"},
    {"leaky_relu", "negative_slope", "", "expected"},
    {"leaky_relu", "negative_slope", " 1", "expected"},
    {"leaky_relu", "negative_slope", "1,2", "expected"},
    {"leaky_relu", "alpha", "1", "it has: negative_slope"},
    {"tanh", "alpha", "1", "it has: none"},
    {"sum", "axes", "1,", "axes=1,"},
    {"sum", "axes", "0.5", "whole numbers"},
    {"sum", "axes", "1e300", "whole numbers"},
    {"sum", "axes", "0,1,2,3,4,5,6,7,8", "axes"},
    {"sum", "keepdims", "2", "0 or 1"},
    {"concat", "axis", "inf", "whole number"},
};

START_TEST(absurd_attributes_are_named) {
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const struct wg_op *op = wg_find_op(texts[i].op);
        wg_op_defaults(op, slots);
        double before[ELEMENTS(slots)];
        const size_t bytes = (size_t)wg_op_attribute_slots(op) * sizeof *slots;
        memcpy(before, slots, bytes);
        ck_assert_int_eq(wg_op_set(op, slots, texts[i].attribute, texts[i].text),
                         WG_ERROR_ARGUMENT);
        expect_failure(texts[i].text, WG_ERROR_ARGUMENT, texts[i].op, texts[i].word);
        ck_assert_int_eq(memcmp(before, slots, bytes), 0);
    }
    static const double counts[] = {NAN, -2, 9, 1.5, INFINITY, -0.5};
    const struct wg_op *sum = wg_find_op("sum");
    for (size_t i = 0; i < ELEMENTS(counts); i++) {
        wg_op_defaults(sum, slots);
        slots[0] = counts[i];
        ck_assert_int_eq(wg_op_check_attributes(sum, slots), WG_ERROR_ARGUMENT);
        expect_failure("count", WG_ERROR_ARGUMENT, "sum: axes", "at most 8");
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_wrong_call_gives_the_null_variable_and_the_text,
                                  an_error_passes_through_a_chain,
                                  backward_of_what_has_no_gradient,
                                  labels_outside_the_classes,
                                  marks_of_another_time_or_tape,
                                  tangents_of_what_has_none,
                                  absurd_attributes_are_named};
    return run_suite("misuse", tests, ELEMENTS(tests));
}
