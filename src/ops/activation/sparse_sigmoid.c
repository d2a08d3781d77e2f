/* sparse_sigmoid(x)                                 Martins, Astudillo 2016, arXiv:1602.02068
 *                                                   (two-class sparsemax)
 *   y = 0            x <= -1        dy/dx = 1/2   |x| < 1        y'' = 0
 *       (x + 1)/2    |x| < 1                0     otherwise
 *       1            x >= 1
 *   kinks at -1 and 1: slope 0, as TensorFlow and PyTorch (JAX: 1/4).
 */
#include "ops/room.h"

NO_ATTRIBUTES(sparse_sigmoid);

FORWARD(sparse_sigmoid) { return x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) * (real)0.5; }
GRADIENT(sparse_sigmoid) { return x <= -1 ? 0 : x >= 1 ? 0 : x != x ? x : dy * (real)0.5; }

OP(sparse_sigmoid, .activation = 1, .formula = "y = x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2",
   .derivative = "dy/dx = x > -1 ? (x < 1 ? 1 / 2 : 0) : 0", .second = "0",
   .kink = "-1: slope 0 (left 0, right 1/2); 1: slope 0 (left 1/2, right 0)",
   .limits = "-inf: 0, slope 0; +inf: 1, slope 0",
   .special = "NaN gives NaN, value and slope; 0 and subnormals give 1/2",
   .accuracy = "at most 0.5 ULP in float and double; the slope exact",
   .reference = "Martins and Astudillo, From softmax to sparsemax, arXiv:1602.02068",
   .domain = {{-3, 3}},
   .kinks = {{.at = NUMBER(-1), .left = NUMBER(0), .right = NUMBER(0.5), .slope = NUMBER(0)},
             {.at = NUMBER(1), .left = NUMBER(0.5), .right = NUMBER(0), .slope = NUMBER(0)}},
   .kink_count = 2, .cases = {"3x4", "2", "2x3x5"})
