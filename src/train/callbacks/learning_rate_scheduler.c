/* learning_rate_scheduler: a function of the epoch. */
#include "train/callback.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

static const char who[] = "learning_rate_scheduler";

static enum wg_status epoch_begin(void *context, const struct wg_moment *moment) {
    const struct wg_learning_rate_scheduler_options *o = context;
    wg_optimizer *optimizer = wg_model_optimizer(moment->model);
    const double rate =
        o->schedule(moment->epoch, wg_optimizer_learning_rate(optimizer), o->context);
    if (!(rate > 0) || !isfinite(rate))
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: the schedule returned %g for epoch %lld; expected a positive, finite "
                       "number",
                       who, rate, (long long)moment->epoch);
    return wg_optimizer_set_learning_rate(optimizer, rate);
}

wg_callback *wg_learning_rate_scheduler_new(struct wg_learning_rate_scheduler_options options) {
    if (!options.schedule) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: schedule is NULL; expected a function", who);
        return NULL;
    }
    struct wg_learning_rate_scheduler_options *o = wg_context(who, sizeof *o);
    if (!o) return NULL;
    *o = options;
    return wg_callback_new((struct wg_callback_functions){
        .name = who, .context = o, .epoch_begin = epoch_begin, .free = free});
}
