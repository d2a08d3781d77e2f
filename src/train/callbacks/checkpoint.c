/* checkpoint: the whole state of training in a file, after epochs. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const char who[] = "checkpoint";

struct checkpoint {
    char *path;
    int every;
    bool best_only;
    struct wg_monitor monitor;
    bool due;
    double best; /* what a checkpoint keeps of its own callback, best_only */
};

/* Decided before any callback writes, so that each file has the state of all. */
static enum wg_status epoch_end(void *context, const struct wg_moment *moment) {
    struct checkpoint *c = context;
    double value = 0;
    c->due = (moment->epoch + 1) % c->every == 0;
    if (!c->due || !c->best_only) return WG_OK;
    const enum wg_status status = wg_monitor_read(&c->monitor, who, moment, &value);
    c->due = status == WG_OK && wg_is_better(&c->monitor, value, c->best);
    if (c->due) c->best = value;
    return status;
}

static enum wg_status after_epoch(void *context, const struct wg_moment *moment) {
    const struct checkpoint *c = context;
    return c->due ? wg_checkpoint_write(moment->model->training, c->path) : WG_OK;
}

static double *state(void *context, int64_t *count) {
    *count = 1;
    return &((struct checkpoint *)context)->best;
}

static void free_context(void *context) {
    struct checkpoint *c = context;
    free(c->path);
    free(c);
}

wg_callback *wg_checkpoint_new(struct wg_checkpoint_options options) {
    if (!options.path || !options.path[0] || options.every < 0) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: path=%s, every=%d; expected a path, and 1 or more", who,
                options.path ? options.path : "", options.every);
        return NULL;
    }
    struct checkpoint *c = wg_context(who, sizeof *c);
    if (!c) return NULL;
    c->every = options.every ? options.every : 1;
    c->best_only = options.save_best_only == WG_YES;
    c->path = strdup(options.path);
    if (!c->path) wg_fail(WG_ERROR_MEMORY, "%s: out of memory", who);
    if (!c->path || wg_monitor_make(&c->monitor, who, options.monitor, options.mode, 0) != WG_OK) {
        free_context(c);
        return NULL;
    }
    c->best = wg_worst(&c->monitor);
    return wg_callback_new(
        (struct wg_callback_functions){.name = c->best_only ? "best_checkpoint" : who,
                                       .context = c,
                                       .epoch_end = epoch_end,
                                       .after_epoch = after_epoch,
                                       .free = free_context,
                                       .state = c->best_only ? state : NULL});
}
