/* Losses by name: gradients, reductions, logits behind probabilities, extreme logits, replays.
 * Figures are compared in test_golden_losses.c. */
#include "support/suite.h"

#include "nn/params.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

/* Sums of at most 12 terms of a few roundings each, relative. */
#define TOLERANCE_F64 (32 * DBL_EPSILON)
#define TOLERANCE_F32 (32 * (double)FLT_EPSILON)

enum { ROWS = 4, COLUMNS = 3, SIZE = ROWS * COLUMNS, NAMES = 21 };

static const double scores[SIZE] = {0.5, -1.25, 2,    0.75, -0.5,   1.5,
                                    -3,  0.25,  1.25, -0.5, -0.875, 0.625},
                    shares[SIZE] = {0.2, 0.7,  0.1, 0.35, 0.25, 0.4,
                                    0.6, 0.15, 0.3, 0.05, 0.85, 0.12},
                    truths[SIZE] = {0.1, 0.6, 0.3, 0.25, 0.5, 0.45, 0.8, 0.1, 0.2, 0.3, 0.65, 0.05},
                    rows_of_3[6 * 3] = {0.3, -0.5, 0.2,  0.1, 0.6, -0.3, 0.4,  -0.4, 0.3,
                                        0.5, 0.2,  -0.1, 0.2, 0.5, 0.1,  -0.6, 0.1,  0.2};
static const int32_t labels[6] = {0, 2, 1, 2, 1, 0}, groups[6] = {0, 1, 0, 2, 1, 3};

static wg_var null(void) { return (wg_var){0}; }

/* ------------------------------------------------------------------------------------------------
 * Gradients of every loss: by the prediction, the target where it is one, and the weights */

enum { SCORES, SHARES, EMBEDDINGS };

static const struct {
    const char *text;
    int prediction;
} checked[] = {
    {"mean_squared_error", SCORES},
    {"mean_absolute_error", SCORES},
    {"mean_absolute_percentage_error", SCORES},
    {"mean_squared_logarithmic_error", SHARES},
    {"huber", SCORES},
    {"huber delta=0.3", SCORES},
    {"log_cosh", SCORES},
    {"hinge", SCORES},
    {"squared_hinge", SCORES},
    {"categorical_hinge", SCORES},
    {"cosine_similarity", SCORES},
    {"kl_divergence", SHARES},
    {"poisson", SHARES},
    {"binary_crossentropy", SHARES},
    {"binary_crossentropy from_logits=1", SCORES},
    {"binary_crossentropy from_logits=1 label_smoothing=0.2", SCORES},
    {"binary_focal_crossentropy", SHARES},
    {"binary_focal_crossentropy from_logits=1 gamma=0.5", SCORES},
    {"binary_focal_crossentropy from_logits=1 gamma=3 apply_class_balancing=1 alpha=0.4", SCORES},
    {"binary_focal_crossentropy gamma=0 label_smoothing=0.1", SHARES},
    {"categorical_crossentropy", SHARES},
    {"categorical_crossentropy label_smoothing=0.3", SHARES},
    {"categorical_crossentropy from_logits=1", SCORES},
    {"categorical_focal_crossentropy", SHARES},
    {"categorical_focal_crossentropy from_logits=1 gamma=1", SCORES},
    {"categorical_focal_crossentropy from_logits=1 gamma=1.5 alpha=0.7", SCORES},
    {"sparse_categorical_crossentropy", SHARES},
    {"sparse_categorical_crossentropy from_logits=1", SCORES},
    {"sparse_categorical_crossentropy from_logits=1 ignore_class=2", SCORES},
    {"sparse_categorical_crossentropy ignore_class=1", SHARES},
    {"dice", SHARES},
    {"dice axis=-1", SHARES},
    {"tversky", SHARES},
    {"tversky alpha=0.2 beta=0.9 axis=1", SHARES},
    {"circle gamma=4", EMBEDDINGS},
    {"circle gamma=2 margin=0.1 remove_diagonal=0", EMBEDDINGS},
    {"categorical_generalized_cross_entropy", SHARES},
    {"categorical_generalized_cross_entropy q=0.8", SHARES},
};
static const char *const reductions[] = {"sum_over_batch_size", "sum", "mean",
                                         "mean_with_sample_weight", "none"};

struct program {
    char text[128];
    int weighted;
};

static wg_var record(wg_tape *tape, const wg_var *in, void *user) {
    const struct program *program = user;
    (void)tape;
    return wg_loss(in[0], in[1], program->weighted ? in[2] : null(), program->text);
}

static void check_gradient(const char *text, int kind, const char *reduction, int weighted) {
    double p[18], t[SIZE], w[6] = {1, 0.5, 2, 0.75, 1.25, 0.25};
    int32_t label[6];
    const int64_t rows = kind == EMBEDDINGS ? 6 : ROWS;
    memcpy(p,
           kind == SCORES   ? scores
           : kind == SHARES ? shares
                            : rows_of_3,
           (size_t)rows * COLUMNS * sizeof *p);
    memcpy(t, truths, sizeof t);
    memcpy(label, kind == EMBEDDINGS ? groups : labels, sizeof label);
    struct program program = {.weighted = weighted};
    snprintf(program.text, sizeof program.text, "%s reduction=%s", text, reduction);
    const int by_label = wg_loss_takes_labels(program.text),
              scalar = strstr("dice tversky", text) != NULL;
    const struct wg_tensor in[] = {
        {p, rows * COLUMNS, WG_F64, WG_SHAPE(rows, COLUMNS)},
        {by_label ? (void *)label : (void *)t, by_label ? rows : SIZE, by_label ? WG_I32 : WG_F64,
         by_label ? WG_SHAPE(rows) : WG_SHAPE(ROWS, COLUMNS)},
        {w, scalar ? 1 : rows, WG_F64, scalar ? WG_SCALAR : WG_SHAPE(rows, 1)},
    };
    /* The mean of one value, weighted by its own weight, does not depend on it. */
    if (scalar && weighted && strcmp(reduction, "mean_with_sample_weight") == 0) return;
    struct wg_gradcheck_result result;
    ck_assert_msg(wg_gradcheck(record, &program, 2 + weighted, in, NULL, &result) == WG_OK,
                  "%s: %s", program.text, wg_error());
    char report[4096];
    wg_gradcheck_text(&result, report, sizeof report);
    ck_assert_msg(result.pass && result.verdict != WG_VERDICT_INCONCLUSIVE, "%s, weighted %d: %s",
                  program.text, weighted, report);
    ck_assert_msg(result.severed[0] == '\0', "%s: %s", program.text, report);
    ck_assert(result.tangent_error >= 0);
}

START_TEST(gradients_are_right) {
    for (size_t i = 0; i < ELEMENTS(checked); i++) {
        for (size_t k = 0; k < 2 * ELEMENTS(reductions); k++)
            check_gradient(checked[i].text, checked[i].prediction, reductions[k / 2], (int)(k % 2));
    }
    for (int i = 0; i < NAMES; i++) {
        size_t found = 0;
        for (size_t k = 0; k < ELEMENTS(checked); k++)
            found += strcspn(checked[k].text, " ") == strlen(wg_loss_name(i)) &&
                     strncmp(checked[k].text, wg_loss_name(i), strlen(wg_loss_name(i))) == 0;
        ck_assert_msg(found > 0, "%s is not checked", wg_loss_name(i));
    }
    ck_assert_ptr_null(wg_loss_name(NAMES));
    ck_assert_ptr_null(wg_loss_name(-1));
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Reductions */

/* Values (2, 3), and weights of every shape that fits them. */
START_TEST(weights_and_reductions) {
    static const struct {
        struct wg_shape shape;
        double of[6]; /* the values' weights */
    } cases[] = {
        {{0, {0}}, {2, 2, 2, 2, 2, 2}},       {{1, {1}}, {2, 2, 2, 2, 2, 2}},
        {{1, {2}}, {2, 2, 2, 0.5, 0.5, 0.5}}, {{2, {2, 1}}, {2, 2, 2, 0.5, 0.5, 0.5}},
        {{2, {2, 3}}, {2, 0.5, 1, 0, 3, 4}},  {{3, {2, 3, 1}}, {2, 0.5, 1, 0, 3, 4}},
    };
    static const double w[6] = {2, 0.5, 1, 0, 3, 4};
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        wg_tape *tape = wg_tape_new();
        const wg_var p = wg_variable(tape, WG_F64, WG_SHAPE(2, 3, 2), scores),
                     t = wg_input(tape, WG_F64, WG_SHAPE(2, 3, 2), truths),
                     weight = wg_input(tape, WG_F64, cases[i].shape, w);
        double sum = 0, all = 0;
        const wg_var each = wg_loss(p, t, weight, "mse reduction=none");
        expect_no_failure("none");
        const double *got = wg_value(each).data;
        for (int k = 0; k < 6; k++) {
            double value = 0;
            for (int c = 2 * k; c < 2 * k + 2; c++)
                value += (scores[c] - truths[c]) * (scores[c] - truths[c]) / 2;
            ck_assert_double_le(fabs(got[k] - cases[i].of[k] * value), TOLERANCE_F64 * 10);
            sum += cases[i].of[k] * value;
            all += cases[i].of[k];
        }
        const double expected[] = {sum / 6, sum, sum / 6, sum / all};
        for (size_t r = 0; r < 4; r++) {
            char text[64];
            snprintf(text, sizeof text, "mse reduction=%s", reductions[r]);
            const double loss = wg_item(wg_loss(p, t, weight, text));
            ck_assert_msg(fabs(loss - expected[r]) <= TOLERANCE_F64 * sum, "%s, case %zu: %g", text,
                          i, loss);
        }
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(no_weight_gives_no_loss) {
    wg_tape *tape = wg_tape_new();
    const double zero[ROWS] = {0};
    const wg_var p = wg_variable(tape, WG_F64, WG_SHAPE(ROWS, COLUMNS), scores),
                 t = wg_input(tape, WG_I32, WG_SHAPE(ROWS), (int32_t[]){1, 1, 1, 1}),
                 w = wg_input(tape, WG_F64, WG_SHAPE(ROWS), zero);
    const char *text = "sparse_categorical_crossentropy from_logits=1 reduction=";
    for (size_t i = 0; i < 2; i++) {
        char words[128];
        snprintf(words, sizeof words, "%s%s", text,
                 i ? "mean_with_sample_weight" : "sum_over_batch_size ignore_class=1");
        const wg_var loss = wg_loss(p, t, i ? w : null(), words);
        wg_backward(loss);
        expect_no_failure(words);
        ck_assert(wg_item(loss) == 0);
        for (int k = 0; k < SIZE; k++) ck_assert(((const double *)wg_gradient(p).data)[k] == 0);
    }
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Logits behind probabilities */

enum { NOTHING, SOFTMAX, LOG_SOFTMAX, SIGMOID };

static wg_var squashed(wg_var x, int by) {
    return by == SOFTMAX       ? wg_softmax(x, -1)
           : by == LOG_SOFTMAX ? wg_log_softmax(x, -1)
           : by == SIGMOID     ? wg_sigmoid(x)
                               : x;
}

static wg_var loss_of(wg_tape *tape, wg_var *x, const double *data, const char *text, int by) {
    *x = wg_variable(tape, WG_F64, WG_SHAPE(ROWS, COLUMNS), data);
    const wg_var t = wg_loss_takes_labels(text)
                         ? wg_input(tape, WG_I32, WG_SHAPE(ROWS), labels)
                         : wg_input(tape, WG_F64, WG_SHAPE(ROWS, COLUMNS), truths),
                 loss = wg_loss(squashed(*x, by), t, null(), text);
    wg_backward(loss);
    expect_no_failure(text);
    return loss;
}

START_TEST(logits_are_found) {
    static const struct {
        const char *text;
        int by;
    } cases[] = {
        {"categorical_crossentropy", SOFTMAX},
        {"categorical_crossentropy", LOG_SOFTMAX},
        {"categorical_focal_crossentropy gamma=1.5", SOFTMAX},
        {"categorical_focal_crossentropy gamma=1.5", LOG_SOFTMAX},
        {"sparse_categorical_crossentropy", SOFTMAX},
        {"sparse_categorical_crossentropy ignore_class=0", SOFTMAX},
        {"binary_crossentropy label_smoothing=0.1", SIGMOID},
        {"binary_focal_crossentropy", SIGMOID},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        wg_tape *tape = wg_tape_new();
        char text[96];
        wg_var x, logits;
        snprintf(text, sizeof text, "%s from_logits=1", cases[i].text);
        const wg_var found = loss_of(tape, &x, scores, cases[i].text, cases[i].by);
        double dx[SIZE];
        memcpy(dx, wg_gradient(x).data, sizeof dx);
        const wg_var given = loss_of(tape, &logits, scores, text, NOTHING);
        ck_assert_msg(wg_item(found) == wg_item(given), "%s: %.17g, from logits %.17g", text,
                      wg_item(found), wg_item(given));
        const double *expected = wg_gradient(logits).data;
        for (int k = 0; k < SIZE; k++)
            ck_assert_msg(fabs(dx[k] - expected[k]) <= TOLERANCE_F64, "%s: %g and %g", text, dx[k],
                          expected[k]);
        wg_tape_free(tape);
    }
}
END_TEST

/* Where nothing is clipped the clipped forms say the same, so that they are the same losses. */
START_TEST(logits_and_probabilities_agree) {
    static const struct {
        const char *text;
        int by;
    } cases[] = {
        {"categorical_crossentropy", SOFTMAX},
        {"categorical_focal_crossentropy gamma=1.5", SOFTMAX},
        {"sparse_categorical_crossentropy", SOFTMAX},
        {"categorical_generalized_cross_entropy q=0.7", SOFTMAX},
        {"kl_divergence", SOFTMAX},
        {"binary_crossentropy", SIGMOID},
        {"binary_focal_crossentropy gamma=3", SIGMOID},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        wg_tape *tape = wg_tape_new();
        wg_var x, p;
        const wg_var found = loss_of(tape, &x, scores, cases[i].text, cases[i].by);
        const wg_var probabilities = squashed(x, cases[i].by);
        double data[SIZE];
        memcpy(data, wg_value(probabilities).data, sizeof data);
        const wg_var given = loss_of(tape, &p, data, cases[i].text, NOTHING);
        ck_assert_msg(fabs(wg_item(found) - wg_item(given)) <= TOLERANCE_F64 * wg_item(given),
                      "%s: %.17g, of probabilities %.17g", cases[i].text, wg_item(found),
                      wg_item(given));
        wg_tape_free(tape);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Extreme logits, in float: finite values, and the gradients that mathematics says */

static const struct {
    const char *text;
    int by;
    double wrong, slope; /* the loss of a sample that is as wrong as can be; by its two logits */
} extremes[] = {
    {"categorical_crossentropy", SOFTMAX, 20000, 1},
    {"categorical_crossentropy from_logits=1", NOTHING, 20000, 1},
    {"sparse_categorical_crossentropy", SOFTMAX, 20000, 1},
    {"sparse_categorical_crossentropy from_logits=1", NOTHING, 20000, 1},
    {"categorical_focal_crossentropy", SOFTMAX, 5000, 0.25},
    {"categorical_focal_crossentropy gamma=0.5 from_logits=1", NOTHING, 5000, 0.25},
    {"binary_crossentropy", SIGMOID, 10000, 0.5},
    {"binary_crossentropy from_logits=1", NOTHING, 10000, 0.5},
    {"binary_focal_crossentropy", SIGMOID, 10000, 0.5},
    {"binary_focal_crossentropy from_logits=1 gamma=0.5", NOTHING, 10000, 0.5},
    {"categorical_generalized_cross_entropy", SOFTMAX, 2, 0},
};

START_TEST(extreme_logits) {
    for (size_t i = 0; i < 2 * ELEMENTS(extremes); i++) {
        const char *text = extremes[i / 2].text;
        const float sign = i % 2 ? -1 : 1, logits[] = {sign * 10000, -sign * 10000};
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(1, 2), logits),
                     t = wg_loss_takes_labels(text)
                             ? wg_input(tape, WG_I32, WG_SHAPE(1), (int32_t[]){1})
                             : wg_input(tape, WG_F32, WG_SHAPE(1, 2), (float[]){0, 1});
        const wg_var loss = wg_loss(squashed(x, extremes[i / 2].by), t, null(), text);
        wg_backward(loss);
        expect_no_failure(text);
        const double value = wg_item(loss), wrong = sign > 0;
        const float *dx = wg_gradient(x).data;
        ck_assert_msg(fabs(value - wrong * extremes[i / 2].wrong) <= TOLERANCE_F32 * value,
                      "%s, sign %g: %g", text, (double)sign, value);
        for (int k = 0; k < 2; k++) {
            const double expected = wrong * extremes[i / 2].slope * (k ? -1 : 1);
            ck_assert_msg(fabs((double)dx[k] - expected) <= TOLERANCE_F32, "%s, sign %g: slope %g",
                          text, (double)sign, (double)dx[k]);
        }
        wg_tape_free(tape);
    }
}
END_TEST

/* A sample that is all but certain, and right: e^-40, with its digits, and so its slope. */
START_TEST(certainty_keeps_its_digits) {
    static const char *const texts[] = {"categorical_crossentropy from_logits=1",
                                        "sparse_categorical_crossentropy from_logits=1",
                                        "binary_crossentropy from_logits=1"};
    const float logits[] = {40, 0}, binary[] = {40, -40};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(1, 2), i == 2 ? binary : logits),
                     t = i == 1 ? wg_input(tape, WG_I32, WG_SHAPE(1), NULL)
                                : wg_input(tape, WG_F32, WG_SHAPE(1, 2), (float[]){1, 0});
        const wg_var loss = wg_loss(x, t, null(), texts[i]);
        wg_backward(loss);
        expect_no_failure(texts[i]);
        const double expected = exp(-40), share = i == 2 ? 0.5 : 1,
                     slope = (double)((const float *)wg_gradient(x).data)[0];
        ck_assert_msg(fabs(wg_item(loss) - expected) <= TOLERANCE_F32 * expected, "%s: %g",
                      texts[i], wg_item(loss));
        ck_assert_msg(fabs(slope + share * expected) <= TOLERANCE_F32 * expected, "%s: %g",
                      texts[i], slope);
        wg_tape_free(tape);
    }
}
END_TEST

/* Figures that Keras has in float: in double 1 - (1 - 1e-7) is 1e-7. */
START_TEST(clipped_in_double) {
    const double p[] = {1, 1, 1, 0}, t[] = {1, 0, 1, 0};
    wg_tape *tape = wg_tape_new();
    const double loss = wg_item(wg_loss(wg_variable(tape, WG_F64, WG_SHAPE(2, 2), p),
                                        wg_input(tape, WG_F64, WG_SHAPE(2, 2), t), null(), "bce")),
                 expected = -(3 * log(1 - 1e-7) + log(1e-7)) / 4;
    ck_assert_double_le(fabs(loss - expected), 1e-9 * expected); /* 1 - 1e-7 has 9 digits of 1e-7 */
    ck_assert_double_le(fabs(loss - 4.02952), 5e-6);
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Single losses */

/* e^2 / 2 for a small error e, in float, where |e| less ln 2 would have no digit left. */
START_TEST(log_cosh_of_small_errors) {
    for (float e = 0.25f; e > 1e-15f; e /= 8) {
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(1, 1), &e),
                     t = wg_input(tape, WG_F32, WG_SHAPE(1, 1), NULL);
        const double loss = wg_item(wg_loss(x, t, null(), "log_cosh")),
                     expected = -0.5 * log1p(-tanh((double)e) * tanh((double)e));
        expect_no_failure("log_cosh");
        ck_assert_msg(fabs(loss - expected) <= TOLERANCE_F32 * expected, "%g: %g; expected %g",
                      (double)e, loss, expected);
        wg_tape_free(tape);
    }
}
END_TEST

/* The same smoothing, 1 in 10, takes 1/15 of the certainty to each of three classes, and 1/20 to
 * each of two answers. */
START_TEST(smoothing_depends_on_classes) {
    const double logits[] = {100, -100, -100}, t[] = {1, 0, 0};
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(1, 3), logits),
                 target = wg_input(tape, WG_F64, WG_SHAPE(1, 3), t);
    const char *const texts[] = {"categorical_crossentropy from_logits=1 label_smoothing=0.1",
                                 "binary_crossentropy from_logits=1 label_smoothing=0.1"};
    const double expected[] = {200 * 2 * 0.1 / 3, 100 * 0.05};
    for (int i = 0; i < 2; i++) {
        const double loss = wg_item(wg_loss(x, target, null(), texts[i]));
        ck_assert_msg(fabs(loss - expected[i]) <= TOLERANCE_F64 * 100, "%s: %g", texts[i], loss);
    }
    expect_no_failure("smoothing");
    wg_tape_free(tape);
}
END_TEST

static double cosine_of(int i, int j) {
    double sum = 0;
    for (int k = 0; k < 3; k++) sum += rows_of_3[3 * i + k] * rows_of_3[3 * j + k];
    return sum;
}

/* Its formula, pair by pair; samples 3 and 5 have no other of their label and do not count. */
START_TEST(circle_is_its_formula) {
    const double gamma = 80, margin = 0.4;
    double expected = 0;
    for (int i = 0; i < 6; i++) {
        double positive = 0, negative = 0;
        for (int j = 0; j < 6; j++) {
            const double d = 1 - cosine_of(i, j);
            if (groups[i] == groups[j] && i != j)
                positive += exp(-gamma * (margin + d) * (margin - d));
            if (groups[i] != groups[j])
                negative += exp(gamma * fmax(1 + margin - d, 0) * (1 - margin - d));
        }
        expected += log1p(positive * negative);
    }
    wg_tape *tape = wg_tape_new();
    const wg_var p = wg_variable(tape, WG_F64, WG_SHAPE(6, 3), rows_of_3),
                 t = wg_input(tape, WG_I32, WG_SHAPE(6), groups);
    const wg_var loss = wg_loss(p, t, null(), "circle"),
                 sum = wg_loss(p, t, null(), "circle reduction=sum");
    wg_backward(loss);
    expect_no_failure("circle");
    ck_assert_double_le(fabs(wg_item(loss) - expected / 4), 1e-12 * expected); /* gamma's share */
    ck_assert_double_le(fabs(wg_item(sum) - expected), 1e-12 * expected);
    for (int k = 0; k < 18; k++) ck_assert(isfinite(((double *)wg_gradient(p).data)[k]));
    wg_tape_free(tape);
}
END_TEST

/* Targets of 0 and 1 stand for -1 and 1, if there is no other among them; also when replayed. */
START_TEST(hinge_targets) {
    const double p[] = {0.6, 0.4, -0.4, 0.6}, zeros_and_ones[] = {0, 1, 0, 0},
                 signs[] = {-1, 1, -1, -1}, other[] = {0, 1, 0, 0.5};
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(2, 2), p),
                 t = wg_variable(tape, WG_F64, WG_SHAPE(2, 2), zeros_and_ones);
    const wg_var loss = wg_loss(x, t, null(), "hinge");
    const double by_ones = wg_item(loss);
    wg_backward(loss);
    ck_assert(((const double *)wg_gradient(t).data)[0] == -2 * p[0] / 4);
    wg_set(t, signs);
    wg_forward(tape);
    ck_assert(wg_item(loss) == by_ones);
    wg_backward(loss);
    ck_assert(((const double *)wg_gradient(t).data)[0] == -p[0] / 4);
    wg_set(t, other);
    wg_forward(tape);
    expect_no_failure("hinge");
    ck_assert_double_le(fabs(wg_item(loss) - (1 + 0.6 + 1 + 0.7) / 4), TOLERANCE_F64);
    wg_tape_free(tape);
}
END_TEST

START_TEST(replays_follow_labels) {
    const char *text = "sparse_categorical_crossentropy from_logits=1 ignore_class=-1";
    static const int32_t first[] = {0, -1, -1, 2}, second[] = {-1, 1, 0, 2}, wrong[] = {0, 1, 3, 2};
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F32, WG_SHAPE(ROWS, COLUMNS), NULL),
                 t = wg_input(tape, WG_I32, WG_SHAPE(ROWS, 1), first);
    const wg_var loss = wg_loss(x, t, null(), text);
    expect_no_failure(text);
    float logits[SIZE];
    for (int k = 0; k < SIZE; k++) logits[k] = (float)scores[k];
    wg_set(x, logits);
    wg_set(t, second);
    wg_forward(tape);
    double expected = 0;
    for (int i = 1; i < ROWS; i++) {
        double sum = 0;
        for (int c = 0; c < COLUMNS; c++) sum += exp(scores[COLUMNS * i + c]);
        expected += (log(sum) - scores[COLUMNS * i + second[i]]) / 3;
    }
    ck_assert_double_le(fabs(wg_item(loss) - expected), TOLERANCE_F32 * expected);
    wg_set(t, wrong);
    ck_assert_int_eq(wg_forward(tape), WG_ERROR_ARGUMENT);
    expect_failure("a label", WG_ERROR_ARGUMENT, "label 3 of sample 2", "0 to 2");
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {gradients_are_right,
                                  weights_and_reductions,
                                  no_weight_gives_no_loss,
                                  logits_are_found,
                                  logits_and_probabilities_agree,
                                  extreme_logits,
                                  certainty_keeps_its_digits,
                                  clipped_in_double,
                                  log_cosh_of_small_errors,
                                  smoothing_depends_on_classes,
                                  circle_is_its_formula,
                                  hinge_targets,
                                  replays_follow_labels};
    return run_suite("losses", tests, ELEMENTS(tests));
}
