/* A checkpoint and the data that it is used on: what eval-model and predict share. */
#ifndef WENGERT_CLI_MODEL_FILE_H
#define WENGERT_CLI_MODEL_FILE_H

#include "options.h"
#include "preparation.h"

struct use_options {
    const char *data, *header, *label, *out;
    int64_t examples, seed, threads;
    double noise;
    bool all, json;
};

#define NO_USE_OPTIONS                                                                             \
    { .examples = -1, .seed = 1, .threads = 1, .noise = -1 }

/* The rows of the table of options that both have. */
#define USE_OPTIONS                                                                                \
    TEXT_OPTION(data, "data", "NAME|DIR|FILE",                                                     \
                "a generated set, a directory's validation images, or CSV"),                       \
        CHOICE_OPTION(header, "header", header_choices, "auto|yes|no",                             \
                      "whether a CSV file's first row is one"),                                    \
        TEXT_OPTION(label, "label", "NAME|N", "the label's column; as in training"),               \
        NUMBER_OPTION(noise, "noise", "of a generated set, 0 to 1", 0, 1, false),                  \
        WHOLE_OPTION(examples, "examples", "of a generated set", 10, 10000000),                    \
        WHOLE_OPTION(seed, "seed", "of a generated set; 1", 0, INFINITY),                          \
        WHOLE_OPTION(threads, "threads", "threads for large layers; 1", 1, 256)
extern const char *const header_choices[];

struct model_file {
    wg_model *model;
    struct preparation preparation;
    struct wg_dataset data; /* prepared as the model's training data were */
};

/* Reads both; labels false: for predictions. GO_ON, or the exit status after an error, with nothing
 * to close. */
int open_model_file(struct model_file *file, const char *command, const char *path,
                    const struct use_options *options, bool labels);
void close_model_file(struct model_file *file);

#endif
