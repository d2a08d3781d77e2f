/* Which names somebody may have meant. */
#include "base/error.h"
#include "wengert/op.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 64 /* longer names are compared by their beginning */

static int compared(const char *name) {
    const size_t length = strlen(name);
    return length < LONGEST ? (int)length : LONGEST;
}

/* Levenshtein's distance: how many letters to insert, remove or replace. */
static int distance(const char *a, const char *b) {
    int row[LONGEST + 1];
    const int n = compared(a), m = compared(b);
    for (int j = 0; j <= m; j++) row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            const int replaced = diagonal + (a[i - 1] != b[j - 1]);
            const int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[m];
}

static bool similar(const char *name, const char *candidate) {
    const int tolerated = compared(name) / 4 + 1;
    return distance(name, candidate) <= tolerated ||
           (strlen(name) >= 3 && strstr(candidate, name) != NULL);
}

static bool resembles(const struct wg_op *op, const char *name) {
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i] && similar(name, op->aliases[i])) return true;
    }
    return similar(name, op->name);
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
