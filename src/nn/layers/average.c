/* average: the mean of its inputs. */
#include "nn/layers/merge.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)options;
    return wg_div(wg_merge(x, n, wg_add),
                  wg_constant_scalar(wg_pass_tape(pass), wg_pass_dtype(pass), n));
}

WG_LAYER(average, wg_merge_options, .least = 1, .most = WG_MOST_MERGED, .record = record,
         .field = WG_NO_FIELDS)
