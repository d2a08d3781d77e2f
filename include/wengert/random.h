/* Random numbers: a function of (seed, stream, position), never of what ran before or on which
 * thread. The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011); the same arguments give the same bits on every machine.
 *
 * Two ways to use it:
 *   - by position, for work that may happen in any order (a dropout mask):
 *         struct wg_random_words block = wg_random_block(seed, stream, position);
 *   - as a sequence:
 *         struct wg_random r = wg_random_make(seed, stream);
 *         double x = wg_random_uniform(&r, -1.0, 1.0);
 *     The three numbers in the struct are its whole state: copy them to save, put them back to
 *     continue at the very next draw.
 *
 * Streams of one seed are independent of each other. Streams below 2^32 are free for callers; the
 * library's own lie above (each module names its own).
 */
#ifndef WENGERT_RANDOM_H
#define WENGERT_RANDOM_H

#include <stdint.h>

#include "wengert/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The 128 random bits at one position. */
struct wg_random_words {
    uint32_t word[4];
};

/* Philox4x32-10 with key = {seed low, high} and counter = {position low, high, stream low, high},
 * in 32-bit halves. Never fails. */
struct wg_random_words wg_random_block(uint64_t seed, uint64_t stream, uint64_t position);

/* A sequence of draws. `position` counts the 32-bit words drawn so far: word k is
 * wg_random_block(seed, stream, k / 4).word[k % 4]. */
struct wg_random {
    uint64_t seed, stream, position;
};

/* The sequence of (seed, stream) at its start. */
struct wg_random wg_random_make(uint64_t seed, uint64_t stream);

/* 32 uniform bits; takes one word. A null `r` is an error (WG_ERROR_ARGUMENT) and gives 0. */
uint32_t wg_random_u32(struct wg_random *r);

/* 64 uniform bits; takes two words, the first being the low half. Null `r`: as above. */
uint64_t wg_random_u64(struct wg_random *r);

/* A number uniform in [lo, hi), on a grid of 2^53 steps; takes two words whatever the outcome.
 * lo == hi gives lo. Error (WG_ERROR_ARGUMENT, returns NaN): lo > hi, or hi - lo not finite. */
double wg_random_uniform(struct wg_random *r, double lo, double hi);

/* An integer uniform in [0, n), without bias: draws that would favour small results are thrown away
 * and drawn again, so it takes two words or, rarely, more. Error (WG_ERROR_ARGUMENT, returns 0): n
 * is 0. */
uint64_t wg_random_below(struct wg_random *r, uint64_t n);

/* A normally distributed number with the given mean and standard deviation (Box and Muller 1958,
 * the cosine branch); takes four words. Its logarithm and cosine are the library's own, so its bits
 * do not depend on the C library. Largest possible deviation: 8.6 standard deviations.
 * Error (WG_ERROR_ARGUMENT, returns NaN): mean or stddev not finite, or stddev < 0. */
double wg_random_normal(struct wg_random *r, double mean, double stddev);

/* Shuffles index[0 .. count) in place, every order equally likely (Fisher and Yates; Durstenfeld
 * 1964). Error (WG_ERROR_ARGUMENT, nothing moved): count < 0, a null array with count > 0. */
enum wg_status wg_random_shuffle(struct wg_random *r, int64_t *index, int64_t count);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
