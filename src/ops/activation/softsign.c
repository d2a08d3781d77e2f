/* softsign(x)                                       Bergstra, Desjardins, Lamblin, Bengio 2009
 *
 *   y = x/(1 + |x|)        dy/dx = 1/(1 + |x|)^2        y'' = -2 sign(x)/(1 + |x|)^3
 *   Once differentiable at 0, slope 1. x is clamped before the division, where y is +-1, so that
 *   inf/inf is never formed; the square of 1 + |x| is kept from overflowing, so that the tail of
 *   the slope runs through the subnormals.
 */
#include "ops/room.h"

NO_ATTRIBUTES(softsign);

FORWARD(softsign) { return MATH(softsign)(x); }
GRADIENT(softsign) { return dy * MATH(softsign_slope)(x); }

OP(softsign, .activation = 1, .formula = "y = x / (1 + abs(x))",
   .derivative = "dy/dx = 1 / (1 + abs(x))^2", .second = "x < 0 ? 2 / (1 - x)^3 : -2 / (1 + x)^3",
   .limits = "-inf: -1, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals are themselves",
   .accuracy = "at most 0.5 ULP in float, value and slope; in double 1.5 and 0.75",
   .reference =
       "Bergstra, Desjardins, Lamblin and Bengio, Quadratic polynomials learn better image "
       "features, Universite de Montreal, 2009",
   .kink = "0: slope 1 on both sides; the second derivative jumps", .domain = {{-4, 4}},
   .kinks = {{.at = NUMBER(0), .left = NUMBER(1), .right = NUMBER(1), .slope = NUMBER(1)}},
   .kink_count = 1, .cases = {"3x4", "1", "scalar", "2x3x5"})
