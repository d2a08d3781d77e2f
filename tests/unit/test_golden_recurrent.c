/* Recurrent layers and attention against figures of Keras (tests/golden/recurrent.txt). */
#include "golden_cases.h"
#include "model_cases.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

enum { LEAST_CASES = 15 };

/* The file's weights and inputs: fractions of 8 by their places. */
static void lay_out(double *value, int64_t n, int64_t step, int64_t start, int64_t modulus) {
    for (int64_t k = 0; k < n; k++)
        value[k] = (double)((step * k + start) % modulus - modulus / 2) / 8;
}

static void expect_values(const struct golden *g, const char *key, const struct wg_tensor *ours) {
    const struct field *theirs = field_of(g, key);
    ck_assert_msg(theirs && wg_shape_equal(theirs->shape, ours->shape), "%s: shape of %s", g->id,
                  key);
    for (int64_t i = 0; i < ours->size; i++) {
        const double value = ((const double *)ours->data)[i], expected = theirs->value[i];
        ck_assert_msg(fabs(value - expected) <= g->within[1] + g->within[0] * fabs(expected),
                      "%s %s: %s[%lld] is %.17g; expected %.17g", g->id, g->text, key, (long long)i,
                      value, expected);
    }
}

static void make_case(const struct golden *g, struct model_case *m) {
    static const char *const keys[] = {"x", "value", "key"};
    struct wg_random unused = wg_random_make(1, 1);
    for (int i = 0; i < 3 && field_of(g, keys[i]); i++) {
        double *x = add_input(m, &unused, field_of(g, keys[i])->shape);
        lay_out(x, m->x[i].size, 11, 3 * i, 17);
    }
    make_model(m, g->text, 1);
    wg_params *params = wg_model_params(m->model);
    ck_assert_msg((double)wg_params_elements(params) == field_of(g, "elements")->value[0],
                  "%s %s: %lld elements", g->id, g->text, (long long)wg_params_elements(params));
    for (int j = 0; j < wg_params_count(params); j++) {
        const struct wg_tensor value = wg_param_value(params, j);
        lay_out(value.data, value.size, 7, 5 * j, 13);
    }
}

static void compare(const struct golden *g) {
    static double ones[MOST_ELEMENTS];
    struct model_case m = {0};
    make_case(g, &m);
    wg_tape *tape = wg_tape_new();
    wg_pass *pass = wg_pass_new(m.model, tape, WG_INFERENCE);
    wg_var x[MOST_INPUTS];
    for (int i = 0; i < m.inputs; i++) x[i] = wg_variable(tape, WG_F64, m.x[i].shape, m.x[i].data);
    const wg_var y = wg_pass_record(pass, x);
    expect_no_failure(g->text);
    for (int i = 0; i < MOST_ELEMENTS; i++) ones[i] = 1;
    wg_backward_from(y, ones);
    expect_no_failure(g->text);
    const struct wg_tensor value = wg_value(y), gradient = wg_gradient(x[0]);
    expect_values(g, "y", &value);
    expect_values(g, "dx", &gradient);
    wg_pass_free(pass);
    wg_tape_free(tape);
    wg_model_free(m.model);
}

START_TEST(figures) {
    struct golden g;
    int cases = 0;
    FILE *file = fopen(WENGERT_GOLDEN, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN);
    for (; next_golden(file, &g); cases++) {
        ck_assert_str_eq(g.kind, "layer");
        compare(&g);
    }
    fclose(file);
    ck_assert_int_ge(cases, LEAST_CASES);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {figures};
    return run_suite("golden_recurrent", tests, ELEMENTS(tests));
}
