/* hard_sigmoid_keras2(x), the hard sigmoid of Keras 1 and 2
 *
 *   y = min(max(x/5 + 1/2, 0), 1)        dy/dx = 1/5   |x| <= 5/2        y'' = 0
 *                                                0     otherwise
 *   kinks at -5/2 and 5/2: slope 1/5, as TensorFlow's clip_by_value passes the gradient at its
 * bounds. As (x + 5/2)/5 nothing is lost where x/5 + 1/2 cancels.
 */
#include "ops/room.h"

NO_ATTRIBUTES(hard_sigmoid_keras2);

FORWARD(hard_sigmoid_keras2) {
    const real line = MATH(fifth_line)(x);
    return x <= (real)-2.5 ? 0 : x >= (real)2.5 ? 1 : line;
}
GRADIENT(hard_sigmoid_keras2) {
    return x < (real)-2.5 ? 0 : x > (real)2.5 ? 0 : x != x ? x : dy * (real)0.2;
}

OP(hard_sigmoid_keras2, .activation = 1, .formula = "y = min(max(x / 5 + 1 / 2, 0), 1)",
   .derivative = "dy/dx = x < -5 / 2 ? 0 : x > 5 / 2 ? 0 : 1 / 5", .second = "0",
   .kink = "-5/2: slope 1/5 (left 0, right 1/5); 5/2: slope 1/5 (left 1/5, right 0)",
   .limits = "-inf: 0, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give 1/2",
   .accuracy = "at most 0.5 and 0.2 ULP in float, value and slope; in double 0.5 and 0.4",
   .reference = "Courbariaux, Bengio and David, BinaryConnect, arXiv:1511.00363",
   .domain = {{-5, 5}},
   .kinks = {{.at = NUMBER(-2.5), .left = NUMBER(0), .right = NUMBER(0.2), .slope = NUMBER(0.2)},
             {.at = NUMBER(2.5), .left = NUMBER(0.2), .right = NUMBER(0), .slope = NUMBER(0.2)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
