/* Lesson 0: a derivative.
 *
 * Recording executes: each call below computes a value at once, and appends a line to the tape. The
 * tape run backwards is the chain rule; run forwards again with new data, it is the function.
 */
#include "wengert/wengert.h"

#include <stdio.h>

int main(void) {
    /* y = tanh(x^2 + 1/2) at x = 1/2, in double precision. */
    wg_tape *tape = wg_tape_new();
    wg_var x = wg_name(wg_variable_scalar(tape, WG_F64, 0.5), "x");
    wg_var half = wg_name(wg_constant_scalar(tape, WG_F64, 0.5), "half");
    wg_var y = wg_name(wg_tanh(wg_add(wg_square(x), half)), "y");
    printf("y     = %.4f\n", wg_item(y));

    /* One sweep back gives the derivative with respect to every variable: here
     * dy/dx = 2 x (1 - y^2). */
    wg_backward(y);
    const double slope = 2 * 0.5 * (1 - wg_item(y) * wg_item(y));
    printf("dy/dx = %.4f, by hand %.4f\n", wg_gradient_item(x), slope);

    /* The tape, a line a node: what was computed, from what, and what came of it. Read values
     * downwards and gradients upwards. */
    printf("\n");
    wg_tape_print(tape, stdout);

    /* New data, the same tape: replayed, with nothing recorded and nothing allocated. */
    printf("\n    x        y    dy/dx\n");
    for (double at = -1; at <= 1; at += 0.5) {
        wg_set(x, &at);
        wg_forward(tape);
        wg_backward(y);
        printf("%5.1f  %7.4f  %7.4f\n", at, wg_item(y), wg_gradient_item(x));
    }

    /* Had any call failed, it would have passed the null variable on to here. */
    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_tape_free(tape);
    return wg_error_status() != WG_OK;
}

/* Output:
 * y     = 0.6351
 * dy/dx = 0.5966, by hand 0.5966
 *
 * x = variable  f64 ()  value 0.5  gradient 0.5965858082813315
 * half = input  f64 ()  value 0.5
 * v2 = square(x)  f64 ()  value 0.25  gradient 0.5965858082813315
 * v3 = add(v2, half)  f64 ()  value 0.75  gradient 0.5965858082813315
 * y = tanh(v3)  f64 ()  value 0.6351489523872873  gradient 1
 *
 *     x        y    dy/dx
 *  -1.0   0.9051  -0.3614
 *  -0.5   0.6351  -0.5966
 *   0.0   0.4621   0.0000
 *   0.5   0.6351   0.5966
 *   1.0   0.9051   0.3614
 */
