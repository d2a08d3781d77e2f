/* Which names somebody may have meant. */
#include "base/error.h"
#include "base/words.h"
#include "wengert/op.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool resembles(const struct wg_op *op, const char *name) {
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i] && wg_resembles(name, op->aliases[i])) return true;
    }
    return wg_resembles(name, op->name);
}

static bool is_activation(const struct wg_op *op) {
    int most;
    wg_op_input_count(op, &most);
    return op->activation && most == 1;
}

char *wg_similar_ops(const char *name, int activations, char *text, size_t size) {
    if (!name || !text || size == 0) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_similar_ops: %s; expected a name and room for text",
                !name   ? "the name is NULL"
                : !text ? "the text is NULL"
                        : "the size is 0");
        return text;
    }
    text[0] = '\0';
    const struct wg_op *op;
    size_t used = 0;
    for (int i = 0; (op = wg_op_at(i)) != NULL; i++) {
        if ((activations && !is_activation(op)) || (name[0] && !resembles(op, name))) continue;
        const size_t more = strlen(op->name) + (used ? 2 : 0);
        if (used + more >= size) break;
        snprintf(text + used, size - used, "%s%s", used ? ", " : "", op->name);
        used += more;
    }
    return text;
}
