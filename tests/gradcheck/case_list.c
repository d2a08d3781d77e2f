#include "case_list.h"

#include <criterion/parameterized.h>
#include <stdio.h>

size_t count_cases(int *without) {
    size_t count = 0;
    *without = 0;
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        if (!wg_op_has_gradient(op) || !op->cases[0]) (*without)++;
        for (int j = 0; j < WG_MAX_CASES && op->cases[j]; j++) count++;
    }
    return count;
}

struct case_parameter *list_cases(size_t *count) {
    int without;
    struct case_parameter *list = cr_malloc(count_cases(&without) * sizeof *list);
    *count = 0;
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        for (int j = 0; j < WG_MAX_CASES && op->cases[j]; j++) {
            struct case_parameter *parameter = &list[(*count)++];
            snprintf(parameter->op, sizeof parameter->op, "%s", op->name);
            snprintf(parameter->text, sizeof parameter->text, "%s", op->cases[j]);
        }
    }
    return list;
}
