/* What recurrent layers share: the projection of all inputs at once, the walk through time. */
#ifndef WG_NN_RECURRENT_H
#define WG_NN_RECURRENT_H

#include "nn/layer.h"

/* A recurrent layer in the middle of being recorded. */
struct wg_recurrent {
    struct wg_recurrent_options {
        int units;
        const char *activation, *recurrent_activation;
        WG_RECURRENT_OPTIONS
    } o;
    int gates;       /* the kernel has so many columns for each unit */
    bool two_biases; /* one of the inputs and one of the state */
    wg_var recurrent_kernel;
    wg_var kernel_part[2];       /* of it, where a kind uses parts; null until the first step */
    wg_var bias, recurrent_bias; /* the inputs' and the state's; null for none */
    wg_var key;                  /* of recurrent dropout; null for none */
    int64_t batch;
    wg_var h, carry;  /* the state; the carry is the LSTM's */
    wg_var *sequence; /* the states so far; NULL where only the last is wanted */
    int64_t done;
    /* The next h (and carry) from x, the step's projected input (batch, gates units). */
    wg_var (*step)(struct wg_recurrent *r, wg_var x);
};

#define WG_RECURRENT_FIELDS(options)                                                               \
    WG_FIELD(options, use_bias, WG_FIELD_FLAG, .fallback = WG_YES),                                \
        WG_WEIGHT_FIELDS(options, kernel, "glorot_uniform"),                                       \
        WG_WEIGHT_FIELDS(options, recurrent, "orthogonal"),                                        \
        WG_WEIGHT_FIELDS(options, bias, "zeros"),                                                  \
        WG_FIELD(options, activity_regularizer, WG_FIELD_TEXT),                                    \
        WG_FIELD(options, return_sequences, WG_FIELD_FLAG, .fallback = WG_NO),                     \
        WG_FIELD(options, go_backwards, WG_FIELD_FLAG, .fallback = WG_NO),                         \
        WG_FIELD(options, dropout, WG_FIELD_NUMBER, .max = 1, .below_max = true),                  \
        WG_FIELD(options, recurrent_dropout, WG_FIELD_NUMBER, .max = 1, .below_max = true)

/* The shared options of a kind's. */
#define WG_RECURRENT_OF(from, recurrent_activation_)                                               \
    {                                                                                              \
        .units = (from)->units, .activation = (from)->activation,                                  \
        .recurrent_activation = recurrent_activation_, .use_bias = (from)->use_bias,               \
        .kernel_initializer = (from)->kernel_initializer,                                          \
        .recurrent_initializer = (from)->recurrent_initializer,                                    \
        .bias_initializer = (from)->bias_initializer,                                              \
        .kernel_regularizer = (from)->kernel_regularizer,                                          \
        .recurrent_regularizer = (from)->recurrent_regularizer,                                    \
        .bias_regularizer = (from)->bias_regularizer,                                              \
        .activity_regularizer = (from)->activity_regularizer,                                      \
        .kernel_constraint = (from)->kernel_constraint,                                            \
        .recurrent_constraint = (from)->recurrent_constraint,                                      \
        .bias_constraint = (from)->bias_constraint, .return_sequences = (from)->return_sequences,  \
        .go_backwards = (from)->go_backwards, .dropout = (from)->dropout,                          \
        .recurrent_dropout = (from)->recurrent_dropout                                             \
    }

/* The layer on x (batch, steps, inputs), by its step. */
wg_var wg_record_recurrent(wg_pass *pass, struct wg_recurrent r, wg_var x);

/* The state as the recurrent kernel takes it: with recurrent dropout. */
wg_var wg_recurrent_state(const struct wg_recurrent *r);

/* Columns of x, `units` at a time: the gate's, counted from 0, and `gates` - 1 that follow. */
wg_var wg_gate(wg_var x, int gate, int gates, int64_t units);

#endif
