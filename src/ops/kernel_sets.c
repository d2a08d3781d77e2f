/* Which kernel set serves which instruction set and dtype. */
#include "ops/kernel_set.h"

#include "base/error.h"
#include "base/isa.h"
#include "ops/registry.h"

#if defined(__x86_64__)
extern const struct wg_kernel_set wg_kernels_x86_64_f32, wg_kernels_x86_64_f64;
extern const struct wg_kernel_set wg_kernels_x86_64_v3_f32, wg_kernels_x86_64_v3_f64;
extern const struct wg_kernel_set wg_kernels_x86_64_v4_f32, wg_kernels_x86_64_v4_f64;
static const struct wg_kernel_set *const sets[WG_MAX_ISAS][2] = {
    {&wg_kernels_x86_64_f32, &wg_kernels_x86_64_f64},
    {&wg_kernels_x86_64_v3_f32, &wg_kernels_x86_64_v3_f64},
    {&wg_kernels_x86_64_v4_f32, &wg_kernels_x86_64_v4_f64},
};
#else
extern const struct wg_kernel_set wg_kernels_baseline_f32, wg_kernels_baseline_f64;
static const struct wg_kernel_set *const sets[WG_MAX_ISAS][2] = {
    {&wg_kernels_baseline_f32, &wg_kernels_baseline_f64},
};
#endif

const struct wg_kernel_set *wg_kernel_set(enum wg_dtype dtype) {
    int isa = wg_isa_index();
    if (isa < 0) return NULL;
    if (dtype != WG_F32 && dtype != WG_F64) {
        wg_fail(WG_ERROR_DTYPE, "kernels: dtype %s; expected f32 or f64", wg_dtype_name(dtype));
        return NULL;
    }
    return sets[isa][dtype == WG_F64];
}

const struct wg_kernel_row *wg_kernel_row(const struct wg_kernel_set *set, const struct wg_op *op) {
    int index = wg_built_in_index(op);
    return index < 0 ? NULL : set->rows[index];
}
