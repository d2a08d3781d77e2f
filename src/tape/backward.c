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
    for (int i = 0; i < n; i++) {
        struct wg_node *input = tape->node[node->inputs[i]];
        dx[i] = NULL;
        if (!input->active) continue;
        if (*input->has_gradient) {
            dx[i] = scratch;
            scratch = line_up(scratch + wg_tensor_bytes(&input->value));
        } else {
            dx[i] = input->gradient;
            *input->has_gradient = 1; /* an input used twice finds it here */
        }
    }
    wg_call_gradient(call, node->gradient, dx, scratch);
    for (int i = 0; i < n; i++) {
        const struct wg_node *input = tape->node[node->inputs[i]];
        if (dx[i] && dx[i] != input->gradient)
            call->set->add(input->value.size, input->gradient, dx[i]);
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
        if (tape->node[i]->kind != WG_NODE_IN_PLACE) tape->node[i]->has_gradient_here = 0;
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
