/* spatial_dropout2d: dropout of whole channels. */
#include "nn/layers/noise.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_spatial_dropout_options *o = options;
    if (!wg_check_rank(x[0], 4, 4, "(batch, rows, columns, channels)")) return (wg_var){0};
    if (wg_pass_mode(pass) != WG_TRAINING) return x[0];
    return wg_keyed_dropout(x[0], wg_pass_key(pass), o->rate, WG_AXES(1, 2));
}

WG_LAYER(spatial_dropout2d, wg_spatial_dropout_options,
         .field = WG_FIELDS(WG_RATE_FIELD(wg_spatial_dropout_options)), .record = record)
