/* How a model's data were prepared, kept with the model as a note in its checkpoint. */
#ifndef WENGERT_CLI_PREPARATION_H
#define WENGERT_CLI_PREPARATION_H

#include <cjson/cJSON.h>

#include "wengert/checkpoint.h"
#include "wengert/data.h"
#include "wengert/train.h"

struct preparation {
    struct wg_dataset like;       /* features, classes and names; labels say that there are classes.
                                   * Not to be freed as a set. */
    struct wg_standardization by; /* features 0: none */
    const char *label;            /* the column of a CSV file; NULL: the last */
    cJSON *json;                  /* owns the texts */
};

/* Keeps what `data` is like, what it was standardized by, and the label's column. False where
 * memory is out. */
bool keep_preparation(wg_model *model, const struct wg_dataset *data,
                      const struct wg_standardization *by, const char *label);

/* Reads it back; where there is no note, the model's input and loss say what can be known. False
 * where the note is none of the program's. */
bool read_preparation(const wg_model *model, struct preparation *preparation);
void free_preparation(struct preparation *preparation);

#endif
