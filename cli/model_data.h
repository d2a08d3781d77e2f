/* What a model is trained on: read, split, standardized. */
#ifndef WENGERT_CLI_MODEL_DATA_H
#define WENGERT_CLI_MODEL_DATA_H

#include "sources.h"
#include "train_options.h"

struct model_data {
    struct wg_dataset train, validation; /* as the model gets them; no examples: no validation */
    struct wg_standardization by;        /* features 0: as they are */
};

/* GO_ON, or the exit status after an error, with nothing to free. */
int load_model_data(struct model_data *data, const struct train_options *options);
void free_model_data(struct model_data *data);

#endif
