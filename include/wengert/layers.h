/* Layers: what models are made of.
 *
 *     wg_model *model = wg_sequential(WG_SHAPE(784),
 *         wg_dense(.units = 64, .activation = "selu", .kernel_initializer = "lecun_normal"),
 *         wg_dense(.units = 10));
 *
 * Names, options and defaults are those of Keras 3. A zero means the default; where a number 0
 * itself is meant, write WG_ZERO (optim.h), and for what is to be off, WG_NO: .use_bias = WG_NO.
 * Activations, initializers, regularizers and constraints are lines of text, as in activation.h,
 * initializers.h, regularizers.h and constraints.h; NULL means none, or the default that stands
 * here.
 *
 * Shapes are written without the batch, which comes first. A layer that shares its name with an op
 * (ops.h) ends in _layer.
 *
 * Each call makes a layer for one model, which frees it; it returns NULL, with the error set, for
 * an option out of range or when memory is out; the error names layer, option, value and what it
 * may be. A layer may be called several times in a model, and then shares its weights.
 */
#ifndef WENGERT_LAYERS_H
#define WENGERT_LAYERS_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_layer wg_layer;

/* For options that are on or off: 0 is the default. */
enum { WG_NO = -1, WG_YES = 1 };

/* What every layer takes. Names are unique in a model; without one a layer is called after its kind
 * and number: "dense", "dense_1" ... trainable WG_NO: its weights stay as they are, and batch
 * normalization uses its moving statistics. */
#define WG_LAYER_OPTIONS                                                                           \
    const char *name;                                                                              \
    int trainable; /* default WG_YES */

/* Makes an options struct, also of no options at all. */
#define WG_OPTIONS(type, ...) ((struct type){.none = 0, __VA_ARGS__})

/* A layer from a line of text: its kind, the values of its first options in the order in which they
 * are declared, others by name; a value with spaces stands in parentheses:
 *     "dense 64 selu kernel_initializer=lecun_normal"     "conv2d 32 3x3 elu"
 *     "dense 8 (leaky_relu negative_slope=0.1)"
 * Errors: an unknown kind or option (the text names those that resemble it, and all there are), a
 * value that does not fit. A 0 is a 0 here. */
wg_layer *wg_layer_from_text(const char *text);

/* The kinds of layers that there are, as texts name them, in alphabetical order of their file
 * names; the options of the i-th one, in the order of their declaration. NULL past the last. */
const char *wg_layer_kind(int i);
const char *wg_layer_kind_option(int i, int option);

/* Frees a layer that was given to no model. */
void wg_layer_free(wg_layer *layer);

/* ---- Core --------------------------------------------------------------------------------- */

/* activation(x kernel + bias), along the last axis of any rank: (..., inputs) -> (..., units).
 * Weights: kernel (inputs, units), bias (units). */
struct wg_dense_options {
    int none;
    int units;
    const char *activation;
    int use_bias;                   /* default WG_YES */
    const char *kernel_initializer; /* default "glorot_uniform" */
    const char *bias_initializer;   /* default "zeros" */
    const char *kernel_regularizer, *bias_regularizer;
    const char *activity_regularizer; /* of the output, divided by the batch's size */
    const char *kernel_constraint, *bias_constraint;
    WG_LAYER_OPTIONS
};
wg_layer *wg_dense_new(struct wg_dense_options options);

/* An activation: .activation = "leaky_relu negative_slope=0.1". */
struct wg_activation_layer_options {
    int none;
    const char *activation;
    WG_LAYER_OPTIONS
};
wg_layer *wg_activation_layer_new(struct wg_activation_layer_options options);

/* (a, b, ...) -> (a b ...); no dimension but the batch -> (1). */
struct wg_flatten_options {
    int none;
    WG_LAYER_OPTIONS
};
wg_layer *wg_flatten_new(struct wg_flatten_options options);

#ifndef __cplusplus
#define wg_dense(...) wg_dense_new(WG_OPTIONS(wg_dense_options, __VA_ARGS__))
#define wg_activation_layer(...)                                                                   \
    wg_activation_layer_new(WG_OPTIONS(wg_activation_layer_options, __VA_ARGS__))
#define wg_flatten(...) wg_flatten_new(WG_OPTIONS(wg_flatten_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#include "wengert/layers/activation.h"
#include "wengert/layers/attention.h"
#include "wengert/layers/convolution.h"
#include "wengert/layers/normalization.h"
#include "wengert/layers/recurrent.h"
#include "wengert/layers/regularization.h"
#include "wengert/layers/shape.h"
#endif
