/* log(x), the natural logarithm
 *
 *   y = ln x         dy/dx = 1 / x
 *   log(0) = -inf, log(x < 0) = NaN; the slope at 0 is IEEE's 1 / 0.
 */
#include "ops/room.h"

NO_ATTRIBUTES(log);

FORWARD(log) { return LOG(x); }
GRADIENT(log) { return dy / x; }

OP(log, .formula = "y = log(x)", .derivative = "dy/dx = 1 / x", .second = "-1 / x^2",
   .limits = "0: -inf, slope +inf; x < 0: NaN; +inf: +inf, slope 0",
   .accuracy = "at most 0.83 and 0.5 ULP in float, value and slope; in double 0.75 and 0.5",
   .domain = {{0.3, 3}}, .cases = {"3x4", "1", "scalar"})
