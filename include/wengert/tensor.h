/* Tensors: row-major and contiguous, at most WG_MAX_RANK dimensions.
 *
 * A tensor here is a description of memory that somebody else owns: a tape, a parameter set, or
 * you.
 */
#ifndef WENGERT_TENSOR_H
#define WENGERT_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WG_MAX_RANK 8

enum wg_dtype {
    WG_F32, /* float: training */
    WG_F64, /* double: verification, or training where float is too coarse */
    WG_I32, /* int32_t: labels and indices; never differentiated */
};

struct wg_shape {
    int rank; /* 0 for a scalar */
    int64_t dim[WG_MAX_RANK];
};

struct wg_tensor {
    void *data;
    int64_t size; /* the number of elements: the product of the dimensions */
    enum wg_dtype dtype;
    struct wg_shape shape;
};

#ifndef __cplusplus
/* WG_SHAPE(2, 3) is the shape (2, 3); WG_SCALAR is the shape of one number. */
#define WG_SHAPE(...)                                                                              \
    ((struct wg_shape){(int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),            \
                       {__VA_ARGS__}})
#define WG_SCALAR ((struct wg_shape){0, {0}})
#endif

/* A list of axes: WG_AXES(0, 2), WG_ALL_AXES. */
struct wg_axes {
    int count; /* 0: all */
    int axis[WG_MAX_RANK];
};
#ifndef __cplusplus
#define WG_AXES(...)                                                                               \
    ((struct wg_axes){(int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})
#define WG_ALL_AXES ((struct wg_axes){0, {0}})
#endif

/* The number of elements: 1 for a scalar. -1 when rank or a dimension is out of range or the
 * product overflows. */
int64_t wg_shape_size(struct wg_shape shape);

/* Whether two shapes have the same rank (in range) and dimensions. */
int wg_shape_equal(struct wg_shape a, struct wg_shape b);

/* NumPy's broadcast of two shapes: aligned at the last dimension, 1 stretches. 0, with nothing
 * written, when they do not fit, a rank is out of range, or result is NULL. */
int wg_shape_broadcast(struct wg_shape a, struct wg_shape b, struct wg_shape *result);

/* Bytes of one element; 0 for an unknown dtype. */
size_t wg_dtype_size(enum wg_dtype dtype);

/* "f32", "f64" or "i32"; "unknown" for anything else. */
const char *wg_dtype_name(enum wg_dtype dtype);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
