/* What the two halves of attention share: tensors (batch, steps, heads, size), whose heads are
 * matrices of `steps` rows that lie a row of all heads apart, read and written where they are. */
#ifndef WG_OPS_HEADS_H
#define WG_OPS_HEADS_H

#include "ops/room.h"

/* Threads share out the heads by slots of scratch, each with room for what one head's work needs:
 * as many as a power of two up to HEAD_SLOTS says, the number of heads, and four times the weights'
 * memory. */
#define HEAD_SLOTS 16

static inline int64_t head_slots(int64_t heads, int64_t slot, int64_t weights) {
    int64_t slots = 1;
    while (2 * slots <= HEAD_SLOTS && 2 * slots <= heads && 2 * slots * slot <= 4 * weights)
        slots *= 2;
    return slots;
}

#ifdef WG_KERNEL_PASS
#include "base/parallel.h"
#include "ops/linear/gemm.h"

/* All heads of a tensor: head t begins at start_of_head, its rows `row` apart. */
struct heads {
    int64_t heads, steps, size, row;
};

static inline struct heads heads_of(const struct wg_shape *shape) {
    return (struct heads){shape->dim[2], shape->dim[1], shape->dim[3],
                          shape->dim[2] * shape->dim[3]};
}

static inline int64_t start_of_head(const struct heads *h, int64_t t) {
    return t / h->heads * h->steps * h->row + t % h->heads * h->size;
}

/* A head or its scores as a factor, and the strides between its rows and its columns. */
struct factor {
    const real *at;
    int64_t row, column;
};

/* c (m x n, rows c_row apart) = a (m x k) b (k x n). */
static inline void head_product(int64_t m, int64_t n, int64_t k, struct factor a, struct factor b,
                                real *c, int64_t c_row) {
    gemm(m, n, k, a.at, a.row, a.column, b.at, b.row, b.column, c, c_row, NULL, 0);
}

/* to, contiguous, = the head at `from`, times `scale`. */
static inline void take_head(const struct heads *h, real scale, real *to, const real *from) {
    for (int64_t i = 0; i < h->steps; i++) {
        INDEPENDENT_LOOP
        for (int64_t j = 0; j < h->size; j++) to[i * h->size + j] = from[i * h->row + j] * scale;
    }
}

/* What is done for heads t of 0 ... count - 1, with the scratch of a slot. */
struct head_job {
    const struct wg_args *args;
    int64_t count, slot, slots;
    void (*body)(const struct head_job *job, int64_t t, real *scratch);
    const real *dy;
    real *dx, *dz;
    const real *tx, *tz;
    real *out;
};

static void run_head_slots(int64_t begin, int64_t end, const void *context) {
    const struct head_job *job = context;
    const int64_t last = job->count * end / job->slots;
    real *scratch = (real *)job->args->scratch + begin * job->slot;
    for (int64_t t = job->count * begin / job->slots; t < last; t++) job->body(job, t, scratch);
}

static inline void run_heads(const struct head_job *job, int64_t work) {
    wg_parallel(job->slots, work, run_head_slots, job);
}
#endif

#endif
