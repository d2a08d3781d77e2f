#include "verify/op_case.h"

#include "base/error.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_POINTS 1 /* of the random numbers; the upstream gradient has stream 0 */

/* ------------------------------------------------------------------------------------------------
 * Reading a case */

/* "2x3", "scalar" */
static bool parse_shape(const char *text, struct wg_shape *shape) {
    *shape = (struct wg_shape){0};
    if (strcmp(text, "scalar") == 0) return true;
    for (;;) {
        char *end;
        if (shape->rank == WG_MAX_RANK || *text < '0' || *text > '9') return false;
        shape->dim[shape->rank++] = strtoll(text, &end, 10);
        if (*end == '\0') return wg_shape_size(*shape) >= 0;
        if (*end != 'x') return false;
        text = end + 1;
    }
}

static enum wg_status parse_word(struct wg_op_case *c, char *word) {
    char *equals = strchr(word, '=');
    if (equals) {
        *equals = '\0';
        return wg_op_set(c->op, c->slots, word, equals + 1);
    }
    struct wg_shape shape;
    if (c->inputs == WG_CASE_INPUTS || !parse_shape(word, &shape)) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_gradcheck_op: %s: \"%s\" is not a shape such as 2x3 or scalar, or there are over %d",
            c->op->name, word, WG_CASE_INPUTS);
    }
    const bool integer = c->op->integer_inputs >> c->inputs & 1;
    struct wg_tensor *x = &c->x[c->inputs++];
    *x = (struct wg_tensor){
        .size = wg_shape_size(shape), .dtype = integer ? WG_I32 : WG_F64, .shape = shape};
    x->data = wg_arena_allocate(&c->arena, (size_t)x->size * wg_dtype_size(x->dtype), WG_ALIGNMENT);
    return x->data ? WG_OK : WG_ERROR_MEMORY;
}

static enum wg_status parse_case(struct wg_op_case *c, const char *op_case) {
    const size_t length = strlen(op_case) + 1;
    char *text = wg_arena_allocate(&c->arena, length, 1);
    if (!text) return WG_ERROR_MEMORY;
    memcpy(text, op_case, length);
    for (char *word = text; *word;) {
        char *end = word + strcspn(word, " ");
        const bool last = *end == '\0';
        *end = '\0';
        enum wg_status status = *word ? parse_word(c, word) : WG_OK;
        if (status != WG_OK) return status;
        word = last ? end : end + 1;
    }
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Points */

static struct wg_interval domain_of(const struct wg_op *op, int input) {
    const struct wg_interval usual = {-2, 2};
    for (int i = input < WG_MAX_NAMED_INPUTS ? input : WG_MAX_NAMED_INPUTS - 1; i >= 0; i--) {
        if (op->domain[i].min != 0 || op->domain[i].max != 0) return op->domain[i];
        if (i == input && op->inputs[i] && strcmp(op->inputs[i], "...") != 0) return usual;
    }
    return usual;
}

/* Whether x keeps clear of every kink of that input by more than any difference reaches. Kinks that
 * lie at another input's value cannot be avoided one input at a time; `distinct` is for those. */
static bool clear_of_kinks(const struct wg_op_case *c, int input, double x) {
    for (int i = 0; i < c->op->kink_count; i++) {
        const struct wg_kink *kink = &c->op->kinks[i];
        if (kink->at.input) continue;
        const double at = wg_quantity_value(c->op, kink->at, c->slots, NULL);
        if (kink->input == input && fabs(x - at) <= 1.1 * c->step * fmax(1, fabs(x))) return false;
    }
    return true;
}

double wg_op_case_draw(struct wg_op_case *c, int input) {
    const struct wg_interval domain = domain_of(c->op, input);
    double x = wg_random_uniform(&c->random, domain.min, domain.max);
    for (int tries = 0; tries < 1000 && !clear_of_kinks(c, input, x); tries++) {
        x = wg_random_uniform(&c->random, domain.min, domain.max);
    }
    return x;
}

static void draw_input(struct wg_op_case *c, int input) {
    const struct wg_tensor *x = &c->x[input];
    const struct wg_interval domain = domain_of(c->op, input);
    const uint64_t values = (uint64_t)(domain.max - domain.min) + 1;
    for (int64_t j = 0; j < x->size; j++) {
        if (x->dtype == WG_F64)
            ((double *)x->data)[j] = wg_op_case_draw(c, input);
        else
            ((int32_t *)x->data)[j] =
                (int32_t)domain.min + (int32_t)wg_random_below(&c->random, values);
    }
}

/* Values of all real inputs together, evenly spaced and shuffled: no two are near each other. */
static enum wg_status draw_distinct(struct wg_op_case *c) {
    int64_t total = 0, at = 0;
    for (int i = 0; i < c->inputs; i++) total += c->x[i].dtype == WG_F64 ? c->x[i].size : 0;
    int64_t *order =
        wg_arena_allocate(&c->arena, (size_t)(total + 1) * sizeof *order, _Alignof(int64_t));
    if (!order) return WG_ERROR_MEMORY;
    for (int64_t i = 0; i < total; i++) order[i] = i;
    enum wg_status status = wg_random_shuffle(&c->random, order, total);
    const struct wg_interval domain = domain_of(c->op, 0);
    const double spacing = (domain.max - domain.min) / (double)(total + 1);
    for (int i = 0; i < c->inputs; i++) {
        double *x = c->x[i].data;
        if (c->x[i].dtype != WG_F64) draw_input(c, i);
        for (int64_t j = 0; c->x[i].dtype == WG_F64 && j < c->x[i].size; j++)
            x[j] = domain.min + spacing * (double)(order[at++] + 1);
    }
    const double largest = fmax(1, fmax(fabs(domain.min), fabs(domain.max)));
    c->step = fmin(c->step, 0.4 * spacing / largest);
    return status;
}

static enum wg_status draw_inputs(struct wg_op_case *c) {
    if (c->op->distinct) return draw_distinct(c);
    for (int i = 0; i < c->inputs; i++) draw_input(c, i);
    return WG_OK;
}

enum wg_status wg_op_case_init(struct wg_op_case *c, const struct wg_op *op, const char *text,
                               double step, uint64_t seed) {
    *c = (struct wg_op_case){.op = op, .step = step, .random = wg_random_make(seed, STREAM_POINTS)};
    wg_arena_init(&c->arena, 1 << 14);
    wg_op_defaults(op, c->slots);
    enum wg_status status = parse_case(c, text);
    if (status == WG_OK && c->inputs == 0) {
        status =
            wg_fail(WG_ERROR_ARGUMENT,
                    "wg_gradcheck_op: the case \"%s\" of %s names no input shape", text, op->name);
    }
    return status == WG_OK ? draw_inputs(c) : status;
}

void wg_op_case_free(struct wg_op_case *c) { wg_arena_free(&c->arena); }
