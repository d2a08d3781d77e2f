/* Every op of the registry in every case that it declares, as parameters for Criterion. */
#ifndef CASE_LIST_H
#define CASE_LIST_H

#include "wengert/op.h"

#include <stddef.h>

struct case_parameter {
    char op[48], text[96];
};

/* The list, in memory that Criterion frees; *count is how many. */
struct case_parameter *list_cases(size_t *count);

/* How many there are; *without: how many ops have no gradient or no case. */
size_t count_cases(int *without);

#endif
