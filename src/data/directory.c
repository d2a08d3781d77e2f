#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "data/dataset.h"

#define HELD_OUT 0.2 /* of the only pair, where a directory has one */

struct pair_names {
    const char *images, *labels;
};

static const struct pair_names train_names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
static const struct pair_names validation_names = {"t10k-images-idx3-ubyte",
                                                   "t10k-labels-idx1-ubyte"};

/* The path of `name` in `directory`, plain or else .gz, to be freed; in *path, which stays null
 * where there is neither. */
static enum wg_status find_file(const char *directory, const char *name, char **path) {
    static const char *const endings[] = {"", ".gz"};
    size_t size = strlen(directory) + strlen(name) + sizeof "/.gz";
    char *candidate = malloc(size);
    *path = NULL;
    if (candidate == NULL) {
        return wg_fail(WG_ERROR_MEMORY, "dataset_load_directory: no memory for a path");
    }
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct stat info;
        snprintf(candidate, size, "%s/%s%s", directory, name, endings[i]);
        if (stat(candidate, &info) == 0) {
            *path = candidate;
            return WG_OK;
        }
    }
    free(candidate);
    return WG_OK;
}

/* Loads a pair if it is there; leaves the data set empty if neither file is. */
static enum wg_status load_pair(const char *directory, struct pair_names names,
                                struct wg_dataset *dataset) {
    char *images = NULL, *labels = NULL;
    enum wg_status status = find_file(directory, names.images, &images);
    if (status == WG_OK) status = find_file(directory, names.labels, &labels);
    if (status == WG_OK && images != NULL && labels != NULL) {
        status = wg_dataset_load_idx(images, labels, dataset);
    } else if (status == WG_OK && (images != NULL || labels != NULL)) {
        status = wg_fail(WG_ERROR_FILE, "\"%s\" has %s but neither %s nor %s.gz beside it",
                         directory, images != NULL ? names.images : names.labels,
                         images != NULL ? names.labels : names.images,
                         images != NULL ? names.labels : names.images);
    }
    free(images);
    free(labels);
    return status;
}

static enum wg_status check_directory(const char *directory) {
    struct stat info;
    if (stat(directory, &info) != 0) {
        return wg_fail(WG_ERROR_FILE, "cannot open the directory \"%s\": %s", directory,
                       strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) return WG_OK;
    return wg_fail(WG_ERROR_FILE, "\"%s\" is not a directory; expected one with IDX files",
                   directory);
}

static enum wg_status hold_out_last(const struct wg_dataset *all, struct wg_dataset *train,
                                    struct wg_dataset *validation) {
    int64_t *order = wg_data_allocate("dataset_load_directory", all->examples, sizeof *order);
    if (order == NULL) return WG_ERROR_MEMORY;
    int64_t count = 0;
    enum wg_status status = wg_dataset_split_last(all->examples, HELD_OUT, order, &count);
    if (status == WG_OK) status = wg_dataset_take(all, order, count, train);
    if (status == WG_OK) {
        status = wg_dataset_take(all, order + count, all->examples - count, validation);
    }
    free(order);
    return status;
}

/* Makes the two results of what was found: both pairs, one, or none. */
static enum wg_status arrange(const char *directory, struct wg_dataset *train,
                              struct wg_dataset *validation) {
    if (train->examples == 0 && validation->examples == 0) {
        return wg_fail(WG_ERROR_FILE,
                       "\"%s\" has no IDX files; looked for %s with %s, and %s with %s, each plain "
                       "or ending in .gz",
                       directory, train_names.images, train_names.labels, validation_names.images,
                       validation_names.labels);
    }
    if (train->examples == 0 || validation->examples == 0) {
        struct wg_dataset all = train->examples > 0 ? *train : *validation;
        *train = *validation = (struct wg_dataset){0};
        enum wg_status status = hold_out_last(&all, train, validation);
        wg_dataset_free(&all);
        return status;
    }
    if (train->image_rows != validation->image_rows ||
        train->image_columns != validation->image_columns) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": training images are %lld x %lld, validation images %lld x %lld; "
                       "expected one size",
                       directory, (long long)train->image_rows, (long long)train->image_columns,
                       (long long)validation->image_rows, (long long)validation->image_columns);
    }
    if (train->classes < validation->classes) train->classes = validation->classes;
    validation->classes = train->classes;
    return WG_OK;
}

enum wg_status wg_dataset_load_directory(const char *directory, struct wg_dataset *train,
                                         struct wg_dataset *validation) {
    if (directory == NULL || train == NULL || validation == NULL) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "dataset_load_directory: a null argument; expected a path and two data sets");
    }
    *train = *validation = (struct wg_dataset){0};
    enum wg_status status = check_directory(directory);
    if (status == WG_OK) status = load_pair(directory, train_names, train);
    if (status == WG_OK) status = load_pair(directory, validation_names, validation);
    if (status == WG_OK) status = arrange(directory, train, validation);
    if (status != WG_OK) {
        wg_dataset_free(train);
        wg_dataset_free(validation);
    }
    return status;
}
