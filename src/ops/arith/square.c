/* square(x) = x^2
 *
 *   y = x x          dy/dx = 2 x
 *   Smooth everywhere. One rounding: 0.5 ULP.
 */
#include "ops/room.h"

NO_ATTRIBUTES(square);

FORWARD(square) { return x * x; }
GRADIENT(square) { return dy * (2 * x); }

OP(square, .formula = "y = x^2", .derivative = "dy/dx = 2 * x", .second = "2",
   .limits = "both ends: +inf", .cases = {"3x4", "1", "scalar"})
