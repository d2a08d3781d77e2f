/* Models: sequences and functions of layers, their names, texts and summaries, and what a recording
 * has to do with the one that made them. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

static const float x2x3[] = {1, 2, 3, -1, 0.5f, 4};

/* The model's output for a batch, in a recording of its own. */
static void run(wg_model *model, enum wg_mode mode, int64_t batch, const void *x, double *y) {
    wg_tape *tape = wg_tape_new();
    wg_pass *pass = wg_pass_new(model, tape, mode);
    struct wg_model_input in = wg_model_input_at(model, 0);
    struct wg_shape shape = {.rank = in.shape.rank + 1, .dim = {batch}};
    for (int d = 0; d < in.shape.rank; d++) shape.dim[d + 1] = in.shape.dim[d];
    const wg_var leaf = wg_input(tape, in.dtype, shape, x);
    const wg_var out = wg_pass_record(pass, &leaf);
    ck_assert_msg(!wg_is_null(out), "%s", wg_error());
    const struct wg_tensor value = wg_value(out);
    ck_assert_int_eq(value.shape.dim[0], batch);
    for (int64_t i = 0; i < value.size; i++)
        y[i] = value.dtype == WG_F32 ? ((const float *)value.data)[i]
                                     : ((const double *)value.data)[i];
    wg_pass_free(pass);
    wg_tape_free(tape);
}

static void expect_names(const wg_model *model, const char *const *name, int n) {
    const wg_params *params = wg_model_params(model);
    ck_assert_int_eq(wg_params_count(params), n);
    for (int i = 0; i < n; i++) ck_assert_str_eq(wg_param_name(params, i), name[i]);
}

START_TEST(a_sequence_is_named_and_described) {
    wg_model *model = wg_sequential(
        WG_SHAPE(28, 28, 1), wg_flatten(), wg_dense(.units = 64, .activation = "relu"),
        wg_dense(.units = 16, .name = "middle", .trainable = WG_NO), wg_dense(10));
    expect_no_failure("sequence");
    static const char *const names[] = {"dense/kernel", "dense/bias",     "middle/kernel",
                                        "middle/bias",  "dense_1/kernel", "dense_1/bias"};
    expect_names(model, names, 6);
    ck_assert_int_eq(wg_model_parameters(model), 784 * 64 + 64 + 64 * 16 + 16 + 16 * 10 + 10);
    ck_assert_int_eq(wg_model_is_sequential(model), 1);
    ck_assert_str_eq(wg_model_text(model),
                     "flatten name=flatten; dense units=64 activation=relu name=dense; "
                     "dense units=16 trainable=no name=middle; dense units=10 name=dense_1");
    for (int i = 0; i < 6; i++) ck_assert_int_eq(wg_model_trainable(model, i), i / 2 != 1);
    wg_model_trainable(model, 6);
    expect_failure("parameter 6", WG_ERROR_ARGUMENT, "6", NULL);
    ck_assert_int_eq(wg_model_output_shape(model).rank, 1);
    ck_assert_int_eq(wg_model_output_shape(model).dim[0], 10);
    ck_assert_int_eq(wg_model_dtype(model), WG_F32);
    ck_assert_int_eq(wg_model_inputs(model), 1);
    wg_model_input_at(model, 1);
    expect_failure("input 1", WG_ERROR_ARGUMENT, "1", NULL);
    wg_model_free(model);
}
END_TEST

START_TEST(a_summary_is_a_table) {
    static const char wanted[] =
        "layer (kind)                          output shape                parameters\n"
        "----------------------------------------------------------------------------\n"
        "input                                 (batch, 4, 3)                        0\n"
        "flatten (flatten)                     (batch, 12)                          0\n"
        "dense (dense)                         (batch, 5)                          65\n"
        "last (dense)                          (batch, 2)                          12\n"
        "----------------------------------------------------------------------------\n"
        "parameters: 77, of them 12 not trainable\n";
    char text[2048] = "";
    FILE *file = tmpfile();
    wg_model *model = wg_sequential(WG_SHAPE(4, 3), wg_flatten(), wg_dense(5),
                                    wg_dense(2, .name = "last", .trainable = WG_NO));
    ck_assert_int_eq(wg_model_summary(model, file), WG_OK);
    rewind(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    ck_assert_msg(strcmp(text, wanted) == 0, "got\n%s", text);
    ck_assert_int_eq(wg_model_summary(model, NULL), WG_ERROR_ARGUMENT);
    expect_failure("no file", WG_ERROR_ARGUMENT, "file is NULL", NULL);
    ck_assert_int_eq(wg_model_summary(NULL, stdout), WG_ERROR_ARGUMENT);
    expect_failure("no model", WG_ERROR_ARGUMENT, "model is NULL", NULL);
    file = fopen("/dev/full", "w");
    if (file) {
        setvbuf(file, NULL, _IONBF, 0);
        ck_assert_int_eq(wg_model_summary(model, file), WG_ERROR_FILE);
        expect_failure("a full device", WG_ERROR_FILE, "writing failed", NULL);
        fclose(file);
    }
    wg_model_free(model);
}
END_TEST

START_TEST(a_text_makes_the_model_again) {
    static const char *const texts[] = {
        "flatten; dense 64 selu kernel_initializer=lecun_normal; dense 10 softmax",
        "dense units=3 use_bias=no kernel_regularizer=(l1l2 l1=0.1 l2=0.25) name=a",
        "dense 4 (leaky_relu negative_slope=0.1) bias_constraint=non_neg trainable=no; activation "
        "(elu alpha=0.5);",
        "conv2d 4 3x3 elu; max_pooling2d 2; flatten; dropout 0.5; dense 3",
        "conv2d 4 2x3 strides=2x1 padding=same; batch_normalization; prelu shared_axes=1,2; "
        "flatten; dense 2"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const struct wg_model_options o = {.input = {{.shape = WG_SHAPE(7, 6, 2)}}, .seed = 5};
        wg_model *first = wg_sequential_from_text(o, texts[i]);
        ck_assert_msg(first != NULL, "%s: %s", texts[i], wg_error());
        wg_model *second = wg_sequential_from_text(o, wg_model_text(first));
        ck_assert_msg(second != NULL, "%s: %s", wg_model_text(first), wg_error());
        ck_assert_str_eq(wg_model_text(first), wg_model_text(second));
        ck_assert_str_eq(wg_params_fingerprint(wg_model_params(first)).hex,
                         wg_params_fingerprint(wg_model_params(second)).hex);
        wg_model_free(first);
        wg_model_free(second);
    }
}
END_TEST

START_TEST(wrong_texts_are_refused) {
    static const struct {
        const char *text, *word;
    } wrong[] = {{"", "no kind of layer"},
                 {"dense 3;; dense 4", "no kind of layer"},
                 {";", "no kind of layer"},
                 {"dens 3", "dense"},
                 {"dense", "units"},
                 {"dense 0", "not 0"},
                 {"dense -1", "units=-1"},
                 {"dense 3.5", "a whole number"},
                 {"dense 3 relu no yes", NULL},
                 {"dense 3 (relu", "parentheses"},
                 {"dense 3 relu)", NULL},
                 {"dense 3 name=a; dense 4 name=a", "\"a\""},
                 {"dense 3 name=a/b", "a/b"},
                 {"dense 3 trainable=maybe", "maybe"},
                 {"dense 3 unit=4", "units"},
                 {"dense 3 reluu", "relu"},
                 {"dense 3 use_bias=2", "yes or no"}};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        const struct wg_model_options o = {.input = {{.shape = WG_SHAPE(4)}}};
        ck_assert_msg(wg_sequential_from_text(o, wrong[i].text) == NULL, "%s", wrong[i].text);
        ck_assert_int_ne(wg_error_status(), WG_ERROR_MEMORY);
        expect_failure(wrong[i].text, wg_error_status(), wrong[i].word, NULL);
    }
}
END_TEST

/* A dense layer by hand. */
static double dense(const float *x, const wg_model *model, int kernel, int64_t inputs,
                    int64_t units, int64_t u) {
    const float *w = wg_param_value(wg_model_params(model), kernel).data;
    double y = ((const float *)wg_param_value(wg_model_params(model), kernel + 1).data)[u];
    for (int64_t i = 0; i < inputs; i++) y += (double)x[i] * (double)w[i * units + u];
    return y;
}

START_TEST(a_sequence_computes_in_any_batch_and_mode) {
    wg_model *model = wg_sequential(WG_SHAPE(3), wg_dense(.units = 2));
    double one[2], two[4], training[4];
    run(model, WG_INFERENCE, 2, x2x3, two);
    run(model, WG_TRAINING, 2, x2x3, training);
    run(model, WG_INFERENCE, 1, x2x3 + 3, one);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(two[i], dense(x2x3 + 3 * (i / 2), model, 0, 3, 2, i % 2), 1e-6);
        ck_assert_double_eq(two[i], training[i]);
    }
    ck_assert_double_eq(one[0], two[2]);
    ck_assert_double_eq(one[1], two[3]);
    wg_model_free(model);
}
END_TEST

START_TEST(seeds_say_what_weights_are) {
    struct wg_model_options o = {.input = {{.shape = WG_SHAPE(3)}}, .seed = 7};
    wg_model *a = wg_sequential_from_text(o, "dense 5; dense 4"),
             *b = wg_sequential_from_text(o, "dense 5; dense 4");
    o.seed = 8;
    wg_model *c = wg_sequential_from_text(o, "dense 5; dense 4");
    const struct wg_fingerprint first = wg_params_fingerprint(wg_model_params(a));
    ck_assert_str_eq(first.hex, wg_params_fingerprint(wg_model_params(b)).hex);
    ck_assert_str_ne(first.hex, wg_params_fingerprint(wg_model_params(c)).hex);
    wg_model_initialize(c, 7);
    ck_assert_str_eq(first.hex, wg_params_fingerprint(wg_model_params(c)).hex);
    wg_model_free(a);
    wg_model_free(b);
    wg_model_free(c);
}
END_TEST

START_TEST(a_model_of_doubles) {
    static const double x[] = {1, 2, 3};
    double y[2];
    wg_model *model = wg_sequential_with(
        ((struct wg_model_options){.input = {{.shape = WG_SHAPE(3)}}, .dtype = WG_F64}),
        wg_dense(.units = 2, .kernel_initializer = "ones"));
    ck_assert_int_eq(wg_model_dtype(model), WG_F64);
    ck_assert_int_eq(wg_param_value(wg_model_params(model), 0).dtype, WG_F64);
    ck_assert_int_eq(wg_model_input_at(model, 0).dtype, WG_F64);
    run(model, WG_INFERENCE, 1, x, y);
    ck_assert_double_eq(y[1], 6);
    wg_model_free(model);
}
END_TEST

START_TEST(indices_are_taken_from_the_first_layer) {
    static const int32_t x[] = {2, 0};
    double y[4];
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(2)}}}, "embedding 3 2");
    ck_assert_msg(model != NULL, "%s", wg_error());
    ck_assert_int_eq(wg_model_input_at(model, 0).dtype, WG_I32);
    run(model, WG_INFERENCE, 1, x, y);
    const float *table = wg_param_value(wg_model_params(model), 0).data;
    ck_assert_double_eq(y[0], (double)table[4]);
    ck_assert_double_eq(y[3], (double)table[1]);
    wg_model_free(model);
}
END_TEST

/* ---- Wrong models ---------------------------------------------------------------------------- */

START_TEST(wrong_sequences_are_refused) {
    wg_model *model = wg_sequential(WG_SHAPE(3), wg_dense(.units = -2));
    ck_assert_ptr_null(model);
    expect_failure("units -2", WG_ERROR_ARGUMENT, "dense", "units=-2");
    ck_assert_ptr_null(wg_sequential(WG_SHAPE(3), wg_dense(2), NULL, wg_dense(2)));
    expect_failure("NULL", WG_ERROR_ARGUMENT, "layer 2 of 3", "NULL");
    ck_assert_ptr_null(wg_sequential_new((struct wg_model_options){0}, NULL, 0));
    expect_failure("none", WG_ERROR_ARGUMENT, "no layers", NULL);
    ck_assert_ptr_null(wg_sequential(WG_SHAPE(0), wg_dense(2)));
    expect_failure("empty input", WG_ERROR_SHAPE, "(0)", NULL);
    ck_assert_ptr_null(wg_sequential(WG_SCALAR, wg_dense(2)));
    expect_failure("scalar input", WG_ERROR_SHAPE, "dense", NULL);
    wg_layer *twice = wg_dense(2);
    ck_assert_ptr_null(wg_sequential(WG_SHAPE(3), twice, twice));
    expect_failure("one layer twice", WG_ERROR_STATE, "layer 2 of 2", "belongs");
    twice = wg_dense(2);
    ck_assert_ptr_null(wg_sequential(WG_SHAPE(3), NULL, twice, twice));
    expect_failure("after another failure", WG_ERROR_ARGUMENT, "layer 1 of 3", NULL);
    wg_layer *layer = wg_dense(.units = 2);
    model = wg_sequential(WG_SHAPE(3), layer);
    ck_assert_ptr_null(wg_sequential(WG_SHAPE(3), wg_dense(4), layer));
    expect_failure("another's layer", WG_ERROR_STATE, "layer 2 of 2", "belongs");
    wg_model_free(model);
    ck_assert_ptr_null(wg_sequential_with(
        ((struct wg_model_options){.input = {{.shape = WG_SHAPE(3)}}, .dtype = WG_I32}),
        wg_dense(2)));
    expect_failure("i32", WG_ERROR_DTYPE, "f32 or f64", NULL);
    ck_assert_ptr_null(
        wg_sequential(WG_SHAPE(3), wg_dense(.units = 2, .kernel_constraint = "max_nrm")));
    expect_failure("constraint", WG_ERROR_ARGUMENT, "max_norm", NULL);
    ck_assert_ptr_null(
        wg_sequential(WG_SHAPE(3), wg_dense(.units = 2, .kernel_regularizer = "l3")));
    expect_failure("regularizer", WG_ERROR_ARGUMENT, "l3", NULL);
    ck_assert_ptr_null(
        wg_sequential(WG_SHAPE(3), wg_dense(.units = 2, .kernel_initializer = "unifrm")));
    expect_failure("initializer", WG_ERROR_ARGUMENT, "unifrm", "uniform");
    ck_assert_ptr_null(wg_sequential_from_text((struct wg_model_options){0}, NULL));
    expect_failure("no text", WG_ERROR_ARGUMENT, "NULL", NULL);
}
END_TEST

START_TEST(recordings_check_their_inputs) {
    wg_model *model = wg_sequential(WG_SHAPE(3), wg_dense(2));
    wg_tape *tape = wg_tape_new();
    ck_assert_ptr_null(wg_pass_new(NULL, tape, WG_INFERENCE));
    expect_failure("no model", WG_ERROR_ARGUMENT, "model is NULL", NULL);
    ck_assert_ptr_null(wg_pass_new(model, NULL, WG_INFERENCE));
    expect_failure("no tape", WG_ERROR_ARGUMENT, "tape is NULL", NULL);
    ck_assert_ptr_null(wg_pass_new(model, tape, (enum wg_mode)2));
    expect_failure("mode", WG_ERROR_ARGUMENT, "mode 2", NULL);
    wg_pass *pass = wg_pass_new(model, tape, WG_INFERENCE);
    const struct {
        wg_var x;
        enum wg_status status;
        const char *word;
    } wrong[] = {{wg_input(tape, WG_F32, WG_SHAPE(2, 4), NULL), WG_ERROR_SHAPE, "(2, 4)"},
                 {wg_input(tape, WG_F32, WG_SHAPE(3), NULL), WG_ERROR_SHAPE, "(3)"},
                 {wg_input(tape, WG_F32, WG_SCALAR, NULL), WG_ERROR_SHAPE, "()"},
                 {wg_input(tape, WG_F32, WG_SHAPE(2, 3, 1), NULL), WG_ERROR_SHAPE, "(2, 3, 1)"},
                 {wg_input(tape, WG_F64, WG_SHAPE(2, 3), NULL), WG_ERROR_DTYPE, "f64"},
                 {{0}, WG_ERROR_ARGUMENT, "input 1"}};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert(wg_is_null(wg_pass_record(pass, &wrong[i].x)));
        expect_failure("input", wrong[i].status, wrong[i].word, "model");
    }
    ck_assert(wg_is_null(wg_pass_record(pass, NULL)));
    expect_failure("no inputs", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert(wg_is_null(wg_pass_record(NULL, &wrong[0].x)));
    expect_failure("no pass", WG_ERROR_ARGUMENT, "pass", NULL);
    const wg_var good = wg_input(tape, WG_F32, WG_SHAPE(2, 3), NULL);
    ck_assert(!wg_is_null(wg_pass_record(pass, &good)));
    wg_pass_free(pass);
    wg_pass_free(NULL);
    wg_tape_free(tape);
    wg_model_free(model);
    wg_model_free(NULL);
    expect_no_failure("the end");
}
END_TEST

START_TEST(null_models_have_nothing) {
    ck_assert_ptr_null(wg_model_params(NULL));
    ck_assert_ptr_null(wg_model_statistics(NULL));
    ck_assert_int_eq(wg_model_parameters(NULL), 0);
    ck_assert_int_eq(wg_model_inputs(NULL), 0);
    ck_assert_int_eq(wg_model_output_shape(NULL).rank, 0);
    ck_assert_ptr_null(wg_model_text(NULL));
    ck_assert_int_eq(wg_model_is_sequential(NULL), 0);
    expect_no_failure("queries");
    ck_assert_int_eq(wg_model_initialize(NULL, 1), WG_ERROR_ARGUMENT);
    expect_failure("initialize", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_int_eq(wg_model_constrain(NULL), WG_ERROR_ARGUMENT);
    expect_failure("constrain", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_int_eq(wg_pass_update_statistics(NULL), WG_ERROR_ARGUMENT);
    expect_failure("statistics", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_int_eq(wg_pass_set_noise(NULL, 1, 1), WG_ERROR_ARGUMENT);
    expect_failure("noise", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert(wg_is_null(wg_pass_penalty(NULL)));
    expect_failure("penalty", WG_ERROR_ARGUMENT, "NULL", NULL);
    ck_assert_ptr_null(wg_layer_from_text(NULL));
    expect_failure("layer", WG_ERROR_ARGUMENT, "NULL", NULL);
    wg_layer_free(NULL);
    wg_layer_free(wg_dense(2));
    expect_no_failure("freeing");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_sequence_is_named_and_described,
                                  a_summary_is_a_table,
                                  a_text_makes_the_model_again,
                                  wrong_texts_are_refused,
                                  a_sequence_computes_in_any_batch_and_mode,
                                  seeds_say_what_weights_are,
                                  a_model_of_doubles,
                                  indices_are_taken_from_the_first_layer,
                                  wrong_sequences_are_refused,
                                  recordings_check_their_inputs,
                                  null_models_have_nothing};
    return run_suite("model", tests, ELEMENTS(tests));
}
