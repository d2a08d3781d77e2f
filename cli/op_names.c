#include "op_names.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

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

static bool close_to(const char *name, const char *candidate) {
    const int tolerated = compared(name) / 4 + 1;
    return distance(name, candidate) <= tolerated ||
           (strlen(name) >= 3 && strstr(candidate, name) != NULL);
}

static bool op_close_to(const char *name, const struct wg_op *op) {
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i] && close_to(name, op->aliases[i])) return true;
    }
    return close_to(name, op->name);
}

const struct wg_op *named_op(const char *command, const char *name) {
    const struct wg_op *op = wg_find_op(name);
    if (op) return op;
    char near[512] = "";
    for (int i = 0; (op = wg_op_at(i)) != NULL; i++) {
        if (!op_close_to(name, op)) continue;
        const size_t used = strlen(near);
        snprintf(near + used, sizeof near - used, "%s%s", used ? ", " : "", op->name);
    }
    if (near[0])
        usage_error(command, "unknown op \"%s\"; close to it: %s (`wengert ops` lists all)", name,
                    near);
    else
        usage_error(command, "unknown op \"%s\"; `wengert ops` lists all", name);
    return NULL;
}
