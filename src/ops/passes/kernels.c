/* The kernels of one instruction set and one dtype. Compiled once for each pair, with WG_ISA (the
 * set's name as an identifier) and WG_REAL_IS_FLOAT given, and the compiler's flags for that set.
 * ops.inc, made by CMake, includes every op file. */
#define WG_KERNEL_PASS

#include "ops/room.h"

#include "ops/plumbing.h"

#include "ops/linear/gemm.h"

#include "ops.inc"

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#if WG_REAL_IS_FLOAT
#define SET JOIN(wg_kernels_, WG_ISA, _f32)
#else
#define SET JOIN(wg_kernels_, WG_ISA, _f64)
#endif

static const struct wg_kernel_row *const rows[] = {
#define X(op) &op##_row,
#include "ops.list"
#undef X
};

extern const struct wg_kernel_set SET;
const struct wg_kernel_set SET = {
    .rows = rows, .add = add_into, .copy_strided = copy_strided, .sum_axes = sum_axes};
