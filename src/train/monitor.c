/* Watching a log get better. */
#include "train/callback.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int sign_by_name(const char *log) {
    static const char *const larger[] = {"acc",    "auc",   "precision",
                                         "recall", "score", "similarity"};
    for (size_t i = 0; i < sizeof larger / sizeof *larger; i++) {
        if (strstr(log, larger[i])) return 1;
    }
    return -1;
}

enum wg_status wg_monitor_make(struct wg_monitor *monitor, const char *who, const char *log,
                               const char *mode, double min_delta) {
    static const struct {
        const char *name;
        int sign;
    } modes[] = {{"auto", 0}, {"min", -1}, {"max", 1}};
    if (!log) log = "val_loss";
    if (!mode) mode = "auto";
    if (strlen(log) >= sizeof monitor->log)
        return wg_fail(WG_ERROR_ARGUMENT, "%s: monitor=%s; expected fewer than %zu characters", who,
                       log, sizeof monitor->log);
    if (!isfinite(min_delta))
        return wg_fail(WG_ERROR_ARGUMENT, "%s: min_delta=%g; expected a finite number", who,
                       min_delta);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, mode) != 0) continue;
        strcpy(monitor->log, log);
        monitor->sign = modes[i].sign ? modes[i].sign : sign_by_name(log);
        monitor->min_delta = fabs(min_delta);
        return WG_OK;
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: mode=%s; expected one of auto, min, max", who, mode);
}

enum wg_status wg_monitor_read(const struct wg_monitor *monitor, const char *who,
                               const struct wg_moment *moment, double *value) {
    char all[512] = "";
    for (int i = 0; i < moment->logs; i++) {
        const size_t used = strlen(all);
        if (strcmp(moment->log_name[i], monitor->log) == 0) {
            *value = moment->log[i];
            return WG_OK;
        }
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", moment->log_name[i]);
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: monitor=%s; expected one of %s", who, monitor->log, all);
}

bool wg_is_better(const struct wg_monitor *monitor, double value, double best) {
    return monitor->sign * value - monitor->min_delta > monitor->sign * best;
}

double wg_worst(const struct wg_monitor *monitor) {
    return monitor->sign > 0 ? -INFINITY : INFINITY;
}

void *wg_context(const char *who, size_t bytes) {
    void *context = calloc(1, bytes);
    if (!context) wg_fail(WG_ERROR_MEMORY, "%s: out of memory", who);
    return context;
}
