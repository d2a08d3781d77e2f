/* Lesson 4: an op of one's own, and the proof that its gradient is right.
 *
 * softsign(x) = x / (1 + |x|), as if the library had none. An op is two kernels (its value and
 * its gradient) and a description; registered, it records, replays, differentiates and prints like
 * any other, and the gradient checker can examine it.
 */
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

static void softsign_forward(const struct wg_args *args) {
    const double *x = args->x[0]->data;
    double *y = args->y->data;
    for (int64_t i = 0; i < args->y->size; i++) y[i] = x[i] / (1 + fabs(x[i]));
}

/* dx = dy / (1 + |x|)^2. Kernels write; the tape adds where a variable is used twice. */
static void softsign_gradient(const struct wg_args *args, const void *dy_, void *const *dx_) {
    const double *x = args->x[0]->data, *dy = dy_;
    double *dx = dx_[0];
    for (int64_t i = 0; i < args->y->size; i++) {
        const double d = 1 + fabs(x[i]);
        dx[i] = dy[i] / (d * d);
    }
}

/* The same with the mistake that everybody makes once: the square is forgotten. */
static void wrong_gradient(const struct wg_args *args, const void *dy_, void *const *dx_) {
    const double *x = args->x[0]->data, *dy = dy_;
    double *dx = dx_[0];
    for (int64_t i = 0; i < args->y->size; i++) dx[i] = dy[i] / (1 + fabs(x[i]));
}

static const struct wg_op softsign = {
    .name = "my_softsign",
    .inputs = {"x"},
    .formula = "y = x / (1 + |x|)",
    .derivative = "dy/dx = 1 / (1 + |x|)^2",
    .structure = WG_ELEMENTWISE,
    .f64 = {.forward = softsign_forward, .gradient = softsign_gradient},
};

static const struct wg_op wrong = {
    .name = "my_wrong_softsign",
    .inputs = {"x"},
    .structure = WG_ELEMENTWISE,
    .f64 = {.forward = softsign_forward, .gradient = wrong_gradient},
};

/* Compares the gradient with differences of the value, at 12 random points and for a random dy. */
static void check(const struct wg_op *op) {
    struct wg_gradcheck_result result;
    if (wg_gradcheck_op(op, "4x3", NULL, &result) != WG_OK) return;
    printf("%s: %s, %d of %d elements wrong\n", op->name, wg_verdict_name(result.verdict),
           (int)result.count[WG_VERDICT_FAIL], (int)result.checked);
    if (result.pass) return;
    const struct wg_gradcheck_element *w = &result.row[0];
    printf("  worst at [%d, %d], x = %.3f: the gradient says %.3f, differences say %.3f\n",
           (int)w->index[0], (int)w->index[1], w->x, w->analytic, w->numeric);
}

int main(void) {
    wg_register(&softsign);
    wg_tape *tape = wg_tape_new();
    wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(3), (const double[]){-3, 0, 1});
    wg_var y = wg_apply(&softsign, &x, 1, NULL);
    wg_backward(wg_sum(y, WG_ALL_AXES, 0));
    wg_tape_print(tape, stdout);

    printf("\n");
    check(&softsign);
    check(&wrong);

    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_tape_free(tape);
    return wg_error_status() != WG_OK;
}

/* Output:
 * v0 = variable  f64 (3)  value [-3 0 1]  gradient [0.0625 1 0.25]
 * v1 = my_softsign(v0)  f64 (3)  value [-0.75 0 0.5]  gradient [1 1 1]
 * v2 = sum(v1)  f64 ()  value -0.25  gradient 1
 *
 * my_softsign: PASS, 0 of 12 elements wrong
 * my_wrong_softsign: FAIL, 12 of 12 elements wrong
 *   worst at [3, 2], x = 1.826: the gradient says -0.279, differences say -0.099
 */
