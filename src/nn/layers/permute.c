/* permute: dimensions in another order, the batch staying first. */
#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"

static enum wg_status check(const void *options) {
    const struct wg_permute_options *o = options;
    unsigned seen = 0;
    for (int i = 0; i < o->dims.count; i++) {
        const int d = o->dims.axis[i];
        if (d >= 1 && d <= o->dims.count) seen |= 1u << d;
    }
    if (o->dims.count > 0 && o->dims.count < WG_MAX_RANK && seen == (2u << o->dims.count) - 2)
        return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "permute: dims; expected each of 1 to the number of dimensions once, the batch "
                   "left out, as 2,1");
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)pass, (void)n;
    const struct wg_permute_options *o = options;
    struct wg_axes axes = {.count = o->dims.count + 1};
    if (!wg_check_rank(x[0], axes.count, axes.count,
                       "as many dimensions as dims says, and a batch"))
        return (wg_var){0};
    for (int i = 1; i < axes.count; i++) axes.axis[i] = o->dims.axis[i - 1];
    return wg_transpose(x[0], axes);
}

WG_LAYER(permute, wg_permute_options,
         .field = WG_FIELDS(WG_FIELD(wg_permute_options, dims, WG_FIELD_AXES)), .check = check,
         .record = record)
