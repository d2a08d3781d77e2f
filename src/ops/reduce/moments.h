/* Mean and variance along axes, in two passes and a bit.
 *
 * The mean is kept in two parts: near = (sum of x) / n, and rest = (sum of (x - near)) / n, which
 * is what near's rounding lost. A deviation is (x - near) - rest: where x varies little about a
 * large mean, x - near is exact, and nothing is lost. The variance is the sum of the squared
 * deviations over n.
 *
 * Work is done by slabs, runs of the first dimension, small enough to stay in the cache between the
 * loops over them. Where that dimension is kept, a slab has results of its own, and threads share
 * out slabs; where it is reduced, all slabs have the same results, and their sums are added in
 * order. Slabs are fixed by the shape alone, and so is the order of every sum.
 */
#ifndef WG_OPS_MOMENTS_H
#define WG_OPS_MOMENTS_H

#include "base/parallel.h"
#include "ops/reduce/reduction.h"

#define SLAB 8192    /* elements, unless one index of the first dimension has more */
#define SLAB_WORK 16 /* elementary operations an element, about */
#define SLAB_SLOTS 16
#define SLAB_RESULTS 5 /* numbers a result */

/* A tensor as `count` slabs of `rows` rows of `inner` elements. The first row dimension is made of
 * all leading dimensions that are treated alike. */
struct slabs {
    struct wg_shape shape; /* of the tensor, with these joined */
    unsigned mask;
    bool apart; /* each slab has results of its own */
    int64_t n, inner, results_a_row, rows, count;
    int64_t slots, slot; /* scratch: how many, and the elements of one */
};

static inline struct slabs slabs_of(const struct wg_shape *x, unsigned mask) {
    int d = 0;
    struct slabs s = {
        .shape = {.rank = 1, .dim = {1}}, .n = wg_masked_size(x, mask), .inner = 1, .rows = 1};
    while (d < x->rank && x->dim[d] == 1) d++;
    s.apart = d == x->rank || !(mask >> d & 1);
    if (!s.apart) s.mask = 1;
    for (; d < x->rank && (x->dim[d] == 1 || (mask >> d & 1) == !s.apart); d++)
        s.shape.dim[0] *= x->dim[d];
    s.results_a_row = 1;
    for (; d < x->rank; d++) {
        if (mask >> d & 1)
            s.mask |= 1u << s.shape.rank;
        else
            s.results_a_row *= x->dim[d];
        s.inner *= x->dim[d];
        s.shape.dim[s.shape.rank++] = x->dim[d];
    }
    const int64_t rows = s.shape.dim[0];
    if (s.inner > 0 && s.inner < SLAB) s.rows = SLAB / s.inner;
    if (s.rows > rows) s.rows = rows;
    s.count = s.rows > 0 ? (rows + s.rows - 1) / s.rows : 0;
    s.slot = s.rows * (s.inner + (s.apart ? SLAB_RESULTS * s.results_a_row : 0)) +
             (s.apart ? 0 : SLAB_RESULTS * s.results_a_row);
    s.slots = s.apart && rows * s.inner >= WG_PARALLEL_WORK / SLAB_WORK ? s.count : 1;
    if (s.slots > SLAB_SLOTS) s.slots = SLAB_SLOTS;
    return s;
}

static inline int64_t slab_scratch(const struct wg_shape *x, unsigned mask) {
    const struct slabs s = slabs_of(x, mask);
    return s.slots * s.slot;
}

SCRATCH(moments) { return slab_scratch(&args->x[0]->shape, reduction_mask(args)); }

#ifdef WG_KERNEL_PASS
#include "ops/reduce/row_sums.h"

/* Slabs that share results: all of them, or one. What is given and made is the tensor's as a whole;
 * the results are those of the group alone, `results` of each kind. */
struct group {
    const struct slabs *s;
    int64_t first, last, results;
    real *part;               /* room for a slab */
    real *near, *rest, *mean; /* of x; and of another quantity */
    real *product, *scale;
    const real *x, *y, *v; /* what the op is given */
    real *out;             /* what it makes: over x's shape, or over the results */
    double epsilon;
};

typedef void group_body(const struct group *group);

/* One slab of a group: its shape, and its place in the tensor. */
struct slab {
    struct wg_shape shape;
    int64_t i, at, size;
};

static inline struct slab slab_of(const struct group *g, int64_t i) {
    struct slab slab = {.shape = g->s->shape, .i = i, .at = i * g->s->rows * g->s->inner};
    const int64_t left = slab.shape.dim[0] - i * g->s->rows;
    slab.shape.dim[0] = left < g->s->rows ? left : g->s->rows;
    slab.size = slab.shape.dim[0] * g->s->inner;
    return slab;
}

/* to (+)= the sums of the slab's elements. */
static inline void sum_slab(const struct group *g, const struct slab *slab, real *to,
                            const real *from) {
    const struct runs runs = find_runs(&slab->shape, g->s->mask);
    const bool again = slab->i > g->first;
    bool any = false;
    for (int k = 0; k < runs.count; k++) any = any || runs.reduced[k];
    if (any)
        sum_runs(&runs, 0, to, from, again);
    else if (again)
        add_into(g->results, to, from);
    else
        memcpy(to, from, (size_t)g->results * sizeof(real));
}

#define EACH_SLAB(g)                                                                               \
    for (struct slab slab = slab_of(g, (g)->first); slab.i < (g)->last;                            \
         slab = slab_of(g, slab.i + 1))

/* FOR_EACH of a slab. */
#define EACH_OF_SLAB(g, results, statement) FOR_EACH(&slab.shape, (g)->s->mask, results, statement)

/* to /= n */
static inline void over_count(const struct group *g, real *to) {
    const real n = (real)g->s->n;
    for (int64_t i = 0; i < g->results; i++) to[i] /= n;
}

/* d = the slab's deviations. */
static inline void deviations(const struct group *g, const struct slab slab, real *d) {
    const real *x = g->x + slab.at;
    EACH_OF_SLAB(g, g->near, d[i] = x[i] - r);
    EACH_OF_SLAB(g, g->rest, d[i] -= r);
}

/* near and rest */
static void mean_of(const struct group *g) {
    EACH_SLAB(g) sum_slab(g, &slab, g->near, g->x + slab.at);
    over_count(g, g->near);
    EACH_SLAB(g) {
        const real *x = g->x + slab.at;
        EACH_OF_SLAB(g, g->near, g->part[i] = x[i] - r);
        sum_slab(g, &slab, g->rest, g->part);
    }
    over_count(g, g->rest);
}

/* Whether each result is of a row of neighbours: then the slab's rows are taken LANES at a time. */
static inline bool has_rows(const struct group *g) {
    return g->s->apart && g->s->results_a_row == 1;
}

#define EACH_ROW_BLOCK(g) for (int64_t row = 0; row < (g)->results; row += LANES)

static inline struct row_block row_block_of(const struct group *g, int64_t row) {
    const int64_t left = g->results - row, n = g->s->inner;
    struct row_block b = {.rows = left < LANES ? left : LANES, .n = n};
    b.x = g->x + g->first * g->s->rows * n + row * n;
    return b;
}

/* near, rest, and the variance, of a block's rows. */
static inline void variance_of_rows(const struct group *g, int64_t row, struct row_block *b,
                                    real *variance) {
    const lanes n = lanes_broadcast((real)g->s->n);
    lanes_store(b->near, row_sums(ROW_VALUES, b) / n);
    lanes_store(b->rest, row_sums(ROW_DISTANCES, b) / n);
    lanes_store_partial(g->near + row, lanes_load(b->near), b->rows);
    lanes_store_partial(g->rest + row, lanes_load(b->rest), b->rows);
    lanes_store_partial(variance + row, row_sums(ROW_SQUARES, b) / n, b->rows);
}

/* near, rest, and the variance. */
static void variance_of(const struct group *g, real *variance) {
    if (has_rows(g)) {
        EACH_ROW_BLOCK(g) {
            struct row_block b = row_block_of(g, row);
            variance_of_rows(g, row, &b, variance);
        }
        return;
    }
    mean_of(g);
    EACH_SLAB(g) {
        deviations(g, slab, g->part);
        for (int64_t i = 0; i < slab.size; i++) g->part[i] *= g->part[i];
        sum_slab(g, &slab, variance, g->part);
    }
    over_count(g, variance);
}

/* ------------------------------------------------------------------------------------------------
 * Jobs */

struct slab_job {
    const struct wg_shape *shape;
    unsigned mask;
    real *scratch;
    const real *x, *y, *v;
    real *out;
    double epsilon;
    group_body *body;
    bool v_over_results, out_over_results; /* not over x's shape */
};

static void run_groups(int64_t begin, int64_t end, const void *context) {
    const struct slab_job *job = context;
    const struct slabs s = slabs_of(job->shape, job->mask);
    const int64_t groups = s.apart ? s.count : 1;
    for (int64_t i = groups * begin / s.slots; i < groups * end / s.slots; i++) {
        struct group g = {.s = &s,
                          .first = s.apart ? i : 0,
                          .last = s.apart ? i + 1 : s.count,
                          .part = job->scratch + begin * s.slot,
                          .x = job->x,
                          .y = job->y,
                          .v = job->v,
                          .out = job->out,
                          .epsilon = job->epsilon};
        const int64_t rows = slab_of(&g, g.first).shape.dim[0],
                      before = s.apart ? i * s.rows * s.results_a_row : 0;
        g.results = s.results_a_row * (s.apart ? rows : 1);
        g.near = g.part + s.rows * s.inner;
        g.rest = g.near + g.results;
        g.mean = g.rest + g.results;
        g.product = g.mean + g.results;
        g.scale = g.product + g.results;
        if (job->v_over_results) g.v += before;
        if (job->out_over_results) g.out += before;
        job->body(&g);
    }
}

/* Not for empty tensors. */
static void run_slabs(const struct slab_job *job) {
    const int64_t slots = slabs_of(job->shape, job->mask).slots;
    if (slots == 1)
        run_groups(0, 1, job);
    else
        wg_parallel_split(slots, run_groups, job);
}
#endif

#endif
