/* The matrix product beside the machine's peak of fused multiply-adds.
 *
 * The product is a node of a tape, replayed. The peak is a loop of independent FMAs on registers,
 * with the widest vectors of the instruction set, one thread; two threads' share is of twice that.
 * Both are timed in turn; two threads after them, since a waiting thread keeps its core busy for a
 * while and would slow the others. A product of (m, k) and (k, n) counts 2 m n k operations.
 */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include "wengert/wengert.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHAINS = 12, ROUNDS = 4096 };

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

static const struct peak {
    const char *isa;
    int lanes; /* of f32; f64 has half */
    void (*run[2])(void *context);
} peaks[] = {
#if defined(__x86_64__)
    {"x86-64-v3", 8, {peak_v3_f32, peak_v3_f64}},
    {"x86-64-v4", 16, {peak_v4_f32, peak_v4_f64}},
#elif defined(__aarch64__)
    {"neon", 4, {peak_neon_f32, peak_neon_f64}},
#endif
    {NULL, 0, {NULL, NULL}}};

struct shape {
    int64_t m, k, n;
    int transpose_x, transpose_z;
    const char *what;
};

static const struct shape squares[] = {{32, 32, 32, 0, 0, ""},
                                       {64, 64, 64, 0, 0, ""},
                                       {128, 128, 128, 0, 0, ""},
                                       {256, 256, 256, 0, 0, ""},
                                       {512, 512, 512, 0, 0, ""},
                                       {1024, 1024, 1024, 0, 0, ""},
                                       {0}};

/* A 784-128-10 network on batches of 32. */
static const struct shape mnist[] = {{32, 784, 128, 0, 0, "x W1"}, {784, 32, 128, 1, 0, "x' dy"},
                                     {32, 128, 10, 0, 0, "h W2"},  {32, 10, 128, 0, 1, "dy W2'"},
                                     {128, 32, 10, 1, 0, "h' dy"}, {0}};

static void product(void *context) { wg_forward(context); }

static void product_of_two(void *context) {
    wg_set_threads(2);
    wg_forward(context);
    wg_set_threads(1);
}

static wg_var operand(wg_tape *tape, enum wg_dtype dtype, int64_t rows, int64_t columns,
                      int transposed) {
    const struct wg_shape shape = transposed ? WG_SHAPE(columns, rows) : WG_SHAPE(rows, columns);
    const wg_var x = wg_input(tape, dtype, shape, NULL);
    bench_check();
    bench_fill(rows * columns, wg_value(x).data, dtype == WG_F64, -1, 1);
    return x;
}

static void row_of(const struct shape *s, enum wg_dtype dtype, const struct peak *peak) {
    wg_tape *tape = wg_tape_new();
    const wg_var x = operand(tape, dtype, s->m, s->k, s->transpose_x);
    const wg_var z = operand(tape, dtype, s->k, s->n, s->transpose_z);
    wg_matmul_transposed(x, s->transpose_x, z, s->transpose_z);
    double alive = 0;
    struct bench_job job[] = {BENCH_JOB(product, tape),
                              BENCH_JOB(peak->run[dtype == WG_F64], &alive)};
    struct bench_job of_two = {.run = product_of_two, .context = tape, .threads = 2};
    bench_time(2, job);
    bench_time(1, &of_two);
    const double work = 2.0 * (double)s->m * (double)s->n * (double)s->k;
    const double lanes = dtype == WG_F64 ? peak->lanes / 2 : peak->lanes;
    const double most = 2.0 * CHAINS * ROUNDS * lanes / job[1].ns;
    const double one = work / job[0].ns, two = work / of_two.ns;
    char name[32];
    snprintf(name, sizeof name, "(%lld, %lld) (%lld, %lld)", (long long)s->m, (long long)s->k,
             (long long)s->k, (long long)s->n);
    printf("%-25s %-7s %-4s %8.1f %6.0f%%   %8.1f %6.0f%%   %8.1f\n", name, s->what,
           wg_dtype_name(dtype), one, 100 * one / most, two, 50 * two / most, most);
    fflush(stdout);
    wg_tape_free(tape);
}

int main(void) {
    for (const struct peak *peak = peaks; peak->isa; peak++) {
        if (wg_set_isa(peak->isa) != WG_OK) { /* this CPU lacks it */
            wg_clear_error();
            continue;
        }
        printf("\nmatrix product: %s; GFLOP/s and the share of the FMA peak\n", peak->isa);
        printf("%-25s %-7s %-4s %16s   %16s   %8s\n", "shapes", "", "", "1 thread", "2 threads",
               "peak");
        for (const struct shape *s = squares; s->m; s++) {
            row_of(s, WG_F32, peak);
            row_of(s, WG_F64, peak);
        }
        for (const struct shape *s = mnist; s->m; s++) row_of(s, WG_F32, peak);
    }
    return 0;
}
