/* The references of the losses' ops that give a number of each sample or element: what their
 * formulas say, as plain loops in long double. */
#ifndef WG_TESTS_LOSS_LOOPS_H
#define WG_TESTS_LOSS_LOOPS_H

#include "ops_loops.h"

static bool is_ignored(const struct call *c, int64_t sample) {
    for (int i = 0; i < (int)c->slots[0]; i++) {
        if (c->slots[1 + i] == (double)c->v[1][sample]) return true;
    }
    return false;
}

static void ref_sparse_cross_entropy(const struct call *c, long double *y) {
    const int64_t samples = c->x[1].size, classes = c->x[0].size / samples;
    for (int64_t i = 0; i < samples; i++) {
        if (!is_ignored(c, i))
            y[i] = logl(exp_sum(c, i, classes)) - c->v[0][i * classes + (int64_t)c->v[1][i]];
    }
}
static void ref_sparse_cross_entropy_gradient(const struct call *c, const long double *y,
                                              const long double *dy, long double *const *dx) {
    const int64_t classes = c->x[0].size / c->x[1].size;
    (void)y;
    for (int64_t at = 0; at < c->x[0].size; at++) {
        const int64_t i = at / classes;
        const long double onehot = at % classes == (int64_t)c->v[1][i];
        if (!is_ignored(c, i))
            dx[0][at] = dy[i] * (expl(c->v[0][at]) / exp_sum(c, i, classes) - onehot);
    }
}

static void ref_sigmoid_cross_entropy(const struct call *c, long double *y) {
    for (int64_t i = 0; i < c->x[0].size; i++) {
        const long double p = 1 / (1 + expl(-c->v[0][i])), t = c->v[1][i];
        y[i] = -(t * logl(p) + (1 - t) * logl(1 - p));
    }
}
static void ref_sigmoid_cross_entropy_gradient(const struct call *c, const long double *y,
                                               const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->x[0].size; i++) {
        dx[0][i] = dy[i] * (1 / (1 + expl(-c->v[0][i])) - c->v[1][i]);
        dx[1][i] = -dy[i] * c->v[0][i];
    }
}

static void ref_log_cosh(const struct call *c, long double *y) {
    for (int64_t i = 0; i < c->x[0].size; i++) y[i] = logl(coshl(c->v[0][i] - c->v[1][i]));
}
static void ref_log_cosh_gradient(const struct call *c, const long double *y, const long double *dy,
                                  long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->x[0].size; i++) {
        dx[0][i] = dy[i] * tanhl(c->v[0][i] - c->v[1][i]);
        dx[1][i] = -dx[0][i];
    }
}

static void ref_pick(const struct call *c, long double *y) {
    const int64_t samples = c->x[1].size, classes = c->x[0].size / samples;
    for (int64_t i = 0; i < samples; i++) {
        if (!is_ignored(c, i)) y[i] = c->v[0][i * classes + (int64_t)c->v[1][i]];
    }
}
static void ref_pick_gradient(const struct call *c, const long double *y, const long double *dy,
                              long double *const *dx) {
    const int64_t samples = c->x[1].size, classes = c->x[0].size / samples;
    (void)y;
    for (int64_t i = 0; i < samples; i++) {
        if (!is_ignored(c, i)) dx[0][i * classes + (int64_t)c->v[1][i]] = dy[i];
    }
}

static bool pair_counts(const struct call *c, int64_t at) {
    const int64_t n = c->x[1].size, i = at / n, j = at % n;
    if (i == j && c->slots[1] == 0) return false;
    return (c->v[1][i] != c->v[1][j]) == (c->slots[0] != 0);
}
static void ref_same_label(const struct call *c, long double *y) {
    for (int64_t at = 0; at < c->x[0].size; at++) y[at] = pair_counts(c, at) ? c->v[0][at] : 0;
}
static void ref_same_label_gradient(const struct call *c, const long double *y,
                                    const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t at = 0; at < c->x[0].size; at++) dx[0][at] = pair_counts(c, at) ? dy[at] : 0;
}

/* The cases' elements are never all 0 or 1 (test_losses.c has such targets). */
static void ref_hinge_labels(const struct call *c, long double *y) {
    for (int64_t i = 0; i < c->x[0].size; i++) y[i] = c->v[0][i];
}
static void ref_hinge_labels_gradient(const struct call *c, const long double *y,
                                      const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->x[0].size; i++) dx[0][i] = dy[i];
}

#endif
