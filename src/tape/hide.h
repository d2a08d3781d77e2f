/* Values and gradients inside a chain that nobody looks at, and that are therefore kept for a slice
 * alone, in a thread's scratch memory.
 *
 * Layers say which of their nodes are internal (wg_make_internal). Such a value is hidden if only
 * nodes of its chain read it, and no gradient does; its gradient is hidden if it comes from the
 * chain and goes into the chain. A hidden value is computed again, from what leaves hold then,
 * should somebody ask for it after all. */
#ifndef WG_TAPE_HIDE_H
#define WG_TAPE_HIDE_H

#include "tape/tape.h"

/* Finds what the chain can hide, and its places from `scratch` on in a thread's memory; returns
 * where they end. */
size_t wg_hide_inside(wg_tape *tape, const struct wg_chain *chain, size_t scratch);

/* Whether the node's gradient may be given y in the place of x. */
bool wg_takes_y(const struct wg_node *node);

/* Computes the hidden values among the first `count` nodes. */
enum wg_status wg_restore_values(wg_tape *tape, size_t count);

#endif
