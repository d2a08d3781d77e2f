/* What the files of this folder share. */
#ifndef WG_DATA_DATASET_H
#define WG_DATA_DATASET_H

#include <stddef.h>

#include "wengert/data.h"

/* Memory for `count` values of `size` bytes; on failure NULL, with the error recorded in the name
 * of `function`. */
void *wg_data_allocate(const char *function, int64_t count, size_t size);

/* A list of names in one block, ended by NULL, to be freed; on failure NULL, as above. */
char **wg_data_names(const char *function, const char *const *names, int64_t count);

/* The labels of each example: wg_dataset's label_count, of which 0 means 1. */
int64_t wg_data_label_count(const struct wg_dataset *dataset);

#endif
