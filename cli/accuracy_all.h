/* Measuring every elementwise op, one file a result, so that a run can be broken off and taken up
 * again. */
#ifndef WENGERT_CLI_ACCURACY_ALL_H
#define WENGERT_CLI_ACCURACY_ALL_H

#include "accuracy_sweep.h"

/* The op's default attributes, 0.25 for further inputs, and the usual number of samples. task->op
 * is given. */
void accuracy_defaults(struct accuracy_task *task, enum wg_dtype dtype);

/* Everything, into `directory`; floats exhaustively, or at about `samples` inputs (0: the usual
 * number). The table has columns for the other implementations in the JSON file `peers` (see
 * accuracy_peers.h), unless that is NULL. Returns the exit status: 1 when one does not keep the
 * bar. */
int measure_all(const char *directory, bool exhaustive, uint64_t samples, int threads,
                const char *peers);

#endif
