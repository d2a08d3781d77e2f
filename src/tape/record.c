/* Recording: an op appended to the tape and executed. */
#include "tape/hide.h"
#include "tape/tape.h"

#include <string.h>

/* The inputs' nodes: their indices, the tensors that kernels read, and whether any is active. */
static enum wg_status gather(struct wg_node *node, wg_tape *tape, const struct wg_op *op,
                             const wg_var *x, int n) {
    node->inputs =
        wg_arena_allocate(&tape->records, (size_t)n * sizeof *node->inputs, _Alignof(uint32_t));
    const struct wg_tensor **list =
        wg_arena_allocate(&tape->records, (size_t)n * sizeof *list, _Alignof(void *));
    if (!node->inputs || !list) return WG_ERROR_MEMORY;
    node->active = false;
    for (int i = 0; i < n; i++) {
        const struct wg_node *input = wg_node_of(op->name, tape, x[i]);
        if (!input) return WG_ERROR_ARGUMENT;
        if (input->hidden && wg_restore_values(tape, x[i].index + (size_t)1) != WG_OK)
            return WG_ERROR_MEMORY;
        node->inputs[i] = x[i].index;
        list[i] = &input->value;
        node->active = node->active || input->active;
    }
    node->call.args.x = list;
    node->call.args.inputs = n;
    return WG_OK;
}

static enum wg_status copy_attributes(struct wg_call *call, wg_tape *tape, const double *slots) {
    const int n = wg_op_attribute_slots(call->op);
    /* An op without attributes still reads one slot into its empty struct. */
    double *copy =
        wg_arena_allocate(&tape->records, (size_t)(n ? n : 1) * sizeof *copy, _Alignof(double));
    if (!copy) return WG_ERROR_MEMORY;
    if (n == 0)
        copy[0] = 0;
    else if (slots)
        memcpy(copy, slots, (size_t)n * sizeof *copy);
    else
        wg_op_defaults(call->op, copy);
    call->args.attributes = copy;
    return WG_OK;
}

/* Room in the tape's scratch for every gradient that may have to be added, and for the largest
 * broadcast. */
static void need_scratch(wg_tape *tape, const struct wg_node *node) {
    size_t bytes =
        (size_t)wg_call_scratch(&node->call) * wg_dtype_size(node->value.dtype) + WG_ALIGNMENT;
    for (int i = 0; node->active && i < node->call.args.inputs; i++) {
        bytes += wg_tensor_bytes(&tape->node[node->inputs[i]]->value) + WG_ALIGNMENT;
    }
    if (bytes > tape->scratch_needed) tape->scratch_needed = bytes;
}

/* Everything after the arguments were found sane; on failure the caller takes back what was
 * allocated. */
static enum wg_status record(wg_tape *tape, const struct wg_op *op, const wg_var *x, int n,
                             const double *slots) {
    struct wg_node plan = {.call = {.op = op}};
    struct wg_shape shape = {0};
    enum wg_dtype dtype = WG_F32;
    enum wg_status status = gather(&plan, tape, op, x, n);
    if (status == WG_OK) status = copy_attributes(&plan.call, tape, slots);
    if (status == WG_OK) status = wg_call_check(&plan.call, &shape, &dtype);
    if (status != WG_OK) return status;
    struct wg_tensor y = {.size = wg_shape_size(shape), .dtype = dtype, .shape = shape};
    if (op->view) y.data = tape->node[plan.inputs[0]]->value.data;
    struct wg_node *node = wg_append(tape, y, plan.active);
    if (!node) return WG_ERROR_MEMORY;
    node->kind = WG_NODE_OP;
    node->inputs = plan.inputs;
    node->call = plan.call;
    node->call.args.y = &node->value;
    node->call.set = tape->set[dtype == WG_F64];
    status = wg_call_prepare(&node->call, dtype, &tape->records);
    if (status != WG_OK) return status;
    need_scratch(tape, node);
    if (op->scratch) status = wg_reserve_scratch(tape);
    return status == WG_OK ? wg_call_forward(&node->call, tape->scratch) : status;
}

wg_var wg_apply(const struct wg_op *op, const wg_var *x, int n, const double *slots) {
    const wg_var null = {0};
    if (!op || !op->name) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_apply: the op is NULL or has no name");
        return null;
    }
    if (!x || n < 1) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: %s; expected at least one variable", op->name,
                x ? "no inputs" : "the array of inputs is NULL");
        return null;
    }
    if (!wg_node_of(op->name, NULL, x[0])) return null;
    wg_tape *tape = x[0].tape;
    const struct wg_mark before = wg_tape_mark(tape);
    const size_t scratch_needed = tape->scratch_needed;
    if (record(tape, op, x, n, slots) != WG_OK) {
        wg_tape_rewind(tape, before);
        tape->scratch_needed = scratch_needed; /* may be more than there is memory for */
        return null;
    }
    return wg_var_of(tape, tape->count - 1);
}
