#include "base/parallel.h"

#include "base/error.h"
#include "wengert/system.h"

#include <stdatomic.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#define MAX_THREADS 256
/* Below this many elementary operations, waking a thread costs more than it saves. */
#define MINIMAL_WORK 100000

static atomic_int threads = 1;

int wg_has_threads(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

enum wg_status wg_set_threads(int n) {
    if (n < 1 || n > MAX_THREADS) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_set_threads: %d threads; expected 1 to %d", n,
                       MAX_THREADS);
    }
    atomic_store(&threads, wg_has_threads() ? n : 1);
    return WG_OK;
}

int wg_threads(void) { return atomic_load(&threads); }

void wg_parallel(int64_t count, int64_t work, wg_parallel_body *body, const void *context) {
#ifdef _OPENMP
    int64_t parts = wg_threads();
    if (parts > count) parts = count;
    if (parts > 1 && work >= MINIMAL_WORK && !omp_in_parallel()) {
#pragma omp parallel for num_threads((int)parts) schedule(static, 1)
        for (int64_t i = 0; i < parts; i++) {
            body(count * i / parts, count * (i + 1) / parts, context);
        }
        return;
    }
#else
    (void)work;
#endif
    if (count > 0) body(0, count, context);
}
