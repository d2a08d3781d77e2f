/* Callbacks: when they are called, what the library's own do in a fit. */
#define _POSIX_C_SOURCE 200809L
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { EXAMPLES = 6 };

static float x[EXAMPLES], target[EXAMPLES];

static struct wg_dataset numbers(void) {
    for (int i = 0; i < EXAMPLES; i++) {
        x[i] = (float)i / 4;
        target[i] = 3 * x[i];
    }
    return wg_dataset_of(EXAMPLES, 1, x, 1, target);
}

static wg_model *linear(const char *optimizer) {
    wg_model *model =
        wg_sequential(WG_SHAPE(1), wg_dense(.units = 1, .kernel_initializer = "ones"));
    wg_model_compile(model, .optimizer = optimizer, .loss = "mse");
    expect_no_failure("linear");
    return model;
}

/* ---- One's own ------------------------------------------------------------------------------ */

struct journal {
    char text[200], fails_at, stops_at, evaluates_at;
    const struct wg_dataset *data;
    int freed;
};

static enum wg_status enter(struct journal *j, char event, const struct wg_moment *moment) {
    const size_t used = strlen(j->text);
    ck_assert_uint_lt(used, sizeof j->text - 1);
    ck_assert_ptr_nonnull(moment->model);
    j->text[used] = event;
    if (event == j->stops_at) wg_model_stop(moment->model);
    if (event == j->evaluates_at) { /* in two batch sizes, and predictions: they leave fit alone */
        struct wg_evaluation result;
        float y[EXAMPLES];
        wg_model_evaluate(moment->model, j->data, &result, .batch_size = 4);
        wg_model_evaluate(moment->model, j->data, &result, .batch_size = 5);
        wg_model_predict(moment->model, j->data, 4, y);
        wg_model_predict(moment->model, j->data, 5, y);
        ck_assert_uint_gt(wg_tape_size(moment->tape), 0); /* the batch is still there */
        ck_assert_msg(isfinite(wg_item(moment->loss)), "%s", wg_error());
    }
    return event == j->fails_at ? WG_ERROR_FILE : WG_OK;
}

#define ENTRY(name, event)                                                                         \
    static enum wg_status name(void *context, const struct wg_moment *moment) {                    \
        return enter(context, event, moment);                                                      \
    }
ENTRY(begin, '(')
ENTRY(epoch_begin, '[')
ENTRY(before_update, 'u')
ENTRY(batch_end, 'b')
ENTRY(epoch_end, ']')
ENTRY(after_epoch, 'a')
static void end(void *context, const struct wg_moment *moment) { enter(context, ')', moment); }
static void count_free(void *context) { ((struct journal *)context)->freed++; }

static wg_callback *keep(struct journal *journal) {
    return wg_callback_new((struct wg_callback_functions){.name = "journal",
                                                          .context = journal,
                                                          .begin = begin,
                                                          .epoch_begin = epoch_begin,
                                                          .before_update = before_update,
                                                          .batch_end = batch_end,
                                                          .epoch_end = epoch_end,
                                                          .after_epoch = after_epoch,
                                                          .end = end,
                                                          .free = count_free});
}

START_TEST(calls_come_in_order) {
    static const struct {
        char fails_at, stops_at;
        const char *text;
        int epochs, steps;
    } cases[] = {
        {0, 0, "([ubub]a[ubub]a)", 2, 4}, {'(', 0, "()", 0, 0},        {'[', 0, "([)", 0, 0},
        {'u', 0, "([u)", 0, 0},           {'b', 0, "([ub)", 0, 1},     {']', 0, "([ubub])", 1, 2},
        {'a', 0, "([ubub]a)", 1, 2},      {0, '(', "()", 0, 0},        {0, 'u', "([ub)", 0, 1},
        {0, 'b', "([ub)", 0, 1},          {0, ']', "([ubub]a)", 1, 2}, {0, '[', "([)", 0, 0}};
    const struct wg_dataset data = numbers();
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct journal journal = {.fails_at = cases[i].fails_at, .stops_at = cases[i].stops_at};
        wg_model *model = linear("sgd");
        const enum wg_status status = wg_model_fit(model, &data, .epochs = 2, .batch_size = 3,
                                                   .callbacks = {NULL, keep(&journal)});
        ck_assert_str_eq(journal.text, cases[i].text);
        ck_assert_int_eq(journal.freed, 1);
        ck_assert_int_eq(wg_model_epochs(model), cases[i].epochs);
        ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(model)), cases[i].steps);
        ck_assert_int_eq(status, cases[i].fails_at ? WG_ERROR_FILE : WG_OK);
        if (cases[i].fails_at)
            expect_failure("callback", WG_ERROR_FILE, "\"journal\"", "without saying why");
        ck_assert_int_eq(wg_model_fit(model, &data), WG_OK); /* as if nothing had been */
        wg_model_free(model);
    }
}
END_TEST

START_TEST(a_callback_may_evaluate) {
    const struct wg_dataset data = numbers();
    double loss[2], mae[2];
    for (int k = 0; k < 2; k++) {
        struct journal journal = {.evaluates_at = k ? 'u' : 0, .data = &data};
        wg_model *model = linear("sgd");
        wg_model_compile(model, .loss = "mse", .metrics = {"mae"});
        wg_model_fit(model, &data, .epochs = 2, .batch_size = 3, .validation = &data,
                     .callbacks = {keep(&journal)});
        expect_no_failure("fit");
        loss[k] = wg_model_log(model, "loss", 1);
        mae[k] = wg_model_log(model, "mean_absolute_error", 1);
        wg_model_free(model);
    }
    ck_assert_double_eq(loss[0], loss[1]);
    ck_assert_double_eq(mae[0], mae[1]);
}
END_TEST

static enum wg_status meddle(void *context, const struct wg_moment *moment) {
    if (context) return wg_model_fit(moment->model, context);
    return wg_model_compile(moment->model, .loss = "mse");
}

START_TEST(a_fit_does_not_begin_within_a_fit) {
    struct wg_dataset data = numbers();
    for (int k = 0; k < 2; k++) {
        wg_model *model = linear("sgd");
        ck_assert_int_eq(
            wg_model_fit(model, &data,
                         .callbacks = {wg_callback_new((struct wg_callback_functions){
                             .name = "meddle", .context = k ? &data : NULL, .batch_end = meddle})}),
            WG_ERROR_STATE);
        expect_failure("meddling", WG_ERROR_STATE, "being fitted", NULL);
        wg_model_free(model);
    }
}
END_TEST

START_TEST(wrong_callbacks_are_refused) {
    static const char long_name[] = "1234567890123456789012345678901234567890123456789012345678901";
    static const char *const names[] = {NULL, "", long_name};
    const struct wg_dataset data = numbers();
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        struct journal journal = {.freed = 0};
        ck_assert_ptr_null(wg_callback_new((struct wg_callback_functions){
            .name = names[i], .context = &journal, .free = count_free}));
        expect_failure("name", WG_ERROR_ARGUMENT, "1 to 60", NULL);
        ck_assert_int_eq(journal.freed, 1);
    }
#define REFUSED(callback, word, other)                                                             \
    ck_assert_ptr_null(callback);                                                                  \
    expect_failure(word, WG_ERROR_ARGUMENT, word, other)
    REFUSED(wg_progress_new((struct wg_progress_options){0}), "progress", "file is NULL");
    REFUSED(wg_early_stopping(.patience = -1), "early_stopping", "patience=-1");
    REFUSED(wg_early_stopping(.mode = "best"), "early_stopping", "auto, min, max");
    REFUSED(wg_early_stopping(.min_delta = NAN), "early_stopping", "min_delta");
    REFUSED(wg_reduce_lr_on_plateau(.factor = -0.5), "reduce_lr_on_plateau", "factor=-0.5");
    REFUSED(wg_reduce_lr_on_plateau(.cooldown = -1), "reduce_lr_on_plateau", "cooldown=-1");
    REFUSED(wg_checkpoint(.path = NULL), "checkpoint", "path");
    REFUSED(wg_checkpoint(.path = "a", .every = -2), "checkpoint", "every=-2");
    REFUSED(wg_csv_logger(.path = ""), "csv_logger", "path");
    REFUSED(wg_learning_rate_scheduler(.context = NULL), "learning_rate_scheduler", "schedule");
    /* One that could not be made keeps fit from beginning, and the others are freed. */
    struct journal journal = {.freed = 0};
    wg_model *model = linear("sgd");
    ck_assert_int_eq(
        wg_model_fit(model, &data, .callbacks = {keep(&journal), wg_early_stopping(.mode = "up")}),
        WG_ERROR_ARGUMENT);
    expect_failure("fit", WG_ERROR_ARGUMENT, "early_stopping", "up");
    ck_assert_str_eq(journal.text, "");
    ck_assert_int_eq(journal.freed, 1);
    wg_callback_free(NULL);
    wg_model_free(model);
}
END_TEST

/* ---- The library's -------------------------------------------------------------------------- */

START_TEST(a_log_that_is_not_there) {
    const struct wg_dataset data = numbers();
    wg_model *model = linear("sgd");
    ck_assert_int_eq(wg_model_fit(model, &data, .callbacks = {wg_early_stopping(.patience = 2)}),
                     WG_ERROR_ARGUMENT);
    expect_failure("no validation", WG_ERROR_ARGUMENT, "monitor=val_loss", "loss, learning_rate");
    ck_assert_int_eq(wg_model_fit(model, &data,
                                  .callbacks = {wg_checkpoint(.path = "never", .monitor = "acc",
                                                              .save_best_only = WG_YES)}),
                     WG_ERROR_ARGUMENT);
    expect_failure("no accuracy", WG_ERROR_ARGUMENT, "monitor=acc", "loss, learning_rate");
    ck_assert_int_ne(access("never", F_OK), 0);
    wg_model_free(model);
}
END_TEST

START_TEST(early_stopping_ends_a_fit) {
    const struct wg_dataset data = numbers();
    wg_model *model = linear("sgd learning_rate=0.0001"); /* slow: below min_delta from the start */
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 50, .shuffle = WG_NO,
                                  .callbacks = {wg_early_stopping(.monitor = "loss", .patience = 3,
                                                                  .min_delta = 0.5,
                                                                  .restore_best_weights = WG_YES)}),
                     WG_OK);
    ck_assert_int_eq(wg_model_epochs(model), 4);
    struct wg_evaluation now;
    wg_model_evaluate(model, &data, &now);
    ck_assert_double_eq(now.loss, wg_model_log(model, "loss", 1)); /* after epoch 0, the best */
    wg_model_free(model);
}
END_TEST

START_TEST(the_rate_follows_callbacks) {
    const struct wg_dataset data = numbers();
    wg_model *model = linear("sgd learning_rate=0.001");
    ck_assert_int_eq(
        wg_model_fit(model, &data, .epochs = 4,
                     .callbacks = {wg_reduce_lr_on_plateau(.monitor = "loss", .patience = 1,
                                                           .factor = 0.5, .min_delta = 100)}),
        WG_OK);
    static const double rates[] = {0.001, 0.001, 0.0005, 0.00025};
    for (int e = 0; e < 4; e++)
        ck_assert_double_eq_tol(wg_model_log(model, "learning_rate", e), rates[e], 1e-15);
    wg_model_compile(model, .optimizer = "sgd", .loss = "mse",
                     .schedule = wg_exponential_decay(0.1, 10, 0.9, 0));
    ck_assert_int_eq(
        wg_model_fit(model, &data, .callbacks = {wg_reduce_lr_on_plateau(.monitor = "loss")}),
        WG_ERROR_ARGUMENT);
    expect_failure("schedule", WG_ERROR_ARGUMENT, "schedule", "plain");
    wg_model_free(model);
}
END_TEST

static double third(int64_t epoch, double rate, void *context) {
    if (*(int *)context == epoch) return NAN;
    return epoch == 0 ? rate : rate / 3;
}

START_TEST(a_scheduler_sets_each_epochs_rate) {
    const struct wg_dataset data = numbers();
    wg_model *model = linear("sgd learning_rate=0.09");
    int never = -1, second = 1;
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 3,
                                  .callbacks = {wg_learning_rate_scheduler(.schedule = third,
                                                                           .context = &never)}),
                     WG_OK);
    for (int e = 0; e < 3; e++)
        ck_assert_double_eq_tol(wg_model_log(model, "learning_rate", e), 0.09 / pow(3, e), 1e-15);
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 3,
                                  .callbacks = {wg_learning_rate_scheduler(.schedule = third,
                                                                           .context = &second)}),
                     WG_ERROR_ARGUMENT);
    expect_failure("NaN", WG_ERROR_ARGUMENT, "nan", "epoch 1");
    wg_model_free(model);
}
END_TEST

static double halved(int64_t epoch, double rate, void *context) {
    (void)context;
    return epoch ? rate / 2 : rate;
}

START_TEST(progress_in_a_file_is_a_line_an_epoch) {
    struct wg_dataset data = numbers();
    for (int i = 0; i < EXAMPLES; i++) {
        x[i] = (float)(1 + i % 3);
        target[i] = -x[i] / 2 + (i == 0 ? 0.5f : 0) - (i == 3 ? 0.5f : 0);
    }
    double loss = 0;
    for (int i = 0; i < EXAMPLES; i++)
        loss += (double)((x[i] - target[i]) * (x[i] - target[i])) / EXAMPLES;
    char text[400] = "", expected[400];
    FILE *file = tmpfile();
    wg_model *model = wg_sequential(
        WG_SHAPE(1), wg_dense(.units = 1, .kernel_initializer = "ones", .trainable = WG_NO));
    wg_model_compile(model, .optimizer = "sgd", .loss = "mse");
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 2, .validation = &data,
                                  .callbacks = {wg_learning_rate_scheduler(halved),
                                                wg_progress(file, .timing = WG_NO)}),
                     WG_OK);
    rewind(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    snprintf(expected, sizeof expected,
             "epoch  1/2  loss %.4f  val_loss %.4f\n" /* the rate from where it changes on */
             "epoch  2/2  loss %.4f  val_loss %.4f  learning_rate 0.005\n",
             loss, loss, loss, loss);
    ck_assert_str_eq(text, expected);
    file = fopen("/dev/full", "w");
    if (file) {
        ck_assert_int_eq(wg_model_fit(model, &data, .callbacks = {wg_progress(file)}),
                         WG_ERROR_FILE);
        expect_failure("a full device", WG_ERROR_FILE, "progress", "writing failed");
        fclose(file);
    }
    wg_model_free(model);
}
END_TEST

/* ---- What is not finite --------------------------------------------------------------------- */

static wg_var overflows(wg_pass *pass, const wg_var *in, void *context) {
    (void)context;
    return wg_exp(wg_call(pass, wg_dense(.units = 1, .kernel_initializer = "ones"), in[0]));
}

/* The root of a sum of squares: 0, with an infinite slope, where a row is. */
static wg_var root(wg_pass *pass, const wg_var *in, void *context) {
    (void)context;
    return wg_sqrt(wg_call(
        pass, wg_dense(.units = 1, .kernel_initializer = "ones", .use_bias = WG_NO), in[0]));
}

static enum wg_status remember(void *context, const struct wg_moment *moment) {
    *(struct wg_fingerprint *)context = wg_params_fingerprint(wg_model_params(moment->model));
    return WG_OK;
}

START_TEST(what_is_not_finite_is_named) {
    static const struct {
        wg_model_function *function;
        float bad;
        const char *word, *other;
    } cases[] = {{overflows, 200, "inf, element 1 of exp", "value"},
                 {root, 0, "element 1 of that of matmul", "from sqrt"},
                 {root, NAN, "nan, element 1 of input", "value"},
                 {root, -1, "nan, element 1 of sqrt", "value"}};
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct wg_dataset data = numbers();
        for (int k = 0; k < EXAMPLES; k++) x[k] = 1;
        x[5] = cases[i].bad; /* in the third batch, at its second place */
        wg_model *model = wg_model_new((struct wg_model_options){.input = {{.shape = WG_SHAPE(1)}},
                                                                 .forward = cases[i].function});
        wg_model_compile(model, .optimizer = "adam learning_rate=1e-9", .loss = "mse");
        struct wg_fingerprint last = {{0}};
        const enum wg_status status = wg_model_fit(
            model, &data, .batch_size = 2, .shuffle = WG_NO, .epochs = 3,
            .callbacks = {wg_terminate_on_nan(),
                          wg_callback_new((struct wg_callback_functions){
                              .name = "remember", .context = &last, .batch_end = remember})});
        ck_assert_int_eq(status, WG_ERROR_STATE);
        expect_failure("place", WG_ERROR_STATE, cases[i].word, cases[i].other);
        const struct wg_fingerprint now = wg_params_fingerprint(wg_model_params(model));
        ck_assert_str_eq(now.hex, last.hex);
        ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(model)), 2);
        wg_model_fit(model, &data, .batch_size = 2, .shuffle = WG_NO,
                     .callbacks = {wg_terminate_on_nan()});
        expect_failure("step", WG_ERROR_STATE, "epoch 0, batch 2 (step 4)", "terminate_on_nan");
        wg_model_free(model);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {calls_come_in_order,
                                  a_callback_may_evaluate,
                                  a_fit_does_not_begin_within_a_fit,
                                  wrong_callbacks_are_refused,
                                  a_log_that_is_not_there,
                                  early_stopping_ends_a_fit,
                                  the_rate_follows_callbacks,
                                  a_scheduler_sets_each_epochs_rate,
                                  progress_in_a_file_is_a_line_an_epoch,
                                  what_is_not_finite_is_named};
    return run_suite("callbacks", tests, ELEMENTS(tests));
}
