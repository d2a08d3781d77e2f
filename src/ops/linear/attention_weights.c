/* attention_weights(q, k, mask; scale)
 *
 *   y[b,h,i,j] = softmax over j of (scale q[b,i,h]) . k[b,j,h], where the mask keeps (i, j)
 *   q has shape (batch, steps, heads, size), k (batch, places, heads, size), y (batch, heads,
 * steps, places); mask (int32) is one of y's, as masked_softmax takes it. dq, dk: of the product,
 * from ds = y (dy - sum over j of y dy). The same bits as mul, transpose, matmul and masked_softmax
 * one after the other: a head at a time, so that its scores stay in the cache, and are made again
 * for the gradient rather than kept.
 */
#include "ops/linear/heads.h"

/* masked_softmax.c comes later in the alphabet. */
SCRATCH(masked_softmax);

struct attention_weights_attributes {
    double scale;
};

SHAPE(attention_weights) {
    const struct wg_shape *q = &args->x[0]->shape, *k = &args->x[1]->shape,
                          *mask = &args->x[2]->shape;
    if (q->rank != 4 || k->rank != 4 || q->dim[0] != k->dim[0] || q->dim[2] != k->dim[2] ||
        q->dim[3] != k->dim[3]) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: q of shape %s and k of shape %s; expected (batch, steps, heads, size) "
                       "and (batch, places, heads, size)",
                       self->name, wg_shape_text(*q).text, wg_shape_text(*k).text);
    }
    *y = (struct wg_shape){.rank = 4, .dim = {q->dim[0], q->dim[2], q->dim[1], k->dim[1]}};
    bool fits = mask->rank <= 4;
    for (int d = 0; fits && d < mask->rank; d++)
        fits = mask->dim[d] == 1 || mask->dim[d] == y->dim[d + 4 - mask->rank];
    if (fits) return WG_OK;
    return wg_fail(WG_ERROR_SHAPE,
                   "%s: a mask of shape %s for weights of shape %s; expected no more dimensions, "
                   "and each, from the last on, 1 or that of the weights",
                   self->name, wg_shape_text(*mask).text, wg_shape_text(*y).text);
}

/* One head: its scores and weights, for masked_softmax. */
struct one_head {
    struct wg_tensor x, mask, y;
    const struct wg_tensor *inputs[2];
    struct wg_list axes;
    struct wg_args args;
};

static inline void make_head(struct one_head *one, const struct wg_args *args) {
    const struct wg_shape *q = &args->x[0]->shape, *k = &args->x[1]->shape,
                          *mask = &args->x[2]->shape;
    const int64_t steps = q->dim[1], places = k->dim[1];
    one->x = (struct wg_tensor){.size = steps * places,
                                .dtype = args->x[0]->dtype,
                                .shape = {.rank = 2, .dim = {steps, places}}};
    one->y = one->x;
    one->mask = (struct wg_tensor){.dtype = WG_I32, .shape = {.rank = 2, .dim = {1, 1}}};
    for (int d = 0; d < 2 && d < mask->rank; d++)
        one->mask.shape.dim[1 - d] = mask->dim[mask->rank - 1 - d];
    one->mask.size = one->mask.shape.dim[0] * one->mask.shape.dim[1];
    one->inputs[0] = &one->x;
    one->inputs[1] = &one->mask;
    one->axes = (struct wg_list){.count = -1};
    one->args = (struct wg_args){
        .y = &one->y, .x = one->inputs, .inputs = 2, .attributes = (const double *)&one->axes};
}

/* Where things lie in a slot. */
struct weights_slot {
    int64_t k, scores, slopes, tangents, rest, size;
};

static inline int64_t whole_lines(int64_t n) { return (n + 15) / 16 * 16; }

static inline struct weights_slot weights_slot(const struct wg_args *args) {
    const struct wg_shape *q = &args->x[0]->shape, *k = &args->x[1]->shape;
    const int64_t scores = whole_lines(q->dim[1] * k->dim[1]);
    struct one_head one;
    make_head(&one, args);
    struct weights_slot slot = {.k = whole_lines(q->dim[1] * q->dim[3])};
    slot.scores = slot.k + whole_lines(k->dim[1] * k->dim[3]);
    slot.slopes = slot.scores + scores;
    slot.tangents = slot.slopes + scores;
    slot.rest = slot.tangents + scores;
    slot.size = slot.rest + whole_lines(masked_softmax_scratch(&one.args));
    return slot;
}

static inline int64_t attention_weights_slots(const struct wg_args *args, int64_t slot) {
    const struct wg_shape *q = &args->x[0]->shape, *k = &args->x[1]->shape;
    const int64_t heads = q->dim[0] * q->dim[2];
    return head_slots(heads, slot, heads * q->dim[1] * k->dim[1]);
}

SCRATCH(attention_weights) {
    const int64_t slot = weights_slot(args).size;
    return attention_weights_slots(args, slot) * slot;
}

#ifdef WG_KERNEL_PASS
KERNEL masked_softmax_forward(const struct wg_args *args);
KERNEL masked_softmax_gradient(const struct wg_args *args, const void *dy, void *const *dx);
KERNEL masked_softmax_tangent(const struct wg_args *args, void *ty, const void *const *tx);

static inline real attention_scale(const struct wg_args *args) {
    const struct attention_weights_attributes *a = (const void *)args->attributes;
    return (real)a->scale;
}

/* to = the scores of a head's scaled q, contiguous, and its keys. */
static inline void score(const struct heads *q, const struct heads *k, const real *q_scaled,
                         const real *keys, real *to) {
    head_product(q->steps, k->steps, q->size, (struct factor){q_scaled, q->size, 1},
                 (struct factor){keys, 1, k->row}, to, k->steps);
}

/* Head t: its scaled q, its scores, and its part of the mask; its weights are those in y. */
static void score_head(const struct head_job *job, int64_t t, struct one_head *one, real *scratch) {
    const struct wg_args *args = job->args;
    const struct wg_shape *mask = &args->x[2]->shape, *weights = &args->y->shape;
    const struct heads q = heads_of(&args->x[0]->shape), k = heads_of(&args->x[1]->shape);
    const struct weights_slot slot = weights_slot(args);
    const int64_t of_batch = mask->rank > 3 ? mask->dim[0] : 1,
                  of_head = mask->rank > 2 ? mask->dim[mask->rank - 3] : 1;
    const int64_t b = of_batch > 1 ? t / weights->dim[1] : 0,
                  h = of_head > 1 ? t % weights->dim[1] : 0;
    make_head(one, args);
    one->mask.data = (int32_t *)args->x[2]->data + (b * of_head + h) * one->mask.size;
    one->y.data = (real *)args->y->data + t * one->y.size;
    one->x.data = scratch + slot.scores;
    one->args.scratch = scratch + slot.rest;
    take_head(&q, attention_scale(args), scratch,
              (const real *)args->x[0]->data + start_of_head(&q, t));
    score(&q, &k, scratch, (const real *)args->x[1]->data + start_of_head(&k, t), one->x.data);
}

static void weigh_head(const struct head_job *job, int64_t t, real *scratch) {
    struct one_head one;
    score_head(job, t, &one, scratch);
    masked_softmax_forward(&one.args);
}

static void weigh_head_gradient(const struct head_job *job, int64_t t, real *scratch) {
    const struct heads q = heads_of(&job->args->x[0]->shape), k = heads_of(&job->args->x[1]->shape);
    const struct weights_slot slot = weights_slot(job->args);
    const real scale = attention_scale(job->args);
    real *near = scratch + slot.k, *slope = scratch + slot.slopes;
    void *const dx[2] = {slope, NULL};
    struct one_head one;
    score_head(job, t, &one, scratch);
    masked_softmax_gradient(&one.args, job->dy + t * one.x.size, dx);
    if (job->dx) {
        real *dq = job->dx + start_of_head(&q, t);
        take_head(&k, 1, near, (const real *)job->args->x[1]->data + start_of_head(&k, t));
        head_product(q.steps, q.size, k.steps, (struct factor){slope, k.steps, 1},
                     (struct factor){near, k.size, 1}, dq, q.row);
        for (int64_t i = 0; i < q.steps; i++) {
            INDEPENDENT_LOOP
            for (int64_t j = 0; j < q.size; j++) dq[i * q.row + j] *= scale;
        }
    }
    if (job->dz) {
        head_product(k.steps, k.size, q.steps, (struct factor){slope, 1, k.steps},
                     (struct factor){scratch, q.size, 1}, job->dz + start_of_head(&k, t), k.row);
    }
}

/* Of the scores, scale (tq k^T + q tk^T), then of the softmax. */
static void weigh_head_tangent(const struct head_job *job, int64_t t, real *scratch) {
    const struct heads q = heads_of(&job->args->x[0]->shape), k = heads_of(&job->args->x[1]->shape);
    const struct weights_slot slot = weights_slot(job->args);
    real *sum = scratch + slot.tangents, *part = scratch + slot.slopes;
    const void *const tx[2] = {sum, NULL};
    struct one_head one;
    score_head(job, t, &one, scratch);
    memset(sum, 0, (size_t)one.x.size * sizeof(real));
    if (job->tz) score(&q, &k, scratch, job->tz + start_of_head(&k, t), sum);
    if (job->tx) {
        take_head(&q, attention_scale(job->args), scratch, job->tx + start_of_head(&q, t));
        score(&q, &k, scratch, (const real *)job->args->x[1]->data + start_of_head(&k, t), part);
        for (int64_t i = 0; i < one.x.size; i++) sum[i] += part[i];
    }
    masked_softmax_tangent(&one.args, job->out + t * one.x.size, tx);
}

static void run_weights(struct head_job *job) {
    const struct wg_shape *q = &job->args->x[0]->shape;
    job->count = q->dim[0] * q->dim[2];
    job->slot = weights_slot(job->args).size;
    job->slots = attention_weights_slots(job->args, job->slot);
    run_heads(job, job->args->y->size * (q->dim[3] / 4 + 16));
}

KERNEL attention_weights_forward(const struct wg_args *args) {
    if (args->y->size > 0) run_weights(&(struct head_job){.args = args, .body = weigh_head});
}

KERNEL attention_weights_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    for (int i = 0; i < 2; i++) {
        if (dx[i] && args->y->size == 0) memset(dx[i], 0, (size_t)args->x[i]->size * sizeof(real));
    }
    if (args->y->size == 0) return;
    run_weights(&(struct head_job){
        .args = args, .body = weigh_head_gradient, .dy = dy, .dx = dx[0], .dz = dx[1]});
}

KERNEL attention_weights_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    if (args->y->size == 0) return;
    run_weights(&(struct head_job){
        .args = args, .body = weigh_head_tangent, .tx = tx[0], .tz = tx[1], .out = ty});
}
#endif

KERNELS(attention_weights, .forward = attention_weights_forward,
        .gradient = attention_weights_gradient, .tangent = attention_weights_tangent);

OPN(attention_weights, .inputs = {"q", "k", "mask"},
    .attributes = {{.name = "scale", .initial = 1, .kind = WG_NUMBER, .meaning = "of q"}},
    .integer_inputs = 4, .shape = attention_weights_shape, .scratch = attention_weights_scratch,
    .formula = "y = softmax over the places j of scale q_i . k_j",
    .derivative = "ds = y (dy - sum y dy), dq = scale ds k, dk = ds^T scale q",
    .limits = "as masked_softmax", .domain = {{-2, 2}, {-2, 2}, {0, 1}},
    .cases = {"2x3x2x4 2x5x2x4 3x5 scale=0.5", "1x2x1x3 1x4x1x3 4", "2x3x2x4 2x5x2x4 2x2x3x5",
              "2x3x2x4 2x5x2x4 2x1x1x5 scale=-2", "1x17x2x1 1x9x2x1 2x17x1"})
