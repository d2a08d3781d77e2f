/* squareplus(x; b)                                  Barron 2021, arXiv:2112.11687
 *
 *   y = (x + r)/2, r = sqrt(x^2 + b)        dy/dx = (1 + x/r)/2        y'' = b/(2 r^3)
 *   For x < 0, where these cancel, y = b/(2 (r - x)) and dy/dx = b/(2 r (r - x)). Smooth for b > 0;
 *   b from the smallest normal float to 2^100, between which nothing overflows.
 */
#include "ops/room.h"

ATTRIBUTES(squareplus) { real b; };

FORWARD(squareplus) { return MATH(squareplus)(x, a.b); }
GRADIENT(squareplus) { return dy * MATH(squareplus_slope)(x, a.b); }

OP(squareplus, .activation = 1,
   .attributes = {{"b", 4, 0x1p-126, 0x1p100, WG_NUMBER,
                   "how round the corner is: y(0) = sqrt(b)/2"}},
   .formula = "y = x < 0 ? b / (2 * (r - x)) : (x + r) / 2, r = sqrt(x^2 + b)",
   .derivative = "dy/dx = x < 0 ? b / (2 * r * (r - x)) : (1 + x / r) / 2, r = sqrt(x^2 + b)",
   .second = "b / (2 * r^3), r = sqrt(x^2 + b)", .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give sqrt(b)/2",
   .accuracy = "at most 0.501 ULP in float, value and slope; in double 1.5 and 1.3",
   .reference = "Barron, Squareplus: a softplus-like algebraic rectifier, arXiv:2112.11687",
   .domain = {{-4, 4}}, .cases = {"3x4", "1", "scalar", "2x3x5 b=1", "3x4 b=0.5"})
