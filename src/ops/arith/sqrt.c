/* sqrt(x), the non-negative square root
 *
 *   y = sqrt(x)      dy/dx = 1 / (2 sqrt(x))
 *   At 0 the derivative is +inf, as in TensorFlow, but an upstream gradient of exactly 0 stays 0
 * there instead of becoming 0 * inf = NaN. x < 0 gives NaN for both; sqrt(-0) = -0. The value is
 * correctly rounded.
 */
#include "ops/room.h"

NO_ATTRIBUTES(sqrt);

FORWARD(sqrt) { return SQRT(x); }
GRADIENT(sqrt) { return dy == 0 && x == 0 ? dy : MATH(sqrt_gradient)(x, dy); }

OP(sqrt, .formula = "y = sqrt(x)", .derivative = "dy/dx = 1 / (2 * sqrt(x))",
   .second = "-1 / (4 * x * sqrt(x))",
   .limits = "x < 0: NaN; x = 0: slope +inf (0 for an upstream gradient of 0); +inf: +inf, slope 0",
   .accuracy = "at most 0.5 ULP in float, value and slope; in double 0.5 and 1.5",
   .domain = {{0.3, 3}}, .cases = {"3x4", "1", "scalar"})
