/* Windows: what convolutional and pooling layers share. */
#ifndef WG_NN_LAYERS_WINDOW_H
#define WG_NN_LAYERS_WINDOW_H

#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"

#include <string.h>

#define WG_MOST_IN_WINDOW 1e6 /* along an axis; also strides and dilations */

#define WG_PADDING_FIELD(options)                                                                  \
    WG_FIELD(options, padding, WG_FIELD_TEXT, .word = {"valid", "same"})

/* Sizes, of pairs and of single numbers; `initial` 0: they have to be given. */
#define WG_SIZE_FIELD(options, member, kind, initial)                                              \
    WG_FIELD(options, member, kind, .fallback = initial, .min = 1, .max = WG_MOST_IN_WINDOW)

static inline int wg_is_same(const char *padding) { return strcmp(padding, "same") == 0; }

static inline bool wg_check_image(wg_var x) {
    return wg_check_rank(x, 4, 4, "(batch, rows, columns, channels)");
}

static inline bool wg_check_steps(wg_var x) {
    return wg_check_rank(x, 3, 3, "(batch, steps, channels)");
}

/* A sequence as an image of one row, and back. */
static inline wg_var wg_as_image(wg_var x) {
    const struct wg_shape s = wg_shape_of(x);
    return wg_reshape(x, WG_SHAPE(s.dim[0], 1, s.dim[1], s.dim[2]));
}

static inline wg_var wg_as_steps(wg_var x) {
    const struct wg_shape s = wg_shape_of(x);
    if (wg_is_null(x)) return x;
    return wg_reshape(x, WG_SHAPE(s.dim[0], s.dim[2], s.dim[3]));
}

/* Checks what needs no input: `filters` is a multiple of groups, and no strides together with
 * dilation. Pairs, or one number twice. */
static inline enum wg_status wg_check_windows(const char *kind, int filters, int groups,
                                              const int *strides, const int *dilation) {
    if (filters % groups != 0)
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: filters=%d, groups=%d; expected filters to be a multiple of groups",
                       kind, filters, groups);
    if ((strides[0] > 1 || strides[1] > 1) && (dilation[0] > 1 || dilation[1] > 1))
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: strides=%dx%d with dilation_rate=%dx%d; expected one of them to be 1",
                       kind, strides[0], strides[1], dilation[0], dilation[1]);
    return WG_OK;
}

/* WG_ERROR_SHAPE unless groups divide the channels. */
static inline bool wg_check_groups(int64_t channels, int groups) {
    if (channels % groups == 0) return true;
    wg_fail(WG_ERROR_SHAPE,
            "%lld channels, groups=%d; expected channels to be a multiple of groups",
            (long long)channels, groups);
    return false;
}

#endif
