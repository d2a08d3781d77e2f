/* hard_silu(x), also hard_swish                     Howard et al. 2019, arXiv:1905.02244
 *
 *   y = x min(max(x + 3, 0), 6)/6        dy/dx = 0              x <= -3        y'' = 1/3   |x| < 3
 *                                                (2 x + 3)/6    |x| < 3              0     |x| > 3
 *                                                1              x >= 3
 *   kinks, as TensorFlow: slope 0 at -3, slope 1 at 3. -inf is not multiplied by 0. Where |x| < 3
 * the product is taken with its rounding errors.
 */
#include "ops/room.h"

NO_ATTRIBUTES(hard_silu);

FORWARD(hard_silu) {
    const real curve = MATH(sixth_curve)(x);
    return x < 3 ? (x <= -3 ? 0 : curve) : x;
}
GRADIENT(hard_silu) {
    const real slope = (real)((2 * (wide)x + 3) * (wide)(1.0 / 6));
    return x <= -3 ? 0 : x >= 3 ? dy : dy * slope;
}

OP(hard_silu, .activation = 1, .aliases = {"hard_swish"},
   .formula = "y = x > -3 ? x * min(x + 3, 6) / 6 : 0",
   .derivative = "dy/dx = x > -3 ? (x < 3 ? (2 * x + 3) / 6 : 1) : 0",
   .second = "x > -3 ? (x < 3 ? 1 / 3 : 0) : 0",
   .kink = "-3: slope 0 (left 0, right -1/2); 3: slope 1 (left 3/2, right 1)",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 gives -0; subnormals give x/2",
   .accuracy = "at most 0.5 ULP in float, value and slope; in double 0.5 and 1.34",
   .reference = "Howard et al., Searching for MobileNetV3, arXiv:1905.02244", .domain = {{-5, 5}},
   .kinks = {{.at = NUMBER(-3), .left = NUMBER(0), .right = NUMBER(-0.5), .slope = NUMBER(0)},
             {.at = NUMBER(3), .left = NUMBER(1.5), .right = NUMBER(1), .slope = NUMBER(1)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
