/* The networks whose training steps are measured, and what peers need to make the same ones. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "wengert/wengert.h"

#include <stdbool.h>

enum { BENCH_LOSS_STEP = 20 }; /* whose loss each side says, to show that it does the same work */

struct bench_workload {
    const char *name, *title;
    const char *layers;    /* as wg_sequential_from_text reads them; NULL: the transformer */
    struct wg_shape input; /* without the batch */
    int64_t batch;
    int64_t classes;       /* cross-entropy from logits; 0: mean squared error */
    const char *optimizer; /* as wg_optimizer_from_text reads it */
    double first, others;  /* multiply-adds of an example forward: of products whose input is
                              data, which need no gradient of it, and of all others */
};

extern const struct bench_workload bench_workloads[]; /* ends with a name of NULL */

/* Operations of a step: two a multiply-add; each product again for the gradient of each of its
 * inputs that has one. Elementwise work does not count. */
double bench_workload_flops(const struct bench_workload *w);

/* A workload in being: its model, recorded on a tape. */
struct bench_training {
    wg_model *model;
    wg_tape *tape;
    wg_pass *pass;
    wg_optimizer *optimizer;
    wg_var x, target, loss;
};

/* Ends the program, with the library's error, if it cannot be made. */
struct bench_training bench_training_of(const struct bench_workload *w);
void bench_training_free(struct bench_training *t);

/* One step: zeroed gradients, forward, backward, update; all replayed. */
void bench_training_step(struct bench_training *t);

/* Writes DIRECTORY/NAME.json and NAME.bin: the workload, its data and initial weights, for peers.
 * Ends the program if they cannot be written. */
void bench_workload_write(const struct bench_workload *w, const struct bench_training *t,
                          const char *directory);

#endif
