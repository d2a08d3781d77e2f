/* What holds of every gradient, the verdicts other than right and wrong, and the report. */
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define N 6

/* y = x^2, and what is wrong with it. */
enum fault {
    NO_FAULT,
    FORWARD_HAS_STATE,
    BACKWARD_HAS_STATE,
    FORWARD_IS_NAN,
    FORWARD_IS_INFINITE,
    GRADIENT_IS_NAN,
    IGNORES_UPSTREAM,
    ADDS_A_CONSTANT,
    LEAVES_ONE_UNWRITTEN
};

struct square {
    enum fault fault;
    int calls;
};

static void forward(void *const *out, const void *const *in, void *user) {
    struct square *s = user;
    const double *x = in[0];
    double *y = out[0];
    for (int i = 0; i < N; i++) y[i] = x[i] * x[i];
    if (s->fault == FORWARD_HAS_STATE) y[2] += 1e-13 * s->calls++;
    if (s->fault == FORWARD_IS_NAN) y[1] = NAN;
    if (s->fault == FORWARD_IS_INFINITE) y[1] = INFINITY;
}

static void backward(void *const *din, const void *const *dout, const void *const *in,
                     const void *const *out, void *user) {
    struct square *s = user;
    const double *x = in[0], *dy = dout[0];
    double *dx = din[0];
    (void)out;
    for (int i = 0; i < N; i++) {
        if (s->fault == LEAVES_ONE_UNWRITTEN && i == 3) continue;
        dx[i] = 2 * x[i] * (s->fault == IGNORES_UPSTREAM ? 1 : dy[i]);
        if (s->fault == ADDS_A_CONSTANT) dx[i] += 0.125;
    }
    if (s->fault == BACKWARD_HAS_STATE) dx[4] += 1e-13 * s->calls++;
    if (s->fault == GRADIENT_IS_NAN) dx[5] = NAN;
}

static struct wg_gradcheck_result check(enum fault fault, unsigned levels) {
    struct square square = {fault, 0};
    const struct wg_checked_kernel kernel = {
        .forward = forward,
        .backward = backward,
        .in = {{.name = "x", .shape = WG_SHAPE(N), .dtype = WG_F64}},
        .out = {{.name = "y", .shape = WG_SHAPE(N), .dtype = WG_F64}},
        .inputs = 1,
        .outputs = 1,
        .user = &square};
    const struct wg_gradcheck_options options = {.levels = levels};
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck_kernel(&kernel, &options, &result), WG_OK, "%s", wg_error());
    cr_assert_eq(result.pass, result.verdict <= WG_VERDICT_KINK);
    return result;
}

Test(verdict, of_a_right_kernel_is_pass) {
    const struct wg_gradcheck_result result = check(NO_FAULT, 0);
    cr_assert_eq(result.verdict, WG_VERDICT_PASS);
    cr_assert_eq(result.count[WG_VERDICT_PASS], N);
    cr_assert_eq(result.checked, N);
    cr_assert_eq(result.nonzero, N);
    cr_assert_eq(result.tangent_error, -1);
    cr_assert_str_empty(result.broken);
    cr_assert_str_empty(result.diagnosis);
}

Test(verdict, of_hidden_state_is_nondeterministic) {
    cr_assert_eq(check(FORWARD_HAS_STATE, 0).verdict, WG_VERDICT_NONDETERMINISTIC);
    cr_assert_eq(check(BACKWARD_HAS_STATE, 0).verdict, WG_VERDICT_NONDETERMINISTIC);
    cr_assert_eq(check(BACKWARD_HAS_STATE, WG_LEVEL_CONTRACTS).verdict,
                 WG_VERDICT_NONDETERMINISTIC);
    cr_assert(strstr(check(FORWARD_HAS_STATE, 0).broken, "bits"));
}

Test(verdict, of_nan_and_infinity_is_nonfinite) {
    const struct wg_gradcheck_result function = check(FORWARD_IS_NAN, 0);
    cr_assert_eq(function.verdict, WG_VERDICT_NONFINITE);
    cr_assert(strstr(function.diagnosis, "output element 1"), "%s", function.diagnosis);
    cr_assert_eq(check(FORWARD_IS_INFINITE, 0).verdict, WG_VERDICT_NONFINITE);
    const struct wg_gradcheck_result gradient = check(GRADIENT_IS_NAN, 0);
    cr_assert_eq(gradient.verdict, WG_VERDICT_NONFINITE);
    cr_assert_eq(gradient.count[WG_VERDICT_NONFINITE], 1);
    cr_assert_eq(gradient.row[0].element, 5);
}

Test(contract, linear_in_the_upstream_gradient) {
    const struct wg_gradcheck_result ignores = check(IGNORES_UPSTREAM, WG_LEVEL_CONTRACTS);
    cr_assert_eq(ignores.verdict, WG_VERDICT_FAIL);
    cr_assert(strstr(ignores.broken, "no upstream gradient, and yet a gradient"), "%s",
              ignores.broken);
    cr_assert(strstr(ignores.broken, "twice the upstream gradient"), "%s", ignores.broken);
    const struct wg_gradcheck_result adds = check(ADDS_A_CONSTANT, WG_LEVEL_CONTRACTS);
    cr_assert_eq(adds.verdict, WG_VERDICT_FAIL);
    cr_assert_eq(check(IGNORES_UPSTREAM, 0).verdict, WG_VERDICT_FAIL);
}

Test(contract, everything_is_written) {
    const struct wg_gradcheck_result result = check(LEAVES_ONE_UNWRITTEN, WG_LEVEL_CONTRACTS);
    cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
    cr_assert(strstr(result.broken, "x depends on what was in it before, or is not written"), "%s",
              result.broken);
}

/* ------------------------------------------------------------------------------------------------
 * Severed inputs, and gradients of zero */

static wg_var ignores_one(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    return wg_tanh(in[0]);
}

Test(severed, input_is_listed_by_name) {
    double x[] = {0.5, -0.25}, z[] = {1, 2};
    const struct wg_tensor inputs[] = {{x, 2, WG_F64, WG_SHAPE(2)}, {z, 2, WG_F64, WG_SHAPE(2)}};
    static const char *const names[] = {"used", "forgotten"};
    const struct wg_gradcheck_options options = {.names = names};
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(ignores_one, NULL, 2, inputs, &options, &result), WG_OK);
    cr_assert_str_eq(result.severed, "forgotten");
    char text[4000];
    wg_gradcheck_text(&result, text, sizeof text);
    cr_assert(strstr(text, "does not depend on forgotten"), "%s", text);
}

static wg_var constant(wg_tape *tape, const wg_var *in, void *user) {
    (void)tape;
    (void)user;
    return wg_sub(in[0], in[0]);
}

Test(zero, gradient_is_no_pass_unless_declared) {
    double x[] = {0.5, -0.25};
    const struct wg_tensor input = {x, 2, WG_F64, WG_SHAPE(2)};
    const struct wg_gradcheck_options declared = {.zero = 1};
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(constant, NULL, 1, &input, NULL, &result), WG_OK);
    cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
    cr_assert_eq(result.nonzero, 0);
    cr_assert_eq(wg_gradcheck(constant, NULL, 1, &input, &declared, &result), WG_OK);
    cr_assert_eq(result.verdict, WG_VERDICT_PASS, "%s", wg_verdict_name(result.verdict));
}

/* ------------------------------------------------------------------------------------------------
 * Inputs are left as they were; the same seed gives the same check */

Test(check, leaves_its_inputs_alone) {
    double x[] = {0.1, -0.7, 1e-8};
    const double before[] = {0.1, -0.7, 1e-8};
    const struct wg_tensor input = {x, 3, WG_F64, WG_SHAPE(3)};
    struct wg_gradcheck_result first, second;
    cr_assert_eq(wg_gradcheck(ignores_one, NULL, 1, &input, NULL, &first), WG_OK);
    cr_assert_eq(memcmp(x, before, sizeof x), 0);
    cr_assert_eq(wg_gradcheck(ignores_one, NULL, 1, &input, NULL, &second), WG_OK);
    cr_assert_eq(first.verdict, second.verdict);
    cr_assert_eq(first.evaluations, second.evaluations);
    cr_assert_eq(first.row[0].numeric, second.row[0].numeric);
}

/* ------------------------------------------------------------------------------------------------
 * The report */

Test(report, is_cut_as_snprintf_cuts) {
    const struct wg_gradcheck_result result = check(ADDS_A_CONSTANT, 0);
    char whole[6000], part[6000];
    const size_t length = wg_gradcheck_text(&result, whole, sizeof whole);
    cr_assert_eq(length, strlen(whole));
    cr_assert_eq(wg_gradcheck_text(&result, NULL, 0), length);
    for (size_t size = 0; size <= length + 2; size++) {
        memset(part, '#', sizeof part);
        cr_assert_eq(wg_gradcheck_text(&result, part, size), length);
        const size_t kept = size > length ? length : size - (size > 0);
        cr_assert_eq(memcmp(part, whole, kept), 0, "size %zu", size);
        if (size > 0) cr_assert_eq(part[kept], '\0', "size %zu", size);
        cr_assert_eq(part[size > 0 ? kept + 1 : 0], '#', "written past size %zu", size);
    }
}

Test(report, says_what_was_found) {
    const struct wg_gradcheck_result result = check(LEAVES_ONE_UNWRITTEN, 0);
    char text[6000];
    wg_gradcheck_text(&result, text, sizeof text);
    cr_assert_eq(strncmp(text, "FAIL: ", 6), 0, "%s", text);
    cr_assert(strstr(text, "x[3]"), "%s", text);
    cr_assert(strstr(text, "0x1"), "no hex: %s", text);
    cr_assert(strstr(text, result.diagnosis), "%s", text);
    cr_assert(strstr(text, result.broken), "%s", text);
    cr_assert(strlen(result.diagnosis) > 0);
    const struct wg_gradcheck_result right = check(NO_FAULT, 0);
    wg_gradcheck_text(&right, text, sizeof text);
    cr_assert_eq(strncmp(text, "PASS: 6 elements", 16), 0, "%s", text);
    cr_assert(strstr(text, "certified"), "%s", text);
    cr_assert_eq(wg_gradcheck_text(NULL, text, sizeof text), 0);
}

Test(report, names_verdicts) {
    static const char *const names[] = {"PASS", "KINK",      "INCONCLUSIVE",
                                        "FAIL", "NONFINITE", "NONDETERMINISTIC"};
    for (int v = 0; v < WG_VERDICTS; v++)
        cr_assert_str_eq(wg_verdict_name((enum wg_verdict)v), names[v]);
}
