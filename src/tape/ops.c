/* The ops by name: attributes put in order, then wg_apply. */
#include "wengert/ops.h"

#include "base/error.h"
#include "ops/registry.h"

#define UNARY(op)                                                                                  \
    wg_var wg_##op(wg_var x) { return wg_apply(&wg_op_##op, &x, 1, NULL); }
#define BINARY(op)                                                                                 \
    wg_var wg_##op(wg_var x, wg_var z) {                                                           \
        const wg_var inputs[] = {x, z};                                                            \
        return wg_apply(&wg_op_##op, inputs, 2, NULL);                                             \
    }

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(pow)
BINARY(maximum)
BINARY(minimum)
BINARY(prelu)
BINARY(mean_squared_error)
BINARY(softmax_cross_entropy)
BINARY(binary_cross_entropy)
BINARY(gather)
UNARY(neg)
UNARY(square)
UNARY(sqrt)
UNARY(exp)
UNARY(log)
UNARY(abs)
UNARY(relu)
UNARY(tanh)
UNARY(sigmoid)
UNARY(relu6)
UNARY(selu)
UNARY(silu)
UNARY(mish)
UNARY(softplus)
UNARY(softsign)
UNARY(log_sigmoid)
UNARY(hard_sigmoid)
UNARY(hard_silu)
UNARY(hard_tanh)
UNARY(tanh_shrink)
UNARY(sparse_plus)
UNARY(sparse_sigmoid)

#define WITH_NUMBER(op, attribute)                                                                 \
    wg_var wg_##op(wg_var x, double attribute) { return wg_apply(&wg_op_##op, &x, 1, &attribute); }

WITH_NUMBER(leaky_relu, negative_slope)
WITH_NUMBER(thresholded_relu, theta)
WITH_NUMBER(elu, alpha)
WITH_NUMBER(celu, alpha)
WITH_NUMBER(squareplus, b)
WITH_NUMBER(hard_shrink, threshold)
WITH_NUMBER(soft_shrink, threshold)

wg_var wg_relu_with(wg_var x, double negative_slope, double max_value, double threshold) {
    const double slots[] = {negative_slope, max_value, threshold};
    return wg_apply(&wg_op_relu, &x, 1, slots);
}

wg_var wg_threshold(wg_var x, double threshold, double default_value) {
    const double slots[] = {threshold, default_value};
    return wg_apply(&wg_op_threshold, &x, 1, slots);
}

wg_var wg_gelu(wg_var x, int approximate) {
    const double slots[] = {approximate};
    return wg_apply(&wg_op_gelu, &x, 1, slots);
}

/* Axes as an attribute: absent for all. A count out of range reaches the op's check as it is. */
static struct wg_list list_of_axes(struct wg_axes axes) {
    struct wg_list list = {.count = axes.count == 0  ? -1
                                    : axes.count < 0 ? WG_MAX_RANK + 1
                                                     : axes.count};
    for (int i = 0; i < axes.count && i < WG_MAX_RANK; i++) list.at[i] = axes.axis[i];
    return list;
}

/* The same for ops along axes, whose absent list means the last axis and whose empty one means all.
 */
static wg_var along_axes(const struct wg_op *op, const wg_var *x, int n, struct wg_axes axes) {
    struct wg_list list = list_of_axes(axes);
    if (axes.count == 0) list.count = 0;
    return wg_apply(op, x, n, (const double *)&list);
}

wg_var wg_softmax(wg_var x, int axis) { return wg_softmax_axes(x, WG_AXES(axis)); }
wg_var wg_softmax_axes(wg_var x, struct wg_axes axes) {
    return along_axes(&wg_op_softmax, &x, 1, axes);
}
wg_var wg_log_softmax(wg_var x, int axis) { return wg_log_softmax_axes(x, WG_AXES(axis)); }
wg_var wg_log_softmax_axes(wg_var x, struct wg_axes axes) {
    return along_axes(&wg_op_log_softmax, &x, 1, axes);
}
wg_var wg_masked_softmax(wg_var x, wg_var mask, struct wg_axes axes) {
    const wg_var inputs[] = {x, mask};
    return along_axes(&wg_op_masked_softmax, inputs, 2, axes);
}
wg_var wg_attention_weights(wg_var q, wg_var k, wg_var mask, double scale) {
    const wg_var inputs[] = {q, k, mask};
    const double slots[] = {scale};
    return wg_apply(&wg_op_attention_weights, inputs, 3, slots);
}
wg_var wg_attention_values(wg_var w, wg_var v) {
    const wg_var inputs[] = {w, v};
    return wg_apply(&wg_op_attention_values, inputs, 2, NULL);
}
wg_var wg_sparsemax(wg_var x, int axis) {
    return along_axes(&wg_op_sparsemax, &x, 1, WG_AXES(axis));
}

wg_var wg_glu(wg_var x, int axis) {
    const double slots[] = {axis};
    return wg_apply(&wg_op_glu, &x, 1, slots);
}

static struct wg_list list_of_shape(struct wg_shape shape) {
    struct wg_list list = {.count = shape.rank < 0 ? WG_MAX_RANK + 1 : shape.rank};
    for (int i = 0; i < shape.rank && i < WG_MAX_RANK; i++) list.at[i] = (double)shape.dim[i];
    return list;
}

static wg_var reduce(const struct wg_op *op, wg_var x, struct wg_axes axes, int keepdims) {
    const struct {
        struct wg_list axes;
        double keepdims;
    } slots = {list_of_axes(axes), keepdims};
    return wg_apply(op, &x, 1, (const double *)&slots);
}

wg_var wg_sum(wg_var x, struct wg_axes axes, int keepdims) {
    return reduce(&wg_op_sum, x, axes, keepdims);
}
wg_var wg_mean(wg_var x, struct wg_axes axes, int keepdims) {
    return reduce(&wg_op_mean, x, axes, keepdims);
}
wg_var wg_max(wg_var x, struct wg_axes axes, int keepdims) {
    return reduce(&wg_op_max, x, axes, keepdims);
}
wg_var wg_logsumexp(wg_var x, struct wg_axes axes, int keepdims) {
    return reduce(&wg_op_logsumexp, x, axes, keepdims);
}

wg_var wg_variance(wg_var x, struct wg_axes axes, int keepdims) {
    return reduce(&wg_op_variance, x, axes, keepdims);
}

wg_var wg_standardize(wg_var x, struct wg_axes axes, double epsilon) {
    const struct {
        struct wg_list axes;
        double epsilon;
    } slots = {list_of_axes(axes), epsilon};
    return wg_apply(&wg_op_standardize, &x, 1, (const double *)&slots);
}

wg_var wg_matmul(wg_var x, wg_var z) { return wg_matmul_transposed(x, 0, z, 0); }

wg_var wg_matmul_transposed(wg_var x, int transpose_x, wg_var z, int transpose_z) {
    const wg_var inputs[] = {x, z};
    const double slots[] = {transpose_x, transpose_z};
    return wg_apply(&wg_op_matmul, inputs, 2, slots);
}

/* A pair as an attribute: absent where it was left at zeros. */
static struct wg_list list_of_pair(const int *pair) {
    if (pair[0] == 0 && pair[1] == 0) return (struct wg_list){.count = -1};
    return (struct wg_list){.count = 2, .at = {pair[0], pair[1]}};
}

wg_var wg_convolution2d(wg_var x, wg_var kernel, struct wg_convolution options) {
    const wg_var inputs[] = {x, kernel};
    const struct {
        struct wg_list strides;
        double padding;
        struct wg_list dilation;
        double groups;
    } slots = {list_of_pair(options.strides), options.same, list_of_pair(options.dilation),
               options.groups == 0 ? 1 : options.groups};
    return wg_apply(&wg_op_convolution2d, inputs, 2, (const double *)&slots);
}

static wg_var pool(const struct wg_op *op, wg_var x, const struct wg_pooling *options) {
    const struct {
        struct wg_list size, strides;
        double padding;
    } slots = {list_of_pair(options->size), list_of_pair(options->strides), options->same};
    return wg_apply(op, &x, 1, (const double *)&slots);
}

wg_var wg_max_pool2d(wg_var x, struct wg_pooling options) {
    return pool(&wg_op_max_pool2d, x, &options);
}
wg_var wg_average_pool2d(wg_var x, struct wg_pooling options) {
    return pool(&wg_op_average_pool2d, x, &options);
}

wg_var wg_reshape(wg_var x, struct wg_shape shape) {
    const struct wg_list slots = list_of_shape(shape);
    return wg_apply(&wg_op_reshape, &x, 1, (const double *)&slots);
}

wg_var wg_transpose(wg_var x, struct wg_axes axes) {
    const struct wg_list slots = list_of_axes(axes);
    return wg_apply(&wg_op_transpose, &x, 1, (const double *)&slots);
}

wg_var wg_concat(const wg_var *x, int n, int axis) {
    const double slots[] = {axis};
    return wg_apply(&wg_op_concat, x, n, slots);
}

wg_var wg_slice(wg_var x, struct wg_shape begin, struct wg_shape size) {
    const struct wg_list slots[] = {list_of_shape(begin), list_of_shape(size)};
    return wg_apply(&wg_op_slice, &x, 1, (const double *)slots);
}

wg_var wg_broadcast_to(wg_var x, struct wg_shape shape) {
    const struct wg_list slots = list_of_shape(shape);
    return wg_apply(&wg_op_broadcast_to, &x, 1, (const double *)&slots);
}

wg_var wg_keyed_dropout(wg_var x, wg_var key, double rate, struct wg_axes shared) {
    const struct {
        double rate;
        struct wg_list shared;
    } slots = {rate, list_of_axes(shared)};
    const wg_var inputs[] = {x, key};
    return wg_apply(&wg_op_keyed_dropout, inputs, 2, (const double *)&slots);
}

#define KEYED(op, attribute)                                                                       \
    wg_var wg_##op(wg_var x, wg_var key, double attribute) {                                       \
        const wg_var inputs[] = {x, key};                                                          \
        return wg_apply(&wg_op_##op, inputs, 2, &attribute);                                       \
    }

KEYED(keyed_alpha_dropout, rate)
KEYED(keyed_gaussian_dropout, rate)
KEYED(keyed_gaussian_noise, stddev)
