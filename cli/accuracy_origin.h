/* Where results that are measured come from: the kernels, a file that another program wrote, or the
 * textbook's formula in float; each at every stride-th bit pattern. */
#ifndef WENGERT_CLI_ACCURACY_ORIGIN_H
#define WENGERT_CLI_ACCURACY_ORIGIN_H

#include <cjson/cJSON.h>

#include "accuracy_sweep.h"
#include "formula.h"
#include "whole_file.h"

#define MOST_KINKS 16

/* The largest error in each of `columns` equal parts of [low, high); negative where there was no
 * input. */
struct error_curve {
    double low, high;
    int columns;
    double *error;
};

struct origin {
    struct accuracy_source source; /* for the task; its context is the origin itself */
    char name[700];                /* "outputs of FILE" */
    /* Found by measuring: */
    uint64_t subnormals_lost; /* off by more than 1 ULP for a subnormal input, or 0 where a
                                 subnormal number is right; the following leave these out */
    uint64_t zero_for_normal, nan_for_number;
    double max_ulp_nonzero, worst_nonzero; /* the largest error of the results that are not 0 */
    double within, off_within; /* lengths: of the sampled part of [-20, 20], and of what of it is
                                  off by more than 1 ULP */
    double kink[MOST_KINKS];   /* where the slope is a convention: these inputs are passed over */
    int kinks;
    struct error_curve *curve; /* or NULL; to be set before measuring */
    /* A file's content, or the formula: */
    void *bytes;
    size_t size;
    struct formula textbook;
};

void origin_kernels(struct origin *origin, uint32_t stride);

/* A file of little-endian floats, one for each bit pattern 0, stride, 2 stride, ... below 2^32.
 * False with the error if it cannot be read or has another size. */
bool origin_file(struct origin *origin, const char *path, uint32_t stride,
                 struct text_error *error);

/* The textbook's formula for the task's op, attributes and direction. */
bool origin_textbook(struct origin *origin, const struct accuracy_task *task, uint32_t stride,
                     struct text_error *error);

void origin_end(struct origin *origin);

/* Measures the task with results from the origin. */
bool origin_measure(struct origin *origin, const struct accuracy_task *task,
                    struct accuracy *result, struct text_error *error);

/* What a report says besides. */
void origin_text(const struct origin *origin);
void origin_json(const struct origin *origin, cJSON *json);

#endif
