#!/usr/bin/env python3
"""Figures of Keras for recurrent layers and attention, as tests/golden/recurrent.txt holds them.

    python3 scripts/golden_recurrent.py > tests/golden/recurrent.txt

Needs Keras 3 on TensorFlow. Weights and inputs are fractions of 8 that their places give, so that both sides have the same to the bit.
"""
import keras
import numpy
import tensorflow

HEAD = """\
# Figures of Keras {keras} on TensorFlow {tensorflow}, in double, for recurrent layers and attention; made by
# scripts/golden_recurrent.py. A case is its number, its kind and the layer as a text, then lines of
#   within R A                |ours - theirs| <= A + R |theirs|
#   x, value, key             the inputs' shapes
#   elements                  of all weights together
#   y                         the result
#   dx                        the first input's gradient, for an upstream gradient of 1
# Element k of weight j, in Keras's order, is ((7 k + 5 j) mod 13 - 6) / 8; of input j ((11 k + 3 j) mod 17 - 8) / 8.
# Keras rounds 1 / sqrt(key_dim) to float, so that where it is no fraction of 2 the figures are good to six digits.
"""

CASES = [
    ("simple_rnn 3", keras.layers.SimpleRNN, (3,), {}, [(2, 4, 3)]),
    ("simple_rnn 2 elu return_sequences=yes go_backwards=yes", keras.layers.SimpleRNN, (2,),
     dict(activation="elu", return_sequences=True, go_backwards=True), [(2, 3, 4)]),
    ("lstm 3", keras.layers.LSTM, (3,), {}, [(2, 5, 4)]),
    ("lstm 2 return_sequences=yes", keras.layers.LSTM, (2,), dict(return_sequences=True), [(2, 6, 3)]),
    ("lstm 4 softsign hard_sigmoid use_bias=no go_backwards=yes", keras.layers.LSTM, (4,),
     dict(activation="softsign", recurrent_activation="hard_sigmoid", use_bias=False, go_backwards=True), [(3, 4, 2)]),
    ("lstm 1 return_sequences=yes", keras.layers.LSTM, (1,), dict(return_sequences=True), [(1, 1, 1)]),
    ("gru 3", keras.layers.GRU, (3,), {}, [(2, 5, 4)]),
    ("gru 2 return_sequences=yes go_backwards=yes", keras.layers.GRU, (2,),
     dict(return_sequences=True, go_backwards=True), [(2, 6, 3)]),
    ("gru 3 reset_after=no return_sequences=yes", keras.layers.GRU, (3,), dict(reset_after=False, return_sequences=True), [(2, 3, 2)]),
    ("gru 2 use_bias=no", keras.layers.GRU, (2,), dict(use_bias=False), [(3, 4, 2)]),
    ("multi_head_attention 2 3", keras.layers.MultiHeadAttention, (2, 3), {}, [(2, 4, 3)]),
    ("multi_head_attention 2 4 use_causal_mask=yes", keras.layers.MultiHeadAttention, (2, 4), dict(causal=True), [(2, 5, 4)]),
    ("multi_head_attention 1 4 value_dim=3 output_shape=5", keras.layers.MultiHeadAttention, (1, 4),
     dict(value_dim=3, output_shape=5), [(2, 3, 4), (2, 5, 2)]),
    ("multi_head_attention 3 4 value_dim=1 use_bias=no", keras.layers.MultiHeadAttention, (3, 4),
     dict(value_dim=1, use_bias=False), [(1, 4, 2), (1, 3, 3), (1, 3, 4)]),
    ("multi_head_attention 4 1 use_causal_mask=yes", keras.layers.MultiHeadAttention, (4, 1), dict(causal=True), [(1, 3, 2), (1, 5, 2)]),
]


def pattern(shape, step, start, modulus):
    k = numpy.arange(int(numpy.prod(shape)), dtype=numpy.int64)
    return (((step * k + start) % modulus - modulus // 2) / 8).reshape(shape)


def line(key, array):
    shape = "x".join(map(str, array.shape))
    print(key, shape, *(repr(float(v)) for v in array.reshape(-1)))


def main():
    keras.backend.set_floatx("float64")
    print(HEAD.format(keras=keras.__version__, tensorflow=tensorflow.__version__))
    for number, (text, kind, sizes, options, shapes) in enumerate(CASES):
        causal = options.pop("causal", False)
        layer = kind(*sizes, **options)
        x = [tensorflow.constant(pattern(shape, 11, 3 * j, 17)) for j, shape in enumerate(shapes)]
        attention = kind is keras.layers.MultiHeadAttention
        call = (lambda: layer(x[0], *(x[1:] or [x[0]]), use_causal_mask=causal)) if attention else (lambda: layer(x[0]))
        call()
        layer.set_weights([pattern(w.shape, 7, 5 * j, 13) for j, w in enumerate(layer.weights)])
        with tensorflow.GradientTape() as tape:
            tape.watch(x[0])
            y = call()
            total = tensorflow.reduce_sum(y)
        inexact = attention and sizes[1] == 3
        print(f"{number:04} layer {text}\nwithin {'1e-6' if inexact else '1e-12'} 1e-14")
        for key, shape in zip(("x", "value", "key"), shapes):
            print(key, "x".join(map(str, shape)))
        print("elements scalar", sum(int(numpy.prod(w.shape)) for w in layer.weights))
        line("y", y.numpy())
        line("dx", tape.gradient(total, x[0]).numpy())
        print()


if __name__ == "__main__":
    main()
