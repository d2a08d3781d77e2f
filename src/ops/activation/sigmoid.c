/* sigmoid(x), the logistic function
 *
 *   y = 1 / (1 + e^-x)       dy/dx = e / (1 + e)^2, e = exp(-|x|)
 *   The derivative is taken from x: y (1 - y) is exactly 0 from x = 16.64 on in float, where the
 * true value is 6e-8. Smooth; y -> 0 and 1, slope -> 0; the left tail runs through the subnormals.
 */
#include "ops/room.h"

NO_ATTRIBUTES(sigmoid);

FORWARD(sigmoid) { return SIGMOID(x); }
GRADIENT(sigmoid) { return dy * SIGMOID_SLOPE(x); }

OP(sigmoid, .activation = 1, .formula = "y = sigmoid(x)",
   .derivative = "dy/dx = e / (1 + e)^2, e = exp(-abs(x))",
   .second = "s * (1 - s) * (1 - 2 * s), s = sigmoid(x)",
   .limits = "-inf: 0, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give 1/2",
   .accuracy = "at most 0.82 ULP in float, value and slope; in double 0.76",
   .cases = {"3x4", "1", "scalar", "2x3x5"})
