/* CSV files. The whole text lies in memory; one pass over it counts rows and looks at the labels, a
 * second fills arrays of just the right size. */
#define _POSIX_C_SOURCE 200809L

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/csv_labels.h"
#include "data/csv_reader.h"
#include "data/dataset.h"
#include "data/source.h"

#define MOST_CLASSES 1000
#define MOST_BYTES (INT64_C(1) << 32)
#define OVERFLOW 0x1.ffffffp127 /* what rounds to a float's infinity, and more */
#define FIRST_ROOM ((uint64_t)1 << 16)

struct load {
    const char *path;
    struct wg_csv_options options; /* defaults filled in */
    char *text;
    uint64_t size;
    struct wg_csv_reader reader;
    char *data;        /* where the rows of data begin */
    int64_t data_line; /* and their line */
    int64_t columns, rows;
    int64_t label; /* the label's column, or -1 */
    bool targets;  /* and whether it is read */
    bool classes;  /* labels are classes */
    char **names;  /* of the columns, or null */
};

/* ---- Text --------------------------------------------------------------------------------- */

static enum wg_status too_large(const struct load *l) {
    return wg_fail(WG_ERROR_FORMAT, "\"%s\" has more than %lld bytes; expected at most so many",
                   l->path, (long long)l->options.most_bytes);
}

/* Reads to the end into l->text, with a null character behind it. */
static enum wg_status read_opened(struct load *l, struct wg_source *source) {
    uint64_t most = (uint64_t)l->options.most_bytes, room = 0, got = 0;
    do {
        room = room == 0 ? FIRST_ROOM : 2 * room;
        if (room > most) room = most + 1; /* one more: to see that there are too many */
        char *grown = room < SIZE_MAX ? realloc(l->text, (size_t)room + 1) : NULL;
        if (grown == NULL) {
            wg_fail(WG_ERROR_MEMORY, "no memory for the %llu bytes of \"%s\"",
                    (unsigned long long)room, l->path);
            return WG_ERROR_MEMORY;
        }
        l->text = grown;
        enum wg_status status = wg_source_read(source, l->text + l->size, room - l->size, &got);
        if (status != WG_OK) return status;
        l->size += got;
        if (l->size > most) return too_large(l);
    } while (l->size == room);
    l->text[l->size] = '\0';
    return WG_OK;
}

static enum wg_status read_text(struct load *l) {
    struct wg_source source;
    enum wg_status status = wg_source_open(&source, l->path);
    if (status != WG_OK) return status;
    status = read_opened(l, &source);
    wg_source_close(&source);
    if (status != WG_OK) return status;
    const char *null = memchr(l->text, '\0', l->size);
    if (null == NULL) return WG_OK;
    long long line = 1;
    for (const char *p = l->text; p < null; p++) line += *p == '\n';
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\" line %lld: a null byte: it is binary, or UTF-16; expected text in UTF-8",
                   l->path, line);
}

/* ---- Errors about cells ------------------------------------------------------------------- */

struct column_text {
    char text[96];
};

/* `column 3 ("width")`. */
static struct column_text column_text(const struct load *l, int64_t column) {
    struct column_text out;
    if (l->names == NULL) {
        snprintf(out.text, sizeof out.text, "column %lld", (long long)column + 1);
    } else {
        const char *name = l->names[column];
        snprintf(out.text, sizeof out.text, "column %lld (\"%s\")", (long long)column + 1,
                 wg_csv_excerpt(name, strlen(name)).text);
    }
    return out;
}

static enum wg_status cell_fail(const struct load *l, int64_t column, const char *wrong,
                                const char *expected) {
    const struct wg_csv_cell *cell = &l->reader.cell[column];
    return wg_fail(WG_ERROR_FORMAT, "\"%s\" line %lld, %s: \"%s\" %s; expected %s", l->path,
                   (long long)cell->line, column_text(l, column).text,
                   wg_csv_excerpt(cell->text, cell->length).text, wrong, expected);
}

/* The number in a cell, as a float. */
static enum wg_status read_number(const struct load *l, int64_t column, float *out) {
    double value = 0;
    switch (wg_csv_value(&l->reader.cell[column], &value)) {
    case WG_CSV_NUMBER:
        *out = (float)value;
        if (fabs(value) < OVERFLOW) return WG_OK;
        return cell_fail(l, column, "is beyond the range of float", "a number of at most 3.4e38");
    case WG_CSV_NOT_FINITE:
        return cell_fail(l, column, "is not finite", "a finite number");
    case WG_CSV_MISSING:
        return cell_fail(l, column, "means that a value is missing",
                         "a number in every row: fill it in or leave the row out");
    case WG_CSV_TEXT:
        break;
    }
    return cell_fail(l, column, "is not a number",
                     column == l->label ? "a number, as labels are targets here"
                                        : "a number, with a decimal point");
}

/* ---- The first row ------------------------------------------------------------------------ */

static bool is_number(const struct wg_csv_cell *cell) {
    double ignored;
    const enum wg_csv_value value = wg_csv_value(cell, &ignored);
    return value == WG_CSV_NUMBER || value == WG_CSV_NOT_FINITE;
}

static bool is_text(const struct wg_csv_cell *cell) {
    double ignored;
    return wg_csv_value(cell, &ignored) == WG_CSV_TEXT;
}

/* The column that `label` means as a number from 1, or -1. */
static int64_t column_number(const struct load *l, const char *label) {
    int64_t number = 0;
    for (const char *p = label; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || number > l->columns) return -1;
        number = 10 * number + (*p - '0');
    }
    return number >= 1 && number <= l->columns ? number - 1 : -1;
}

static bool has_label(const struct load *l) {
    const enum wg_csv_labels labels = l->options.labels;
    if (labels == WG_CSV_LABELS_IGNORED) return l->columns != l->options.like->features;
    return labels != WG_CSV_LABELS_NONE;
}

/* The label's column by position, before names are known; -1: there is none, or it has a name. */
static int64_t label_position(const struct load *l) {
    if (!has_label(l)) return -1;
    return l->options.label != NULL ? column_number(l, l->options.label) : l->columns - 1;
}

/* Reads on to the second row where only the label's cell tells; the caller goes back. */
static enum wg_status find_header(struct load *l, bool *header) {
    const struct wg_csv_reader *r = &l->reader;
    const int64_t label = label_position(l);
    *header = l->options.header == WG_CSV_HEADER_YES;
    if (l->options.header != WG_CSV_HEADER_AUTO) return WG_OK;
    const char *name = has_label(l) ? l->options.label : NULL;
    *header = name != NULL && name[strspn(name, "0123456789")] != '\0';
    for (int64_t j = 0; j < r->cells && !*header; j++) *header = j != label && is_text(&r->cell[j]);
    if (*header || label < 0 || !is_text(&r->cell[label])) return WG_OK;
    bool more = false;
    enum wg_status status = wg_csv_next_row(&l->reader, &more);
    *header = more && label < r->cells && is_number(&r->cell[label]);
    return status;
}

static enum wg_status keep_names(struct load *l) {
    struct wg_csv_reader *r = &l->reader;
    const char **names = wg_data_allocate("dataset_load_csv", r->cells, sizeof *names);
    if (names == NULL) return WG_ERROR_MEMORY;
    for (int64_t j = 0; j < r->cells; j++) {
        /* What stands behind a cell is a delimiter or quote that has been read, or the end. */
        wg_csv_unquote(&r->cell[j]);
        r->cell[j].text[r->cell[j].length] = '\0';
        names[j] = r->cell[j].text;
    }
    l->names = wg_data_names("dataset_load_csv", names, r->cells);
    free(names);
    return l->names != NULL ? WG_OK : WG_ERROR_MEMORY;
}

static enum wg_status no_label_column(const struct load *l) {
    char list[400] = "";
    size_t used = 0;
    for (int64_t j = 0; l->names != NULL && j < l->columns && used < sizeof list - 64; j++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"", j > 0 ? ", " : "",
                                 wg_csv_excerpt(l->names[j], strlen(l->names[j])).text);
        if (used >= sizeof list - 64) snprintf(list + used, sizeof list - used, ", ...");
    }
    const char *label = l->options.label ? l->options.label : "";
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\" has no column \"%s\" for the label; expected %s%sa number from 1 to "
                   "%lld%s",
                   l->path, wg_csv_excerpt(label, strlen(label)).text, list,
                   l->names != NULL ? ", or " : "", (long long)l->columns,
                   l->names != NULL ? "" : ", as it has no header");
}

static enum wg_status find_label(struct load *l) {
    const char *label = l->options.label;
    l->label = label_position(l);
    if (!has_label(l)) return WG_OK;
    l->targets = l->options.labels != WG_CSV_LABELS_IGNORED;
    for (int64_t j = 0; label != NULL && l->names != NULL && j < l->columns; j++) {
        if (strcmp(l->names[j], label) != 0) continue;
        l->label = j;
        break;
    }
    if (l->label < 0) return no_label_column(l);
    if (l->columns >= 2) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\" has 1 column with the delimiter '%c'; expected a feature beside the "
                   "label",
                   l->path, l->reader.delimiter);
}

/* Everything up to the rows of data. */
static enum wg_status read_head(struct load *l) {
    static const char mark[] = "\xef\xbb\xbf";
    struct wg_csv_reader *r = &l->reader;
    char *start = l->text + (strncmp(l->text, mark, 3) == 0 ? 3 : 0);
    const char chosen = l->options.delimiter;
    *r = (struct wg_csv_reader){.path = l->path, .at = start, .end = l->text + l->size, .line = 1};
    r->delimiter = chosen != 0 ? chosen : wg_csv_guess_delimiter(start);
    bool more = false, header = false;
    enum wg_status status = wg_csv_next_row(r, &more);
    if (status != WG_OK) return status;
    if (!more) {
        return wg_fail(WG_ERROR_FORMAT, "\"%s\" is empty; expected a header or rows of numbers",
                       l->path);
    }
    l->columns = r->cells;
    status = find_header(l, &header);
    r->at = start;
    r->line = 1;
    if (status == WG_OK && header) status = wg_csv_next_row(r, &more);
    l->data = r->at;
    l->data_line = r->line;
    if (status == WG_OK && header) status = keep_names(l);
    return status == WG_OK ? find_label(l) : status;
}

/* ---- Rows --------------------------------------------------------------------------------- */

static enum wg_status next_row(struct load *l, bool *more) {
    const struct wg_csv_reader *r = &l->reader;
    enum wg_status status = wg_csv_next_row(&l->reader, more);
    if (status != WG_OK || !*more || r->cells == l->columns) return status;
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\" line %lld: %lld cells; expected %lld, as in the first row", l->path,
                   (long long)r->cell[0].line, (long long)r->cells, (long long)l->columns);
}

static void back_to_data(struct load *l) {
    l->reader.at = l->data;
    l->reader.line = l->data_line;
}

/* The first pass. */
static enum wg_status count_rows(struct load *l) {
    bool text = false, more = true;
    back_to_data(l);
    while (more) {
        enum wg_status status = next_row(l, &more);
        if (status != WG_OK) return status;
        l->rows += more;
        if (more && l->label >= 0) text = text || is_text(&l->reader.cell[l->label]);
    }
    if (l->rows == 0) {
        return wg_fail(WG_ERROR_FORMAT, "\"%s\" has a header only; expected rows of data below it",
                       l->path);
    }
    const struct wg_dataset *like = l->options.like;
    const enum wg_csv_labels asked = l->options.labels;
    l->classes = asked == WG_CSV_LABELS_CLASSES ||
                 (asked == WG_CSV_LABELS_AUTO && (like != NULL ? like->labels != NULL : text));
    return WG_OK;
}

static enum wg_status read_label(struct load *l, int64_t row, struct wg_dataset *d,
                                 struct wg_csv_labels_table *table) {
    struct wg_csv_cell *cell = &l->reader.cell[l->label];
    if (!l->targets) return WG_OK;
    if (d->targets != NULL) return read_number(l, l->label, &d->targets[row]);
    wg_csv_unquote(cell);
    if (cell->length == 0) {
        return cell_fail(l, l->label, "means that a value is missing", "the name of a class");
    }
    switch (wg_csv_labels_find(table, cell, &d->labels[row])) {
    case WG_CSV_LABEL_FOUND:
        return WG_OK;
    case WG_CSV_LABEL_UNKNOWN:
        return cell_fail(l, l->label, "is not a class of the set that this one goes with",
                         wg_csv_labels_list(table).text);
    case WG_CSV_LABEL_TOO_MANY:
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" line %lld, %s: \"%s\" makes more than %lld classes; expected at "
                       "most so many, or numbers to predict (WG_CSV_LABELS_NUMBERS)",
                       l->path, (long long)cell->line, column_text(l, l->label).text,
                       wg_csv_excerpt(cell->text, cell->length).text,
                       (long long)l->options.most_classes);
    case WG_CSV_LABEL_NO_MEMORY:
        break;
    }
    return WG_ERROR_MEMORY;
}

/* The second pass. */
static enum wg_status fill(struct load *l, struct wg_dataset *d,
                           struct wg_csv_labels_table *table) {
    float *x = d->x;
    bool more = true;
    back_to_data(l);
    for (int64_t row = 0; row < l->rows; row++) {
        enum wg_status status = next_row(l, &more);
        for (int64_t j = 0; j < l->columns && status == WG_OK; j++) {
            status = j == l->label ? read_label(l, row, d, table) : read_number(l, j, x++);
        }
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

static enum wg_status allocate(const struct load *l, struct wg_dataset *d) {
    static const char function[] = "dataset_load_csv";
    d->examples = l->rows;
    d->features = l->columns - (l->label >= 0);
    d->x = wg_data_allocate(function, l->rows * d->features, sizeof *d->x);
    if (l->targets && l->classes) {
        d->label_count = 1;
        d->labels = wg_data_allocate(function, l->rows, sizeof *d->labels);
    } else if (l->targets) {
        d->outputs = 1;
        d->targets = wg_data_allocate(function, l->rows, sizeof *d->targets);
    }
    const bool whole = d->x != NULL && (!l->targets || d->labels != NULL || d->targets != NULL);
    return whole ? WG_OK : WG_ERROR_MEMORY;
}

/* Moves the columns' names into the set: the label's apart from the others. */
static enum wg_status name_columns(struct load *l, struct wg_dataset *d) {
    if (l->names == NULL) return WG_OK;
    if (l->targets) {
        const char *const label[] = {l->names[l->label]};
        d->target_name = wg_data_names("dataset_load_csv", label, 1);
        if (d->target_name == NULL) return WG_ERROR_MEMORY;
    }
    if (l->label >= 0) {
        for (int64_t j = l->label; j < l->columns; j++) l->names[j] = l->names[j + 1];
    }
    d->feature_names = l->names;
    l->names = NULL;
    return WG_OK;
}

/* Whether the set goes with the one that it is to be like. */
static enum wg_status compare(const struct load *l, const struct wg_dataset *d) {
    const struct wg_dataset *like = l->options.like;
    if (like == NULL) return WG_OK;
    if (d->features != like->features) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" has %lld features; expected %lld, as in the set that it goes with",
                       l->path, (long long)d->features, (long long)like->features);
    }
    for (int64_t j = 0; d->feature_names && like->feature_names && j < d->features; j++) {
        if (strcmp(d->feature_names[j], like->feature_names[j]) == 0) continue;
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": feature %lld is \"%s\"; expected \"%s\", as in the set that it "
                       "goes with",
                       l->path, (long long)j + 1, d->feature_names[j], like->feature_names[j]);
    }
    return WG_OK;
}

static enum wg_status load_text(struct load *l, struct wg_dataset *d) {
    struct wg_csv_labels_table table = {.most = l->options.most_classes};
    enum wg_status status = read_head(l);
    if (status == WG_OK) status = count_rows(l);
    if (status == WG_OK) status = allocate(l, d);
    if (status == WG_OK && l->classes && l->options.like != NULL) {
        status = wg_csv_labels_from(&table, l->options.like);
    }
    if (status == WG_OK) status = fill(l, d, &table);
    if (status == WG_OK && l->classes) status = wg_csv_labels_finish(&table, d);
    if (status == WG_OK) status = name_columns(l, d);
    if (status == WG_OK) status = compare(l, d);
    free(table.entry);
    return status;
}

static enum wg_status check_options(const struct wg_csv_options *o) {
    static const char function[] = "dataset_load_csv";
    if (o->delimiter != 0 && strchr(",;\t|", o->delimiter) == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: the delimiter is '%c'; expected a comma, semicolon, tab or |", function,
                       o->delimiter);
    }
    if ((unsigned)o->header > WG_CSV_HEADER_NO || (unsigned)o->labels > WG_CSV_LABELS_IGNORED) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: header is %d and labels %d; expected values of their enums", function,
                       (int)o->header, (int)o->labels);
    }
    if (o->most_classes < 1 || o->most_classes > INT32_MAX || o->most_bytes < 1 ||
        o->most_bytes > INT64_MAX / 4) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: most_classes is %lld and most_bytes %lld; expected positive limits",
                       function, (long long)o->most_classes, (long long)o->most_bytes);
    }
    const bool classes = o->labels == WG_CSV_LABELS_CLASSES;
    if (o->like == NULL && o->labels == WG_CSV_LABELS_IGNORED) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: labels are to be ignored, without like; expected the set that tells "
                       "the features",
                       function);
    }
    if (o->like == NULL || (o->like->features >= 1 && !(classes && o->like->labels == NULL))) {
        return WG_OK;
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: like is %s; expected a set with them", function,
                   o->like->features < 1 ? "an empty set" : "a set without classes");
}

enum wg_status wg_dataset_load_csv(const char *path, const struct wg_csv_options *options,
                                   struct wg_dataset *dataset) {
    if (path == NULL || dataset == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "dataset_load_csv: a null argument; expected a path and a data set");
    }
    *dataset = (struct wg_dataset){0};
    struct load l = {.path = path, .label = -1};
    if (options != NULL) l.options = *options;
    if (l.options.most_classes == 0) l.options.most_classes = MOST_CLASSES;
    if (l.options.most_bytes == 0) l.options.most_bytes = MOST_BYTES;
    enum wg_status status = check_options(&l.options);
    if (status != WG_OK) return status;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0) {
        return wg_fail(WG_ERROR_MEMORY, "dataset_load_csv: no memory for a locale");
    }
    locale_t before = uselocale(plain);
    struct wg_dataset result = {0};
    status = read_text(&l);
    if (status == WG_OK) status = load_text(&l, &result);
    uselocale(before);
    freelocale(plain);
    if (status == WG_OK) {
        *dataset = result;
    } else {
        wg_dataset_free(&result);
    }
    wg_csv_reader_free(&l.reader);
    free(l.names);
    free(l.text);
    return status;
}
