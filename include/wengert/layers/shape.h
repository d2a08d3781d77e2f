/* Layers that arrange, and layers that merge several inputs. None has weights. */
#ifndef WENGERT_LAYERS_SHAPE_H
#define WENGERT_LAYERS_SHAPE_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The same elements under another shape. In texts "reshape": "reshape 4x4x1". */
struct wg_reshape_layer_options {
    int none;
    struct wg_shape target_shape; /* without the batch; one dimension may be -1 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_reshape_layer_new(struct wg_reshape_layer_options options);

/* Dimension d of the output is dimension dims[d] of the input, counted from 1, as the batch stays
 * where it is: "permute 2,1" transposes matrices. */
struct wg_permute_options {
    int none;
    struct wg_axes dims;
    WG_LAYER_OPTIONS
};
wg_layer *wg_permute_new(struct wg_permute_options options);

/* Merges, of one input or more (subtract: of two), for wg_call_n: inputs of as many dimensions, and
 * along each of one size, or 1. maximum, minimum: where inputs are equal the first takes the
 * gradient. In texts "add", "maximum", "minimum". Source: Keras 3, layers.Add and its kin. */
struct wg_merge_options {
    int none;
    WG_LAYER_OPTIONS
};
wg_layer *wg_add_layer_new(struct wg_merge_options options);
wg_layer *wg_subtract_new(struct wg_merge_options options);
wg_layer *wg_multiply_new(struct wg_merge_options options);
wg_layer *wg_average_new(struct wg_merge_options options);
wg_layer *wg_maximum_layer_new(struct wg_merge_options options);
wg_layer *wg_minimum_layer_new(struct wg_merge_options options);

/* Inputs one after the other along an axis other than the batch. */
struct wg_concatenate_options {
    int none;
    int axis; /* default -1; counted with the batch as 0 */
    WG_LAYER_OPTIONS
};
wg_layer *wg_concatenate_new(struct wg_concatenate_options options);

#ifndef __cplusplus
#define wg_reshape_layer(...)                                                                      \
    wg_reshape_layer_new(WG_OPTIONS(wg_reshape_layer_options, __VA_ARGS__))
#define wg_permute(...) wg_permute_new(WG_OPTIONS(wg_permute_options, __VA_ARGS__))
#define wg_add_layer(...) wg_add_layer_new(WG_OPTIONS(wg_merge_options, __VA_ARGS__))
#define wg_subtract(...) wg_subtract_new(WG_OPTIONS(wg_merge_options, __VA_ARGS__))
#define wg_multiply(...) wg_multiply_new(WG_OPTIONS(wg_merge_options, __VA_ARGS__))
#define wg_average(...) wg_average_new(WG_OPTIONS(wg_merge_options, __VA_ARGS__))
#define wg_maximum_layer(...) wg_maximum_layer_new(WG_OPTIONS(wg_merge_options, __VA_ARGS__))
#define wg_minimum_layer(...) wg_minimum_layer_new(WG_OPTIONS(wg_merge_options, __VA_ARGS__))
#define wg_concatenate(...) wg_concatenate_new(WG_OPTIONS(wg_concatenate_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
