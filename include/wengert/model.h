/* Models: layers with their weights, recorded on tapes.
 *
 * A sequence of layers:
 *     wg_model *model = wg_sequential(WG_SHAPE(28, 28, 1), wg_flatten(), wg_dense(.units = 10));
 *
 * or any function of layers and ops, for residual connections, shared layers, several inputs:
 *     static wg_var residual(wg_pass *pass, const wg_var *x, void *context) {
 *         wg_var h = wg_call(pass, wg_dense(.units = 64, .activation = "relu"), x[0]);
 *         wg_var g = wg_call(pass, wg_dense(.units = 64, .activation = "relu"), h);
 *         return wg_call(pass, wg_dense(.units = 10), wg_add(g, h));
 *     }
 *     wg_model *model = wg_model_new((struct wg_model_options){
 *         .inputs = 1, .input = {{.shape = WG_SHAPE(784)}}, .forward = residual});
 *
 * Making a model runs it once, on zeros with a batch of 1: so shapes are checked, and every layer
 * says which weights it needs. Training is in train.h.
 */
#ifndef WENGERT_MODEL_H
#define WENGERT_MODEL_H

#include "wengert/layers.h"
#include "wengert/params.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_model wg_model;

/* One recording of a model on a tape. */
typedef struct wg_pass wg_pass;

#define WG_MAX_MODEL_INPUTS 8

/* What a model computes from its inputs: called once for each recording, and must call the same
 * layers in the same order each time: also with every compiler, so at most one argument of a call
 * may be a recording one, as C leaves their order open. Returns the null variable after an error.
 */
typedef wg_var wg_model_function(wg_pass *pass, const wg_var *x, void *context);

struct wg_model_input {
    struct wg_shape shape; /* without the batch */
    enum wg_dtype dtype;   /* WG_I32 for indices; else the model's, whatever stands here */
};

struct wg_model_options {
    int inputs; /* 0 means 1 */
    struct wg_model_input input[WG_MAX_MODEL_INPUTS];
    wg_model_function *forward;
    void *context;       /* handed to forward */
    enum wg_dtype dtype; /* of weights and values: WG_F32, the default, or WG_F64 */
    uint64_t seed;       /* of the initial weights */
};

/* NULL, with the error set: no function, a wrong input, an error in the function, memory. */
wg_model *wg_model_new(struct wg_model_options options);

/* A model of n layers one after the other, which it takes over also where it fails; a NULL among
 * them (a layer that could not be made) fails. Of the options only the first input's shape and
 * dtype, dtype and seed count; where the first layer takes indices, so does the model. */
wg_model *wg_sequential_new(struct wg_model_options options, wg_layer *const *layer, int n);

#ifndef __cplusplus
#define wg_sequential_with(options, ...)                                                           \
    wg_sequential_new(options, (wg_layer *const[]){__VA_ARGS__},                                   \
                      (int)(sizeof((wg_layer *const[]){__VA_ARGS__}) / sizeof(wg_layer *)))
#define wg_sequential(input_shape, ...)                                                            \
    wg_sequential_with((struct wg_model_options){.input = {{.shape = input_shape}}}, __VA_ARGS__)
#endif

/* The same from text, layers with ";" between them, each as wg_layer_from_text reads it:
 * "conv2d 32 3x3 elu; max_pooling2d 2; flatten; dense 10". */
wg_model *wg_sequential_from_text(struct wg_model_options options, const char *text);

/* The text that makes it again: kinds, names and the options that are not the defaults; for models
 * of a function, their layers in the order of their first call. Valid until the model is freed. */
const char *wg_model_text(const wg_model *model);

/* Whether the model is a sequence of layers, so that its text says all of it. */
int wg_model_is_sequential(const wg_model *model);

void wg_model_free(wg_model *model);

/* ---- Weights ------------------------------------------------------------------------------ */

/* The weights: those that training changes, and those that it does not (moving statistics). Names
 * are "layer/weight", as "dense_1/kernel". Weights of layers that are not trainable are among the
 * first, and wg_model_trainable says so. */
wg_params *wg_model_params(const wg_model *model);
wg_params *wg_model_statistics(const wg_model *model);
int wg_model_trainable(const wg_model *model, int parameter);

/* Draws all weights anew. */
enum wg_status wg_model_initialize(wg_model *model, uint64_t seed);

/* Applies the weights' constraints, as after an update. */
enum wg_status wg_model_constrain(wg_model *model);

/* The number of elements of all weights. */
int64_t wg_model_parameters(const wg_model *model);

enum wg_dtype wg_model_dtype(const wg_model *model);
int wg_model_inputs(const wg_model *model);
struct wg_model_input wg_model_input_at(const wg_model *model, int i);

/* The output's shape without the batch. */
struct wg_shape wg_model_output_shape(const wg_model *model);

/* A table: layer and kind, output shape, parameters; then their sums. */
enum wg_status wg_model_summary(const wg_model *model, FILE *out);

/* ---- Recording ---------------------------------------------------------------------------- */

/* How layers behave. Training: noise, batch statistics. Penalties are recorded either way, on
 * request. */
enum wg_mode { WG_INFERENCE, WG_TRAINING };

/* The model on a tape: as often, in as many modes and for as many batch sizes as one likes. Neither
 * tape nor model may be freed before the pass; freeing the pass leaves the tape as it is. */
wg_pass *wg_pass_new(wg_model *model, wg_tape *tape, enum wg_mode mode);
void wg_pass_free(wg_pass *pass);

/* Records the model on its inputs (x[i]: a batch of the model's i-th input; all batches of one
 * size) and returns its output. Errors are the layers', with their names in front. */
wg_var wg_pass_record(wg_pass *pass, const wg_var *x);

/* The sum of the penalties of regularizers, of weights and of activities, recorded by now; a
 * constant 0 where there is none. */
wg_var wg_pass_penalty(wg_pass *pass);

/* Sets what noise is drawn from, for the next wg_forward: the same seed and position (the number of
 * the step) give the same noise. */
enum wg_status wg_pass_set_noise(wg_pass *pass, uint64_t seed, uint64_t position);

/* Moves moving statistics on by the batch of the last run: once a training step. */
enum wg_status wg_pass_update_statistics(wg_pass *pass);

/* ---- Inside a model's function, and in layers of one's own --------------------------------- */

/* Calls a layer. The pass takes it over. A layer may be made right there, each time the function
 * runs: the k-th layer of its kind that is made without a name is the same one in each recording.
 */
wg_var wg_call(wg_pass *pass, wg_layer *layer, wg_var x);
wg_var wg_call_n(wg_pass *pass, wg_layer *layer, const wg_var *x, int n);

wg_tape *wg_pass_tape(const wg_pass *pass);
enum wg_mode wg_pass_mode(const wg_pass *pass);
enum wg_dtype wg_pass_dtype(const wg_pass *pass);

/* A weight as a variable: made, with these initial values, in the first recording. */
struct wg_weight {
    const char *name;
    struct wg_shape shape;
    const char *initializer;              /* NULL: "zeros" */
    const char *regularizer, *constraint; /* NULL: none */
};
wg_var wg_pass_weight(wg_pass *pass, struct wg_weight weight);

/* A weight that training does not change, and the value that wg_pass_update_statistics moves it
 * towards: statistic = momentum * statistic + (1 - momentum) * batch. */
wg_var wg_pass_statistic(wg_pass *pass, struct wg_weight weight);
enum wg_status wg_pass_move_statistic(wg_pass *pass, const char *name, wg_var batch,
                                      double momentum);

/* A key for the keyed ops of ops.h, another for each call. */
wg_var wg_pass_key(wg_pass *pass);

/* Adds a penalty. */
enum wg_status wg_pass_add_penalty(wg_pass *pass, wg_var penalty);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
