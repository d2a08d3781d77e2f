#include "verify/branches.h"

#include "tape/hide.h"
#include "tape/tape.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Whether each element of y has an element of each input, so that declared kinks can be meant. */
static bool is_elementwise(const struct wg_node *node) {
    const struct wg_call *call = &node->call;
    const struct wg_tensor *const *x = call->source ? call->source : call->args.x;
    for (int i = 0; i < call->args.inputs; i++) {
        struct wg_shape together;
        if (!wg_shape_broadcast(x[i]->shape, node->value.shape, &together) ||
            !wg_shape_equal(together, node->value.shape))
            return false;
    }
    return true;
}

static bool has_branches(const struct wg_node *node) {
    if (node->kind != WG_NODE_OP || node->value.dtype == WG_I32) return false;
    const struct wg_op *op = node->call.op;
    return (op->kink_count > 0 && is_elementwise(node)) || node->call.kernels.branches;
}

static double element(const struct wg_tensor *t, int64_t i) {
    return t->dtype == WG_F32   ? (double)((const float *)t->data)[i]
           : t->dtype == WG_F64 ? ((const double *)t->data)[i]
                                : (double)((const int32_t *)t->data)[i];
}

/* Where element i of y finds its element of an input that was broadcast to y's shape. */
static int64_t source(const struct wg_tensor *x, const struct wg_shape *y, int64_t i) {
    int64_t at = 0, stride = 1;
    for (int d = y->rank - 1, e = x->shape.rank - 1; e >= 0; d--, e--) {
        const int64_t index = i % y->dim[d];
        i /= y->dim[d];
        at += x->shape.dim[e] == 1 ? 0 : index * stride;
        stride *= x->shape.dim[e];
    }
    return at;
}

static unsigned char side(double x, double at) { return x < at ? 1 : x > at ? 2 : x == at ? 3 : 4; }

/* Of each element: on which side of each kink it lies, two bits a kink. */
static size_t sides(const struct wg_node *node, unsigned char *taken) {
    const struct wg_call *call = &node->call;
    const struct wg_op *op = call->op;
    const struct wg_tensor *const *x = call->source ? call->source : call->args.x;
    for (int64_t i = 0; i < node->value.size; i++) {
        double inputs[WG_MAX_NAMED_INPUTS] = {0};
        unsigned bits = 0;
        for (int k = 0; k < call->args.inputs && k < WG_MAX_NAMED_INPUTS; k++)
            inputs[k] = element(x[k], source(x[k], &node->value.shape, i));
        for (int k = 0; k < op->kink_count; k++) {
            const double at = wg_quantity_value(op, op->kinks[k].at, call->args.attributes, inputs);
            bits = bits << 2 | (side(inputs[op->kinks[k].input], at) & 3U);
        }
        taken[i] = (unsigned char)bits;
    }
    return (size_t)node->value.size;
}

size_t wg_tape_branch_room(const wg_tape *tape) {
    size_t most = 1;
    for (size_t i = 0; i < tape->count; i++) {
        const struct wg_node *node = tape->node[i];
        if (!has_branches(node)) continue;
        size_t size = (size_t)node->value.size;
        for (int k = 0; k < node->call.args.inputs; k++) {
            const size_t other = (size_t)node->call.args.x[k]->size;
            size = other > size ? other : size;
        }
        most = size > most ? size : most;
    }
    return most;
}

int wg_tape_has_branches(const wg_tape *tape) {
    for (size_t i = 0; i < tape->count; i++) {
        if (has_branches(tape->node[i])) return 1;
    }
    return 0;
}

uint64_t wg_tape_branches(wg_tape *tape, unsigned char *room) {
    uint64_t hash = 0;
    if (wg_restore_values(tape, tape->count) != WG_OK) return 0;
    for (size_t i = 0; i < tape->count; i++) {
        struct wg_node *node = tape->node[i];
        if (!has_branches(node)) continue;
        size_t size;
        if (node->call.kernels.branches) {
            struct wg_args args = node->call.args;
            args.scratch = tape->scratch;
            size = (size_t)args.x[0]->size;
            node->call.kernels.branches(&args, room);
        } else {
            size = sides(node, room);
        }
        hash = XXH3_64bits_withSeed(room, size, hash);
    }
    return hash;
}
