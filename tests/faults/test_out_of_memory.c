/* Memory that runs out: the k-th call of the allocator fails, and then all that follow or only that
 * one, for every k on the way of building and training a network, differentiating forward,
 * registering, fingerprinting, generating data. Each time: the memory error or success, never a
 * crash, and, under a sanitizer, no leak. Linked with --wrap for each function below.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/suite.h"

#include "io/safetensors.h"
#include "wengert/wengert.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* A number that no run comes near: it ends the count-up if the run never succeeds. */
enum { MOST_CALLS = 4000 };

static long countdown = -1; /* calls until one fails; -1: none does */
static bool once;           /* only that one */
static long failed;

static bool fails(void) {
    if (countdown < 0) return false;
    if (countdown > 0) {
        countdown--;
        return false;
    }
    if (once) countdown = -1;
    failed++;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *memory, size_t size) {
    return fails() ? NULL : __real_realloc(memory, size);
}
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
    return fails() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}
char *__wrap_strdup(const char *text) { return fails() ? NULL : __real_strdup(text); }

/* Each returns 0 when some call failed, and frees all it made either way. */
typedef bool program(void);

/* With tensors larger than the arenas' blocks, scratch, and more nodes than one array. */
static bool train(void) {
    enum { BATCH = 300, FEATURES = 40, HIDDEN = 200, CLASSES = 3 };
    bool done = false;
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w1", WG_SHAPE(FEATURES, HIDDEN));
    wg_params_add(params, "alpha", WG_SHAPE(HIDDEN));
    wg_params_add(params, "w2", WG_SHAPE(HIDDEN, CLASSES));
    wg_param_glorot_uniform(params, 0, 1);
    wg_param_fill(params, 1, 0.25);
    wg_param_glorot_uniform(params, 2, 1);
    wg_optimizer *sgd = wg_sgd(params, .learning_rate = 0.1, .momentum = 0.9);
    /* Arrays of every kind: factors of a shape of their own, averages, clipped gradients. */
    wg_optimizer_free(wg_optimizer_from_text(params, "adafactor use_ema=1 clipnorm=1"));
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_input(tape, WG_F64, WG_SHAPE(BATCH, FEATURES), NULL);
    const wg_var label = wg_input(tape, WG_I32, WG_SHAPE(BATCH), NULL);
    wg_var h = wg_matmul(x, wg_parameter(tape, params, 0));
    for (int i = 0; i < 3; i++) h = wg_prelu(h, wg_parameter(tape, params, 1));
    for (int i = 0; i < 70; i++) wg_name(wg_constant_scalar(tape, WG_F64, i), "filler");
    h = wg_add(h, wg_softmax(h, 0));
    const wg_var loss =
        wg_softmax_cross_entropy(wg_matmul(h, wg_parameter(tape, params, 2)), label);
    for (int step = 0; step < 2; step++) {
        wg_zero_gradients(params);
        if (wg_forward(tape) == WG_OK && wg_backward(loss) == WG_OK && sgd)
            done = wg_optimizer_step(sgd) == WG_OK;
    }
    done = done && isfinite(wg_item(loss));
    wg_optimizer_free(sgd);
    wg_tape_free(tape);
    wg_params_free(params);
    return done && wg_error_status() == WG_OK;
}

static bool differentiate_forward(void) {
    bool done = false;
    wg_tape *tape = wg_tape_new();
    if (tape) {
        const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(300, 300), NULL);
        const wg_var y = wg_max(wg_matmul(wg_exp(x), wg_transpose(x, WG_ALL_AXES)), WG_AXES(0), 0);
        float *direction = __real_calloc(300 * 300, sizeof *direction), ty[300];
        const void *directions[] = {direction};
        done = wg_tangent(y, ty, 1, &x, directions) == WG_OK;
        free(direction);
    }
    wg_tape_free(tape);
    return done && wg_error_status() == WG_OK;
}

static bool join_many(void) {
    enum { INPUTS = 3000 };
    wg_var x[INPUTS];
    wg_tape *tape = wg_tape_new();
    for (int i = 0; i < INPUTS; i++) x[i] = wg_variable(tape, WG_F64, WG_SHAPE(1), NULL);
    wg_backward(wg_sum(wg_concat(x, INPUTS, 0), WG_ALL_AXES, 0));
    wg_tape_free(tape);
    return wg_error_status() == WG_OK;
}

static bool generate(void) {
    struct wg_dataset set = {0}, part = {0};
    const int64_t index[] = {3, 1, 2};
    if (wg_dataset_generate("spiral", 50, 0.1, 1, &set) == WG_OK)
        wg_dataset_take(&set, index, 3, &part);
    wg_dataset_free(&set);
    wg_dataset_free(&part);
    return wg_error_status() == WG_OK;
}

/* A CSV file, all of its names, a copy, its mean and deviation. */
static bool load_csv(void) {
    static const char text[] = "\"a \"\"b\"\"\",c,d\n1,2,x\n3,4,y\n5,6,x\n";
    char path[] = "/tmp/wengert-oom-XXXXXX";
    struct wg_dataset set = {0}, part = {0};
    struct wg_standardization measured = {0};
    const int64_t index[] = {2, 1};
    const int file = mkstemp(path);
    if (file < 0 || write(file, text, sizeof text - 1) < 0 || close(file) != 0) abort();
    const bool done = wg_dataset_load_csv(path, NULL, &set) == WG_OK &&
                      wg_dataset_take(&set, index, 2, &part) == WG_OK &&
                      wg_dataset_measure(&part, &measured) == WG_OK;
    unlink(path);
    wg_dataset_free(&set);
    wg_dataset_free(&part);
    wg_standardization_free(&measured);
    return done && wg_error_status() == WG_OK;
}

/* A file of tensors, written and, where the library can, read. */
static bool store_tensors(void) {
    char path[] = "/tmp/wengert-oom-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0 || close(file) != 0) abort();
    struct wg_safetensors *set = wg_safetensors_new(), *read = NULL;
    static const double values[20];
    char name[16];
    for (int i = 0; i < 20; i++) { /* more than the first arrays hold */
        snprintf(name, sizeof name, "t%d", i);
        if (set) wg_safetensors_add(set, name, WG_STORED_F64, WG_SHAPE(1), values + i);
        if (set) wg_safetensors_note(set, name, "text");
    }
    bool done = set && wg_safetensors_write(set, path) == WG_OK;
#ifdef WENGERT_HAVE_CJSON
    if (done) read = wg_safetensors_read(path);
    done = read != NULL;
#endif
    wg_safetensors_free(set);
    wg_safetensors_free(read);
    unlink(path);
    return done && wg_error_status() == WG_OK;
}

static bool many_parameters(void) {
    wg_params *params = wg_params_new(WG_F32);
    char name[16];
    bool whole = true; /* Check itself allocates: it is asked at the end */
    for (int i = 0; i < 40; i++) {
        const int count = wg_params_count(params);
        snprintf(name, sizeof name, "p%d", i);
        const int added = wg_params_add(params, name, WG_SHAPE(100));
        whole = whole && wg_params_count(params) == count + (added >= 0);
    }
    const bool done = wg_params_count(params) == 40 && wg_params_fingerprint(params).hex[0];
    wg_params_free(params);
    countdown = -1;
    ck_assert_msg(whole, "a parameter was added in part");
    return done && wg_error_status() == WG_OK;
}

/* Initial values, a penalty, a constraint: values are as they were where one fails. */
static bool bring_up(void) {
    wg_params *params = wg_params_new(WG_F64);
    wg_tape *tape = wg_tape_new();
    bool whole = true;
    if (wg_params_add(params, "w", WG_SHAPE(30, 20)) == 0) {
        const double *w = wg_param_value(params, 0).data;
        const bool set = wg_param_initialize(params, 0, "orthogonal", 1) == WG_OK;
        whole = set || (w[0] == 0 && w[599] == 0);
        wg_backward(wg_regularize(wg_parameter(tape, params, 0), "orthogonal"));
        wg_param_constrain(params, 0, "max_norm");
    }
    wg_tape_free(tape);
    wg_params_free(params);
    countdown = -1;
    ck_assert_msg(whole, "values were set in part");
    return wg_error_status() == WG_OK;
}

static wg_var shared_inside(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_layer *layer = wg_dense(.units = 2, .kernel_regularizer = "l2");
    return wg_call(pass, layer, wg_call(pass, layer, x[0]));
}

/* A function that makes its layers anew in each recording. */
static bool record_function(void) {
    bool done = false;
    wg_model *model = wg_model_new(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(2)}}, .forward = shared_inside});
    wg_tape *tape = model ? wg_tape_new() : NULL;
    wg_pass *pass = tape ? wg_pass_new(model, tape, WG_TRAINING) : NULL;
    if (pass) {
        const wg_var x = wg_input(tape, WG_F32, WG_SHAPE(3, 2), NULL);
        done = !wg_is_null(x) && !wg_is_null(wg_pass_record(pass, &x));
    }
    wg_pass_free(pass);
    wg_tape_free(tape);
    wg_model_free(model);
    return done && wg_error_status() == WG_OK;
}

static enum wg_status fit_small(wg_model *model, int epochs, const char *checkpoint,
                                const char *log) {
    float x[12], y[6];
    for (int i = 0; i < 12; i++) x[i] = (float)i / 12;
    for (int i = 0; i < 6; i++) y[i] = x[2 * i];
    const struct wg_dataset data = wg_dataset_of(6, 2, x, 1, y);
    return wg_model_fit(
        model, &data, .epochs = epochs, .batch_size = 2, .validation_split = 0.3,
        .resume = epochs > 1 ? checkpoint : NULL,
        .callbacks = {wg_early_stopping(.patience = 3, .restore_best_weights = WG_YES),
                      wg_csv_logger(log), wg_terminate_on_nan(), wg_checkpoint(checkpoint)});
}

/* A model made, compiled, trained, saved; and, where the library can, loaded and resumed. */
static bool train_model(void) {
    char path[] = "/tmp/wengert-oom-XXXXXX", log[] = "/tmp/wengert-oom-XXXXXX";
    const int file = mkstemp(path), other = mkstemp(log);
    if (file < 0 || close(file) != 0 || other < 0 || close(other) != 0) abort();
    wg_model *same = NULL;
    wg_model *model = wg_sequential(WG_SHAPE(2), wg_dense(.units = 3, .activation = "elu"),
                                    wg_dense(.units = 1, .kernel_constraint = "max_norm"));
    bool done = model && wg_model_compile(model, .optimizer = "adam", .loss = "mse",
                                          .metrics = {"mae"}) == WG_OK;
    done = done && wg_model_set_note(model, "key", "text") == WG_OK;
    done = done && fit_small(model, 1, path, log) == WG_OK;
#ifdef WENGERT_HAVE_CJSON
    if (done) same = wg_model_load(path);
    done = done && same && wg_model_load_weights(same, path) == WG_OK;
    done = done && fit_small(same, 2, path, log) == WG_OK && wg_model_epochs(same) == 2;
#endif
    done = done && wg_model_save(model, path) == WG_OK;
    wg_model_free(same);
    wg_model_free(model);
    unlink(path);
    unlink(log);
    return done && wg_error_status() == WG_OK;
}

static program *const programs[] = {
    train,    differentiate_forward, join_many,       generate,   many_parameters, bring_up,
    load_csv, store_tensors,         record_function, train_model};

START_TEST(every_call_of_the_allocator_may_fail) {
    program *const run = programs[_i];
    for (int mode = 0; mode < 2; mode++) {
        long k = 0;
        for (bool done = false; !done; k++) {
            ck_assert_msg(k < MOST_CALLS, "program %d never succeeds", _i);
            wg_clear_error();
            countdown = k;
            once = mode == 1;
            failed = 0;
            const bool success = run();
            countdown = -1;
            done = failed == 0;
            ck_assert_msg(success == done, "program %d, call %ld, %ld failures: %s (%s)", _i, k,
                          failed, success ? "success" : "an error", wg_error());
            ck_assert_msg(done || wg_error_status() == WG_ERROR_MEMORY,
                          "program %d, call %ld: %s (%s)", _i, k, wg_error(),
                          wg_status_name(wg_error_status()));
        }
        ck_assert_int_gt(k, 2); /* some calls did fail */
    }
}
END_TEST

/* After a failure the tape is as it was before, and goes on when there is memory again. */
START_TEST(a_tape_outlives_a_failure) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(200, 200), NULL);
    for (int round = 0; round < 20; round++) {
        const size_t size = wg_tape_size(tape);
        countdown = round % 3;
        wg_var y = wg_softmax(wg_exp(wg_sum(x, WG_AXES(0), 1)), 0);
        for (int i = 0; i < 20; i++) y = wg_add(x, y);
        countdown = -1;
        if (wg_error_status() != WG_OK) {
            ck_assert(wg_is_null(y));
            expect_failure("round", WG_ERROR_MEMORY, "memory", NULL);
        }
        ck_assert_uint_ge(wg_tape_size(tape), size);
        for (size_t i = 0; i < wg_tape_size(tape); i++)
            ck_assert_ptr_nonnull(wg_value(wg_tape_node(tape, i)).data);
        ck_assert_int_eq(wg_forward(tape), WG_OK);
    }
    const wg_var y = wg_sum(wg_exp(x), WG_ALL_AXES, 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(((double *)wg_gradient(x).data)[7], 1);
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("out_of_memory");
    TCase *tests = tcase_create("out_of_memory");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_call_of_the_allocator_may_fail, 0, (int)ELEMENTS(programs));
    tcase_add_test(tests, a_tape_outlives_a_failure);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
