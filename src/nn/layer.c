/* Layers as such: options by table, and what several kinds do. */
#define _POSIX_C_SOURCE 200809L
#include "nn/layer.h"

#include "base/error.h"
#include "nn/named.h"
#include "tape/tape.h"
#include "wengert/activation.h"
#include "wengert/ops.h"
#include "wengert/regularizers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X(kind) extern const struct wg_layer_kind wg_layer_kind_##kind;
#include "nn/layers.list"
#undef X

static const struct wg_layer_kind *const kinds[] = {
#define X(kind) &wg_layer_kind_##kind,
#include "nn/layers.list"
#undef X
};

const struct wg_layer_kind *wg_layer_kind_at(int i) {
    return i >= 0 && i < (int)(sizeof kinds / sizeof *kinds) ? kinds[i] : NULL;
}

/* ---- Options ------------------------------------------------------------------------------- */

static void expected(const struct wg_field *f, char *text, size_t size) {
    const char *what = f->kind == WG_FIELD_NUMBER ? "a number"
                       : f->kind == WG_FIELD_PAIR ? "whole numbers"
                                                  : "a whole number";
    const bool open = f->max >= 1e9;
    if (f->min == 0 && f->max == 0)
        snprintf(text, size, "a finite number");
    else if (open)
        snprintf(text, size, "%s from %g on", what, f->min);
    else
        snprintf(text, size, "%s from %g to %g%s", what, f->min, f->max,
                 f->below_max ? ", the latter left out" : "");
}

static enum wg_status check_range(const char *kind, const struct wg_field *f, double value) {
    char range[80];
    const bool any = f->min == 0 && f->max == 0;
    if (isfinite(value) &&
        (any || (value >= f->min && (f->below_max ? value < f->max : value <= f->max))))
        return WG_OK;
    expected(f, range, sizeof range);
    if (isnan(value) && isnan(f->fallback))
        return wg_fail(WG_ERROR_ARGUMENT, "%s: no %s; expected %s", kind, f->name, range);
    return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%g; expected %s", kind, f->name, value, range);
}

static enum wg_status check_word(const char *kind, const struct wg_field *f, const char *text) {
    char all[128] = "";
    if (!f->word[0]) return WG_OK;
    for (size_t i = 0; i < sizeof f->word / sizeof *f->word && f->word[i]; i++) {
        if (strcmp(f->word[i], text) == 0) return WG_OK;
        const size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", f->word[i]);
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%s; expected one of %s", kind, f->name, text, all);
}

/* A text becomes the layer's own. */
static enum wg_status resolve_text(const char *kind, const struct wg_field *f, char *at) {
    const char *given;
    memcpy(&given, at, sizeof given);
    if (!given) given = f->word[0] ? f->word[0] : f->text;
    char *copy = given ? strdup(given) : NULL;
    memcpy(at, &copy, sizeof copy);
    if (!given) return WG_OK;
    if (!copy) return wg_fail(WG_ERROR_MEMORY, "%s: out of memory", kind);
    return check_word(kind, f, copy);
}

static enum wg_status resolve_pair(const char *kind, const struct wg_field *f, char *at) {
    int pair[2];
    memcpy(pair, at, sizeof pair);
    if (pair[0] == 0 && pair[1] == 0) pair[0] = (int)f->fallback;
    if (pair[1] == 0) pair[1] = pair[0];
    memcpy(at, pair, sizeof pair);
    if (pair[0] == 0 && pair[1] == 0 && f->optional) return WG_OK;
    if (check_range(kind, f, pair[0]) != WG_OK) return WG_ERROR_ARGUMENT;
    return check_range(kind, f, pair[1]);
}

static enum wg_status resolve(const char *kind, const struct wg_field *f, char *options) {
    char *at = options + f->offset;
    double number;
    int whole;
    switch (f->kind) {
    case WG_FIELD_TEXT:
        return resolve_text(kind, f, at);
    case WG_FIELD_PAIR:
        return resolve_pair(kind, f, at);
    case WG_FIELD_NUMBER:
        memcpy(&number, at, sizeof number);
        if (number == 0) number = signbit(number) ? 0 : f->fallback;
        memcpy(at, &number, sizeof number);
        return check_range(kind, f, number);
    case WG_FIELD_WHOLE:
        memcpy(&whole, at, sizeof whole);
        if (whole == 0) whole = (int)f->fallback;
        memcpy(at, &whole, sizeof whole);
        return whole == 0 && f->optional ? WG_OK : check_range(kind, f, whole);
    case WG_FIELD_FLAG:
        memcpy(&whole, at, sizeof whole);
        if (whole < WG_NO || whole > WG_YES)
            return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%d; expected WG_YES (1) or WG_NO (-1)", kind,
                           f->name, whole);
        if (whole == 0) whole = (int)f->fallback;
        memcpy(at, &whole, sizeof whole);
        return WG_OK;
    case WG_FIELD_AXES: /* both begin with their length; the rest is for the layer to check */
    case WG_FIELD_SHAPE:
        memcpy(&whole, at, sizeof whole);
        if (whole >= 0 && whole <= WG_MAX_RANK) return WG_OK;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: %s of %d numbers; expected at most %d", kind,
                       f->name, whole, WG_MAX_RANK);
    }
    return WG_OK;
}

static enum wg_status check_name(const char *kind, const char *name) {
    if (!name) return WG_OK;
    const size_t length = strlen(name);
    if (length > 0 && length <= 60 && strcspn(name, " /:;()=\t\n\"\\") == length) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "%s: the name \"%.70s\"; expected 1 to 60 characters, none of them a space or "
                   "one of / : ; ( ) = \" \\",
                   kind, name);
}

wg_layer *wg_layer_new(const struct wg_layer_kind *kind, const void *options) {
    wg_layer *layer = calloc(1, sizeof *layer);
    char *copy = calloc(1, kind->bytes);
    if (!layer || !copy) {
        wg_fail(WG_ERROR_MEMORY, "%s: out of memory", kind->name);
        free(layer);
        free(copy);
        return NULL;
    }
    memcpy(copy, options, kind->bytes);
    layer->kind = kind;
    layer->options = copy;
    const struct wg_common *common = (const struct wg_common *)(const void *)(copy + kind->common);
    layer->trainable = common->trainable ? common->trainable : WG_YES;
    /* All texts are copied before anything can fail: the layer then owns each of them. */
    enum wg_status status = check_name(kind->name, common->name);
    for (const struct wg_field *f = kind->field; f->name; f++) {
        const enum wg_status one = resolve(kind->name, f, copy);
        if (status == WG_OK) status = one;
    }
    if (status == WG_OK && (layer->trainable < WG_NO || layer->trainable > WG_YES))
        status = wg_fail(WG_ERROR_ARGUMENT, "%s: trainable=%d; expected WG_YES (1) or WG_NO (-1)",
                         kind->name, layer->trainable);
    if (status == WG_OK && kind->check) status = kind->check(copy);
    if (status == WG_OK && common->name && !(layer->name = strdup(common->name)))
        status = wg_fail(WG_ERROR_MEMORY, "%s: out of memory", kind->name);
    if (status == WG_OK) return layer;
    wg_layer_free(layer);
    return NULL;
}

void wg_layer_free(wg_layer *layer) {
    if (!layer) return;
    for (const struct wg_field *f = layer->kind->field; f->name; f++) {
        char *text;
        if (f->kind != WG_FIELD_TEXT) continue;
        memcpy(&text, (char *)layer->options + f->offset, sizeof text);
        free(text);
    }
    free(layer->options);
    free(layer->name);
    free(layer);
}

/* ---- What several kinds do ----------------------------------------------------------------- */

struct wg_shape wg_shape_of(wg_var x) {
    if (wg_is_null(x)) return (struct wg_shape){0};
    return wg_value(x).shape;
}

bool wg_check_rank(wg_var x, int least, int most, const char *wanted) {
    const struct wg_tensor value = wg_value(x);
    if (!value.data && value.size == 0 && value.shape.rank == 0) return false;
    if (value.shape.rank >= least && value.shape.rank <= most) return true;
    wg_fail(WG_ERROR_SHAPE, "input of shape %s; expected %s", wg_shape_text(value.shape).text,
            wanted);
    return false;
}

bool wg_check_feature_axis(int rank, int axis) {
    if (rank < 2)
        wg_fail(WG_ERROR_SHAPE,
                "input of rank %d; expected a batch and at least one more dimension", rank);
    else if (axis == 0 || axis <= -rank || axis >= rank)
        wg_fail(WG_ERROR_SHAPE, "axis=%d of an input of rank %d; expected 1 to %d, or %d to -1",
                axis, rank, rank - 1, 1 - rank);
    else
        return true;
    return false;
}

wg_var wg_finish(wg_pass *pass, wg_var y, struct wg_ending ending) {
    if (ending.use_bias == WG_YES) {
        wg_make_internal(y);
        y = wg_add(y, wg_pass_weight(pass, (struct wg_weight){"bias", WG_SHAPE(ending.units),
                                                              ending.bias_initializer,
                                                              ending.bias_regularizer,
                                                              ending.bias_constraint}));
    }
    if (wg_is_null(y)) return y;
    const wg_var before = y;
    y = wg_activate(y, ending.activation);
    if (!wg_is_null(y) && y.index != before.index) wg_make_internal(before);
    if (!wg_is_null(y) && ending.activity_regularizer &&
        wg_pass_add_penalty(pass, wg_regularize_activity(y, ending.activity_regularizer)) != WG_OK)
        return (wg_var){0};
    return y;
}
