/* Callbacks' inside. */
#ifndef WG_TRAIN_CALLBACK_H
#define WG_TRAIN_CALLBACK_H

#include "train/training.h"

enum wg_event {
    WG_EVENT_BEGIN,
    WG_EVENT_EPOCH_BEGIN,
    WG_EVENT_BEFORE_UPDATE,
    WG_EVENT_BATCH_END,
    WG_EVENT_EPOCH_END,
    WG_EVENT_AFTER_EPOCH,
};

/* Calls all callbacks' functions for the event, in their order; stops at the first error. */
enum wg_status wg_call_back(struct wg_callback *const *callbacks, enum wg_event event,
                            const struct wg_moment *moment);
void wg_call_back_end(struct wg_callback *const *callbacks, const struct wg_moment *moment);

/* ---- What is watched (monitor.c) ------------------------------------------------------------ */

struct wg_monitor {
    char log[64];
    int sign; /* 1: larger is better, -1: smaller */
    double min_delta;
};

/* From options; `who` begins errors. */
enum wg_status wg_monitor_make(struct wg_monitor *monitor, const char *who, const char *log,
                               const char *mode, double min_delta);

/* The watched log's value; WG_ERROR_ARGUMENT, with the logs that there are, where it is none of
 * them. */
enum wg_status wg_monitor_read(const struct wg_monitor *monitor, const char *who,
                               const struct wg_moment *moment, double *value);

/* Whether `value` is better than `best` by more than min_delta; the worst there is. */
bool wg_is_better(const struct wg_monitor *monitor, double value, double best);
double wg_worst(const struct wg_monitor *monitor);

/* A callback whose context is a block of memory alone. */
void *wg_context(const char *who, size_t bytes);

#endif
