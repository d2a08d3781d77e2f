/* Callbacks as such. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 60 };

wg_callback *wg_callback_new(struct wg_callback_functions functions) {
    wg_callback *callback = calloc(1, sizeof *callback);
    const size_t length = functions.name ? strlen(functions.name) : 0;
    if (!callback || length < 1 || length > LONGEST_NAME) {
        if (callback)
            wg_fail(WG_ERROR_ARGUMENT,
                    "wg_callback_new: the name \"%.70s\"; expected 1 to %d characters",
                    length ? functions.name : "", LONGEST_NAME);
        else
            wg_fail(WG_ERROR_MEMORY, "wg_callback_new: out of memory");
        free(callback);
        if (functions.free) functions.free(functions.context);
        return NULL;
    }
    callback->functions = functions;
    return callback;
}

void wg_callback_free(wg_callback *callback) {
    if (!callback) return;
    if (callback->functions.free) callback->functions.free(callback->functions.context);
    free(callback);
}

typedef enum wg_status handler(void *context, const struct wg_moment *moment);

static handler *handler_of(const struct wg_callback_functions *f, enum wg_event event) {
    switch (event) {
    case WG_EVENT_BEGIN:
        return f->begin;
    case WG_EVENT_EPOCH_BEGIN:
        return f->epoch_begin;
    case WG_EVENT_BEFORE_UPDATE:
        return f->before_update;
    case WG_EVENT_BATCH_END:
        return f->batch_end;
    case WG_EVENT_EPOCH_END:
        return f->epoch_end;
    case WG_EVENT_AFTER_EPOCH:
        return f->after_epoch;
    }
    return NULL;
}

enum wg_status wg_call_back(struct wg_callback *const *callbacks, enum wg_event event,
                            const struct wg_moment *moment) {
    for (int i = 0; i < WG_MAX_CALLBACKS; i++) {
        const struct wg_callback *callback = callbacks[i];
        if (!callback) continue;
        const struct wg_callback_functions *f = &callback->functions;
        handler *handle = handler_of(f, event);
        const enum wg_status status = handle ? handle(f->context, moment) : WG_OK;
        if (status == WG_OK) continue;
        if (wg_error_status() == WG_OK)
            wg_fail(status, "callback \"%s\" failed without saying why", f->name);
        return status;
    }
    return WG_OK;
}

void wg_callback_tensor(wg_callback *const *callbacks, int i, char *name, size_t size) {
    const char *own = callbacks[i]->functions.name;
    int before = 0;
    for (int j = 0; j < i; j++)
        before += callbacks[j] && strcmp(callbacks[j]->functions.name, own) == 0;
    snprintf(name, size, before ? "callback:%s:%d" : "callback:%s", own, before);
}

void wg_call_back_end(struct wg_callback *const *callbacks, const struct wg_moment *moment) {
    for (int i = 0; i < WG_MAX_CALLBACKS; i++) {
        if (callbacks[i] && callbacks[i]->functions.end)
            callbacks[i]->functions.end(callbacks[i]->functions.context, moment);
    }
}
