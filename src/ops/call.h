/* A call: an op bound to its inputs and output, resolved once when it is recorded and run as often
 * as one likes.
 *
 * Here live the loops over broadcast shapes, the splitting over threads, and the summing of a
 * broadcast input's gradient back to its shape: once, for all ops.
 */
#ifndef WG_OPS_CALL_H
#define WG_OPS_CALL_H

#include "base/arena.h"
#include "ops/kernel_set.h"

#include <stdbool.h>

/* How two broadcast inputs run over the output: some outer dimensions, then a grid. */
struct wg_spread {
    int outer;
    int64_t dim[WG_MAX_RANK], x_stride[WG_MAX_RANK], z_stride[WG_MAX_RANK];
    struct wg_grid grid;
};

/* wg_dtype_size of a result, which is never of integers: at every call. */
static inline size_t wg_float_size(enum wg_dtype dtype) {
    return dtype == WG_F64 ? sizeof(double) : sizeof(float);
}

enum wg_call_kind { WG_CALL_MAP1, WG_CALL_MAP2, WG_CALL_GENERAL, WG_CALL_VIEW };

struct wg_call {
    struct wg_args args;
    const struct wg_op *op;
    const struct wg_kernel_set *set;
    const struct wg_kernel_row *row;
    struct wg_kernels kernels;
    struct wg_spread *spread; /* MAP2 only */
    enum wg_call_kind kind;
    unsigned broadcast; /* bit i: the gradient of input i is summed back to its shape */

    /* A user's elementwise op sees its broadcast inputs stretched to y's shape: these are the
     * inputs as they were. */
    const struct wg_tensor *const *source;
};

/* Checks inputs and attributes and finds the output's shape and dtype. call->args and call->op are
 * given (args.y is NULL). */
enum wg_status wg_call_check(const struct wg_call *call, struct wg_shape *y, enum wg_dtype *dtype);

/* Resolves kernels and broadcasting; args.y is there by now. What it needs to keep comes from the
 * arena. */
enum wg_status wg_call_prepare(struct wg_call *call, enum wg_dtype dtype, struct wg_arena *arena);

/* Scratch everywhere holds wg_call_scratch elements. */
enum wg_status wg_call_forward(struct wg_call *call, void *scratch);

/* The op's own check of its inputs' present values. wg_call_forward makes it; before the two below
 * it must pass again, as leaves may have been given new data since. */
enum wg_status wg_call_recheck(const struct wg_call *call);

/* dx[i] (NULL where not wanted) = the gradient of input i in its own shape. */
void wg_call_gradient(struct wg_call *call, const void *dy, void *const *dx, void *scratch);
int64_t wg_call_scratch(const struct wg_call *call);

/* Whether a gradient, a tangent can be had. */
bool wg_call_has_gradient(const struct wg_call *call);
bool wg_call_has_tangent(const struct wg_call *call);

/* ty = the tangent of y, given tx (NULL where zero). Temporaries come from the arena. */
enum wg_status wg_call_tangent(struct wg_call *call, void *ty, const void *const *tx,
                               struct wg_arena *arena);

#endif
