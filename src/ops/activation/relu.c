/* relu(x; negative_slope, max_value, threshold), the rectified linear unit     Nair, Hinton 2010;
 *                                                                relu'(0) = 0: Bertoin et al. 2021
 *   y = max_value                         x > threshold, x >= max_value      dy/dx = 0
 *       x                                 x > threshold                              1
 *       negative_slope (x - threshold)    otherwise                                  negative_slope
 *   With threshold > 0 the value jumps there; x = threshold is on the lower side. Kinks, as
 *   TensorFlow's kernels have them: at the threshold the slope is 0, but negative_slope when
 *   threshold = 0 and there is no max_value (leaky relu); at max_value it is 1, but 0 when
 *   max_value = 6 and threshold = 0 (relu6).
 *   Below the threshold the difference is taken with its rounding error, of halves where it could
 *   overflow, so that y is rounded once. negative_slope = 0 selects 0: 0 * -inf is never formed.
 */
#include "ops/room.h"

ATTRIBUTES(relu) {
    real negative_slope;
    real max_value;
    real threshold;
};

FORWARD(relu) {
    const bool far = x < (real)-0x1p100;
    const real low = far ? x * (real)0.5 : x, limit = far ? a.threshold * (real)0.5 : a.threshold;
    const real distance = low - limit, part = distance - low;
    const real lost = (low - (distance - part)) - (limit + part);
    const real rest = distance + distance == distance ? 0 : a.negative_slope * lost; /* 0 or inf */
    const real below = FMA(a.negative_slope, distance, rest) * (far ? 2 : 1);
    /* A NaN fails both comparisons, and is passed on. */
    const real above = x >= a.max_value ? a.max_value : x;
    return x <= a.threshold ? (a.negative_slope == 0 ? 0 : below) : above;
}
GRADIENT(relu) {
    /* Where the slope at max_value is 0, and where that at the threshold is the one below it:
     * adding 0 / true changes nothing, 0 / false gives NAN, that is nowhere. Loops do not branch on
     * it. */
    const real zero_at = a.max_value + 0 / (real)(a.max_value == 6 && a.threshold == 0);
    const real below_at = a.threshold + 0 / (real)(a.threshold == 0 && 1 / a.max_value == 0);
    const real above = x > a.max_value || x == zero_at ? 0 : dy;
    const real below = a.negative_slope == 0 ? 0 : dy * a.negative_slope;
    const real at_threshold = x == below_at ? below : 0;
    return x > a.threshold ? above : x < a.threshold ? below : x == a.threshold ? at_threshold : x;
}

/* What kinks there are, and their slopes; slots are the attributes in order. */
WG_UNUSED static double relu_top(const double *slots) {
    return slots[1] > slots[2] ? slots[1] : INFINITY;
}
WG_UNUSED static double relu_at_top(const double *slots) {
    return slots[1] == 6 && slots[2] == 0 ? 0 : 1;
}
WG_UNUSED static double relu_above(const double *slots) { return slots[1] > slots[2] ? 1 : 0; }
WG_UNUSED static double relu_at_threshold(const double *slots) {
    return slots[2] == 0 && isinf(slots[1]) ? slots[0] : 0;
}
/* y is positive where x is, and 0 elsewhere, where the gradient is. */
WG_UNUSED static int relu_from_y(const double *slots) {
    return slots[0] == 0 && isinf(slots[1]) && slots[2] == 0;
}
WG_UNUSED static double relu_jump(const double *slots) {
    return slots[1] < slots[2] ? slots[1] : slots[2];
}

OP_ZERO(
    relu, negative_slope, .activation = 1, .from_y = relu_from_y,
    .attributes = {{"negative_slope", 0, 0, INFINITY, WG_NUMBER, "the slope below the threshold"},
                   {"max_value", INFINITY, 0, INFINITY, WG_NUMBER, "the largest value; inf: none"},
                   {"threshold", 0, 0, INFINITY, WG_NUMBER, "what x must exceed to pass as it is"}},
    .formula = "y = x > threshold ? min(x, max_value) : negative_slope == 0 ? 0 : negative_slope * "
               "(x - threshold)",
    .derivative =
        "dy/dx = x > threshold ? (x < max_value ? 1 : x > max_value ? 0 : max_value == 6 ? (threshold "
        "== 0 ? 0 : 1) : 1) : x < threshold ? negative_slope : threshold == 0 ? (1 / max_value == 0 ? "
        "negative_slope : 0) : 0",
    .second = "0",
    .kink =
        "threshold: slope 0, or negative_slope when threshold = 0 and max_value = inf (left "
        "negative_slope, right 1); max_value: slope 1, or 0 when it is 6 and threshold = 0 (left "
        "1, right 0)",
    .limits =
        "-inf: -inf (0 when negative_slope is 0), slope negative_slope; +inf: max_value, slope 1 "
        "if that is inf, else 0",
    .special =
        "NaN gives NaN, value and slope; -0 gives +0 when negative_slope is 0; subnormals pass",
    .accuracy = "at most 0.5 ULP in float and double; the slope exact",
    .reference =
        "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010; "
        "Bertoin et al., Numerical influence of ReLU'(0) on backpropagation, NeurIPS 2021",
    .domain = {{-4, 8}},
    .kinks = {{.at = ATTRIBUTE(threshold),
               .left = ATTRIBUTE(negative_slope),
               .right = FUNCTION(relu_above),
               .slope = FUNCTION(relu_at_threshold),
               .jump = FUNCTION(relu_jump)},
              {.at = FUNCTION(relu_top),
               .left = NUMBER(1),
               .right = NUMBER(0),
               .slope = FUNCTION(relu_at_top)}},
    .kink_count = 2,
    .cases = {"3x4", "1", "scalar", "2x3x5", "3x4 negative_slope=0.5", "3x4 max_value=5.5",
              "3x4 max_value=6", "3x4 threshold=5.5",
              "3x4 negative_slope=0.25 max_value=3 threshold=1", "3x4 negative_slope=2 threshold=3",
              "3x4 negative_slope=0.5 max_value=2 threshold=4",
              "3x4 negative_slope=0.1 max_value=6"})
