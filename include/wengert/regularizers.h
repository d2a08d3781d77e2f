/* Penalties on weights or activities, recorded on a tape, by name or by function: add them to the
 * loss.
 *
 *     wg_var loss = wg_add(error, wg_regularize(w, "l2 l2=0.001"));
 *
 * Names, attributes and defaults are those of Keras 3:
 *     l1 l1=0.01     l2 l2=0.01     l1l2 l1=0 l2=0 (l1_l2)
 *     orthogonal factor=0.01 mode=rows (orthogonal_regularizer)
 * but l1l2 with no attribute, which would penalise nothing, is an error. Factors are finite and not
 * negative, at most 1e30.
 *
 * Each is made of ops, so that it replays, and has gradients and tangents. Errors set the error and
 * return the null variable: no such regularizer, an attribute that it does not have, a value out of
 * range, a null variable, a dtype that is not f32 or f64.
 */
#ifndef WENGERT_REGULARIZERS_H
#define WENGERT_REGULARIZERS_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The penalty of w, a scalar, as the text says. */
wg_var wg_regularize(wg_var w, const char *text);

/* The same for a layer's output, batch first: divided by the batch's size. WG_ERROR_SHAPE for a
 * scalar or an empty batch. */
wg_var wg_regularize_activity(wg_var y, const char *text);

/* The i-th regularizer's name; NULL, with no error set, past the last. */
const char *wg_regularizer_name(int i);

wg_var wg_l1_penalty(wg_var w, double l1);              /* l1 sum |w|; slope 0 at 0 */
wg_var wg_l2_penalty(wg_var w, double l2);              /* l2 sum w^2, without a half */
wg_var wg_l1l2_penalty(wg_var w, double l1, double l2); /* both added */

/* factor times the mean |cosine| between different rows (columns 1: columns) of a matrix, which
 * keeps them orthogonal: factor / (n (n - 1)) times the sum over i != j of |u_i u_j|, u_i = row i
 * over its length, or over 1e-12 where that is larger. WG_ERROR_SHAPE: not a matrix, fewer than two
 * rows. Compare Brock, Lim, Ritchie and Weston, arXiv:1609.07093. */
wg_var wg_orthogonal_penalty(wg_var w, double factor, int columns);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
