/* neg(x) = -x
 *
 *   y = -x           dy/dx = -1
 *   Smooth everywhere, exact.
 */
#include "ops/room.h"

NO_ATTRIBUTES(neg);

FORWARD(neg) { return -x; }
GRADIENT(neg) { return -dy; }

OP(neg, .formula = "y = -x", .derivative = "dy/dx = -1", .second = "0", .limits = "exact",
   .cases = {"3x4", "1", "scalar"})
