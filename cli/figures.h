/* A model's loss and metrics, printed. */
#ifndef WENGERT_CLI_FIGURES_H
#define WENGERT_CLI_FIGURES_H

#include "json.h"
#include "wengert/train.h"

/* "validation loss 0.21, accuracy 0.9667 (30 examples)" on standard output. */
void print_figures(const wg_model *model, const char *part, const struct wg_evaluation *result,
                   int64_t examples);

/* The same as members "validation_loss", "validation_accuracy"; with `part` "" without it. */
void json_figures(cJSON *json, const wg_model *model, const char *part,
                  const struct wg_evaluation *result);

/* How many examples are evaluated at a time. */
int evaluation_batch(const struct wg_dataset *data);

#endif
