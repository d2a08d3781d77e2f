/* relu(x), the rectified linear unit                Nair, Hinton 2010; relu'(0) = 0: Bertoin et
 * al., NeurIPS 2021
 *
 *   y = x   x > 0        dy/dx = 1   x > 0
 *       0   otherwise            0   otherwise
 *   kink at 0: slope 0. Exact. -inf gives 0, NaN gives NaN (value and gradient).
 */
#include "ops/room.h"

NO_ATTRIBUTES(relu);

FORWARD(relu) { return x <= 0 ? 0 : x; }
GRADIENT(relu) { return x > 0 ? dy : x <= 0 ? 0 : x; }

OP(relu, .formula = "y = max(x, 0)", .derivative = "dy/dx = x > 0 ? 1 : 0",
   .kink = "0: slope 0 (left 0, right 1)",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope 1; -0 gives +0",
   .reference =
       "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010",
   .kinks = {{.at = NUMBER(0), .left = NUMBER(0), .right = NUMBER(1), .slope = NUMBER(0)}},
   .kink_count = 1, .cases = {"3x4", "1", "scalar", "2x3x5"})
