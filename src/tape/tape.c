/* Tapes, leaves, replay. */
#include "tape/hide.h"
#include "tape/tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_BLOCK ((size_t)1 << 16)
#define VALUE_BLOCK ((size_t)1 << 18)

int wg_is_null(wg_var v) { return v.tape == NULL; }

wg_tape *wg_tape_new(void) {
    const struct wg_kernel_set *f32 = wg_kernel_set(WG_F32), *f64 = wg_kernel_set(WG_F64);
    if (!f32 || !f64) return NULL;
    wg_tape *tape = calloc(1, sizeof *tape);
    if (!tape) {
        wg_fail(WG_ERROR_MEMORY, "wg_tape_new: out of memory");
        return NULL;
    }
    wg_arena_init(&tape->records, RECORD_BLOCK);
    wg_arena_init(&tape->values, VALUE_BLOCK);
    tape->set[0] = f32;
    tape->set[1] = f64;
    tape->serial = 1;
    return tape;
}

void wg_tape_free(wg_tape *tape) {
    if (!tape) return;
    wg_arena_free(&tape->records);
    wg_arena_free(&tape->values);
    wg_free_chains(&tape->chains);
    free(tape->node);
    free(tape->scratch);
    free(tape);
}

struct wg_mark wg_tape_mark(const wg_tape *tape) {
    struct wg_mark mark = {0};
    if (!tape) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_tape_mark: the tape is NULL");
        return mark;
    }
    const struct wg_arena *arenas[] = {&tape->records, &tape->values};
    mark.tape = tape;
    mark.count = tape->count;
    mark.serial = tape->count ? tape->node[tape->count - 1]->serial : 0;
    mark.names = tape->names;
    for (int i = 0; i < 2; i++) {
        struct wg_arena_mark at = wg_arena_mark(arenas[i]);
        mark.arena[i].block = at.block;
        mark.arena[i].used = at.used;
    }
    return mark;
}

/* Names lie in the arena that is rewound: nodes before the mark lose those given after it. */
static void forget_names(wg_tape *tape, struct wg_mark mark) {
    if (tape->names == mark.names) return;
    for (size_t i = 0; i < mark.count; i++) {
        struct wg_node *node = tape->node[i];
        if (node->name && node->name_order >= mark.names) node->name = NULL;
    }
    tape->names = mark.names;
}

/* Gradients of the nodes that stay, as far as they are those of nodes that may go. */
static void keep_gradients(wg_tape *tape, struct wg_mark mark) {
    for (size_t i = 0; mark.count < tape->count && i < mark.count; i++) {
        struct wg_node *node = tape->node[i];
        if (node->gradient == node->room) continue;
        memcpy(node->room, node->gradient, wg_tensor_bytes(&node->value));
        node->gradient = node->room;
    }
}

enum wg_status wg_tape_rewind(wg_tape *tape, struct wg_mark mark) {
    if (!tape) return wg_fail(WG_ERROR_ARGUMENT, "wg_tape_rewind: the tape is NULL");
    if (mark.tape != tape) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_tape_rewind: the mark is of another tape, or of none; expected one that "
                       "wg_tape_mark gave for this tape");
    }
    if (mark.count > tape->count ||
        (mark.count && tape->node[mark.count - 1]->serial != mark.serial)) {
        return wg_fail(WG_ERROR_STATE,
                       "wg_tape_rewind: a stale mark: it is at node %zu, but the tape was rewound "
                       "past it",
                       mark.count);
    }
    forget_names(tape, mark);
    keep_gradients(tape, mark);
    struct wg_arena *arenas[] = {&tape->records, &tape->values};
    for (int i = 0; i < 2; i++) {
        wg_arena_rewind(arenas[i], (struct wg_arena_mark){mark.arena[i].block, mark.arena[i].used});
    }
    tape->count = mark.count;
    if (tape->backward_count > tape->count) tape->backward_count = tape->count;
    return WG_OK;
}

void wg_make_internal(wg_var v) {
    if (v.tape) v.tape->node[v.index]->internal = true;
}

size_t wg_tape_size(const wg_tape *tape) { return tape ? tape->count : 0; }

wg_var wg_var_of(wg_tape *tape, size_t index) {
    return (wg_var){tape, (uint32_t)index, tape->node[index]->serial};
}

wg_var wg_tape_node(wg_tape *tape, size_t i) {
    if (tape && i < tape->count) return wg_var_of(tape, i);
    wg_fail(WG_ERROR_ARGUMENT, "wg_tape_node: node %zu; the tape has %zu", i, wg_tape_size(tape));
    return (wg_var){0};
}

struct wg_node *wg_node_of(const char *who, const wg_tape *tape, wg_var v) {
    if (!v.tape) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: the null variable; an earlier call failed or none was made",
                who);
        return NULL;
    }
    if (tape && v.tape != tape) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: variables of two tapes; expected all from one", who);
        return NULL;
    }
    if (v.index >= v.tape->count || v.tape->node[v.index]->serial != v.serial) {
        wg_fail(WG_ERROR_STATE, "%s: a stale variable: its tape was rewound past it", who);
        return NULL;
    }
    return v.tape->node[v.index];
}

/* Doubles the array of nodes when it is full. */
static bool reserve_node(wg_tape *tape) {
    if (tape->count < tape->capacity) return true;
    if (tape->count >= UINT32_MAX) {
        wg_fail(WG_ERROR_MEMORY, "tape: %zu nodes are the most that one tape can hold",
                tape->count);
        return false;
    }
    size_t capacity = tape->capacity ? 2 * tape->capacity : 64;
    struct wg_node **node = realloc(tape->node, capacity * sizeof *node);
    if (!node) {
        wg_fail(WG_ERROR_MEMORY, "tape: out of memory for %zu nodes", capacity);
        return false;
    }
    tape->node = node;
    tape->capacity = capacity;
    return true;
}

struct wg_node *wg_append(wg_tape *tape, struct wg_tensor value, bool active) {
    if (!reserve_node(tape)) return NULL;
    struct wg_node *node =
        wg_arena_allocate(&tape->records, sizeof *node, _Alignof(struct wg_node));
    if (!node) return NULL;
    const size_t bytes = wg_tensor_bytes(&value);
    if (!value.data) value.data = wg_arena_allocate(&tape->values, bytes, WG_ALIGNMENT);
    void *gradient = active ? wg_arena_allocate(&tape->values, bytes, WG_ALIGNMENT) : NULL;
    if (!value.data || (active && !gradient)) return NULL;
    memset(node, 0, sizeof *node);
    node->value = value;
    node->gradient = node->room = gradient;
    node->has_gradient = &node->has_gradient_here;
    node->active = active;
    node->serial = tape->serial++;
    tape->node[tape->count++] = node;
    return node;
}

enum wg_status wg_reserve_scratch(wg_tape *tape) {
    if (tape->scratch_bytes >= tape->scratch_needed) return WG_OK;
    void *scratch = wg_aligned_zeros(tape->scratch_needed);
    if (!scratch) return WG_ERROR_MEMORY;
    free(tape->scratch);
    tape->scratch = scratch;
    tape->scratch_bytes = tape->scratch_needed;
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Leaves */

static wg_var leaf(const char *who, wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape,
                   const void *data, enum wg_node_kind kind) {
    const wg_var null = {0};
    if (!tape) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: the tape is NULL", who);
        return null;
    }
    int64_t size = wg_shape_size(shape);
    if (size < 0) {
        wg_fail(
            WG_ERROR_SHAPE,
            "%s: rank %d or a dimension is out of range, or there are too many elements; expected rank 0 to %d",
            who, shape.rank, WG_MAX_RANK);
        return null;
    }
    bool active = kind == WG_NODE_VARIABLE;
    if (wg_dtype_size(dtype) == 0 || (active && dtype == WG_I32)) {
        wg_fail(WG_ERROR_DTYPE, "%s: dtype %s; expected %s", who, wg_dtype_name(dtype),
                active ? "f32 or f64" : "f32, f64 or i32");
        return null;
    }
    struct wg_arena_mark records = wg_arena_mark(&tape->records),
                         values = wg_arena_mark(&tape->values);
    struct wg_node *node =
        wg_append(tape, (struct wg_tensor){.size = size, .dtype = dtype, .shape = shape}, active);
    if (!node) {
        wg_arena_rewind(&tape->records, records);
        wg_arena_rewind(&tape->values, values);
        return null;
    }
    node->kind = kind;
    if (data)
        memcpy(node->value.data, data, wg_tensor_bytes(&node->value));
    else
        memset(node->value.data, 0, wg_tensor_bytes(&node->value));
    return wg_var_of(tape, tape->count - 1);
}

wg_var wg_input(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, const void *data) {
    return leaf("wg_input", tape, dtype, shape, data, WG_NODE_INPUT);
}

wg_var wg_variable(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, const void *data) {
    return leaf("wg_variable", tape, dtype, shape, data, WG_NODE_VARIABLE);
}

static wg_var scalar(const char *who, wg_tape *tape, enum wg_dtype dtype, double value,
                     enum wg_node_kind kind) {
    const bool fits = value >= INT32_MIN && value <= INT32_MAX && value == floor(value);
    if (dtype == WG_I32 && !fits) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: %g as i32; expected a whole number of 32 bits", who, value);
        return (wg_var){0};
    }
    const float narrow = (float)value;
    const int32_t whole = fits ? (int32_t)value : 0;
    const void *data = dtype == WG_F32   ? (const void *)&narrow
                       : dtype == WG_I32 ? (const void *)&whole
                                         : &value;
    return leaf(who, tape, dtype, (struct wg_shape){0}, data, kind);
}

wg_var wg_constant_scalar(wg_tape *tape, enum wg_dtype dtype, double value) {
    return scalar("wg_constant_scalar", tape, dtype, value, WG_NODE_INPUT);
}

wg_var wg_variable_scalar(wg_tape *tape, enum wg_dtype dtype, double value) {
    return scalar("wg_variable_scalar", tape, dtype, value, WG_NODE_VARIABLE);
}

wg_var wg_leaf_in_place(wg_tape *tape, struct wg_tensor value, void *gradient,
                        unsigned char *has_gradient, const char *name) {
    const wg_var null = {0};
    if (!tape || !value.data || !gradient || !has_gradient) {
        wg_fail(WG_ERROR_ARGUMENT,
                "wg_leaf_in_place: tape, value, gradient or has_gradient is NULL");
        return null;
    }
    if (value.size < 0 || value.size != wg_shape_size(value.shape) ||
        (value.dtype != WG_F32 && value.dtype != WG_F64)) {
        wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_leaf_in_place: size %lld of shape %s, dtype %s; expected a matching size, f32 or f64",
            (long long)value.size, wg_shape_text(value.shape).text, wg_dtype_name(value.dtype));
        return null;
    }
    const struct wg_mark before = wg_tape_mark(tape);
    struct wg_node *node = wg_append(tape, value, false);
    if (!node) {
        wg_tape_rewind(tape, before);
        return null;
    }
    node->kind = WG_NODE_IN_PLACE;
    node->active = true;
    node->gradient = node->room = gradient;
    node->has_gradient = has_gradient;
    const wg_var v = wg_var_of(tape, tape->count - 1);
    if (name && wg_is_null(wg_name(v, name))) {
        wg_tape_rewind(tape, before);
        return null;
    }
    return v;
}

enum wg_status wg_set(wg_var v, const void *data) {
    struct wg_node *node = wg_node_of("wg_set", NULL, v);
    if (!node) return WG_ERROR_ARGUMENT;
    if (node->kind == WG_NODE_OP || !data) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_set: %s; expected a leaf and its data",
                       data ? "the variable was computed by an op" : "data is NULL");
    }
    memcpy(node->value.data, data, wg_tensor_bytes(&node->value));
    return WG_OK;
}

wg_var wg_name(wg_var v, const char *name) {
    struct wg_node *node = wg_node_of("wg_name", NULL, v);
    if (!node) return (wg_var){0};
    if (!name) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_name: the name is NULL");
        return (wg_var){0};
    }
    size_t length = strlen(name) + 1;
    char *copy = wg_arena_allocate(&v.tape->records, length, 1);
    if (!copy) return (wg_var){0};
    memcpy(copy, name, length);
    node->name = copy;
    node->name_order = v.tape->names++;
    return v;
}

/* ------------------------------------------------------------------------------------------------
 * Values and replay */

struct wg_tensor wg_value(wg_var v) {
    struct wg_node *node = wg_node_of("wg_value", NULL, v);
    if (!node || (node->hidden && wg_restore_values(v.tape, v.index + (size_t)1) != WG_OK))
        return (struct wg_tensor){0};
    return node->value;
}

struct wg_tensor wg_gradient(wg_var v) {
    const struct wg_tensor none = {0};
    struct wg_node *node = wg_node_of("wg_gradient", NULL, v);
    if (!node) return none;
    if (!node->active) {
        wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_gradient: the variable has no gradient: it is an input or was computed from inputs alone");
        return none;
    }
    if (v.index >= v.tape->backward_count) {
        wg_fail(WG_ERROR_STATE, "wg_gradient: no backward has run since the variable was recorded");
        return none;
    }
    if (node->hidden_gradient) {
        wg_fail(WG_ERROR_STATE, "wg_gradient: the gradient inside a layer was not kept; expected a "
                                "variable that a layer returned or an op was called for");
        return none;
    }
    if (!*node->has_gradient) memset(node->gradient, 0, wg_tensor_bytes(&node->value));
    struct wg_tensor gradient = node->value;
    gradient.data = node->gradient;
    return gradient;
}

static double item(const char *who, struct wg_tensor t) {
    if (!t.data) return NAN;
    if (t.size != 1) {
        wg_fail(WG_ERROR_SHAPE, "%s: shape %s has %lld elements; expected one", who,
                wg_shape_text(t.shape).text, (long long)t.size);
        return NAN;
    }
    switch (t.dtype) {
    case WG_F32:
        return *(const float *)t.data;
    case WG_F64:
        return *(const double *)t.data;
    case WG_I32:
        return *(const int32_t *)t.data;
    }
    return NAN;
}

double wg_item(wg_var v) { return item("wg_item", wg_value(v)); }
double wg_gradient_item(wg_var v) { return item("wg_gradient_item", wg_gradient(v)); }

enum wg_status wg_forward(wg_tape *tape) {
    if (!tape) return wg_fail(WG_ERROR_ARGUMENT, "wg_forward: the tape is NULL");
    enum wg_status status = wg_find_chains(tape);
    if (status != WG_OK) return status;
    const struct wg_chains *chains = &tape->chains;
    size_t next = 0;
    for (size_t i = 0; i < tape->count; i++) {
        struct wg_node *node = tape->node[i];
        if (node->kind != WG_NODE_OP) continue;
        if (next < chains->count && chains->chain[next].begin == i) {
            wg_chain_forward(tape, &chains->chain[next]);
            i = chains->chain[next++].end - 1;
            continue;
        }
        status = wg_call_forward(&node->call, tape->scratch);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}
