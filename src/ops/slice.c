#include "ops/slice.h"

#include "ops/spread.h"
#include "wengert/tensor.h"

static bool is_cut(const struct wg_tensor *x, const struct wg_tensor *y) {
    return x->shape.rank > 0 && x->shape.dim[0] == y->shape.dim[0];
}

unsigned wg_sliced_inputs(const struct wg_call *call) {
    const struct wg_tensor *y = call->args.y, *const *x = call->args.x;
    if (y->shape.rank == 0 || y->size == 0 || call->op->check) return 0;
    unsigned cut = 0;
    switch (call->kind) {
    case WG_CALL_MAP1:
    case WG_CALL_MAP2:
        for (int i = 0; i < call->args.inputs; i++) {
            const bool whole = x[i]->shape.rank < y->shape.rank || x[i]->shape.dim[0] == 1;
            cut |= (unsigned)!whole << i;
        }
        return cut;
    case WG_CALL_GENERAL:
        if (!call->op->by_example || call->op->structure == WG_ELEMENTWISE ||
            call->args.inputs > WG_SLICE_INPUTS)
            return 0;
        return is_cut(x[0], y);
    case WG_CALL_VIEW:
        return is_cut(x[0], y);
    }
    return 0;
}

static struct wg_tensor cut_tensor(const struct wg_tensor *t, int64_t begin, int64_t end) {
    struct wg_tensor part = *t;
    part.data = wg_example(t, t->data, begin);
    part.size = t->size / t->shape.dim[0] * (end - begin);
    part.shape.dim[0] = end - begin;
    return part;
}

void wg_slice_call(struct wg_slice *slice, const struct wg_call *call, int64_t begin, int64_t end) {
    const unsigned cut = wg_sliced_inputs(call);
    slice->call = *call;
    slice->y = cut_tensor(call->args.y, begin, end);
    for (int i = 0; i < call->args.inputs; i++) {
        slice->list[i] = call->args.x[i];
        if (!(cut >> i & 1)) continue;
        slice->x[i] = cut_tensor(call->args.x[i], begin, end);
        slice->list[i] = &slice->x[i];
    }
    slice->call.args.y = &slice->y;
    slice->call.args.x = slice->call.source = slice->list;
    if (call->kind != WG_CALL_MAP2) return;
    wg_make_spread(&slice->spread, &slice->y.shape, &slice->list[0]->shape, &slice->list[1]->shape);
    slice->call.spread = &slice->spread;
}
