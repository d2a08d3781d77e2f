/* mish(x)                                           Misra 2019, arXiv:1908.08681
 *
 *   y = x t, t = tanh(ln(1 + e^x))        dy/dx = t + x s (1 - t^2), s = 1/(1 + e^-x)
 *   y'' = s (1 - t^2) (2 + x (1 - s - 2 t s))
 *   Smooth, with its least value -0.3088 at x = -1.1924312145154952. t is rational in e^-|x|, so
 * that nothing overflows (the paper's form is inf/inf from x = 22.2 on in float) and nothing
 * cancels but at the slope's zero, whose surroundings have a form of their own: see math/mish.h.
 */
#include "ops/room.h"

NO_ATTRIBUTES(mish);

FORWARD(mish) { return MATH(mish)(x); }
GRADIENT(mish) { return dy * MATH(mish_slope)(x); }

OP(mish, .activation = 1, .formula = "y = x * tanh(softplus(x))",
   .derivative =
       "dy/dx = t + 4 * x * sigmoid(x) * e / (1 + e)^2, t = tanh(softplus(x)), e = exp(-2 * softplus(x))",
   .second = "s * (1 - t^2) * (2 + x * (1 - s - 2 * t * s)), s = sigmoid(x), t = tanh(softplus(x))",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals give 0.6 x; -0 at -inf",
   .accuracy = "at most 0.58 and 0.501 ULP in float, value and slope; in double 0.75 and 1.1",
   .reference =
       "Misra, Mish: a self regularized non-monotonic activation function, arXiv:1908.08681",
   .domain = {{-6, 4}}, .cases = {"3x4", "1", "scalar", "2x3x5"})
