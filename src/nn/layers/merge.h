/* Merges: layers that fold an op over their inputs. */
#ifndef WG_NN_LAYERS_MERGE_H
#define WG_NN_LAYERS_MERGE_H

#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"

/* More inputs than anybody merges by hand. */
#define WG_MOST_MERGED 256

/* Shapes of different ranks would be aligned at their ends, and batches with features. */
static inline bool wg_merge_fits(const wg_var *x, int n) {
    const struct wg_shape first = wg_shape_of(x[0]);
    for (int i = 1; i < n; i++) {
        const struct wg_shape shape = wg_shape_of(x[i]);
        if (shape.rank == first.rank && (shape.rank < 1 || shape.dim[0] == first.dim[0])) continue;
        wg_fail(WG_ERROR_SHAPE,
                "input %d of shape %s, the first of shape %s; expected as many dimensions and "
                "examples",
                i + 1, wg_shape_text(shape).text, wg_shape_text(first).text);
        return false;
    }
    return true;
}

static inline wg_var wg_merge(const wg_var *x, int n, wg_var (*op)(wg_var, wg_var)) {
    if (!wg_merge_fits(x, n)) return (wg_var){0};
    wg_var y = x[0];
    for (int i = 1; i < n; i++) y = op(y, x[i]);
    return y;
}

/* A kind of layer that is such a fold. */
#define WG_MERGE_LAYER(kind, op, ...)                                                              \
    static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {             \
        (void)pass, (void)options;                                                                 \
        return wg_merge(x, n, op);                                                                 \
    }                                                                                              \
    WG_LAYER(kind, wg_merge_options, .most = WG_MOST_MERGED, .record = record, __VA_ARGS__,        \
             .field = WG_NO_FIELDS)

#endif
