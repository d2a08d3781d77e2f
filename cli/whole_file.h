/* Writing a file whole or not at all: the content goes to a temporary file beside the target, which
 * takes the target's name only when every byte is safely written. */
#ifndef WENGERT_CLI_WHOLE_FILE_H
#define WENGERT_CLI_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

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
    FILE *stream;    /* write here */
    char *target;    /* symbolic links resolved */
    char *temporary; /* null where the target is a device or a pipe, which is written directly */
};

/* Begins to write `path`. False, with the error's text and nothing to release, if that cannot be:
 * its directory is missing or not writable, it is a directory. */
bool whole_file_open(struct whole_file *file, const char *path, struct text_error *error);

/* Ends it: flushes, syncs, closes and renames. If any of it fails, or an earlier write did, removes
 * the temporary file, leaves the target untouched and returns false with the error's text. Releases
 * the struct's content either way. */
bool whole_file_commit(struct whole_file *file, struct text_error *error);

/* Gives up: removes the temporary file and releases the struct's content. */
void whole_file_abandon(struct whole_file *file);

#endif
