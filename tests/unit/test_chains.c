/* Chains: a replay that takes slices of the batch through several nodes, and keeps what is inside
 * layers for a slice alone, gives the bits of node after node. */
#include "support/suite.h"

#include "nn/params.h"
#include "tape/tape.h"
#include "wengert/system.h"
#include "wengert/wengert.h"

#include <math.h>

/* A batch that is no multiple of a slice, of images so large that there are several. */
enum { BATCH = 37, SIDE = 22, CHANNELS = 3, CLASSES = 4, MOST_RESULTS = 12 };

/* Everything that a chain may meet: hidden values (conv2d's, relu's input), kept ones (elu's), a
 * value that is used twice, a view, windows that overlap, an input read whole. */
static wg_var branched(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var h =
        wg_call(pass, wg_conv2d(.filters = 8, .kernel_size = {3, 3}, .activation = "relu"), x[0]);
    h = wg_call(pass, wg_max_pooling2d(.pool_size = {2, 2}), h);
    wg_var g = wg_call(
        pass,
        wg_conv2d(.filters = 24, .kernel_size = {3, 3}, .padding = "same", .activation = "elu"), h);
    g = wg_mul(wg_tanh(g), wg_add(g, g));
    g = wg_call(pass, wg_prelu_layer(.shared_axes = WG_AXES(1, 2)), g);
    g = wg_reshape(g, WG_SHAPE(wg_value(g).shape.dim[0], 20, 5, 24));
    g = wg_call(pass, wg_max_pooling2d(.pool_size = {3, 3}, .strides = {1, 1}), g);
    h = wg_call(pass, wg_flatten(), g);
    return wg_call(pass, wg_dense(.units = CLASSES), h);
}

static wg_model *make_model(bool sequence, enum wg_dtype dtype) {
    const struct wg_model_options options = {.input = {{WG_SHAPE(SIDE, SIDE, CHANNELS), dtype}},
                                             .dtype = dtype,
                                             .seed = 3,
                                             .forward = sequence ? NULL : branched};
    const char *layers = "conv2d 8 3x3 relu; max_pooling2d; conv2d 16 3x3 elu; flatten; dense 4";
    return sequence ? wg_sequential_from_text(options, layers) : wg_model_new(options);
}

struct net {
    wg_model *model;
    wg_tape *tape;
    wg_pass *pass;
    wg_var x, y, loss;
};

static void fill(wg_var v, uint64_t seed) {
    struct wg_random r = wg_random_make(seed, 0);
    struct wg_tensor t = wg_value(v);
    for (int64_t i = 0; i < t.size; i++) wg_set_element(&t, i, wg_random_uniform(&r, -1, 1));
}

static struct net record(bool sequence, enum wg_dtype dtype, enum wg_mode mode, uint64_t seed) {
    struct net n = {.model = make_model(sequence, dtype), .tape = wg_tape_new()};
    n.pass = wg_pass_new(n.model, n.tape, mode);
    n.x = wg_input(n.tape, dtype, WG_SHAPE(BATCH, SIDE, SIDE, CHANNELS), NULL);
    fill(n.x, seed);
    int32_t labels[BATCH];
    for (int i = 0; i < BATCH; i++) labels[i] = i * 7 % CLASSES;
    const wg_var target = wg_input(n.tape, WG_I32, WG_SHAPE(BATCH), labels);
    n.y = wg_pass_record(n.pass, &n.x);
    n.loss = wg_softmax_cross_entropy(n.y, target);
    expect_no_failure("record");
    return n;
}

static void free_net(struct net *n) {
    wg_pass_free(n->pass);
    wg_tape_free(n->tape);
    wg_model_free(n->model);
}

static bool same(struct wg_tensor a, struct wg_tensor b) {
    return a.size == b.size && a.data && b.data &&
           memcmp(a.data, b.data, (size_t)a.size * wg_dtype_size(a.dtype)) == 0;
}

static void expect_same_step(const struct net *a, const struct net *b, const char *what) {
    ck_assert_msg(same(wg_value(a->y), wg_value(b->y)), "%s: values differ", what);
    ck_assert_msg(same(wg_value(a->loss), wg_value(b->loss)), "%s: losses differ", what);
    for (int i = 0; i < wg_params_count(wg_model_params(a->model)); i++) {
        ck_assert_msg(same(wg_param_gradient(wg_model_params(a->model), i),
                           wg_param_gradient(wg_model_params(b->model), i)),
                      "%s: gradients of parameter %d differ", what, i);
    }
    expect_no_failure(what);
}

static void expect_chains(const struct net *n, bool hidden) {
    ck_assert_uint_gt(n->tape->chains.count, 0);
    bool any = false;
    for (size_t i = 0; i < n->tape->count; i++) any = any || n->tape->node[i]->hidden;
    ck_assert_int_eq(any, hidden);
}

static void back(struct net *n) {
    wg_zero_gradients(wg_model_params(n->model));
    ck_assert_int_eq(wg_backward(n->loss), WG_OK);
}

START_TEST(slices_have_the_bits_of_the_whole) {
    const int threads[] = {1, 2, 3, 5};
    for (int k = 0; k < 4; k++) {
        const bool sequence = k & 1;
        const enum wg_dtype dtype = k & 2 ? WG_F64 : WG_F32;
        wg_set_threads(1);
        struct net plain = record(sequence, dtype, WG_TRAINING, 1);
        struct net other = record(sequence, dtype, WG_TRAINING, 2);
        back(&plain);
        ck_assert_uint_eq(plain.tape->chains.count, 0); /* recorded, not replayed */
        ck_assert(!same(wg_value(plain.y), wg_value(other.y)));
        fill(other.x, 1);
        for (size_t t = 0; t < ELEMENTS(threads); t++) {
            wg_set_threads(threads[t]);
            for (int again = 0; again < 2; again++) {
                ck_assert_int_eq(wg_forward(other.tape), WG_OK);
                expect_chains(&other, true);
                back(&other);
                expect_same_step(&plain, &other, sequence ? "sequence" : "branched");
            }
        }
        free_net(&plain);
        free_net(&other);
    }
}
END_TEST

/* Inference, where no gradient needs anything. */
START_TEST(predictions_have_the_same_bits) {
    wg_set_threads(2);
    struct net plain = record(true, WG_F32, WG_INFERENCE, 1);
    struct net other = record(true, WG_F32, WG_INFERENCE, 2);
    fill(other.x, 1);
    ck_assert_int_eq(wg_forward(other.tape), WG_OK);
    expect_chains(&other, true);
    ck_assert(same(wg_value(plain.y), wg_value(other.y)));
    free_net(&plain);
    free_net(&other);
}
END_TEST

START_TEST(hidden_values_come_back_when_they_are_asked_for) {
    struct net plain = record(true, WG_F32, WG_TRAINING, 1);
    struct net other = record(true, WG_F32, WG_TRAINING, 2);
    fill(other.x, 1);
    ck_assert_int_eq(wg_forward(other.tape), WG_OK);
    back(&other);
    size_t hidden = 0, gradients = 0;
    for (size_t i = 0; i < other.tape->count; i++) hidden += other.tape->node[i]->hidden;
    for (size_t i = other.tape->count; i-- > 0;) {
        ck_assert_msg(
            same(wg_value(wg_tape_node(plain.tape, i)), wg_value(wg_tape_node(other.tape, i))),
            "node %zu", i);
        if (!other.tape->node[i]->hidden_gradient) continue;
        gradients++;
        ck_assert_ptr_null(wg_gradient(wg_tape_node(other.tape, i)).data);
        expect_failure("a hidden gradient", WG_ERROR_STATE, "wg_gradient", "not kept");
    }
    ck_assert_uint_gt(hidden, 1);
    ck_assert_uint_gt(gradients, 0);
    free_net(&plain);
    free_net(&other);
}
END_TEST

/* What needs hidden values without asking: a backward that takes no slices, as the number of
 * threads has changed since, or as more was recorded; and an op that is recorded with one. */
START_TEST(a_backward_of_another_kind_finds_all_it_needs) {
    struct net plain = record(false, WG_F32, WG_TRAINING, 1);
    back(&plain);
    for (int k = 0; k < 3; k++) {
        struct net other = record(false, WG_F32, WG_TRAINING, 2);
        fill(other.x, 1);
        wg_set_threads(1);
        ck_assert_int_eq(wg_forward(other.tape), WG_OK);
        expect_chains(&other, true);
        if (k == 0) wg_set_threads(2);
        if (k == 1) wg_neg(other.loss);
        for (size_t i = 0; k == 2 && i < plain.tape->count; i++) {
            if (!other.tape->node[i]->hidden) continue;
            const wg_var of_hidden = wg_neg(wg_tape_node(other.tape, i));
            const wg_var expected = wg_neg(wg_tape_node(plain.tape, i));
            ck_assert(same(wg_value(expected), wg_value(of_hidden)));
        }
        back(&other);
        expect_same_step(&plain, &other, "a backward without chains");
        free_net(&other);
    }
    free_net(&plain);
}
END_TEST

/* From the middle of a chain: its later nodes have no part in it. */
START_TEST(backward_may_begin_inside_a_chain) {
    double first[MOST_RESULTS], second[MOST_RESULTS];
    for (int replay = 0; replay < 2; replay++) {
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(100, 4000), NULL);
        fill(x, 5);
        const wg_var a = wg_exp(x), b = wg_tanh(a);
        const wg_var c = wg_square(b);
        if (replay) ck_assert_int_eq(wg_forward(tape), WG_OK);
        ck_assert_uint_eq(tape->chains.count, (size_t)replay);
        ck_assert_int_eq(wg_backward_from(b, wg_value(c).data), WG_OK);
        struct wg_tensor g = wg_gradient(x);
        for (int i = 0; i < MOST_RESULTS; i++)
            (replay ? second : first)[i] = wg_element(&g, i * 30000);
        ck_assert(wg_element(&g, 1) != 0);
        g = wg_gradient(c);
        ck_assert(wg_element(&g, 1) == 0);
        wg_tape_free(tape);
    }
    ck_assert_mem_eq(first, second, sizeof first);
    expect_no_failure("backward from the middle");
}
END_TEST

/* A gradient that was passed on by a pointer, and then has more than one addend. */
START_TEST(every_use_counts_after_a_gradient_was_passed_on) {
    const int sizes[] = {3, 40000};
    for (size_t s = 0; s < ELEMENTS(sizes); s++) {
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(2, sizes[s]), NULL);
        const wg_var w = wg_variable(tape, WG_F64, WG_SHAPE(2, sizes[s]), NULL);
        fill(x, 6);
        const wg_var h = wg_neg(wg_neg(x));
        const wg_var squares = wg_mul(h, h), more = wg_add(h, w);
        const wg_var both = wg_add(squares, more);
        const wg_var sum = wg_sum(both, WG_ALL_AXES, 0);
        for (int replay = 0; replay < 2; replay++) {
            if (replay) ck_assert_int_eq(wg_forward(tape), WG_OK);
            ck_assert_int_eq(wg_backward(sum), WG_OK);
            const struct wg_tensor g = wg_gradient(x), value = wg_value(x);
            for (int64_t i = 0; i < g.size; i++) {
                const double xi = wg_element(&value, i);
                EXPECT(wg_element(&g, i) == xi + xi + 1, "element %lld", (long long)i);
            }
        }
        ck_assert_uint_eq(tape->chains.count, s);
        wg_tape_free(tape);
    }
    expect_no_failure("a value used three times");
}
END_TEST

START_TEST(tangents_need_no_slices) {
    struct net n = record(true, WG_F64, WG_INFERENCE, 1);
    double *direction = calloc(BATCH * SIDE * SIDE * CHANNELS, sizeof *direction);
    double before[BATCH * CLASSES], after[BATCH * CLASSES];
    for (int i = 0; i < BATCH * SIDE * SIDE * CHANNELS; i++) direction[i] = i % 5 - 2;
    const void *const directions[] = {direction};
    ck_assert_int_eq(wg_tangent(n.y, before, 1, &n.x, directions), WG_OK);
    fill(n.x, 2);
    ck_assert_int_eq(wg_forward(n.tape), WG_OK);
    fill(n.x, 1);
    ck_assert_int_eq(wg_forward(n.tape), WG_OK);
    expect_chains(&n, true);
    ck_assert_int_eq(wg_tangent(n.y, after, 1, &n.x, directions), WG_OK);
    ck_assert_mem_eq(before, after, sizeof before);
    free(direction);
    free_net(&n);
}
END_TEST

/* What an op's entry says of its gradient: y does as well as x. */
START_TEST(gradients_from_y_are_those_from_x) {
    const float special[] = {0.0F, -0.0F, 1e-45F, -1e-45F, INFINITY, -INFINITY, NAN, 3e38F, -3e38F};
    int ops = 0;
    for (int k = 0; wg_op_at(k); k++) {
        const struct wg_op *op = wg_op_at(k);
        double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
        wg_op_defaults(op, slots);
        if (!op->from_y || !op->from_y(slots)) continue;
        ops++;
        wg_tape *tape = wg_tape_new();
        wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(100), NULL);
        fill(x, 7);
        memcpy(wg_value(x).data, special, sizeof special);
        const wg_var y = wg_apply(op, &x, 1, slots);
        wg_var z = wg_variable(tape, WG_F32, WG_SHAPE(100), wg_value(y).data);
        const wg_var of_z = wg_apply(op, &z, 1, slots);
        const wg_var dy = wg_input(tape, WG_F32, WG_SHAPE(100), NULL);
        fill(dy, 8);
        ck_assert_int_eq(wg_backward_from(y, wg_value(dy).data), WG_OK);
        float from_x[100];
        memcpy(from_x, wg_gradient(x).data, sizeof from_x);
        ck_assert_int_eq(wg_backward_from(of_z, wg_value(dy).data), WG_OK);
        const float *from_y = wg_gradient(z).data;
        for (int i = 0; i < 100; i++) {
            const bool signs = signbit(from_x[i]) == signbit(from_y[i]);
            ck_assert_msg((isnan(from_x[i]) && isnan(from_y[i])) ||
                              (signs && from_x[i] == from_y[i]),
                          "%s: element %d", op->name, i);
        }
        wg_tape_free(tape);
    }
    ck_assert_int_gt(ops, 0);
    expect_no_failure("gradients from y");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {slices_have_the_bits_of_the_whole,
                                  predictions_have_the_same_bits,
                                  hidden_values_come_back_when_they_are_asked_for,
                                  a_backward_of_another_kind_finds_all_it_needs,
                                  backward_may_begin_inside_a_chain,
                                  every_use_counts_after_a_gradient_was_passed_on,
                                  tangents_need_no_slices,
                                  gradients_from_y_are_those_from_x};
    return run_suite("chains", tests, ELEMENTS(tests));
}
