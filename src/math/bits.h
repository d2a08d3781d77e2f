/* bits.h: bit patterns of floating-point numbers, and scaling by powers of two.
 *
 * Every function of src/math is inlined, has no branch and calls nothing, so that a loop
 * over it is vectorised by the compiler, and rounds the same way on every machine: it uses + - * /,
 * fma written as such, comparisons, selects (?:) and integer operations of the same width, and
 * nothing else. Compile with -fno-math-errno -fno-trapping-math -ffp-contract=off.  In "a ? b : c"
 * both b and c are computed, and the one not taken may be infinite or NaN.  A NaN argument of a
 * function of one argument comes back as it came, sign and payload, because arithmetic on NaN is
 * where machines differ; any other NaN is the positive quiet one.
 */
#ifndef WG_MATH_BITS_H
#define WG_MATH_BITS_H

#include <stdint.h>
#include <string.h>

/* A call left in a loop keeps it from being vectorised, and large functions are not inlined
 * unasked. */
#define WG_INLINE static inline __attribute__((always_inline))

#define WG_INF_F32 __builtin_inff()
#define WG_NAN_F32 __builtin_nanf("")
#define WG_INF_F64 __builtin_inf()
#define WG_NAN_F64 __builtin_nan("")

/* Adding and subtracting these rounds to the nearest integer, |x| < 2^22 and 2^51; after the adding
 * alone, the integer stands in the low bits of the sum. */
#define WG_ROUND_F32 0x1.8p23f
#define WG_ROUND_F64 0x1.8p52

/* memcpy is the one way of reading bits that C11 defines and both compilers vectorise. */
WG_INLINE uint32_t wg_to_bits_f32(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

WG_INLINE uint64_t wg_to_bits_f64(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

WG_INLINE float wg_from_bits_f32(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

WG_INLINE double wg_from_bits_f64(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^n.  n is an integer modulo 2^32 (2^64), so that a negative one needs no signed shift.
 * Domain: -126 <= n <= 127 (-1022 <= n <= 1023); one below it gives +0. */
WG_INLINE float wg_exp2i_f32(uint32_t n) { return wg_from_bits_f32((n + 127) << 23); }

WG_INLINE double wg_exp2i_f64(uint64_t n) { return wg_from_bits_f64((n + 1023) << 52); }

/* x 2^n, rounded once where the result is subnormal, infinite where it is too large.
 * Domain: 0.125 < |x| < 8 and |n| <= 200 (1100): half of n is applied exactly, then the rest. */
WG_INLINE float wg_scale_f32(float x, uint32_t n) {
    uint32_t biased = n + 254;
    uint32_t half = biased >> 1;
    return x * wg_from_bits_f32(half << 23) * wg_from_bits_f32((biased - half) << 23);
}

WG_INLINE double wg_scale_f64(double x, uint64_t n) {
    uint64_t biased = n + 2046;
    uint64_t half = biased >> 1;
    return x * wg_from_bits_f64(half << 52) * wg_from_bits_f64((biased - half) << 52);
}

/* The smaller of x and limit > 0, the larger of x and limit < 0.  Floats of one sign are in the
 * order of their bits, and an integer's minimum is one instruction where a float's, which must
 * mind NaN, is a comparison and a select.  A NaN gives the limit or itself. */
WG_INLINE float wg_at_most_f32(float x, float limit) {
    int32_t bits, most;
    memcpy(&bits, &x, sizeof bits);
    memcpy(&most, &limit, sizeof most);
    bits = bits < most ? bits : most;
    memcpy(&x, &bits, sizeof x);
    return x;
}

WG_INLINE float wg_at_least_f32(float x, float limit) {
    uint32_t bits = wg_to_bits_f32(x), least = wg_to_bits_f32(limit);
    return wg_from_bits_f32(bits < least ? bits : least);
}

/* The larger of x and y >= 0. */
WG_INLINE float wg_larger_f32(float x, float y) {
    int32_t bits, least;
    memcpy(&bits, &x, sizeof bits);
    memcpy(&least, &y, sizeof least);
    bits = bits > least ? bits : least;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* yes where the condition holds, else no, by masks: for chains of conditions that compilers would
 * turn into jumps, which are not vectorised. */
WG_INLINE double wg_select_f64(int condition, double yes, double no) {
    uint64_t mask = (uint64_t)0 - (uint64_t)(condition != 0);
    return wg_from_bits_f64((wg_to_bits_f64(yes) & mask) | (wg_to_bits_f64(no) & ~mask));
}

WG_INLINE uint32_t wg_select_u32(int condition, uint32_t yes, uint32_t no) {
    uint32_t mask = (uint32_t)0 - (uint32_t)(condition != 0);
    return (yes & mask) | (no & ~mask);
}

WG_INLINE float wg_select_f32(int condition, float yes, float no) {
    return wg_from_bits_f32(wg_select_u32(condition, wg_to_bits_f32(yes), wg_to_bits_f32(no)));
}

/* |x| with the sign bit of `sign`. */
WG_INLINE float wg_copysign_f32(float x, float sign) {
    uint32_t mask = UINT32_C(1) << 31;
    return wg_from_bits_f32((wg_to_bits_f32(x) & ~mask) | (wg_to_bits_f32(sign) & mask));
}

WG_INLINE double wg_copysign_f64(double x, double sign) {
    uint64_t mask = UINT64_C(1) << 63;
    return wg_from_bits_f64((wg_to_bits_f64(x) & ~mask) | (wg_to_bits_f64(sign) & mask));
}

WG_INLINE float wg_abs_f32(float x) {
    return wg_from_bits_f32(wg_to_bits_f32(x) & ~(UINT32_C(1) << 31));
}

WG_INLINE double wg_abs_f64(double x) {
    return wg_from_bits_f64(wg_to_bits_f64(x) & ~(UINT64_C(1) << 63));
}

/* x, or limit > 0 with x's sign where |x| is larger; for NaN as well. */
WG_INLINE float wg_within_f32(float x, float limit) {
    return wg_copysign_f32(wg_at_most_f32(wg_abs_f32(x), limit), x);
}

#endif
