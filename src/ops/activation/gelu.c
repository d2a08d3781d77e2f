/* gelu(x; approximate), the Gaussian error linear unit      Hendrycks, Gimpel 2016,
 * arXiv:1606.08415
 *
 *   approximate = 0:  y = x Phi(x)       dy/dx = Phi(x) + x phi(x)       y'' = (2 - x^2) phi(x)
 *   approximate = 1:  y = x s(v)         dy/dx = s + x s (1 - s) v'      s(v) = 1/(1 + e^-v),
 *       v = 2 sqrt(2/pi) (x + 0.044715 x^3), which is x (1 + tanh(v/2))/2;
 *       y'' = s (1 - s) (2 v' + x v'' + x v'^2 (1 - 2 s))
 *   Phi and phi: the normal distribution's integral and density. Smooth; least value -0.17 at
 *   x = -0.7517915246935645 (-0.7524614220710163). The tails are not 1 + erf, whose digits are gone
 * at x = -5.5 in float, and the slope's zero is divided out: see math/gelu.h and math/gate.h. The
 * cube is taken of a clamped x.
 */
#include "ops/room.h"

ATTRIBUTES(gelu) { real approximate; };

FORWARD(gelu) { return a.approximate != 0 ? MATH(gelu_tanh)(x) : MATH(gelu)(x); }
GRADIENT(gelu) {
    return dy * (a.approximate != 0 ? MATH(gelu_tanh_slope)(x) : MATH(gelu_slope)(x));
}

#define GELU_V ", v = sqrt(8 / pi) * (x + 44715 / 1000000 * x^3)"

OP_FLAG(
    gelu, approximate, .activation = 1,
    .attributes = {{"approximate", 0, 0, 1, WG_FLAG, "1: the form with tanh"}},
    .formula = "y = approximate == 0 ? x * normal_cdf(x) : x * sigmoid(v)" GELU_V,
    .derivative = "dy/dx = approximate == 0 ? normal_cdf(x) + x * normal_pdf(x) : sigmoid(v) + w "
                  "* sigmoid(v) * sigmoid(-v)" GELU_V
                  ", w = sqrt(8 / pi) * (x + 134145 / 1000000 * x^3)",
    .second =
        "approximate == 0 ? (2 - x^2) * normal_pdf(x) : s * t * (2 * d + sqrt(8 / pi) * 268290 / "
        "1000000 * x^2 + x * d^2 * (t - s)), s = sigmoid(v), t = sigmoid(-v), d = sqrt(8 / pi) * (1 "
        "+ 134145 / 1000000 * x^2)" GELU_V,
    .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
    .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals give x/2; -0 at -inf",
    .accuracy =
        "at most 0.95 and 0.66 ULP in float, value and slope; in double 1.1 and 1.2; as approximate, 0.57 and 0.501 in float, 0.7 and 1.0 in double",
    .reference = "Hendrycks and Gimpel, Gaussian error linear units, arXiv:1606.08415",
    .domain = {{-4, 3}},
    .cases = {"3x4", "1", "scalar", "2x3x5", "3x4 approximate=1", "scalar approximate=1"})
