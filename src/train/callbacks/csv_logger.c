/* csv_logger: a line an epoch in a file. */
#define _POSIX_C_SOURCE 200809L
#include "train/callback.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const char who[] = "csv_logger";

struct csv_logger {
    char *path;
    char separator;
    FILE *file;
    bool has_header;
    int names;
    char *name[WG_MAX_LOGS];
};

static enum wg_status file_error(const struct csv_logger *c, const char *what) {
    return wg_fail(errno == ENOMEM ? WG_ERROR_MEMORY : WG_ERROR_FILE, "%s: %s: %s: %s", who,
                   c->path, what, strerror(errno));
}

/* A log's first line, or what is there of it. */
static enum wg_status check_header(const struct csv_logger *c, const char *line, size_t length) {
    const char after = length > 5 ? line[5] : '\n';
    if (strncmp(line, "epoch", length < 5 ? length : 5) == 0 &&
        (after == c->separator || after == '\n'))
        return WG_OK;
    return wg_fail(WG_ERROR_FORMAT,
                   "%s: %s: begins with \"%.20s\"; expected \"epoch%c\", as logs do", who, c->path,
                   line, c->separator);
}

/* The end of what is to stay of an earlier file: its header and the lines of epochs before this
 * one. -1 with the error set. */
static off_t kept(struct csv_logger *c, int64_t epoch) {
    char *line = NULL;
    size_t room = 0;
    off_t at = 0;
    enum wg_status status = WG_OK;
    for (bool header = true;; header = false) {
        errno = 0;
        const ssize_t length = getline(&line, &room, c->file);
        if (length < 1 && !feof(c->file)) status = file_error(c, "cannot read");
        if (length > 0 && header) status = check_header(c, line, (size_t)length);
        if (status != WG_OK || length < 1 || line[length - 1] != '\n') break; /* or cut short */
        char *end;
        const long long number = strtoll(line, &end, 10);
        if (!header && (end == line || *end != c->separator || number >= epoch)) break;
        c->has_header = true;
        at += (off_t)length;
    }
    free(line);
    return status == WG_OK ? at : -1;
}

/* The columns are those of the header, which an earlier run may have written. */
static enum wg_status read_header(struct csv_logger *c) {
    char *line = NULL;
    size_t room = 0;
    enum wg_status status = WG_OK;
    rewind(c->file);
    if (getline(&line, &room, c->file) < 1) status = file_error(c, "cannot read");
    const char separator[] = {c->separator, '\n', '\0'};
    char *rest = NULL, *name = status == WG_OK ? strtok_r(line, separator, &rest) : NULL;
    while (name && (name = strtok_r(NULL, separator, &rest)) && c->names < WG_MAX_LOGS) {
        c->name[c->names] = strdup(name);
        if (!c->name[c->names]) status = wg_fail(WG_ERROR_MEMORY, "%s: out of memory", who);
        if (status != WG_OK) break;
        c->names++;
    }
    free(line);
    return status;
}

static enum wg_status begin(void *context, const struct wg_moment *moment) {
    struct csv_logger *c = context;
    off_t end = 0;
    if (moment->epoch > 0) c->file = fopen(c->path, "r+");
    if (c->file)
        end = kept(c, moment->epoch);
    else
        c->file = fopen(c->path, "w+");
    if (!c->file) return file_error(c, "cannot open");
    if (end < 0) return wg_failure();
    if (c->has_header && read_header(c) != WG_OK) return wg_failure();
    if (ftruncate(fileno(c->file), end) != 0 || fseeko(c->file, end, SEEK_SET) != 0)
        return file_error(c, "cannot cut");
    return WG_OK;
}

static enum wg_status write_header(struct csv_logger *c, const struct wg_moment *moment) {
    fputs("epoch", c->file);
    for (int i = 0; i < moment->logs; i++) {
        c->name[i] = strdup(moment->log_name[i]);
        if (!c->name[i]) return wg_fail(WG_ERROR_MEMORY, "%s: out of memory", who);
        c->names++;
        fprintf(c->file, "%c%s", c->separator, c->name[i]);
    }
    putc('\n', c->file);
    c->has_header = true;
    return WG_OK;
}

static enum wg_status epoch_end(void *context, const struct wg_moment *moment) {
    struct csv_logger *c = context;
    if (!c->has_header && write_header(c, moment) != WG_OK) return WG_ERROR_MEMORY;
    fprintf(c->file, "%" PRId64, moment->epoch);
    for (int i = 0; i < c->names; i++) {
        char number[32];
        const double value = wg_moment_log(moment, c->name[i]);
        fprintf(c->file, "%c%s", c->separator,
                isnan(value) ? "NA" : wg_shortest_f64(value, number, sizeof number));
    }
    putc('\n', c->file);
    return fflush(c->file) != 0 || ferror(c->file) ? file_error(c, "cannot write") : WG_OK;
}

static void end(void *context, const struct wg_moment *moment) {
    struct csv_logger *c = context;
    (void)moment;
    if (c->file) fclose(c->file);
    c->file = NULL;
}

static void free_context(void *context) {
    struct csv_logger *c = context;
    end(c, NULL);
    for (int i = 0; i < c->names; i++) free(c->name[i]);
    free(c->path);
    free(c);
}

wg_callback *wg_csv_logger_new(struct wg_csv_logger_options options) {
    if (!options.path || !options.path[0]) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: no path; expected one", who);
        return NULL;
    }
    struct csv_logger *c = wg_context(who, sizeof *c);
    if (!c) return NULL;
    c->separator = options.separator ? options.separator : ',';
    c->path = strdup(options.path);
    if (!c->path) {
        wg_fail(WG_ERROR_MEMORY, "%s: out of memory", who);
        free(c);
        return NULL;
    }
    return wg_callback_new((struct wg_callback_functions){.name = who,
                                                          .context = c,
                                                          .begin = begin,
                                                          .epoch_end = epoch_end,
                                                          .end = end,
                                                          .free = free_context});
}
