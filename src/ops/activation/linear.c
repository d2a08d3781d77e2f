/* linear(x), the identity
 *
 *   y = x        dy/dx = 1        y'' = 0
 *   Exact. A NaN in x gives NaN in the gradient as well, as every activation does.
 */
#include "ops/room.h"

NO_ATTRIBUTES(linear);

FORWARD(linear) { return x; }
GRADIENT(linear) { return x != x ? x : dy; }

OP(linear, .activation = 1, .formula = "y = x", .derivative = "dy/dx = 1", .second = "0",
   .limits = "-inf: -inf, slope 1; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 and subnormals are themselves",
   .accuracy = "exact", .cases = {"3x4", "1", "scalar", "2x3x5"})
