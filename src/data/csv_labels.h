/* The classes of a label column: names that become numbers. */
#ifndef WG_DATA_CSV_LABELS_H
#define WG_DATA_CSV_LABELS_H

#include "data/csv_reader.h"
#include "wengert/data.h"

struct wg_csv_class {
    char *text; /* in the file's text or another set's names, which must stay */
    size_t length;
    int32_t index; /* in order of appearance until wg_csv_labels_finish */
    bool numeric;
    double value;
};

struct wg_csv_labels_table {
    struct wg_csv_class *entry; /* sorted by text; to be freed */
    int64_t count, room, most;
    const struct wg_dataset *fixed; /* the set whose classes these are; null: new ones are added */
};

/* Takes over the classes of a set. WG_OK, or the memory error. */
enum wg_status wg_csv_labels_from(struct wg_csv_labels_table *table, const struct wg_dataset *set);

enum wg_csv_label {
    WG_CSV_LABEL_FOUND,
    WG_CSV_LABEL_UNKNOWN,
    WG_CSV_LABEL_TOO_MANY,
    WG_CSV_LABEL_NO_MEMORY, /* recorded */
};

/* The index of the class in a cell, which is added where it is new. */
enum wg_csv_label wg_csv_labels_find(struct wg_csv_labels_table *table,
                                     const struct wg_csv_cell *cell, int32_t *index);

/* Classes in their final order: renumbers the set's labels and gives it their names and count. */
enum wg_status wg_csv_labels_finish(struct wg_csv_labels_table *table, struct wg_dataset *set);

/* "one of setosa, versicolor, ..." */
struct wg_csv_labels_list {
    char text[256];
};
struct wg_csv_labels_list wg_csv_labels_list(const struct wg_csv_labels_table *table);

#endif
