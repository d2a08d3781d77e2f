/* hard_tanh(x)                                      Collobert 2004
 *
 *   y = min(max(x, -1), 1)        dy/dx = 1   |x| <= 1        y'' = 0
 *                                         0   otherwise
 *   kinks at -1 and 1: slope 1, as TensorFlow and JAX pass the gradient at the bounds (PyTorch: 0).
 *   Exact.
 */
#include "ops/room.h"

NO_ATTRIBUTES(hard_tanh);

FORWARD(hard_tanh) {
    const real above = x > 1 ? 1 : x;
    return x < -1 ? -1 : above;
}
GRADIENT(hard_tanh) { return ABS(x) <= 1 ? dy : x != x ? x : 0; }

OP(hard_tanh, .activation = 1, .formula = "y = min(max(x, -1), 1)",
   .derivative = "dy/dx = x < -1 ? 0 : x > 1 ? 0 : 1", .second = "0",
   .kink = "-1: slope 1 (left 0, right 1); 1: slope 1 (left 1, right 0)",
   .limits = "-inf: -1, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; -0 and subnormals are themselves",
   .accuracy = "exact",
   .reference = "Collobert, Large scale machine learning, Universite Paris VI, 2004",
   .kinks = {{.at = NUMBER(-1), .left = NUMBER(0), .right = NUMBER(1), .slope = NUMBER(1)},
             {.at = NUMBER(1), .left = NUMBER(1), .right = NUMBER(0), .slope = NUMBER(1)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
