/* concatenate: inputs one after the other. */
#include "nn/layer.h"

#include "nn/layers/merge.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass;
    const struct wg_concatenate_options *o = options;
    const int rank = wg_shape_of(x[0]).rank;
    if (!wg_check_feature_axis(rank, o->axis) || !wg_merge_fits(x, n)) return (wg_var){0};
    return wg_concat(x, n, o->axis);
}

WG_LAYER(concatenate, wg_concatenate_options,
         .field = WG_FIELDS(WG_FIELD(wg_concatenate_options, axis, WG_FIELD_WHOLE, .fallback = -1,
                                     .min = -WG_MAX_RANK, .max = WG_MAX_RANK - 1)),
         .least = 1, .most = WG_MOST_MERGED, .record = record)
