/* leaky_relu(x; negative_slope)                     Maas, Hannun, Ng 2013
 *
 *   y = x                     x > 0        dy/dx = 1                 x > 0
 *       negative_slope x      otherwise            negative_slope    otherwise
 *   kink at 0: slope negative_slope, as TensorFlow and PyTorch. One rounding. With negative_slope =
 * 0, -inf gives 0, not 0 * inf = NaN. The default is that of Keras's function, 0.2.
 */
#include "ops/room.h"

ATTRIBUTES(leaky_relu) { real negative_slope; };

FORWARD(leaky_relu) {
    return x > 0 ? x : a.negative_slope == 0 && x < 0 ? -a.negative_slope : a.negative_slope * x;
}
GRADIENT(leaky_relu) { return x > 0 ? dy : x <= 0 ? dy * a.negative_slope : x; }

OP_ZERO(
    leaky_relu, negative_slope, .activation = 1,
    .attributes = {{"negative_slope", 0.2, 0, INFINITY, WG_NUMBER, "the slope for x <= 0"}},
    .formula = "y = x > 0 ? x : negative_slope * x",
    .derivative = "dy/dx = x > 0 ? 1 : negative_slope",
    .kink = "0: slope negative_slope (left negative_slope, right 1)", .second = "0",
    .limits = "-inf: -inf (0 when negative_slope is 0), slope negative_slope; +inf: +inf, slope 1",
    .special = "NaN gives NaN, value and slope; -0 gives -0",
    .accuracy = "at most 0.5 ULP in float and double; the slope exact",
    .reference =
        "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013",
    .kinks = {{.at = NUMBER(0),
               .left = ATTRIBUTE(negative_slope),
               .right = NUMBER(1),
               .slope = ATTRIBUTE(negative_slope)}},
    .kink_count = 1,
    .cases = {"3x4", "1 negative_slope=0.01", "scalar negative_slope=0",
              "2x3x5 negative_slope=1.5"})
