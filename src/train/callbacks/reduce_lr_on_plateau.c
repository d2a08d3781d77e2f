/* reduce_lr_on_plateau: a smaller learning rate when a log no longer gets better. */
#include "train/callback.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

static const char who[] = "reduce_lr_on_plateau";

/* What a checkpoint keeps. */
enum { BEST, WAITED, COOLDOWN, NUMBERS };

struct plateau {
    struct wg_reduce_lr_on_plateau_options options;
    struct wg_monitor monitor;
    double state[NUMBERS];
};

static enum wg_status begin(void *context, const struct wg_moment *moment) {
    const struct plateau *p = context;
    (void)p;
    if (!wg_optimizer_has_schedule(wg_model_optimizer(moment->model))) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "%s: the optimizer's learning rate follows a schedule; expected a plain one",
                   who);
}

static enum wg_status reduce(const struct plateau *p, const struct wg_moment *moment) {
    wg_optimizer *optimizer = wg_model_optimizer(moment->model);
    const double old = wg_optimizer_learning_rate(optimizer);
    const double reduced = fmax(old * p->options.factor, p->options.min_lr);
    return reduced < old && reduced > 0 ? wg_optimizer_set_learning_rate(optimizer, reduced)
                                        : WG_OK;
}

static enum wg_status epoch_end(void *context, const struct wg_moment *moment) {
    struct plateau *p = context;
    double value, *state = p->state;
    const enum wg_status status = wg_monitor_read(&p->monitor, who, moment, &value);
    if (status != WG_OK) return status;
    if (state[COOLDOWN] > 0) {
        state[COOLDOWN]--;
        state[WAITED] = 0;
    }
    if (wg_is_better(&p->monitor, value, state[BEST])) {
        state[BEST] = value;
        state[WAITED] = 0;
    } else if (state[COOLDOWN] == 0 && ++state[WAITED] >= p->options.patience) {
        state[COOLDOWN] = p->options.cooldown;
        state[WAITED] = 0;
        return reduce(p, moment);
    }
    return WG_OK;
}

static double *state_of(void *context, int64_t *count) {
    *count = NUMBERS;
    return ((struct plateau *)context)->state;
}

static bool check(const struct wg_reduce_lr_on_plateau_options *o) {
    if (o->factor > 0 && o->factor < 1 && o->patience >= 0 && o->cooldown >= 0 && o->min_lr >= 0 &&
        isfinite(o->min_lr))
        return true;
    wg_fail(
        WG_ERROR_ARGUMENT,
        "%s: factor=%g, patience=%d, cooldown=%d, min_lr=%g; expected a factor between 0 and 1, "
        "and the others not negative",
        who, o->factor, o->patience, o->cooldown, o->min_lr);
    return false;
}

wg_callback *wg_reduce_lr_on_plateau_new(struct wg_reduce_lr_on_plateau_options options) {
    if (options.factor == 0 && !signbit(options.factor)) options.factor = 0.1;
    if (options.patience == 0) options.patience = 10;
    if (options.min_delta == 0 && !signbit(options.min_delta)) options.min_delta = 1e-4;
    if (!check(&options)) return NULL;
    struct plateau *p = wg_context(who, sizeof *p);
    if (!p) return NULL;
    p->options = options;
    if (wg_monitor_make(&p->monitor, who, options.monitor, options.mode, options.min_delta) !=
        WG_OK) {
        free(p);
        return NULL;
    }
    p->state[BEST] = wg_worst(&p->monitor);
    p->options.monitor = p->options.mode = NULL;
    return wg_callback_new((struct wg_callback_functions){.name = who,
                                                          .context = p,
                                                          .begin = begin,
                                                          .epoch_end = epoch_end,
                                                          .free = free,
                                                          .state = state_of});
}
