/* Losses of probabilities: cross-entropies and what is made of them.
 *
 * They take logits where there are any: where the text says so, or where the prediction is what
 * softmax or sigmoid made of them.
 */
#include "nn/losses.h"

#include "ops/axes.h"
#include "ops/registry.h"
#include "tape/tape.h"
#include "wengert/ops.h"

static const wg_var null = {0};

/* The node of v where that is what `op` returned; else NULL. */
static const struct wg_node *result_of(wg_var v, const struct wg_op *op) {
    const struct wg_node *node = wg_node_of("wg_loss", NULL, v);
    return node && node->kind == WG_NODE_OP && node->call.op == op ? node : NULL;
}

/* Whether v is what that op of the softmax family returned, over the last axis alone. */
static const struct wg_node *over_last_axis(wg_var v, const struct wg_op *op) {
    const struct wg_node *node = result_of(v, op);
    if (!node) return NULL;
    const struct wg_list *axes = (const void *)node->call.args.attributes;
    const struct wg_shape *shape = &node->value.shape;
    const unsigned last = 1u << (shape->rank - 1);
    return axes->count < 0 || wg_axes_mask(shape, axes) == last ? node : NULL;
}

static wg_var input_of(wg_var v, const struct wg_node *node) {
    return wg_var_of(v.tape, node->inputs[0]);
}

/* Logits of classes: null where there are none. Those of log_softmax's result are itself. */
static wg_var class_logits(const struct wg_batch *b, double from_logits) {
    const struct wg_node *node = over_last_axis(b->prediction, &wg_op_softmax);
    if (node) return input_of(b->prediction, node);
    if (from_logits != 0 || over_last_axis(b->prediction, &wg_op_log_softmax)) return b->prediction;
    return null;
}

static wg_var binary_logits(const struct wg_batch *b, double from_logits) {
    const struct wg_node *node = result_of(b->prediction, &wg_op_sigmoid);
    if (node) return input_of(b->prediction, node);
    return from_logits != 0 ? b->prediction : null;
}

static wg_var clipped_probability(wg_var p) { return wg_clipped(p, WG_EPSILON, 1 - WG_EPSILON); }

/* The classes' probabilities, made to sum to 1. */
static wg_var shares(wg_var p) { return clipped_probability(wg_div(p, wg_sum(p, WG_AXES(-1), 1))); }

static wg_var smoothed(wg_var target, double smoothing, double classes) {
    if (smoothing == 0) return target;
    return wg_plus(wg_times(target, 1 - smoothing), smoothing / classes);
}

static double classes_of(const struct wg_batch *b) {
    return (double)b->shape.dim[b->shape.rank - 1];
}

/* v^power for v >= 0, with a finite slope at 0. */
static wg_var powered(wg_var v, double power) {
    if (power == 1) return v;
    if (power == 2) return wg_square(v);
    const wg_var base = wg_no_less(v, WG_TINIEST);
    return wg_pow(base, wg_beside(base, power));
}

/* e^v - 1 for v <= 0 */
static wg_var expm1_of(wg_var v) { return wg_elu(v, 1); }

/* ------------------------------------------------------------------------------------------------
 * Yes or no */

/* -(t ln p + (1 - t) ln(1 - p)) */
static wg_var binary_terms(const struct wg_batch *b, wg_var logits, wg_var target) {
    if (!wg_is_null(logits)) {
        const wg_var inputs[] = {logits, target};
        return wg_apply(&wg_op_sigmoid_cross_entropy, inputs, 2, NULL);
    }
    const wg_var p = clipped_probability(b->prediction);
    const wg_var yes = wg_mul(target, wg_log(p)), no = wg_complement(target);
    return wg_neg(wg_add(yes, wg_mul(no, wg_log(wg_complement(p)))));
}

wg_var wg_record_binary(struct wg_batch *b) {
    const wg_var logits = binary_logits(b, b->slots[0]);
    return wg_last_mean(binary_terms(b, logits, smoothed(b->target, b->slots[1], 2)));
}

/* a t + b (1 - t) */
static wg_var mixed(wg_var target, wg_var a, wg_var b) {
    const wg_var first = wg_mul(a, target);
    return wg_add(first, wg_mul(b, wg_complement(target)));
}

wg_var wg_record_binary_focal(struct wg_batch *b) {
    const double balanced = b->slots[0], alpha = b->slots[1], gamma = b->slots[2];
    const wg_var logits = binary_logits(b, b->slots[3]),
                 target = smoothed(b->target, b->slots[4], 2);
    wg_var loss = binary_terms(b, logits, target);
    if (gamma != 0) {
        const int exact = !wg_is_null(logits);
        const wg_var p = exact ? wg_sigmoid(logits) : b->prediction,
                     rest = exact ? wg_sigmoid(wg_neg(logits)) : wg_complement(p);
        loss = wg_mul(powered(mixed(target, rest, p), gamma), loss);
    }
    if (balanced != 0) {
        const wg_var share = wg_beside(target, alpha);
        loss = wg_mul(mixed(target, share, wg_beside(target, 1 - alpha)), loss);
    }
    return wg_last_mean(loss);
}

/* ------------------------------------------------------------------------------------------------
 * One class of several */

/* ln p of every class. */
static wg_var log_probabilities(const struct wg_batch *b, wg_var logits) {
    if (wg_is_null(logits)) return wg_log(shares(b->prediction));
    return over_last_axis(logits, &wg_op_log_softmax) ? logits : wg_log_softmax(logits, -1);
}

wg_var wg_record_categorical(struct wg_batch *b) {
    const wg_var target = smoothed(b->target, b->slots[1], classes_of(b)),
                 log_p = log_probabilities(b, class_logits(b, b->slots[0]));
    return wg_neg(wg_last_sum(wg_mul(target, log_p)));
}

/* -alpha sum t (1 - p)^gamma ln p; from logits, 1 - p is -(e^(ln p) - 1). */
wg_var wg_record_categorical_focal(struct wg_batch *b) {
    const double alpha = b->slots[0], gamma = b->slots[1];
    const wg_var logits = class_logits(b, b->slots[2]),
                 target = smoothed(b->target, b->slots[3], classes_of(b)),
                 p = wg_is_null(logits) ? shares(b->prediction) : null,
                 log_p = wg_is_null(logits) ? wg_log(p) : log_probabilities(b, logits);
    wg_var terms = wg_mul(target, log_p);
    if (gamma != 0) {
        const wg_var rest = wg_is_null(logits) ? wg_complement(p) : wg_neg(expm1_of(log_p));
        terms = wg_mul(powered(rest, gamma), terms);
    }
    return wg_times(wg_last_sum(terms), -alpha);
}

wg_var wg_record_kl(struct wg_batch *b) {
    const wg_var target = wg_clipped(b->target, WG_EPSILON, 1), logits = class_logits(b, 0);
    wg_var ratio;
    if (wg_is_null(logits)) {
        ratio = wg_log(wg_div(target, wg_clipped(b->prediction, WG_EPSILON, 1)));
    } else {
        ratio = wg_log(target);
        ratio = wg_sub(ratio, log_probabilities(b, logits));
    }
    return wg_last_sum(wg_mul(target, ratio));
}

/* ------------------------------------------------------------------------------------------------
 * From labels */

static wg_var by_label(const struct wg_batch *b, const struct wg_op *op, wg_var x,
                       const struct wg_list *ignored) {
    const wg_var inputs[] = {x, b->target};
    return wg_apply(op, inputs, 2, (const double *)ignored);
}

wg_var wg_record_sparse(struct wg_batch *b) {
    const struct wg_list *ignored = (const void *)(b->slots + 1);
    const wg_var logits = class_logits(b, b->slots[0]);
    if (ignored->count > 0) b->counts = by_label(b, &wg_op_pick, wg_ones(b, b->shape), ignored);
    if (!wg_is_null(logits)) return by_label(b, &wg_op_sparse_cross_entropy, logits, ignored);
    return wg_neg(by_label(b, &wg_op_pick, log_probabilities(b, logits), ignored));
}

/* (1 - p^q) / q; from logits, 1 - p^q is -(e^(q ln p) - 1). */
wg_var wg_record_generalized(struct wg_batch *b) {
    const struct wg_list none = {.count = -1};
    const double q = b->slots[0];
    const wg_var logits = class_logits(b, 0);
    if (wg_is_null(logits)) {
        const wg_var p = by_label(b, &wg_op_pick, b->prediction, &none);
        return wg_times(wg_complement(powered(p, q)), 1 / q);
    }
    const wg_var log_p = by_label(b, &wg_op_pick, log_probabilities(b, logits), &none);
    return wg_times(expm1_of(wg_times(log_p, q)), -1 / q);
}
