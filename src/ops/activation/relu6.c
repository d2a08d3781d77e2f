/* relu6(x)                                          Krizhevsky 2010
 *
 *   y = min(max(x, 0), 6)        dy/dx = 1   0 < x < 6        y'' = 0
 *                                        0   otherwise
 *   kinks at 0 and 6: slope 0, as TensorFlow, JAX and PyTorch. Exact.
 */
#include "ops/room.h"

NO_ATTRIBUTES(relu6);

FORWARD(relu6) {
    const real above = x > 6 ? 6 : x;
    return x <= 0 ? 0 : above;
}
GRADIENT(relu6) {
    const real above = x < 6 ? dy : x >= 6 ? 0 : x;
    return x <= 0 ? 0 : above;
}

OP(relu6, .activation = 1, .formula = "y = min(max(x, 0), 6)",
   .derivative = "dy/dx = x > 0 ? (x < 6 ? 1 : 0) : 0", .second = "0",
   .kink = "0: slope 0 (left 0, right 1); 6: slope 0 (left 1, right 0)",
   .limits = "-inf: 0, slope 0; +inf: 6, slope 0",
   .special = "NaN gives NaN, value and slope; -0 gives +0; subnormals pass", .accuracy = "exact",
   .reference = "Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
   .domain = {{-3, 9}},
   .kinks = {{.at = NUMBER(0), .left = NUMBER(0), .right = NUMBER(1), .slope = NUMBER(0)},
             {.at = NUMBER(6), .left = NUMBER(1), .right = NUMBER(0), .slope = NUMBER(0)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
