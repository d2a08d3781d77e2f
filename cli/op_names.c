#include "op_names.h"

#include "program.h"

const struct wg_op *named_op(const char *command, const char *name) {
    const struct wg_op *op = wg_find_op(name);
    char near[512];
    if (op) return op;
    if (name[0] && wg_similar_ops(name, 0, near, sizeof near)[0])
        usage_error(command, "unknown op \"%s\"; close to it: %s (`wengert ops` lists all)", name,
                    near);
    else
        usage_error(command, "unknown op \"%s\"; `wengert ops` lists all", name);
    return NULL;
}
