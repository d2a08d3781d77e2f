#include <math.h>
#include <stddef.h>

#include "base/error.h"
#include "base/philox.h"
#include "wengert/random.h"

static uint32_t low_half(uint64_t x) { return (uint32_t)(x & UINT32_MAX); }
static uint32_t high_half(uint64_t x) { return (uint32_t)(x >> 32); }

struct wg_random_words wg_random_block(uint64_t seed, uint64_t stream, uint64_t position) {
    const struct wg_random_words counter = {
        {low_half(position), high_half(position), low_half(stream), high_half(stream)}};
    return wg_philox(counter, low_half(seed), high_half(seed));
}

struct wg_random wg_random_make(uint64_t seed, uint64_t stream) {
    return (struct wg_random){.seed = seed, .stream = stream, .position = 0};
}

uint32_t wg_random_u32(struct wg_random *r) {
    if (r == NULL) {
        wg_fail(WG_ERROR_ARGUMENT, "random: the generator is null; expected one from "
                                   "wg_random_make");
        return 0;
    }
    struct wg_random_words block = wg_random_block(r->seed, r->stream, r->position / 4);
    return block.word[r->position++ % 4];
}

uint64_t wg_random_u64(struct wg_random *r) {
    if (r != NULL && r->position % 4 != 3) { /* both words in one block: compute it once */
        struct wg_random_words block = wg_random_block(r->seed, r->stream, r->position / 4);
        unsigned lane = (unsigned)(r->position % 4);
        r->position += 2;
        return block.word[lane] | (uint64_t)block.word[lane + 1] << 32;
    }
    uint64_t low = wg_random_u32(r);
    return low | (uint64_t)wg_random_u32(r) << 32;
}

double wg_random_uniform(struct wg_random *r, double lo, double hi) {
    double width = hi - lo;
    if (!(lo <= hi) || !isfinite(width)) {
        wg_fail(WG_ERROR_ARGUMENT,
                "random_uniform: range [%g, %g); expected finite bounds with lo <= hi and a finite "
                "hi - lo",
                lo, hi);
        return NAN;
    }
    double unit = (double)(wg_random_u64(r) >> 11) * 0x1p-53;
    double x = lo + unit * width;
    /* The sum may round up to hi, which the range leaves out. */
    return x < hi ? x : lo < hi ? nextafter(hi, lo) : lo;
}

uint64_t wg_random_below(struct wg_random *r, uint64_t n) {
    if (n == 0 || r == NULL) {
        wg_fail(WG_ERROR_ARGUMENT, n == 0 ? "random_below: n is 0; expected at least 1"
                                          : "random_below: the generator is null");
        return 0;
    }
    /* 2^64 mod n: with this many values left out at the bottom, the rest divide evenly by n. */
    uint64_t surplus = (UINT64_MAX - n + 1) % n;
    uint64_t x;
    do {
        x = wg_random_u64(r);
    } while (x < surplus);
    return x % n;
}

enum wg_status wg_random_shuffle(struct wg_random *r, int64_t *index, int64_t count) {
    if (r == NULL) return wg_fail(WG_ERROR_ARGUMENT, "random_shuffle: the generator is null");
    if (count < 0 || (index == NULL && count > 0)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "random_shuffle: %s array of %lld; expected an array of 0 or more",
                       index == NULL ? "null" : "an", (long long)count);
    }
    for (int64_t last = count - 1; last > 0; last--) {
        int64_t pick = (int64_t)wg_random_below(r, (uint64_t)last + 1);
        int64_t held = index[last];
        index[last] = index[pick];
        index[pick] = held;
    }
    return WG_OK;
}
