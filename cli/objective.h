/* What a model is trained for: its loss and metrics, by its data where the command line does not
 * say. */
#ifndef WENGERT_CLI_OBJECTIVE_H
#define WENGERT_CLI_OBJECTIVE_H

#include <stdbool.h>

#include "wengert/data.h"
#include "wengert/train.h"

#define LONGEST_METRICS 512

struct objective {
    char loss[256];
    char text[LONGEST_METRICS]; /* what metric[] points into */
    const char *metric[WG_MAX_METRICS];
};

/* The loss, with from_logits=1 where it has that attribute, the text does not say, and the model
 * does not end in probabilities; metrics are names with commas between, or NULL. GO_ON (options.h),
 * or the exit status after an error: among others where the model's output does not fit the data.
 */
int choose_objective(struct objective *objective, const wg_model *model,
                     const struct wg_dataset *data, const char *loss, const char *metrics);

/* Whether the loss is of logits. */
bool is_of_logits(const char *loss);

#endif
