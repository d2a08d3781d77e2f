#include "numbers.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c) { return isspace((unsigned char)c) != 0; }
static bool ends_word(char c) { return c == '\0' || c == ';' || is_space(c); }

static bool add_word(struct words *words, const char *word, struct text_error *error) {
    if (words->words == words->room) {
        const int64_t room = words->room ? 2 * words->room : 1024;
        const char **more = realloc(words->word, (size_t)room * sizeof *more);
        if (!more) return text_fail(error, "out of memory for %" PRId64 " numbers", room);
        words->word = more;
        words->room = room;
    }
    words->word[words->words++] = word;
    return true;
}

static bool end_group(struct words *words, struct text_error *error) {
    if (words->groups == MOST_GROUPS)
        return text_fail(error, "more than %d groups of numbers separated by ;", MOST_GROUPS);
    words->start[++words->groups] = words->words;
    return true;
}

/* Finds the words of words->text, which is owned; releases all on failure. */
static bool find_words(struct words *words, struct text_error *error) {
    bool good = true;
    for (const char *at = words->text; good && *at;) {
        if (*at == ';') {
            good = end_group(words, error);
            at++;
        } else if (is_space(*at)) {
            at++;
        } else {
            good = add_word(words, at, error);
            while (!ends_word(*at)) at++;
        }
    }
    good = good && end_group(words, error);
    if (!good) free_words(words);
    return good;
}

bool read_words(struct words *words, FILE *in, struct text_error *error) {
    size_t size = 0, room = 1 << 16, got;
    *words = (struct words){.text = malloc(room)};
    while (words->text && (got = fread(words->text + size, 1, room - size - 1, in)) > 0) {
        size += got;
        if (room - size > 1) continue;
        char *more = realloc(words->text, 2 * room);
        if (!more) free(words->text);
        words->text = more;
        room *= 2;
    }
    if (!words->text) return text_fail(error, "out of memory for the input");
    if (ferror(in)) {
        free_words(words);
        return text_fail(error, "cannot read standard input: %s", strerror(errno));
    }
    words->text[size] = '\0';
    if (strlen(words->text) < size) {
        free_words(words);
        return text_fail(error, "the input is no text: a zero byte is in it");
    }
    return find_words(words, error);
}

bool split_words(struct words *words, const char *text, struct text_error *error) {
    *words = (struct words){.text = malloc(strlen(text) + 1)};
    if (!words->text) return text_fail(error, "out of memory for \"%s\"", text);
    char *to = strcpy(words->text, text);
    for (; *to; to++) {
        if (*to == ',') *to = ' ';
    }
    return find_words(words, error);
}

void free_words(struct words *words) {
    free(words->text);
    free(words->word);
    *words = (struct words){0};
}

/* ---- Numbers ------------------------------------------------------------------------------ */

enum verdict { NUMBER, NO_NUMBER, TOO_LARGE };

/* Rounded once, to the dtype itself. An overflow is refused, as it was hardly meant: infinity has a
 * word of its own. */
static enum verdict read_real(const char *word, enum wg_dtype dtype, void *values, int64_t i) {
    char *end;
    const char *digits = word + (*word == '-' || *word == '+');
    const bool named = isalpha((unsigned char)*digits) != 0; /* inf, nan */
    double value;
    if (dtype == WG_F32) {
        const float number = strtof(word, &end);
        ((float *)values)[i] = number;
        value = (double)number;
    } else {
        value = strtod(word, &end);
        ((double *)values)[i] = value;
    }
    if (end == word || !ends_word(*end)) return NO_NUMBER;
    return isinf(value) && !named ? TOO_LARGE : NUMBER;
}

static enum verdict read_label(const char *word, int32_t *value) {
    char *end;
    errno = 0;
    const long long number = strtoll(word, &end, 10);
    if (end == word || !ends_word(*end)) return NO_NUMBER;
    if (errno == ERANGE || number < INT32_MIN || number > INT32_MAX) return TOO_LARGE;
    *value = (int32_t)number;
    return NUMBER;
}

static bool refuse(const struct words *words, int64_t at, enum wg_dtype dtype, enum verdict verdict,
                   struct text_error *error) {
    char shown[48];
    int line = 1, length = 0;
    for (const char *c = words->text; c < words->word[at]; c++) line += *c == '\n';
    for (const char *c = words->word[at]; !ends_word(*c) && length < 40; c++) {
        shown[length++] = isprint((unsigned char)*c) ? *c : '?';
    }
    shown[length] = '\0';
    if (verdict == TOO_LARGE)
        return text_fail(error, "number %" PRId64 " (line %d), \"%s\": too large for %s%s", at + 1,
                         line, shown, wg_dtype_name(dtype),
                         dtype == WG_I32 ? "" : "; infinity is written inf");
    return text_fail(error, "number %" PRId64 " (line %d), \"%s\": not a %s", at + 1, line, shown,
                     dtype == WG_I32 ? "whole number"
                                     : "number; expected as 1.5, 0x1.8p0, inf, nan");
}

bool parse_words(const struct words *words, int64_t first, int64_t count, enum wg_dtype dtype,
                 void *values, struct text_error *error) {
    for (int64_t i = 0; i < count; i++) {
        const char *word = words->word[first + i];
        const enum verdict verdict = dtype == WG_I32 ? read_label(word, (int32_t *)values + i)
                                                     : read_real(word, dtype, values, i);
        if (verdict != NUMBER) return refuse(words, first + i, dtype, verdict, error);
    }
    return true;
}
