/* Rows of cells in a text that lies in memory, and numbers in cells. */
#ifndef WG_DATA_CSV_READER_H
#define WG_DATA_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wengert/error.h"

struct wg_csv_cell {
    char *text; /* without quotes and the blanks around; not ended by a null character */
    size_t length;
    int64_t line; /* where it begins, from 1 */
    bool doubled; /* holds doubled quotes: see wg_csv_unquote */
};

struct wg_csv_reader {
    const char *path;
    char *at, *end; /* *end is a null character */
    char delimiter;
    int64_t line;
    struct wg_csv_cell *cell; /* of the row read last */
    int64_t cells, room;
};

/* The character out of , ; tab and | that the first row has most of outside quotes, the earlier of
 * equals. */
char wg_csv_guess_delimiter(const char *text);

/* Reads the next row that is not empty; *more is false, with no cells, at the end. Errors: a quote
 * that is not closed, text after a closing quote, memory. */
enum wg_status wg_csv_next_row(struct wg_csv_reader *reader, bool *more);

/* Makes doubled quotes single, in place. */
void wg_csv_unquote(struct wg_csv_cell *cell);

void wg_csv_reader_free(struct wg_csv_reader *reader);

enum wg_csv_value { WG_CSV_NUMBER, WG_CSV_TEXT, WG_CSV_MISSING, WG_CSV_NOT_FINITE };

/* What a cell holds: a number (sign, digits, a decimal point, an exponent), as the double nearest
 * to it; nothing, or a word for nothing as NA or ?; a number beyond double, inf or nan; or other
 * text. The calling thread's locale must have the decimal point. */
enum wg_csv_value wg_csv_value(const struct wg_csv_cell *cell, double *value);

/* Text in the middle of an error text: cut to what fits, control characters replaced. */
struct wg_csv_excerpt {
    char text[48];
};
struct wg_csv_excerpt wg_csv_excerpt(const char *text, size_t length);

#endif
