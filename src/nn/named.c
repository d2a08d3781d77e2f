#include "nn/named.h"

#include "base/error.h"
#include "base/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_TEXT 255

static void append(char *text, size_t size, const char *word) {
    const size_t used = strlen(text);
    if (used + strlen(word) + 3 > size) return;
    snprintf(text + used, size - used, "%s%s", used ? ", " : "", word);
}

static bool near_to(const struct wg_named_op *op, const char *name) {
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i] && wg_resembles(name, op->aliases[i])) return true;
    }
    return wg_resembles(name, op->name);
}

static void fail_unknown(const struct wg_named_table *table, const char *name) {
    char near[256] = "", all[512] = "";
    const struct wg_named *named;
    for (int i = 0; (named = table->at(i)) != NULL; i++) {
        append(all, sizeof all, named->as_op.name);
        if (name[0] && near_to(&named->as_op, name)) append(near, sizeof near, named->as_op.name);
    }
    wg_fail(WG_ERROR_ARGUMENT, "unknown %s \"%s\"; %s%s%sexpected one of %s", table->what, name,
            near[0] ? "close to it: " : "", near, near[0] ? "; " : "", all);
}

static bool is_called(const struct wg_named_op *op, const char *name) {
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i] && strcmp(op->aliases[i], name) == 0) return true;
    }
    return strcmp(op->name, name) == 0;
}

static int find(const struct wg_named_table *table, const char *name) {
    const struct wg_named *named;
    for (int i = 0; (named = table->at(i)) != NULL; i++) {
        if (is_called(&named->as_op, name)) return i;
    }
    fail_unknown(table, name);
    return -1;
}

struct wg_op wg_op_of_named(const struct wg_named *named) {
    struct wg_op op = {.name = named->as_op.name};
    memcpy(op.aliases, named->as_op.aliases, sizeof op.aliases);
    memcpy(op.attributes, named->as_op.attributes, sizeof op.attributes);
    return op;
}

/* One of an attribute's words. */
static enum wg_status set_word(const struct wg_op *op, const struct wg_words *words, double *slots,
                               const char *text) {
    char all[128] = "", number[2] = "0";
    if (words->also && strcmp(words->also, text) == 0) text = words->word[0];
    for (int i = 0; i < 4 && words->word[i]; i++, number[0]++) {
        if (strcmp(words->word[i], text) == 0)
            return wg_op_set(op, slots, words->attribute, number);
        append(all, sizeof all, words->word[i]);
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%s; expected one of %s", op->name, words->attribute,
                   text, all);
}

/* One word of the text, "NAME=VALUE". */
static enum wg_status set_attribute(const struct wg_named_table *table,
                                    const struct wg_named *named, const struct wg_op *op,
                                    double *slots, char *word) {
    char *equals = strchr(word, '=');
    if (!equals) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s %s: \"%s\"; expected ATTRIBUTE=VALUE after the name",
                       table->what, named->as_op.name, word);
    }
    *equals = '\0';
    for (size_t i = 0; i < sizeof named->words / sizeof *named->words; i++) {
        if (named->words[i].attribute && strcmp(named->words[i].attribute, word) == 0)
            return set_word(op, &named->words[i], slots, equals + 1);
    }
    return wg_op_set(op, slots, word, equals + 1);
}

struct wg_configured wg_read_named(const struct wg_named_table *table, const char *text) {
    struct wg_configured configured = {.index = -1};
    char words[LONGEST_TEXT + 1];
    if (!text) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: the text is NULL; expected the name of a known %s",
                table->reader, table->what);
        return configured;
    }
    if (strlen(text) > LONGEST_TEXT) {
        wg_fail(WG_ERROR_ARGUMENT, "%s \"%.40s...\" has %zu characters; expected at most %d",
                table->what, text, strlen(text), LONGEST_TEXT);
        return configured;
    }
    strcpy(words, text);
    char *rest = words, *word = wg_next_word(&rest);
    const int index = find(table, word ? word : "");
    if (index < 0) return configured;
    const struct wg_named *named = table->at(index);
    const struct wg_op op = wg_op_of_named(named);
    wg_op_defaults(&op, configured.slots);
    for (; (word = wg_next_word(&rest)) != NULL; configured.given++) {
        if (set_attribute(table, named, &op, configured.slots, word) != WG_OK) return configured;
    }
    configured.index = index;
    return configured;
}

struct wg_list wg_list_of(struct wg_axes axes) {
    struct wg_list list = {.count = axes.count ? axes.count : -1};
    for (int i = 0; i < axes.count && i < WG_MAX_RANK; i++) list.at[i] = axes.axis[i];
    return list;
}

enum wg_status wg_list_mask(const char *who, const char *attribute, const struct wg_list *list,
                            struct wg_shape shape, unsigned *mask) {
    *mask = 0;
    for (int i = 0; i < (int)list->count; i++) {
        const double from_start = list->at[i] < 0 ? list->at[i] + shape.rank : list->at[i];
        if (!(from_start >= 0 && from_start < shape.rank)) {
            if (shape.rank == 0)
                return wg_fail(WG_ERROR_SHAPE, "%s: %s=%g of a scalar, which has no axes", who,
                               attribute, list->at[i]);
            return wg_fail(WG_ERROR_SHAPE, "%s: %s=%g of shape %s; expected %d to %d", who,
                           attribute, list->at[i], wg_shape_text(shape).text, -shape.rank,
                           shape.rank - 1);
        }
        if (*mask >> (int)from_start & 1) {
            return wg_fail(WG_ERROR_SHAPE, "%s: %s lists axis %g of shape %s twice", who, attribute,
                           list->at[i], wg_shape_text(shape).text);
        }
        *mask |= 1u << (int)from_start;
    }
    return WG_OK;
}
