#ifndef WG_OPS_REGISTRY_H
#define WG_OPS_REGISTRY_H

#include "wengert/op.h"

/* The op's place among the built-in ones; -1 for one registered at run time. */
int wg_built_in_index(const struct wg_op *op);

/* The built-in ops, as wg_op_add; the list is made by CMake from the files in src/ops. */
#define X(op) extern const struct wg_op wg_op_##op;
#include "ops.list"
#undef X

#endif
