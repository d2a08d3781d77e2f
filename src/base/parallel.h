/* Splitting independent work over threads: outputs are split, never a sum, so the thread count
 * cannot change a bit. */
#ifndef WG_BASE_PARALLEL_H
#define WG_BASE_PARALLEL_H

#include <stdint.h>

/* Calls body on consecutive ranges [begin, end) that together cover [0, count). `work` estimates
 * the cost of all of it in elementary operations: a small one runs as one range on the calling
 * thread. */
typedef void wg_parallel_body(int64_t begin, int64_t end, const void *context);
void wg_parallel(int64_t count, int64_t work, wg_parallel_body *body, const void *context);

#endif
