/* tanh(x), the hyperbolic tangent
 *
 *   y = tanh x       dy/dx = 1 - tanh^2 x = 4 e / (1 + e)^2, e = exp(-2 |x|)
 *   The derivative is taken from x: 1 - y^2 is exactly 0 from |x| = 9.02 on in float, where the
 * true value is 6e-8. Smooth; odd; y -> +-1, slope -> 0. tanh(-0) = -0.
 */
#include "ops/room.h"

NO_ATTRIBUTES(tanh);

FORWARD(tanh) { return TANH(x); }
GRADIENT(tanh) { return dy * TANH_SLOPE(x); }

OP(tanh, .activation = 1, .formula = "y = tanh(x)",
   .derivative = "dy/dx = 4 * e / (1 + e)^2, e = exp(-2 * abs(x))",
   .second = "-2 * tanh(x) * (1 - tanh(x)^2)", .limits = "-inf: -1, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals are themselves",
   .accuracy = "at most 0.69 and 0.56 ULP in float, value and slope; in double 0.75",
   .cases = {"3x4", "1", "scalar", "2x3x5"})
