/* log_sigmoid(x), the logarithm of the logistic function
 *
 *   y = min(x, 0) - ln(1 + e^-|x|) = -softplus(-x)        dy/dx = 1/(1 + e^x)
 *   y'' = -s (1 - s), s = dy/dx. Smooth. The logarithm of a rounded sigmoid would be 0 from
 *   x = 16.6 on in float; this runs through the subnormals.
 */
#include "ops/room.h"

NO_ATTRIBUTES(log_sigmoid);

FORWARD(log_sigmoid) { return -MATH(softplus)(-x); }
GRADIENT(log_sigmoid) { return dy * SIGMOID(-x); }

OP(log_sigmoid, .activation = 1, .aliases = {"logsigmoid"},
   .formula = "y = min(x, 0) - log1p(exp(-abs(x)))", .derivative = "dy/dx = sigmoid(-x)",
   .second = "-sigmoid(x) * sigmoid(-x)", .limits = "-inf: -inf, slope 1; +inf: 0, slope 0",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give -ln 2; -0 at +inf",
   .accuracy = "at most 0.82 ULP in float, value and slope; in double 1.1 and 0.75",
   .domain = {{-6, 6}}, .cases = {"3x4", "1", "scalar", "2x3x5"})
