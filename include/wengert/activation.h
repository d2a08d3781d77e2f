/* Activations by name, as layers, files and command lines give them.
 *
 *     wg_var y = wg_activate(x, "elu");
 *     wg_var z = wg_activate(x, "leaky_relu negative_slope=0.1");
 *
 * The text is the name or alias of an op of one input that is an activation, then its attributes,
 * if they are not to have their defaults, which are those of Keras's functions. Names and
 * attributes are listed by `wengert ops`; swish is silu, hard_swish hard_silu, exponential exp.
 * Also what was registered with `.activation = 1` (op.h) is found.
 */
#ifndef WENGERT_ACTIVATION_H
#define WENGERT_ACTIVATION_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* An op with its attributes: what wg_apply(a.op, &x, 1, a.slots) records. */
struct wg_configured_op {
    const struct wg_op *op; /* NULL for none */
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
};

/* Reads the text; NULL reads as "linear". On error op is NULL: no such activation (the text names
 * those that resemble it, and all there are), an op that is none, one with further inputs (prelu,
 * whose alpha is a parameter: record wg_prelu), an attribute that it does not have or a value out
 * of range. */
struct wg_configured_op wg_activation(const char *text);

/* Records the activation of that text on x. "linear" and NULL give x itself. Errors: those of
 * wg_activation and of wg_apply. */
wg_var wg_activate(wg_var x, const char *text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
