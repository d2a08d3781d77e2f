#define _POSIX_C_SOURCE 200809L
/* Parameter sets. */
#include "nn/params.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/parallel.h"
#include "wengert/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

wg_params *wg_params_new(enum wg_dtype dtype) {
    if (dtype != WG_F32 && dtype != WG_F64) {
        wg_fail(WG_ERROR_DTYPE, "wg_params_new: dtype %s; expected f32 or f64",
                wg_dtype_name(dtype));
        return NULL;
    }
    wg_params *params = calloc(1, sizeof *params);
    if (!params)
        wg_fail(WG_ERROR_MEMORY, "wg_params_new: out of memory");
    else
        params->dtype = dtype;
    return params;
}

void wg_params_free(wg_params *params) {
    if (!params) return;
    for (int i = 0; i < params->count; i++) free(params->param[i].name);
    free(params->param);
    free(params->value);
    free(params->gradient);
    free(params);
}

/* Grows the flat arrays to `elements`; both or neither. */
static bool reserve(wg_params *params, int64_t elements) {
    if (elements <= params->capacity) return true;
    const size_t size = wg_dtype_size(params->dtype);
    int64_t capacity = 2 * params->capacity > elements ? 2 * params->capacity : elements;
    void *value = wg_aligned_zeros((size_t)capacity * size);
    void *gradient = value ? wg_aligned_zeros((size_t)capacity * size) : NULL;
    if (!gradient) {
        free(value);
        return false;
    }
    if (params->elements > 0) {
        memcpy(value, params->value, (size_t)params->elements * size);
        memcpy(gradient, params->gradient, (size_t)params->elements * size);
    }
    free(params->value);
    free(params->gradient);
    params->value = value;
    params->gradient = gradient;
    params->capacity = capacity;
    return true;
}

static enum wg_status check_new(const wg_params *params, const char *name, struct wg_shape shape) {
    if (!params || !name || !name[0]) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_params_add: the set is NULL, or the name is NULL or empty");
    }
    if (params->sealed) {
        return wg_fail(
            WG_ERROR_STATE,
            "wg_params_add: \"%s\" comes too late: the set is in use by a tape or an optimizer",
            name);
    }
    if (wg_params_find(params, name) >= 0) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_params_add: the name \"%s\" is taken", name);
    }
    if (wg_shape_size(shape) < 1) {
        return wg_fail(WG_ERROR_SHAPE,
                       "wg_params_add: the shape of \"%s\", %s, is out of range or empty", name,
                       wg_shape_text(shape).text);
    }
    return WG_OK;
}

int wg_params_add(wg_params *params, const char *name, struct wg_shape shape) {
    if (check_new(params, name, shape) != WG_OK) return -1;
    if (params->count == params->room) {
        int room = params->room ? 2 * params->room : 16;
        struct wg_param *param = realloc(params->param, (size_t)room * sizeof *param);
        if (!param) {
            wg_fail(WG_ERROR_MEMORY, "wg_params_add: out of memory");
            return -1;
        }
        params->param = param;
        params->room = room;
    }
    /* Each parameter begins on a line of its own; what lies between stays zero. */
    const int64_t line = WG_ALIGNMENT / (int64_t)wg_dtype_size(params->dtype);
    const int64_t size = wg_shape_size(shape), padded = (size + line - 1) / line * line;
    char *copy = strdup(name);
    if (!copy || !reserve(params, params->elements + padded)) {
        free(copy);
        wg_fail(WG_ERROR_MEMORY, "wg_params_add: out of memory for \"%s\"", name);
        return -1;
    }
    params->param[params->count] =
        (struct wg_param){.name = copy, .shape = shape, .size = size, .start = params->elements};
    params->elements += padded;
    return params->count++;
}

int wg_params_count(const wg_params *params) { return params ? params->count : 0; }

int64_t wg_params_elements(const wg_params *params) {
    int64_t elements = 0;
    for (int i = 0; params && i < params->count; i++) elements += params->param[i].size;
    return elements;
}

int wg_params_find(const wg_params *params, const char *name) {
    for (int i = 0; params && name && i < params->count; i++) {
        if (strcmp(params->param[i].name, name) == 0) return i;
    }
    return -1;
}

static struct wg_param *param_of(const char *who, const wg_params *params, int i) {
    if (params && i >= 0 && i < params->count) return &params->param[i];
    wg_fail(WG_ERROR_ARGUMENT, "%s: parameter %d of a set of %d", who, i, wg_params_count(params));
    return NULL;
}

const char *wg_param_name(const wg_params *params, int i) {
    const struct wg_param *param = param_of("wg_param_name", params, i);
    return param ? param->name : NULL;
}

static struct wg_tensor part(const wg_params *params, const struct wg_param *param, void *array) {
    if (!param) return (struct wg_tensor){0};
    char *data = (char *)array + (size_t)param->start * wg_dtype_size(params->dtype);
    return (struct wg_tensor){
        .data = data, .size = param->size, .dtype = params->dtype, .shape = param->shape};
}

struct wg_tensor wg_param_value(const wg_params *params, int i) {
    const struct wg_param *param = param_of("wg_param_value", params, i);
    return part(params, param, param ? params->value : NULL);
}

struct wg_tensor wg_param_gradient(const wg_params *params, int i) {
    const struct wg_param *param = param_of("wg_param_gradient", params, i);
    return part(params, param, param ? params->gradient : NULL);
}

enum wg_status wg_param_fill(wg_params *params, int i, double value) {
    struct wg_tensor t = wg_param_value(params, i);
    if (!t.data) return WG_ERROR_ARGUMENT;
    for (int64_t j = 0; j < t.size; j++) wg_set_element(&t, j, value);
    return WG_OK;
}

enum wg_status wg_param_uniform(wg_params *params, int i, double min, double max, uint64_t seed) {
    struct wg_tensor t = wg_param_value(params, i);
    if (!t.data) return WG_ERROR_ARGUMENT;
    if (!(min <= max) || !isfinite(max - min)) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_param_uniform: from %g to %g; expected finite ends, a finite distance apart, the first not above the second",
            min, max);
    }
    struct wg_random random = wg_random_make(seed, WG_STREAM_INITIAL + (uint64_t)i);
    for (int64_t j = 0; j < t.size; j++)
        wg_set_element(&t, j, min == max ? min : wg_random_uniform(&random, min, max));
    return WG_OK;
}

enum wg_status wg_param_glorot_uniform(wg_params *params, int i, uint64_t seed) {
    const struct wg_param *param = param_of("wg_param_glorot_uniform", params, i);
    if (!param) return WG_ERROR_ARGUMENT;
    if (param->shape.rank != 2) {
        return wg_fail(
            WG_ERROR_SHAPE,
            "wg_param_glorot_uniform: \"%s\" has shape %s; expected a matrix (fan_in, fan_out)",
            param->name, wg_shape_text(param->shape).text);
    }
    const double limit = sqrt(6 / ((double)param->shape.dim[0] + (double)param->shape.dim[1]));
    return wg_param_uniform(params, i, -limit, limit, seed);
}

wg_var wg_parameter(wg_tape *tape, wg_params *params, int i) {
    struct wg_param *param = param_of("wg_parameter", params, i);
    if (!param) return (wg_var){0};
    params->sealed = true;
    return wg_leaf_in_place(tape, wg_param_value(params, i), wg_param_gradient(params, i).data,
                            &param->has_gradient, param->name);
}

static void zero_bytes(int64_t begin, int64_t end, const void *context) {
    char *const *bytes = context;
    memset(*bytes + begin, 0, (size_t)(end - begin));
}

enum wg_status wg_zero_gradients(wg_params *params) {
    if (!params) return wg_fail(WG_ERROR_ARGUMENT, "wg_zero_gradients: the set is NULL");
    char *bytes = params->gradient;
    wg_parallel(params->elements * (int64_t)wg_dtype_size(params->dtype), params->elements,
                zero_bytes, &bytes);
    wg_forget_gradients(params);
    return WG_OK;
}

void wg_forget_gradients(wg_params *params) {
    for (int i = 0; i < params->count; i++) params->param[i].has_gradient = 0;
}

void wg_zero_missing_gradients(wg_params *params) {
    for (int i = 0; i < params->count; i++) {
        const struct wg_param *param = &params->param[i];
        if (param->has_gradient || param->size == 0) continue;
        const struct wg_tensor t = part(params, param, params->gradient);
        memset(t.data, 0, (size_t)t.size * wg_dtype_size(t.dtype));
    }
}

struct wg_shape wg_prelu_alpha_shape(struct wg_shape input, struct wg_axes shared) {
    struct wg_shape alpha = {.rank = input.rank - 1};
    if (input.rank < 2 || input.rank > WG_MAX_RANK) {
        wg_fail(WG_ERROR_SHAPE,
                "wg_prelu_alpha_shape: rank %d; expected a batch and at least one more dimension",
                input.rank);
        return (struct wg_shape){0};
    }
    if (shared.count < 0 || shared.count > WG_MAX_RANK) {
        wg_fail(WG_ERROR_SHAPE, "wg_prelu_alpha_shape: %d shared axes; expected 0 to %d",
                shared.count, WG_MAX_RANK);
        return (struct wg_shape){0};
    }
    for (int d = 0; d < alpha.rank; d++) alpha.dim[d] = input.dim[d + 1];
    for (int i = 0; i < shared.count; i++) {
        if (shared.axis[i] < 1 || shared.axis[i] >= input.rank) {
            wg_fail(WG_ERROR_SHAPE,
                    "wg_prelu_alpha_shape: shared axis %d of shape %s; expected 1 to %d",
                    shared.axis[i], wg_shape_text(input).text, input.rank - 1);
            return (struct wg_shape){0};
        }
        alpha.dim[shared.axis[i] - 1] = 1;
    }
    return alpha;
}
