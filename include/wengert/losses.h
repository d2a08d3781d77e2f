/* Losses, recorded on a tape, by name.
 *
 *     wg_var none = {0};
 *     wg_var loss = wg_loss(prediction, target, none, "huber delta=0.5");
 *     wg_backward(loss);
 *
 * Names, attributes, defaults and meanings are those of Keras 3, the mean over the last axis where
 * it says mean. Target of the prediction's shape and dtype:
 *     mean_squared_error (mse)                    mean_absolute_error (mae)
 *     mean_absolute_percentage_error (mape)       mean_squared_logarithmic_error (msle)
 *     huber delta=1                               log_cosh (logcosh)
 *     hinge    squared_hinge    categorical_hinge    cosine_similarity
 *     kl_divergence (kld)                         poisson
 *     binary_crossentropy from_logits=0 label_smoothing=0 (bce)
 *     binary_focal_crossentropy apply_class_balancing=0 alpha=0.25 gamma=2 from_logits=0
 *         label_smoothing=0
 *     categorical_crossentropy from_logits=0 label_smoothing=0
 *     categorical_focal_crossentropy alpha=0.25 gamma=2 from_logits=0 label_smoothing=0
 *     dice axis=AXES                              tversky alpha=0.5 beta=0.5 axis=AXES
 * Target of int32 labels, (...) or (..., 1) for a prediction of (..., classes):
 *     sparse_categorical_crossentropy from_logits=0 ignore_class=LABELS
 *     categorical_generalized_cross_entropy q=0.5
 *     circle gamma=80 margin=0.4 remove_diagonal=1
 *         a prediction of (n, d), rows of length 1: embeddings
 *
 * A loss gives a value of each sample, an element of the prediction's shape without its last axis;
 * dice and tversky without `axis`, all axes by default. Weights multiply values, and the attribute
 * `reduction` says what becomes of them:
 *     sum_over_batch_size   their sum over their number, which is not the weights' sum (the
 *                           default; also mean)
 *     sum                   their sum
 *     mean_with_sample_weight  their sum over the weights' sum; 0 where that is 0. Each value
 *                           counts with the weight that it is given, also where weights are
 *                           broadcast, which Keras counts once
 *     none                  the values
 * Values of labels in ignore_class, and circle's of samples that have no other of their label or
 * none of another, are 0 and do not count.
 *
 * Cross-entropies from logits form no probability, so that a confidently wrong sample keeps its
 * gradient. Where the prediction is what softmax (over the last axis), log_softmax or sigmoid
 * returned, cross-entropies, their focal and generalized forms and kl_divergence take that op's
 * input instead, whatever from_logits says: the prediction's own gradient is then 0. Other
 * probabilities are clipped to 1e-7 and 1 - 1e-7, in the prediction's dtype, as Keras does.
 *
 * All is recorded as ops: gradients, tangents and replays follow, also of the target where it is a
 * variable. Errors set the error, record nothing and return the null variable: no such loss
 * (similar names are given), an attribute that it does not have or out of range, shapes that differ
 * (nothing broadcasts but weights), no elements, wrong dtypes, a label outside the classes (named
 * with its sample; also at a later wg_forward), a null prediction or target.
 */
#ifndef WENGERT_LOSSES_H
#define WENGERT_LOSSES_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The loss as the text says. sample_weight: the null variable for none; or of the prediction's
 * dtype, not negative, and of a shape that the values' shape begins with (a scalar, one a sample,
 * one a value), with any number of 1s after it. */
wg_var wg_loss(wg_var prediction, wg_var target, wg_var sample_weight, const char *text);

/* Whether the text is a loss's, without recording it: WG_OK, or the error that wg_loss would set.
 */
enum wg_status wg_loss_check(const char *text);

/* 1 where the loss's target is int32 labels, 0 where it has the prediction's shape and dtype, -1,
 * with the error set, for a text that is not a loss's. */
int wg_loss_takes_labels(const char *text);

/* The i-th loss's name; NULL, with no error set, past the last. */
const char *wg_loss_name(int i);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
