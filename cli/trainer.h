/* The training loop: batches in a new order each epoch, one optimizer step for each. */
#ifndef WENGERT_CLI_TRAINER_H
#define WENGERT_CLI_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"
#include "problem.h"
#include "wengert/optim.h"
#include "whole_file.h"

struct training {
    int64_t epochs, batch;
    uint64_t seed;
    bool record; /* record every step instead of replaying: the same bits */
    struct wg_sgd_options sgd;
};

/* The course of a run: what each epoch came to. */
struct history {
    int64_t epochs;             /* that were run */
    double *train, *validation; /* the mean losses */
    struct score final;         /* of the validation part, at the end */
};

/* Trains. Prints the progress, nothing else. False with the error's text. */
bool train(struct network *network, const struct problem *problem, const struct training *training,
           struct history *history, struct text_error *error);
void history_free(struct history *history);

#endif
