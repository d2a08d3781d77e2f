#ifndef WG_MATH_WIDE_LANES_H
#define WG_MATH_WIDE_LANES_H

/* Beside a vector of floats, vectors of doubles: as many bytes, half as many lanes. Where `real` is
 * double there are none. */

#include "math/lanes.h"

#if WG_REAL_IS_FLOAT
enum { WIDE_LANES = LANES / 2 };

typedef double wide_lanes __attribute__((vector_size(LANES_BYTES)));
typedef int64_t wide_mask __attribute__((vector_size(LANES_BYTES)));
typedef float half_lanes __attribute__((vector_size(LANES_BYTES / 2)));

static inline wide_lanes wide_broadcast(double x) {
#if LANES_BYTES == 64
    return _mm512_set1_pd(x);
#elif LANES_BYTES == 32
    return _mm256_set1_pd(x);
#else
    return (wide_lanes){x, x};
#endif
}

/* Floats from p, as doubles; doubles to p, rounded. */
static inline wide_lanes wide_load(const float *p) {
    half_lanes half;
    memcpy(&half, p, sizeof half);
#if LANES_BYTES == 64 /* which gcc would take in halves */
    return _mm512_cvtps_pd(half);
#else
    return __builtin_convertvector(half, wide_lanes);
#endif
}

static inline void wide_store(float *p, wide_lanes v) {
    const half_lanes half = __builtin_convertvector(v, half_lanes);
    memcpy(p, &half, sizeof half);
}

static inline wide_lanes wide_fma(wide_lanes a, wide_lanes b, wide_lanes c) {
#if LANES_BYTES == 64
    return _mm512_fmadd_pd(a, b, c);
#elif LANES_BYTES == 32
    return _mm256_fmadd_pd(a, b, c);
#elif LANES_FUSED
    return vfmaq_f64(c, a, b);
#else
    return (wide_lanes){__builtin_fma(a[0], b[0], c[0]), __builtin_fma(a[1], b[1], c[1])};
#endif
}

/* a where the mask is set, b elsewhere. */
static inline wide_lanes wide_select(wide_mask mask, wide_lanes a, wide_lanes b) {
    return (wide_lanes)((mask & (wide_mask)a) | (~mask & (wide_mask)b));
}

/* a > b ? a : b, lane by lane: b where one of them is NaN. */
static inline wide_lanes wide_larger(wide_lanes a, wide_lanes b) {
#if LANES_BYTES == 64
    return _mm512_max_pd(a, b);
#elif LANES_BYTES == 32
    return _mm256_max_pd(a, b);
#else
    return wide_select(a > b, a, b);
#endif
}

/* The lanes moved down by `step`, a constant, the lowest to the top. */
#if LANES == 16
#define WIDE_TURNED(v, step)                                                                       \
    __builtin_shufflevector(v, v, (step), (step) + 1, (step) + 2, (step) + 3, ((step) + 4) % 8,    \
                            ((step) + 5) % 8, ((step) + 6) % 8, ((step) + 7) % 8)
#elif LANES == 8
#define WIDE_TURNED(v, step)                                                                       \
    __builtin_shufflevector(v, v, (step), (step) + 1, ((step) + 2) % 4, ((step) + 3) % 4)
#else
#define WIDE_TURNED(v, step) __builtin_shufflevector(v, v, 1, 0)
#endif

/* The sum of the lanes, in a tree: each of the lower half has one of the upper added. */
static inline double wide_total(wide_lanes v) {
#if LANES == 16
    v += WIDE_TURNED(v, 4);
#endif
#if LANES >= 8
    v += WIDE_TURNED(v, 2);
#endif
    v += WIDE_TURNED(v, 1);
    return v[0];
}
#endif

#endif
