/* The registry: every op by name. The built-in ones come from the registry pass over the op files
 * (ops.inc, made by CMake). */
#include "ops/room.h"

#include "ops/registry.h"

#include "ops.inc"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static const struct wg_op *const built_in[] = {
#define X(op) &wg_op_##op,
#include "ops.list"
#undef X
};

#define BUILT_IN (int)(sizeof built_in / sizeof *built_in)
#define MAX_REGISTERED 256

static const struct wg_op *registered[MAX_REGISTERED];
static atomic_int registered_count;
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;

const struct wg_op *wg_op_at(int i) {
    if (i < 0) return NULL;
    if (i < BUILT_IN) return built_in[i];
    i -= BUILT_IN;
    return i < atomic_load(&registered_count) ? registered[i] : NULL;
}

static bool answers_to(const struct wg_op *op, const char *name) {
    if (strcmp(op->name, name) == 0) return true;
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i] && strcmp(op->aliases[i], name) == 0) return true;
    }
    return false;
}

const struct wg_op *wg_find_op(const char *name) {
    if (!name) return NULL;
    for (int i = 0; wg_op_at(i); i++) {
        if (answers_to(wg_op_at(i), name)) return wg_op_at(i);
    }
    return NULL;
}

int wg_built_in_index(const struct wg_op *op) {
    for (int i = 0; i < BUILT_IN; i++) {
        if (built_in[i] == op) return i;
    }
    return -1;
}

static bool given(const char *who, const struct wg_op *op) {
    if (!op) wg_fail(WG_ERROR_ARGUMENT, "%s: the op is NULL", who);
    return op != NULL;
}

static enum wg_status check_names(const struct wg_op *op) {
    if (!op || !op->name || !op->name[0]) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_register: the op is NULL or has no name");
    }
    const char *const names[] = {op->name, op->aliases[0], op->aliases[1]};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!names[i] || !wg_find_op(names[i])) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "wg_register: %s: the name \"%s\" is taken", op->name,
                       names[i]);
    }
    return WG_OK;
}

static bool dots_are_last(const struct wg_op *op) {
    for (int i = 0; i + 1 < WG_MAX_NAMED_INPUTS && op->inputs[i]; i++) {
        if (strcmp(op->inputs[i], "...") == 0 && op->inputs[i + 1]) return false;
    }
    return true;
}

/* What the loops around an op rely on. */
static enum wg_status check_structure(const struct wg_op *op) {
    int most, least = wg_op_input_count(op, &most);
    const struct {
        bool right;
        const char *expected;
    } checks[] = {
        {least >= 1, "at least one named input"},
        {dots_are_last(op), "\"...\" as the last input only"},
        {op->structure != WG_BILINEAR || (least == 2 && most == 2), "two inputs of a bilinear op"},
        {op->structure != WG_ELEMENTWISE || most >= 0,
         "a fixed number of inputs of an elementwise op"},
        {op->structure != WG_ELEMENTWISE || (!op->shape && !op->view),
         "no shape rule of an elementwise op, and no view"},
        {op->kink_count >= 0 && op->kink_count <= WG_MAX_KINKS, "0 to 4 kinks"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (checks[i].right) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "wg_register: %s: expected %s", op->name,
                       checks[i].expected);
    }
    return WG_OK;
}

static enum wg_status check_description(const struct wg_op *op) {
    enum wg_status status = check_names(op);
    if (status == WG_OK) status = check_structure(op);
    if (status != WG_OK) return status;
    if (!op->view && !op->f32.forward && !op->f64.forward) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_register: %s has no forward kernel, for float or double", op->name);
    }
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const unsigned kind = (unsigned)op->attributes[i].kind;
        if (kind <= WG_LIST) continue;
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_register: %s: attribute %s has kind %u; expected "
                       "one of enum wg_attribute_kind",
                       op->name, op->attributes[i].name, kind);
    }
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    wg_op_defaults(op, slots);
    return wg_op_check_attributes(op, slots); /* the defaults lie within their own ranges */
}

enum wg_status wg_register(const struct wg_op *op) {
    pthread_mutex_lock(&registering);
    enum wg_status status = check_description(op);
    int count = atomic_load(&registered_count);
    if (status == WG_OK && count == MAX_REGISTERED) {
        status =
            wg_fail(WG_ERROR_STATE, "wg_register: %s is one too many; the registry holds %d ops",
                    op->name, MAX_REGISTERED);
    }
    if (status == WG_OK) {
        registered[count] = op;
        atomic_store(&registered_count, count + 1);
    }
    pthread_mutex_unlock(&registering);
    return status;
}

int wg_op_input_count(const struct wg_op *op, int *at_most) {
    int least = 0;
    bool more = false;
    if (at_most) *at_most = 0;
    if (!given("wg_op_input_count", op)) return 0;
    for (int i = 0; i < WG_MAX_NAMED_INPUTS && op->inputs[i]; i++) {
        if (strcmp(op->inputs[i], "...") == 0)
            more = true;
        else
            least++;
    }
    if (at_most) *at_most = more ? -1 : least;
    return least;
}

static struct wg_kernels kernels_of(const struct wg_op *op, enum wg_dtype dtype) {
    if (wg_built_in_index(op) < 0)
        return dtype == WG_F32 ? op->f32 : dtype == WG_F64 ? op->f64 : (struct wg_kernels){0};
    const struct wg_kernel_set *set = wg_kernel_set(dtype);
    const struct wg_kernel_row *row = set ? wg_kernel_row(set, op) : NULL;
    return row ? row->general : (struct wg_kernels){0};
}

static bool is_map(const struct wg_op *op) {
    return op->structure == WG_ELEMENTWISE && wg_built_in_index(op) >= 0;
}

int wg_op_has_kernels(const struct wg_op *op, enum wg_dtype dtype) {
    if (!given("wg_op_has_kernels", op) || (dtype != WG_F32 && dtype != WG_F64)) return 0;
    return is_map(op) || op->view || kernels_of(op, dtype).forward != NULL;
}

int wg_op_has_gradient(const struct wg_op *op) {
    if (!given("wg_op_has_gradient", op)) return 0;
    return is_map(op) || kernels_of(op, WG_F64).gradient || kernels_of(op, WG_F32).gradient;
}

int wg_op_has_tangent(const struct wg_op *op) {
    if (!given("wg_op_has_tangent", op)) return 0;
    return op->structure == WG_LINEAR || op->structure == WG_BILINEAR ||
           (op->structure == WG_ELEMENTWISE && wg_op_has_gradient(op)) ||
           kernels_of(op, WG_F64).tangent || kernels_of(op, WG_F32).tangent;
}
