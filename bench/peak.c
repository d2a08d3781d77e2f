#define _POSIX_C_SOURCE 200809L
#include "peak.h"

#include "common.h"

#include <pthread.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHAINS = 12, ROUNDS = 4096, REPEATS = 15, RUNS = 100, MOST_THREADS = 64 };

/* CHAINS chains of `vector`, ROUNDS long each; the sum of one lane of each keeps them alive. */
#define PEAK(name, target, vector, set, fma, first)                                                \
    target static void name(void *context) {                                                       \
        const vector factor = set(0.5), term = set(1);                                             \
        vector chain[CHAINS];                                                                      \
        for (int i = 0; i < CHAINS; i++) chain[i] = set(0);                                        \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) chain[i] =                   \
                fma(chain[i], factor, term);                                                       \
        }                                                                                          \
        double *sum = context;                                                                     \
        for (int i = 0; i < CHAINS; i++) *sum += (double)first(chain[i]);                          \
    }

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f,fma")))
#define AVX2 __attribute__((target("avx2,fma")))
PEAK(peak_v4_f32, AVX512, __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
PEAK(peak_v4_f64, AVX512, __m512d, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_cvtsd_f64)
PEAK(peak_v3_f32, AVX2, __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
PEAK(peak_v3_f64, AVX2, __m256d, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_cvtsd_f64)
#elif defined(__aarch64__)
#define NEON_FMA_F32(a, b, c) vfmaq_f32(c, a, b)
#define NEON_FMA_F64(a, b, c) vfmaq_f64(c, a, b)
#define NEON_FIRST_F32(a) vgetq_lane_f32(a, 0)
#define NEON_FIRST_F64(a) vgetq_lane_f64(a, 0)
PEAK(peak_neon_f32, , float32x4_t, vdupq_n_f32, NEON_FMA_F32, NEON_FIRST_F32)
PEAK(peak_neon_f64, , float64x2_t, vdupq_n_f64, NEON_FMA_F64, NEON_FIRST_F64)
#endif

const struct bench_peak bench_peaks[] = {
#if defined(__x86_64__)
    {"x86-64-v3", 8, {peak_v3_f32, peak_v3_f64}},
    {"x86-64-v4", 16, {peak_v4_f32, peak_v4_f64}},
#elif defined(__aarch64__)
    {"neon", 4, {peak_neon_f32, peak_neon_f64}},
#endif
    {NULL, 0, {NULL, NULL}}};

const struct bench_peak *bench_peak_of(const char *isa) {
    const struct bench_peak *peak = bench_peaks;
    while (peak->isa && strcmp(peak->isa, isa) != 0) peak++;
    return peak->isa ? peak : NULL;
}

double bench_peak_work(const struct bench_peak *peak, int is_double) {
    return 2.0 * CHAINS * ROUNDS * (is_double ? peak->lanes / 2 : peak->lanes);
}

struct loop {
    void (*run)(void *context);
    double sum;
};

static void *runs(void *argument) {
    struct loop *loop = argument;
    for (int i = 0; i < RUNS; i++) loop->run(&loop->sum);
    return NULL;
}

double bench_peak_measure(const struct bench_peak *peak, int is_double, int threads) {
    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        struct loop loop[MOST_THREADS] = {{0}};
        pthread_t thread[MOST_THREADS];
        int started = 0;
        for (int i = 0; i < threads && i < MOST_THREADS; i++) loop[i].run = peak->run[is_double];
        const double start = bench_clock(threads);
        while (started < threads - 1 && started < MOST_THREADS - 1 &&
               pthread_create(&thread[started], NULL, runs, &loop[started]) == 0)
            started++;
        runs(&loop[started]);
        for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
        const double ns = bench_clock(threads) - start;
        const double rate = (started + 1) * RUNS * bench_peak_work(peak, is_double) / ns;
        if (rate > best) best = rate;
    }
    return best;
}
