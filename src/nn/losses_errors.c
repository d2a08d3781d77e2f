/* Losses of errors, margins, overlaps and pairs. */
#include "nn/losses.h"

#include "base/error.h"
#include "nn/named.h"
#include "ops/registry.h"
#include "wengert/ops.h"

#define ABSENT_PAIR 1e30 /* below every other exponent by more than float holds */

static wg_var error_of(const struct wg_batch *b) { return wg_sub(b->prediction, b->target); }

wg_var wg_record_mse(struct wg_batch *b) { return wg_last_mean(wg_square(error_of(b))); }

wg_var wg_record_mae(struct wg_batch *b) { return wg_last_mean(wg_abs(error_of(b))); }

wg_var wg_record_mape(struct wg_batch *b) {
    const wg_var size = wg_no_less(wg_abs(b->target), WG_EPSILON);
    return wg_times(wg_last_mean(wg_abs(wg_div(error_of(b), size))), 100);
}

/* ln(1 + v), as ln(1 + e^(ln v)): v of 1e-7 and more keeps its digits. */
static wg_var log1p_of(wg_var v) { return wg_softplus(wg_log(wg_no_less(v, WG_EPSILON))); }

wg_var wg_record_msle(struct wg_batch *b) {
    const wg_var predicted = log1p_of(b->prediction);
    return wg_last_mean(wg_square(wg_sub(predicted, log1p_of(b->target))));
}

/* m^2 / 2 + delta (|e| - m), m = min(|e|, delta) */
wg_var wg_record_huber(struct wg_batch *b) {
    const double delta = b->slots[0];
    const wg_var size = wg_abs(error_of(b)), near = wg_minimum(size, wg_beside(size, delta));
    const wg_var square = wg_times(wg_square(near), 0.5);
    return wg_last_mean(wg_add(square, wg_times(wg_sub(size, near), delta)));
}

wg_var wg_record_log_cosh(struct wg_batch *b) {
    const wg_var inputs[] = {b->prediction, b->target};
    return wg_last_mean(wg_apply(&wg_op_log_cosh, inputs, 2, NULL));
}

/* ------------------------------------------------------------------------------------------------
 * Margins and directions */

static wg_var margin_of(const struct wg_batch *b) {
    const wg_var sign = wg_apply(&wg_op_hinge_labels, &b->target, 1, NULL);
    return wg_relu(wg_complement(wg_mul(sign, b->prediction)));
}

wg_var wg_record_hinge(struct wg_batch *b) { return wg_last_mean(margin_of(b)); }

wg_var wg_record_squared_hinge(struct wg_batch *b) { return wg_last_mean(wg_square(margin_of(b))); }

wg_var wg_record_categorical_hinge(struct wg_batch *b) {
    const wg_var right = wg_last_sum(wg_mul(b->target, b->prediction)),
                 wrong = wg_max(wg_mul(wg_complement(b->target), b->prediction), WG_AXES(-1), 0);
    return wg_relu(wg_plus(wg_sub(wrong, right), 1));
}

/* Rows of length 1; those shorter than epsilon are divided by that. */
static wg_var unit(wg_var v) {
    const wg_var squares = wg_sum(wg_square(v), WG_AXES(-1), 1);
    return wg_div(v, wg_sqrt(wg_no_less(squares, WG_EPSILON * WG_EPSILON)));
}

wg_var wg_record_cosine(struct wg_batch *b) {
    const wg_var target = unit(b->target);
    return wg_neg(wg_last_sum(wg_mul(target, unit(b->prediction))));
}

wg_var wg_record_poisson(struct wg_batch *b) {
    const wg_var log = wg_log(wg_plus(b->prediction, WG_EPSILON));
    return wg_last_mean(wg_sub(b->prediction, wg_mul(b->target, log)));
}

/* ------------------------------------------------------------------------------------------------
 * Overlaps */

static wg_var sum_along(const struct wg_batch *b, const struct wg_list *list, wg_var v) {
    struct wg_axes axes = WG_ALL_AXES;
    unsigned mask;
    if (wg_list_mask(b->name, "axis", list, b->shape, &mask) != WG_OK) return (wg_var){0};
    for (int i = 0; i < (int)list->count; i++) axes.axis[axes.count++] = (int)list->at[i];
    return wg_sum(v, axes, 0);
}

wg_var wg_record_dice(struct wg_batch *b) {
    const struct wg_list *axes = (const void *)b->slots;
    const wg_var common = sum_along(b, axes, wg_mul(b->target, b->prediction)),
                 wanted = sum_along(b, axes, b->target),
                 all = wg_add(wanted, sum_along(b, axes, b->prediction));
    const wg_var twice = wg_times(common, 2);
    return wg_complement(wg_div(twice, wg_plus(all, WG_EPSILON)));
}

wg_var wg_record_tversky(struct wg_batch *b) {
    const struct wg_list *axes = (const void *)(b->slots + 2);
    const wg_var common = sum_along(b, axes, wg_mul(b->target, b->prediction)),
                 false_positives =
                     sum_along(b, axes, wg_mul(wg_complement(b->target), b->prediction)),
                 false_negatives =
                     sum_along(b, axes, wg_mul(b->target, wg_complement(b->prediction)));
    const wg_var weighed = wg_times(false_positives, b->slots[0]),
                 wrong = wg_add(weighed, wg_times(false_negatives, b->slots[1]));
    return wg_complement(wg_div(common, wg_plus(wg_add(common, wrong), WG_EPSILON)));
}

/* ------------------------------------------------------------------------------------------------
 * Pairs */

static wg_var pairs(const struct wg_batch *b, wg_var matrix, double different, double diagonal) {
    const wg_var inputs[] = {matrix, b->target};
    const double slots[] = {different, diagonal};
    return wg_apply(&wg_op_same_label, inputs, 2, slots);
}

/* ln sum exp of those exponents of a row that are kept, 1 in `kept`. */
static wg_var log_sum_kept(wg_var exponents, wg_var kept) {
    const wg_var absent = wg_times(wg_plus(kept, -1), ABSENT_PAIR);
    return wg_logsumexp(wg_add(wg_mul(exponents, kept), absent), WG_AXES(1), 0);
}

static wg_var any_kept(wg_var kept) {
    const wg_var count = wg_last_sum(kept);
    return wg_minimum(count, wg_beside(count, 1));
}

/* softplus(ln sum over positives exp(-gamma a (margin - d)) + ln sum over negatives
 * exp(gamma b (1 - margin - d))), d = 1 - cosine, a = max(margin + d, 0), b = max(1 + margin - d,
 * 0)
 */
wg_var wg_record_circle(struct wg_batch *b) {
    const double gamma = b->slots[0], margin = b->slots[1], diagonal = b->slots[2] == 0;
    if (b->shape.rank != 2) {
        wg_fail(WG_ERROR_SHAPE, "circle: prediction of shape %s; expected (samples, dimensions)",
                wg_shape_text(b->shape).text);
        return (wg_var){0};
    }
    const wg_var cosine = wg_matmul_transposed(b->prediction, 0, b->prediction, 1),
                 distance = wg_relu(wg_complement(cosine)), away = wg_neg(distance);
    const wg_var pulling = wg_times(wg_relu(wg_plus(distance, margin)), -gamma),
                 pull = wg_mul(pulling, wg_plus(away, margin)),
                 pushing = wg_times(wg_relu(wg_plus(away, 1 + margin)), gamma),
                 push = wg_mul(pushing, wg_plus(away, 1 - margin));
    const wg_var ones = wg_ones(b, WG_SHAPE(b->shape.dim[0], b->shape.dim[0])),
                 positive = pairs(b, ones, 0, diagonal), negative = pairs(b, ones, 1, 1);
    const wg_var paired = any_kept(positive);
    b->counts = wg_mul(paired, any_kept(negative));
    const wg_var pulled = log_sum_kept(pull, positive);
    return wg_softplus(wg_add(pulled, log_sum_kept(push, negative)));
}
