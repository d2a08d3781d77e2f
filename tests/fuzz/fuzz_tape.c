/* Random programs on a tape: leaves of random shapes and dtypes, ops from the registry with random
 * inputs and attributes, then backward, new data, replay, tangent, rewinding and printing. No
 * program, however wrong, may do more than set an error. */
#define _POSIX_C_SOURCE 200809L
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VARIABLES 24
#define MAX_ELEMENTS 4096
#define MAX_INPUTS 5
#define MAX_SLOTS (WG_MAX_ATTRIBUTES * WG_LIST_SLOTS)

struct input {
    const uint8_t *at, *end;
};

static int next(struct input *in) { return in->at < in->end ? *in->at++ : 0; }

static int below(struct input *in, int n) { return next(in) % n; }

/* Mostly small whole numbers, as axes and sizes are, and now and then one that is neither. */
static double number(struct input *in) {
    static const double odd[] = {0.5, -1e300, 1e-320, 4294967296.0, 9.3e18, -0.0, 1.0 / 3, 1e9};
    const int byte = next(in);
    if (byte >= 250) return byte == 255 ? (double)NAN : odd[(byte + next(in)) % 8];
    return byte % 9 - 3;
}

static struct wg_shape shape(struct input *in) {
    struct wg_shape shape = {.rank = below(in, 5)};
    for (int d = 0; d < shape.rank; d++) {
        const int byte = next(in);
        shape.dim[d] = byte == 255 ? INT64_MAX / 3 : byte == 254 ? -2 : byte % 5;
    }
    if (next(in) == 255) shape.rank = WG_MAX_RANK + 1;
    return shape;
}

/* Values as the fuzzer likes: floats or doubles of few bits, or small labels. */
static void fill(struct input *in, enum wg_dtype dtype, int64_t size, void *data) {
    for (int64_t i = 0; i < size; i++) {
        const double value = number(in);
        if (dtype == WG_F32) ((float *)data)[i] = (float)value;
        if (dtype == WG_F64) ((double *)data)[i] = value;
        if (dtype == WG_I32) ((int32_t *)data)[i] = below(in, 7) - 1;
    }
}

static double room[MAX_ELEMENTS];

static wg_var leaf(struct input *in, wg_tape *tape) {
    const enum wg_dtype dtype = (enum wg_dtype)below(in, 3);
    const struct wg_shape s = shape(in);
    const int64_t size = wg_shape_size(s);
    if (size > MAX_ELEMENTS) return (wg_var){0};
    if (size > 0) fill(in, dtype, size, room);
    return next(in) % 3 ? wg_variable(tape, dtype, s, room) : wg_input(tape, dtype, s, room);
}

static wg_var apply(struct input *in, const wg_var *v, int count) {
    static int ops;
    while (wg_op_at(ops)) ops++;
    const struct wg_op *op = wg_op_at(below(in, ops));
    int most, least = wg_op_input_count(op, &most);
    double slots[MAX_SLOTS];
    if (wg_op_attribute_slots(op) > MAX_SLOTS) abort();
    wg_op_defaults(op, slots);
    for (int i = 0, n = wg_op_attribute_slots(op); i < n; i++) {
        if (next(in) % 2) slots[i] = number(in);
    }
    wg_var x[MAX_INPUTS];
    int n = next(in) == 255 ? below(in, MAX_INPUTS) : least + (most < 0 ? below(in, 3) : 0);
    if (n > MAX_INPUTS) n = MAX_INPUTS;
    for (int i = 0; i < n; i++) x[i] = v[below(in, count)];
    wg_var y = wg_apply(op, x, n, next(in) % 4 ? slots : NULL);
    /* broadcasting may make it large: such a variable is left alone */
    return wg_value(y).size > MAX_ELEMENTS ? (wg_var){0} : y;
}

static void run(struct input *in, wg_tape *tape, wg_var *v, int *count) {
    const wg_var picked = v[below(in, *count)];
    switch (below(in, 8)) {
    case 0:
        wg_backward(picked);
        break;
    case 1:
        fill(in, wg_value(picked).dtype, wg_value(picked).data ? wg_value(picked).size : 0, room);
        wg_set(picked, room);
        break;
    case 2:
        wg_forward(tape);
        break;
    case 3: {
        const wg_var wrt = v[below(in, *count)];
        const struct wg_tensor direction = wg_value(wrt);
        const void *directions[] = {direction.data};
        wg_tangent(picked, room, 1, &wrt, directions);
        break;
    }
    case 4:
        wg_gradient(picked);
        break;
    case 5: {
        const struct wg_tensor value = wg_value(picked);
        if (value.data && value.dtype != WG_I32) wg_backward_from(picked, value.data);
        break;
    }
    default:
        v[(*count)++] = apply(in, v, *count - 1);
    }
}

static void print(const wg_tape *tape) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    wg_tape_print(tape, out);
    fclose(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input in = {bytes, bytes + size};
    wg_tape *tape = wg_tape_new();
    if (!tape) abort();
    for (int round = 0; round < 2; round++) {
        const struct wg_mark start = wg_tape_mark(tape);
        wg_var v[MAX_VARIABLES + 1] = {{0}};
        int count = 1; /* v[0] is the null variable */
        for (int leaves = 1 + below(&in, 4); leaves > 0; leaves--) v[count++] = leaf(&in, tape);
        while (in.at < in.end && count < MAX_VARIABLES) {
            run(&in, tape, v, &count);
            if (wg_error_status() != WG_OK && !wg_error()[0]) abort();
            wg_clear_error();
        }
        print(tape);
        wg_tape_rewind(tape, start);
    }
    wg_tape_free(tape);
    wg_clear_error();
    return 0;
}
