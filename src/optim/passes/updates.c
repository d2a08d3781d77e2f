/* The loops of one instruction set and dtype: every rule's update, and what optimizers do besides.
 * Compiled once for each pair, with WG_ISA and WG_REAL_IS_FLOAT given. */
#define WG_UPDATE_PASS

#include "optim/rule.h"

#include "optim/rules.inc"

static void fill(int64_t n, void *to_, double value) {
    real *to = to_;
    for (int64_t i = 0; i < n; i++) to[i] = (real)value;
}

static void accumulate(int64_t n, void *sum_, const void *g_, int count) {
    real *restrict sum = sum_;
    const real *restrict g = g_;
    if (count == 1) {
        for (int64_t i = 0; i < n; i++) sum[i] += g[i];
    } else {
        for (int64_t i = 0; i < n; i++) sum[i] = (sum[i] + g[i]) / (real)count;
    }
}

/* In the next two, `to` may be `from`. */
static void scale(int64_t n, void *to_, const void *from_, double factor) {
    real *to = to_;
    const real *from = from_, by = (real)factor;
    for (int64_t i = 0; i < n; i++) to[i] = from[i] * by;
}

static void clamp(int64_t n, void *to_, const void *from_, double limit) {
    real *to = to_;
    const real *from = from_, most = (real)limit;
    for (int64_t i = 0; i < n; i++) {
        const real x = from[i] > most ? most : from[i];
        to[i] = x < -most ? -most : x;
    }
}

static void decay(int64_t n, void *w_, double factor) {
    real *w = w_;
    const real by = (real)factor;
    for (int64_t i = 0; i < n; i++) w[i] -= w[i] * by;
}

static void average(int64_t n, void *average_, const void *w_, double momentum) {
    real *restrict mean = average_;
    const real *restrict w = w_;
    const real keep = (real)momentum, add = (real)(1 - momentum);
    for (int64_t i = 0; i < n; i++) mean[i] = keep * mean[i] + add * w[i];
}

static wg_update *const updates[] = {
#define X(rule) rule##_update,
#include "optim/rules.list"
#undef X
};

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#if WG_REAL_IS_FLOAT
#define SET JOIN(wg_updates_, WG_ISA, _f32)
#else
#define SET JOIN(wg_updates_, WG_ISA, _f64)
#endif

extern const struct wg_update_set SET;
const struct wg_update_set SET = {.update = updates,
                                  .fill = fill,
                                  .accumulate = accumulate,
                                  .squares = squares,
                                  .scale = scale,
                                  .clamp = clamp,
                                  .decay = decay,
                                  .average = average};
