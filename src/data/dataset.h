/* What the files of this folder share. */
#ifndef WG_DATA_DATASET_H
#define WG_DATA_DATASET_H

#include <stddef.h>

#include "wengert/data.h"

/* Memory for `count` values of `size` bytes; on failure NULL, with the error recorded in the name
 * of `function`. */
void *wg_data_allocate(const char *function, int64_t count, size_t size);

#endif
