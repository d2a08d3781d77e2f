/* What is trained on: a generated set or a directory of images, in two parts. */
#ifndef WENGERT_CLI_PROBLEM_H
#define WENGERT_CLI_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "wengert/data.h"

#define HELD_OUT 0.2 /* of a generated set, its last part */

/* How to train where the command line does not say. */
struct recipe {
    const char *name; /* of the generated set; NULL for images */
    int64_t examples; /* of a generated set */
    double noise;
    int64_t epochs, batch;
    double learning_rate, momentum;
    double
        sigmoid_rate; /* where the activation is no steeper than sigmoid: larger steps are needed */
};

/* The recipe for a generated set of that name, or for images where there is none of that name. */
const struct recipe *find_recipe(const char *data);

struct problem {
    struct wg_dataset train, validation; /* inputs as the network gets them */
    struct wg_dataset points; /* a generated set's own coordinates, training part first */
    float mean[2], scale[2];  /* input = (coordinate - mean) * scale */
};

/* A generated set: its last fifth is held out, and each coordinate is brought to mean 0 and
 * standard deviation 1 over the training part. False with wg_error() set, and nothing to free. */
bool problem_generate(struct problem *problem, const char *name, int64_t examples, double noise,
                      uint64_t seed);

/* The images of a directory, bytes scaled to [0, 1]. As above. */
bool problem_load(struct problem *problem, const char *directory);

void problem_free(struct problem *problem);

#endif
