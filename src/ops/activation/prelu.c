/* prelu(x, alpha), the parametric rectified linear unit          He, Zhang, Ren, Sun 2015,
 * arXiv:1502.01852
 *
 *   y = x          x > 0        dy/dx = 1        x > 0        dy/dalpha = 0    x > 0
 *       alpha x    otherwise            alpha    otherwise                x    otherwise
 *   alpha is a tensor that broadcasts against x, usually a parameter: its gradient is summed over
 * the batch and over every axis along which alpha is shared. Any sign and size of alpha is allowed.
 *   kink at 0: slope alpha, as PyTorch; it lies between the one-sided slopes, which Keras's 0 does
 * not. alpha = 0 at x = -inf gives 0, the limit, not 0 * inf = NaN. dy/dalpha is continuous.
 */
#include "ops/room.h"

NO_ATTRIBUTES(prelu);

FORWARD2(prelu) { return x > 0 ? x : z == 0 && x < 0 ? -z : z * x; }
GRADIENT2(prelu, x) { return x > 0 ? dy : x <= 0 ? dy * z : x; }
GRADIENT2(prelu, z) { return x > 0 ? 0 : dy * x; }

OP2(prelu, .activation = 1, .inputs = {"x", "alpha"}, .formula = "y = x > 0 ? x : alpha * x",
    .derivative = "dy/dx = x > 0 ? 1 : alpha; dy/dalpha = x > 0 ? 0 : x",
    .kink = "x = 0: slope alpha (left alpha, right 1)",
    .second = "d2y/dx2 = 0; d2y/dxdalpha = x > 0 ? 0 : 1; d2y/dalpha2 = 0",
    .limits = "-inf: -inf, 0 or +inf with the sign of -alpha, slope alpha; +inf: +inf, slope 1",
    .special = "NaN in x gives NaN, value and slopes; -0 gives -0 for alpha > 0",
    .accuracy = "at most 0.5 ULP in float and double; the slopes exact",
    .reference = "He, Zhang, Ren and Sun, Delving deep into rectifiers, arXiv:1502.01852",
    .domain = {{-2, 2}, {-0.5, 1.5}},
    .kinks = {{.at = NUMBER(0), .left = INPUT(2), .right = NUMBER(1), .slope = INPUT(2)}},
    .kink_count = 1,
    .cases = {"4x3 scalar", "4x3 1", "4x3 3", "2x3x2x4 4", "2x3x2x4 1x1x4", "2x3x2x4 3x2x4",
              "2x3x4 3x1", "1 1"})
