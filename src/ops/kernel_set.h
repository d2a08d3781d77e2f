/* Kernels as they are made for one instruction set and one dtype. Data pointers are of that dtype.
 */
#ifndef WG_OPS_KERNEL_SET_H
#define WG_OPS_KERNEL_SET_H

#include "wengert/op.h"

/* y[i] = value(x[i]);  dx[i] = slope(x[i], y[i], dy[i]). Arrays begin at any element, and the
 * result may lie over any one of those it is made from (y over x, dx over x, y or dy): an element
 * is read before it is written, and no other one depends on it. Other overlaps are not allowed. */
typedef void wg_map1_kernel(int64_t n, void *y, const void *x, const double *slots);
typedef void wg_map1_gradient_kernel(int64_t n, void *dx, const void *x, const void *y,
                                     const void *dy, const double *slots);

/* Two inputs over a grid of rows x columns, y contiguous. A column stride is 0 or 1; row strides
 * are any. */
struct wg_grid {
    int64_t rows, columns;
    int64_t x_row, x_column;
    int64_t z_row, z_column;
};
typedef void wg_map2_kernel(const struct wg_grid *grid, void *y, const void *x, const void *z,
                            const double *slots);
/* d is contiguous over the grid, as y and dy are: the driver sums it where the input was broadcast.
 * In both, the result may lie over an array that it is made from and that is contiguous over the
 * grid. */
typedef void wg_map2_gradient_kernel(const struct wg_grid *grid, void *d, const void *x,
                                     const void *z, const void *y, const void *dy,
                                     const double *slots);

struct wg_kernel_row {
    const char *name;
    wg_map1_kernel *map1;
    wg_map1_gradient_kernel *map1_gradient;
    wg_map2_kernel *map2;
    wg_map2_gradient_kernel *map2_gradient[2];
    struct wg_kernels general;
};

/* A source laid out over a destination's dimensions: the destination is contiguous, the source has
 * a stride for each. */
struct wg_strided {
    int rank;
    int64_t dim[WG_MAX_RANK];
    int64_t stride[WG_MAX_RANK];
};

struct wg_kernel_set {
    const struct wg_kernel_row *const *rows; /* in the order of the registry's built-in ops */
    void (*add)(int64_t n, void *to, const void *from); /* to += from */
    void (*copy_strided)(const struct wg_strided *s, void *to, const void *from);
    /* to = the sum of from over the axes in mask; `to` has the other dimensions, in order. */
    void (*sum_axes)(const struct wg_shape *shape, unsigned mask, void *to, const void *from);
};

/* The set for a dtype under the instruction set in force; NULL, with the error set, when
 * WENGERT_ISA is wrong. */
const struct wg_kernel_set *wg_kernel_set(enum wg_dtype dtype);

/* The row of a built-in op in a set; NULL for ops registered at run time. */
const struct wg_kernel_row *wg_kernel_row(const struct wg_kernel_set *set, const struct wg_op *op);

#endif
