/* Losses by name: what is refused, with what words, and that nothing is recorded then. */
#include "support/suite.h"

#include "wengert/wengert.h"

static const double numbers[12] = {1, -2, 3, 4, -5, 6, 7, -8, 9, 10, -11, 12};
static const wg_var none;

static const struct {
    const char *text, *word, *other;
} refused_texts[] = {
    {"mean_square_error", "unknown loss \"mean_square_error\"; close to it: mean_squared_error",
     "expected one of"},
    {"crossentropy", "close to it: binary_crossentropy", NULL},
    {"", "unknown loss", NULL},
    {NULL, "wg_loss: the text is NULL", NULL},
    {"ctc", "unknown loss", NULL},
    {"mse delta=1", "mean_squared_error: no attribute \"delta\"", "it has: reduction"},
    {"mse reduction=median", "mean_squared_error: reduction=median", "mean_with_sample_weight"},
    {"huber delta=0", "huber: delta=0", "expected a number"},
    {"bce label_smoothing=1.5", "label_smoothing=1.5", "from 0 to 1"},
    {"bce from_logits=2", "from_logits=2", "0 or 1"},
    {"categorical_focal_crossentropy gamma=-1", "gamma=-1", "from 0"},
    {"binary_focal_crossentropy alpha=nan", "alpha=nan", NULL},
    {"categorical_generalized_cross_entropy q=0", "q=0", NULL},
    {"tversky alpha=-0.1", "alpha=-0.1", NULL},
    {"huber 2", "loss huber: \"2\"", "ATTRIBUTE=VALUE"},
};

START_TEST(refused_text) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(2, 3), numbers);
    for (size_t i = 0; i < ELEMENTS(refused_texts); i++) {
        const char *text = refused_texts[i].text;
        ck_assert(wg_is_null(wg_loss(x, x, none, text)));
        expect_failure(text ? text : "NULL", WG_ERROR_ARGUMENT, refused_texts[i].word,
                       refused_texts[i].other);
        ck_assert_int_eq(wg_loss_check(text), WG_ERROR_ARGUMENT);
        wg_clear_error();
        ck_assert_int_eq(wg_loss_takes_labels(text), -1);
        wg_clear_error();
    }
    ck_assert_uint_eq(wg_tape_size(tape), 1);
    ck_assert_int_eq(wg_loss_check("huber delta=2"), WG_OK);
    ck_assert_int_eq(wg_loss_takes_labels("kld"), 0);
    ck_assert_int_eq(wg_loss_takes_labels("circle"), 1);
    expect_no_failure("texts");
    wg_tape_free(tape);
}
END_TEST

START_TEST(refused_inputs) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(4, 3), numbers),
                 column = wg_variable(tape, WG_F64, WG_SHAPE(4, 1), NULL),
                 row = wg_input(tape, WG_F64, WG_SHAPE(4), NULL),
                 narrow = wg_input(tape, WG_F32, WG_SHAPE(4, 3), NULL),
                 wide = wg_input(tape, WG_F64, WG_SHAPE(4, 3), NULL),
                 scalar = wg_variable_scalar(tape, WG_F64, 1),
                 empty = wg_variable(tape, WG_F64, WG_SHAPE(0, 3), NULL),
                 label = wg_input(tape, WG_I32, WG_SHAPE(4), (int32_t[]){0, 2, 3, 1}),
                 three = wg_input(tape, WG_F64, WG_SHAPE(3), NULL),
                 cube = wg_variable(tape, WG_F64, WG_SHAPE(2, 2, 3), NULL),
                 square = wg_input(tape, WG_I32, WG_SHAPE(2, 2), NULL);
    const char *sparse = "sparse_categorical_crossentropy from_logits=1";
    const size_t size = wg_tape_size(tape);
    const struct {
        wg_var p, t, w;
        const char *text, *word, *other;
        enum wg_status status;
    } cases[] = {
        {column,
         row,
         {0},
         "mse",
         "mean_squared_error: prediction of shape (4, 1)",
         "target of shape (4); expected the same",
         WG_ERROR_SHAPE},
        {x, column, {0}, "dice", "dice: prediction of shape (4, 3)", "(4, 1)", WG_ERROR_SHAPE},
        {scalar, scalar, {0}, "mse", "one axis or more", "()", WG_ERROR_SHAPE},
        {empty, empty, {0}, "mse", "not empty", "(0, 3)", WG_ERROR_SHAPE},
        {x, narrow, {0}, "mse", "target of dtype f32", "expected f64", WG_ERROR_DTYPE},
        {x, label, {0}, "mse", "target of dtype i32", "expected f64", WG_ERROR_DTYPE},
        {x, wide, {0}, sparse, "target of dtype f64", "expected i32, labels", WG_ERROR_DTYPE},
        {label, label, {0}, sparse, "prediction of dtype i32", "f32 or f64", WG_ERROR_DTYPE},
        {x, square, {0}, sparse, "target of shape (2, 2)", "(..., classes)", WG_ERROR_SHAPE},
        {x, label, {0}, sparse, "label 3 of sample 2", "0 to 2", WG_ERROR_ARGUMENT},
        {x,
         label,
         {0},
         "categorical_generalized_cross_entropy",
         "label 3 of sample 2",
         NULL,
         WG_ERROR_ARGUMENT},
        {x,
         label,
         {0},
         "sparse_categorical_crossentropy ignore_class=-1",
         "label 3 of sample 2",
         "or one of ignore_class",
         WG_ERROR_ARGUMENT},
        {cube,
         square,
         {0},
         "circle",
         "circle: prediction of shape (2, 2, 3)",
         "(samples, dimensions)",
         WG_ERROR_SHAPE},
        {x, wide, {0}, "dice axis=2", "dice: axis=2 of shape (4, 3)", NULL, WG_ERROR_SHAPE},
        {x, wide, three, "mse", "sample weights of shape (3) for values of shape (4)", NULL,
         WG_ERROR_SHAPE},
        {x, wide, x, "mse", "sample weights of shape (4, 3)", NULL, WG_ERROR_SHAPE},
        {x, wide, narrow, "mse", "sample weights of dtype f32", "expected f64", WG_ERROR_DTYPE},
        {{0}, wide, {0}, "mse", "null variable", NULL, WG_ERROR_ARGUMENT},
        {x, {0}, {0}, "mse", "null variable", NULL, WG_ERROR_ARGUMENT},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        ck_assert(wg_is_null(wg_loss(cases[i].p, cases[i].t, cases[i].w, cases[i].text)));
        expect_failure(cases[i].word, cases[i].status, cases[i].word, cases[i].other);
        ck_assert_msg(wg_tape_size(tape) == size, "%s left something", cases[i].word);
    }
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {refused_text, refused_inputs};
    return run_suite("losses_refused", tests, ELEMENTS(tests));
}
