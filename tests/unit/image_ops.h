/* What the tests of convolution and pooling share: ops on images, run in double or float, beside
 * loops written out here. */
#ifndef IMAGE_OPS_H
#define IMAGE_OPS_H

#include "wengert/wengert.h"

/* An axis of windows, as Keras counts them. */
struct axis {
    int in, size, stride, dilation, same;
};

static inline int span_of(const struct axis *a) { return (a->size - 1) * a->dilation + 1; }

static inline int windows_of(const struct axis *a) {
    return a->same ? (a->in + a->stride - 1) / a->stride : (a->in - span_of(a)) / a->stride + 1;
}

static inline int padding_before(const struct axis *a) {
    const int all = a->same ? (windows_of(a) - 1) * a->stride + span_of(a) - a->in : 0;
    return all > 0 ? all / 2 : 0;
}

/* The element that tap t of window i lies on; it may lie outside. */
static inline int element_of(const struct axis *a, int i, int t) {
    return i * a->stride + t * a->dilation - padding_before(a);
}

static inline int inside(const struct axis *a, int at) { return at >= 0 && at < a->in; }

/* Element i of a tensor of floats or doubles. */
static inline double element(struct wg_tensor t, int64_t i) {
    return t.dtype == WG_F32 ? (double)((const float *)t.data)[i] : ((const double *)t.data)[i];
}

/* A variable with these values, rounded to dtype. */
wg_var image_variable(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, const double *x);

/* What an op gave, and the gradients of its inputs for the upstream gradient dy; on `tape`. */
struct image_result {
    struct wg_tensor y, dx[2];
};

/* Runs an op with attributes as in a case ("strides=2,1"), without a failure. */
struct image_result run_image_op(wg_tape *tape, const char *op, const char *attributes,
                                 enum wg_dtype dtype, int inputs, const struct wg_shape *shape,
                                 double *const *x, const double *dy);

/* `ours` is y or a gradient, which should be `sum` within `terms` roundings of `size`, the sum of
 * the terms' magnitudes. */
void expect_sums(const char *what, struct wg_tensor ours, const long double *sum,
                 const long double *size, double terms);

/* Sets the attributes that the case gives, and records the op with inputs of zeros of its shapes;
 * one or the other must fail so. */
void expect_refusal(const char *op, const char *op_case, enum wg_status status, const char *word,
                    const char *other);

/* The op's gradient passes wg_gradcheck_op in this case. */
void expect_gradcheck(const char *op, const char *op_case);

#endif
