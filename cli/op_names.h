/* Finding ops by the names that users type. */
#ifndef WENGERT_CLI_OP_NAMES_H
#define WENGERT_CLI_OP_NAMES_H

#include "wengert/op.h"

/* The op of that name or alias; NULL after an error that names the closest valid ones. */
const struct wg_op *named_op(const char *command, const char *name);

#endif
