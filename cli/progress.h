/* How a training run goes, on standard output: on a terminal one line that is rewritten, elsewhere
 * a line for each epoch. */
#ifndef WENGERT_CLI_PROGRESS_H
#define WENGERT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"

struct progress {
    bool terminal;
    int64_t epochs, examples; /* in all; in an epoch */
    double start, shown;      /* seconds: of the run, of the line's last rewriting */
};

struct progress progress_start(int64_t epochs, int64_t examples);

/* After each batch: epoch counts from 1, `so_far` is of this epoch. */
void progress_step(struct progress *progress, int64_t epoch, const struct score *so_far);

void progress_epoch(struct progress *progress, int64_t epoch, const struct score *train,
                    const struct score *validation);

/* Leaves the line as it is and goes to the next; before anything else is printed. */
void progress_end(const struct progress *progress);

#endif
