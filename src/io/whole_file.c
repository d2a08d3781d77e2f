#define _XOPEN_SOURCE 700

#include "wengert/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define MOST_ATTEMPTS 1000 /* at a temporary name that nobody else uses */

static void release(struct wg_whole_file *file) {
    free(file->target);
    free(file->temporary);
    *file = (struct wg_whole_file){0};
}

static enum wg_status cannot_write(const char *path, int reason) {
    return wg_fail(reason == ENOMEM ? WG_ERROR_MEMORY : WG_ERROR_FILE, "cannot write \"%s\": %s",
                   path, reason != 0 ? strerror(reason) : "an earlier write failed");
}

/* Makes a new file beside the target, with the mode that any new file gets. */
static int create_temporary(struct wg_whole_file *file) {
    size_t size = strlen(file->target) + 48;
    file->temporary = malloc(size);
    if (file->temporary == NULL) {
        errno = ENOMEM;
        return -1;
    }
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        snprintf(file->temporary, size, "%s.%ld.%d.tmp", file->target, (long)getpid(), attempt);
        int descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

/* Opens what will be written; -1 with errno set on failure. */
static int open_descriptor(struct wg_whole_file *file, const char *path) {
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    /* A device or a pipe cannot be half-written in this sense, and must not be replaced. */
    bool direct = exists && !S_ISREG(info.st_mode);
    errno = ENOMEM; /* which strdup need not say */
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

enum wg_status wg_whole_file_open(struct wg_whole_file *file, const char *path) {
    if (file == NULL || path == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_whole_file_open: a null argument; expected a struct and a path");
    }
    *file = (struct wg_whole_file){0};
    int descriptor = open_descriptor(file, path);
    if (descriptor >= 0) {
        file->stream = fdopen(descriptor, "wb");
        if (file->stream != NULL) {
            errno = 0; /* so that what wg_whole_file_commit finds in it came of writing */
            return WG_OK;
        }
    }
    enum wg_status status = cannot_write(path, errno);
    if (descriptor >= 0) {
        close(descriptor);
        if (file->temporary != NULL) unlink(file->temporary);
    }
    release(file);
    return status;
}

/* Devices and pipes have nothing to sync, and say so with EINVAL. */
static bool sync_stream(FILE *stream) { return fsync(fileno(stream)) == 0 || errno == EINVAL; }

/* Syncs the folder that a file lies in, so that its new name outlives a loss of power. Folders that
 * may not be read, and file systems that do not sync folders, are left to the system. */
static bool sync_folder(char *path) {
    char *slash = strrchr(path, '/');
    if (slash != NULL) slash[slash == path] = '\0';
    int folder = open(slash != NULL ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return true;
    int failed = fsync(folder) != 0 ? errno : 0;
    close(folder);
    errno = failed;
    return failed != EIO && failed != ENOSPC && failed != EDQUOT;
}

enum wg_status wg_whole_file_commit(struct wg_whole_file *file) {
    if (file == NULL || file->stream == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_whole_file_commit: no file is open; expected one");
    }
    bool written = !ferror(file->stream) && fflush(file->stream) == 0 && sync_stream(file->stream);
    int reason = errno; /* fclose must run whatever happened, and may change it */
    bool closed = fclose(file->stream) == 0;
    if (written && !closed) reason = errno;
    bool complete = written && closed;
    if (complete && file->temporary != NULL) {
        complete = rename(file->temporary, file->target) == 0;
        reason = errno;
    }
    enum wg_status status = WG_OK;
    if (!complete) {
        status = cannot_write(file->target, reason);
        if (file->temporary != NULL) unlink(file->temporary);
    } else if (file->temporary != NULL && !sync_folder(file->temporary)) {
        status = wg_fail(WG_ERROR_FILE, "\"%s\" is written, but its folder cannot be synced: %s",
                         file->target, strerror(errno));
    }
    release(file);
    return status;
}

void wg_whole_file_abandon(struct wg_whole_file *file) {
    if (file == NULL || file->stream == NULL) return;
    fclose(file->stream);
    if (file->temporary != NULL) unlink(file->temporary);
    release(file);
}
