/* sparse_plus(x)                                    Martins, Astudillo 2016, arXiv:1602.02068 (the
 *                                                   loss of two-class sparsemax)
 *   y = 0             x <= -1        dy/dx = 0            x <= -1        y'' = 1/2   |x| < 1
 *       (x + 1)^2/4   |x| < 1                (x + 1)/2    |x| < 1              0     |x| > 1
 *       x             x >= 1                 1            x >= 1
 *   The slope is continuous: no kinks. The square is taken with the rounding error of the sum.
 */
#include "ops/room.h"

NO_ATTRIBUTES(sparse_plus);

FORWARD(sparse_plus) {
    const wide sum = (wide)x + 1, lost = (wide)x - (sum - 1);
    const real curve = (real)((wide)0.25 * WIDE_FMA(sum, sum, 2 * sum * lost));
    return x <= -1 ? 0 : x >= 1 ? x : x != x ? x : curve;
}
GRADIENT(sparse_plus) { return x <= -1 ? 0 : x >= 1 ? dy : dy * ((x + 1) * (real)0.5); }

OP(sparse_plus, .activation = 1, .formula = "y = x <= -1 ? 0 : x >= 1 ? x : (x + 1)^2 / 4",
   .derivative = "dy/dx = x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2",
   .second = "x > -1 ? (x < 1 ? 1 / 2 : 0) : 0", .limits = "-inf: 0, slope 0; +inf: +inf, slope 1",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give 1/4",
   .accuracy = "at most 0.5 ULP in float and double, value and slope",
   .reference = "Martins and Astudillo, From softmax to sparsemax, arXiv:1602.02068",
   .kink = "-1: slope 0, 1: slope 1, on both sides; the second derivative jumps",
   .domain = {{-3, 3}},
   .kinks = {{.at = NUMBER(-1), .left = NUMBER(0), .right = NUMBER(0), .slope = NUMBER(0)},
             {.at = NUMBER(1), .left = NUMBER(1), .right = NUMBER(1), .slope = NUMBER(1)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
