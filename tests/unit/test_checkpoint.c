/* Checkpoints: models saved, loaded and resumed; what does not fit is listed and changes nothing.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scratch.h"
#include "support/suite.h"

#include "io/safetensors.h"
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static const char *path;

static void make_folder(void) {
    scratch_make();
    path = scratch_path("model");
}

static wg_model *from_text(const char *text, enum wg_dtype dtype, uint64_t seed) {
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(4)}}, .dtype = dtype, .seed = seed},
        text);
    ck_assert_msg(model != NULL, "%s: %s", text, wg_error());
    return model;
}

static struct wg_fingerprint of(const wg_model *model) {
    return wg_params_fingerprint(wg_model_params(model));
}

enum { EXAMPLES = 30, CLASSES = 3 };

static float x[EXAMPLES * 4];
static int32_t label[EXAMPLES];

static struct wg_dataset examples(void) {
    for (int i = 0; i < EXAMPLES; i++) {
        label[i] = i * 5 % CLASSES;
        for (int k = 0; k < 4; k++)
            x[4 * i + k] = (float)((i * 13 + k * 7) % 17) / 17 + (k == label[i] ? 0.5f : 0);
    }
    return wg_dataset_of_classes(EXAMPLES, 4, x, CLASSES, label);
}

/* ---- Save and load -------------------------------------------------------------------------- */

static const char network[] =
    "dense 6 selu; batch_normalization; dropout 0.3; dense 3 softmax name=last";

START_TEST(a_saved_model_is_the_same_again) {
    const struct wg_dataset data = examples();
    for (int dtype = 0; dtype < 2; dtype++) {
        wg_model *model = from_text(network, dtype ? WG_F64 : WG_F32, 3);
        wg_model_compile(model, .optimizer = "nadam learning_rate=0.01",
                         .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"},
                         .schedule = wg_exponential_decay(0.01, 4, 0.9, 0));
        wg_model_set_note(model, "classes", "a, b, \"c\"\n\xc3\xa4");
        wg_model_set_note(model, "gone", "soon");
        wg_model_set_note(model, "gone", NULL);
        ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 3, .batch_size = 7), WG_OK);
        ck_assert_msg(wg_model_save(model, path) == WG_OK, "%s", wg_error());
        wg_model *same = wg_model_load(path);
        ck_assert_msg(same != NULL, "%s", wg_error());
        ck_assert_str_eq(wg_model_text(same), wg_model_text(model));
        ck_assert_int_eq(wg_model_dtype(same), wg_model_dtype(model));
        ck_assert_str_eq(of(same).hex, of(model).hex);
        ck_assert_str_eq(wg_params_fingerprint(wg_model_statistics(same)).hex,
                         wg_params_fingerprint(wg_model_statistics(model)).hex);
        ck_assert_str_eq(wg_model_note(same, "classes"), "a, b, \"c\"\n\xc3\xa4");
        ck_assert_ptr_null(wg_model_note(same, "gone"));
        ck_assert_int_eq(wg_model_epochs(same), 3);
        ck_assert_double_eq(wg_model_log(same, "accuracy", 2), wg_model_log(model, "accuracy", 2));
        ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(same)), 15);
        /* Both go on alike: the optimizer's state and count, and the schedule, are the same. */
        wg_model_fit(model, &data, .epochs = 2);
        wg_model_fit(same, &data, .epochs = 2);
        expect_no_failure("fit");
        ck_assert_str_eq(of(same).hex, of(model).hex);
        wg_model_free(same);
        wg_model_free(model);
    }
}
END_TEST

static size_t read_file(const char *from, unsigned char *to, size_t size) {
    FILE *file = fopen(from, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t got = fread(to, 1, size, file);
    fclose(file);
    ck_assert_uint_lt(got, size);
    return got;
}

/* Loaded and saved, a file is the same to the bit: nothing was left out. */
START_TEST(schedules_outlive_a_file) {
    static int64_t boundary[WG_MAX_BOUNDARIES];
    static double value[WG_MAX_BOUNDARIES + 1];
    for (int i = 0; i <= WG_MAX_BOUNDARIES; i++) {
        if (i < WG_MAX_BOUNDARIES) boundary[i] = INT64_C(123456789012) * (i + 1);
        value[i] = 1 / (3.0 + i);
    }
    const struct wg_schedule schedules[] = {
        {0},
        wg_exponential_decay(0.1, 7, 0.9, 1),
        wg_piecewise_constant(boundary, WG_MAX_BOUNDARIES, value),
        wg_polynomial_decay(0.1, 9, 1e-4, 0.7, 1),
        wg_inverse_time_decay(1 / 3.0, 10, 0.5, 0),
        wg_cosine_decay(0, 1000, 0.1, 0.01, 17),
        wg_cosine_restarts(0.1, 10, 2.5, 0.75, 0.01)};
    static unsigned char byte[2][16384];
    for (size_t i = 0; i < ELEMENTS(schedules); i++) {
        size_t size[2];
        wg_model *model = from_text("dense 2", WG_F32, 1);
        wg_model_compile(model, .loss = "mse", .schedule = schedules[i]);
        expect_no_failure("compile");
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(wg_model_save(model, path), WG_OK);
            size[k] = read_file(path, byte[k], sizeof byte[k]);
            wg_model_free(model);
            model = wg_model_load(path);
            ck_assert_msg(model != NULL, "schedule %zu: %s", i, wg_error());
        }
        ck_assert_uint_eq(size[0], size[1]);
        ck_assert_int_eq(memcmp(byte[0], byte[1], size[0]), 0);
        wg_model_free(model);
    }
}
END_TEST

START_TEST(a_model_that_is_not_compiled) {
    wg_model *model = from_text("dense 3", WG_F32, 1);
    ck_assert_int_eq(wg_model_save(model, path), WG_OK);
    wg_model *same = wg_model_load(path);
    ck_assert_msg(same != NULL, "%s", wg_error());
    ck_assert_str_eq(of(same).hex, of(model).hex);
    ck_assert_ptr_null(wg_model_optimizer(same));
    expect_failure("optimizer", WG_ERROR_STATE, "wg_model_compile", NULL);
    wg_model_free(same);
    wg_model_free(model);
}
END_TEST

START_TEST(weights_alone_in_another_dtype) {
    const struct wg_dataset data = examples();
    wg_model *model = from_text(network, WG_F32, 3), *wide = from_text(network, WG_F64, 4);
    wg_model_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy");
    wg_model_fit(model, &data, .epochs = 2);
    ck_assert_int_eq(wg_model_save(model, path), WG_OK);
    ck_assert_msg(wg_model_load_weights(wide, path) == WG_OK, "%s", wg_error());
    for (int s = 0; s < 2; s++) {
        const wg_params *from = s ? wg_model_statistics(model) : wg_model_params(model),
                        *to = s ? wg_model_statistics(wide) : wg_model_params(wide);
        for (int i = 0; i < wg_params_count(from); i++) {
            const struct wg_tensor a = wg_param_value(from, i), b = wg_param_value(to, i);
            for (int64_t j = 0; j < a.size; j++)
                ck_assert_double_eq((double)((const float *)a.data)[j],
                                    ((const double *)b.data)[j]);
        }
    }
    wg_model_free(model);
    wg_model_free(wide);
}
END_TEST

START_TEST(what_does_not_fit_is_listed) {
    static const struct {
        const char *text, *words[5];
    } others[] = {
        {"dense 6 selu; dense 4",
         {"dense/kernel has shape (4, 5) in the file, (4, 6) in the model",
          "dense/bias has shape (5) in the file, (6) in the model",
          "dense_1/bias is not in the file", "last/kernel is not in the model",
          "last/bias is not in the model"}},
        {"dense 5; batch_normalization; dense 3 name=last",
         {"batch_normalization/gamma is not in the file",
          "batch_normalization/moving_mean is not in the file"}},
        {"dense 5", {"last/kernel is not in the model", "last/bias is not in the model"}}};
    wg_model *model = from_text("dense 5; dense 3 name=last", WG_F32, 1);
    ck_assert_int_eq(wg_model_save(model, path), WG_OK);
    for (size_t i = 0; i < ELEMENTS(others); i++) {
        wg_model *other = from_text(others[i].text, WG_F32, 2);
        const struct wg_fingerprint before = of(other);
        ck_assert_int_eq(wg_model_load_weights(other, path), WG_ERROR_SHAPE);
        for (int k = 0; k < 5 && others[i].words[k]; k++)
            ck_assert_msg(strstr(wg_error(), others[i].words[k]) != NULL, "\"%s\" without \"%s\"",
                          wg_error(), others[i].words[k]);
        expect_failure("fit", WG_ERROR_SHAPE, path, "does not fit the model");
        ck_assert_str_eq(of(other).hex, before.hex);
        wg_model_free(other);
    }
    wg_model_free(model);
    /* A long list says how long it is. */
    wg_model *many = from_text("dense 5; dense 5; dense 5; dense 5; dense 5; dense 5; dense 5; "
                               "dense 5; dense 5; dense 5; dense 5; dense 5; dense 3 name=last",
                               WG_F32, 1);
    ck_assert_int_eq(wg_model_load_weights(many, path), WG_ERROR_SHAPE);
    expect_failure("many", WG_ERROR_SHAPE, "; and ", " more");
    wg_model_free(many);
}
END_TEST

static wg_var residual(wg_pass *pass, const wg_var *in, void *context) {
    (void)context;
    return wg_add(in[0], wg_call(pass, wg_dense(.units = 4), in[0]));
}

START_TEST(functions_are_made_and_then_loaded) {
    const struct wg_model_options o = {
        .input = {{.shape = WG_SHAPE(4)}}, .forward = residual, .seed = 1};
    struct wg_model_options again = o;
    again.seed = 2;
    wg_model *model = wg_model_new(o), *other = wg_model_new(again);
    ck_assert_int_eq(wg_model_save(model, path), WG_OK);
    ck_assert_ptr_null(wg_model_load(path));
    expect_failure("function", WG_ERROR_UNSUPPORTED, path, "wg_model_load_weights");
    ck_assert_str_ne(of(other).hex, of(model).hex);
    ck_assert_int_eq(wg_model_load_weights(other, path), WG_OK);
    ck_assert_str_eq(of(other).hex, of(model).hex);
    wg_model_free(model);
    wg_model_free(other);
}
END_TEST

/* A file of tensors that some other program wrote. */
START_TEST(files_of_others) {
    static const float kernel[12], bias[3] = {1, 2, 3};
    struct wg_safetensors *file = wg_safetensors_new();
    wg_safetensors_add(file, "dense/kernel", WG_STORED_F32, WG_SHAPE(4, 3), kernel);
    wg_safetensors_add(file, "dense/bias", WG_STORED_F32, WG_SHAPE(3), bias);
    ck_assert_int_eq(wg_safetensors_write(file, path), WG_OK);
    wg_safetensors_free(file);
    wg_model *model = from_text("dense 3", WG_F64, 1);
    ck_assert_msg(wg_model_load_weights(model, path) == WG_OK, "%s", wg_error());
    ck_assert_double_eq(((double *)wg_param_value(wg_model_params(model), 1).data)[2], 3);
    ck_assert_ptr_null(wg_model_load(path));
    expect_failure("no model", WG_ERROR_FORMAT, path, "expected a checkpoint of Wengert");
    static const int32_t whole[3] = {1, 2, 3};
    file = wg_safetensors_new();
    wg_safetensors_add(file, "dense/kernel", WG_STORED_F32, WG_SHAPE(4, 3), kernel);
    wg_safetensors_add(file, "dense/bias", WG_STORED_I32, WG_SHAPE(3), whole);
    ck_assert_int_eq(wg_safetensors_write(file, path), WG_OK);
    wg_safetensors_free(file);
    ck_assert_int_eq(wg_model_load_weights(model, path), WG_ERROR_SHAPE);
    expect_failure("whole numbers", WG_ERROR_SHAPE, "dense/bias is I32", "F32 or F64");
    wg_model_free(model);
}
END_TEST

START_TEST(wrong_calls_are_refused) {
    wg_model *model = from_text("dense 3", WG_F32, 1);
    char key[200];
    memset(key, 'k', sizeof key);
    key[121] = '\0';
    ck_assert_int_eq(wg_model_save(NULL, path), WG_ERROR_ARGUMENT);
    expect_failure("save", WG_ERROR_ARGUMENT, "model is NULL", NULL);
    ck_assert_int_eq(wg_model_save(model, NULL), WG_ERROR_ARGUMENT);
    expect_failure("save", WG_ERROR_ARGUMENT, "path is NULL", NULL);
    ck_assert_int_eq(wg_model_load_weights(NULL, path), WG_ERROR_ARGUMENT);
    expect_failure("weights", WG_ERROR_ARGUMENT, "model is NULL", NULL);
    ck_assert_ptr_null(wg_model_load(NULL));
    expect_failure("load", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_ptr_null(wg_model_load(path));
    expect_failure("no file", WG_ERROR_FILE, path, NULL);
    ck_assert_int_eq(wg_model_set_note(model, "", "text"), WG_ERROR_ARGUMENT);
    expect_failure("note", WG_ERROR_ARGUMENT, "key", "empty");
    ck_assert_int_eq(wg_model_set_note(NULL, "a", "text"), WG_ERROR_ARGUMENT);
    expect_failure("note", WG_ERROR_ARGUMENT, "model is NULL", NULL);
    ck_assert_int_eq(wg_model_set_note(model, key, "text"), WG_ERROR_ARGUMENT);
    expect_failure("note", WG_ERROR_ARGUMENT, "121 characters", "120");
    key[120] = '\0';
    ck_assert_int_eq(wg_model_set_note(model, key, "text"), WG_OK);
    ck_assert_int_eq(wg_model_save(model, path), WG_OK);
    wg_model *same = wg_model_load(path);
    ck_assert_str_eq(wg_model_note(same, key), "text");
    ck_assert_ptr_null(wg_model_note(NULL, key));
    ck_assert_ptr_null(wg_model_note(same, NULL));
    wg_model_free(same);
    wg_model_free(model);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_saved_model_is_the_same_again,
                                  schedules_outlive_a_file,
                                  a_model_that_is_not_compiled,
                                  weights_alone_in_another_dtype,
                                  what_does_not_fit_is_listed,
                                  functions_are_made_and_then_loaded,
                                  files_of_others,
                                  wrong_calls_are_refused};
    Suite *suite = suite_create("checkpoint");
    TCase *all = tcase_create("checkpoint");
    tcase_add_checked_fixture(all, make_folder, scratch_remove);
    for (size_t i = 0; i < ELEMENTS(tests); i++) tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
