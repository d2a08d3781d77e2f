#include <stdio.h>
#include <wengert/wengert.h>

/* Compiled as C and as C++: the derivative of x^2 at 3. */
int main(void) {
    wg_var x = wg_variable_scalar(wg_tape_new(), WG_F64, 3), y = wg_square(x);
    wg_backward(y);
    return printf("%g\n", wg_gradient_item(x)) < 0;
}
