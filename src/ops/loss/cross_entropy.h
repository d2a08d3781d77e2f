/* What cross-entropies from logits share. */
#ifndef WG_OPS_CROSS_ENTROPY_H
#define WG_OPS_CROSS_ENTROPY_H

#include "ops/loss/loss.h"

/* Threads at most that share out samples; each has room for the exponentials of one. */
#define CROSS_ENTROPY_SLOTS 16

#ifdef WG_KERNEL_PASS
#include "base/parallel.h"
#include "math/lanes.h"

/* ------------------------------------------------------------------------------------------------
 * One class of several */

struct sample {
    real most;        /* the largest logit */
    real others, sum; /* of the exponentials: without the label's, and of all */
};

/* The largest of a row, or NaN where there is one. */
static inline real row_max(int64_t n, const real *x) {
    real lane[SUM_LANES];
    int64_t i = 0;
    for (int l = 0; l < SUM_LANES; l++) lane[l] = x[0];
    for (; i + SUM_LANES <= n; i += SUM_LANES) {
        for (int l = 0; l < SUM_LANES; l++) lane[l] = larger(x[i + l], lane[l]);
    }
    real most = lane[0];
    for (int l = 1; l < SUM_LANES; l++) most = larger(lane[l], most);
    for (; i < n; i++) most = larger(x[i], most);
    return most;
}

/* e = exp(x - largest), but 0 for the label. */
static inline struct sample exponentials(int64_t classes, int32_t label, real *e, const real *x) {
    const real most = row_max(classes, x);
    INDEPENDENT_LOOP
    for (int64_t c = 0; c < classes; c++) e[c] = EXP(x[c] - most);
    const real labelled = e[label];
    e[label] = 0;
    const real others = row_sum(classes, e);
    return (struct sample){most, others, others + labelled};
}

/* -ln softmax(x)[label]. Where the label's logit is the largest, log1p of the others'
 * exponentials, so that a sample that is all but certain keeps its digits. */
static inline real sample_loss(int64_t classes, int32_t label, real *e, const real *x) {
    const struct sample s = exponentials(classes, label, e, x);
    const real at_label = x[label];
    return at_label == s.most ? LOG1P(s.others) : LOG(s.sum) + (s.most - at_label);
}

/* dx = factor (softmax(x) - onehot(label)); the label's is less the others' share. */
static inline void sample_gradient(int64_t classes, int32_t label, real factor, real *dx,
                                   const real *x) {
    const struct sample s = exponentials(classes, label, dx, x);
    dx[label] = -s.others;
    INDEPENDENT_LOOP
    for (int64_t c = 0; c < classes; c++) dx[c] = dx[c] / s.sum * factor;
}

/* The loss's tangent for the logits' tangent t. */
static inline real sample_tangent(int64_t classes, int32_t label, real *e, const real *x,
                                  const real *t) {
    const struct sample s = exponentials(classes, label, e, x);
    for (int64_t c = 0; c < classes; c++) e[c] *= t[c] - t[label];
    return row_sum(classes, e) / s.sum;
}

/* ------------------------------------------------------------------------------------------------
 * Samples side by side: the same for SAMPLES of them, class by class, so that few classes fill
 * vectors as well. Bits are those of the functions above. */

#define SAMPLES 16
#define SAMPLES_LEAST 3 /* fewer are faster one by one */
#define SAMPLES_CLASSES 256
#define EACH_SAMPLE INDEPENDENT_LOOP for (int l = 0; l < SAMPLES; l++)

struct samples {
    real most[SAMPLES], others[SAMPLES], sum[SAMPLES];
};

static inline int64_t lanes_left(int64_t n) { return n < 0 ? 0 : n < LANES ? n : LANES; }

/* to[class][sample], 0 past `count` samples. */
static inline void samples_beside(int64_t count, int64_t classes, real *to, const real *x) {
    for (int64_t c = 0; c < classes; c += LANES) {
        for (int64_t i = 0; i < SAMPLES; i += LANES)
            lanes_transpose(lanes_left(count - i), lanes_left(classes - c),
                            i < count ? x + i * classes + c : x, classes, to + c * SAMPLES + i,
                            SAMPLES);
    }
}

static inline void samples_back(int64_t count, int64_t classes, real *to, const real *e) {
    for (int64_t c = 0; c < classes; c += LANES) {
        for (int64_t i = 0; i < count; i += LANES)
            lanes_transpose_out(lanes_left(classes - c), lanes_left(count - i), e + c * SAMPLES + i,
                                SAMPLES, to + i * classes + c, classes);
    }
}

/* The sums over the classes, in row_sum's order. */
static inline void sums_beside(int64_t classes, real *to, const real *e) {
    real lane[SUM_LANES][SAMPLES] = {{0}};
    for (int64_t c = 0; c < classes; c++) {
        real *at = lane[c % SUM_LANES];
        EACH_SAMPLE at[l] += e[c * SAMPLES + l];
    }
    for (int half = SUM_LANES / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) EACH_SAMPLE lane[i][l] += lane[i + half][l];
    }
    memcpy(to, lane[0], sizeof lane[0]);
}

static inline void exponentials_beside(int64_t count, int64_t classes, const int32_t *label,
                                       real *e, struct samples *s) {
    real labelled[SAMPLES] = {0};
    EACH_SAMPLE s->most[l] = -(real)INFINITY;
    for (int64_t c = 0; c < classes; c++) {
        EACH_SAMPLE s->most[l] = larger(e[c * SAMPLES + l], s->most[l]);
    }
    for (int64_t c = 0; c < classes; c++) {
        EACH_SAMPLE e[c * SAMPLES + l] = EXP(e[c * SAMPLES + l] - s->most[l]);
    }
    for (int64_t i = 0; i < count; i++) {
        labelled[i] = e[label[i] * SAMPLES + i];
        e[label[i] * SAMPLES + i] = 0;
    }
    sums_beside(classes, s->others, e);
    EACH_SAMPLE s->sum[l] = s->others[l] + labelled[l];
}

static void losses_beside(int64_t count, int64_t classes, const int32_t *label, real *loss,
                          const real *x) {
    _Alignas(64) real e[SAMPLES_CLASSES * SAMPLES];
    real at_label[SAMPLES] = {0}, all[SAMPLES];
    struct samples s;
    for (int64_t i = 0; i < count; i++) at_label[i] = x[i * classes + label[i]];
    samples_beside(count, classes, e, x);
    exponentials_beside(count, classes, label, e, &s);
    EACH_SAMPLE all[l] = LOG(s.sum[l]) + (s.most[l] - at_label[l]);
    EACH_SAMPLE {
        const real certain = LOG1P(s.others[l]);
        all[l] = at_label[l] == s.most[l] ? certain : all[l];
    }
    memcpy(loss, all, (size_t)count * sizeof(real));
}

static void gradients_beside(int64_t count, int64_t classes, const int32_t *label,
                             const real *factor, real *dx, const real *x) {
    _Alignas(64) real e[SAMPLES_CLASSES * SAMPLES];
    real by[SAMPLES] = {0};
    struct samples s;
    memcpy(by, factor, (size_t)count * sizeof(real));
    samples_beside(count, classes, e, x);
    exponentials_beside(count, classes, label, e, &s);
    for (int64_t i = 0; i < count; i++) e[label[i] * SAMPLES + i] = -s.others[i];
    for (int64_t c = 0; c < classes; c++) {
        EACH_SAMPLE e[c * SAMPLES + l] = e[c * SAMPLES + l] / s.sum[l] * by[l];
    }
    samples_back(count, classes, dx, e);
}

/* ------------------------------------------------------------------------------------------------
 * All samples, shared out to threads by groups of SAMPLES */

struct sample_job {
    int64_t samples, classes;
    const int32_t *label;
    const struct wg_list *ignored; /* NULL: none */
    const real *x;
    real *e;          /* room for CROSS_ENTROPY_SLOTS samples; gradients need none */
    const real *dy;   /* gradients: of each sample, or NULL: `factor` */
    real factor, *to; /* the losses, or dx */
};

#define SAMPLE_WORK 16 /* elementary operations a class, about */

static inline int64_t sample_slots(const struct sample_job *job) {
    const int64_t groups = (job->samples + SAMPLES - 1) / SAMPLES;
    return groups < CROSS_ENTROPY_SLOTS ? groups : CROSS_ENTROPY_SLOTS;
}

/* The labels of `count` samples from sample i on, 0 for those that are ignored: bit l of the result
 * for the l-th. */
static inline unsigned used_labels(const struct sample_job *job, int64_t i, int64_t count,
                                   int32_t *label) {
    unsigned ignored = 0;
    memcpy(label, job->label + i, (size_t)count * sizeof *label);
    for (int64_t l = 0; job->ignored && l < count; l++) {
        if (!is_listed(job->ignored, label[l])) continue;
        ignored |= 1u << l;
        label[l] = 0;
    }
    return ignored;
}

/* Of slots begin to end the groups: i the first sample, count to be set. */
#define EACH_SAMPLE_GROUP(job, begin, end)                                                         \
    const int64_t groups = ((job)->samples + SAMPLES - 1) / SAMPLES, slots = sample_slots(job),    \
                  classes = (job)->classes, last = groups * (end) / slots * SAMPLES;               \
    const bool beside = classes <= SAMPLES_CLASSES;                                                \
    int32_t label[SAMPLES];                                                                        \
    for (int64_t i = groups * (begin) / slots * SAMPLES, count; i < last && i < (job)->samples;    \
         i += count)

static inline int64_t group_size(const struct sample_job *job, int64_t i) {
    return job->samples - i < SAMPLES ? job->samples - i : SAMPLES;
}

static void losses_of_slots(int64_t begin, int64_t end, const void *context) {
    const struct sample_job *job = context;
    EACH_SAMPLE_GROUP(job, begin, end) {
        const real *x = job->x + i * classes;
        real *loss = job->to + i;
        count = group_size(job, i);
        const unsigned ignored = used_labels(job, i, count, label);
        if (beside && count >= SAMPLES_LEAST) {
            losses_beside(count, classes, label, loss, x);
        } else {
            for (int64_t l = 0; l < count; l++)
                loss[l] = sample_loss(classes, label[l], job->e + begin * classes, x + l * classes);
        }
        for (int64_t l = 0; ignored && l < count; l++) {
            if (ignored >> l & 1) loss[l] = 0;
        }
    }
}

static void gradients_of_slots(int64_t begin, int64_t end, const void *context) {
    const struct sample_job *job = context;
    EACH_SAMPLE_GROUP(job, begin, end) {
        const real *x = job->x + i * classes;
        real *dx = job->to + i * classes, factor[SAMPLES];
        count = group_size(job, i);
        const unsigned ignored = used_labels(job, i, count, label);
        for (int64_t l = 0; l < count; l++) factor[l] = job->dy ? job->dy[i + l] : job->factor;
        if (beside && count >= SAMPLES_LEAST) {
            gradients_beside(count, classes, label, factor, dx, x);
        } else {
            for (int64_t l = 0; l < count; l++)
                sample_gradient(classes, label[l], factor[l], dx + l * classes, x + l * classes);
        }
        for (int64_t l = 0; ignored && l < count; l++) {
            if (ignored >> l & 1) memset(dx + l * classes, 0, (size_t)classes * sizeof *dx);
        }
    }
}

static inline void sample_losses(const struct sample_job *job) {
    wg_parallel(sample_slots(job), job->samples * job->classes * SAMPLE_WORK, losses_of_slots, job);
}

static inline void sample_gradients(const struct sample_job *job) {
    wg_parallel(sample_slots(job), job->samples * job->classes * SAMPLE_WORK, gradients_of_slots,
                job);
}

/* ------------------------------------------------------------------------------------------------
 * Yes or no */

/* -target ln sigmoid(x) - (1 - target) ln sigmoid(-x) */
static inline real binary_loss(real x, real target) {
    const real positive = x <= 0 ? 0 : x; /* passes a NaN on */
    return positive - x * target + LOG1P(EXP(-ABS(x)));
}

/* sigmoid(x) - target */
static inline real excess(real x, real target) {
    const real unlikely = SIGMOID(-ABS(x));
    return x > 0 ? (1 - target) - unlikely : unlikely - target;
}
#endif

#endif
