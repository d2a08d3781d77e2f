/* The command line of `wengert train`. */
#ifndef WENGERT_CLI_TRAIN_OPTIONS_H
#define WENGERT_CLI_TRAIN_OPTIONS_H

#include "options.h"

/* What is not given: NULL, 0 sizes, -1. */
struct train_options {
    /* of both ways */
    const char *data;
    int64_t epochs, batch, seed, threads, examples;
    double noise;
    bool json;

    /* dense layers by SGD */
    struct sizes hidden;
    const char *activation, *out;
    double learning_rate, momentum, weight_decay;
    bool nesterov, record;

    /* a model */
    const char *model, *loss, *optimizer, *schedule, *metrics, *class_weight;
    const char *validation, *header, *label, *labels, *standardize, *dtype;
    const char *checkpoint, *best, *log;
    double validation_split;
    int64_t early_stopping;
    bool resume;
};

/* GO_ON, or the exit status after an error or the help. */
int parse_train_options(struct train_options *options, int argc, char **argv);

/* `wengert train --model`; dense layers without it are train.c's. */
int train_model(const struct train_options *options);

#endif
