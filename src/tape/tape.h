/* The tape's inside. */
#ifndef WG_TAPE_TAPE_H
#define WG_TAPE_TAPE_H

#include "base/arena.h"
#include "base/error.h"
#include "ops/call.h"
#include "tape/chains.h"
#include "wengert/tape.h"

enum wg_node_kind { WG_NODE_INPUT, WG_NODE_VARIABLE, WG_NODE_IN_PLACE, WG_NODE_OP };

struct wg_node {
    struct wg_tensor value;
    void *gradient;              /* NULL unless active; `room`, or another node's, if that holds the
                                    same numbers */
    void *room;                  /* for the gradient */
    unsigned char *has_gradient; /* whether something was written there in this backward (or, in
                                    place, before) */
    struct wg_call call;         /* WG_NODE_OP only */
    uint32_t *inputs;            /* their nodes */
    const char *name;            /* NULL for none */
    uint32_t name_order;         /* the number of names given before this one */
    uint32_t serial;
    enum wg_node_kind kind;
    bool active;                  /* a derivative may be asked of it */
    bool internal;                /* nobody has a variable for it */
    bool hidden, hidden_gradient; /* what lies here is not that of the last run (hide.h) */
    size_t value_at, gradient_at; /* where its chain keeps a slice of them; 0: here */
    unsigned char has_gradient_here;
};

struct wg_tape {
    /* Nodes in the order of execution: the only graph there is. They lie in the arena `records`
     * with what describes them; values and gradients lie in the arena `values`. */
    struct wg_node **node;
    size_t count, capacity;
    struct wg_arena records, values;
    const struct wg_kernel_set *set[2]; /* f32, f64 */
    uint32_t serial;                    /* of the next node: tells stale variables */
    uint32_t names;                     /* given so far */
    size_t backward_count;              /* nodes there were at the last backward */
    void *scratch;
    size_t scratch_bytes, scratch_needed;
    struct wg_chains chains; /* found at the first replay */
};

/* The node of v; NULL, with the error set, for the null variable, a stale one, or another tape's
 * (tape NULL: any). */
struct wg_node *wg_node_of(const char *who, const wg_tape *tape, wg_var v);

/* Makes the tape's scratch as large as is needed. */
enum wg_status wg_reserve_scratch(wg_tape *tape);

/* Appends a node with room for its value (data NULL in `value`: allocated) and, if active, its
 * gradient. */
struct wg_node *wg_append(wg_tape *tape, struct wg_tensor value, bool active);

wg_var wg_var_of(wg_tape *tape, size_t index);

/* Says that nobody but who calls this has the variable, who will record what is to be recorded with
 * it now. Ignores the null variable. */
void wg_make_internal(wg_var v);

static inline size_t wg_tensor_bytes(const struct wg_tensor *t) {
    return (size_t)t->size * wg_dtype_size(t->dtype);
}

#endif
