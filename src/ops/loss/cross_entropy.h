/* What cross-entropies from logits share. */
#ifndef WG_OPS_CROSS_ENTROPY_H
#define WG_OPS_CROSS_ENTROPY_H

#include "ops/loss/loss.h"

#ifdef WG_KERNEL_PASS
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
