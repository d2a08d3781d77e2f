/* Files written whole or not at all: the content goes to a temporary file beside the target, which
 * takes the target's name only when every byte is safely on the disk.
 *
 *     struct wg_whole_file file;
 *     if (wg_whole_file_open(&file, "history.csv") == WG_OK) {
 *         fprintf(file.stream, ...);
 *         wg_whole_file_commit(&file);
 *     }
 */
#ifndef WENGERT_FILE_H
#define WENGERT_FILE_H

#include <stdio.h>

#include "wengert/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct wg_whole_file {
    FILE *stream;    /* write here; errors in writing are found by wg_whole_file_commit */
    char *target;    /* symbolic links resolved */
    char *temporary; /* null where the target is a device or a pipe, which is written directly */
};

/* Begins to write `path`, whose permissions an existing file keeps. Errors, naming path and cause,
 * with nothing to release: its directory is missing or not writable, it is a directory
 * (WG_ERROR_FILE), memory. */
enum wg_status wg_whole_file_open(struct wg_whole_file *file, const char *path);

/* Ends it: flushes, syncs, closes, renames, and syncs the directory. If any of it fails, or an
 * earlier write did, removes the temporary file and leaves the target as it was (WG_ERROR_FILE, or
 * WG_ERROR_MEMORY); only where it is the directory that cannot be synced, the new file is already
 * there, whole. Releases the struct's content either way. */
enum wg_status wg_whole_file_commit(struct wg_whole_file *file);

/* Gives up: removes the temporary file and releases the struct's content. An empty struct is fine.
 */
void wg_whole_file_abandon(struct wg_whole_file *file);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
