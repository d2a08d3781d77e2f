/* A folder of a test's own and the files in it: a checked fixture for Check. _POSIX_C_SOURCE is to
 * be defined before. */
#ifndef WG_TESTS_SCRATCH_H
#define WG_TESTS_SCRATCH_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wengert/error.h"

enum { SCRATCH_FOLDER = 256, SCRATCH_PATH = SCRATCH_FOLDER + 64, SCRATCH_FILES = 24 };

static char scratch_folder[SCRATCH_FOLDER];
static char scratch_files[SCRATCH_FILES][SCRATCH_PATH];
static int scratch_count;

static inline void scratch_make(void) {
    const char *base = getenv("TMPDIR");
    snprintf(scratch_folder, sizeof scratch_folder, "%s/wengert-test-XXXXXX", base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(scratch_folder));
    scratch_count = 0;
    wg_clear_error();
}

/* The path of a file of that name in the folder. It lasts, and the file, should there be one, is
 * removed at the end. */
static inline const char *scratch_path(const char *name) {
    ck_assert_int_lt(scratch_count, SCRATCH_FILES);
    char *path = scratch_files[scratch_count];
    snprintf(path, SCRATCH_PATH, "%s/%s", scratch_folder, name);
    for (int i = 0; i < scratch_count; i++) {
        if (strcmp(scratch_files[i], path) == 0) return scratch_files[i];
    }
    scratch_count++;
    return path;
}

/* How many files lie in the folder, hidden ones left out. */
static inline int scratch_found(void) {
    int count = 0;
    DIR *directory = opendir(scratch_folder);
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(directory);
    return count;
}

static inline void scratch_clear(void) {
    for (int i = 0; i < scratch_count; i++) unlink(scratch_files[i]);
}

/* Whatever else lies there was left behind by what is tested. */
static inline void scratch_remove(void) {
    scratch_clear();
    ck_assert_msg(rmdir(scratch_folder) == 0, "%s: something was left in it", scratch_folder);
}

#endif
