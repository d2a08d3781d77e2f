#include "whole_file.h"

#include <stdarg.h>

bool text_fail(struct text_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

/* The library keeps the first failure: room is made for this one, and it is taken. */
static bool report(enum wg_status status, struct text_error *error) {
    if (status == WG_OK) return true;
    text_fail(error, "%s", wg_error());
    wg_clear_error();
    return false;
}

bool whole_file_open(struct whole_file *file, const char *path, struct text_error *error) {
    wg_clear_error();
    const enum wg_status status = wg_whole_file_open(&file->whole, path);
    file->stream = file->whole.stream;
    return report(status, error);
}

bool whole_file_commit(struct whole_file *file, struct text_error *error) {
    wg_clear_error();
    return report(wg_whole_file_commit(&file->whole), error);
}

void whole_file_abandon(struct whole_file *file) { wg_whole_file_abandon(&file->whole); }
