/* silu(x), also swish, the sigmoid linear unit     Elfwing, Uchibe, Doya 2017, arXiv:1702.03118;
 *                                                   Ramachandran, Zoph, Le 2017, arXiv:1710.05941
 *   y = x s        dy/dx = s (1 + x (1 - s))        y'' = s (1 - s) (2 + x (1 - 2 s)),
 *   s = 1/(1 + e^-x). Smooth, with its least value -0.2785 at x = -1.2784645427610738. The slope's
 *   digits are kept around that zero and in both tails: see math/gate.h.
 */
#include "ops/room.h"

NO_ATTRIBUTES(silu);

FORWARD(silu) { return MATH(silu)(x); }
GRADIENT(silu) { return dy * MATH(silu_slope)(x); }

OP(silu, .activation = 1, .aliases = {"swish"}, .formula = "y = x * sigmoid(x)",
   .derivative = "dy/dx = sigmoid(x) * (1 + x * sigmoid(-x))",
   .second = "s * (1 - s) * (2 + x * (1 - 2 * s)), s = sigmoid(x)",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals give x/2; -0 at -inf",
   .accuracy = "at most 0.95 and 0.94 ULP in float, value and slope; in double 0.75 and 0.8",
   .reference =
       "Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function "
       "approximation in reinforcement learning, arXiv:1702.03118; Ramachandran, Zoph and "
       "Le, Searching for activation functions, arXiv:1710.05941",
   .domain = {{-6, 4}}, .cases = {"3x4", "1", "scalar", "2x3x5"})
