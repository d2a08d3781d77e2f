/* A network of dense layers, its recording on tapes, and its evaluation.
 *
 *     x -> [x W + b -> activation] for each hidden layer -> x W + b -> softmax cross-entropy */
#ifndef WENGERT_CLI_NETWORK_H
#define WENGERT_CLI_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "hidden.h"
#include "options.h"
#include "wengert/data.h"
#include "wengert/params.h"

#define MOST_LAYERS (MOST_SIZES + 1)
#define INITIAL_ALPHA 0.25 /* of PReLU, as in He, Zhang, Ren and Sun 2015 */

struct layer {
    int64_t units;
    int kernel, bias, alpha; /* numbers in the parameter set; alpha -1 where there is none */
};

struct network {
    wg_params *params;
    int64_t features, classes;
    struct hidden_activation activation;
    int layers;
    struct layer layer[MOST_LAYERS];
};

/* Glorot uniform kernels, biases of zero, an alpha for each unit of a prelu. False with wg_error()
 * set. */
bool network_make(struct network *network, int64_t features, int64_t classes,
                  const struct sizes *hidden, const struct hidden_activation *activation,
                  uint64_t seed);
void network_free(struct network *network);

/* The network on a tape, for one number of examples at a time. */
struct pass {
    const struct network *network;
    bool always_record; /* records anew at each run instead of replaying */
    wg_tape *tape;
    struct wg_mark start;
    int64_t examples; /* recorded for; 0 for nothing yet */
    wg_var x, label, logits, loss;
};

/* False with wg_error() set. Freeing an empty pass is fine. */
bool pass_make(struct pass *pass, const struct network *network, bool always_record);
void pass_free(struct pass *pass);

/* Computes the loss and logits of (examples, features) and labels; replays where the tape was
 * recorded for that many examples. False with wg_error() set. */
bool pass_run(struct pass *pass, int64_t examples, const float *x, const int32_t *label);

/* How many of the examples of the last run had their label's logit largest. */
int64_t pass_right(const struct pass *pass);

/* What was seen of a data set, or of an epoch so far. */
struct score {
    double loss; /* summed over examples */
    int64_t examples, right;
};
double score_loss(const struct score *score);     /* the mean; NaN for no examples */
double score_accuracy(const struct score *score); /* the part that was right */
void score_add(struct score *score, const struct pass *pass);

#endif
