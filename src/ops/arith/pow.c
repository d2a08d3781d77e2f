/* pow(x, z) = x^z
 *
 *   y = x^z          dy/dx = z x^(z-1)        dy/dz = x^z ln x
 *   Special values as in C (IEEE 754 pow): x^0 = 1, 1^z = 1 even for NaN; x < 0 with z not whole is
 * NaN. Where z = 0, dy/dx = 0 (also at x = 0). Where x = 0, dy/dz = 0 for z >= 0, the limit for z >
 * 0. For x < 0 the function of z is defined at whole numbers only, so dy/dz is NaN.
 */
#include "ops/room.h"

NO_ATTRIBUTES(pow);

FORWARD2(pow) { return POW(x, z); }
GRADIENT2(pow, x) {
    const real slope = dy * (z * POW(x, z - 1));
    return z == 0 ? 0 * dy : slope;
}
GRADIENT2(pow, z) { return x == 0 && z >= 0 ? 0 * dy : dy * (y * LOG(x)); }

OP2(pow, .inputs = {"x", "z"}, .formula = "y = x^z",
    .derivative = "dy/dx = z * x^(z - 1); dy/dz = x^z * log(x)",
    .second =
        "d2y/dx2 = z * (z - 1) * x^(z - 2); d2y/dxdz = x^(z - 1) * (1 + z * log(x)); d2y/dz2 = x^z * log(x)^2",
    .limits = "IEEE 754 pow; dy/dx = 0 at z = 0; dy/dz = 0 at x = 0 with z >= 0, NaN for x < 0",
    .domain = {{0.4, 2.5}, {-2, 2}}, .cases = {"2x3 2x3", "2x3 3", "scalar 4", "2x1 1x3", "1 1"})
