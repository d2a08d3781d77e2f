/* wengert gradcheck --curve: what a difference's error looks like over its step. */
#ifndef WENGERT_CLI_GRADCHECK_CURVE_H
#define WENGERT_CLI_GRADCHECK_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "wengert/op.h"

/* Prints the curve of an op in a case as a picture, or as JSON; returns the exit status. */
int print_curve(const struct wg_op *op, const char *op_case, uint64_t seed, bool json);

#endif
