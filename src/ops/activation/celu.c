/* celu(x; alpha), the continuously differentiable exponential linear unit   Barron 2017,
 *                                                                            arXiv:1704.07483
 *   y = x                          x > 0        dy/dx = 1                x > 0
 *       alpha (e^(x/alpha) - 1)    otherwise            e^(x/alpha)      otherwise
 *   y'' = 0, x > 0; e^(x/alpha)/alpha, x < 0. Once differentiable at 0, slope 1. (Keras's formula
 * on TensorFlow gives 2 there: two gradients that pass at a tie are added.) alpha > 0. In double,
 * what the rounding of x/alpha lost goes into the exponential.
 */
#include "ops/room.h"

ATTRIBUTES(celu) { real alpha; };

FORWARD(celu) { return x < 0 ? MATH(celu_tail)(x, a.alpha) : x; }
GRADIENT(celu) { return x > 0 ? dy : dy * MATH(celu_tail_slope)(x, a.alpha); }

OP(celu, .activation = 1,
   .attributes = {{"alpha", 1, 0x1p-126, INFINITY, WG_NUMBER, "minus the value at -inf"}},
   .formula = "y = x > 0 ? x : alpha * expm1(x / alpha)",
   .derivative = "dy/dx = x > 0 ? 1 : exp(x / alpha)",
   .second = "x > 0 ? 0 : exp(x / alpha) / alpha",
   .limits = "-inf: -alpha, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals are themselves",
   .accuracy = "at most 0.94 and 0.86 ULP in float, value and slope; in double 1.2 and 0.75",
   .reference = "Barron, Continuously differentiable exponential linear units, arXiv:1704.07483",
   .kink = "0: slope 1 on both sides; the second derivative jumps", .domain = {{-4, 2}},
   .kinks = {{.at = NUMBER(0), .left = NUMBER(1), .right = NUMBER(1), .slope = NUMBER(1)}},
   .kink_count = 1, .cases = {"3x4", "1", "scalar alpha=0.5", "2x3x5 alpha=1.6733", "3x4 alpha=3"})
