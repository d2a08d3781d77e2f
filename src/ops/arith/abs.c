/* abs(x) = |x|
 *
 *   y = |x|          dy/dx = sign(x)
 *   kink at 0: slope 0, as TensorFlow (left -1, right 1). Exact. NaN in, NaN out, also in the
 * gradient.
 */
#include "ops/room.h"

NO_ATTRIBUTES(abs);

FORWARD(abs) { return ABS(x); }
GRADIENT(abs) {
    const real slope = x < 0 ? -dy : x == 0 ? 0 : dy;
    return x == x ? slope : x;
}

OP(abs, .formula = "y = abs(x)", .derivative = "dy/dx = x > 0 ? 1 : x < 0 ? -1 : 0", .second = "0",
   .accuracy = "exact", .kink = "0: slope 0 (left -1, right 1)",
   .limits = "both ends: +inf, slope -1 and 1",
   .kinks = {{.at = NUMBER(0), .left = NUMBER(-1), .right = NUMBER(1), .slope = NUMBER(0)}},
   .kink_count = 1, .cases = {"3x4", "1", "scalar"})
