/* tanh_shrink(x)
 *
 *   y = x - tanh x        dy/dx = tanh^2 x        y'' = 2 tanh x (1 - tanh^2 x)
 *   Smooth; odd. Near 0 the difference cancels to x^3/3, so there a polynomial stands in: see
 *   math/tanh_shrink.h.
 */
#include "ops/room.h"

NO_ATTRIBUTES(tanh_shrink);

FORWARD(tanh_shrink) { return MATH(tanh_shrink)(x); }
GRADIENT(tanh_shrink) { return dy * MATH(tanh_shrink_slope)(x); }

OP(tanh_shrink, .activation = 1, .formula = "y = x - tanh(x)", .derivative = "dy/dx = tanh(x)^2",
   .second = "2 * tanh(x) * (1 - tanh(x)^2)", .limits = "-inf: -inf, slope 1; +inf: +inf, slope 1",
   .special =
       "NaN gives NaN, value and slope; -0 gives -0; |x| below the cube root of the smallest "
       "number gives 0 of x's sign",
   .accuracy = "at most 0.503 and 0.501 ULP in float, value and slope; in double 1.3 and 1.1",
   .cases = {"3x4", "1", "scalar", "2x3x5"})
