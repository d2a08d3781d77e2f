/* soft_shrink(x; threshold)                         Donoho 1995 (soft thresholding)
 *
 *   y = x - threshold   x > threshold         dy/dx = 1   |x| > threshold        y'' = 0
 *       x + threshold   x < -threshold                0   otherwise
 *       0               otherwise
 *   kinks at -threshold and threshold: slope 0, as Keras. With threshold = 0 that leaves y = x, but
 *   for the slope 0 at 0. One rounding.
 */
#include "ops/room.h"

ATTRIBUTES(soft_shrink) { real threshold; };

FORWARD(soft_shrink) {
    return x > a.threshold ? x - a.threshold : x < -a.threshold ? x + a.threshold : x != x ? x : 0;
}
GRADIENT(soft_shrink) { return ABS(x) <= a.threshold ? 0 : x != x ? x : dy; }

/* Of the kink at -threshold, 0 when both are one; of that at threshold. */
WG_UNUSED static double soft_shrink_between(const double *slots) { return slots[0] == 0; }
WG_UNUSED static double soft_shrink_upper(const double *slots) {
    return slots[0] == 0 ? INFINITY : slots[0];
}

OP(soft_shrink, .activation = 1,
   .attributes = {{"threshold", 0.5, 0, INFINITY, WG_NUMBER, "by how much |x| shrinks"}},
   .formula = "y = x > threshold ? x - threshold : x < -threshold ? x + threshold : 0",
   .derivative = "dy/dx = abs(x) > threshold ? 1 : 0", .second = "0",
   .kink = "-threshold: slope 0 (left 1, right 0); threshold: slope 0 (left 0, right 1)",
   .limits = "-inf: -inf, slope 1; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 and subnormals give +0",
   .accuracy = "at most 0.5 ULP in float and double; the slope exact",
   .reference = "Donoho, De-noising by soft-thresholding, IEEE Trans. Information Theory 41, 1995",
   .kinks = {{.at = NEGATED(threshold),
              .left = NUMBER(1),
              .right = FUNCTION(soft_shrink_between),
              .slope = NUMBER(0)},
             {.at = FUNCTION(soft_shrink_upper),
              .left = NUMBER(0),
              .right = NUMBER(1),
              .slope = NUMBER(0)}},
   .kink_count = 2,
   .cases = {"3x4", "2x3x5", "2x3x5 threshold=1", "3x4 threshold=0.25", "3x4 threshold=0"})
