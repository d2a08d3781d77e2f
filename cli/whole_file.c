#define _XOPEN_SOURCE 700

#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_ATTEMPTS 1000 /* at a temporary name that nobody else uses */

bool text_fail(struct text_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

static void release(struct whole_file *file) {
    free(file->target);
    free(file->temporary);
    *file = (struct whole_file){0};
}

/* Makes a new file beside the target, with the mode that any new file gets. */
static int create_temporary(struct whole_file *file) {
    size_t size = strlen(file->target) + 48;
    file->temporary = malloc(size);
    if (file->temporary == NULL) return -1;
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        snprintf(file->temporary, size, "%s.%ld.%d.tmp", file->target, (long)getpid(), attempt);
        int descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

/* Opens what will be written; -1 with errno set on failure. */
static int open_descriptor(struct whole_file *file, const char *path) {
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    /* A device or a pipe cannot be half-written in this sense, and must not be replaced. */
    bool direct = exists && !S_ISREG(info.st_mode);
    file->target = exists && !direct ? realpath(path, NULL) : strdup(path);
    if (file->target == NULL) return -1;
    if (direct) return open(path, O_WRONLY | O_CLOEXEC);
    int descriptor = create_temporary(file);
    if (descriptor >= 0 && exists) {
        /* The target's permissions outlive it; where they cannot be set, the usual ones serve. */
        int ignored = fchmod(descriptor, info.st_mode & 0777);
        (void)ignored;
    }
    return descriptor;
}

bool whole_file_open(struct whole_file *file, const char *path, struct text_error *error) {
    *file = (struct whole_file){0};
    int descriptor = open_descriptor(file, path);
    if (descriptor >= 0) {
        file->stream = fdopen(descriptor, "wb");
        if (file->stream != NULL) {
            errno = 0; /* so that what whole_file_commit finds in it came of writing */
            return true;
        }
    }
    text_fail(error, "cannot write \"%s\": %s", path, strerror(errno));
    if (descriptor >= 0) {
        close(descriptor);
        if (file->temporary != NULL) unlink(file->temporary);
    }
    release(file);
    return false;
}

/* Devices and pipes have nothing to sync, and say so with EINVAL. */
static bool sync_stream(FILE *stream) { return fsync(fileno(stream)) == 0 || errno == EINVAL; }

bool whole_file_commit(struct whole_file *file, struct text_error *error) {
    bool written = !ferror(file->stream) && fflush(file->stream) == 0 && sync_stream(file->stream);
    int reason = errno; /* fclose must run whatever happened, and may change it */
    bool closed = fclose(file->stream) == 0;
    if (written && !closed) reason = errno;
    bool complete = written && closed;
    if (complete && file->temporary != NULL) {
        complete = rename(file->temporary, file->target) == 0;
        reason = errno;
    }
    if (!complete) {
        text_fail(error, "cannot write \"%s\": %s", file->target,
                  reason != 0 ? strerror(reason) : "an earlier write failed");
        if (file->temporary != NULL) unlink(file->temporary);
    }
    release(file);
    return complete;
}

void whole_file_abandon(struct whole_file *file) {
    fclose(file->stream);
    if (file->temporary != NULL) unlink(file->temporary);
    release(file);
}
