/* The tape: replay, rewind, stale variables, accumulation, tangents, printing, threads. */
#define _POSIX_C_SOURCE 200809L
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

/* Inner products of forward and reverse mode: sums of some ten rounded terms of size one. */
#define IDENTITY_TOLERANCE 1e-14

enum { BATCH = 4, IN = 3, HIDDEN = 5, CLASSES = 3 };

/* A small classifier with everything on its way: broadcast, matmul, PReLU, shapes, loss. */
struct network {
    wg_tape *tape;
    wg_var x, w1, b1, alpha, w2, label, loss;
};

static void draw(double *to, int n, uint64_t seed) {
    struct wg_random r = wg_random_make(seed, 9);
    for (int i = 0; i < n; i++) to[i] = wg_random_uniform(&r, -1, 1);
}

static struct network record(wg_tape *tape, uint64_t seed) {
    struct network n = {.tape = tape};
    double data[64];
    const int32_t labels[BATCH] = {0, 2, 1, 2};
    draw(data, 64, seed);
    n.x = wg_input(tape, WG_F64, WG_SHAPE(BATCH, IN), data);
    n.label = wg_input(tape, WG_I32, WG_SHAPE(BATCH), labels);
    n.w1 = wg_variable(tape, WG_F64, WG_SHAPE(IN, HIDDEN), data + 12);
    n.b1 = wg_variable(tape, WG_F64, WG_SHAPE(HIDDEN), data + 27);
    n.alpha = wg_variable(tape, WG_F64, WG_SHAPE(HIDDEN), data + 32);
    n.w2 = wg_variable(tape, WG_F64, WG_SHAPE(HIDDEN, CLASSES), data + 37);
    wg_var h = wg_prelu(wg_add(wg_matmul(n.x, n.w1), n.b1), n.alpha);
    h = wg_reshape(wg_transpose(wg_tanh(h), WG_AXES(1, 0)), WG_SHAPE(HIDDEN, BATCH));
    n.loss = wg_softmax_cross_entropy(wg_matmul_transposed(h, 1, n.w2, 0), n.label);
    expect_no_failure("record");
    return n;
}

/* The loss and all gradients, one after the other. */
static int results(const struct network *n, double *to) {
    const wg_var v[] = {n->w1, n->b1, n->alpha, n->w2};
    int count = 0;
    ck_assert_int_eq(wg_backward(n->loss), WG_OK);
    to[count++] = wg_item(n->loss);
    for (size_t i = 0; i < ELEMENTS(v); i++) {
        const struct wg_tensor g = wg_gradient(v[i]);
        memcpy(to + count, g.data, (size_t)g.size * sizeof *to);
        count += (int)g.size;
    }
    return count;
}

START_TEST(a_replay_has_the_bits_of_a_recording) {
    double recorded[64], replayed[64], other[64], data[64];
    wg_tape *tape = wg_tape_new(), *again = wg_tape_new();
    const struct network first = record(tape, 1), second = record(again, 2);
    const int n = results(&first, recorded);
    ck_assert_int_eq(results(&second, other), n);
    ck_assert_mem_ne(recorded, other, (size_t)n * sizeof *recorded);
    draw(data, 64, 1); /* the second tape with the first one's data */
    wg_set(second.x, data);
    wg_set(second.w1, data + 12);
    wg_set(second.b1, data + 27);
    wg_set(second.alpha, data + 32);
    wg_set(second.w2, data + 37);
    ck_assert_double_eq(wg_item(second.loss), other[0]); /* until the replay */
    ck_assert_int_eq(wg_forward(again), WG_OK);
    results(&second, replayed);
    ck_assert_mem_eq(recorded, replayed, (size_t)n * sizeof *recorded);
    expect_no_failure("replay");
    wg_tape_free(tape);
    wg_tape_free(again);
}
END_TEST

START_TEST(a_rewound_tape_records_anew) {
    double first[64], again[64];
    wg_tape *tape = wg_tape_new();
    const struct wg_mark empty = wg_tape_mark(tape);
    int n = 0;
    for (int round = 0; round < 5; round++) {
        const struct network net = record(tape, 3);
        n = results(&net, round ? again : first);
        ck_assert(round == 0 || memcmp(first, again, (size_t)n * sizeof *first) == 0);
        ck_assert_int_eq(wg_tape_rewind(tape, empty), WG_OK);
        ck_assert_uint_eq(wg_tape_size(tape), 0);
        for (int k = 0; k < round * 40; k++)
            wg_variable_scalar(tape, WG_F32, k); /* another graph */
        ck_assert_int_eq(wg_tape_rewind(tape, empty), WG_OK);
    }
    expect_no_failure("rewind");
    wg_tape_free(tape);
}
END_TEST

START_TEST(variables_past_a_mark_go_stale) {
    wg_tape *tape = wg_tape_new();
    const wg_var kept = wg_variable_scalar(tape, WG_F64, 2);
    const struct wg_mark mark = wg_tape_mark(tape);
    const wg_var gone = wg_square(kept);
    const struct wg_mark past = wg_tape_mark(tape);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert(wg_is_null(wg_exp(gone)));
    expect_failure("a stale input", WG_ERROR_STATE, "exp", "stale");
    const wg_var place = wg_exp(kept); /* takes gone's place */
    ck_assert_uint_eq(place.index, gone.index);
    ck_assert_ptr_null(wg_value(gone).data);
    expect_failure("a stale value", WG_ERROR_STATE, "wg_value", "stale");
    ck_assert_int_ne(wg_backward(gone), WG_OK);
    expect_failure("a stale result", WG_ERROR_STATE, "wg_backward", "stale");
    ck_assert_int_eq(wg_tape_rewind(tape, past), WG_ERROR_STATE);
    expect_failure("a stale mark", WG_ERROR_STATE, "wg_tape_rewind", "stale");
    ck_assert_double_eq(wg_item(place), exp(2));
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert_double_eq(wg_item(kept), 2);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_name_given_after_a_mark_goes_with_it) {
    wg_tape *tape = wg_tape_new();
    char *text = NULL;
    size_t size = 0;
    const wg_var x = wg_name(wg_variable_scalar(tape, WG_F64, 1), "before");
    const wg_var z = wg_variable_scalar(tape, WG_F64, 2);
    const struct wg_mark mark = wg_tape_mark(tape);
    wg_name(z, "after");
    wg_name(x, "renamed");
    wg_tape_rewind(tape, mark);
    for (int i = 0; i < 50; i++)
        wg_name(wg_variable_scalar(tape, WG_F64, i), "overwrites the memory");
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(wg_tape_print(tape, out), WG_OK);
    fclose(out);
    const char *expected = "v0 = variable  f64 ()  value 1\nv1 = variable  f64 ()  value 2\n";
    ck_assert_int_eq(strncmp(text, expected, strlen(expected)), 0);
    free(text);
    wg_tape_free(tape);
}
END_TEST

START_TEST(every_use_of_a_variable_counts) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable_scalar(tape, WG_F64, 3), a = wg_variable_scalar(tape, WG_F64, 5);
    wg_backward(wg_mul(x, x));
    ck_assert_double_eq(wg_gradient_item(x), 6);
    wg_backward(wg_mul(wg_square(x), wg_neg(x))); /* a diamond: -x^3 */
    ck_assert_double_eq(wg_gradient_item(x), -27);
    wg_backward(wg_add(wg_add(x, x), wg_add(x, a)));
    ck_assert_double_eq(wg_gradient_item(x), 3);
    ck_assert_double_eq(wg_gradient_item(a), 1);
    wg_backward(wg_sub(x, x));
    ck_assert_double_eq(wg_gradient_item(x), 0);
    const wg_var both[] = {x, x, a};
    wg_var rows[3];
    for (int i = 0; i < 3; i++) rows[i] = wg_reshape(both[i], WG_SHAPE(1));
    const double dy[] = {1, 10, 100};
    wg_backward_from(wg_concat(rows, 3, 0), dy);
    ck_assert_double_eq(wg_gradient_item(x), 11);
    ck_assert_double_eq(wg_gradient_item(a), 100);
    const double matrix[] = {1, 2, 3, 4};
    const wg_var m = wg_variable(tape, WG_F64, WG_SHAPE(2, 2), matrix);
    wg_backward(wg_sum(wg_matmul(m, m), WG_ALL_AXES, 0)); /* row sums of m^T plus column sums */
    const double *dm = wg_gradient(m).data;
    const double expected[] = {7, 11, 9, 13};
    for (int i = 0; i < 4; i++) ck_assert_double_eq(dm[i], expected[i]);
    expect_no_failure("uses");
    wg_tape_free(tape);
}
END_TEST

START_TEST(parameters_accumulate_until_they_are_zeroed) {
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w", WG_SCALAR);
    wg_param_fill(params, 0, 4);
    wg_tape *tape = wg_tape_new(), *other = wg_tape_new();
    const wg_var w = wg_parameter(tape, params, 0), x = wg_variable_scalar(tape, WG_F64, 2);
    const wg_var y = wg_mul(wg_square(w), x);
    const double *gradient = wg_param_gradient(params, 0).data;
    for (int round = 1; round <= 3; round++) {
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_double_eq(*gradient, 16 * round);
        ck_assert_double_eq(wg_gradient_item(x), 16); /* a variable's is computed afresh */
    }
    wg_backward(wg_square(wg_parameter(other, params, 0)));
    ck_assert_double_eq(*gradient, 48 + 8);
    wg_backward(w); /* the parameter itself as the result */
    ck_assert_double_eq(*gradient, 57);
    ck_assert_int_eq(wg_zero_gradients(params), WG_OK);
    ck_assert_double_eq(*gradient, 0);
    wg_backward(y);
    ck_assert_double_eq(*gradient, 16);
    ((double *)wg_param_value(params, 0).data)[0] = 1;
    wg_forward(tape);
    ck_assert_double_eq(wg_item(y), 2);
    expect_no_failure("parameters");
    wg_tape_free(tape);
    wg_tape_free(other);
    wg_params_free(params);
}
END_TEST

START_TEST(an_unreached_variable_has_a_zero_gradient) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable_scalar(tape, WG_F64, 3),
                 unused = wg_variable_scalar(tape, WG_F64, 4);
    const wg_var y = wg_exp(x), aside = wg_square(unused);
    wg_backward(aside);
    ck_assert_double_eq(wg_gradient_item(unused), 8);
    wg_backward(y);
    ck_assert_double_eq(wg_gradient_item(unused), 0);
    ck_assert_double_eq(wg_gradient_item(aside), 0);
    ck_assert_double_eq(wg_gradient_item(x), wg_item(y));
    expect_no_failure("unreached");
    wg_variable_scalar(tape, WG_F64, 1);
    const wg_var late = wg_tape_node(tape, 4);
    ck_assert(isnan(wg_gradient_item(late)));
    expect_failure("a variable after the backward", WG_ERROR_STATE, "wg_gradient", NULL);
    wg_tape_free(tape);
}
END_TEST

START_TEST(backward_from_takes_any_gradient) {
    wg_tape *tape = wg_tape_new();
    const float data[] = {1, 2, 3}, dy[] = {10, 100, 1000};
    const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(3), data);
    const wg_var y = wg_square(x);
    ck_assert_int_eq(wg_backward_from(y, dy), WG_OK);
    const float *dx = wg_gradient(x).data;
    for (int i = 0; i < 3; i++) ck_assert_float_eq(dx[i], 2 * data[i] * dy[i]);
    ck_assert_int_eq(wg_backward(y), WG_ERROR_SHAPE);
    expect_failure("no gradient given", WG_ERROR_SHAPE, "(3)", "wg_backward_from");
    ck_assert_int_eq(wg_backward_from(x, dy), WG_OK); /* a leaf is its own result */
    ck_assert_float_eq(((const float *)wg_gradient(x).data)[2], 1000);
    wg_tape_free(tape);
}
END_TEST

/* <dy, J u> = <J^T dy, u> for random directions u of all leaves. */
START_TEST(tangents_and_gradients_agree) {
    wg_tape *tape = wg_tape_new();
    const struct network n = record(tape, 7);
    const wg_var v[] = {n.w1, n.b1, n.alpha, n.w2};
    double u[64], ty = NAN, sum = 0;
    const void *directions[ELEMENTS(v)];
    draw(u, 64, 8);
    for (int i = 0; i < (int)ELEMENTS(v); i++) directions[i] = u + 13 * i;
    ck_assert_int_eq(wg_tangent(n.loss, &ty, ELEMENTS(v), v, directions), WG_OK);
    wg_backward(n.loss);
    for (size_t i = 0; i < ELEMENTS(v); i++) {
        const struct wg_tensor g = wg_gradient(v[i]);
        for (int64_t k = 0; k < g.size; k++)
            sum += ((const double *)g.data)[k] * u[13 * (int64_t)i + k];
    }
    ck_assert_msg(fabs(ty - sum) <= IDENTITY_TOLERANCE, "forward %.17g, reverse %.17g", ty, sum);
    ck_assert_double_gt(fabs(ty), 1e-3);
    directions[0] = directions[1] = directions[2] = directions[3] = NULL;
    ck_assert_int_eq(wg_tangent(n.loss, &ty, ELEMENTS(v), v, directions), WG_OK);
    ck_assert_double_eq(ty, 0);
    double row[HIDDEN];
    directions[1] = u; /* of a leaf itself */
    ck_assert_int_eq(wg_tangent(n.b1, row, 2, v, directions), WG_OK);
    ck_assert_mem_eq(row, u, sizeof row);
    expect_no_failure("tangents");
    wg_tape_free(tape);
}
END_TEST

START_TEST(many_inputs_are_joined) {
    enum { INPUTS = 20 };
    wg_tape *tape = wg_tape_new();
    wg_var x[2 * INPUTS];
    double dy[2 * INPUTS];
    for (int i = 0; i < 2 * INPUTS; i++) {
        const double value = i;
        x[i] = wg_variable(tape, WG_F64, WG_SHAPE(1, 1), &value);
        dy[i] = i < INPUTS ? 1 + i : -i;
    }
    for (int i = 0; i < INPUTS; i++) x[INPUTS + i] = x[i]; /* each twice: gradients add up */
    const wg_var y = wg_concat(x, 2 * INPUTS, 1);
    const double *joined = wg_value(y).data;
    for (int i = 0; i < 2 * INPUTS; i++) ck_assert_double_eq(joined[i], i % INPUTS);
    ck_assert_int_eq(wg_backward_from(y, dy), WG_OK);
    for (int i = 0; i < INPUTS; i++)
        ck_assert_double_eq(wg_gradient_item(x[i]), dy[i] + dy[INPUTS + i]);
    expect_no_failure("concat");
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Printing */

static char *printed(const wg_tape *tape) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(wg_tape_print(tape, out), WG_OK);
    fclose(out);
    return text;
}

START_TEST(a_tape_prints_as_expected) {
    static const char *const before = "x = input  f64 (2, 3)  value [1 -2 0.1 nan inf -0]\n"
                                      "s = variable  f32 ()  value 0.1\n"
                                      "v2 = input  i32 (2)  value [7 -8]\n"
                                      "v3 = sum(x) axes=1,-2 keepdims=1  f64 (1, 1)  value [nan]\n"
                                      "y = leaky_relu(s)  f32 ()  value 0.1\n"
                                      "v5 = leaky_relu(y) negative_slope=0.01  f32 ()  value 0.1\n"
                                      "v6 = input  f32 (3, 3)\n";
    static const char *const after =
        "x = input  f64 (2, 3)  value [1 -2 0.1 nan inf -0]\n"
        "s = variable  f32 ()  value 0.1  gradient 1\n"
        "v2 = input  i32 (2)  value [7 -8]\n"
        "v3 = sum(x) axes=1,-2 keepdims=1  f64 (1, 1)  value [nan]\n"
        "y = leaky_relu(s)  f32 ()  value 0.1  gradient 1\n"
        "v5 = leaky_relu(y) negative_slope=0.01  f32 ()  value 0.1  gradient 1\n"
        "v6 = input  f32 (3, 3)\n";
    const double data[] = {1, -2, 0.1, NAN, INFINITY, -0.0};
    const int32_t whole[] = {7, -8};
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_name(wg_input(tape, WG_F64, WG_SHAPE(2, 3), data), "x");
    const wg_var s = wg_name(wg_variable_scalar(tape, WG_F32, 0.1), "s");
    wg_input(tape, WG_I32, WG_SHAPE(2), whole);
    wg_sum(x, WG_AXES(1, -2), 1);
    const wg_var y = wg_leaky_relu(wg_name(wg_leaky_relu(s, 0.2), "y"), 0.01);
    wg_input(tape, WG_F32, WG_SHAPE(3, 3), NULL);
    char *first = printed(tape), *second = printed(tape);
    ck_assert_str_eq(first, before);
    ck_assert_str_eq(second, before);
    wg_backward(y);
    char *third = printed(tape);
    ck_assert_str_eq(third, after);
    free(first);
    free(second);
    free(third);
    expect_no_failure("printing");
    wg_tape_free(tape);
}
END_TEST

START_TEST(shortest_decimals_read_back) {
    static const struct {
        double value;
        const char *narrow, *wide;
    } rows[] = {{0.1, "0.1", "0.1"},
                {-0.0, "-0", "-0"},
                {1e23, "1e+23", "1e+23"},
                {INFINITY, "inf", "inf"},
                {-NAN, "nan", "nan"},
                {5e-324, "0", "5e-324"},
                {16777216, "16777216", "16777216"},
                {0.30000000000000004, "0.3", "0.30000000000000004"}};
    char text[32];
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        ck_assert_str_eq(wg_shortest_f32((float)rows[i].value, text, sizeof text), rows[i].narrow);
        ck_assert_str_eq(wg_shortest_f64(rows[i].value, text, sizeof text), rows[i].wide);
    }
    struct wg_random r = wg_random_make(1, 1);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = wg_random_u64(&r);
        double x;
        memcpy(&x, &bits, sizeof x);
        const float f = (float)x;
        if (isnan(x)) continue;
        ck_assert(strtod(wg_shortest_f64(x, text, sizeof text), NULL) == x);
        ck_assert(strtof(wg_shortest_f32(f, text, sizeof text), NULL) == f);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Threads */

enum { THREADS = 4, ROUNDS = 200 };

struct work {
    double expected[64];
    int right;
};

static void *train(void *work_) {
    struct work *work = work_;
    wg_tape *tape = wg_tape_new();
    const struct wg_mark empty = wg_tape_mark(tape);
    work->right = 1;
    for (int i = 0; i < ROUNDS && work->right; i++) {
        double got[64];
        wg_tape_rewind(tape, empty);
        const struct network n = record(tape, 5);
        const int count = results(&n, got);
        work->right = memcmp(got, work->expected, (size_t)count * sizeof *got) == 0;
        wg_add(n.w1, n.w2); /* a failure of this thread alone */
        work->right = work->right && wg_error_status() == WG_ERROR_SHAPE;
        wg_clear_error();
    }
    wg_tape_free(tape);
    return NULL;
}

START_TEST(tapes_in_several_threads_do_not_meet) {
    struct work work[THREADS];
    pthread_t thread[THREADS];
    wg_tape *tape = wg_tape_new();
    const struct network n = record(tape, 5);
    results(&n, work[0].expected);
    for (int i = 1; i < THREADS; i++) work[i] = work[0];
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, train, &work[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        ck_assert_msg(work[i].right, "thread %d computed something else", i);
    }
    expect_no_failure("the main thread");
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_replay_has_the_bits_of_a_recording,
                                  a_rewound_tape_records_anew,
                                  variables_past_a_mark_go_stale,
                                  a_name_given_after_a_mark_goes_with_it,
                                  every_use_of_a_variable_counts,
                                  parameters_accumulate_until_they_are_zeroed,
                                  an_unreached_variable_has_a_zero_gradient,
                                  backward_from_takes_any_gradient,
                                  tangents_and_gradients_agree,
                                  many_inputs_are_joined,
                                  a_tape_prints_as_expected,
                                  shortest_decimals_read_back,
                                  tapes_in_several_threads_do_not_meet};
    return run_suite("tape", tests, ELEMENTS(tests));
}
