/* div(x, z) = x / z
 *
 *   y = x / z        dy/dx = 1 / z    dy/dz = -x / z^2
 *   Pole at z = 0, where y and its derivatives follow IEEE division.
 *   dy/dz is taken as -(x / z) / z: z^2 would overflow or vanish long before the quotient does.
 */
#include "ops/room.h"

NO_ATTRIBUTES(div);

FORWARD2(div) { return x / z; }
GRADIENT2(div, x) { return dy / z; }
GRADIENT2(div, z) { return -(dy * (y / z)); }

OP2(div, .inputs = {"x", "z"}, .formula = "y = x / z",
    .derivative = "dy/dx = 1 / z; dy/dz = -x / z^2",
    .second = "d2y/dx2 = 0; d2y/dxdz = -1 / z^2; d2y/dz2 = 2 * x / z^3",
    .limits = "IEEE division; x / 0 is infinite, 0 / 0 and inf / inf are NaN",
    .domain = {{-2, 2}, {0.5, 2}},
    .cases = {"2x3 2x3", "2x3 3", "scalar 4", "2x1 1x3", "2x1x3 4x1", "1 1"})
