/* mul(x, z) = x z
 *
 *   y = x z          dy/dx = z        dy/dz = x
 *   Smooth everywhere. One rounding: 0.5 ULP.
 */
#include "ops/room.h"

NO_ATTRIBUTES(mul);

FORWARD2(mul) { return x * z; }
GRADIENT2(mul, x) { return dy * z; }
GRADIENT2(mul, z) { return dy * x; }

OP2(mul, .inputs = {"x", "z"}, .formula = "y = x * z", .derivative = "dy/dx = z; dy/dz = x",
    .second = "d2y/dx2 = 0; d2y/dxdz = 1; d2y/dz2 = 0",
    .limits = "IEEE multiplication; 0 * inf is NaN",
    .cases = {"2x3 2x3", "2x3 3", "scalar 4", "2x1 1x3", "2x1x3 4x1", "1 1"})
