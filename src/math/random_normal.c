#include <math.h>

#include "base/error.h"
#include "math/normal.h"
#include "wengert/random.h"

double wg_random_normal(struct wg_random *r, double mean, double stddev) {
    if (!isfinite(mean) || !(stddev >= 0) || !isfinite(stddev)) {
        wg_fail(WG_ERROR_ARGUMENT,
                "random_normal: mean %g, stddev %g; expected a finite mean and a finite stddev of "
                "0 or more",
                mean, stddev);
        return NAN;
    }
    const uint64_t radius = wg_random_u64(r), turn = wg_random_u64(r);
    const struct wg_random_words words = {
        {(uint32_t)radius, (uint32_t)(radius >> 32), (uint32_t)turn, (uint32_t)(turn >> 32)}};
    return mean + stddev * wg_normal_pair(words).first;
}
