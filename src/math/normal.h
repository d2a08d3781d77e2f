/* normal.h: two independent normal deviates from one block of random words (Box and Muller 1958).
 *
 * The first two words, low half first, give the radius, the last two the angle, 53 bits each. Every
 * step is the library's own or correctly rounded, so that bits depend on the words alone.
 */
#ifndef WG_MATH_NORMAL_H
#define WG_MATH_NORMAL_H

#include "math/bits.h"
#include "math/log.h"
#include "math/trig.h"
#include "wengert/random.h"

struct wg_normal_pair {
    double first, second; /* along the cosine, and along the sine */
};

/* A whole number below 2^32, exactly: conversions of unsigned words are not vectorised everywhere.
 */
WG_INLINE double wg_from_word_f64(uint32_t word) {
    return wg_from_bits_f64(UINT64_C(0x4330000000000000) | word) - 0x1p52;
}

/* The upper 53 of 64 bits as a whole number. */
WG_INLINE double wg_upper_53_f64(uint32_t low, uint32_t high) {
    return wg_from_word_f64(high) * 0x1p21 + wg_from_word_f64(low >> 11);
}

WG_INLINE struct wg_normal_pair wg_normal_pair(struct wg_random_words words) {
    const uint32_t *w = words.word;
    const double radius_draw = (wg_upper_53_f64(w[0], w[1]) + 1) * 0x1p-53; /* in (0, 1] */
    const double turn = wg_upper_53_f64(w[2], w[3]) * 0x1p-53;
    const double radius = __builtin_sqrt(-2.0 * wg_log_f64(radius_draw));
    return (struct wg_normal_pair){radius * wg_cospi_f64(2.0 * turn),
                                   radius * wg_sinpi_f64(2.0 * turn)};
}

#endif
