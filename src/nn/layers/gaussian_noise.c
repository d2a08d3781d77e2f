/* gaussian_noise: x plus a normal number of mean 0. */
#include "nn/layers/noise.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_gaussian_noise_options *o = options;
    if (wg_pass_mode(pass) != WG_TRAINING) return x[0];
    return wg_keyed_gaussian_noise(x[0], wg_pass_key(pass), o->stddev);
}

WG_LAYER(gaussian_noise, wg_gaussian_noise_options,
         .field = WG_FIELDS(WG_FIELD(wg_gaussian_noise_options, stddev, WG_FIELD_NUMBER,
                                     .fallback = WG_REQUIRED, .max = 1)),
         .record = record)
