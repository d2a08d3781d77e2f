/* Chains: neighbouring nodes that are replayed together, some examples at a time.
 *
 * Whole tensors of a batch pass through memory between one op and the next. Where each example of a
 * node's value depends on the same example of the nodes before it (a convolution, a bias, an
 * activation, pooling), replay takes a slice of the batch through all of them while it is in the
 * cache, and threads take slices. Going backward does likewise; gradients of what is read whole
 * (kernels, biases) are then taken whole, so that no sum is cut. Kernels see a smaller batch, and
 * no bit changes. */
#ifndef WG_TAPE_CHAINS_H
#define WG_TAPE_CHAINS_H

#include "wengert/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wg_node;
struct wg_tape;
struct wg_chain_step;

struct wg_chain {
    size_t begin, end;      /* nodes; leaves among them have no part in it */
    int64_t examples, each; /* in all, and of a slice */
    size_t scratch;         /* bytes that a thread needs */
};

/* All chains of a tape that has `nodes`, the last one of number `serial`, for so many threads. */
struct wg_chains {
    struct wg_chain *chain;
    size_t count, capacity;
    struct wg_chain_step *step; /* a row for each node of the longest chain */
    size_t steps;
    size_t nodes;
    uint32_t serial;
    int threads;
};

/* Finds the chains anew, unless they are known. WG_ERROR_MEMORY. */
enum wg_status wg_find_chains(struct wg_tape *tape);

/* Whether they are those of the tape as it is now; and then, whether none goes on past the first
 * `count` nodes. */
bool wg_chains_known(const struct wg_tape *tape);
bool wg_chains_whole(const struct wg_tape *tape, size_t count);

void wg_chain_forward(struct wg_tape *tape, const struct wg_chain *chain);

/* Of all the chain's nodes that have a gradient. */
void wg_chain_backward(struct wg_tape *tape, const struct wg_chain *chain);

void wg_free_chains(struct wg_chains *chains);

#endif
