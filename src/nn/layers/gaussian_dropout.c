/* gaussian_dropout: x times a normal number of mean 1. */
#include "nn/layers/noise.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_gaussian_dropout_options *o = options;
    if (wg_pass_mode(pass) != WG_TRAINING) return x[0];
    return wg_keyed_gaussian_dropout(x[0], wg_pass_key(pass), o->rate);
}

WG_LAYER(gaussian_dropout, wg_gaussian_dropout_options,
         .field = WG_FIELDS(WG_RATE_FIELD(wg_gaussian_dropout_options)), .record = record)
