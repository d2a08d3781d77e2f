/* The program's pictures: the course of a training run, and what a classifier of points in the
 * plane has learnt. Each file is written whole or not at all (see whole_file.h); a function that
 * returns false has said why in *error and changed nothing. */
#ifndef WENGERT_CLI_PICTURE_H
#define WENGERT_CLI_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "whole_file.h"

/* ---- The loss of each epoch, as an SVG line chart ------------------------------------------ */

struct loss_picture {
    const char *title;        /* UTF-8; null or "" for none */
    int64_t epochs;           /* at least 1; value i belongs to epoch i + 1 */
    const double *training;   /* (epochs) */
    const double *validation; /* (epochs), or null */
};

/* Draws with a logarithmic scale where all values are positive and span more than two decades.
 * Values that are not finite leave a gap, and the picture says how many there are. */
bool write_loss_svg(const char *path, const struct loss_picture *picture, struct text_error *error);

/* ---- Errors over the input, as an SVG line chart ------------------------------------------- */

#define MOST_ERROR_SERIES 6

struct error_series {
    const char *name;    /* UTF-8 */
    const double *error; /* (columns): ULP, 0 and infinity included; negative leaves a gap */
};

struct error_picture {
    const char *title; /* UTF-8; null or "" for none */
    double low, high;  /* the inputs' range, low < high, finite; column i is its i-th equal part */
    int columns;       /* at least 2 */
    int count;         /* 1 to MOST_ERROR_SERIES; the last is drawn on top */
    struct error_series series[MOST_ERROR_SERIES];
};

/* Draws ULP on a logarithmic scale, from a tenth, with lines at 1 ULP and at 2^23 ULP, where a
 * float has no correct digit left. */
bool write_error_svg(const char *path, const struct error_picture *picture,
                     struct text_error *error);

/* ---- The decision of a classifier over the plane, as a PNG --------------------------------- */

#define MOST_PICTURE_CLASSES 10

/* Fills probability (count, classes) for points (count, 2). On failure returns false and says why
 * in *error. */
typedef bool classify_points(void *context, const float *points, int64_t count, float *probability,
                             struct text_error *error);

struct decision_picture {
    int width;   /* of the square picture, in pixels: 64 to 4096; 0 for 600 */
    int classes; /* 2 to MOST_PICTURE_CLASSES */
    classify_points *classify;
    void *context;
    int64_t points;       /* the data set's, drawn over the decision; at least 1 */
    const float *point;   /* (points, 2) */
    const int32_t *label; /* (points), each in [0, classes) */
    const bool *held_out; /* (points): true for validation; null if none is */
};

/* A class's colour is as strong as the classifier is sure of it; white is undecided, grey where it
 * gives something that is no probability. Training points have a white rim, validation points a
 * dark one. */
bool write_decision_png(const char *path, const struct decision_picture *picture,
                        struct text_error *error);

#endif
