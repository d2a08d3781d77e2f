/* Reverse mode: the tape from a result down to its leaves. */
#include "base/parallel.h"
#include "tape/hide.h"
#include "tape/place.h"
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

struct addition {
    const struct wg_call *call;
    char *to;
    const char *from;
};

static void add_range(int64_t begin, int64_t end, const void *context) {
    const struct addition *a = context;
    const size_t at = (size_t)begin * wg_dtype_size(a->call->args.y->dtype);
    a->call->set->add(end - begin, a->to + at, a->from + at);
}

void wg_add_gradient(const struct wg_call *call, int64_t n, void *to, const void *from) {
    wg_parallel(n, n, add_range, &(struct addition){call, to, from});
}

/* Kernels write a gradient; where one is there already, they write beside it and it is added here.
 */
void wg_place_backward(struct wg_tape *tape, struct wg_node *node, const void *dy,
                       const struct wg_place *place, void **dx) {
    struct wg_call *call = &node->call;
    char *scratch = tape->scratch;
    bool wanted = false, sums = false;
    for (int i = 0; i < call->args.inputs; i++) {
        dx[i] = place[i].dx;
        if (place[i].beside) {
            dx[i] = scratch;
            scratch = line_up(scratch + wg_tensor_bytes(&tape->node[node->inputs[i]]->value));
        }
        wanted = wanted || dx[i];
        sums = sums || place[i].sum;
    }
    if (wanted) wg_call_gradient(call, dy, dx, scratch);
    for (int i = 0; sums && i < call->args.inputs; i++) {
        if (!place[i].sum) continue;
        wg_add_gradient(call, tape->node[node->inputs[i]]->value.size, place[i].sum,
                        place[i].beside ? dx[i] : place[i].addend);
    }
}

/* What is most frequent, and small networks' time: at most two inputs, none of which has a gradient
 * yet. False, with nothing done, if it is otherwise. */
static inline bool first_gradients(wg_tape *tape, struct wg_node *node) {
    enum { MOST = 2 };
    const int n = node->call.args.inputs;
    if (n > MOST) return false;
    struct wg_node *input[MOST];
    for (int i = 0; i < n; i++) {
        input[i] = tape->node[node->inputs[i]];
        if (input[i]->active && *input[i]->has_gradient) return false;
    }
    if (n == MOST && input[0]->has_gradient == input[1]->has_gradient) return false; /* the same */
    void *dx[MOST] = {NULL};
    bool wanted = false;
    for (int i = 0; i < n; i++) {
        if (!input[i]->active) continue;
        *input[i]->has_gradient = 1;
        if (wg_shares_gradient(&node->call, input[i], i)) {
            input[i]->gradient = node->gradient;
        } else {
            dx[i] = input[i]->gradient;
            wanted = true;
        }
    }
    if (wanted) wg_call_gradient(&node->call, node->gradient, dx, tape->scratch);
    return true;
}

static enum wg_status node_backward(wg_tape *tape, struct wg_node *node) {
    struct wg_call *call = &node->call;
    if (!wg_call_has_gradient(call)) {
        return wg_fail(WG_ERROR_UNSUPPORTED,
                       "wg_backward: %s has no gradient, but one was asked of it", call->op->name);
    }
    enum wg_status status = wg_call_recheck(call);
    if (status != WG_OK) return status;
    if (first_gradients(tape, node)) return WG_OK;
    enum { FEW = 8 };
    void *few_dx[FEW] = {NULL}, **dx = few_dx;
    struct wg_place few[FEW], *place = few;
    const int n = call->args.inputs;
    const struct wg_arena_mark mark =
        n > FEW ? wg_arena_mark(&tape->records) : (struct wg_arena_mark){0};
    if (n > FEW) {
        dx = wg_arena_allocate(&tape->records, (size_t)n * sizeof *dx, _Alignof(void *));
        place = wg_arena_allocate(&tape->records, (size_t)n * sizeof *place, _Alignof(void *));
    }
    if (!dx || !place) return WG_ERROR_MEMORY;
    for (int i = 0; i < n; i++) wg_place_gradient(tape, node, i, &place[i]);
    wg_place_backward(tape, node, node->gradient, place, dx);
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
    const bool known = wg_chains_known(tape);
    if (status == WG_OK && !(known && wg_chains_whole(tape, y.index + (size_t)1)))
        status = wg_restore_values(tape, y.index + (size_t)1);
    if (status != WG_OK) return status;
    for (size_t i = 0; i < tape->count; i++) {
        struct wg_node *node = tape->node[i];
        if (node->kind == WG_NODE_IN_PLACE) continue;
        node->has_gradient_here = 0;
        node->hidden_gradient = false;
        node->gradient = node->room;
    }
    seed(tape, result, dy);
    tape->backward_count = tape->count;
    size_t chains = known ? tape->chains.count : 0;
    for (size_t i = y.index + (size_t)1; i-- > 0;) {
        while (chains > 0 && tape->chains.chain[chains - 1].end > i + 1) chains--;
        if (chains > 0 && tape->chains.chain[chains - 1].end == i + 1) {
            wg_chain_backward(tape, &tape->chains.chain[--chains]);
            i = tape->chains.chain[chains].begin;
            continue;
        }
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
