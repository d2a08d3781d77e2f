/* Numbers from text: decimal, hexadecimal floats, inf, nan, with white space between, and `;`
 * between the inputs of an op. */
#ifndef WENGERT_CLI_NUMBERS_H
#define WENGERT_CLI_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "wengert/tensor.h"
#include "whole_file.h"

#define MOST_GROUPS 64

/* Words of a text, in groups that `;` separates: group g is word[start[g] .. start[g + 1]). */
struct words {
    char *text;
    int64_t words, room;
    const char **word; /* into text; each ends at white space, `;` or the text's end */
    int64_t start[MOST_GROUPS + 1];
    int groups;
};

/* Reads all of the stream. False, with nothing to release, on a read error or without memory. */
bool read_words(struct words *words, FILE *in, struct text_error *error);

/* The same from a text, where commas also separate. */
bool split_words(struct words *words, const char *text, struct text_error *error);

void free_words(struct words *words);

/* Words [first, first + count) as numbers of that dtype, into values. False with the error naming
 * the number and its position. */
bool parse_words(const struct words *words, int64_t first, int64_t count, enum wg_dtype dtype,
                 void *values, struct text_error *error);

#endif
