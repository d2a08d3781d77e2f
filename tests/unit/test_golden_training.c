/* Keras's figures for whole models and for callbacks: the cases "model", "callback" and "error" of
 * its own tests. The figures stand here; ids are those of the collection. */
#include "support/suite.h"

#include "train/callback.h"
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

/* Keras's tests state their figures to so many digits. */
static const double four_digits = 0.0015, six_digits = 1e-6, by_schedule = 5e-5;

/* Figures in double, derived from the formulas, against ours in double. */
static const double in_double = 1e-12;

static void close_to(const char *id, double got, double wanted, double relative, double absolute) {
    const double allowed = absolute + relative * fabs(wanted);
    ck_assert_msg(fabs(got - wanted) <= allowed, "%s: %.17g; expected %.17g", id, got, wanted);
}

static void fill(float *x, int n, float value) {
    for (int i = 0; i < n; i++) x[i] = value;
}

static struct wg_tensor tensor(enum wg_dtype dtype, struct wg_shape shape, void *data) {
    return (struct wg_tensor){
        .data = data, .size = wg_shape_size(shape), .shape = shape, .dtype = dtype};
}

/* ---- Shapes and numbers of parameters: 0010, 0011 -------------------------------------------- */

static void expect_rows(wg_model *model, const char *const *row, int rows) {
    char text[4096] = "";
    FILE *file = tmpfile();
    ck_assert_int_eq(wg_model_summary(model, file), WG_OK);
    rewind(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    const char *at = text;
    for (int i = 0; i < rows; i++) {
        at = strstr(at, row[i]);
        ck_assert_msg(at != NULL, "no \"%s\" in\n%s", row[i], text);
    }
}

START_TEST(the_convolutional_network_of_the_documents) {
    static const char *const rows[] = {
        "(batch, 26, 26, 32)                320", "(batch, 13, 13, 32)                  0",
        "(batch, 11, 11, 64)              18496", "(batch, 5, 5, 64)                    0",
        "(batch, 3, 3, 64)                36928"};
    wg_model *model = wg_sequential(
        WG_SHAPE(28, 28, 1), wg_conv2d(.filters = 32, .kernel_size = {3, 3}, .activation = "elu"),
        wg_max_pooling2d(.pool_size = {2, 2}),
        wg_conv2d(.filters = 64, .kernel_size = {3, 3}, .activation = "elu"),
        wg_max_pooling2d(.pool_size = {2, 2}),
        wg_conv2d(.filters = 64, .kernel_size = {3, 3}, .activation = "elu"));
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_int_eq(wg_model_parameters(model), 55744);
    expect_rows(model, rows, 5);
    wg_model_free(model);
}
END_TEST

START_TEST(the_self_normalizing_network_of_the_documents) {
    static const char *const rows[] = {
        "(batch, 28, 28, 64)                128", "(batch, 28, 28, 32)               2080",
        "(batch, 28, 28, 16)                528", "(batch, 28, 28, 10)                170"};
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(28, 28, 1)}}},
        "dense 64 selu kernel_initializer=lecun_normal; dense 32 selu "
        "kernel_initializer=lecun_normal; dense 16 selu kernel_initializer=lecun_normal; dense 10 "
        "softmax");
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_int_eq(wg_model_parameters(model), 2906);
    expect_rows(model, rows, 4);
    wg_model_free(model);
}
END_TEST

/* ---- Steps: 0440, 0441, 0442, 0445 ----------------------------------------------------------- */

enum { EXAMPLES = 100, INPUTS = 4, OUTPUTS = 3 };

static wg_model *example_model(enum wg_dtype dtype) {
    wg_model *model = wg_sequential_with(
        ((struct wg_model_options){.input = {{.shape = WG_SHAPE(INPUTS)}}, .dtype = dtype}),
        wg_dense(.units = OUTPUTS, .use_bias = WG_NO, .kernel_initializer = "ones"));
    wg_model_compile(model, .optimizer = "sgd learning_rate=0.01", .loss = "mse",
                     .metrics = {"mse"});
    expect_no_failure("example model");
    return model;
}

static double first_prediction(wg_model *model, const struct wg_dataset *data) {
    static float y32[EXAMPLES * OUTPUTS];
    static double y64[EXAMPLES * OUTPUTS];
    const bool is32 = wg_model_dtype(model) == WG_F32;
    ck_assert_int_eq(wg_model_predict(model, data, 0, is32 ? (void *)y32 : (void *)y64), WG_OK);
    return is32 ? (double)y32[0] : y64[0];
}

/* Trains and tests on one batch, as 0440 does. */
static void steps(enum wg_dtype dtype, double *loss, double *predicted) {
    static double x[EXAMPLES * INPUTS], y[EXAMPLES * OUTPUTS], w[EXAMPLES], v[EXAMPLES];
    static float fx[EXAMPLES * INPUTS], fy[EXAMPLES * OUTPUTS], fw[EXAMPLES], fv[EXAMPLES];
    wg_model *model = example_model(dtype);
    for (int i = 0; i < EXAMPLES * INPUTS; i++) fx[i] = (float)(x[i] = 1);
    for (int i = 0; i < EXAMPLES; i++) {
        fw[i] = (float)(w[i] = i / 50.0);
        fv[i] = (float)(v[i] = 0.2); /* that of class 0, which is that of zeros */
    }
    const bool is32 = dtype == WG_F32;
    const struct wg_tensor in =
        tensor(dtype, WG_SHAPE(EXAMPLES, INPUTS), is32 ? (void *)fx : (void *)x);
    struct wg_batch plain = {
        .x = &in,
        .target = tensor(dtype, WG_SHAPE(EXAMPLES, OUTPUTS), is32 ? (void *)fy : (void *)y)};
    struct wg_batch weighted = plain, classed = plain;
    weighted.sample_weight = tensor(dtype, WG_SHAPE(EXAMPLES), is32 ? (void *)fw : (void *)w);
    classed.sample_weight = tensor(dtype, WG_SHAPE(EXAMPLES), is32 ? (void *)fv : (void *)v);
    struct wg_evaluation e[6];
    const struct wg_dataset ones = wg_dataset_of(EXAMPLES, INPUTS, fx, 0, NULL);
    wg_model_train_on_batch(model, &plain, 0, &e[0]);
    wg_model_train_on_batch(model, &plain, 0, &e[1]);
    wg_model_test_on_batch(model, &plain, &e[2]);
    predicted[0] = first_prediction(model, &ones);
    wg_model_train_on_batch(model, &weighted, 0, &e[3]);
    wg_model_test_on_batch(model, &weighted, &e[4]);
    predicted[1] = first_prediction(model, &ones);
    wg_model_train_on_batch(model, &classed, 0, &e[5]);
    expect_no_failure("steps");
    for (int i = 0; i < 6; i++) loss[i] = e[i].loss;
    wg_model_free(model);
}

START_TEST(batches_with_and_without_weights) {
    static const double stated[] = {16.0, 15.158, 14.36, 14.217, 13.476, 2.722},
                        derived[] = {16.0,
                                     15.158044444444446,
                                     14.36039446123457,
                                     14.216790516622224,
                                     13.476052511663037,
                                     2.7224348508410174},
                        stated_y[] = {3.789511, 3.689468},
                        derived_y[] = {3.7895111111111115, 3.689468017777778};
    double loss[6], y[2];
    steps(WG_F32, loss, y);
    for (int i = 0; i < 6; i++) close_to("0440", loss[i], stated[i], 0, four_digits);
    for (int i = 0; i < 2; i++) close_to("0440", y[i], stated_y[i], 0, four_digits);
    steps(WG_F64, loss, y);
    for (int i = 0; i < 6; i++) close_to("0440, double", loss[i], derived[i], in_double, 0);
    for (int i = 0; i < 2; i++) close_to("0440, double", y[i], derived_y[i], in_double, 0);
}
END_TEST

START_TEST(evaluation_in_batches) {
    static float x[EXAMPLES * INPUTS], y[EXAMPLES * OUTPUTS];
    struct wg_evaluation result;
    fill(x, EXAMPLES * INPUTS, 1);
    const struct wg_dataset data = wg_dataset_of(EXAMPLES, INPUTS, x, OUTPUTS, y);
    wg_model *model = example_model(WG_F32);
    ck_assert_int_eq(wg_model_evaluate(model, &data, &result, .batch_size = 16), WG_OK);
    close_to("0441", result.loss, 16, six_digits, six_digits);
    close_to("0441", result.metric[0], 16, six_digits, six_digits);
    wg_model_free(model);
}
END_TEST

static wg_var two_inputs(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var y[2];
    for (int i = 0; i < 2; i++)
        y[i] = wg_call(pass, wg_dense(.units = 2, .use_bias = WG_NO, .kernel_initializer = "ones"),
                       x[i]);
    return wg_add(y[0], y[1]);
}

START_TEST(a_model_of_two_inputs) {
    static const double wanted[] = {16.0, 14.44, 13.0321};
    float one[9], target[6];
    fill(one, 9, 1);
    fill(target, 6, 1);
    wg_model *model = wg_model_new(
        (struct wg_model_options){.inputs = 2,
                                  .input = {{.shape = WG_SHAPE(2)}, {.shape = WG_SHAPE(3)}},
                                  .forward = two_inputs});
    wg_model_compile(model, .optimizer = "sgd", .loss = "mse");
    const struct wg_tensor x[] = {tensor(WG_F32, WG_SHAPE(3, 2), one),
                                  tensor(WG_F32, WG_SHAPE(3, 3), one)};
    const struct wg_batch batch = {.x = x, .target = tensor(WG_F32, WG_SHAPE(3, 2), target)};
    for (int i = 0; i < 3; i++) {
        struct wg_evaluation result;
        ck_assert_msg(wg_model_train_on_batch(model, &batch, 0, &result) == WG_OK, "%s",
                      wg_error());
        close_to("0442", result.loss, wanted[i], six_digits, six_digits);
    }
    wg_model_free(model);
}
END_TEST

START_TEST(cross_entropy_of_a_sigmoid) {
    float x[] = {1.4f, 1.6f, 0.8f}, y[] = {0.2f, 0.6f, 0.1f, 0.3f};
    struct wg_evaluation result;
    const struct wg_dataset data = wg_dataset_of(1, 3, x, 4, y);
    wg_model *model =
        wg_sequential(WG_SHAPE(3), wg_dense(.units = 4, .activation = "sigmoid", .use_bias = WG_NO,
                                            .kernel_initializer = "ones"));
    wg_model_compile(model, .loss = "binary_crossentropy");
    ck_assert_int_eq(wg_model_evaluate(model, &data, &result), WG_OK);
    close_to("0445", result.loss, 2.682124, six_digits, six_digits);
    wg_model_free(model);
}
END_TEST

/* ---- Fit: 0443, 0444 ------------------------------------------------------------------------- */

START_TEST(averaged_weights_are_the_last) {
    float x = 1, y[2] = {0};
    const struct wg_dataset data = wg_dataset_of(1, 1, &x, 2, y);
    wg_model *model = wg_sequential(
        WG_SHAPE(1), wg_dense(.units = 2, .use_bias = WG_NO, .kernel_initializer = "ones"));
    wg_model_compile(model, .optimizer = "sgd learning_rate=0.1 use_ema=1 ema_momentum=0.9",
                     .loss = "mse");
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 2, .batch_size = 1), WG_OK);
    const float *w = wg_param_value(wg_model_params(model), 0).data;
    for (int i = 0; i < 2; i++) close_to("0443", (double)w[i], 0.891, six_digits, 1e-5);
    wg_model_free(model);
}
END_TEST

START_TEST(a_schedule_counts_steps) {
    static const double stated[] = {230.79457092285156, 128.30319213867188, 79.33648681640625},
                        derived[] = {230.79375046199902, 128.30188734404027, 79.33516255471754};
    float x[32];
    for (int i = 0; i < 32; i++) x[i] = (float)i;
    const struct wg_dataset data = wg_dataset_of(16, 2, x, 2, x);
    for (int dtype = 0; dtype < 2; dtype++) {
        wg_model *model = wg_sequential_with(
            ((struct wg_model_options){.input = {{.shape = WG_SHAPE(2)}},
                                       .dtype = dtype ? WG_F64 : WG_F32}),
            wg_dense(.units = 2, .kernel_initializer = "ones", .bias_initializer = "ones"));
        wg_model_compile(model, .optimizer = "adam", .loss = "mse",
                         .schedule = wg_exponential_decay(0.05, 1, 0.9, 0));
        ck_assert_msg(wg_model_fit(model, &data, .epochs = 3, .batch_size = 4, .shuffle = WG_NO) ==
                          WG_OK,
                      "%s", wg_error());
        ck_assert_int_eq(wg_model_epochs(model), 3);
        for (int i = 0; i < 3; i++) {
            const double loss = wg_model_log(model, "loss", i);
            close_to("0444", loss, stated[i], by_schedule, six_digits);
            if (dtype) close_to("0444, double", loss, derived[i], in_double, 0);
        }
        wg_model_free(model);
    }
}
END_TEST

/* ---- Callbacks: 0648, 0649, 0651 to 0653, 0656 to 0659, 0686 --------------------------------- */

static wg_model *tiny(const char *optimizer) {
    wg_model *model = wg_sequential(WG_SHAPE(1), wg_dense(.units = 1));
    wg_model_compile(model, .optimizer = optimizer, .loss = "mse");
    return model;
}

/* Tells a callback of an epoch with this value of that log. */
static void tell(wg_callback *callback, wg_model *model, int epoch, const char *log, double value) {
    struct wg_moment moment = {
        .model = model, .epoch = epoch, .epochs = 100, .logs = 1, .log_name = {log}};
    moment.log[0] = value;
    if (epoch == 0)
        ck_assert(!callback->functions.begin ||
                  callback->functions.begin(callback->functions.context, &moment) == WG_OK);
    ck_assert_msg(callback->functions.epoch_end(callback->functions.context, &moment) == WG_OK,
                  "%s", wg_error());
}

START_TEST(early_stopping_waits) {
    static const double losses[] = {10, 9, 8, 9, 8.9, 8.8, 8.7, 8.6, 8.5},
                        restored[] = {0.2, 0.15, 0.1, 0.11, 0.12},
                        baseline[] = {0.9, 0.8, 0.7, 0.71, 0.72, 0.73};
    static const struct {
        const char *id;
        struct wg_early_stopping_options options;
        const double *value;
        int values, last, best; /* the epochs at which it ends, and whose weights it brings back */
    } cases[] = {
        {"0648", {.monitor = "loss"}, losses, 9, 3, -1},
        {"0649", {.monitor = "loss", .patience = 1}, losses, 9, 3, -1},
        {"0651", {.monitor = "loss", .patience = 3}, losses, 9, 5, -1},
        {"0652", {.patience = 2, .restore_best_weights = WG_YES}, restored, 5, 4, 2},
        {"0653",
         {.patience = 5, .baseline = 0.5, .restore_best_weights = WG_YES},
         baseline,
         6,
         4,
         2},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        wg_model *model = tiny("sgd");
        wg_callback *callback = wg_early_stopping_new(cases[i].options);
        const char *log = cases[i].options.monitor ? cases[i].options.monitor : "val_loss";
        float *w = wg_param_value(wg_model_params(model), 0).data;
        int epoch = 0;
        for (; epoch < cases[i].values && !model->training->stop; epoch++) {
            *w = (float)epoch;
            tell(callback, model, epoch, log, cases[i].value[epoch]);
        }
        ck_assert_msg(epoch - 1 == cases[i].last, "%s: epoch %d", cases[i].id, epoch - 1);
        const struct wg_moment moment = {.model = model};
        callback->functions.end(callback->functions.context, &moment);
        const int best = cases[i].best < 0 ? cases[i].last : cases[i].best;
        ck_assert_msg(*w == (float)best, "%s: weights of epoch %g", cases[i].id, (double)*w);
        wg_callback_free(callback);
        wg_model_free(model);
    }
}
END_TEST

static void expect_rates(const char *id, struct wg_reduce_lr_on_plateau_options options,
                         double first, const double *value, const double *rate, int n,
                         double tolerance) {
    char optimizer[64];
    snprintf(optimizer, sizeof optimizer, "sgd learning_rate=%g", first);
    wg_model *model = tiny(optimizer);
    wg_callback *callback = wg_reduce_lr_on_plateau_new(options);
    ck_assert_msg(callback != NULL, "%s", wg_error());
    for (int i = 0; i < n; i++) {
        tell(callback, model, i, "val_loss", value[i]);
        if (!isnan(rate[i]))
            close_to(id, wg_optimizer_learning_rate(wg_model_optimizer(model)), rate[i], tolerance,
                     0);
    }
    wg_callback_free(callback);
    wg_model_free(model);
}

START_TEST(the_rate_is_reduced_on_plateaus) {
    static const double ones[] = {1, 1, 1, 1}, least[] = {NAN, NAN, NAN, 0.005},
                        cooled[] = {NAN, NAN, NAN, 0.001},
                        values[] = {1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8},
                        rates[] = {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125};
    struct wg_reduce_lr_on_plateau_options o = {
        .patience = 1, .factor = 0.1, .min_delta = 10, .min_lr = 0.005};
    expect_rates("0656", o, 0.1, ones, least, 4, six_digits);
    o = (struct wg_reduce_lr_on_plateau_options){
        .patience = 1, .factor = 0.1, .min_delta = 100, .cooldown = 2};
    expect_rates("0657", o, 0.1, ones, cooled, 4, six_digits);
    o = (struct wg_reduce_lr_on_plateau_options){
        .patience = 2, .factor = 0.5, .min_delta = 1e-4, .cooldown = 1};
    expect_rates("0658", o, 1, values, rates, 10, in_double);
}
END_TEST

START_TEST(a_factor_of_1_is_refused) {
    ck_assert_ptr_null(wg_reduce_lr_on_plateau(.factor = 1.0));
    expect_failure("0686", WG_ERROR_ARGUMENT, "reduce_lr_on_plateau", "factor=1");
}
END_TEST

START_TEST(which_way_is_better) {
    static const char *const logs[] = {"val_loss",     "loss",  "val_mse", "acc",
                                       "val_accuracy", "hinge", "f1_score"};
    static const int sign[] = {-1, -1, -1, 1, 1, -1, 1};
    for (size_t i = 0; i < ELEMENTS(logs); i++) {
        struct wg_monitor monitor;
        ck_assert_int_eq(wg_monitor_make(&monitor, "test", logs[i], NULL, 0), WG_OK);
        ck_assert_msg(monitor.sign == sign[i], "0659: %s", logs[i]);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {the_convolutional_network_of_the_documents,
                                  the_self_normalizing_network_of_the_documents,
                                  batches_with_and_without_weights,
                                  evaluation_in_batches,
                                  a_model_of_two_inputs,
                                  cross_entropy_of_a_sigmoid,
                                  averaged_weights_are_the_last,
                                  a_schedule_counts_steps,
                                  early_stopping_waits,
                                  the_rate_is_reduced_on_plateaus,
                                  a_factor_of_1_is_refused,
                                  which_way_is_better};
    return run_suite("golden_training", tests, ELEMENTS(tests));
}
