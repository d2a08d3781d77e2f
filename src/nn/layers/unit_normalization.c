/* unit_normalization: x divided by its norm. */
#include "nn/layer.h"

#include "wengert/ops.h"

/* Floats hold its fourth power. */
#define LEAST_EPSILON 1e-9

static wg_var constant(wg_pass *pass, double value) {
    return wg_constant_scalar(wg_pass_tape(pass), wg_pass_dtype(pass), value);
}

/* The larger of both is taken before the root, whose slope at 0 is infinite. */
static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_unit_normalization_options *o = options;
    const struct wg_axes axes = o->axis.count ? o->axis : WG_AXES(-1);
    const bool squares = o->order == 2;
    wg_var order = {0};
    if (!squares) order = constant(pass, o->order);
    const wg_var power = squares ? wg_square(x[0]) : wg_pow(wg_abs(x[0]), order);
    /* epsilon^order is taken by the op too: the same bits everywhere. */
    const wg_var epsilon = constant(pass, o->epsilon),
                 least = squares ? wg_square(epsilon) : wg_pow(epsilon, order),
                 sum = wg_maximum(wg_sum(power, axes, 1), least);
    return wg_div(x[0], squares ? wg_sqrt(sum) : wg_pow(sum, constant(pass, 1 / o->order)));
}

WG_LAYER(unit_normalization, wg_unit_normalization_options,
         .field = WG_FIELDS(WG_FIELD(wg_unit_normalization_options, axis, WG_FIELD_AXES),
                            WG_FIELD(wg_unit_normalization_options, order, WG_FIELD_NUMBER,
                                     .fallback = 2, .min = 1, .max = 4),
                            WG_FIELD(wg_unit_normalization_options, epsilon, WG_FIELD_NUMBER,
                                     .fallback = 1e-7, .min = LEAST_EPSILON, .max = WG_UNLIMITED)),
         .record = record)
