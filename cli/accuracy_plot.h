/* Drawing errors over the input: the kernels beside the textbook's formula and files of results. */
#ifndef WENGERT_CLI_ACCURACY_PLOT_H
#define WENGERT_CLI_ACCURACY_PLOT_H

#include "accuracy_sweep.h"
#include "options.h"

struct plot_request {
    const char *path;     /* of the SVG file */
    double low, high;     /* the inputs' range */
    uint32_t stride;      /* of bit patterns */
    struct texts against; /* "NAME=FILE", see origin_file */
};

/* "-12,12"; false if that is no range. */
bool plot_range(const char *text, struct plot_request *request);

/* Measures and draws; returns the exit status, after printing a line on what failed. */
int plot_accuracy(const struct accuracy_task *task, const struct plot_request *request);

#endif
