#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifdef WENGERT_HAVE_ZLIB
#include <zlib.h>
#endif

#include "base/error.h"
#include "data/source.h"
#include "wengert/data.h"

/* Bytes asked for at once: zlib and fread both count in narrower types than ours. */
#define CHUNK (UINT64_C(1) << 20)

/* Checks that `path` is a regular file (opening a pipe would wait, a directory would fail later
 * and less clearly) and finds its size. */
static enum wg_status find_size(const char *path, uint64_t *size) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": it is %s; expected a regular file", path,
                       S_ISDIR(info.st_mode) ? "a directory" : "not a regular file");
    }
    *size = (uint64_t)info.st_size;
    return WG_OK;
}

#ifdef WENGERT_HAVE_ZLIB

/* Deflate shrinks data to 1/1032 at best: a match of 258 bytes in two bits. */
#define BEST_RATIO 1032

bool wg_dataset_reads_gzip(void) { return true; }

enum wg_status wg_source_open(struct wg_source *source, const char *path) {
    uint64_t size = 0;
    enum wg_status status = find_size(path, &size);
    if (status != WG_OK) return status;
    errno = 0; /* gzopen leaves it alone when memory is what was missing */
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": %s", path,
                       strerror(errno != 0 ? errno : ENOMEM));
    }
    uint64_t most = gzdirect(file)                    ? size
                    : size <= UINT64_MAX / BEST_RATIO ? size * BEST_RATIO
                                                      : UINT64_MAX;
    *source = (struct wg_source){.path = path, .handle = file, .most = most};
    return WG_OK;
}

/* Turns what zlib says of the file into an error; WG_OK when it has no complaint. */
static enum wg_status zlib_complaint(struct wg_source *source) {
    int code = Z_OK;
    const char *text = gzerror(source->handle, &code);
    if (code == Z_OK || code == Z_STREAM_END) return WG_OK;
    if (code == Z_ERRNO) {
        return wg_fail(WG_ERROR_FILE, "cannot read \"%s\": %s", source->path, strerror(errno));
    }
    if (code == Z_MEM_ERROR) {
        return wg_fail(WG_ERROR_MEMORY, "no memory to read \"%s\"", source->path);
    }
    /* zlib's text begins with the path that it was given */
    size_t path = strlen(source->path);
    if (strncmp(text, source->path, path) == 0 && strncmp(text + path, ": ", 2) == 0) {
        text += path + 2;
    }
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\": the gzip-compressed data are corrupt or cut short after %llu bytes of "
                   "content: %s",
                   source->path, (unsigned long long)source->found, text);
}

enum wg_status wg_source_read(struct wg_source *source, void *to, uint64_t size, uint64_t *got) {
    *got = 0;
    while (*got < size) {
        uint64_t part = size - *got < CHUNK ? size - *got : CHUNK;
        int count = gzread(source->handle, (unsigned char *)to + *got, (unsigned)part);
        if (count > 0) {
            *got += (uint64_t)count;
            source->found += (uint64_t)count;
        }
        if (count < 0 || (uint64_t)count < part) return zlib_complaint(source);
    }
    return WG_OK;
}

void wg_source_close(struct wg_source *source) {
    gzclose_r(source->handle); /* its complaints have all been heard in reading */
    source->handle = NULL;
}

#else

bool wg_dataset_reads_gzip(void) { return false; }

/* Refuses compressed files by their first two bytes, whatever their name. */
static enum wg_status refuse_gzip(FILE *file, const char *path) {
    int first = fgetc(file), second = fgetc(file);
    rewind(file);
    if (first != 0x1f || second != 0x8b) return WG_OK;
    return wg_fail(WG_ERROR_UNSUPPORTED,
                   "\"%s\" is gzip-compressed, which this build cannot read (it was made without "
                   "zlib); expected a plain file: decompress it with gunzip",
                   path);
}

enum wg_status wg_source_open(struct wg_source *source, const char *path) {
    uint64_t size = 0;
    enum wg_status status = find_size(path, &size);
    if (status != WG_OK) return status;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": %s", path, strerror(errno));
    }
    status = refuse_gzip(file, path);
    if (status != WG_OK) {
        fclose(file);
        return status;
    }
    *source = (struct wg_source){.path = path, .handle = file, .most = size};
    return WG_OK;
}

enum wg_status wg_source_read(struct wg_source *source, void *to, uint64_t size, uint64_t *got) {
    *got = 0;
    while (*got < size) {
        uint64_t part = size - *got < CHUNK ? size - *got : CHUNK;
        size_t count = fread((unsigned char *)to + *got, 1, (size_t)part, source->handle);
        *got += count;
        source->found += count;
        if (count < part) {
            if (!ferror((FILE *)source->handle)) return WG_OK;
            return wg_fail(WG_ERROR_FILE, "cannot read \"%s\": %s", source->path, strerror(errno));
        }
    }
    return WG_OK;
}

void wg_source_close(struct wg_source *source) {
    fclose(source->handle);
    source->handle = NULL;
}

#endif
