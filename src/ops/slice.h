/* A call on some of the examples of another: of elements of the first axis. */
#ifndef WG_OPS_SLICE_H
#define WG_OPS_SLICE_H

#include "ops/call.h"

enum { WG_SLICE_INPUTS = 2 };

struct wg_slice {
    struct wg_call call;
    struct wg_tensor y, x[WG_SLICE_INPUTS];
    const struct wg_tensor *list[WG_SLICE_INPUTS];
    struct wg_spread spread;
};

/* Bit i: y's examples need no others of input i than their own, and so do those of its gradient
 * those of dy. The call's other inputs are read whole. 0: the call cannot be cut. */
unsigned wg_sliced_inputs(const struct wg_call *call);

/* Examples begin to end of a call that can be cut, on the tensors where they lie. Forward may be
 * called on it, and the gradient of the inputs that are cut. */
void wg_slice_call(struct wg_slice *slice, const struct wg_call *call, int64_t begin, int64_t end);

/* Where example i of something laid out as t begins. */
static inline void *wg_example(const struct wg_tensor *t, void *data, int64_t i) {
    return (char *)data + (size_t)(t->size / t->shape.dim[0] * i) * wg_dtype_size(t->dtype);
}

#endif
