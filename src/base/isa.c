/* CPU probe. This file is compiled with the baseline's flags only. */
#include "base/isa.h"

#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
/* __builtin_cpu_supports also asks whether the operating system saves the registers. */
static bool has_baseline(void) { return true; }
static bool has_v3(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
static bool has_v4(void) {
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
static const struct {
    const char *name;
    bool (*has)(void);
} sets[] = {{"x86-64", has_baseline}, {"x86-64-v3", has_v3}, {"x86-64-v4", has_v4}};
#else
static bool has_baseline(void) { return true; }
static const struct {
    const char *name;
    bool (*has)(void);
} sets[] = {
#if defined(__aarch64__)
    {"neon", has_baseline}
#else
    {"generic", has_baseline}
#endif
};
#endif

#define BUILT (int)(sizeof sets / sizeof *sets)
_Static_assert(sizeof sets / sizeof *sets <= WG_MAX_ISAS, "WG_MAX_ISAS holds every set");

static atomic_int chosen = -1; /* by wg_set_isa */

int wg_isa_built(void) { return BUILT; }

const char *wg_isa_name(int index) { return index >= 0 && index < BUILT ? sets[index].name : NULL; }

const char *wg_isa_supported(int i) {
    for (int index = 0; index < BUILT; index++) {
        if (sets[index].has() && i-- == 0) return sets[index].name;
    }
    return NULL;
}

/* The index of a name that this CPU has; -1, with the error naming the valid ones. */
static int find(const char *source, const char *name) {
    char valid[128] = "";
    for (int index = 0; index < BUILT; index++) {
        if (!sets[index].has()) continue;
        if (strcmp(sets[index].name, name) == 0) return index;
        size_t used = strlen(valid);
        snprintf(valid + used, sizeof valid - used, "%s%s", used ? ", " : "", sets[index].name);
    }
    wg_fail(WG_ERROR_UNSUPPORTED, "%s=%s is unknown or not supported by this CPU; valid are: %s",
            source, name, valid);
    return -1;
}

int wg_isa_index(void) {
    int index = atomic_load(&chosen);
    if (index >= 0) return index;
    const char *name = getenv("WENGERT_ISA");
    if (name && name[0]) return find("WENGERT_ISA", name);
    for (index = BUILT - 1; index > 0 && !sets[index].has();) index--;
    return index;
}

const char *wg_isa(void) { return wg_isa_name(wg_isa_index()); }

enum wg_status wg_set_isa(const char *name) {
    int index = -1;
    if (name) {
        index = find("wg_set_isa", name);
        if (index < 0) return WG_ERROR_UNSUPPORTED;
    }
    atomic_store(&chosen, index);
    return WG_OK;
}
