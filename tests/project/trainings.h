/* Trainings of models that go through every kind of layer and every update rule: what models.c runs
 * in many ways. */
#ifndef TRAININGS_H
#define TRAININGS_H

#include "wengert/wengert.h"

#include <stdbool.h>

struct training {
    const char *name;
    const char *layers;          /* a sequence, or else */
    wg_model_function *function; /* a function of layers */
    struct wg_shape input;       /* of an example */
    int vocabulary;              /* more than 0: inputs are indices below it */
    int classes;                 /* more than 0: targets are labels below it */
    const char *loss, *metric;
    const char *optimizer;
    bool noise;    /* it draws: what is recorded is run once more with the step's key */
    bool schedule; /* of the learning rate */
    int batch, steps;
};

/* The i-th training; NULL past the last. */
const struct training *training_at(int i);

#endif
