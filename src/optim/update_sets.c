/* Which loops serve which instruction set and dtype. */
#include "optim/rule.h"

#include "base/isa.h"

#if defined(__x86_64__)
extern const struct wg_update_set wg_updates_x86_64_f32, wg_updates_x86_64_f64;
extern const struct wg_update_set wg_updates_x86_64_v3_f32, wg_updates_x86_64_v3_f64;
extern const struct wg_update_set wg_updates_x86_64_v4_f32, wg_updates_x86_64_v4_f64;
static const struct wg_update_set *const sets[WG_MAX_ISAS][2] = {
    {&wg_updates_x86_64_f32, &wg_updates_x86_64_f64},
    {&wg_updates_x86_64_v3_f32, &wg_updates_x86_64_v3_f64},
    {&wg_updates_x86_64_v4_f32, &wg_updates_x86_64_v4_f64},
};
#else
extern const struct wg_update_set wg_updates_baseline_f32, wg_updates_baseline_f64;
static const struct wg_update_set *const sets[WG_MAX_ISAS][2] = {
    {&wg_updates_baseline_f32, &wg_updates_baseline_f64},
};
#endif

const struct wg_update_set *wg_update_set(enum wg_dtype dtype) {
    const int isa = wg_isa_index();
    return isa < 0 ? NULL : sets[isa][dtype == WG_F64];
}
