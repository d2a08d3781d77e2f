/* Pooling, by whatever op. */
#ifndef WG_NN_LAYERS_POOLING_H
#define WG_NN_LAYERS_POOLING_H

#include "nn/layers/window.h"

typedef wg_var wg_pooling_op(wg_var x, struct wg_pooling options);
typedef wg_var wg_reduction_op(wg_var x, struct wg_axes axes, int keepdims);

static inline wg_var wg_pool_images(const struct wg_pooling2d_options *o, wg_var x,
                                    wg_pooling_op *op) {
    if (!wg_check_image(x)) return (wg_var){0};
    return op(x, (struct wg_pooling){.size = {o->pool_size[0], o->pool_size[1]},
                                     .strides = {o->strides[0], o->strides[1]},
                                     .same = wg_is_same(o->padding)});
}

static inline wg_var wg_pool_steps(const struct wg_pooling1d_options *o, wg_var x,
                                   wg_pooling_op *op) {
    const int stride = o->strides ? o->strides : o->pool_size;
    if (!wg_check_steps(x)) return (wg_var){0};
    return wg_as_steps(op(wg_as_image(x), (struct wg_pooling){.size = {1, o->pool_size},
                                                              .strides = {1, stride},
                                                              .same = wg_is_same(o->padding)}));
}

static inline wg_var wg_pool_all(const struct wg_global_pooling_options *o, wg_var x, int axes,
                                 wg_reduction_op *op) {
    if (!(axes == 2 ? wg_check_image(x) : wg_check_steps(x))) return (wg_var){0};
    return op(x, axes == 2 ? WG_AXES(1, 2) : WG_AXES(1), o->keepdims == WG_YES);
}

/* Kinds of layers: images or sequences, one op or the other. */
#define WG_POOLING2D_LAYER(kind, op, ...)                                                          \
    static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {             \
        (void)pass, (void)n;                                                                       \
        return wg_pool_images(options, x[0], op);                                                  \
    }                                                                                              \
    WG_LAYER(kind, wg_pooling2d_options, __VA_ARGS__,                                              \
             .field = WG_FIELDS(WG_SIZE_FIELD(wg_pooling2d_options, pool_size, WG_FIELD_PAIR, 2),  \
                                WG_FIELD(wg_pooling2d_options, strides, WG_FIELD_PAIR, .min = 1,   \
                                         .max = WG_MOST_IN_WINDOW, .optional = true),              \
                                WG_PADDING_FIELD(wg_pooling2d_options)),                           \
             .record = record)

#define WG_POOLING1D_LAYER(kind, op)                                                               \
    static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {             \
        (void)pass, (void)n;                                                                       \
        return wg_pool_steps(options, x[0], op);                                                   \
    }                                                                                              \
    WG_LAYER(kind, wg_pooling1d_options,                                                           \
             .field = WG_FIELDS(WG_SIZE_FIELD(wg_pooling1d_options, pool_size, WG_FIELD_WHOLE, 2), \
                                WG_FIELD(wg_pooling1d_options, strides, WG_FIELD_WHOLE, .min = 1,  \
                                         .max = WG_MOST_IN_WINDOW, .optional = true),              \
                                WG_PADDING_FIELD(wg_pooling1d_options)),                           \
             .record = record)

#define WG_GLOBAL_POOLING_LAYER(kind, axes, op)                                                    \
    static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {             \
        (void)pass, (void)n;                                                                       \
        return wg_pool_all(options, x[0], axes, op);                                               \
    }                                                                                              \
    WG_LAYER(kind, wg_global_pooling_options,                                                      \
             .field = WG_FIELDS(                                                                   \
                 WG_FIELD(wg_global_pooling_options, keepdims, WG_FIELD_FLAG, .fallback = WG_NO)), \
             .record = record)

#endif
