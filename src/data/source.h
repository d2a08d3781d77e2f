/* A file to read from, plain or gzip-compressed; which of the two makes no difference to the
 * reader.
 */
#ifndef WG_DATA_SOURCE_H
#define WG_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wengert/error.h"

struct wg_source {
    const char *path; /* the caller's, kept for error texts */
    void *handle;     /* gzFile with zlib, FILE * without */
    uint64_t most;    /* bytes that the file can hold at most, uncompressed */
    uint64_t found;   /* bytes read so far, uncompressed */
};

/* Opens a regular file; on failure records the error and leaves nothing to close. */
enum wg_status wg_source_open(struct wg_source *source, const char *path);

/* Reads up to `size` bytes into `to`; fewer only at the end of the data. Reports the count in
 * *got. Errors: the file cannot be read, its compressed data are corrupt or cut short. */
enum wg_status wg_source_read(struct wg_source *source, void *to, uint64_t size, uint64_t *got);

void wg_source_close(struct wg_source *source);

#endif
