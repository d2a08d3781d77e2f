/* layer_normalization: each example standardized along axes. */
#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"

/* The axes from 0 on and in ascending order, as the weights' shape has them. */
static bool in_order(struct wg_axes given, int rank, struct wg_axes *axes) {
    bool meant[WG_MAX_RANK] = {false};
    for (int i = 0; i < given.count; i++) {
        if (!wg_check_feature_axis(rank, given.axis[i])) return false;
        const int axis = given.axis[i] + (given.axis[i] < 0 ? rank : 0);
        if (meant[axis]) {
            wg_fail(WG_ERROR_SHAPE, "axis=%d is listed twice; expected each axis once",
                    given.axis[i]);
            return false;
        }
        meant[axis] = true;
    }
    axes->count = 0;
    for (int d = 0; d < rank; d++) {
        if (meant[d]) axes->axis[axes->count++] = d;
    }
    return true;
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_layer_normalization_options *o = options;
    const struct wg_shape in = wg_shape_of(x[0]);
    struct wg_axes axes = {0};
    if (!in_order(o->axis.count ? o->axis : WG_AXES(-1), in.rank, &axes)) return (wg_var){0};
    struct wg_shape shape = {.rank = axes.count}, beside = {.rank = in.rank - axes.axis[0]};
    for (int d = 0; d < beside.rank; d++) beside.dim[d] = 1;
    for (int i = 0; i < axes.count; i++) {
        shape.dim[i] = in.dim[axes.axis[i]];
        beside.dim[axes.axis[i] - axes.axis[0]] = shape.dim[i];
    }
    wg_var y = wg_standardize(x[0], axes, o->epsilon);
    if (o->scale == WG_YES)
        y = wg_mul(
            y, wg_reshape(wg_pass_weight(
                              pass, (struct wg_weight){"gamma", shape, o->gamma_initializer,
                                                       o->gamma_regularizer, o->gamma_constraint}),
                          beside));
    if (o->center == WG_YES)
        y = wg_add(
            y, wg_reshape(wg_pass_weight(
                              pass, (struct wg_weight){"beta", shape, o->beta_initializer,
                                                       o->beta_regularizer, o->beta_constraint}),
                          beside));
    return y;
}

#define FIELD(...) WG_FIELD(wg_layer_normalization_options, __VA_ARGS__)

WG_LAYER(layer_normalization, wg_layer_normalization_options, .also = "layernorm",
         .field = WG_FIELDS(FIELD(axis, WG_FIELD_AXES),
                            FIELD(epsilon, WG_FIELD_NUMBER, .fallback = 1e-3, .max = WG_UNLIMITED),
                            FIELD(center, WG_FIELD_FLAG, .fallback = WG_YES),
                            FIELD(scale, WG_FIELD_FLAG, .fallback = WG_YES),
                            FIELD(beta_initializer, WG_FIELD_TEXT, .text = "zeros"),
                            FIELD(gamma_initializer, WG_FIELD_TEXT, .text = "ones"),
                            FIELD(beta_regularizer, WG_FIELD_TEXT),
                            FIELD(gamma_regularizer, WG_FIELD_TEXT),
                            FIELD(beta_constraint, WG_FIELD_TEXT),
                            FIELD(gamma_constraint, WG_FIELD_TEXT)),
         .record = record)
