/* add(x, z) = x + z
 *
 *   y = x + z        dy/dx = 1        dy/dz = 1
 *   Smooth everywhere. One rounding: 0.5 ULP.
 */
#include "ops/room.h"

NO_ATTRIBUTES(add);

FORWARD2(add) { return x + z; }
GRADIENT2(add, x) { return dy; }
GRADIENT2(add, z) { return dy; }

OP2(add, .inputs = {"x", "z"}, .passes_dy = 1 | 2, .formula = "y = x + z",
    .derivative = "dy/dx = 1; dy/dz = 1", .second = "d2y/dx2 = 0; d2y/dxdz = 0; d2y/dz2 = 0",
    .limits = "IEEE addition; inf - inf is NaN",
    .cases = {"2x3 2x3", "2x3 3", "scalar 4", "2x1 1x3", "2x1x3 4x1", "1 1", "5x2 scalar"})
