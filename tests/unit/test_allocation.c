/* A training step allocates nothing: neither on a replayed tape nor on one that is recorded anew
 * after its first round. Counted by this program's own malloc and its kin.
 */
#include "support/own_malloc.h"
#include "support/suite.h"

#include "wengert/wengert.h"

#include <stdio.h>

#if !OWN_MALLOC
int main(void) {
    puts("allocation: " MALLOC_LEFT_OUT);
    return EXIT_SUCCESS;
}
#else

enum { STEPS = 1000, BATCH = 8, FEATURES = 6, HIDDEN = 10, CLASSES = 4 };

struct training {
    wg_params *params;
    wg_tape *tape;
    wg_optimizer *sgd;
    struct wg_mark empty;
    wg_var x, labels, loss;
    float data[BATCH * FEATURES];
    int32_t label[BATCH];
};

static struct training begin(void) {
    struct training t = {.params = wg_params_new(WG_F32), .tape = wg_tape_new()};
    wg_params_add(t.params, "w1", WG_SHAPE(FEATURES, HIDDEN));
    wg_params_add(t.params, "b1", WG_SHAPE(HIDDEN));
    wg_params_add(t.params, "alpha", WG_SHAPE(HIDDEN));
    wg_params_add(t.params, "w2", WG_SHAPE(HIDDEN, CLASSES));
    wg_param_glorot_uniform(t.params, 0, 1);
    wg_param_fill(t.params, 2, 0.25);
    wg_param_glorot_uniform(t.params, 3, 1);
    t.sgd = wg_sgd(t.params, .learning_rate = 0.05, .momentum = 0.9);
    t.empty = wg_tape_mark(t.tape);
    for (int i = 0; i < BATCH * FEATURES; i++) t.data[i] = (float)(i * 37 % 19) / 10 - 1;
    for (int i = 0; i < BATCH; i++) t.label[i] = i % CLASSES;
    return t;
}

/* Every kind of op is on the way: broadcast, product, rows, shapes, a join of more inputs than the
 * tape keeps room for by itself. */
static void record(struct training *t) {
    wg_var w[4], many[12];
    for (int i = 0; i < 4; i++) w[i] = wg_parameter(t->tape, t->params, i);
    t->x = wg_input(t->tape, WG_F32, WG_SHAPE(BATCH, FEATURES), t->data);
    t->labels = wg_input(t->tape, WG_I32, WG_SHAPE(BATCH), t->label);
    const wg_var h = wg_prelu(wg_add(wg_matmul(t->x, w[0]), w[1]), w[2]);
    for (int i = 0; i < 12; i++) many[i] = i < 6 ? h : wg_tanh(h);
    const wg_var joined = wg_concat(many, 12, 1);
    const wg_var back =
        wg_reshape(wg_sum(wg_reshape(joined, WG_SHAPE(BATCH, 12, HIDDEN)), WG_AXES(1), 0),
                   WG_SHAPE(BATCH, HIDDEN));
    t->loss = wg_softmax_cross_entropy(wg_matmul(wg_softmax(back, -1), w[3]), t->labels);
}

static void learn(struct training *t) {
    wg_zero_gradients(t->params);
    wg_backward(t->loss);
    wg_optimizer_step(t->sgd);
}

static void end(struct training *t) {
    expect_no_failure("training");
    wg_optimizer_free(t->sgd);
    wg_tape_free(t->tape);
    wg_params_free(t->params);
}

START_TEST(the_counter_counts) {
    long before = calls;
    void *memory = wg_params_new(WG_F32);
    ck_assert_int_gt(calls, before);
    before = calls;
    wg_params_free(memory);
    ck_assert_int_gt(calls, before);
    before = calls;
    wg_tape *tape = wg_tape_new();
    wg_variable_scalar(tape, WG_F32, 1); /* calloc, realloc and posix_memalign */
    ck_assert_int_ge(calls, before + 4);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_replayed_step_allocates_nothing) {
    for (int threads = 1; threads <= 2; threads++) {
        wg_set_threads(threads);
        struct training t = begin();
        record(&t);
        learn(&t);
        const double first = wg_item(t.loss);
        const long before = calls;
        for (int i = 0; i < STEPS; i++) {
            t.data[i % (BATCH * FEATURES)] += 0.001f;
            wg_set(t.x, t.data);
            wg_forward(t.tape);
            learn(&t);
        }
        const long after = calls;
        ck_assert_msg(after == before, "%ld calls of the allocator in %d steps", after - before,
                      STEPS);
        ck_assert_double_lt(wg_item(t.loss), 0.8 * first); /* it did train */
        end(&t);
    }
}
END_TEST

START_TEST(a_step_recorded_anew_allocates_nothing) {
    struct training t = begin();
    record(&t);
    learn(&t);
    const long before = calls;
    for (int i = 0; i < STEPS; i++) {
        wg_tape_rewind(t.tape, t.empty);
        record(&t);
        learn(&t);
    }
    const long after = calls;
    ck_assert_msg(after == before, "%ld calls of the allocator in %d steps", after - before, STEPS);
    end(&t);
}
END_TEST

enum { MOST_EXAMPLES = 100 * BATCH };

/* The calls of the allocator in an epoch of so many batches. */
static long calls_of_fit(int batches, FILE *file) {
    static float x[MOST_EXAMPLES * FEATURES];
    static int32_t label[MOST_EXAMPLES];
    for (int i = 0; i < MOST_EXAMPLES * FEATURES; i++) x[i] = (float)(i * 37 % 19) / 10 - 1;
    for (int i = 0; i < MOST_EXAMPLES; i++) label[i] = i % CLASSES;
    const struct wg_dataset data =
        wg_dataset_of_classes((int64_t)batches * BATCH, FEATURES, x, CLASSES, label);
    wg_model *model =
        wg_sequential(WG_SHAPE(FEATURES), wg_dense(.units = HIDDEN, .activation = "selu"),
                      wg_batch_normalization(.momentum = 0.9), wg_dropout(.rate = 0.2),
                      wg_dense(.units = CLASSES, .activation = "softmax",
                               .kernel_regularizer = "l2", .kernel_constraint = "max_norm"));
    wg_model_compile(model, .optimizer = "adam clipnorm=1",
                     .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy", "f1_score"},
                     .schedule = wg_cosine_decay(0.01, 50, 0, 0.1, 5));
    const long before = calls;
    wg_model_fit(model, &data, .epochs = 2, .batch_size = BATCH,
                 .callbacks = {wg_progress(file), wg_terminate_on_nan()});
    const long after = calls;
    expect_no_failure("fit");
    ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(model)), 2 * batches);
    wg_model_free(model);
    return after - before;
}

START_TEST(fit_allocates_before_its_first_step_alone) {
    FILE *file = fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(file);
    for (int threads = 1; threads <= 2; threads++) {
        wg_set_threads(threads);
        calls_of_fit(2, file); /* the stream's buffer, and threads' */
        const long few = calls_of_fit(10, file), many = calls_of_fit(100, file);
        ck_assert_int_gt(few, 0);
        ck_assert_msg(few == many, "%ld calls of the allocator in 10 batches, %ld in 100", few,
                      many);
    }
    fclose(file);
}
END_TEST

/* Every rule, with all that a step may do besides. */
START_TEST(no_optimizer_allocates_in_a_step) {
    static const char *const besides[] = {
        "use_ema=1 ema_overwrite_frequency=5 clipnorm=1 weight_decay=0.01",
        "gradient_accumulation_steps=3 global_clipnorm=1"};
    const struct wg_schedule schedule = wg_cosine_decay(0.01, 50, 0, 0.1, 5);
    for (int i = 0; wg_optimizer_rule(i); i++) {
        for (size_t k = 0; k < ELEMENTS(besides); k++) {
            char text[128];
            snprintf(text, sizeof text, "%s %s", wg_optimizer_rule(i), besides[k]);
            struct training t = begin();
            wg_optimizer *optimizer = wg_optimizer_from_text(t.params, text);
            wg_optimizer_set_schedule(optimizer, &schedule);
            const long before = calls;
            for (int step = 0; step < 100; step++) wg_optimizer_step(optimizer);
            const long after = calls;
            ck_assert_msg(after == before, "%s: %ld calls of the allocator", text, after - before);
            wg_optimizer_free(optimizer);
            end(&t);
        }
    }
}
END_TEST

/* Nor does a metric after its first batch. */
START_TEST(no_metric_allocates_in_an_update) {
    static double p[4 * 3] = {0.5, 0.25, 0.25, 0, 1, 0, 0.125, 0.5, 0.375, 0.75, 0, 0.25};
    static int32_t labels[4] = {0, 1, 2, 0};
    const struct wg_tensor prediction = {p, 12, WG_F64, WG_SHAPE(4, 3)},
                           label = {labels, 4, WG_I32, WG_SHAPE(4)};
    for (int i = 0; wg_metric_name(i); i++) {
        wg_metric *metric = wg_metric_new(wg_metric_name(i));
        const struct wg_tensor target =
            strncmp(wg_metric_name(i), "sparse", 6) == 0 ? label : prediction;
        ck_assert_int_eq(wg_metric_update(metric, prediction, target, NULL), WG_OK);
        const long before = calls;
        for (int batch = 0; batch < 10; batch++) wg_metric_update(metric, prediction, target, NULL);
        wg_metric_reset(metric);
        const long after = calls;
        expect_no_failure(wg_metric_name(i));
        ck_assert_msg(after == before, "%s: %ld calls of the allocator", wg_metric_name(i),
                      after - before);
        wg_metric_free(metric);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {the_counter_counts,
                                  a_replayed_step_allocates_nothing,
                                  a_step_recorded_anew_allocates_nothing,
                                  fit_allocates_before_its_first_step_alone,
                                  no_optimizer_allocates_in_a_step,
                                  no_metric_allocates_in_an_update};
    return run_suite("allocation", tests, ELEMENTS(tests));
}
#endif
