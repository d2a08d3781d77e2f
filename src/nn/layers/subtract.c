/* subtract: the first input less the second. */
#include "nn/layers/merge.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)options;
    return wg_merge(x, n, wg_sub);
}

WG_LAYER(subtract, wg_merge_options, .least = 2, .most = 2, .record = record, .field = WG_NO_FIELDS)
