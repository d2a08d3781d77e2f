/* The cases of a file in tests/golden, one after the other; its head says what its lines mean. */
#ifndef GOLDEN_CASES_H
#define GOLDEN_CASES_H

#include <stdbool.h>
#include <stdio.h>

#include "wengert/tensor.h"

#define MOST_VALUES 128
#define MOST_FIELDS 6
#define LONGEST_LINE 4096

struct field {
    char key[12];
    struct wg_shape shape;
    int count; /* of values: all that the shape has, or none */
    double value[MOST_VALUES];
};

struct golden {
    char id[8], kind[24], text[96];
    double within[2]; /* relative, absolute */
    char names[128];  /* what an error must name, "|" between */
    int fields;
    struct field field[MOST_FIELDS];
};

/* The next case; false at the end. Anything that it cannot read fails the test. */
bool next_golden(FILE *file, struct golden *c);

/* The case's line that begins with that key; NULL where there is none. */
const struct field *field_of(const struct golden *c, const char *key);

#endif
