/* thresholded_relu(x; theta)                        Konda, Memisevic, Krueger 2014, arXiv:1402.3337
 *
 *   y = x   x > theta        dy/dx = 1   x > theta
 *       0   otherwise                0   otherwise
 *   The value jumps from 0 to theta at theta; there y = 0 and the slope is 0, as Keras 2. Exact.
 */
#include "ops/room.h"

ATTRIBUTES(thresholded_relu) { real theta; };

FORWARD(thresholded_relu) { return x <= a.theta ? 0 : x; }
GRADIENT(thresholded_relu) { return x > a.theta ? dy : x <= a.theta ? 0 : x; }

OP(thresholded_relu, .activation = 1,
   .attributes = {{"theta", 1, 0, INFINITY, WG_NUMBER, "what x must exceed to pass"}},
   .formula = "y = x > theta ? x : 0", .derivative = "dy/dx = x > theta ? 1 : 0", .second = "0",
   .kink = "theta: slope 0 (left 0, right 1); the value jumps there, and is 0",
   .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; -0 and subnormals give +0 (theta > 0)",
   .accuracy = "exact",
   .reference = "Konda, Memisevic and Krueger, Zero-bias autoencoders, arXiv:1402.3337",
   .domain = {{-2, 4}},
   .kinks = {{.at = ATTRIBUTE(theta),
              .left = NUMBER(0),
              .right = NUMBER(1),
              .slope = NUMBER(0),
              .jump = ATTRIBUTE(theta)}},
   .kink_count = 1, .cases = {"3x4", "1", "scalar theta=0", "2x3x5 theta=2.5"})
