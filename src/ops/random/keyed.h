/* What ops with random numbers share: the key, and the numbers, which are a function of the key and
 * of an element's place alone.
 *
 * A key is four words: the seed's low and high half, a stream, a position. Block b of a key is
 * Philox4x32-10 of the seed at the counter (b, position, stream, b's high half), that is,
 * wg_random_block(seed, stream, position * 2^32 + b) for b below 2^32. Uniform words: element i has
 * word i % 4 of block i / 4. Normal deviates: element i has that along the cosine (i even) or along
 * the sine (i odd) of block i / 2, the same number in float and double.
 */
#ifndef WG_OPS_KEYED_H
#define WG_OPS_KEYED_H

#include "base/parallel.h"
#include "ops/reduce/reduction.h"

#define KEYED_DOMAIN .domain = {{-2, 2}, {0, 2147483647}} /* of x and the key */

SHAPE(keyed) {
    const struct wg_shape *key = &args->x[1]->shape;
    if (!wg_shape_equal(*key, WG_SHAPE(4))) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: a key of shape %s; expected (4): seed low, seed high, stream, position",
                       self->name, wg_shape_text(*key).text);
    }
    *y = args->x[0]->shape;
    return WG_OK;
}

/* The same for ops that have no value at a rate of 1, the first attribute. */
SHAPE(keyed_below_one) {
    if (!(args->attributes[0] < 1)) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: rate is %g; expected at least 0 and below 1",
                       self->name, args->attributes[0]);
    }
    return keyed_shape(self, args, y);
}

#ifdef WG_KERNEL_PASS
#include "base/philox.h"
#include "math/normal.h"

#define KEYED_CHUNK 1024 /* elements whose random numbers are made at a time: a multiple of 4 */
#define KEYED_WORK 8     /* elementary operations an element, about */
#define NORMAL_WORK 32

/* The random words of blocks first ... first + count - 1, four each. */
static __attribute__((noinline)) void keyed_blocks(const int32_t *key, int64_t first, int64_t count,
                                                   uint32_t *restrict to) {
    const uint32_t low = (uint32_t)key[0], high = (uint32_t)key[1], stream = (uint32_t)key[2],
                   position = (uint32_t)key[3], start = (uint32_t)first,
                   above = (uint32_t)((uint64_t)first >> 32);
    INDEPENDENT_LOOP
    for (int32_t b = 0; b < (int32_t)count; b++) {
        const struct wg_random_words counter = {{start + (uint32_t)b, position, stream, above}};
        const struct wg_random_words words = wg_philox(counter, low, high);
        to[4 * b] = words.word[0];
        to[4 * b + 1] = words.word[1];
        to[4 * b + 2] = words.word[2];
        to[4 * b + 3] = words.word[3];
    }
}

/* ------------------------------------------------------------------------------------------------
 * Decisions */

/* An element is kept if its word is at least `least`, which happens with probability 1 - rate to
 * 2^-32; or none is. */
struct keeping {
    uint32_t least;
    bool none;
};

static inline struct keeping keeping(double rate) {
    const double dropped = rate * 0x1p32 + 0.5;
    if (dropped >= 0x1p32) return (struct keeping){1, true};
    return (struct keeping){(uint32_t)dropped, false};
}

/* The words of elements first ... first + n - 1, n at most KEYED_CHUNK, first a multiple of 4. */
static inline void keyed_words(const int32_t *key, struct keeping keep, int64_t first, int64_t n,
                               uint32_t *to) {
    const int64_t blocks = (n + 3) / 4;
    if (keep.none)
        memset(to, 0, (size_t)(4 * blocks) * sizeof *to);
    else
        keyed_blocks(key, first / 4, blocks, to);
}

/* ------------------------------------------------------------------------------------------------
 * Chunks */

/* A pass over all elements: to from `from`, with two numbers of the op's own. */
struct keyed_pass {
    const int32_t *key;
    int64_t n;
    real *to;
    const real *from;
    struct keeping keep;
    double a, b;
    real otherwise;
};

typedef void keyed_chunk(const struct keyed_pass *pass, int64_t first, int64_t n);

static inline void keyed_chunks(int64_t begin, int64_t end, const void *context,
                                keyed_chunk *chunk) {
    const struct keyed_pass *pass = context;
    for (int64_t first = begin * KEYED_CHUNK; first < end * KEYED_CHUNK; first += KEYED_CHUNK) {
        const int64_t left = pass->n - first;
        if (left > 0) chunk(pass, first, left < KEYED_CHUNK ? left : KEYED_CHUNK);
    }
}

static inline void run_keyed(const struct keyed_pass *pass, int64_t work, wg_parallel_body *body) {
    wg_parallel((pass->n + KEYED_CHUNK - 1) / KEYED_CHUNK, pass->n * work, body, pass);
}

/* ------------------------------------------------------------------------------------------------
 * Normal deviates */

/* Those of elements first ... first + n - 1, n at most KEYED_CHUNK, first a multiple of 2. */
static __attribute__((noinline)) void keyed_normals(const int32_t *key, int64_t first, int64_t n,
                                                    double *restrict to) {
    uint32_t words[2 * KEYED_CHUNK];
    const int64_t pairs = (n + 1) / 2;
    keyed_blocks(key, first / 2, pairs, words);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < pairs; i++) {
        const struct wg_random_words block = {
            {words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]}};
        const struct wg_normal_pair pair = wg_normal_pair(block);
        to[2 * i] = pair.first;
        to[2 * i + 1] = pair.second;
    }
}
#endif

#endif
