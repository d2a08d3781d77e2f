/* threshold(x; threshold, default_value)
 *
 *   y = x               x > threshold        dy/dx = 1   x > threshold        y'' = 0
 *       default_value   otherwise                    0   otherwise
 *   At the threshold y = default_value and the slope is 0; unless the two are equal, the value
 * jumps there. Exact. Keras has no defaults; here both are 0, which is relu.
 */
#include "ops/room.h"

ATTRIBUTES(threshold) {
    real threshold;
    real default_value;
};

FORWARD(threshold) { return x <= a.threshold ? a.default_value : x; }
GRADIENT(threshold) { return x <= a.threshold ? 0 : x != x ? x : dy; }

WG_UNUSED static double threshold_jump(const double *slots) { return slots[0] - slots[1]; }

OP(threshold, .activation = 1,
   .attributes = {{"threshold", 0, 0, 0, WG_NUMBER, "what x must exceed to pass"},
                  {"default_value", 0, 0, 0, WG_NUMBER, "the value of all other x"}},
   .formula = "y = x > threshold ? x : default_value",
   .derivative = "dy/dx = x > threshold ? 1 : 0", .second = "0",
   .kink = "threshold: slope 0 (left 0, right 1); the value jumps there, and is default_value",
   .limits = "-inf: default_value, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 and subnormals are numbers like others",
   .accuracy = "exact",
   .kinks = {{.at = ATTRIBUTE(threshold),
              .left = NUMBER(0),
              .right = NUMBER(1),
              .slope = NUMBER(0),
              .jump = FUNCTION(threshold_jump)}},
   .kink_count = 1,
   .cases = {"3x4", "3x4 threshold=1 default_value=-2", "2x3x5 threshold=-0.5 default_value=3",
             "3x4 threshold=1 default_value=1"})
