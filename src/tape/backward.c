/* Reverse mode: the tape from a result down to its leaves. */
#include "tape/tape.h"

#include <stdint.h>
#include <string.h>

static char *line_up(char *at) {
    uintptr_t past = (uintptr_t)at % WG_ALIGNMENT;
    return past ? at + (WG_ALIGNMENT - past) : at;
}

/* The result's own gradient: dy, or 1 where it is NULL. A parameter's is added to what is there. */
static void seed(wg_tape *tape, struct wg_node *result, const void *dy) {
    const enum wg_dtype dtype = result->value.dtype;
    const float narrow = 1;
    const double wide = 1;
    if (!dy) dy = dtype == WG_F32 ? (const void *)&narrow : &wide;
    if (*result->has_gradient)
        tape->set[dtype == WG_F64]->add(result->value.size, result->gradient, dy);
    else
        memmove(result->gradient, dy, wg_tensor_bytes(&result->value));
    *result->has_gradient = 1;
}

/* Whether an op's input has the op's own gradient for its first: then it is pointed to, not copied.
 * Leaves keep theirs to themselves, as their gradients may be worked on. */
static bool shares_gradient(const struct wg_call *call, const struct wg_node *input, int i) {
    const struct wg_op *op = call->op;
    const bool passes = op->view || (op->structure == WG_ELEMENTWISE && op->passes_dy >> i & 1 &&
                                     !(call->broadcast >> i & 1));
    return passes && call->row && input->kind == WG_NODE_OP;
}

/* Where the gradient of input i is to be written: into its room, if nothing is there yet or what is
 * there is another node's, else beside it. NULL: nowhere. */
static void *place_gradient(struct wg_tape *tape, const struct wg_node *node, int i,
                            char **scratch) {
    struct wg_node *input = tape->node[node->inputs[i]];
    if (!input->active) return NULL;
    if (!*input->has_gradient) {
        *input->has_gradient = 1; /* an input used twice finds it here */
        if (!shares_gradient(&node->call, input, i)) return input->gradient;
        input->gradient = node->gradient;
        return NULL;
    }
    if (input->gradient != input->room) return input->room;
    void *beside = *scratch;
    *scratch = line_up(*scratch + wg_tensor_bytes(&input->value));
    return beside;
}

/* Kernels write a gradient; where one is there already, they write beside it and it is added here.
 */
static enum wg_status node_backward(wg_tape *tape, struct wg_node *node) {
    struct wg_call *call = &node->call;
    if (!wg_call_has_gradient(call)) {
        return wg_fail(WG_ERROR_UNSUPPORTED,
                       "wg_backward: %s has no gradient, but one was asked of it", call->op->name);
    }
    enum wg_status status = wg_call_recheck(call);
    if (status != WG_OK) return status;
    enum { FEW = 8 };
    void *few[FEW], **dx = few;
    const int n = call->args.inputs;
    const struct wg_arena_mark mark =
        n > FEW ? wg_arena_mark(&tape->records) : (struct wg_arena_mark){0};
    if (n > FEW) dx = wg_arena_allocate(&tape->records, (size_t)n * sizeof *dx, _Alignof(void *));
    if (!dx) return WG_ERROR_MEMORY;
    char *scratch = tape->scratch;
    bool wanted = false;
    for (int i = 0; i < n; i++) {
        dx[i] = place_gradient(tape, node, i, &scratch);
        wanted = wanted || dx[i];
    }
    if (wanted) wg_call_gradient(call, node->gradient, dx, scratch);
    for (int i = 0; i < n; i++) {
        struct wg_node *input = tape->node[node->inputs[i]];
        if (!dx[i] || dx[i] == input->gradient) continue;
        if (dx[i] == input->room) {
            call->set->add(input->value.size, input->room, input->gradient);
            input->gradient = input->room;
        } else {
            call->set->add(input->value.size, input->gradient, dx[i]);
        }
    }
    if (n > FEW) wg_arena_rewind(&tape->records, mark);
    return WG_OK;
}

static enum wg_status run_backward(wg_var y, const void *dy) {
    struct wg_node *result = wg_node_of("wg_backward", NULL, y);
    if (!result) return WG_ERROR_ARGUMENT;
    wg_tape *tape = y.tape;
    if (!result->active) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_backward: the variable is constant: it depends on no variable or parameter");
    }
    if (!dy && result->value.size != 1) {
        return wg_fail(
            WG_ERROR_SHAPE,
            "wg_backward: shape %s is not a scalar; give its gradient to wg_backward_from",
            wg_shape_text(result->value.shape).text);
    }
    enum wg_status status = wg_reserve_scratch(tape);
    if (status != WG_OK) return status;
    for (size_t i = 0; i < tape->count; i++) {
        struct wg_node *node = tape->node[i];
        if (node->kind == WG_NODE_IN_PLACE) continue;
        node->has_gradient_here = 0;
        node->gradient = node->room;
    }
    seed(tape, result, dy);
    tape->backward_count = tape->count;
    for (size_t i = y.index + (size_t)1; i-- > 0;) {
        struct wg_node *node = tape->node[i];
        if (node->kind != WG_NODE_OP || !node->active || !*node->has_gradient) continue;
        status = node_backward(tape, node);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

enum wg_status wg_backward(wg_var y) { return run_backward(y, NULL); }

enum wg_status wg_backward_from(wg_var y, const void *dy) {
    if (!dy) return wg_fail(WG_ERROR_ARGUMENT, "wg_backward_from: the gradient is NULL");
    return run_backward(y, dy);
}
