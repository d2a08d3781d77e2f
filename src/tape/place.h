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

/* Whether an op's input has the op's own gradient for its first: then it is pointed to, not copied.
 * Leaves keep theirs to themselves, as their gradients may be worked on. */
static inline bool wg_shares_gradient(const struct wg_call *call, const struct wg_node *input,
                                      int i) {
    const struct wg_op *op = call->op;
    const bool passes = op->view || (op->structure == WG_ELEMENTWISE && op->passes_dy >> i & 1 &&
                                     !(call->broadcast >> i & 1));
    return passes && call->row && input->kind == WG_NODE_OP;
}

/* Finds the place for input i of a node, and notes that its gradient is there: to be called for
 * nodes from the last to the first, for inputs from the first on. */
static inline void wg_place_gradient(const struct wg_tape *tape, const struct wg_node *node, int i,
                                     struct wg_place *place) {
    struct wg_node *input = tape->node[node->inputs[i]];
    *place = (struct wg_place){0};
    if (!input->active) return;
    if (!*input->has_gradient) {
        *input->has_gradient = 1; /* an input used twice finds it here */
        if (wg_shares_gradient(&node->call, input, i))
            input->gradient = node->gradient;
        else
            place->dx = input->gradient;
    } else if (input->gradient != input->room) { /* another node's is left as it is */
        place->dx = place->sum = input->room;
        place->addend = input->gradient;
        input->gradient = input->room;
    } else {
        place->beside = true;
        place->sum = input->gradient;
    }
}

/* to += from, n elements of the call's dtype. */
void wg_add_gradient(const struct wg_call *call, int64_t n, void *to, const void *from);

/* The gradients of a node's inputs where they were placed, given its own. dx has room for as many
 * pointers as it has inputs. */
void wg_place_backward(struct wg_tape *tape, struct wg_node *node, const void *dy,
                       const struct wg_place *place, void **dx);

#endif
