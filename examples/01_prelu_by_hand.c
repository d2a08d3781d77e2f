/* Lesson 1: a training loop with nothing hidden.
 *
 * PReLU is x for x > 0 and alpha x otherwise; alpha is learned like any weight. Here points are
 * taken from a bent line, y = 1.5 x for x > 0 and -0.6 x otherwise, and a weight and an alpha are
 * to find it: prelu(w x) is that line when w = 1.5 and alpha = -0.4.
 */
#include "wengert/wengert.h"

#include <stdio.h>

#define POINTS 8
#define LEARNING_RATE 0.1f

int main(void) {
    const float x_data[POINTS] = {-2, -1.5f, -1, -0.5f, 0.5f, 1, 1.5f, 2};
    float y_data[POINTS];
    for (int i = 0; i < POINTS; i++) y_data[i] = x_data[i] * (x_data[i] > 0 ? 1.5f : -0.6f);

    /* The model and its loss, recorded once. w and alpha are the variables to differentiate with
     * respect to; alpha broadcasts over the points, and its gradient is summed over them. */
    wg_tape *tape = wg_tape_new();
    wg_var x = wg_name(wg_input(tape, WG_F32, WG_SHAPE(POINTS), x_data), "x");
    wg_var target = wg_name(wg_input(tape, WG_F32, WG_SHAPE(POINTS), y_data), "target");
    wg_var w = wg_name(wg_variable_scalar(tape, WG_F32, 1), "w");
    wg_var alpha = wg_name(wg_variable_scalar(tape, WG_F32, 0.25), "alpha");
    wg_var error = wg_sub(wg_prelu(wg_mul(w, x), alpha), target);
    wg_var loss = wg_name(wg_mean(wg_square(error), WG_ALL_AXES, 0), "loss");

    printf("step      loss        w    alpha   dloss/dalpha\n");
    for (int step = 0; step <= 40; step++) {
        wg_forward(tape);
        wg_backward(loss);
        if (step % 5 == 0) {
            printf("%4d  %8.5f  %7.4f  %7.4f  %13.5f\n", step, wg_item(loss), wg_item(w),
                   wg_item(alpha), wg_gradient_item(alpha));
        }
        /* Stochastic gradient descent: each variable a step against its gradient. A leaf's value is
         * memory that may be written. */
        *(float *)wg_value(w).data -= LEARNING_RATE * (float)wg_gradient_item(w);
        *(float *)wg_value(alpha).data -= LEARNING_RATE * (float)wg_gradient_item(alpha);
    }
    printf("\nprelu(%.2f x) with alpha %.2f: slope %.2f on the right, %.2f on the left\n",
           wg_item(w), wg_item(alpha), wg_item(w), wg_item(w) * wg_item(alpha));

    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_tape_free(tape);
    return wg_error_status() != WG_OK;
}

/* Output:
 * step      loss        w    alpha   dloss/dalpha
 *    0   0.91172   1.0000   0.2500        1.59375
 *    5   0.05758   1.3257  -0.3197        0.43779
 *   10   0.00221   1.4514  -0.4131        0.00119
 *   15   0.00033   1.4817  -0.4080       -0.01251
 *   20   0.00005   1.4927  -0.4033       -0.00549
 *   25   0.00001   1.4971  -0.4013       -0.00219
 *   30   0.00000   1.4988  -0.4005       -0.00087
 *   35   0.00000   1.4995  -0.4002       -0.00035
 *   40   0.00000   1.4998  -0.4001       -0.00014
 *
 * prelu(1.50 x) with alpha -0.40: slope 1.50 on the right, -0.60 on the left
 */
