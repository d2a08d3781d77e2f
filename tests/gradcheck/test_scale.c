/* A million parameters: as many evaluations as for a thousand. */
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SIDE 1000
#define BATCH 4
#define MOST_EVALUATIONS 60 /* of a check, whatever the size */
#define MOST_EVALUATIONS_NAMED                                                                     \
    200                       /* with the search, 2 for each of 20 halvings, and the element       \
                               */
#define WRONG INT64_C(765432) /* the element that is wrong */

/* y = x w, whose gradient is right but for one element. */
static double wrong_factor;

static void matmul_forward(const struct wg_args *args) {
    const double *x = args->x[0]->data, *w = args->x[1]->data;
    double *y = args->y->data;
    memset(y, 0, (size_t)args->y->size * sizeof *y);
    for (int b = 0; b < BATCH; b++) {
        for (int i = 0; i < SIDE; i++) {
            for (int o = 0; o < SIDE; o++) y[b * SIDE + o] += x[b * SIDE + i] * w[i * SIDE + o];
        }
    }
}

static void matmul_gradient(const struct wg_args *args, const void *given, void *const *dx) {
    const double *x = args->x[0]->data, *w = args->x[1]->data, *dy = given;
    double *d[2] = {dx[0], dx[1]};
    for (int k = 0; k < 2; k++) {
        if (d[k]) memset(d[k], 0, (size_t)args->x[k]->size * sizeof **d);
    }
    for (int b = 0; b < BATCH; b++) {
        for (int i = 0; i < SIDE; i++) {
            for (int o = 0; o < SIDE; o++) {
                const double g = dy[b * SIDE + o];
                if (d[0]) d[0][b * SIDE + i] += g * w[i * SIDE + o];
                if (d[1]) d[1][i * SIDE + o] += g * x[b * SIDE + i];
            }
        }
    }
    if (d[1]) d[1][WRONG] *= wrong_factor;
}

static enum wg_status shape(const struct wg_op *op, const struct wg_args *args,
                            struct wg_shape *y) {
    (void)op;
    *y = args->x[0]->shape;
    return WG_OK;
}

static const struct wg_op own_matmul = {
    .name = "own_matmul",
    .inputs = {"x", "w"},
    .shape = shape,
    .f64 = {.forward = matmul_forward, .gradient = matmul_gradient}};

struct million {
    wg_params *params;
    const char *activation;
    bool own; /* the multiplication above, not the library's */
};

static wg_var record(wg_tape *tape, const wg_var *in, void *user) {
    const struct million *m = user;
    const wg_var inputs[] = {in[0], wg_parameter(tape, m->params, 0)};
    wg_var y = m->own ? wg_apply(&own_matmul, inputs, 2, NULL) : wg_matmul(inputs[0], inputs[1]);
    const struct wg_op *op = wg_find_op(m->activation);
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    y = wg_add(y, wg_parameter(tape, m->params, 1));
    wg_op_defaults(op, slots);
    return wg_apply(op, &y, 1, slots);
}

static void check(const char *activation, bool own, double factor, uint64_t seed,
                  struct wg_gradcheck_result *result) {
    static double x[BATCH * SIDE];
    struct wg_random random = wg_random_make(seed, 3);
    struct million million = {wg_params_new(WG_F64), activation, own};
    wrong_factor = factor;
    for (int i = 0; i < BATCH * SIDE; i++) x[i] = wg_random_uniform(&random, -1, 1);
    wg_params_add(million.params, "kernel", WG_SHAPE(SIDE, SIDE));
    wg_params_add(million.params, "bias", WG_SHAPE(SIDE));
    cr_assert_eq(wg_param_glorot_uniform(million.params, 0, seed), WG_OK);
    const struct wg_tensor input = {x, BATCH * SIDE, WG_F64, WG_SHAPE(BATCH, SIDE)};
    const struct wg_gradcheck_options options = {.seed = seed, .params = million.params};
    cr_assert_eq(wg_gradcheck(record, &million, 1, &input, &options, result), WG_OK, "%s",
                 wg_error());
    wg_params_free(million.params);
    cr_assert_eq(result->variables, SIDE * SIDE + SIDE + BATCH * SIDE);
    fprintf(stderr, "%s, factor %g, seed %d: %s after %d evaluations\n", activation, factor,
            (int)seed, wg_verdict_name(result->verdict), (int)result->evaluations);
}

static void is_right(const char *activation) {
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct wg_gradcheck_result result;
        check(activation, false, 1, seed, &result);
        cr_assert(result.pass, "%s: %s", activation, result.broken);
        cr_assert_lt(result.evaluations, MOST_EVALUATIONS);
        cr_assert_eq(result.directions, 2);
    }
}

static void is_named(const char *activation) {
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct wg_gradcheck_result result;
        char text[80];
        check(activation, true, 1.05, seed, &result);
        cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
        cr_assert_lt(result.evaluations, MOST_EVALUATIONS_NAMED);
        cr_assert_eq(result.row[0].element, WRONG, "element %d named", (int)result.row[0].element);
        cr_assert_str_eq(result.row[0].name, "kernel");
        snprintf(text, sizeof text, "kernel[%d", (int)(WRONG));
        cr_assert(strstr(result.diagnosis, text), "%s", result.diagnosis);
        check(activation, true, 1, seed, &result);
        cr_assert(result.pass, "the same multiplication, right, fails");
    }
}

Test(a_million_parameters, pass_in_under_60_evaluations_tanh) { is_right("tanh"); }

Test(a_million_parameters, pass_in_under_60_evaluations_relu) { is_right("relu"); }

Test(a_million_parameters, one_wrong_element_is_named_tanh) { is_named("tanh"); }

Test(a_million_parameters, one_wrong_element_is_named_relu) { is_named("relu"); }
