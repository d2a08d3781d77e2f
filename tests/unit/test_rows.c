/* softmax, log_softmax, logsumexp, sparsemax and glu against MPFR: values and gradients, float and
 * double, for vectors of 1 to 4,096 elements, random and adverse.
 *
 * The error is |computed - exact| over the spacing of floats at the exact value. Values, and
 * gradients whose terms do not cancel (dy one-hot), are within ULPS of it. For any other dy a
 * gradient may fall short of that by `slack` of its terms, which is what the op's file says of it:
 * with dy random, dy - (sum of y dy) may come out as near to 0 as it likes.
 */
#include "rows_reference.h"

#include "wengert/wengert.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096, LONG = 1000, SHORT_VECTORS = 50, SHORT = 64 };

/* The claim: 1 ULP. Of the terms of gradients and of logsumexp: the weights' error, 2^-43 and
 * 2^-57, some of them at once. */
static const double ULPS = 1.0, SLACK_F32 = 0x1p-41, SLACK_F64 = 0x1p-54;

static double x[LONGEST], dy[LONGEST], got[LONGEST];
static struct exact exact;

/* ------------------------------------------------------------------------------------------------
 * Vectors */

static struct wg_random source;

static double between(double low, double high) { return wg_random_uniform(&source, low, high); }

static double usual(bool is_float, int i) {
    (void)is_float, (void)i;
    return between(-4, 4);
}
static double spread(bool is_float, int i) {
    (void)i;
    return is_float ? between(-100, 100) : between(-740, 740);
}
static double huge(bool is_float, int i) {
    (void)i;
    return between(-1, 1) * (is_float ? 1e38 : 1e300);
}
static double tiny(bool is_float, int i) {
    (void)i;
    return between(-1, 1) * (is_float ? 1e-38 : 1e-300);
}
static double equal(bool is_float, int i) {
    (void)is_float;
    return i == 0 ? between(-10, 10) : x[0];
}
static double every_exponent(bool is_float, int i) {
    (void)i;
    return between(-1, 1) * exp2(between(is_float ? -100 : -900, 9));
}
/* A few spacings apart: all weights are 1 but for their last digits. */
static double crowded(bool is_float, int i) {
    return i == 0 ? between(1, 2) : x[0] + floor(between(-4, 4)) * (is_float ? 0x1p-23 : 0x1p-52);
}
/* One takes nearly all, and the others are equal, so that all their errors are. */
static double level_others(bool is_float, int i) {
    (void)is_float;
    return i == 0 ? between(-3, 3) : i == 1 ? x[0] - between(0, 30) : x[1];
}
static double dominant(bool is_float, int i) {
    const double gap = is_float ? 30 : 600;
    return i == 0 ? between(-3, 3) : x[0] - gap - between(0, is_float ? 60 : 100);
}
static double with_infinities(bool is_float, int i) {
    (void)is_float;
    return i % 3 == 1 ? -INFINITY : between(-4, 4);
}
/* Around the place where the logarithm's sum changes its way: the others sum to about a half. */
static double half_and_half(bool is_float, int i) {
    (void)is_float;
    return i == 0 ? 5 : i == 1 ? 5 + log(between(0.3, 1.2)) : -40 + between(-1, 1);
}
/* Within what sparsemax keeps. */
static double close(bool is_float, int i) {
    (void)is_float, (void)i;
    return between(-0.01, 0.01);
}

static const struct {
    const char *name;
    double (*element)(bool is_float, int i);
} kinds[] = {
    {"usual", usual},
    {"spread", spread},
    {"huge", huge},
    {"tiny", tiny},
    {"equal", equal},
    {"every exponent", every_exponent},
    {"crowded", crowded},
    {"level others", level_others},
    {"dominant", dominant},
    {"with -inf", with_infinities},
    {"half and half", half_and_half},
    {"close", close},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void draw_x(int kind, bool is_float, int n) {
    for (int i = 0; i < n; i++) {
        x[i] = kinds[kind].element(is_float, i);
        if (is_float) x[i] = (double)(float)x[i];
    }
    const int place = (int)between(0, n), first = kind == 9 ? 0 : place; /* keep -inf where it is */
    const double swapped = x[0];
    x[0] = x[first];
    x[first] = swapped;
}

/* Upstream gradients: 0 one-hot at the largest, 1 one-hot anywhere, 2 random, 3 random about 1. */
enum { UPSTREAMS = 4 };

static bool one_hot(int upstream) { return upstream <= 1; }

static void draw_dy(int upstream, bool is_float, int n) {
    int hot = upstream == 1 ? (int)between(0, n) : 0;
    for (int i = 0; upstream == 0 && i < n; i++) {
        if (x[i] > x[hot]) hot = i;
    }
    for (int i = 0; i < n; i++) {
        dy[i] = one_hot(upstream) ? i == hot
                : upstream == 2   ? between(-1, 1)
                                  : 1 + between(-1, 1) * 0x1p-10;
        if (is_float) dy[i] = (double)(float)dy[i];
    }
}

/* ------------------------------------------------------------------------------------------------
 * Running an op */

static void widen(struct wg_tensor t, double *to) {
    ck_assert_msg(t.data != NULL, "%s", wg_error());
    for (int64_t i = 0; i < t.size; i++)
        to[i] =
            t.dtype == WG_F32 ? (double)((const float *)t.data)[i] : ((const double *)t.data)[i];
}

static void narrow(int n, const double *from, bool is_float, void *to) {
    for (int i = 0; i < n; i++) {
        if (is_float)
            ((float *)to)[i] = (float)from[i];
        else
            ((double *)to)[i] = from[i];
    }
}

/* The value, or with `gradient` dx; in got. */
static void run(wg_tape *tape, const char *op, bool is_float, int n, int results, bool gradient) {
    static double data[LONGEST], upstream[LONGEST];
    const struct wg_mark mark = wg_tape_mark(tape);
    narrow(n, x, is_float, data);
    narrow(results, dy, is_float, upstream);
    wg_var v = wg_variable(tape, is_float ? WG_F32 : WG_F64, WG_SHAPE(n), data);
    wg_var y = wg_apply(wg_find_op(op), &v, 1, NULL);
    if (gradient) wg_backward_from(y, upstream);
    widen(gradient ? wg_gradient(v) : wg_value(y), got);
    ck_assert_int_eq(wg_error_status(), WG_OK);
    wg_tape_rewind(tape, mark);
}

static const struct {
    const char *name;
    reference *value, *gradient;
    bool cancels; /* the value too: logsumexp's m and ln sum */
    bool scalar;
} ops[] = {
    {"softmax", exact_softmax, exact_softmax_gradient, false, false},
    {"log_softmax", exact_log_softmax, exact_log_softmax_gradient, false, false},
    {"logsumexp", exact_logsumexp, exact_logsumexp_gradient, true, true},
    {"sparsemax", exact_sparsemax, exact_sparsemax_gradient, false, false},
    {"glu", exact_glu, exact_glu_gradient, false, false},
};

enum { OPS = sizeof ops / sizeof *ops };

struct worst {
    double free_of_slack, with_slack; /* in ULP; the second less what the slack forgives */
    int n, kind, upstream;
};

/* Compares `count` results; `strict` ones have no slack. */
static void compare(struct worst *worst, int op, int kind, int upstream, bool is_float, int n,
                    int count, bool strict) {
    for (int i = 0; i < count; i++) {
        const double slack = strict ? 0 : is_float ? SLACK_F32 : SLACK_F64;
        const double error = error_in_ulp(got[i], exact.y[i], exact.terms[i], slack, is_float);
        double *most = strict ? &worst->free_of_slack : &worst->with_slack;
        ck_assert_msg(error <= ULPS,
                      "%s, %s, %s, n = %d, upstream %d, element %d: %a is off by %g ULP; %s",
                      ops[op].name, is_float ? "float" : "double", kinds[kind].name, n, upstream, i,
                      got[i], error, exact_text(&exact, i));
        if (!(error <= *most)) *most = error, worst->n = n, worst->kind = kind;
    }
}

/* One vector: value, and the gradient for each upstream gradient. */
static void measure(wg_tape *tape, int op, int kind, bool is_float, int n, struct worst *value,
                    struct worst *gradient) {
    const bool is_glu = strcmp(ops[op].name, "glu") == 0;
    if (is_glu) n = 2 * ((n + 1) / 2) > LONGEST ? LONGEST : 2 * ((n + 1) / 2);
    if (is_glu && kind == 9) return; /* 0 times infinity */
    const int results = is_glu ? n / 2 : ops[op].scalar ? 1 : n;
    draw_x(kind, is_float, n);
    run(tape, ops[op].name, is_float, n, results, false);
    ops[op].value(&exact, n, x, NULL);
    compare(value, op, kind, -1, is_float, n, results, !ops[op].cancels);
    for (int upstream = 0; upstream < UPSTREAMS; upstream++) {
        if (n > LONG && upstream != kind % UPSTREAMS) continue; /* one of them, to save time */
        draw_dy(upstream, is_float, results);
        run(tape, ops[op].name, is_float, n, results, true);
        ops[op].gradient(&exact, n, x, dy);
        compare(gradient, op, kind, upstream, is_float, n, n, one_hot(upstream) || is_glu);
    }
}

START_TEST(accuracy) {
    static const int lengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 100, 4096};
    const int op = _i / 2;
    const bool is_float = _i % 2 == 0;
    struct worst value = {0}, gradient = {0};
    wg_tape *tape = wg_tape_new();
    exact_init(&exact, LONGEST);
    source = wg_random_make(11, (uint64_t)_i);
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            measure(tape, op, kind, is_float, lengths[i], &value, &gradient);
        for (int i = 0; i < SHORT_VECTORS; i++)
            measure(tape, op, kind, is_float, 1 + (int)between(0, SHORT), &value, &gradient);
    }
    exact_clear(&exact);
    wg_tape_free(tape);
    if (getenv("WENGERT_TEST_VERBOSE") != NULL) {
        printf("%-12s %-6s value %.4f ULP (with slack %.4f), gradient one-hot %.4f, any %.4f\n",
               ops[op].name, is_float ? "float" : "double", value.free_of_slack, value.with_slack,
               gradient.free_of_slack, gradient.with_slack);
    }
}
END_TEST

/* What is claimed without tolerance: dy constant gives a gradient of 0 through softmax. */
START_TEST(constant_upstream_gives_zero) {
    wg_tape *tape = wg_tape_new();
    source = wg_random_make(12, 0);
    for (int kind = 0; kind < KINDS; kind++) {
        const int n = 777;
        draw_x(kind, _i, n);
        for (int i = 0; i < n; i++) dy[i] = _i ? (double)0.3f : 0.3;
        run(tape, "softmax", _i, n, n, true);
        for (int i = 0; i < n; i++)
            ck_assert_msg(got[i] == 0, "%s: dx[%d] is %a; expected 0", kinds[kind].name, i, got[i]);
    }
    wg_tape_free(tape);
}
END_TEST

/* A gate too small for a double, and a large a, whose product is one. */
START_TEST(glu_reaches_beyond_the_gate) {
    wg_tape *tape = wg_tape_new();
    const int op = 4;
    struct worst worst = {0};
    exact_init(&exact, 2);
    source = wg_random_make(13, 0);
    ck_assert_str_eq(ops[op].name, "glu");
    for (int i = 0; i < 2000; i++) {
        x[0] = between(-1, 1) * (_i ? 1e38 : exp2(between(0, 1023)));
        x[1] = _i ? between(-200, -80) : between(-1460, -600);
        if (_i) x[0] = (double)(float)x[0], x[1] = (double)(float)x[1];
        dy[0] = 1;
        run(tape, "glu", _i, 2, 1, false);
        ops[op].value(&exact, 2, x, NULL);
        compare(&worst, op, 0, -1, _i, 2, 1, true);
        run(tape, "glu", _i, 2, 1, true);
        ops[op].gradient(&exact, 2, x, dy);
        compare(&worst, op, 0, 0, _i, 2, 2, true);
    }
    exact_clear(&exact);
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rows");
    TCase *cases = tcase_create("rows");
    tcase_set_timeout(cases, 120.0);
    tcase_add_loop_test(cases, accuracy, 0, 2 * OPS);
    tcase_add_loop_test(cases, constant_upstream_gives_zero, 0, 2);
    tcase_add_loop_test(cases, glu_reaches_beyond_the_gate, 0, 2);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
