/* The ops by name: each records one node and returns its variable. `wengert ops NAME` prints
 * formula, derivative, kinks and ranges.
 *
 * Inputs broadcast as in NumPy where an op is elementwise. Wrong input sets the error (error.h) and
 * returns the null variable; an op given the null variable passes it on.
 */
#ifndef WENGERT_OPS_H
#define WENGERT_OPS_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Arithmetic, element by element. */
wg_var wg_add(wg_var x, wg_var z);     /* x + z */
wg_var wg_sub(wg_var x, wg_var z);     /* x - z */
wg_var wg_mul(wg_var x, wg_var z);     /* x z */
wg_var wg_div(wg_var x, wg_var z);     /* x / z */
wg_var wg_pow(wg_var x, wg_var z);     /* x^z */
wg_var wg_maximum(wg_var x, wg_var z); /* the larger; ties: x takes the gradient */
wg_var wg_minimum(wg_var x, wg_var z); /* the smaller; ties: x takes the gradient */
wg_var wg_neg(wg_var x);               /* -x */
wg_var wg_square(wg_var x);            /* x^2 */
wg_var wg_sqrt(wg_var x);              /* the square root */
wg_var wg_exp(wg_var x);               /* e^x */
wg_var wg_log(wg_var x);               /* ln x */
wg_var wg_abs(wg_var x);               /* |x|; slope 0 at 0 */

/* Activations. */
wg_var wg_relu(wg_var x); /* max(x, 0); slope 0 at 0 */
wg_var wg_leaky_relu(
    wg_var x, double negative_slope); /* x for x > 0, else negative_slope x; negative_slope >= 0 */
wg_var wg_prelu(wg_var x, wg_var alpha); /* x for x > 0, else alpha x; alpha broadcasts against x */
wg_var wg_relu_with(wg_var x, double negative_slope, double max_value,
                    double threshold);              /* Keras's; max_value INFINITY: none */
wg_var wg_thresholded_relu(wg_var x, double theta); /* x for x > theta, else 0 */
wg_var wg_relu6(wg_var x);                          /* min(max(x, 0), 6) */
wg_var wg_elu(wg_var x, double alpha);              /* x for x > 0, else alpha (e^x - 1) */
wg_var wg_selu(wg_var x);                           /* the self-normalizing elu */
wg_var wg_celu(wg_var x, double alpha);             /* x for x > 0, else alpha (e^(x/alpha) - 1) */
wg_var wg_gelu(wg_var x, int approximate);         /* x Phi(x); approximate 1: the form with tanh */
wg_var wg_silu(wg_var x);                          /* x sigmoid(x) */
wg_var wg_mish(wg_var x);                          /* x tanh(softplus(x)) */
wg_var wg_softplus(wg_var x);                      /* ln(1 + e^x) */
wg_var wg_squareplus(wg_var x, double b);          /* (x + sqrt(x^2 + b)) / 2 */
wg_var wg_softsign(wg_var x);                      /* x / (1 + |x|) */
wg_var wg_log_sigmoid(wg_var x);                   /* ln sigmoid(x) */
wg_var wg_hard_sigmoid(wg_var x);                  /* min(max(x + 3, 0), 6) / 6 */
wg_var wg_hard_silu(wg_var x);                     /* x hard_sigmoid(x) */
wg_var wg_hard_tanh(wg_var x);                     /* min(max(x, -1), 1) */
wg_var wg_hard_shrink(wg_var x, double threshold); /* x for |x| > threshold, else 0 */
wg_var wg_soft_shrink(wg_var x, double threshold); /* x moved towards 0 by the threshold */
wg_var wg_tanh_shrink(wg_var x);                   /* x - tanh x */
wg_var wg_threshold(wg_var x, double threshold,
                    double default_value); /* x for x > threshold, else default_value */
wg_var wg_sparse_plus(wg_var x);           /* 0, (x + 1)^2 / 4, x */
wg_var wg_sparse_sigmoid(wg_var x);        /* 0, (x + 1) / 2, 1 */
wg_var wg_tanh(wg_var x);
wg_var wg_sigmoid(wg_var x); /* 1 / (1 + e^-x) */

/* Activations along an axis (-1 is the last), or along several taken together (WG_ALL_AXES: over
 * all elements). x has rank 1 or more; the result has its shape, and over no elements there is
 * none. Errors (WG_ERROR_SHAPE): a scalar; an axis that x does not have, or that is listed twice.
 * Along a size of 1 the result is 1 (softmax, sparsemax) or 0 (log_softmax), and every gradient 0:
 * for one output take wg_sigmoid. A +inf, a NaN, or nothing but -inf gives NaN all along; -inf
 * among finite values gives 0 (log_softmax: -inf). */
wg_var wg_softmax(wg_var x, int axis);
wg_var wg_softmax_axes(wg_var x, struct wg_axes axes);
wg_var wg_log_softmax(wg_var x, int axis); /* ln softmax, without forming it */
wg_var wg_log_softmax_axes(wg_var x, struct wg_axes axes);
/* The nearest point to x of the simplex, max(x - t, 0) with a sum of 1: most of it is 0. */
wg_var wg_sparsemax(wg_var x, int axis);
/* softmax over the elements whose mask is not 0. The others are exactly 0, as is all where nothing
 * is kept, and so are their gradients, whatever x holds there. mask: int32, no more dimensions than
 * x, each of them, from the last on, 1 or that of x; else WG_ERROR_SHAPE, with both shapes named.
 * Source: Keras 3, layers.Softmax. */
wg_var wg_masked_softmax(wg_var x, wg_var mask, struct wg_axes axes);
/* Attention, in its two halves. Weights (batch, heads, steps, places): the softmax over the places
 * of scale q k^T, of q (batch, steps, heads, size) and k (batch, places, heads, size), where the
 * mask, as wg_masked_softmax takes it, is not 0. And the sums of v (batch, places, heads, size) by
 * such weights, (batch, steps, heads, size). Errors (WG_ERROR_SHAPE): other shapes. Source: Vaswani
 * et al., arXiv:1706.03762. */
wg_var wg_attention_weights(wg_var q, wg_var k, wg_var mask, double scale);
wg_var wg_attention_values(wg_var w, wg_var v);
/* a sigmoid(b), a and b the first and the second half of x along the axis, which the result has
 * half the size of. Errors (WG_ERROR_SHAPE): no such axis; an odd size, named with the axis and the
 * shape. Source: Dauphin, Fan, Auli and Grangier, arXiv:1612.08083. */
wg_var wg_glu(wg_var x, int axis);

/* Reductions. keepdims 1: the reduced axes stay, with size 1. */
wg_var wg_sum(wg_var x, struct wg_axes axes, int keepdims);
wg_var wg_mean(wg_var x, struct wg_axes axes, int keepdims);
wg_var wg_max(wg_var x, struct wg_axes axes, int keepdims); /* ties share the gradient */
wg_var wg_logsumexp(wg_var x, struct wg_axes axes, int keepdims);
/* The biased variance, sum of (x - mean)^2 / n; of nothing it is an error (WG_ERROR_SHAPE). */
wg_var wg_variance(wg_var x, struct wg_axes axes, int keepdims);
/* (x - mean) / sqrt(variance + epsilon), both along the axes; x's shape. Constant along them: 0.
 * Layer normalization is along the last axis, batch normalization along all but the channels.
 * Errors: an axis that x does not have or that is listed twice (WG_ERROR_SHAPE), epsilon below 0 or
 * NaN (WG_ERROR_ARGUMENT). */
wg_var wg_standardize(wg_var x, struct wg_axes axes, double epsilon);

/* The matrix product over the last two dimensions; those before broadcast. transpose_x,
 * transpose_z: 1 to transpose that operand. */
wg_var wg_matmul(wg_var x, wg_var z);
wg_var wg_matmul_transposed(wg_var x, int transpose_x, wg_var z, int transpose_z);

/* Windows over images: x is (batch, height, width, channels), each but the batch at least 1. Along
 * an axis of `in` elements, windows of `size` elements, `dilation` apart, span (size - 1) dilation
 * + 1 elements, and windows are `stride` elements apart. same 0: those that lie within the image,
 * of which there are floor((in - span) / stride) + 1; same 1: ceil(in / stride) windows, with
 * max((out - 1) stride + span - in, 0) elements of padding, half of it, rounded down, before the
 * image and the rest after it. A pair is rows, then columns; left at {0, 0} it means the default.
 * Source: Keras 3, layers.Conv2D, MaxPooling2D, AveragePooling2D. */

struct wg_convolution {
    int strides[2], dilation[2]; /* default 1, 1 each; one of them must be that */
    int same;                    /* 1: padded with zeros */
    int groups;                  /* default 1: filters in so many blocks, each sees its channels */
};

/* The cross-correlation of x with kernel (height, width, channels / groups, filters): (batch,
 * windows down, windows across, filters). Errors (WG_ERROR_SHAPE): ranks other than 4, sizes of 0,
 * channels that are not groups times the kernel's, filters that are no multiple of groups, no room
 * for a window; (WG_ERROR_ARGUMENT): strides, dilation or groups below 1, strides above 1 together
 * with dilation above 1. Shapes and what was expected are named. */
wg_var wg_convolution2d(wg_var x, wg_var kernel, struct wg_convolution options);

struct wg_pooling {
    int size[2];    /* of a window; default 2, 2 */
    int strides[2]; /* default: the size */
    int same;       /* 1: padded, with what has no part in the result */
};

/* The largest element, or the mean, of each window and channel: (batch, windows down, windows
 * across, channels). The first of the largest in row-major order takes the gradient; a NaN is
 * larger than all. The mean is over those elements of the window that lie in the image. Errors: as
 * above.
 */
wg_var wg_max_pool2d(wg_var x, struct wg_pooling options);
wg_var wg_average_pool2d(wg_var x, struct wg_pooling options);

/* Shapes. */
wg_var wg_reshape(wg_var x, struct wg_shape shape); /* one dimension may be -1 */
wg_var wg_transpose(
    wg_var x, struct wg_axes axes); /* dimension d of y is axes[d] of x; WG_ALL_AXES reverses */
wg_var wg_concat(const wg_var *x, int n, int axis); /* one after the other along an axis */
wg_var wg_slice(wg_var x, struct wg_shape begin, struct wg_shape size); /* size -1: the rest */
wg_var wg_broadcast_to(wg_var x, struct wg_shape shape);
/* Rows of a table: table (V, D...), index int32 (P...), result (P..., D...). An index outside 0 ...
 * V - 1 is an error (WG_ERROR_ARGUMENT) at each forward, with its position and the range. The
 * table's gradient adds up what its rows are used for. */
wg_var wg_gather(wg_var table, wg_var index);

/* Noise, by a key: int32 of shape (4), {seed's low half, seed's high half, stream, position}. The
 * numbers are Philox4x32-10's (random.h), a function of the key and of an element's place: the same
 * key gives the same ones, in forward, backward and replay, on any machine and with any number of
 * threads. A leaf given a new position by wg_set() each step makes each replay draw anew. The key
 * has no gradient. Errors: a key that is not int32 (WG_ERROR_DTYPE) or of another shape
 * (WG_ERROR_SHAPE); a rate or stddev out of its range, or NaN (WG_ERROR_ARGUMENT).
 *
 * x / (1 - rate), or 0 with probability rate, in [0, 1], whatever x holds there. Elements along the
 * axes in `shared` share one decision; (struct wg_axes){0} for none. Errors: an axis that x does
 * not have, or that is listed twice (WG_ERROR_SHAPE). */
wg_var wg_keyed_dropout(wg_var x, wg_var key, double rate, struct wg_axes shared);
/* What drops out becomes selu's least value; all is then scaled and shifted so that a mean of 0 and
 * a variance of 1 are kept. rate in [0, 1). Source: Klambauer et al., arXiv:1706.02515. */
wg_var wg_keyed_alpha_dropout(wg_var x, wg_var key, double rate);
/* x times a normal number of mean 1 and variance rate / (1 - rate), rate in [0, 1). */
wg_var wg_keyed_gaussian_dropout(wg_var x, wg_var key, double rate);
/* x plus a normal number of mean 0 and this standard deviation, in [0, the largest float]. */
wg_var wg_keyed_gaussian_noise(wg_var x, wg_var key, double stddev);

/* Losses: the mean over all elements or samples. The last two take logits, not probabilities. */
wg_var wg_mean_squared_error(wg_var x, wg_var target);
wg_var wg_softmax_cross_entropy(wg_var x, wg_var label); /* x (..., classes), label int32 (...) */
wg_var wg_binary_cross_entropy(wg_var x, wg_var target); /* target in [0, 1], of x's shape */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
