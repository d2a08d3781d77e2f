/* hard_sigmoid(x)                                   Courbariaux, Bengio, David 2015; Howard et al.
 *                                                   2019, arXiv:1905.02244
 *   y = min(max(x + 3, 0), 6)/6        dy/dx = 1/6   |x| < 3        y'' = 0
 *                                              0     otherwise
 *   kinks at -3 and 3: slope 0, as TensorFlow, JAX and PyTorch. Keras before version 3 had
 *   0.2 x + 0.5: hard_sigmoid_keras2.
 */
#include "ops/room.h"

NO_ATTRIBUTES(hard_sigmoid);

FORWARD(hard_sigmoid) {
    const real line = MATH(sixth_line)(x);
    return x <= -3 ? 0 : x >= 3 ? 1 : line;
}
GRADIENT(hard_sigmoid) { return x <= -3 ? 0 : x >= 3 ? 0 : x != x ? x : dy * (real)(1.0 / 6); }

OP(hard_sigmoid, .activation = 1, .formula = "y = min(max(x + 3, 0), 6) / 6",
   .derivative = "dy/dx = x > -3 ? (x < 3 ? 1 / 6 : 0) : 0", .second = "0",
   .kink = "-3: slope 0 (left 0, right 1/6); 3: slope 0 (left 1/6, right 0)",
   .limits = "-inf: 0, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give 1/2",
   .accuracy = "at most 0.5 and 0.34 ULP in float, value and slope; in double 0.5 and 0.34",
   .reference = "Howard et al., Searching for MobileNetV3, arXiv:1905.02244", .domain = {{-5, 5}},
   .kinks = {{.at = NUMBER(-3), .left = NUMBER(0), .right = NUMBER(1.0 / 6), .slope = NUMBER(0)},
             {.at = NUMBER(3), .left = NUMBER(1.0 / 6), .right = NUMBER(0), .slope = NUMBER(0)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
