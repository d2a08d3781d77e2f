/* Where examples for models come from: a generated set, a directory of images, a CSV file. */
#ifndef WENGERT_CLI_SOURCES_H
#define WENGERT_CLI_SOURCES_H

#include <stdbool.h>

#include "wengert/data.h"

enum source_kind { SOURCE_GENERATED, SOURCE_IMAGES, SOURCE_CSV };

/* What --data, and the options that go with it, say; NULL and negative: not given. */
struct source {
    const char *command; /* for errors */
    enum source_kind kind;
    const char *data, *header, *label;
    int64_t examples;
    double noise;
    uint64_t seed;
};

/* Finds the kind of source->data and refuses options of other kinds. GO_ON, or the exit status
 * after an error. */
int find_source(struct source *source);

/* Reads all examples of a generated set or a CSV file. False with wg_error() set. */
bool read_source(const struct source *source, enum wg_csv_labels labels,
                 const struct wg_dataset *like, struct wg_dataset *all);

/* The model's input for examples of such a set: (features), or rows x columns x 1. */
struct wg_shape input_shape(const struct wg_dataset *data);

#endif
