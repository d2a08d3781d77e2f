/* Where backward puts the gradient of an op's input. */
#ifndef WG_TAPE_PLACE_H
#define WG_TAPE_PLACE_H

#include "tape/tape.h"

/* The kernel writes to dx, or beside what is there, or nowhere. Then `sum` += `addend`, where there
 * is a sum; what lies beside is the addend then. */
struct wg_place {
    void *dx;
    bool beside;
    void *sum;
    void *addend;
};

/* Finds the place for input i of a node, and notes that its gradient is there: to be called for
 * nodes from the last to the first, for inputs from the first on. */
struct wg_place wg_place_gradient(const struct wg_tape *tape, const struct wg_node *node, int i);

/* to += from, n elements of the call's dtype. */
void wg_add_gradient(const struct wg_call *call, int64_t n, void *to, const void *from);

/* The gradients of a node's inputs where they were placed, given its own. dx has room for as many
 * pointers as it has inputs. */
void wg_place_backward(struct wg_tape *tape, struct wg_node *node, const void *dy,
                       const struct wg_place *place, void **dx);

#endif
