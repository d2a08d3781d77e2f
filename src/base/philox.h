/* Philox4x32-10 (random.h), inline: a loop over blocks is vectorised by the compiler. */
#ifndef WG_BASE_PHILOX_H
#define WG_BASE_PHILOX_H

#include "wengert/random.h"

/* Unrolled, so that a loop around it is the innermost one. */
#if defined(__clang__)
#define WG_PHILOX_UNROLL _Pragma("clang loop unroll(full)")
#else
#define WG_PHILOX_UNROLL _Pragma("GCC unroll 10")
#endif

/* The random words at a counter. The constants are Philox4x32's: two multipliers, and two Weyl
 * increments for the key. */
__attribute__((always_inline)) static inline struct wg_random_words wg_philox(
    struct wg_random_words counter, uint32_t key_low, uint32_t key_high) {
    const uint64_t multiplier_0 = UINT64_C(0xD2511F53), multiplier_1 = UINT64_C(0xCD9E8D57);
    uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
    WG_PHILOX_UNROLL
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = multiplier_0 * c0, p1 = multiplier_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ key_low;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ key_high;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        key_low += UINT32_C(0x9E3779B9);
        key_high += UINT32_C(0xBB67AE85);
    }
    return (struct wg_random_words){{c0, c1, c2, c3}};
}

#endif
