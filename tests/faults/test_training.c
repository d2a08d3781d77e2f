/* Wrong calls of compile, fit, evaluate, predict and of single batches: an error that names what
 * was wrong and what was expected, and a model that is as it was. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>

enum { EXAMPLES = 6, FEATURES = 2, CLASSES = 3 };

static float x[EXAMPLES * FEATURES], target[EXAMPLES * CLASSES];
static int32_t label[EXAMPLES] = {0, 1, 2, 0, 1, 2}, token[EXAMPLES * FEATURES];

static const char sparse[] = "sparse_categorical_crossentropy";

static wg_model *build(const char *text, const char *loss) {
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(FEATURES)}}}, text);
    if (loss) wg_model_compile(model, .loss = loss, .metrics = {"accuracy"});
    expect_no_failure("build");
    return model;
}

START_TEST(wrong_compilations) {
    static const struct {
        struct wg_compile_options o;
        const char *word, *other;
    } cases[] = {
        {{.none = 0}, "no loss", "mse"},
        {{.loss = "mean_squared_eror"}, "mean_squared_eror", "mean_squared_error"},
        {{.loss = "mse", .optimizer = "adm"}, "adm", "adam"},
        {{.loss = "mse", .optimizer = "adam learning_rate=-1"}, "learning_rate", "-1"},
        {{.loss = "mse", .metrics = {"mae", "acuracy"}}, "acuracy", "accuracy"},
        {{.loss = "huber delta=-1"}, "delta", "-1"},
        {{.loss = "mse", .schedule = {.kind = (enum wg_schedule_kind)99}}, "schedule", NULL}};
    const struct wg_dataset data = wg_dataset_of_classes(EXAMPLES, FEATURES, x, CLASSES, label);
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        wg_model *model = build("dense 3", sparse);
        ck_assert_msg(wg_model_compile_with(model, cases[i].o) != WG_OK, "case %zu", i);
        expect_failure("compile", wg_error_status(), cases[i].word, cases[i].other);
        ck_assert_int_eq(wg_model_fit(model, &data), WG_ERROR_STATE); /* it is left without */
        expect_failure("fit", WG_ERROR_STATE, "wg_model_fit", "wg_model_compile");
        wg_model_free(model);
    }
    wg_model *model = build("dense 3", NULL);
    ck_assert_int_eq(
        wg_model_compile(model, .loss = "mse", .schedule = wg_cosine_decay(0.1, -5, 0, 0, 0)),
        WG_ERROR_ARGUMENT);
    expect_failure("schedule", WG_ERROR_ARGUMENT, "wg_cosine_decay", "-5");
    wg_model_free(model);
    ck_assert_int_eq(wg_model_compile(NULL, .loss = "mse"), WG_ERROR_ARGUMENT);
    expect_failure("no model", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_ptr_null(wg_model_optimizer(NULL));
    expect_failure("no model", WG_ERROR_ARGUMENT, "NULL", NULL);
    wg_model_stop(NULL);
}
END_TEST

static const double negative[EXAMPLES] = {1, 1, -0.5, 1, 1, 1},
                    infinite[EXAMPLES] = {1, 1, 1, INFINITY, 1, 1};

START_TEST(wrong_options_of_fit) {
    static const struct {
        struct wg_fit_options o;
        const char *word, *other;
    } cases[] = {{{.epochs = -1}, "epochs=-1", "1 or more"},
                 {{.batch_size = 7}, "batch_size=7", "6"},
                 {{.batch_size = -1}, "batch_size=-1", "1 to"},
                 {{.validation_split = 1}, "validation_split=1", NULL},
                 {{.validation_split = -0.1}, "validation_split=-0.1", NULL},
                 {{.validation_split = NAN}, "validation_split=nan", NULL},
                 {{.validation_split = 0.9}, "leaves none of 6", NULL},
                 {{.validation_split = 0.5, .batch_size = 4}, "batch_size=4", "3"},
                 {{.shuffle = 2}, "shuffle=2", "WG_YES"},
                 {{.sample_weight = negative}, "sample_weight of example 2 is -0.5", "finite"},
                 {{.sample_weight = infinite}, "sample_weight of example 3 is inf", "finite"},
                 {{.class_weight = negative}, "class_weight of class 2 is -0.5", "finite"}};
    const struct wg_dataset data = wg_dataset_of_classes(EXAMPLES, FEATURES, x, CLASSES, label);
    wg_model *model = build("dense 3", sparse);
    const struct wg_fingerprint before = wg_params_fingerprint(wg_model_params(model));
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        ck_assert_int_eq(wg_model_fit_with(model, &data, cases[i].o), WG_ERROR_ARGUMENT);
        expect_failure("fit", WG_ERROR_ARGUMENT, cases[i].word, cases[i].other);
    }
    ck_assert_int_eq(wg_model_fit(NULL, &data), WG_ERROR_ARGUMENT);
    expect_failure("no model", WG_ERROR_ARGUMENT, "wg_model_fit: the model is NULL", NULL);
    const struct wg_fingerprint after = wg_params_fingerprint(wg_model_params(model));
    ck_assert_str_eq(before.hex, after.hex);
    wg_model_free(model);
}
END_TEST

/* What does not fit is found by fit, as data and as validation, and by evaluate. */
static void unfit(wg_model *model, const struct wg_dataset *data, enum wg_status status,
                  const char *word, const char *other) {
    const struct wg_dataset good = wg_dataset_of_classes(EXAMPLES, FEATURES, x, CLASSES, label);
    wg_clear_error(); /* where `good` itself is not made */
    ck_assert_int_eq(wg_model_fit_with(model, data, (struct wg_fit_options){0}), status);
    expect_failure("fit", status, "wg_model_fit", word);
    if (data && data->examples > 0) {
        ck_assert_int_ne(wg_model_fit(model, &good, .validation = data), WG_OK);
        wg_clear_error();
    }
    struct wg_evaluation result;
    ck_assert_int_eq(wg_model_evaluate(model, data, &result), status);
    expect_failure("evaluate", status, "wg_model_evaluate", other);
}

START_TEST(wrong_data) {
    const struct wg_dataset wide = wg_dataset_of_classes(3, 4, x, CLASSES, label),
                            more = wg_dataset_of_classes(EXAMPLES, FEATURES, x, 4, label),
                            one = wg_dataset_of(EXAMPLES, FEATURES, x, 1, target),
                            three = wg_dataset_of(EXAMPLES, FEATURES, x, 3, target),
                            bare = wg_dataset_of(EXAMPLES, FEATURES, x, 0, NULL),
                            words = wg_dataset_of_tokens(EXAMPLES, FEATURES, token, 5, 1, label, 3),
                            empty = {0};
    struct wg_dataset bad = wg_dataset_of_classes(EXAMPLES, FEATURES, x, CLASSES, label);
    int32_t wrong[EXAMPLES] = {0, 1, 2, 3, 1, 2};
    bad.labels = wrong;
    wg_model *model = build("dense 3", sparse);
    unfit(model, NULL, WG_ERROR_ARGUMENT, "NULL", "NULL");
    unfit(model, &empty, WG_ERROR_ARGUMENT, "empty", "expected examples");
    unfit(model, &wide, WG_ERROR_SHAPE, "4 features", "expected 2");
    unfit(model, &more, WG_ERROR_SHAPE, "4 classes", "at most 3");
    unfit(model, &three, WG_ERROR_DTYPE, "no labels", sparse);
    unfit(model, &bare, WG_ERROR_ARGUMENT, "neither labels nor targets", NULL);
    unfit(model, &words, WG_ERROR_DTYPE, "tokens", "expected numbers");
    ck_assert_int_eq(wg_model_fit(model, &bad), WG_ERROR_ARGUMENT);
    expect_failure("label", WG_ERROR_ARGUMENT, "example 3 has the label 3", "0 to 2");
    wg_model_free(model);
    model = build("dense 3", "mse");
    unfit(model, &one, WG_ERROR_SHAPE, "1 target an example", "expected 3");
    ck_assert_int_eq(wg_model_fit(model, &three, .class_weight = negative), WG_ERROR_ARGUMENT);
    expect_failure("class weights", WG_ERROR_ARGUMENT, "class_weight", "no labels");
    ck_assert_int_eq(wg_model_evaluate(model, &three, NULL, .batch_size = 9), WG_ERROR_ARGUMENT);
    expect_failure("batch", WG_ERROR_ARGUMENT, "batch_size=9", "6");
    wg_model_free(model);
    model = build("dense 3", "mse reduction=none");
    ck_assert_int_ne(wg_model_fit(model, &three), WG_OK);
    expect_failure("reduction", WG_ERROR_ARGUMENT, "another reduction", NULL);
    wg_model_free(model);
}
END_TEST

START_TEST(wrong_predictions) {
    const struct wg_dataset data = wg_dataset_of(EXAMPLES, FEATURES, x, 0, NULL), empty = {0};
    float y[EXAMPLES * 3];
    wg_model *model = build("dense 3", NULL);
    ck_assert_int_eq(wg_model_predict(NULL, &data, 0, y), WG_ERROR_ARGUMENT);
    expect_failure("model", WG_ERROR_ARGUMENT, "model is NULL", NULL);
    ck_assert_int_eq(wg_model_predict(model, &data, 0, NULL), WG_ERROR_ARGUMENT);
    expect_failure("result", WG_ERROR_ARGUMENT, "result is NULL", NULL);
    ck_assert_int_eq(wg_model_predict(model, NULL, 0, y), WG_ERROR_ARGUMENT);
    expect_failure("data", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_int_eq(wg_model_predict(model, &empty, 0, y), WG_ERROR_ARGUMENT);
    expect_failure("empty", WG_ERROR_ARGUMENT, "empty", NULL);
    ck_assert_int_eq(wg_model_predict(model, &data, 7, y), WG_ERROR_ARGUMENT);
    expect_failure("batch", WG_ERROR_ARGUMENT, "batch_size=7", NULL);
    ck_assert_int_eq(wg_model_predict(model, &data, 0, y), WG_OK);
    wg_model_free(model);
}
END_TEST

static struct wg_tensor tensor(enum wg_dtype dtype, struct wg_shape shape, void *data) {
    return (struct wg_tensor){
        .data = data, .size = wg_shape_size(shape), .shape = shape, .dtype = dtype};
}

START_TEST(wrong_batches) {
    static double wide[EXAMPLES * FEATURES];
    wg_model *model = build("dense 3", sparse), *bare = build("dense 3", NULL);
    const struct wg_tensor good_x = tensor(WG_F32, WG_SHAPE(EXAMPLES, FEATURES), x),
                           good_y = tensor(WG_I32, WG_SHAPE(EXAMPLES), label);
    const struct {
        struct wg_tensor x, target, weight;
        enum wg_status status;
        const char *word, *other;
    } cases[] = {
        {tensor(WG_F32, WG_SHAPE(4, 3), x), good_y, {0}, WG_ERROR_SHAPE, "input", "(4, 3)"},
        {tensor(WG_F64, WG_SHAPE(EXAMPLES, FEATURES), wide),
         good_y,
         {0},
         WG_ERROR_DTYPE,
         "input",
         "f64"},
        {tensor(WG_F32, WG_SHAPE(EXAMPLES, FEATURES), NULL),
         good_y,
         {0},
         WG_ERROR_SHAPE,
         "input",
         "without data"},
        {tensor(WG_F32, WG_SCALAR, x), good_y, {0}, WG_ERROR_ARGUMENT, "no inputs", NULL},
        {good_x, tensor(WG_F32, WG_SHAPE(EXAMPLES), target), {0}, WG_ERROR_DTYPE, "target", "i32"},
        {good_x, tensor(WG_I32, WG_SHAPE(5), label), {0}, WG_ERROR_SHAPE, "target", "(5)"},
        {good_x, {0}, {0}, wg_error_status(), "target", NULL},
        {good_x, good_y, tensor(WG_F32, WG_SHAPE(5), x), WG_ERROR_SHAPE, "sample_weight", "(5)"}};
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        const struct wg_batch batch = {&cases[i].x, cases[i].target, cases[i].weight};
        for (int train = 0; train < 2; train++) {
            const enum wg_status status = train ? wg_model_train_on_batch(model, &batch, 0, NULL)
                                                : wg_model_test_on_batch(model, &batch, NULL);
            ck_assert_int_ne(status, WG_OK);
            expect_failure("batch", cases[i].status ? cases[i].status : status, cases[i].word,
                           cases[i].other);
        }
    }
    const struct wg_batch good = {&good_x, good_y, {0}}, none = {NULL, good_y, {0}};
    ck_assert_int_ne(wg_model_test_on_batch(model, NULL, NULL), WG_OK);
    expect_failure("no batch", WG_ERROR_ARGUMENT, "no inputs", NULL);
    ck_assert_int_ne(wg_model_test_on_batch(model, &none, NULL), WG_OK);
    expect_failure("no inputs", WG_ERROR_ARGUMENT, "no inputs", NULL);
    ck_assert_int_ne(wg_model_test_on_batch(bare, &good, NULL), WG_OK);
    expect_failure("not compiled", WG_ERROR_STATE, "wg_model_compile", NULL);
    int32_t wrong[EXAMPLES] = {0, 1, 2, 0, 1, 3};
    const struct wg_batch outside = {&good_x, tensor(WG_I32, WG_SHAPE(EXAMPLES), wrong), {0}};
    const struct wg_fingerprint before = wg_params_fingerprint(wg_model_params(model));
    ck_assert_int_ne(wg_model_train_on_batch(model, &outside, 0, NULL), WG_OK);
    expect_failure("label", wg_error_status(), "3", NULL);
    const struct wg_fingerprint after = wg_params_fingerprint(wg_model_params(model));
    ck_assert_str_eq(before.hex, after.hex);
    ck_assert_msg(wg_model_train_on_batch(model, &good, 0, NULL) == WG_OK, "%s", wg_error());
    wg_model_free(model);
    wg_model_free(bare);
}
END_TEST

static wg_var add(wg_pass *pass, const wg_var *in, void *context) {
    (void)context;
    return wg_add(wg_call(pass, wg_dense(.units = 3), in[0]),
                  wg_call(pass, wg_dense(.units = 3), in[1]));
}

START_TEST(a_data_set_has_one_input) {
    const struct wg_dataset data = wg_dataset_of_classes(EXAMPLES, FEATURES, x, CLASSES, label);
    wg_model *model = wg_model_new((struct wg_model_options){
        .inputs = 2,
        .input = {{.shape = WG_SHAPE(FEATURES)}, {.shape = WG_SHAPE(FEATURES)}},
        .forward = add});
    wg_model_compile(model, .loss = sparse);
    ck_assert_int_eq(wg_model_fit(model, &data), WG_ERROR_ARGUMENT);
    expect_failure("two inputs", WG_ERROR_ARGUMENT, "2 inputs", "wg_model_train_on_batch");
    wg_model_free(model);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {wrong_compilations, wrong_options_of_fit,
                                  wrong_data,         wrong_predictions,
                                  wrong_batches,      a_data_set_has_one_input};
    return run_suite("training", tests, ELEMENTS(tests));
}
