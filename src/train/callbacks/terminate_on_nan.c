/* terminate_on_nan: ends fit before the update of a step whose loss or gradients are not finite,
 * and says where it began. */
#include "train/callback.h"

#include "base/error.h"
#include "nn/params.h"
#include "tape/tape.h"

#include <math.h>
#include <stdio.h>

static const char who[] = "terminate_on_nan";

/* The first element that is not finite; -1 for none. */
static int64_t first(enum wg_dtype dtype, int64_t size, void *data) {
    const struct wg_tensor t = {.data = data, .size = size, .dtype = dtype};
    if (dtype == WG_I32 || !data) return -1;
    for (int64_t i = 0; i < size; i++) {
        if (!isfinite(wg_element(&t, i))) return i;
    }
    return -1;
}

static const char *element(const struct wg_node *node, void *data, int64_t i) {
    const struct wg_tensor t = {.data = data, .dtype = node->value.dtype};
    const double value = wg_element(&t, i);
    return isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"; /* a NaN's sign means nothing */
}

/* "the exp of node 12 (dense_1)" */
static void describe(const wg_tape *tape, size_t i, char *text, size_t size) {
    const struct wg_node *node = tape->node[i];
    const char *kind = node->kind == WG_NODE_OP      ? node->call.op->name
                       : node->kind == WG_NODE_INPUT ? "input"
                                                     : "parameter";
    snprintf(text, size, "%s, node %zu%s%s%s, shape %s", kind, i, node->name ? " (" : "",
             node->name ? node->name : "", node->name ? ")" : "",
             wg_shape_text(node->value.shape).text);
}

static enum wg_status at_step(const struct wg_moment *moment, const char *what) {
    return wg_fail(WG_ERROR_STATE, "%s: epoch %lld, batch %lld (step %lld): %s", who,
                   (long long)moment->epoch, (long long)moment->batch, (long long)moment->step,
                   what);
}

/* Forward: the first node of the tape. */
static bool find_value(const struct wg_moment *moment, char *text, size_t size) {
    const wg_tape *tape = moment->tape;
    for (size_t i = 0; i < tape->count; i++) {
        const struct wg_node *node = tape->node[i];
        const int64_t at = first(node->value.dtype, node->value.size, node->value.data);
        char place[256];
        if (at < 0 || node->hidden) continue;
        describe(tape, i, place, sizeof place);
        snprintf(text, size, "the first value that is not finite is %s, element %lld of %s",
                 element(node, node->value.data, at), (long long)at, place);
        return true;
    }
    return false;
}

/* The last node that uses the i-th: what made its gradient last was a use of it. */
static size_t user_of(const wg_tape *tape, size_t i) {
    for (size_t j = tape->count; j-- > i + 1;) {
        const struct wg_node *node = tape->node[j];
        if (node->kind != WG_NODE_OP) continue;
        for (int k = 0; k < node->call.args.inputs; k++) {
            if (node->inputs[k] == i) return j;
        }
    }
    return i;
}

/* Backward: the first node in the order of the backward loop. */
static bool find_gradient(const struct wg_moment *moment, char *text, size_t size) {
    const wg_tape *tape = moment->tape;
    for (size_t i = tape->count; i-- > 0;) {
        const struct wg_node *node = tape->node[i];
        char place[256], by[256];
        if (node->hidden_gradient || !node->active || !node->gradient || !node->has_gradient ||
            !*node->has_gradient)
            continue;
        const int64_t at = first(node->value.dtype, node->value.size, node->gradient);
        if (at < 0) continue;
        describe(tape, i, place, sizeof place);
        describe(tape, user_of(tape, i), by, sizeof by);
        snprintf(text, size,
                 "the first gradient that is not finite is %s, element %lld of that of %s, from %s",
                 element(node, node->gradient, at), (long long)at, place, by);
        return true;
    }
    return false;
}

static bool all_finite(const wg_params *params) {
    for (int i = 0; i < wg_params_count(params); i++) {
        const struct wg_tensor g = wg_param_gradient(params, i);
        if (first(g.dtype, g.size, g.data) >= 0) return false;
    }
    return true;
}

static enum wg_status before_update(void *context, const struct wg_moment *moment) {
    char text[800];
    (void)context;
    if (isfinite(wg_item(moment->loss)) && all_finite(wg_model_params(moment->model))) return WG_OK;
    if (find_value(moment, text, sizeof text) || find_gradient(moment, text, sizeof text))
        return at_step(moment, text);
    return at_step(moment, "the gradients that were added up are not finite");
}

wg_callback *wg_terminate_on_nan(void) {
    return wg_callback_new(
        (struct wg_callback_functions){.name = who, .before_update = before_update});
}
