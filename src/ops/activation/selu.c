/* selu(x), the scaled exponential linear unit      Klambauer, Unterthiner, Mayr, Hochreiter 2017,
 *                                                   arXiv:1706.02515
 *   y = lambda x                  x > 0        dy/dx = lambda              x > 0
 *       lambda alpha (e^x - 1)    otherwise            lambda alpha e^x    otherwise
 *   y'' = 0, x > 0; lambda alpha e^x, x < 0.
 *   lambda = 1.0507009873554804934, alpha = 1.6732632423543772848: mean 0 and variance 1 of normal
 *   inputs are kept. The formula below has them in closed form. lambda and lambda alpha carry more
 *   digits than a double.
 *   kink at 0: slope lambda, as TensorFlow's kernel (JAX and PyTorch: lambda alpha).
 */
#include "ops/room.h"

NO_ATTRIBUTES(selu);

FORWARD(selu) {
    const real y = x < 0 ? MATH(selu_tail)(x) : MATH(selu_line)(x);
    return x != x ? x : y;
}
GRADIENT(selu) { return dy * (x >= 0 ? MATH(selu_line)(1) : MATH(selu_tail_slope)(x)); }

#define SELU_CONSTANTS                                                                              \
    ", lambda = (1 - p * s) * sqrt(2 * pi) / sqrt(2 * erfc(sqrt(2)) * exp(2) + pi * p^2 * exp(1) "  \
    "- 2 * (2 + pi) * p * s + pi + 2), alpha = sqrt(2 / pi) / (1 - p * s), p = erfc(sqrt(1 / 2)), " \
    "s = exp(1 / 2)"

OP(selu, .activation = 1,
   .formula = "y = x > 0 ? lambda * x : lambda * alpha * expm1(x)" SELU_CONSTANTS,
   .derivative = "dy/dx = x >= 0 ? lambda : lambda * alpha * exp(x)" SELU_CONSTANTS,
   .second = "x > 0 ? 0 : lambda * alpha * exp(x)" SELU_CONSTANTS,
   .kink = "0: slope lambda = 1.0507 (left lambda alpha = 1.7581, right lambda)",
   .limits = "-inf: -lambda alpha = -1.7581, slope 0; +inf: +inf, slope lambda",
   .special =
       "NaN gives NaN, value and slope; -0 gives -0; overflows for x above the largest number "
       "over lambda",
   .accuracy = "at most 0.94 and 0.81 ULP in float, value and slope; in double 0.85 and 0.8",
   .reference = "Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, "
                "arXiv:1706.02515",
   .domain = {{-4, 2}},
   .kinks = {{.at = NUMBER(0),
              .left = NUMBER(1.7580993408473768),
              .right = NUMBER(1.0507009873554805),
              .slope = NUMBER(1.0507009873554805)}},
   .kink_count = 1, .cases = {"3x4", "1", "scalar", "2x3x5"})
