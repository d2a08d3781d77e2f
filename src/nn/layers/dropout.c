/* dropout: 0 with probability rate, else x / (1 - rate). */
#include "nn/layers/noise.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_dropout_options *o = options;
    if (wg_pass_mode(pass) != WG_TRAINING) return x[0];
    return wg_keyed_dropout(x[0], wg_pass_key(pass), o->rate, (struct wg_axes){0});
}

WG_LAYER(dropout, wg_dropout_options, .field = WG_FIELDS(WG_RATE_FIELD(wg_dropout_options)),
         .record = record)
