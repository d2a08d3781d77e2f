#include <math.h>

#include "base/error.h"
#include "math/log.h"
#include "math/trig.h"
#include "wengert/random.h"

double wg_random_normal(struct wg_random *r, double mean, double stddev) {
    if (!isfinite(mean) || !(stddev >= 0) || !isfinite(stddev)) {
        wg_fail(WG_ERROR_ARGUMENT,
                "random_normal: mean %g, stddev %g; expected a finite mean and a finite stddev of "
                "0 or more",
                mean, stddev);
        return NAN;
    }
    /* In (0, 1], for the logarithm; sqrt is correctly rounded everywhere, unlike libm's log. */
    double radius_draw = (double)((wg_random_u64(r) >> 11) + 1) * 0x1p-53;
    double turn = (double)(wg_random_u64(r) >> 11) * 0x1p-53;
    double radius = sqrt(-2.0 * wg_log_f64(radius_draw));
    return mean + stddev * (radius * wg_cospi_f64(2.0 * turn));
}
