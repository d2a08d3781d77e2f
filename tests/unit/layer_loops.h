/* The references of the ops that layers are made of, as ops_loops.h has those of others: moments,
 * rows of a table, and noise by a key. Random words are wg_random_block's; what is made of them is
 * made here, in long double. */
#ifndef WG_TESTS_LAYER_LOOPS_H
#define WG_TESTS_LAYER_LOOPS_H

#include "ops_loops.h"

#include "wengert/random.h"

/* ------------------------------------------------------------------------------------------------
 * Moments */

static void means(const struct call *c, const long double *of, const long double *times,
                  long double *mean) {
    long double count[MOST] = {0};
    for (int64_t m = 0; m < MOST; m++) mean[m] = 0;
    EACH(c, i, m, false) {
        mean[m] += of[i] * (times ? times[i] : 1);
        count[m]++;
    }
    for (int64_t m = 0; m < MOST; m++) mean[m] /= count[m] > 0 ? count[m] : 1;
}
static void variances(const struct call *c, const long double *mean, long double *variance) {
    long double deviation[MOST] = {0};
    EACH(c, i, m, false) deviation[i] = c->v[0][i] - mean[m];
    means(c, deviation, deviation, variance);
}
static void ref_variance(const struct call *c, long double *y) {
    long double mean[MOST], variance[MOST];
    means(c, c->v[0], NULL, mean);
    variances(c, mean, variance);
    for (int64_t m = 0; m < c->size; m++) y[m] = variance[m];
}
static void ref_variance_gradient(const struct call *c, const long double *y, const long double *dy,
                                  long double *const *dx) {
    long double mean[MOST];
    (void)y;
    means(c, c->v[0], NULL, mean);
    EACH(c, i, m, false) dx[0][i] = dy[m] * 2 * (c->v[0][i] - mean[m]) / count_of(c);
}

/* 1 / sqrt(variance + epsilon) of each line; epsilon stands behind the list of axes. */
static void inverses(const struct call *c, const long double *mean, long double *inverse) {
    variances(c, mean, inverse);
    for (int64_t m = 0; m < MOST; m++)
        inverse[m] = 1 / sqrtl(inverse[m] + (long double)c->slots[WG_LIST_SLOTS]);
}
static void ref_standardize(const struct call *c, long double *y) {
    long double mean[MOST], inverse[MOST];
    means(c, c->v[0], NULL, mean);
    inverses(c, mean, inverse);
    EACH(c, i, m, false) y[i] = (c->v[0][i] - mean[m]) * inverse[m];
}
/* By the chain rule through mean and variance, one after the other. */
static void ref_standardize_gradient(const struct call *c, const long double *y,
                                     const long double *dy, long double *const *dx) {
    long double mean[MOST], inverse[MOST], deviation[MOST] = {0}, along[MOST], all[MOST];
    (void)y;
    means(c, c->v[0], NULL, mean);
    inverses(c, mean, inverse);
    EACH(c, i, m, false) deviation[i] = c->v[0][i] - mean[m];
    means(c, dy, deviation, along);
    means(c, dy, NULL, all);
    EACH(c, i, m, false) {
        const long double by_variance = -0.5L * inverse[m] * inverse[m] * inverse[m] * along[m];
        dx[0][i] = dy[i] * inverse[m] + by_variance * 2 * deviation[i] - all[m] * inverse[m];
    }
}

/* ------------------------------------------------------------------------------------------------
 * Rows of a table */

static void ref_gather(const struct call *c, long double *y) {
    const int64_t width = c->x[1].size ? c->size / c->x[1].size : 0;
    for (int64_t at = 0; at < c->size; at++)
        y[at] = c->v[0][(int64_t)c->v[1][at / width] * width + at % width];
}
static void ref_gather_gradient(const struct call *c, const long double *y, const long double *dy,
                                long double *const *dx) {
    const int64_t width = c->x[1].size ? c->size / c->x[1].size : 0;
    (void)y;
    for (int64_t at = 0; at < c->size; at++)
        dx[0][(int64_t)c->v[1][at / width] * width + at % width] += dy[at];
}

/* ------------------------------------------------------------------------------------------------
 * Noise */

static struct wg_random_words block_of(const struct call *c, int64_t block) {
    const int32_t *key = c->x[1].data;
    const uint64_t seed = (uint32_t)key[0] | (uint64_t)(uint32_t)key[1] << 32;
    return wg_random_block(seed, (uint32_t)key[2],
                           (uint64_t)(uint32_t)key[3] << 32 | (uint64_t)block);
}

/* Whether element i is kept; `shared` is the list of shared axes, NULL for none. */
static bool is_kept(const struct call *c, int64_t i, const double *shared) {
    const struct wg_shape *x = &c->x[0].shape;
    int64_t place = 0, step = 1;
    for (int d = x->rank - 1; d >= 0; i /= x->dim[d], d--) {
        if (shared && is_listed(shared, x->rank, d)) continue;
        place += i % x->dim[d] * step;
        step *= x->dim[d];
    }
    return (long double)block_of(c, place / 4).word[place % 4] >= c->slots[0] * 0x1p32L - 0.5L;
}

static long double normal_of(const struct call *c, int64_t i) {
    const struct wg_random_words b = block_of(c, i / 2);
    const uint64_t first = b.word[0] | (uint64_t)b.word[1] << 32;
    const uint64_t second = b.word[2] | (uint64_t)b.word[3] << 32;
    const long double radius = sqrtl(-2 * logl((long double)((first >> 11) + 1) * 0x1p-53L));
    const long double angle = 2 * acosl(-1) * (long double)(second >> 11) * 0x1p-53L;
    return radius * (i % 2 ? sinl(angle) : cosl(angle));
}

static void ref_keyed_dropout(const struct call *c, long double *y) {
    for (int64_t i = 0; i < c->size; i++)
        y[i] = is_kept(c, i, c->slots + 1) ? c->v[0][i] / (1 - c->slots[0]) : 0;
}
static void ref_keyed_dropout_gradient(const struct call *c, const long double *y,
                                       const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->size; i++)
        dx[0][i] = is_kept(c, i, c->slots + 1) ? dy[i] / (1 - c->slots[0]) : 0;
}

#define LEAST_OF_SELU (-1.7580993408473766L)
static long double alpha_scale(const struct call *c) {
    const long double rate = c->slots[0];
    return 1 / sqrtl((1 - rate) * (1 + rate * LEAST_OF_SELU * LEAST_OF_SELU));
}
static void ref_keyed_alpha_dropout(const struct call *c, long double *y) {
    const long double a = alpha_scale(c), b = -a * LEAST_OF_SELU * (long double)c->slots[0];
    for (int64_t i = 0; i < c->size; i++)
        y[i] = a * (is_kept(c, i, NULL) ? c->v[0][i] : LEAST_OF_SELU) + b;
}
static void ref_keyed_alpha_dropout_gradient(const struct call *c, const long double *y,
                                             const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->size; i++)
        dx[0][i] = is_kept(c, i, NULL) ? alpha_scale(c) * dy[i] : 0;
}
static long double factor_of(const struct call *c, int64_t i) {
    const long double rate = c->slots[0];
    return 1 + sqrtl(rate / (1 - rate)) * normal_of(c, i);
}
static void ref_keyed_gaussian_dropout(const struct call *c, long double *y) {
    for (int64_t i = 0; i < c->size; i++) y[i] = c->v[0][i] * factor_of(c, i);
}
static void ref_keyed_gaussian_dropout_gradient(const struct call *c, const long double *y,
                                                const long double *dy, long double *const *dx) {
    (void)y;
    for (int64_t i = 0; i < c->size; i++) dx[0][i] = dy[i] * factor_of(c, i);
}
static void ref_keyed_gaussian_noise(const struct call *c, long double *y) {
    for (int64_t i = 0; i < c->size; i++)
        y[i] = c->v[0][i] + (long double)c->slots[0] * normal_of(c, i);
}
static void ref_keyed_gaussian_noise_gradient(const struct call *c, const long double *y,
                                              const long double *dy, long double *const *dx) {
    (void)c;
    (void)y;
    for (int64_t i = 0; i < c->size; i++) dx[0][i] = dy[i];
}

#endif
