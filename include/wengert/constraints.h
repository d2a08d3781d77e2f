/* Constraints on parameters, by name or by function: applied to the values in place, after each
 * update.
 *
 *     wg_optimizer_step(sgd);
 *     wg_param_constrain(params, w, "max_norm max_value=2 axis=0");
 *
 * Names, attributes and defaults are those of Keras 3:
 *     max_norm max_value=2 axis=0     unit_norm axis=0     non_neg
 *     min_max_norm min_value=0 max_value=1 rate=1 axis=0
 * A norm is the square root of the sum of squares along the axes, one for each place in the others:
 * for a matrix (inputs, outputs), axis 0 gives one a unit. Norms are computed in double, in a fixed
 * order, without overflow or underflow of the squares; the result is rounded once. As in Keras, the
 * values are multiplied by wanted / (1e-7 + norm), so zeros stay zeros and norms come out smaller
 * by 1e-7 / norm of themselves, also where they were allowed.
 *
 * Nothing is allocated. NaN stays NaN and spreads along its norm; along with an infinity all finite
 * values become 0, and the infinity NaN. Errors, with nothing changed: no such parameter or
 * constraint (the text names those that resemble it), an attribute that it does not have, a value
 * out of range (WG_ERROR_ARGUMENT); an axis that the parameter does not have, or that is listed
 * twice (WG_ERROR_SHAPE).
 */
#ifndef WENGERT_CONSTRAINTS_H
#define WENGERT_CONSTRAINTS_H

#include "wengert/params.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Constrains parameter i as the text says. */
enum wg_status wg_param_constrain(wg_params *params, int i, const char *text);

/* The i-th constraint's name; NULL, with no error set, past the last. */
const char *wg_constraint_name(int i);

/* Norms above max_value become max_value (0 to 1e30). Axes here and below: WG_ALL_AXES for one norm
 * of all values. Source: Srivastava et al., "Dropout", JMLR 15 (2014), section 5.1. */
enum wg_status wg_param_max_norm(wg_params *params, int i, double max_value, struct wg_axes axes);

/* Negative values become 0. */
enum wg_status wg_param_non_neg(wg_params *params, int i);

/* All norms but 0 become 1. */
enum wg_status wg_param_unit_norm(wg_params *params, int i, struct wg_axes axes);

/* Norms become rate * (norm clipped to [min_value, max_value]) + (1 - rate) * norm; rate 0 to 1,
 * 0 <= min_value <= max_value <= 1e30. */
enum wg_status wg_param_min_max_norm(wg_params *params, int i, double min_value, double max_value,
                                     double rate, struct wg_axes axes);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
