/* The library's whole files (wengert/file.h), with errors as the program keeps them: in a text that
 * the caller owns. */
#ifndef WENGERT_CLI_WHOLE_FILE_H
#define WENGERT_CLI_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "wengert/file.h"

/* Where a function that failed says why: one line, without a line end. */
struct text_error {
    char text[512];
};

/* Records the text, cut to what fits; returns false, so that `return text_fail(...)` reads well. */
bool text_fail(struct text_error *error, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

struct whole_file {
    FILE *stream; /* write here */
    struct wg_whole_file whole;
};

/* As wg_whole_file_open, _commit and _abandon; false, with the error's text, where those fail. */
bool whole_file_open(struct whole_file *file, const char *path, struct text_error *error);
bool whole_file_commit(struct whole_file *file, struct text_error *error);
void whole_file_abandon(struct whole_file *file);

#endif
