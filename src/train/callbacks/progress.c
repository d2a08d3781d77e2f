/* progress: a bar on a terminal, a line an epoch elsewhere. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "progress";

#define RENEWED 0.1 /* seconds between two states of the bar */

enum { BAR = 24 };

struct progress {
    FILE *file;
    bool terminal, timing;
    double shown; /* the seconds of the epoch at which the bar was last renewed */
    double rate;  /* the learning rate at first: shown only once it has been another */
    bool rate_varies;
};

static bool is_constant_rate(struct progress *p, double rate) {
    if (p->rate == 0) p->rate = rate;
    p->rate_varies = p->rate_varies || rate != p->rate;
    return !p->rate_varies;
}

static void print_logs(struct progress *p, const struct wg_moment *moment) {
    for (int i = 0; i < moment->logs; i++) {
        const double value = moment->log[i];
        const bool is_rate = strcmp(moment->log_name[i], "learning_rate") == 0;
        const char *format = fabs(value) > 1e-3 || value == 0 ? "  %s %.4f" : "  %s %.4e";
        if (is_rate) format = "  %s %g";
        if (is_rate && is_constant_rate(p, value)) continue;
        fprintf(p->file, format, moment->log_name[i], value);
    }
}

static void print_time(FILE *file, double seconds) {
    if (seconds < 100)
        fprintf(file, "%.1f s", seconds);
    else
        fprintf(file, "%.0f:%02.0f min", floor(seconds / 60), fmod(seconds, 60));
}

static void print_epoch(const struct progress *p, const struct wg_moment *moment) {
    fprintf(p->file, "epoch %*" PRId64 "/%" PRId64, moment->epochs >= 100 ? 3 : 2,
            moment->epoch + 1, moment->epochs);
}

static enum wg_status epoch_begin(void *context, const struct wg_moment *moment) {
    struct progress *p = context;
    (void)moment;
    p->shown = -RENEWED;
    return WG_OK;
}

static enum wg_status batch_end(void *context, const struct wg_moment *moment) {
    struct progress *p = context;
    if (!p->terminal || moment->seconds - p->shown < RENEWED) return WG_OK;
    p->shown = moment->seconds;
    const double part = (double)moment->seen / (double)moment->examples;
    const int full = (int)(part * BAR);
    putc('\r', p->file);
    print_epoch(p, moment);
    fprintf(p->file, " [%.*s>%.*s]", full, "========================", BAR - full,
            "                        ");
    print_logs(p, moment);
    if (p->timing) {
        fprintf(p->file, "  %.0f examples/s, ", (double)moment->seen / moment->seconds);
        print_time(p->file, moment->seconds * (1 - part) / part);
        fputs(" left", p->file);
    }
    fputs("\033[K", p->file); /* clears what is left of a longer line */
    fflush(p->file);
    return ferror(p->file) ? wg_fail(WG_ERROR_FILE, "%s: writing failed", who) : WG_OK;
}

static enum wg_status epoch_end(void *context, const struct wg_moment *moment) {
    struct progress *p = context;
    if (p->terminal) fputs("\r\033[K", p->file);
    print_epoch(p, moment);
    print_logs(p, moment);
    if (p->timing) {
        fputs("  ", p->file);
        print_time(p->file, moment->seconds);
        fprintf(p->file, ", %.0f examples/s", (double)moment->seen / moment->seconds);
    }
    putc('\n', p->file);
    fflush(p->file);
    return ferror(p->file) ? wg_fail(WG_ERROR_FILE, "%s: writing failed", who) : WG_OK;
}

wg_callback *wg_progress_new(struct wg_progress_options options) {
    if (!options.file) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: the file is NULL; expected one, as stdout", who);
        return NULL;
    }
    struct progress *p = wg_context(who, sizeof *p);
    if (!p) return NULL;
    p->file = options.file;
    p->timing = options.timing != WG_NO;
    p->terminal = isatty(fileno(options.file)) == 1;
    return wg_callback_new((struct wg_callback_functions){.name = who,
                                                          .context = p,
                                                          .epoch_begin = epoch_begin,
                                                          .batch_end = batch_end,
                                                          .epoch_end = epoch_end,
                                                          .free = free});
}
