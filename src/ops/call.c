#include "ops/call.h"

#include "base/error.h"
#include "ops/maps.h"
#include "ops/registry.h"
#include "ops/spread.h"
#include "wengert/tensor.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Checks */

static enum wg_status check_inputs(const struct wg_call *call, enum wg_dtype *dtype) {
    const struct wg_op *op = call->op;
    int most, least = wg_op_input_count(op, &most);
    if (call->args.inputs < least || (most >= 0 && call->args.inputs > most)) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: %d inputs; expected %s%d", op->name,
                       call->args.inputs, most < 0 ? "at least " : "", least);
    }
    bool known = false;
    for (int i = 0; i < call->args.inputs; i++) {
        enum wg_dtype have = call->args.x[i]->dtype;
        bool integer = i < 32 && (op->integer_inputs >> i & 1);
        if (integer != (have == WG_I32)) {
            return wg_fail(WG_ERROR_DTYPE, "%s: input %d has dtype %s; expected %s", op->name, i,
                           wg_dtype_name(have), integer ? "i32" : "f32 or f64");
        }
        if (integer) continue;
        if (known && have != *dtype) {
            return wg_fail(
                WG_ERROR_DTYPE,
                "%s: input %d has dtype %s, but an earlier one has %s; expected the same", op->name,
                i, wg_dtype_name(have), wg_dtype_name(*dtype));
        }
        *dtype = have;
        known = true;
    }
    return WG_OK;
}

static enum wg_status broadcast_shape(const struct wg_op *op, const struct wg_args *args,
                                      struct wg_shape *y) {
    *y = args->x[0]->shape;
    for (int i = 1; i < args->inputs; i++) {
        if (wg_shape_broadcast(*y, args->x[i]->shape, y)) continue;
        return wg_fail(
            WG_ERROR_SHAPE,
            "%s: shapes %s and %s do not broadcast; expected equal dimensions, or 1, from the last on",
            op->name, wg_shape_text(*y).text, wg_shape_text(args->x[i]->shape).text);
    }
    return WG_OK;
}

enum wg_status wg_call_check(const struct wg_call *call, struct wg_shape *y, enum wg_dtype *dtype) {
    enum wg_status status = check_inputs(call, dtype);
    if (status == WG_OK) status = wg_op_check_attributes(call->op, call->args.attributes);
    if (status != WG_OK) return status;
    status = call->op->shape ? call->op->shape(call->op, &call->args, y)
                             : broadcast_shape(call->op, &call->args, y);
    if (status != WG_OK)
        return wg_fail(status, "%s: its shape rule refused the inputs", call->op->name);
    if (wg_shape_size(*y) < 0) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: the result's shape %s has more elements than memory can hold",
                       call->op->name, wg_shape_text(*y).text);
    }
    if (call->op->view && wg_shape_size(*y) != call->args.x[0]->size) {
        return wg_fail(
            WG_ERROR_SHAPE, "%s: shape %s cannot be seen as %s; expected as many elements",
            call->op->name, wg_shape_text(call->args.x[0]->shape).text, wg_shape_text(*y).text);
    }
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Preparation */

/* Gives a user's elementwise op inputs of y's shape; copy_stretched fills them before each forward.
 */
static enum wg_status stretch_inputs(struct wg_call *call, struct wg_arena *arena) {
    const size_t n = (size_t)call->args.inputs;
    const struct wg_tensor **list = wg_arena_allocate(arena, n * sizeof *list, _Alignof(void *));
    struct wg_tensor *x = wg_arena_allocate(arena, n * sizeof *x, _Alignof(struct wg_tensor));
    if (!list || !x) return WG_ERROR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        list[i] = call->source[i];
        if (!(call->broadcast >> i & 1)) continue;
        x[i] = *call->args.y;
        x[i].data =
            wg_arena_allocate(arena, (size_t)x[i].size * wg_dtype_size(x[i].dtype), WG_ALIGNMENT);
        if (!x[i].data) return WG_ERROR_MEMORY;
        list[i] = &x[i];
    }
    call->args.x = list;
    return WG_OK;
}

static void stretch(const struct wg_call *call, int input, void *to, const void *from) {
    const struct wg_shape *y = &call->args.y->shape;
    struct wg_strided s = {.rank = y->rank};
    memcpy(s.dim, y->dim, sizeof s.dim);
    wg_broadcast_strides(y, &call->source[input]->shape, s.stride);
    if (call->args.y->size > 0) call->set->copy_strided(&s, to, from);
}

static void copy_stretched(const struct wg_call *call) {
    for (int i = 0; i < call->args.inputs; i++) {
        if (call->args.x[i] != call->source[i]) {
            stretch(call, i, call->args.x[i]->data, call->source[i]->data);
        }
    }
}

enum wg_status wg_call_prepare(struct wg_call *call, enum wg_dtype dtype, struct wg_arena *arena) {
    const struct wg_op *op = call->op;
    const struct wg_args *args = &call->args;
    if (!call->set) return WG_ERROR_UNSUPPORTED;
    call->row = wg_kernel_row(call->set, op);
    call->kernels = call->row ? call->row->general : dtype == WG_F32 ? op->f32 : op->f64;
    call->kind = op->view                       ? WG_CALL_VIEW
                 : call->row && call->row->map1 ? WG_CALL_MAP1
                 : call->row && call->row->map2 ? WG_CALL_MAP2
                                                : WG_CALL_GENERAL;
    if (call->kind == WG_CALL_GENERAL && !call->kernels.forward) {
        return wg_fail(WG_ERROR_UNSUPPORTED, "%s: no kernel for dtype %s", op->name,
                       wg_dtype_name(dtype));
    }
    call->broadcast = 0;
    for (int i = 0; op->structure == WG_ELEMENTWISE && i < args->inputs; i++) {
        if (wg_shape_equal(args->x[i]->shape, args->y->shape)) continue;
        if (args->x[i]->dtype == WG_I32) {
            return wg_fail(WG_ERROR_SHAPE,
                           "%s: input %d has shape %s; expected the result's, %s: "
                           "integers are not broadcast",
                           op->name, i, wg_shape_text(args->x[i]->shape).text,
                           wg_shape_text(args->y->shape).text);
        }
        call->broadcast |= 1u << i;
    }
    call->source = args->x;
    if (call->kind == WG_CALL_GENERAL && call->broadcast) return stretch_inputs(call, arena);
    if (call->kind != WG_CALL_MAP2) return WG_OK;
    call->spread = wg_arena_allocate(arena, sizeof *call->spread, _Alignof(struct wg_spread));
    if (!call->spread) return WG_ERROR_MEMORY;
    wg_make_spread(call->spread, &args->y->shape, &args->x[0]->shape, &args->x[1]->shape);
    return WG_OK;
}

bool wg_call_has_gradient(const struct wg_call *call) {
    return call->kind == WG_CALL_MAP1 || call->kind == WG_CALL_MAP2 || call->kernels.gradient;
}

bool wg_call_has_tangent(const struct wg_call *call) {
    return call->kernels.tangent || call->op->structure == WG_LINEAR ||
           call->op->structure == WG_BILINEAR ||
           (call->op->structure == WG_ELEMENTWISE && wg_call_has_gradient(call));
}

/* Elements at the scratch's start that hold a gradient over y's shape until it is summed back;
 * whole lines, so that the kernels' own part behind it is aligned. */
static int64_t broadcast_scratch(const struct wg_call *call) {
    const int64_t line = WG_ALIGNMENT / (int64_t)sizeof(float);
    return call->broadcast ? (call->args.y->size + line - 1) / line * line : 0;
}

int64_t wg_call_scratch(const struct wg_call *call) {
    const int64_t own = call->op->scratch ? call->op->scratch(&call->args) : 0;
    return broadcast_scratch(call) + (own > 0 ? own : 0);
}

/* ------------------------------------------------------------------------------------------------
 * Forward and gradient */

enum wg_status wg_call_recheck(const struct wg_call *call) {
    if (!call->op->check) return WG_OK;
    enum wg_status status = call->op->check(call->op, &call->args);
    if (status == WG_OK) return WG_OK;
    return wg_fail(status, "%s: its check refused the inputs", call->op->name);
}

enum wg_status wg_call_forward(struct wg_call *call, void *scratch) {
    call->args.scratch = scratch;
    enum wg_status status = wg_call_recheck(call);
    if (status != WG_OK) return status;
    switch (call->kind) {
    case WG_CALL_MAP1:
    case WG_CALL_MAP2:
        wg_run_map(call, 0, call->args.y->data, NULL);
        break;
    case WG_CALL_GENERAL:
        if (call->broadcast) copy_stretched(call);
        call->kernels.forward(&call->args);
        break;
    case WG_CALL_VIEW:
        break;
    }
    return WG_OK;
}

/* The axes of y over which an input was stretched. */
static unsigned stretched_axes(const struct wg_shape *y, const struct wg_shape *x) {
    unsigned mask = 0;
    for (int d = 0; d < y->rank; d++) {
        int dx = d - (y->rank - x->rank);
        if (dx < 0 || (x->dim[dx] == 1 && y->dim[d] != 1)) mask |= 1u << d;
    }
    return mask;
}

static void sum_back(const struct wg_call *call, int input, void *dx, const void *from) {
    const struct wg_tensor *y = call->args.y, *x = call->source[input];
    if (y->size == 0) {
        memset(dx, 0, (size_t)x->size * wg_dtype_size(x->dtype));
        return;
    }
    call->set->sum_axes(&y->shape, stretched_axes(&y->shape, &x->shape), dx, from);
}

/* Of an elementwise op: the gradient of one input over y's shape, which for a diagonal Jacobian is
 * also its tangent. */
static void slope_times(const struct wg_call *call, int input, void *out, const void *dy) {
    if (call->kind != WG_CALL_GENERAL) {
        wg_run_map(call, input, out, dy);
        return;
    }
    void *dx[WG_MAX_NAMED_INPUTS] = {NULL};
    dx[input] = out;
    call->kernels.gradient(&call->args, dy, dx);
}

static void elementwise_gradient(const struct wg_call *call, int input, const void *dy, void *dx,
                                 void *scratch) {
    const bool broadcast = call->broadcast >> input & 1;
    const bool passes = call->op->passes_dy >> input & 1;
    if (passes && broadcast) {
        sum_back(call, input, dx, dy);
    } else if (passes) {
        memcpy(dx, dy, (size_t)call->args.y->size * wg_dtype_size(call->args.y->dtype));
    } else {
        slope_times(call, input, broadcast ? scratch : dx, dy);
        if (broadcast) sum_back(call, input, dx, scratch);
    }
}

void wg_call_gradient(struct wg_call *call, const void *dy, void *const *dx, void *scratch) {
    call->args.scratch =
        (char *)scratch + (size_t)broadcast_scratch(call) * wg_float_size(call->args.y->dtype);
    if (call->op->structure != WG_ELEMENTWISE) {
        call->kernels.gradient(&call->args, dy, dx);
        return;
    }
    for (int i = 0; i < call->args.inputs; i++) {
        if (dx[i]) elementwise_gradient(call, i, dy, dx[i], scratch);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Tangents */

static void *temporary(struct wg_arena *arena, const struct wg_tensor *like) {
    size_t bytes = (size_t)like->size * wg_dtype_size(like->dtype);
    void *data = wg_arena_allocate(arena, bytes, WG_ALIGNMENT);
    if (data) memset(data, 0, bytes);
    return data;
}

/* Elementwise: the sum over the inputs of slope times tangent, each tangent stretched to y's shape
 * first. */
static enum wg_status elementwise_tangent(const struct wg_call *call, void *ty,
                                          const void *const *tx, struct wg_arena *arena) {
    const struct wg_tensor *y = call->args.y;
    for (int i = 0; i < call->args.inputs; i++) {
        if (!tx[i]) continue;
        void *part = temporary(arena, y), *stretched = temporary(arena, y);
        if (!part || !stretched) return WG_ERROR_MEMORY;
        stretch(call, i, stretched, tx[i]);
        slope_times(call, i, part, stretched);
        call->set->add(y->size, ty, part);
    }
    return WG_OK;
}

/* One call of forward with some inputs replaced by tangents; adds the result to ty. */
static enum wg_status forward_with(const struct wg_call *call, void *ty, const void *const *data,
                                   struct wg_arena *arena) {
    const int n = call->args.inputs;
    struct wg_tensor *x =
        wg_arena_allocate(arena, (size_t)n * sizeof *x, _Alignof(struct wg_tensor));
    const struct wg_tensor **list =
        wg_arena_allocate(arena, (size_t)n * sizeof *list, _Alignof(void *));
    if (!x || !list) return WG_ERROR_MEMORY;
    for (int i = 0; i < n; i++) {
        x[i] = *call->args.x[i];
        union {
            const void *from;
            void *to;
        } cast = {data[i]}; /* kernels only read their inputs */
        if (cast.to)
            x[i].data = cast.to;
        else if (x[i].dtype != WG_I32) /* indices are not what it is linear in */
            x[i].data = temporary(arena, &x[i]);
        if (!x[i].data) return WG_ERROR_MEMORY;
        list[i] = &x[i];
    }
    struct wg_tensor y = *call->args.y;
    y.data = temporary(arena, &y);
    if (!y.data) return WG_ERROR_MEMORY;
    struct wg_args args = call->args;
    args.y = &y;
    args.x = list;
    if (call->kind == WG_CALL_VIEW)
        memcpy(y.data, x[0].data, (size_t)y.size * wg_dtype_size(y.dtype));
    else
        call->kernels.forward(&args);
    call->set->add(y.size, ty, y.data);
    return WG_OK;
}

static enum wg_status bilinear_tangent(const struct wg_call *call, void *ty, const void *const *tx,
                                       struct wg_arena *arena) {
    for (int i = 0; i < 2; i++) {
        if (!tx[i]) continue;
        const void *data[2] = {call->args.x[0]->data, call->args.x[1]->data};
        data[i] = tx[i];
        enum wg_status status = forward_with(call, ty, data, arena);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

enum wg_status wg_call_tangent(struct wg_call *call, void *ty, const void *const *tx,
                               struct wg_arena *arena) {
    enum wg_status status = wg_call_recheck(call);
    if (status != WG_OK) return status;
    const size_t scratch = (size_t)wg_call_scratch(call) * wg_dtype_size(call->args.y->dtype);
    call->args.scratch = wg_arena_allocate(arena, scratch, WG_ALIGNMENT);
    if (!call->args.scratch) return WG_ERROR_MEMORY;
    memset(ty, 0, (size_t)call->args.y->size * wg_dtype_size(call->args.y->dtype));
    if (call->kernels.tangent)
        call->kernels.tangent(&call->args, ty, tx);
    else if (call->op->structure == WG_ELEMENTWISE)
        return elementwise_tangent(call, ty, tx, arena);
    else if (call->op->structure == WG_LINEAR)
        return forward_with(call, ty, tx, arena);
    else
        return bilinear_tangent(call, ty, tx, arena);
    return WG_OK;
}
