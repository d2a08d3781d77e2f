/* sub(x, z) = x - z
 *
 *   y = x - z        dy/dx = 1        dy/dz = -1
 *   Smooth everywhere. One rounding: 0.5 ULP.
 */
#include "ops/room.h"

NO_ATTRIBUTES(sub);

FORWARD2(sub) { return x - z; }
GRADIENT2(sub, x) { return dy; }
GRADIENT2(sub, z) { return -dy; }

OP2(sub, .inputs = {"x", "z"}, .passes_dy = 1, .formula = "y = x - z",
    .derivative = "dy/dx = 1; dy/dz = -1", .second = "d2y/dx2 = 0; d2y/dxdz = 0; d2y/dz2 = 0",
    .limits = "IEEE subtraction; inf - inf is NaN",
    .cases = {"2x3 2x3", "2x3 3", "scalar 4", "2x1 1x3", "2x1x3 4x1", "1 1"})
