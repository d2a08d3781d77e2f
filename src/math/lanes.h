#ifndef WG_MATH_LANES_H
#define WG_MATH_LANES_H

/* A vector of `real` as wide as the instruction set has registers, for kernels whose shape the
 * compiler does not find by itself. The including file defines the type `real` and WG_REAL_IS_FLOAT
 * (1 for float, 0 for double) before. Arithmetic is written with the plain operators; what those do
 * not cover is here, and so are all the intrinsics of the library. */

#include <stdint.h>
#include <string.h>

/* LANES_FUSED says whether a vector FMA is an instruction; without it lanes_fma is a loop of calls
 * into libm, right but slow, and a kernel does better in plain scalar code. LANES_REGISTERS is the
 * number of vector registers, by which kernels choose their tiles. */
#if defined(__AVX512F__) && defined(__AVX512VL__)
#include <immintrin.h>
#define LANES_BYTES 64
#define LANES_REGISTERS 32
#define LANES_FUSED 1
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define LANES_BYTES 32
#define LANES_REGISTERS 16
#define LANES_FUSED 1
#elif defined(__aarch64__)
#include <arm_neon.h>
#define LANES_BYTES 16
#define LANES_REGISTERS 32
#define LANES_FUSED 1
#else
#define LANES_BYTES 16
#define LANES_REGISTERS 16
#define LANES_FUSED 0
#endif

#if WG_REAL_IS_FLOAT
#define LANES (LANES_BYTES / 4)
#else
#define LANES (LANES_BYTES / 8)
#endif

/* Before a loop of constant count over an array of vectors: gcc keeps the array in registers only
 * if it unrolls early, which it must be asked for; clang does by itself. */
#if defined(__clang__)
#define LANES_UNROLL
#else
#define LANES_UNROLL _Pragma("GCC unroll 32")
#endif

typedef real lanes __attribute__((vector_size(LANES_BYTES)));

#define LANES_INLINE static inline __attribute__((always_inline))

/* What comparisons of vectors give: all ones in the lanes where they hold, which & and | join. */
#if WG_REAL_IS_FLOAT
typedef int32_t lanes_mask_type __attribute__((vector_size(LANES_BYTES)));
#else
typedef int64_t lanes_mask_type __attribute__((vector_size(LANES_BYTES)));
#endif

/* a where the mask is set, b elsewhere. */
static inline lanes lanes_select(lanes_mask_type mask, lanes a, lanes b) {
    return (lanes)((mask & (lanes_mask_type)a) | (~mask & (lanes_mask_type)b));
}

/* Asks memory for elements begin to end of an array, as far as it has them: for walks that hop in a
 * way the processor does not foresee. */
static inline void lanes_ask(const real *array, int64_t begin, int64_t end, int64_t size) {
    enum { LINE = 64 / (int)sizeof(real) };
    if (end > size) end = size;
    for (int64_t i = begin; i < end; i += LINE) __builtin_prefetch(array + i);
}

static inline lanes lanes_load(const real *p) {
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void lanes_store(real *p, lanes v) { memcpy(p, &v, sizeof v); }

static inline lanes lanes_broadcast(real x) {
#if LANES_BYTES == 64 && WG_REAL_IS_FLOAT
    return _mm512_set1_ps(x);
#elif LANES_BYTES == 64
    return _mm512_set1_pd(x);
#elif LANES_BYTES == 32 && WG_REAL_IS_FLOAT
    return _mm256_set1_ps(x);
#elif LANES_BYTES == 32
    return _mm256_set1_pd(x);
#else
    lanes v = {0}; /* gcc under a sanitizer does not see that the loop sets every lane */
    for (int i = 0; i < LANES; i++) v[i] = x;
    return v;
#endif
}

/* a b + c with one rounding, of one lane and of all. */
static inline real lane_fma(real a, real b, real c) {
#if WG_REAL_IS_FLOAT
    return __builtin_fmaf(a, b, c);
#else
    return __builtin_fma(a, b, c);
#endif
}

static inline lanes lanes_fma(lanes a, lanes b, lanes c) {
#if LANES_BYTES == 64 && WG_REAL_IS_FLOAT
    return _mm512_fmadd_ps(a, b, c);
#elif LANES_BYTES == 64
    return _mm512_fmadd_pd(a, b, c);
#elif LANES_BYTES == 32 && WG_REAL_IS_FLOAT
    return _mm256_fmadd_ps(a, b, c);
#elif LANES_BYTES == 32
    return _mm256_fmadd_pd(a, b, c);
#elif LANES_FUSED && WG_REAL_IS_FLOAT
    return vfmaq_f32(c, a, b);
#elif LANES_FUSED
    return vfmaq_f64(c, a, b);
#else
    lanes v = {0}; /* gcc's sanitizers take it for read before it is written */
    for (int i = 0; i < LANES; i++) v[i] = lane_fma(a[i], b[i], c[i]);
    return v;
#endif
}

/* a > b ? a : b, lane by lane: b where one of them is NaN. */
static inline lanes lanes_larger(lanes a, lanes b) {
#if LANES_BYTES == 64 && WG_REAL_IS_FLOAT
    return _mm512_max_ps(a, b);
#elif LANES_BYTES == 64
    return _mm512_max_pd(a, b);
#elif LANES_BYTES == 32 && WG_REAL_IS_FLOAT
    return _mm256_max_ps(a, b);
#elif LANES_BYTES == 32
    return _mm256_max_pd(a, b);
#else
    return lanes_select(a > b, a, b);
#endif
}

/* Whether any lane of the mask is set. */
static inline int lanes_any(lanes_mask_type mask) {
#if LANES_BYTES == 64
    return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0;
#elif LANES_BYTES == 32
    return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#else
    int64_t halves[2];
    memcpy(halves, &mask, sizeof halves);
    return (halves[0] | halves[1]) != 0;
#endif
}

/* The largest lane; none may be NaN. */
static inline real lanes_largest(lanes v) {
#if LANES_BYTES == 64 && WG_REAL_IS_FLOAT
    return _mm512_reduce_max_ps(v);
#elif LANES_BYTES == 64
    return _mm512_reduce_max_pd(v);
#else
    real most = v[0];
    for (int i = 1; i < LANES; i++) most = v[i] > most ? v[i] : most;
    return most;
#endif
}

#if LANES_BYTES == 32
/* All ones in the first `count` lanes: a window into ones followed by zeros. */
static inline __m256i lanes_mask(int64_t count) {
    static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
    __m256i mask;
    memcpy(&mask, window + 8 - count * (8 / LANES), sizeof mask);
    return mask;
}
#endif

/* The first `count` lanes (0 <= count <= LANES) from p, zeros in the others; reads nothing past
 * them. */
static inline lanes lanes_load_partial(const real *p, int64_t count) {
#if LANES_BYTES == 64 && WG_REAL_IS_FLOAT
    return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#elif LANES_BYTES == 64
    return _mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p);
#elif LANES_BYTES == 32 && WG_REAL_IS_FLOAT
    return _mm256_maskload_ps(p, lanes_mask(count));
#elif LANES_BYTES == 32
    return _mm256_maskload_pd(p, lanes_mask(count));
#else
    lanes v = {0};
    for (int i = 0; i < LANES; i++) {
        if (i < count) v[i] = p[i];
    }
    return v;
#endif
}

/* The first `count` lanes (0 <= count <= LANES) to p; writes nothing past them. */
static inline void lanes_store_partial(real *p, lanes v, int64_t count) {
#if LANES_BYTES == 64 && WG_REAL_IS_FLOAT
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), v);
#elif LANES_BYTES == 64
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), v);
#elif LANES_BYTES == 32 && WG_REAL_IS_FLOAT
    _mm256_maskstore_ps(p, lanes_mask(count), v);
#elif LANES_BYTES == 32
    _mm256_maskstore_pd(p, lanes_mask(count), v);
#else
    for (int i = 0; i < LANES; i++) {
        if (i < count) p[i] = v[i];
    }
#endif
}

/* Matrices are transposed in blocks of 16 bytes, which x86 shuffles fastest: first within each
 * block, then the blocks change places. What follows takes from two vectors, block by block, the
 * first or the second half: of floats in turn, of pairs of words; or blocks as wholes, the even or
 * the odd. */
typedef int64_t lanes_words __attribute__((vector_size(LANES_BYTES)));
#define LANES_SHUFFLE(type, a, b, ...)                                                             \
    ((lanes)__builtin_shufflevector((type)(a), (type)(b), __VA_ARGS__))
#if LANES_BYTES == 64
#define LANES_FLOATS_LOW 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define LANES_FLOATS_HIGH 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define LANES_WORDS_LOW 0, 8, 2, 10, 4, 12, 6, 14
#define LANES_WORDS_HIGH 1, 9, 3, 11, 5, 13, 7, 15
#define LANES_BLOCKS_EVEN 0, 1, 4, 5, 8, 9, 12, 13
#define LANES_BLOCKS_ODD 2, 3, 6, 7, 10, 11, 14, 15
#elif LANES_BYTES == 32
#define LANES_FLOATS_LOW 0, 8, 1, 9, 4, 12, 5, 13
#define LANES_FLOATS_HIGH 2, 10, 3, 11, 6, 14, 7, 15
#define LANES_WORDS_LOW 0, 4, 2, 6
#define LANES_WORDS_HIGH 1, 5, 3, 7
#define LANES_BLOCKS_EVEN 0, 1, 4, 5
#define LANES_BLOCKS_ODD 2, 3, 6, 7
#else
#define LANES_FLOATS_LOW 0, 4, 1, 5
#define LANES_FLOATS_HIGH 2, 6, 3, 7
#define LANES_WORDS_LOW 0, 2
#define LANES_WORDS_HIGH 1, 3
#endif

/* Rows become columns. */
__attribute__((always_inline)) static inline void lanes_turn(lanes *row) {
    enum { SPAN = 16 / (int)sizeof(real) }; /* of a block */
    lanes old[LANES];
#if WG_REAL_IS_FLOAT
    LANES_UNROLL
    for (int i = 0; i < LANES; i += 2) {
        old[i] = LANES_SHUFFLE(lanes, row[i], row[i + 1], LANES_FLOATS_LOW);
        old[i + 1] = LANES_SHUFFLE(lanes, row[i], row[i + 1], LANES_FLOATS_HIGH);
    }
    LANES_UNROLL
    for (int i = 0; i < LANES; i += 4) {
        LANES_UNROLL
        for (int j = 0; j < 2; j++) {
            row[i + 2 * j] =
                LANES_SHUFFLE(lanes_words, old[i + j], old[i + j + 2], LANES_WORDS_LOW);
            row[i + 2 * j + 1] =
                LANES_SHUFFLE(lanes_words, old[i + j], old[i + j + 2], LANES_WORDS_HIGH);
        }
    }
#else
    LANES_UNROLL
    for (int i = 0; i < LANES; i++) old[i] = row[i];
    LANES_UNROLL
    for (int i = 0; i < LANES; i += 2) {
        row[i] = LANES_SHUFFLE(lanes_words, old[i], old[i + 1], LANES_WORDS_LOW);
        row[i + 1] = LANES_SHUFFLE(lanes_words, old[i], old[i + 1], LANES_WORDS_HIGH);
    }
#endif
#if LANES_BYTES > 16
    /* Row i + SPAN q, block p becomes row i + SPAN p, block q. */
    LANES_UNROLL
    for (int i = 0; i < SPAN; i++) {
        lanes *const r = row + i;
#if LANES_BYTES == 64
        const lanes a = LANES_SHUFFLE(lanes_words, r[0], r[SPAN], LANES_BLOCKS_EVEN),
                    b = LANES_SHUFFLE(lanes_words, r[0], r[SPAN], LANES_BLOCKS_ODD),
                    c = LANES_SHUFFLE(lanes_words, r[2 * SPAN], r[3 * SPAN], LANES_BLOCKS_EVEN),
                    d = LANES_SHUFFLE(lanes_words, r[2 * SPAN], r[3 * SPAN], LANES_BLOCKS_ODD);
        r[0] = LANES_SHUFFLE(lanes_words, a, c, LANES_BLOCKS_EVEN);
        r[SPAN] = LANES_SHUFFLE(lanes_words, b, d, LANES_BLOCKS_EVEN);
        r[2 * SPAN] = LANES_SHUFFLE(lanes_words, a, c, LANES_BLOCKS_ODD);
        r[3 * SPAN] = LANES_SHUFFLE(lanes_words, b, d, LANES_BLOCKS_ODD);
#else
        const lanes a = r[0], b = r[SPAN];
        r[0] = LANES_SHUFFLE(lanes_words, a, b, LANES_BLOCKS_EVEN);
        r[SPAN] = LANES_SHUFFLE(lanes_words, a, b, LANES_BLOCKS_ODD);
#endif
    }
#endif
}

/* to[j][i] = from[i][j] for i < rows and j < columns, both at most LANES, with the rows of each the
 * given distance apart. Reads nothing else; writes whole vectors, `columns` of them. */
static inline void lanes_transpose(int64_t rows, int64_t columns, const real *from,
                                   int64_t from_row, real *to, int64_t to_row) {
    lanes row[LANES];
    if (rows == LANES && columns == LANES) {
        LANES_UNROLL
        for (int i = 0; i < LANES; i++) row[i] = lanes_load(from + i * from_row);
        lanes_turn(row);
        LANES_UNROLL
        for (int i = 0; i < LANES; i++) lanes_store(to + i * to_row, row[i]);
        return;
    }
    LANES_UNROLL
    for (int i = 0; i < LANES; i++)
        row[i] = i < rows ? lanes_load_partial(from + i * from_row, columns) : (lanes){0};
    lanes_turn(row);
    for (int i = 0; i < LANES; i++) {
        if (i < columns) lanes_store(to + i * to_row, row[i]);
    }
}

/* The same, but that it reads whole vectors and writes nothing else. */
static inline void lanes_transpose_out(int64_t rows, int64_t columns, const real *from,
                                       int64_t from_row, real *to, int64_t to_row) {
    lanes row[LANES];
    if (rows == LANES && columns == LANES) {
        lanes_transpose(LANES, LANES, from, from_row, to, to_row);
        return;
    }
    LANES_UNROLL
    for (int i = 0; i < LANES; i++)
        row[i] = i < rows ? lanes_load(from + i * from_row) : (lanes){0};
    lanes_turn(row);
    for (int i = 0; i < LANES; i++) {
        if (i < columns) lanes_store_partial(to + i * to_row, row[i], rows);
    }
}

#endif
