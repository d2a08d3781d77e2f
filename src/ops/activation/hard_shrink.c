/* hard_shrink(x; threshold)                         Donoho, Johnstone 1994 (hard thresholding)
 *
 *   y = x   |x| > threshold        dy/dx = 1   |x| > threshold        y'' = 0
 *       0   otherwise                      0   otherwise
 *   The value jumps at -threshold and threshold: there y = 0 and the slope is 0, as Keras. With
 *   threshold = 0 that leaves y = x, but for the slope 0 at 0. Exact.
 */
#include "ops/room.h"

ATTRIBUTES(hard_shrink) { real threshold; };

FORWARD(hard_shrink) { return ABS(x) <= a.threshold ? 0 : x; }
GRADIENT(hard_shrink) { return ABS(x) <= a.threshold ? 0 : x != x ? x : dy; }

/* Of the kink at -threshold, 0 when both are one; of that at threshold. */
WG_UNUSED static double hard_shrink_between(const double *slots) { return slots[0] == 0; }
WG_UNUSED static double hard_shrink_upper(const double *slots) {
    return slots[0] == 0 ? INFINITY : slots[0];
}

OP(hard_shrink, .activation = 1,
   .attributes = {{"threshold", 0.5, 0, INFINITY, WG_NUMBER, "what |x| must exceed to pass"}},
   .formula = "y = abs(x) > threshold ? x : 0", .derivative = "dy/dx = abs(x) > threshold ? 1 : 0",
   .second = "0",
   .kink = "-threshold: slope 0 (left 1, right 0); threshold: slope 0 (left 0, right 1); the value "
           "jumps at both, and is 0",
   .limits = "-inf: -inf, slope 1; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 and subnormals give +0", .accuracy = "exact",
   .reference =
       "Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81, "
       "1994",
   .kinks = {{.at = NEGATED(threshold),
              .left = NUMBER(1),
              .right = FUNCTION(hard_shrink_between),
              .slope = NUMBER(0),
              .jump = ATTRIBUTE(threshold)},
             {.at = FUNCTION(hard_shrink_upper),
              .left = NUMBER(0),
              .right = NUMBER(1),
              .slope = NUMBER(0),
              .jump = ATTRIBUTE(threshold)}},
   .kink_count = 2,
   .cases = {"3x4", "2x3x5", "2x3x5 threshold=1", "3x4 threshold=0.25", "3x4 threshold=0"})
