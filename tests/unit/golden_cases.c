#include "golden_cases.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

/* "2x3" or "scalar"; what follows it. */
static char *read_shape(char *text, struct wg_shape *shape) {
    *shape = (struct wg_shape){0};
    if (strncmp(text, "scalar", 6) == 0) return text + 6;
    for (;; text++) {
        char *end;
        ck_assert(shape->rank < WG_MAX_RANK);
        shape->dim[shape->rank++] = strtoll(text, &end, 10);
        ck_assert_msg(end != text, "not a shape: %s", text);
        text = end;
        if (*text != 'x') return text;
    }
}

/* As many numbers as the text holds. */
static int read_numbers(char *text, double *value, int most) {
    int count = 0;
    for (char *end; *(text += strspn(text, " ")); text = end) {
        ck_assert_msg(count < most, "more than %d numbers", most);
        value[count++] = strtod(text, &end);
        ck_assert_msg(end != text, "not a number: %s", text);
    }
    return count;
}

static void read_field(struct golden *c, const char *key, char *rest) {
    ck_assert(c->fields < MOST_FIELDS);
    struct field *field = &c->field[c->fields++];
    ck_assert(strlen(key) < sizeof field->key);
    strcpy(field->key, key);
    rest = read_shape(rest, &field->shape);
    field->count = read_numbers(rest, field->value, MOST_VALUES);
    ck_assert_msg(field->count == 0 || field->count == wg_shape_size(field->shape),
                  "%s: %s has %d values", c->id, key, field->count);
}

static void read_line(struct golden *c, char *line) {
    char *rest = strchr(line, ' ');
    ck_assert_msg(rest != NULL, "%s: \"%s\" says nothing", c->id, line);
    *rest++ = '\0';
    if (strcmp(line, "within") == 0) {
        ck_assert_int_eq(read_numbers(rest, c->within, 2), 2);
    } else if (strcmp(line, "names") == 0) {
        ck_assert(strlen(rest) < sizeof c->names);
        strcpy(c->names, rest);
    } else {
        read_field(c, line, rest);
    }
}

bool next_golden(FILE *file, struct golden *c) {
    char line[LONGEST_LINE];
    *c = (struct golden){0};
    while (fgets(line, sizeof line, file)) {
        const size_t length = strcspn(line, "\n");
        ck_assert_msg(line[length] == '\n', "a line is too long");
        line[length] = '\0';
        if (line[0] == '#' || (length == 0 && !c->id[0])) continue;
        if (length == 0) return true;
        if (c->id[0])
            read_line(c, line);
        else
            ck_assert_int_eq(sscanf(line, "%7s %23s %95[^\n]", c->id, c->kind, c->text), 3);
    }
    return c->id[0] != '\0';
}

const struct field *field_of(const struct golden *c, const char *key) {
    for (int i = 0; i < c->fields; i++) {
        if (strcmp(c->field[i].key, key) == 0) return &c->field[i];
    }
    return NULL;
}
