/* early_stopping: ends fit when a log no longer gets better. */
#include "train/callback.h"

#include "base/error.h"
#include "nn/params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char who[] = "early_stopping";

/* What a checkpoint keeps: these numbers, then the best weights. Floats are exact as doubles. */
enum { BEST, WAITED, BEST_EPOCH, NUMBERS };

struct early_stopping {
    struct wg_early_stopping_options options;
    struct wg_monitor monitor;
    bool has_baseline;
    double baseline;
    double *state;
    int64_t count;
};

static wg_params *set(const wg_model *model, int i) {
    return i ? wg_model_statistics(model) : wg_model_params(model);
}

/* All weights, one after the other, from the model or to it. */
static void copy_weights(const wg_model *model, double *weights, bool to_model) {
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < wg_params_count(set(model, s)); i++) {
            struct wg_tensor t = wg_param_value(set(model, s), i);
            for (int64_t j = 0; j < t.size; j++, weights++) {
                if (to_model)
                    wg_set_element(&t, j, *weights);
                else
                    *weights = wg_element(&t, j);
            }
        }
    }
}

static enum wg_status begin(void *context, const struct wg_moment *moment) {
    struct early_stopping *e = context;
    const bool weights = e->options.restore_best_weights == WG_YES;
    e->count = NUMBERS + (weights ? wg_model_parameters(moment->model) : 0);
    e->state = calloc((size_t)e->count, sizeof *e->state);
    if (!e->state) return wg_fail(WG_ERROR_MEMORY, "%s: out of memory", who);
    e->state[BEST] = wg_worst(&e->monitor);
    e->state[BEST_EPOCH] = -1;
    return WG_OK;
}

static enum wg_status epoch_end(void *context, const struct wg_moment *moment) {
    struct early_stopping *e = context;
    double value;
    const enum wg_status status = wg_monitor_read(&e->monitor, who, moment, &value);
    if (status != WG_OK || moment->epoch < e->options.start_from_epoch) return status;
    const bool weights = e->count > NUMBERS;
    if (weights && e->state[BEST_EPOCH] < 0) { /* in case nothing is ever better */
        copy_weights(moment->model, e->state + NUMBERS, false);
        e->state[BEST_EPOCH] = (double)moment->epoch;
    }
    e->state[WAITED]++;
    if (wg_is_better(&e->monitor, value, e->state[BEST])) {
        e->state[BEST] = value;
        e->state[BEST_EPOCH] = (double)moment->epoch;
        if (weights) copy_weights(moment->model, e->state + NUMBERS, false);
        if (!e->has_baseline || wg_is_better(&e->monitor, value, e->baseline)) {
            e->state[WAITED] = 0;
            return WG_OK;
        }
    }
    if (e->state[WAITED] >= e->options.patience && moment->epoch > 0) wg_model_stop(moment->model);
    return WG_OK;
}

static void end(void *context, const struct wg_moment *moment) {
    const struct early_stopping *e = context;
    if (e->state && e->count > NUMBERS && e->state[BEST_EPOCH] >= 0)
        copy_weights(moment->model, e->state + NUMBERS, true);
}

static double *state(void *context, int64_t *count) {
    const struct early_stopping *e = context;
    *count = e->state ? e->count : 0;
    return e->state;
}

static void free_context(void *context) {
    struct early_stopping *e = context;
    free(e->state);
    free(e);
}

wg_callback *wg_early_stopping_new(struct wg_early_stopping_options options) {
    if (options.patience < 0 || options.start_from_epoch < 0 || isnan(options.baseline)) {
        wg_fail(
            WG_ERROR_ARGUMENT,
            "%s: patience=%d, start_from_epoch=%d, baseline=%g; expected 0 or more of the first "
            "two, and a number",
            who, options.patience, options.start_from_epoch, options.baseline);
        return NULL;
    }
    struct early_stopping *e = wg_context(who, sizeof *e);
    if (!e) return NULL;
    e->options = options;
    e->has_baseline = options.baseline != 0 || signbit(options.baseline);
    e->baseline = options.baseline + 0.0;
    if (wg_monitor_make(&e->monitor, who, options.monitor, options.mode, options.min_delta) !=
        WG_OK) {
        free(e);
        return NULL;
    }
    e->options.monitor = e->options.mode = NULL; /* the caller's; the monitor has its own */
    return wg_callback_new((struct wg_callback_functions){.name = who,
                                                          .context = e,
                                                          .begin = begin,
                                                          .epoch_end = epoch_end,
                                                          .end = end,
                                                          .free = free_context,
                                                          .state = state});
}
