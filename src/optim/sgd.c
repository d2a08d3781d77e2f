/* Stochastic gradient descent with momentum (Polyak 1964), Nesterov's form (Sutskever et al. 2013)
 * and decoupled weight decay (Loshchilov, Hutter 2019), as in Keras 3. */
#include "optim/optimizer.h"

#include "base/error.h"

#include <math.h>

enum { RATE, MOMENTUM, NESTEROV, DECAY, SETTINGS };

#define real float
#define NAME(f) f##_f32
#include "optim/sgd.inc"
#undef real
#undef NAME

#define real double
#define NAME(f) f##_f64
#include "optim/sgd.inc"

static const struct wg_rule rule = {"sgd", sgd_f32, sgd_f64};

wg_optimizer *wg_sgd_new(wg_params *params, struct wg_sgd_options options) {
    if (options.learning_rate == 0) options.learning_rate = 0.01;
    const struct {
        const char *name, *expected;
        double value;
        int right;
    } checks[] = {
        {"learning_rate", "a positive, finite number", options.learning_rate,
         options.learning_rate > 0 && isfinite(options.learning_rate)},
        {"momentum", "0 to 1", options.momentum, options.momentum >= 0 && options.momentum <= 1},
        {"nesterov", "0 or 1", options.nesterov, options.nesterov == 0 || options.nesterov == 1},
        {"weight_decay", "a finite number, not negative", options.weight_decay,
         options.weight_decay >= 0 && isfinite(options.weight_decay)},
    };
    if (!params) {
        wg_fail(WG_ERROR_ARGUMENT, "sgd: the parameter set is NULL");
        return NULL;
    }
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (checks[i].right) continue;
        wg_fail(WG_ERROR_ARGUMENT, "sgd: %s=%g; expected %s", checks[i].name, checks[i].value,
                checks[i].expected);
        return NULL;
    }
    const double settings[SETTINGS] = {
        [RATE] = options.learning_rate,
        [MOMENTUM] = options.momentum,
        [NESTEROV] = options.nesterov,
        [DECAY] = options.weight_decay,
    };
    return wg_optimizer_new(params, &rule, options.momentum != 0, SETTINGS, settings);
}
