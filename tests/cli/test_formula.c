/* Formulas: reading them, the error bound that double carries against MPFR, and the cards of all
 * elementwise ops: each derivative on a card is the derivative of the formula on the same card. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formula.h"
#include "formula_second.h"
#include "lanes.h"
#include "textbook.h"
#include "wengert/wengert.h"

#define POINTS 20000 /* a formula */
/* Both sides are exact to hundreds of bits; what differs is how they round to double. */
#define CARD_TOLERANCE 1e-15
/* selu's constants are printed to 17 digits; the others are exact on both sides. */
#define TEXTBOOK_TOLERANCE 1e-15
#define TEXTBOOK_POINTS 30 /* a formula and set of attributes */

static const struct formula_name alpha = {"alpha", 0.5};

START_TEST(wrong_text_is_refused) {
    static const char *const wrong[] = {
        "",       "y =",   "x +",    "(x",       "x)",        "1 2",   "beta",     "sin(x)",
        "max(x)", "x ^ 9", "x ^ -2", "x ^ beta", "x > 0 ? x", "exp x", "x, 3 = x", "e, e = e + q"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct formula formula;
        char message[200] = "";
        ck_assert_msg(!formula_parse(&formula, wrong[i], &alpha, 1, message, sizeof message),
                      "\"%s\" was read", wrong[i]);
        ck_assert_msg(message[0] != '\0', "\"%s\" gives no message", wrong[i]);
    }
}
END_TEST

START_TEST(values_are_right) {
    static const struct {
        const char *text;
        double x, value;
    } rows[] = {{"y = 2 + 3 * x^2", 2, 14},
                {"-x^2", 3, -9},
                {"x - 1 - 1", 5, 3},
                {"8 / x / 2", 2, 2},
                {"x < 1 ? 2 : 3", 1, 3},
                {"x <= 1 ? 2 : 3", 1, 2},
                {"max(x, alpha)", 0.25, 0.5},
                {"min(x, 1) * 2", 7, 2},
                {"e * e, e = x + 1", 2, 9},
                {"dy/dx = x == 2 ? 1 : 0", 2, 1},
                {"abs(-x)", 3, 3},
                {"sigmoid(x - x)", 4, 0.5},
                {"-x^alpha", 4, -2},
                {"x^(1 + 1)", 1, 1},
                {"log(exp(x))", 1, 1},
                {"2 * normal_cdf(0 * x)", 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct formula formula;
        char message[200];
        double value, error, exact, remainder;
        ck_assert_msg(formula_parse(&formula, rows[i].text, &alpha, 1, message, sizeof message),
                      "%s", message);
        formula_evaluate(&formula, 1, &rows[i].x, &value, &error);
        struct formula_exact *mpfr = formula_exact_new(&formula);
        formula_exact_value(mpfr, rows[i].x, &exact, &remainder);
        formula_exact_free(mpfr);
        ck_assert_msg(fabs(value - rows[i].value) <= error && error < 1e-14, "%s: %g +- %g",
                      rows[i].text, value, error);
        ck_assert_msg(exact == rows[i].value, "%s by MPFR: %g", rows[i].text, exact);
    }
}
END_TEST

static double some_input(struct wg_random *random) {
    if (wg_random_below(random, 2)) return wg_random_uniform(random, -120, 120);
    const uint32_t bits = wg_random_u32(random);
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

/* Every instruction set's loops give the same bits, NaN for NaN. */
static void check_lanes(const char *text, const struct formula *formula, int n, const double *x,
                        const double *value, const double *error) {
    for (int k = 0; wg_isa_supported(k); k++) {
        const char *isa = wg_isa_supported(k);
        double v[FORMULA_BATCH], e[FORMULA_BATCH];
        lanes_for(isa)->evaluate(formula, n, x, v, e);
        for (int i = 0; i < n; i++) {
            const int same = (v[i] == value[i] || (isnan(v[i]) && isnan(value[i]))) &&
                             (e[i] == error[i] || (isnan(e[i]) && isnan(error[i])));
            ck_assert_msg(same, "%s at %a: %a +- %g, by %s %a +- %g", text, x[i], value[i],
                          error[i], isa, v[i], e[i]);
        }
    }
}

/* The double value lies within its bound of the exact one. Returns how many points had a useful
 * bound. */
static int check_bound(const char *name, const char *text, const struct formula *formula,
                       struct wg_random *random) {
    struct formula_exact *mpfr = formula_exact_new(formula);
    double x[FORMULA_BATCH], value[FORMULA_BATCH], error[FORMULA_BATCH];
    int useful = 0;
    for (int done = 0, n; done < POINTS; done += n) {
        n = POINTS - done < FORMULA_BATCH ? POINTS - done : FORMULA_BATCH;
        for (int i = 0; i < n; i++) x[i] = some_input(random);
        formula_evaluate(formula, n, x, value, error);
        check_lanes(text, formula, n, x, value, error);
        for (int i = 0; i < n; i++) {
            double exact, remainder;
            if (!(error[i] < INFINITY) || isnan(x[i]) || isinf(x[i])) continue;
            formula_exact_value(mpfr, x[i], &exact, &remainder);
            const double distance =
                (value[i] - exact) - ldexp(remainder, formula_unit_exponent(exact));
            const int right =
                isnan(value[i]) ? isnan(exact) : value[i] == exact || fabs(distance) <= error[i];
            ck_assert_msg(right, "%s, %s at %a: %a +- %g, but %a", name, text, x[i], value[i],
                          error[i], exact);
            useful += error[i] <= 1e-10 * fabs(value[i]) || value[i] == 0;
        }
    }
    formula_exact_free(mpfr);
    return useful;
}

/* The card's derivative against the derivative of the card's formula. */
static void check_card(const char *name, const struct formula *formula,
                       const struct formula *derivative, struct wg_random *random) {
    struct formula_exact *of = formula_exact_new(formula), *card = formula_exact_new(derivative);
    for (int i = 0; i < POINTS / 10; i++) {
        const double x = some_input(random);
        double expected, stated, remainder;
        formula_exact_derivative(of, x, &expected, &remainder);
        formula_exact_value(card, x, &stated, &remainder);
        if (isnan(x) || isinf(x) || isnan(expected)) continue;
        const double scale = fmax(fabs(expected), fabs(stated));
        ck_assert_msg(stated == expected || fabs(stated - expected) <= CARD_TOLERANCE * scale,
                      "%s at %a: card %.17g, derivative %.17g", name, x, stated, expected);
    }
    formula_exact_free(of);
    formula_exact_free(card);
}

/* The attributes' defaults, and 0.75 for every input after x. */
static int names_of(const struct wg_op *op, struct formula_name *names) {
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    int count = 0, inputs;
    wg_op_defaults(op, slots);
    for (int i = 0; i < wg_op_attribute_count(op); i++)
        names[count++] = (struct formula_name){op->attributes[i].name, slots[i]};
    wg_op_input_count(op, &inputs);
    for (int i = 1; i < inputs; i++) names[count++] = (struct formula_name){op->inputs[i], 0.75};
    return count;
}

START_TEST(cards_are_right) {
    struct wg_random random = wg_random_make(5, 0);
    int ops = 0;
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        if (op->structure != WG_ELEMENTWISE) continue;
        struct formula_name names[FORMULA_NAMES];
        const int count = names_of(op, names);
        struct formula formula, derivative;
        char message[300], first[512];
        snprintf(first, sizeof first, "%.*s", (int)strcspn(op->derivative, ";"), op->derivative);
        ck_assert_msg(formula_parse(&formula, op->formula, names, count, message, sizeof message),
                      "%s: %s", op->name, message);
        ck_assert_msg(formula_parse(&derivative, first, names, count, message, sizeof message),
                      "%s: %s", op->name, message);
        const int useful = check_bound(op->name, op->formula, &formula, &random);
        ck_assert_msg(useful > POINTS / 4, "%s: only %d of %d values are known well enough",
                      op->name, useful, POINTS);
        check_bound(op->name, first, &derivative, &random);
        check_card(op->name, &formula, &derivative, &random);
        ops++;
    }
    ck_assert_int_gt(ops, 15);
    printf("cards: %d ops, formula and derivative, at %d points each\n", ops, POINTS);
}
END_TEST

/* The same function as the card's, however it is written: both exact, at many inputs. */
static int check_same(const struct wg_op *op, const char *card, const char *textbook) {
    struct wg_random random = wg_random_make(11, 0);
    for (int pass = 0; pass < 2; pass++) {
        struct formula a, b;
        struct formula_name names[WG_MAX_ATTRIBUTES];
        const int count = wg_op_attribute_count(op);
        for (int i = 0; i < count; i++) {
            const double initial = op->attributes[i].initial;
            names[i] = (struct formula_name){op->attributes[i].name, initial + pass};
        }
        char message[200], text[512];
        snprintf(text, sizeof text, "%.*s", (int)strcspn(card, ";"), card);
        ck_assert_msg(formula_parse(&a, text, names, count, message, sizeof message) &&
                          formula_parse(&b, textbook, names, count, message, sizeof message),
                      "%s: %s", op->name, message);
        struct formula_exact *one = formula_exact_new(&a), *two = formula_exact_new(&b);
        for (int i = 0; i < TEXTBOOK_POINTS; i++) {
            const double x = wg_random_uniform(&random, -90, 90);
            double expected, found, remainder;
            formula_exact_value(one, x, &expected, &remainder);
            formula_exact_value(two, x, &found, &remainder);
            ck_assert_msg(fabs(found - expected) <= TEXTBOOK_TOLERANCE * fabs(expected),
                          "%s: \"%s\" at %a is %a, the card's %a", op->name, textbook, x, found,
                          expected);
        }
        formula_exact_free(one);
        formula_exact_free(two);
    }
    return 1;
}

START_TEST(textbook_formulas_are_the_cards) {
    int checked = 0;
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        const char *value = textbook_formula(op->name, false),
                   *derivative = textbook_formula(op->name, true);
        if (value) checked += check_same(op, op->formula, value);
        if (derivative) checked += check_same(op, op->derivative, derivative);
    }
    ck_assert_int_ge(checked, 15);
    ck_assert_ptr_null(textbook_formula("abs", false));
}
END_TEST

/* Each step is rounded to float, and nothing is spared. */
START_TEST(float_rounds_each_step) {
    static const struct {
        const char *text;
        double x, value;
    } rows[] = {{"x + 1 - 1", 1e-8, 0},
                {"expm1(x)", 1e-8, 0},
                {"log1p(x)", 1e-8, 0},
                {"erfc(x)", 5, 0},
                {"x * x / x", 1e30, INFINITY},
                {"x > 0 ? -x : abs(x) / 4", -3, 0.75},
                {"x > 0 ? -x : abs(x)", 2, -2},
                {"sqrt(x) * exp(x - x) + log(x / x) + tanh(x - x)", 2, 1.41421353816986083984375},
                {"pi + alpha", 0, 3.64159274101257324}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct formula formula;
        char message[200];
        double value;
        ck_assert_msg(formula_parse(&formula, rows[i].text, &alpha, 1, message, sizeof message),
                      "%s", message);
        formula_evaluate_float(&formula, 1, &rows[i].x, &value);
        ck_assert_msg(value == (double)(float)rows[i].value, "%s at %g: %.17g", rows[i].text,
                      rows[i].x, value);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("formula");
    TCase *tests = tcase_create("formula");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, wrong_text_is_refused);
    tcase_add_test(tests, values_are_right);
    tcase_add_test(tests, cards_are_right);
    add_second_tests(tests);
    tcase_add_test(tests, textbook_formulas_are_the_cards);
    tcase_add_test(tests, float_rounds_each_step);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
