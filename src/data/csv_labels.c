#include "data/csv_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/dataset.h"

static int compare_text(const char *a, size_t a_length, const char *b, size_t b_length) {
    const int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    if (order != 0) return order;
    return (a_length > b_length) - (a_length < b_length);
}

/* The first entry that does not come before the text. */
static int64_t position(const struct wg_csv_labels_table *t, const char *text, size_t length) {
    int64_t low = 0, high = t->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const struct wg_csv_class *entry = &t->entry[middle];
        if (compare_text(entry->text, entry->length, text, length) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool insert(struct wg_csv_labels_table *t, int64_t at, struct wg_csv_class new_class) {
    if (t->count == t->room) {
        const int64_t room = t->room > 0 ? 2 * t->room : 16;
        struct wg_csv_class *grown = realloc(t->entry, (size_t)room * sizeof *grown);
        if (grown == NULL) {
            wg_fail(WG_ERROR_MEMORY, "dataset_load_csv: no memory for %lld classes",
                    (long long)room);
            return false;
        }
        t->entry = grown;
        t->room = room;
    }
    memmove(t->entry + at + 1, t->entry + at, (size_t)(t->count - at) * sizeof *t->entry);
    t->entry[at] = new_class;
    t->count++;
    return true;
}

static struct wg_csv_class make_class(char *text, size_t length, int32_t index) {
    struct wg_csv_class made = {.text = text, .length = length, .index = index};
    const struct wg_csv_cell cell = {.text = text, .length = length};
    made.numeric = wg_csv_value(&cell, &made.value) == WG_CSV_NUMBER;
    return made;
}

enum wg_status wg_csv_labels_from(struct wg_csv_labels_table *table, const struct wg_dataset *set) {
    table->fixed = set;
    for (int32_t i = 0; set->class_names != NULL && set->class_names[i] != NULL; i++) {
        char *name = set->class_names[i];
        const size_t length = strlen(name);
        if (!insert(table, position(table, name, length), make_class(name, length, i))) {
            return WG_ERROR_MEMORY;
        }
    }
    return WG_OK;
}

/* A class of a fixed table by its number, as "1.0" is "1"; of a set without names, the class
 * itself.
 */
static enum wg_csv_label find_number(const struct wg_csv_labels_table *t,
                                     const struct wg_csv_class *wanted, int32_t *index) {
    if (!wanted->numeric) return WG_CSV_LABEL_UNKNOWN;
    if (t->fixed->class_names == NULL) {
        if (!(wanted->value >= 0 && wanted->value < (double)t->fixed->classes &&
              wanted->value <= (double)INT32_MAX)) {
            return WG_CSV_LABEL_UNKNOWN;
        }
        *index = (int32_t)wanted->value;
        return (double)*index == wanted->value ? WG_CSV_LABEL_FOUND : WG_CSV_LABEL_UNKNOWN;
    }
    for (int64_t i = 0; i < t->count; i++) {
        if (!t->entry[i].numeric || t->entry[i].value != wanted->value) continue;
        *index = t->entry[i].index;
        return WG_CSV_LABEL_FOUND;
    }
    return WG_CSV_LABEL_UNKNOWN;
}

enum wg_csv_label wg_csv_labels_find(struct wg_csv_labels_table *table,
                                     const struct wg_csv_cell *cell, int32_t *index) {
    const int64_t at = position(table, cell->text, cell->length);
    const struct wg_csv_class *found = at < table->count ? &table->entry[at] : NULL;
    if (found != NULL && compare_text(found->text, found->length, cell->text, cell->length) == 0) {
        *index = found->index;
        return WG_CSV_LABEL_FOUND;
    }
    const struct wg_csv_class made = make_class(cell->text, cell->length, (int32_t)table->count);
    if (table->fixed != NULL) return find_number(table, &made, index);
    if (table->count >= table->most) return WG_CSV_LABEL_TOO_MANY;
    *index = made.index;
    return insert(table, at, made) ? WG_CSV_LABEL_FOUND : WG_CSV_LABEL_NO_MEMORY;
}

static int by_number(const void *a, const void *b) {
    const struct wg_csv_class *first = a, *second = b;
    if (first->value != second->value) return first->value < second->value ? -1 : 1;
    return (first->index > second->index) - (first->index < second->index);
}

/* Puts the entries in their final order: numbers by size, of which equal ones are one class. Names
 * get the class's first text; final[] the new index of each old one. */
static int64_t rank(struct wg_csv_labels_table *t, int32_t *final, const char **names) {
    bool numbers = true;
    for (int64_t i = 0; i < t->count; i++) numbers = numbers && t->entry[i].numeric;
    if (numbers) qsort(t->entry, (size_t)t->count, sizeof *t->entry, by_number);
    int64_t classes = 0;
    for (int64_t i = 0; i < t->count; i++) {
        const struct wg_csv_class *entry = &t->entry[i];
        const bool same = numbers && i > 0 && entry->value == t->entry[i - 1].value;
        if (!same) names[classes++] = entry->text;
        final[entry->index] = (int32_t)(classes - 1);
    }
    /* Behind each text lies a delimiter, quote or line end, which nobody reads any more. */
    for (int64_t i = 0; i < t->count; i++) t->entry[i].text[t->entry[i].length] = '\0';
    return classes;
}

enum wg_status wg_csv_labels_finish(struct wg_csv_labels_table *table, struct wg_dataset *set) {
    static const char function[] = "dataset_load_csv";
    if (table->fixed != NULL) {
        set->classes = table->fixed->classes;
        if (table->fixed->class_names == NULL) return WG_OK;
        set->class_names =
            wg_data_names(function, (const char *const *)table->fixed->class_names, table->count);
        return set->class_names != NULL ? WG_OK : WG_ERROR_MEMORY;
    }
    int32_t *final = wg_data_allocate(function, table->count, sizeof *final);
    const char **names = wg_data_allocate(function, table->count, sizeof *names);
    if (final != NULL && names != NULL) {
        set->classes = rank(table, final, names);
        for (int64_t i = 0; i < set->examples; i++) set->labels[i] = final[set->labels[i]];
        set->class_names = wg_data_names(function, names, set->classes);
    }
    free(final);
    free(names);
    return set->class_names != NULL ? WG_OK : WG_ERROR_MEMORY;
}

struct wg_csv_labels_list wg_csv_labels_list(const struct wg_csv_labels_table *table) {
    struct wg_csv_labels_list out;
    const struct wg_dataset *set = table->fixed;
    if (set->class_names == NULL) {
        snprintf(out.text, sizeof out.text, "0 to %lld", (long long)set->classes - 1);
        return out;
    }
    size_t used = (size_t)snprintf(out.text, sizeof out.text, "one of ");
    for (int64_t i = 0; i < table->count && used < sizeof out.text - 64; i++) {
        const char *name = set->class_names[i];
        used += (size_t)snprintf(out.text + used, sizeof out.text - used, "%s%s", i > 0 ? ", " : "",
                                 wg_csv_excerpt(name, strlen(name)).text);
        if (used >= sizeof out.text - 64)
            snprintf(out.text + used, sizeof out.text - used, ", ...");
    }
    return out;
}
