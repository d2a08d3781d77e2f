/* The checker is checked: wrong gradients, made of right ones by a wrapper, must fail. */
#include "case_list.h"

#include "ops/kernel_set.h"
#include "verify/op_case.h"
#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <string.h>

enum mutation { NONE, SIGN, DOUBLED, SLIGHTLY_OFF, ZERO, NOT_A_NUMBER, ONE_ELEMENT, MUTATIONS };

static const char *const names[] = {
    "none", "sign", "x2", "x(1 + 1e-4)", "zero", "NaN in one element", "one element off by 1%"};

/* What the wrapper's kernels wrap: they have no other way to know. */
static struct {
    const struct wg_op *op;
    const struct wg_kernel_row *row;
    enum mutation mutation;
} wrapped;

/* An elementwise op registered at run time is given inputs of y's shape, so one grid serves every
 * case. */
static struct wg_grid whole(const struct wg_args *args) {
    return (struct wg_grid){.rows = 1, .columns = args->y->size, .x_column = 1, .z_column = 1};
}

static void forward(const struct wg_args *args) {
    const struct wg_grid grid = whole(args);
    if (wrapped.op->view)
        memcpy(args->y->data, args->x[0]->data, (size_t)args->y->size * sizeof(double));
    else if (wrapped.row->map1)
        wrapped.row->map1(args->y->size, args->y->data, args->x[0]->data, args->attributes);
    else if (wrapped.row->map2)
        wrapped.row->map2(&grid, args->y->data, args->x[0]->data, args->x[1]->data,
                          args->attributes);
    else
        wrapped.row->general.forward(args);
}

static void right_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct wg_kernel_row *row = wrapped.row;
    const struct wg_grid grid = whole(args);
    const void *y = args->y->data, *x = args->x[0]->data;
    if (row->general.gradient)
        row->general.gradient(args, dy, dx);
    else if (row->map1_gradient)
        row->map1_gradient(args->y->size, dx[0], x, y, dy, args->attributes);
    for (int i = 0; row->map2 && i < 2; i++) {
        if (dx[i])
            row->map2_gradient[i](&grid, dx[i], x, args->x[1]->data, y, dy, args->attributes);
    }
}

static void mutate(double *dx, int64_t n) {
    const double factors[] = {
        [NONE] = 1, [SIGN] = -1,        [DOUBLED] = 2,    [SLIGHTLY_OFF] = 1 + 1e-4,
        [ZERO] = 0, [NOT_A_NUMBER] = 1, [ONE_ELEMENT] = 1};
    int64_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        dx[i] *= factors[wrapped.mutation];
        if (fabs(dx[i]) > fabs(dx[largest])) largest = i;
    }
    if (wrapped.mutation == NOT_A_NUMBER) dx[n / 2] = NAN;
    if (wrapped.mutation == ONE_ELEMENT) dx[largest] *= 1.01;
}

static void gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    right_gradient(args, dy, dx);
    for (int i = 0; i < args->inputs; i++) {
        if (dx[i]) mutate(dx[i], args->x[i]->size);
    }
}

static wg_var apply(wg_tape *tape, const wg_var *inputs, void *user) {
    const struct wg_op_case *c = user;
    (void)tape;
    return wg_apply(c->op, inputs, c->inputs, c->slots);
}

/* What wg_gradcheck_op does, but for the slopes at kinks, which would catch some mutants without a
 * difference. */
static enum wg_status check_away_from_kinks(const struct wg_op *op, const char *text,
                                            struct wg_gradcheck_result *result) {
    enum wg_status status = WG_OK;
    result->nonzero = 0;
    for (uint64_t seed = 0; seed < 20 && status == WG_OK && result->nonzero == 0; seed++) {
        struct wg_op_case c;
        status = wg_op_case_init(&c, op, text, 0.05, seed);
        const struct wg_gradcheck_options options = {.step = c.step, .seed = seed};
        if (status == WG_OK) status = wg_gradcheck(apply, &c, c.inputs, c.x, &options, result);
        wg_op_case_free(&c);
    }
    return status;
}

ParameterizedTestParameters(mutant, is_caught) {
    size_t count;
    struct case_parameter *list = list_cases(&count);
    return cr_make_param_array(struct case_parameter, list, count);
}

ParameterizedTest(struct case_parameter *parameter, mutant, is_caught) {
    wrapped.op = wg_find_op(parameter->op);
    wrapped.row = wg_kernel_row(wg_kernel_set(WG_F64), wrapped.op);
    struct wg_op mutant = *wrapped.op;
    mutant.name = "mutant";
    mutant.view = 0;
    mutant.passes_dy = 0;
    mutant.f64 = (struct wg_kernels){forward, gradient, NULL};
    for (wrapped.mutation = NONE; wrapped.mutation < MUTATIONS; wrapped.mutation++) {
        /* Without the tangents, which would catch them too: differences alone must. The structure
         * of a linear op makes tangents. */
        mutant.structure = wrapped.op->structure == WG_ELEMENTWISE ? WG_ELEMENTWISE : WG_GENERAL;
        struct wg_gradcheck_result result;
        enum wg_status status = check_away_from_kinks(&mutant, parameter->text, &result);
        cr_assert_eq(status, WG_OK, "%s: %s", parameter->op, wg_error());
        cr_assert_eq(result.failed == 0 && result.nonzero > 0, wrapped.mutation == NONE,
                     "%s [%s], mutation \"%s\": %s", parameter->op, parameter->text,
                     names[wrapped.mutation], result.pass ? "survived" : "a right gradient failed");
        if (wrapped.mutation != NONE) cr_assert(!result.pass);
    }
}

/* A tangent that does not belong to the gradient is caught without any difference. */
static void twice_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    wrapped.row->general.tangent(args, ty, tx);
    for (int64_t i = 0; i < args->y->size; i++) ((double *)ty)[i] *= 2;
}

Test(mutant, tangent_is_caught) {
    wrapped.op = wg_find_op("softmax");
    wrapped.row = wg_kernel_row(wg_kernel_set(WG_F64), wrapped.op);
    wrapped.mutation = NONE;
    struct wg_op mutant = *wrapped.op;
    mutant.name = "mutant";
    struct wg_gradcheck_result result;
    mutant.f64 = wrapped.row->general;
    cr_assert_eq(wg_gradcheck_op(&mutant, "2x3", NULL, &result), WG_OK);
    cr_assert(result.pass);
    mutant.f64.tangent = twice_tangent;
    cr_assert_eq(wg_gradcheck_op(&mutant, "2x3", NULL, &result), WG_OK);
    cr_assert(!result.pass && result.failed == 0 && result.tangent_error > 0.1);
}

/* Kinks declared wrongly: place, convention, either side, or a jump. */
Test(mutant, kink_is_caught) {
    const struct wg_kink right = wg_find_op("leaky_relu")->kinks[0];
    struct wg_kink wrong[5] = {right, right, right, right, right};
    wrong[0].at.factor = 0.5;
    wrong[1].slope = right.right;
    wrong[2].left.factor = 1.01;
    wrong[3].right.factor = -1;
    wrong[4].jump.factor = 0.01;
    wrapped.op = wg_find_op("leaky_relu");
    wrapped.row = wg_kernel_row(wg_kernel_set(WG_F64), wrapped.op);
    wrapped.mutation = NONE;
    struct wg_op mutant = *wrapped.op;
    mutant.name = "mutant";
    mutant.f64 = (struct wg_kernels){forward, gradient, NULL};
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck_op(&mutant, "scalar", NULL, &result), WG_OK);
    cr_assert(result.pass && result.at_kinks == 1);
    for (int i = 0; i < 5; i++) {
        mutant.kinks[0] = wrong[i];
        cr_assert_eq(wg_gradcheck_op(&mutant, "1", NULL, &result), WG_OK, "%s", wg_error());
        cr_assert(!result.pass, "wrong kink %d passed", i);
    }
}
