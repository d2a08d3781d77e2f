#include "data/csv_reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct wg_csv_excerpt wg_csv_excerpt(const char *text, size_t length) {
    struct wg_csv_excerpt out;
    size_t fits = sizeof out.text - 4, used = length < fits ? length : fits;
    /* whole characters of UTF-8 */
    while (used < length && used > 0 && ((unsigned char)text[used] & 0xc0) == 0x80) used--;
    for (size_t i = 0; i < used; i++) {
        out.text[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    }
    memcpy(out.text + used, used < length ? "..." : "", used < length ? 4 : 1);
    return out;
}

char wg_csv_guess_delimiter(const char *text) {
    static const char candidates[] = {',', ';', '\t', '|'};
    enum { CANDIDATES = sizeof candidates };
    int64_t count[CANDIDATES] = {0};
    bool quoted = false;
    text += strspn(text, " \r\n");
    for (; *text != '\0' && (quoted || (*text != '\n' && *text != '\r')); text++) {
        if (*text == '"') quoted = !quoted;
        for (int i = 0; i < CANDIDATES && !quoted; i++) count[i] += *text == candidates[i];
    }
    int best = 0;
    for (int i = 1; i < CANDIDATES; i++) {
        if (count[i] > count[best]) best = i;
    }
    return candidates[best];
}

/* ---- Rows --------------------------------------------------------------------------------- */

static bool is_blank(const struct wg_csv_reader *r, char c) {
    return c == ' ' || (c == '\t' && r->delimiter != '\t');
}

static bool ends_line(const struct wg_csv_reader *r, const char *at) {
    return at == r->end || *at == '\n' || *at == '\r';
}

/* Moves past a line's end, of any of the three kinds. */
static char *skip_line_end(struct wg_csv_reader *r, char *at) {
    if (at == r->end) return at;
    r->line++;
    return at + (at[0] == '\r' && at[1] == '\n' ? 2 : 1);
}

static enum wg_status read_quoted(struct wg_csv_reader *r, struct wg_csv_cell *cell, char **at) {
    char *p = *at + 1;
    cell->text = p;
    for (; p < r->end && (p[0] != '"' || p[1] == '"'); p++) {
        if (p[0] == '"') {
            cell->doubled = true;
            p++;
        } else if (p[0] == '\n' || (p[0] == '\r' && p[1] != '\n')) {
            r->line++;
        }
    }
    if (p == r->end) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" line %lld: a quote that is not closed before the end of the file; "
                       "expected \" after the field",
                       r->path, (long long)cell->line);
    }
    cell->length = (size_t)(p - cell->text);
    p++;
    while (is_blank(r, *p)) p++;
    if (!ends_line(r, p) && *p != r->delimiter) {
        const size_t length = strcspn(p, "\r\n");
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" line %lld: \"%s\" after a closing quote; expected a delimiter or "
                       "the line's end (a quote inside quotes is doubled)",
                       r->path, (long long)r->line, wg_csv_excerpt(p, length).text);
    }
    *at = p;
    return WG_OK;
}

static char *read_plain(const struct wg_csv_reader *r, struct wg_csv_cell *cell, char *p) {
    cell->text = p;
    while (!ends_line(r, p) && *p != r->delimiter) p++;
    char *end = p;
    while (end > cell->text && is_blank(r, end[-1])) end--;
    cell->length = (size_t)(end - cell->text);
    return p;
}

static enum wg_status make_room(struct wg_csv_reader *r) {
    if (r->cells < r->room) return WG_OK;
    const int64_t room = r->room > 0 ? 2 * r->room : 64;
    struct wg_csv_cell *grown = realloc(r->cell, (size_t)room * sizeof *grown);
    if (grown == NULL) {
        return wg_fail(WG_ERROR_MEMORY, "\"%s\" line %lld: no memory for %lld cells", r->path,
                       (long long)r->line, (long long)room);
    }
    r->cell = grown;
    r->room = room;
    return WG_OK;
}

enum wg_status wg_csv_next_row(struct wg_csv_reader *r, bool *more) {
    r->cells = 0;
    *more = false;
    char *p = r->at;
    for (;;) { /* lines without anything */
        char *start = p;
        while (is_blank(r, *p)) p++;
        if (p == r->end) {
            r->at = p;
            return WG_OK;
        }
        if (!ends_line(r, p)) {
            p = start;
            break;
        }
        p = skip_line_end(r, p);
    }
    for (bool last = false; !last;) {
        enum wg_status status = make_room(r);
        if (status != WG_OK) return status;
        struct wg_csv_cell cell = {.line = r->line};
        while (is_blank(r, *p)) p++;
        if (*p == '"') {
            status = read_quoted(r, &cell, &p);
        } else {
            p = read_plain(r, &cell, p);
        }
        if (status != WG_OK) return status;
        r->cell[r->cells++] = cell;
        last = ends_line(r, p);
        p = last ? skip_line_end(r, p) : p + 1;
    }
    r->at = p;
    *more = true;
    return WG_OK;
}

void wg_csv_unquote(struct wg_csv_cell *cell) {
    if (!cell->doubled) return;
    size_t length = 0;
    for (size_t i = 0; i < cell->length; i++) {
        cell->text[length++] = cell->text[i];
        i += cell->text[i] == '"';
    }
    cell->length = length;
    cell->doubled = false;
}

void wg_csv_reader_free(struct wg_csv_reader *reader) {
    free(reader->cell);
    reader->cell = NULL;
    reader->cells = reader->room = 0;
}

/* ---- Numbers ------------------------------------------------------------------------------ */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word(const struct wg_csv_cell *cell, const char *word) {
    for (size_t i = 0; i < cell->length; i++) {
        const char c = cell->text[i];
        if (word[i] == '\0' || (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != word[i]) return false;
    }
    return word[cell->length] == '\0';
}

static bool is_one_of(const struct wg_csv_cell *cell, const char *const *words) {
    for (; *words != NULL; words++) {
        if (is_word(cell, *words)) return true;
    }
    return false;
}

#define MANY 1000000 /* digits or powers of ten: not for the short way */

/* A number's parts, exact where there are few digits. */
struct decimal {
    uint64_t digits;
    int64_t significant, exponent;
};

/* Whether the cell is [+-] digits [. digits] [e [+-] digits], with a digit on either side of the
 * point. */
static bool scan(const struct wg_csv_cell *cell, struct decimal *out) {
    const char *p = cell->text, *end = p + cell->length;
    *out = (struct decimal){0};
    if (p < end && (*p == '+' || *p == '-')) p++;
    bool any = false, point = false;
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        if (out->significant < 19) out->digits = 10 * out->digits + (uint64_t)(*p - '0');
        if (out->digits > 0) out->significant++;
        if (point) out->exponent--;
    }
    if (!any || p == end) return any;
    if (*p != 'e' && *p != 'E') return false;
    p++;
    const bool negative = p < end && *p == '-';
    if (p < end && (*p == '+' || *p == '-')) p++;
    if (p == end) return false;
    int64_t exponent = 0;
    for (; p < end && is_digit(*p); p++) {
        exponent = 10 * exponent + (*p - '0');
        if (exponent > 100000) out->significant = exponent = MANY;
    }
    out->exponent += negative ? -exponent : exponent;
    return p == end;
}

enum wg_csv_value wg_csv_value(const struct wg_csv_cell *cell, double *value) {
    static const char *const missing[] = {"",    "na",   "n/a", "null", "none",
                                          "nil", "#n/a", "?",   "-",    NULL};
    static const char *const special[] = {"nan",  "-nan",     "+nan",      "inf",       "-inf",
                                          "+inf", "infinity", "-infinity", "+infinity", NULL};
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal d;
    if (!scan(cell, &d)) {
        if (is_one_of(cell, missing)) return WG_CSV_MISSING;
        return is_one_of(cell, special) ? WG_CSV_NOT_FINITE : WG_CSV_TEXT;
    }
    if (d.significant <= 15 && d.exponent >= -22 && d.exponent <= 22) {
        /* Both are exact doubles, so that their product or quotient is rounded once. */
        const double whole = (double)d.digits;
        const double size = d.exponent < 0 ? whole / power[-d.exponent] : whole * power[d.exponent];
        *value = cell->text[0] == '-' ? -size : size;
        return WG_CSV_NUMBER;
    }
    *value = strtod(cell->text, NULL); /* stops at the delimiter, quote or line end behind it */
    return isfinite(*value) ? WG_CSV_NUMBER : WG_CSV_NOT_FINITE;
}
