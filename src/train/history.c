/* What a fit logged, an epoch a row. */
#define _POSIX_C_SOURCE 200809L
#include "train/training.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void wg_history_clear(struct wg_history *history) {
    for (int i = 0; i < history->names; i++) free(history->name[i]);
    free(history->value);
    *history = (struct wg_history){0};
}

static int column(const struct wg_history *history, const char *name) {
    for (int i = 0; i < history->names; i++) {
        if (strcmp(history->name[i], name) == 0) return i;
    }
    return -1;
}

/* The names are those of the first epoch. */
static enum wg_status begin(struct wg_history *history, const struct wg_moment *moment) {
    for (int i = 0; i < moment->logs; i++) {
        history->name[i] = strdup(moment->log_name[i]);
        if (!history->name[i]) return wg_fail(WG_ERROR_MEMORY, "history: out of memory");
        history->names++;
    }
    return WG_OK;
}

enum wg_status wg_history_append(struct wg_history *history, const struct wg_moment *moment) {
    if (history->names == 0 && begin(history, moment) != WG_OK) return WG_ERROR_MEMORY;
    const size_t row = (size_t)history->names;
    if (row == 0) return wg_fail(WG_ERROR_STATE, "history: nothing to log");
    if (history->epochs == history->room) {
        const int room = history->room ? 2 * history->room : 16;
        double *value = realloc(history->value, (size_t)room * row * sizeof *value);
        if (!value) return wg_fail(WG_ERROR_MEMORY, "history: out of memory");
        history->value = value;
        history->room = room;
    }
    double *value = history->value + (size_t)history->epochs++ * row;
    for (int i = 0; i < history->names; i++) value[i] = wg_moment_log(moment, history->name[i]);
    return WG_OK;
}

static const struct wg_history *history_of(const wg_model *model) {
    return model && model->training ? &model->training->history : NULL;
}

int wg_model_epochs(const wg_model *model) {
    const struct wg_history *history = history_of(model);
    return history ? history->epochs : 0;
}

const char *wg_model_log_name(const wg_model *model, int i) {
    const struct wg_history *history = history_of(model);
    return history && i >= 0 && i < history->names ? history->name[i] : NULL;
}

double wg_model_log(const wg_model *model, const char *name, int epoch) {
    const struct wg_history *history = history_of(model);
    const int i = history && name ? column(history, name) : -1;
    if (i < 0 || epoch < 0 || epoch >= history->epochs) return NAN;
    return history->value[(size_t)epoch * (size_t)history->names + (size_t)i];
}

double wg_moment_log(const struct wg_moment *moment, const char *name) {
    for (int i = 0; moment && name && i < moment->logs; i++) {
        if (strcmp(moment->log_name[i], name) == 0) return moment->log[i];
    }
    return NAN;
}
