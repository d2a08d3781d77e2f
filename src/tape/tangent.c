/* Forward mode: tangents carried along the tape. */
#include "tape/hide.h"
#include "tape/tape.h"

#include <string.h>

/* Which nodes the last one was computed from, itself included; NULL when memory is out. */
static const bool *find_path(wg_tape *tape, size_t last) {
    bool *on_path = wg_arena_allocate(&tape->values, last + 1, 1);
    if (!on_path) return NULL;
    memset(on_path, 0, last + 1);
    on_path[last] = true;
    for (size_t i = last + 1; i-- > 0;) {
        const struct wg_node *node = tape->node[i];
        if (node->kind != WG_NODE_OP || !on_path[i]) continue;
        for (int j = 0; j < node->call.args.inputs; j++) on_path[node->inputs[j]] = true;
    }
    return on_path;
}

/* The tangent of each node on the way to y, or NULL where it is zero. */
static enum wg_status run(wg_tape *tape, size_t last, const void **tangent) {
    const bool *on_path = find_path(tape, last);
    if (!on_path) return WG_ERROR_MEMORY;
    for (size_t i = 0; i <= last; i++) {
        struct wg_node *node = tape->node[i];
        if (node->kind != WG_NODE_OP || !on_path[i]) continue;
        struct wg_call *call = &node->call;
        const void **tx = wg_arena_allocate(&tape->values, (size_t)call->args.inputs * sizeof *tx,
                                            _Alignof(void *));
        if (!tx) return WG_ERROR_MEMORY;
        bool any = false;
        for (int j = 0; j < call->args.inputs; j++) {
            tx[j] = tangent[node->inputs[j]];
            any = any || tx[j];
        }
        if (!any) continue;
        if (!wg_call_has_tangent(call)) {
            return wg_fail(WG_ERROR_UNSUPPORTED,
                           "wg_tangent: %s has no tangent, but one was asked of it",
                           call->op->name);
        }
        void *ty = wg_arena_allocate(&tape->values, wg_tensor_bytes(&node->value), WG_ALIGNMENT);
        if (!ty) return WG_ERROR_MEMORY;
        enum wg_status status = wg_call_tangent(call, ty, tx, &tape->values);
        if (status != WG_OK) return status;
        tangent[i] = ty;
    }
    return WG_OK;
}

/* Takes the directions in as tangents of their leaves. */
static enum wg_status seed(wg_tape *tape, const void **tangent, int n, const wg_var *x,
                           const void *const *directions) {
    for (int i = 0; i < n; i++) {
        const struct wg_node *node = wg_node_of("wg_tangent", tape, x[i]);
        if (!node) return WG_ERROR_ARGUMENT;
        if (!directions[i]) continue;
        if (node->kind == WG_NODE_OP || node->value.dtype == WG_I32) {
            return wg_fail(
                WG_ERROR_ARGUMENT,
                "wg_tangent: direction %d belongs to a variable that is not a leaf of f32 or f64",
                i);
        }
        tangent[x[i].index] = directions[i];
    }
    return WG_OK;
}

enum wg_status wg_tangent(wg_var y, void *ty, int n, const wg_var *x,
                          const void *const *directions) {
    const struct wg_node *result = wg_node_of("wg_tangent", NULL, y);
    if (!result) return WG_ERROR_ARGUMENT;
    if (!ty || n < 0 || (n > 0 && (!x || !directions))) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_tangent: ty, x or directions is NULL, or n is negative");
    }
    wg_tape *tape = y.tape;
    const struct wg_arena_mark mark = wg_arena_mark(&tape->values);
    const void **tangent =
        wg_arena_allocate(&tape->values, tape->count * sizeof *tangent, _Alignof(void *));
    enum wg_status status = tangent ? WG_OK : WG_ERROR_MEMORY;
    if (status == WG_OK) {
        memset(tangent, 0, tape->count * sizeof *tangent);
        status = seed(tape, tangent, n, x, directions);
    }
    if (status == WG_OK) status = wg_restore_values(tape, y.index + (size_t)1);
    if (status == WG_OK) status = run(tape, y.index, tangent);
    if (status == WG_OK && tangent[y.index])
        memcpy(ty, tangent[y.index], wg_tensor_bytes(&result->value));
    else if (status == WG_OK)
        memset(ty, 0, wg_tensor_bytes(&result->value));
    wg_arena_rewind(&tape->values, mark);
    return status;
}

int wg_tape_has_tangents(const wg_tape *tape) {
    for (size_t i = 0; tape && i < tape->count; i++) {
        const struct wg_node *node = tape->node[i];
        if (node->kind == WG_NODE_OP && !wg_call_has_tangent(&node->call)) return 0;
    }
    return tape != NULL;
}
