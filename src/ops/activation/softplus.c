/* softplus(x)                                       Dugas et al. 2001; Glorot, Bordes, Bengio 2011
 *
 *   y = max(x, 0) + ln(1 + e^-|x|)        dy/dx = 1/(1 + e^-x)        y'' = s (1 - s), s = dy/dx
 *   Smooth. The exponential's argument is never positive, so nothing overflows and there is no
 *   cut-off beyond which another formula holds; the left tail runs through the subnormals.
 */
#include "ops/room.h"

NO_ATTRIBUTES(softplus);

FORWARD(softplus) { return MATH(softplus)(x); }
GRADIENT(softplus) { return dy * SIGMOID(x); }

OP(softplus, .activation = 1, .formula = "y = max(x, 0) + log1p(exp(-abs(x)))",
   .derivative = "dy/dx = sigmoid(x)", .second = "sigmoid(x) * sigmoid(-x)",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give ln 2",
   .accuracy = "at most 0.82 ULP in float, value and slope; in double 1.1 and 0.75",
   .reference = "Dugas et al., Incorporating second-order functional knowledge for better option "
                "pricing, NIPS 2001",
   .domain = {{-6, 6}}, .cases = {"3x4", "1", "scalar", "2x3x5"})
