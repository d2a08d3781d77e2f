/* exp(x) = e^x, also exponential, as activations are named
 *
 *   y = e^x          dy/dx = e^x
 *   y is the derivative itself, so the gradient is taken from it: nothing is lost. Overflows to
 * +inf, underflows through the subnormals to 0.
 */
#include "ops/room.h"

NO_ATTRIBUTES(exp);

FORWARD(exp) { return MATH(exp_short)(x); }
GRADIENT(exp) { return dy * y; }

OP(exp, .activation = 1, .aliases = {"exponential"}, .formula = "y = exp(x)",
   .derivative = "dy/dx = exp(x)", .second = "exp(x)",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope +inf",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give 1",
   .accuracy = "at most 0.9 ULP in float, value and slope; in double 0.75",
   .cases = {"3x4", "1", "scalar"})
