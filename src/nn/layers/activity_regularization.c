/* activity_regularization: x, with a penalty of it. */
#include "nn/layer.h"

#include "wengert/regularizers.h"

#include <stdio.h>

#define LARGEST_FACTOR 1e30 /* regularizers.h */

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_activity_regularization_options *o = options;
    char text[96];
    if (o->l1 == 0 && o->l2 == 0) return x[0];
    snprintf(text, sizeof text, "l1l2 l1=%.17g l2=%.17g", o->l1, o->l2);
    if (wg_pass_add_penalty(pass, wg_regularize_activity(x[0], text)) != WG_OK) return (wg_var){0};
    return x[0];
}

WG_LAYER(activity_regularization, wg_activity_regularization_options,
         .field = WG_FIELDS(WG_FIELD(wg_activity_regularization_options, l1, WG_FIELD_NUMBER,
                                     .max = LARGEST_FACTOR),
                            WG_FIELD(wg_activity_regularization_options, l2, WG_FIELD_NUMBER,
                                     .max = LARGEST_FACTOR)),
         .record = record)
