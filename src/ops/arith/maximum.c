/* maximum(x, z), the larger of two numbers, element by element
 *
 *   y = x >= z ? x : z        the gradient goes to the one that was taken
 *   ties: x takes the whole gradient, as in TensorFlow. A NaN on either side gives NaN; its
 * gradient goes to the NaN's side (x's where both are). Exact.
 */
#include "ops/room.h"

NO_ATTRIBUTES(maximum);

/* x is taken when it wins, ties, or is NaN. */
#define TAKES_X(x, z) ((x) >= (z) || (x) != (x))

FORWARD2(maximum) { return TAKES_X(x, z) ? x : z; }
GRADIENT2(maximum, x) { return TAKES_X(x, z) ? dy : 0; }
GRADIENT2(maximum, z) { return TAKES_X(x, z) ? 0 : dy; }

#undef TAKES_X

OP2(maximum, .inputs = {"x", "z"}, .formula = "y = x >= z ? x : z",
    .derivative = "dy/dx = x >= z ? 1 : 0; dy/dz = x >= z ? 0 : 1",
    .second = "d2y/dx2 = 0; d2y/dxdz = 0; d2y/dz2 = 0", .kink = "x = z: x takes the gradient",
    .limits = "NaN on either side: NaN", .distinct = 1,
    .kinks =
        {{.at = INPUT(2), .left = NUMBER(0), .right = NUMBER(1), .slope = NUMBER(1)},
         {.input = 1, .at = INPUT(1), .left = NUMBER(0), .right = NUMBER(1), .slope = NUMBER(0)}},
    .kink_count = 2, .cases = {"2x3 2x3", "2x3 3", "scalar 4", "2x1 1x3", "2x1x3 4x1", "1 1"})
