/* Recurrent layers (layers.h): a state that a sequence's steps change, one after the other.
 *
 * Input (batch, steps, inputs), result (batch, units), the last state, or with return_sequences
 * (batch, steps, units), all of them. States begin as zeros. Each step is recorded, so gradients go
 * back through all of time.
 *
 * What they share, besides what dense has: return_sequences (default WG_NO); go_backwards (default
 * WG_NO): steps are taken from the last to the first, and stand in that order in the result;
 * dropout, in [0, 1), of the inputs, and recurrent_dropout, of the state where the recurrent kernel
 * takes it, while training: one decision for each example and element, for all steps and gates.
 * Initial values: kernel "glorot_uniform", recurrent_kernel "orthogonal", bias "zeros".
 *
 * Source: Keras 3, layers.SimpleRNN, LSTM, GRU; but there recurrent_dropout makes each gate decide
 * by itself.
 */
#ifndef WENGERT_LAYERS_RECURRENT_H
#define WENGERT_LAYERS_RECURRENT_H

#include "wengert/layers.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WG_RECURRENT_OPTIONS                                                                       \
    int use_bias; /* default WG_YES */                                                             \
    const char *kernel_initializer, *recurrent_initializer, *bias_initializer;                     \
    const char *kernel_regularizer, *recurrent_regularizer, *bias_regularizer;                     \
    const char *activity_regularizer; /* of the result, divided by the batch's size */             \
    const char *kernel_constraint, *recurrent_constraint, *bias_constraint;                        \
    int return_sequences, go_backwards;                                                            \
    double dropout, recurrent_dropout;

/* h' = activation(x kernel + bias + h recurrent_kernel).
 * Weights: kernel (inputs, units), recurrent_kernel (units, units), bias (units). */
struct wg_simple_rnn_options {
    int none;
    int units;
    const char *activation; /* default "tanh" */
    WG_RECURRENT_OPTIONS
    WG_LAYER_OPTIONS
};
wg_layer *wg_simple_rnn_new(struct wg_simple_rnn_options options);

/* With z = x kernel + bias + h recurrent_kernel, in four parts i, f, c, o:
 *     carry' = s(f) carry + s(i) activation(c)        h' = s(o) activation(carry')
 * s: recurrent_activation. unit_forget_bias: the bias of f begins as ones.
 * Weights: kernel (inputs, 4 units), recurrent_kernel (units, 4 units), bias (4 units).
 * Source: Hochreiter and Schmidhuber, Neural Computation 9 (1997); Jozefowicz, Zaremba and
 * Sutskever, ICML 2015 (the forget gate's bias). */
struct wg_lstm_options {
    int none;
    int units;
    const char *activation;           /* default "tanh" */
    const char *recurrent_activation; /* default "sigmoid" */
    WG_RECURRENT_OPTIONS
    int unit_forget_bias; /* default WG_YES */
    WG_LAYER_OPTIONS
};
wg_layer *wg_lstm_new(struct wg_lstm_options options);

/* In three parts z, r, h, with x' = x kernel + bias and h' the new state:
 *     z = s(x'_z + (h R)_z)    r = s(x'_r + (h R)_r)    h' = z h + (1 - z) activation(x'_h + u)
 * u = r (h R + recurrent bias)_h with reset_after, else (r h) R_h; s: recurrent_activation, R:
 * recurrent_kernel.
 * Weights: kernel (inputs, 3 units), recurrent_kernel (units, 3 units), bias (2, 3 units), of the
 * inputs and of the state, or without reset_after (3 units).
 * Source: Cho et al., arXiv:1406.1078; reset_after as in cuDNN. */
struct wg_gru_options {
    int none;
    int units;
    const char *activation;           /* default "tanh" */
    const char *recurrent_activation; /* default "sigmoid" */
    WG_RECURRENT_OPTIONS
    int reset_after; /* default WG_YES */
    WG_LAYER_OPTIONS
};
wg_layer *wg_gru_new(struct wg_gru_options options);

#ifndef __cplusplus
#define wg_simple_rnn(...) wg_simple_rnn_new(WG_OPTIONS(wg_simple_rnn_options, __VA_ARGS__))
#define wg_lstm(...) wg_lstm_new(WG_OPTIONS(wg_lstm_options, __VA_ARGS__))
#define wg_gru(...) wg_gru_new(WG_OPTIONS(wg_gru_options, __VA_ARGS__))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
