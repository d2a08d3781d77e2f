/* elu(x; alpha), the exponential linear unit       Clevert, Unterthiner, Hochreiter 2015,
 *                                                   arXiv:1511.07289
 *   y = x                  x > 0        dy/dx = 1            x > 0        y'' = 0            x > 0
 *       alpha (e^x - 1)    otherwise            alpha e^x    otherwise          alpha e^x    x < 0
 *   kink at 0, unless alpha = 1: slope alpha, as TensorFlow. e^x - 1 by expm1, so that values near
 * 0 keep their digits, and only of x <= 0, so that nothing overflows. The slope is taken from x: y
 * + alpha cancels in the left tail. Any alpha is allowed, as in Keras.
 */
#include "ops/room.h"

ATTRIBUTES(elu) { real alpha; };

FORWARD(elu) { return x < 0 ? MATH(elu_tail)(x, a.alpha) : x; }
GRADIENT(elu) { return x > 0 ? dy : dy * MATH(elu_tail_slope)(x, a.alpha); }

OP(elu, .activation = 1, .attributes = {{"alpha", 1, 0, 0, WG_NUMBER, "minus the value at -inf"}},
   .formula = "y = x > 0 ? x : alpha * expm1(x)",
   .derivative = "dy/dx = x > 0 ? 1 : alpha * exp(x)", .second = "x > 0 ? 0 : alpha * exp(x)",
   .kink = "0: slope alpha (left alpha, right 1)",
   .limits = "-inf: -alpha, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals x < 0 give alpha x, rounded",
   .accuracy = "at most 0.9 and 0.91 ULP in float, value and slope; in double 0.85 and 0.75",
   .reference = "Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by "
                "exponential linear units, arXiv:1511.07289",
   .domain = {{-4, 2}},
   .kinks =
       {{.at = NUMBER(0), .left = ATTRIBUTE(alpha), .right = NUMBER(1), .slope = ATTRIBUTE(alpha)}},
   .kink_count = 1,
   .cases = {"3x4", "1", "scalar alpha=0.5", "2x3x5 alpha=0.01", "3x4 alpha=1.6733", "3x4 alpha=3",
             "3x4 alpha=-1"})
