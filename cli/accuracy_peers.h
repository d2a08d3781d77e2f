/* Results of other implementations, read from the JSON file that bench/peers/accuracy.py writes, as
 * columns of the table. */
#ifndef WENGERT_CLI_ACCURACY_PEERS_H
#define WENGERT_CLI_ACCURACY_PEERS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "accuracy_sweep.h"
#include "whole_file.h"

/* The file's content, to be deleted with cJSON_Delete; NULL with the error if it is none of that
 * kind. */
cJSON *peers_read(const char *path, struct text_error *error);

/* A heading for each implementation, and the rule below it. `peers` may be NULL: none. */
void peers_heading(FILE *out, const cJSON *peers);
void peers_rule(FILE *out, const cJSON *peers);

/* A cell for each: "value / derivative", each as the largest error in ULP of results that are not
 * 0, and the share of [-20, 20] off by more than 1 ULP; "0" in bold where a result is 0 for a
 * normal number, NaN where one is NaN for a number, a dagger where subnormals are lost. An
 * empty cell where there is no such result. */
void peers_cells(FILE *out, const cJSON *peers, const struct accuracy_task *task);

#endif
