#include "tape/hide.h"

#include "ops/slice.h"

static size_t lines(size_t bytes) {
    return (bytes + WG_ALIGNMENT - 1) & ~(size_t)(WG_ALIGNMENT - 1);
}

static bool is_op(const struct wg_node *node) {
    return node->kind == WG_NODE_OP && !node->call.op->view;
}

bool wg_takes_y(const struct wg_node *node) {
    const struct wg_call *call = &node->call;
    return call->kind == WG_CALL_MAP1 && call->op->from_y &&
           call->op->from_y(call->args.attributes);
}

/* Whether no gradient of the node's inputs is taken, or all of them are made from dy alone. */
static bool needs_dy_alone(const wg_tape *tape, const struct wg_node *node) {
    const struct wg_op *op = node->call.op;
    if (!node->active || op->structure == WG_LINEAR) return true;
    for (int k = 0; k < node->call.args.inputs; k++) {
        const bool passes = op->structure == WG_ELEMENTWISE && op->passes_dy >> k & 1;
        if (!passes && tape->node[node->inputs[k]]->active) return false;
    }
    return true;
}

static bool needs_y(const wg_tape *tape, const struct wg_node *node) {
    return !needs_dy_alone(tape, node) && node->call.op->structure != WG_BILINEAR;
}

static bool needs_x(const wg_tape *tape, const struct wg_node *node) {
    return !needs_dy_alone(tape, node) && !wg_takes_y(node);
}

/* How often node i is used, by nodes of the chain alone, each example for itself; 0 if it is used
 * otherwise. `unread`: their gradients must not need it. */
static int uses_inside(const wg_tape *tape, const struct wg_chain *chain, size_t i, bool unread) {
    int uses = 0;
    for (size_t j = i + 1; j < tape->count; j++) {
        const struct wg_node *user = tape->node[j];
        if (user->kind != WG_NODE_OP) continue;
        for (int k = 0; k < user->call.args.inputs; k++) {
            if (user->inputs[k] != i) continue;
            if (j >= chain->end || !is_op(user) || !(wg_sliced_inputs(&user->call) >> k & 1) ||
                (unread && needs_x(tape, user)))
                return 0;
            uses++;
        }
    }
    return uses;
}

static bool hides_value(const wg_tape *tape, const struct wg_chain *chain, size_t i) {
    return !needs_y(tape, tape->node[i]) && uses_inside(tape, chain, i, true) > 0;
}

static bool hides_gradient(const wg_tape *tape, const struct wg_chain *chain, size_t i) {
    const struct wg_node *node = tape->node[i];
    if (!node->active || node->call.op->passes_dy) return false;
    const unsigned cut = wg_sliced_inputs(&node->call);
    for (int k = 0; k < node->call.args.inputs; k++) {
        if (tape->node[node->inputs[k]]->active && !(cut >> k & 1)) return false;
    }
    return uses_inside(tape, chain, i, false) > 0;
}

/* A hidden input of a map that the result may lie over; 0: none. */
static size_t place_of_input(const wg_tape *tape, const struct wg_chain *chain,
                             const struct wg_node *node) {
    const enum wg_call_kind kind = node->call.kind;
    for (int k = 0; k < node->call.args.inputs; k++) {
        const uint32_t i = node->inputs[k];
        const struct wg_node *input = tape->node[i];
        if ((kind == WG_CALL_MAP1 || kind == WG_CALL_MAP2) && i >= chain->begin &&
            input->value_at && !(node->call.broadcast >> k & 1) &&
            uses_inside(tape, chain, i, false) == 1)
            return input->value_at;
    }
    return 0;
}

size_t wg_hide_inside(wg_tape *tape, const struct wg_chain *chain, size_t scratch) {
    size_t values = lines(scratch) + WG_ALIGNMENT, gradients = values; /* 0 says that it is kept */
    for (size_t i = chain->begin; i < chain->end; i++) {
        struct wg_node *node = tape->node[i];
        if (!is_op(node) || !node->internal) continue;
        const size_t bytes =
            lines(wg_tensor_bytes(&node->value) / (size_t)chain->examples * (size_t)chain->each);
        if (hides_value(tape, chain, i)) {
            node->value_at = place_of_input(tape, chain, node);
            if (!node->value_at) {
                node->value_at = values;
                values += bytes;
            }
        }
        if (hides_gradient(tape, chain, i)) {
            node->gradient_at = gradients;
            gradients += bytes;
        }
    }
    return values > gradients ? values : gradients;
}

enum wg_status wg_restore_values(wg_tape *tape, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct wg_node *node = tape->node[i];
        if (!node->hidden) continue;
        enum wg_status status = wg_call_forward(&node->call, tape->scratch);
        if (status != WG_OK) return status;
        node->hidden = false;
    }
    return WG_OK;
}
