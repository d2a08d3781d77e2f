/* Splitting independent work over threads: outputs are split, never a sum, so the thread count
 * cannot change a bit. */
#ifndef WG_BASE_PARALLEL_H
#define WG_BASE_PARALLEL_H

#include <stdint.h>

/* Calls body on consecutive ranges [begin, end) that together cover [0, count). `work` estimates
 * the cost of all of it in elementary operations: a small one runs as one range on the calling
 * thread. */
typedef void wg_parallel_body(int64_t begin, int64_t end, const void *context);

/* The same whatever the work, if more than one thread may be used. */
void wg_parallel_split(int64_t count, wg_parallel_body *body, const void *context);

/* Below this many elementary operations, waking a thread costs more than it saves. */
#define WG_PARALLEL_WORK 100000

/* Inline, so that small work is a direct call. */
static inline void wg_parallel(int64_t count, int64_t work, wg_parallel_body *body,
                               const void *context) {
    if (work >= WG_PARALLEL_WORK)
        wg_parallel_split(count, body, context);
    else if (count > 0)
        body(0, count, context);
}

#endif
