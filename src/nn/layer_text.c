/* Layers from text and to text. */
#define _POSIX_C_SOURCE 200809L
#include "nn/layer.h"

#include "base/error.h"
#include "base/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_TEXT 1023

/* ---- Words ---------------------------------------------------------------------------------- */

/* The next word: up to a space outside of parentheses. NULL at the end, or, with the error set,
 * where parentheses do not match. */
static char *next_word(char **rest, const char *whole) {
    char *word = *rest + strspn(*rest, " \t\n"), *at = word;
    int depth = 0;
    for (; *at && (depth > 0 || !strchr(" \t\n", *at)); at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (depth < 0) break;
    }
    if (depth != 0) {
        wg_fail(WG_ERROR_ARGUMENT, "layer \"%s\": parentheses do not match", whole);
        return NULL;
    }
    *rest = *at ? at + 1 : at;
    *at = '\0';
    return at == word ? NULL : word;
}

/* Takes the parentheses around a value off. */
static char *bare(char *value) {
    const size_t length = strlen(value);
    if (length < 2 || value[0] != '(' || value[length - 1] != ')') return value;
    value[length - 1] = '\0';
    return value + 1;
}

static void append(char *text, size_t size, const char *word) {
    const size_t used = strlen(text);
    if (used + strlen(word) + 3 <= size)
        snprintf(text + used, size - used, "%s%s", used ? ", " : "", word);
}

static enum wg_status unknown(const char *what, const char *name, const char *near,
                              const char *all) {
    return wg_fail(WG_ERROR_ARGUMENT, "%s \"%s\"; %s%s%sexpected one of %s", what, name,
                   near[0] ? "close to it: " : "", near, near[0] ? "; " : "", all);
}

static const struct wg_layer_kind *find_kind(const char *name) {
    char near[256] = "", all[1024] = "";
    const struct wg_layer_kind *kind;
    for (int i = 0; (kind = wg_layer_kind_at(i)) != NULL; i++) {
        const char *shown = kind->alias ? kind->alias : kind->name;
        if (strcmp(kind->name, name) == 0 || strcmp(shown, name) == 0 ||
            (kind->also && strcmp(kind->also, name) == 0))
            return kind;
        append(all, sizeof all, shown);
        if (name[0] && wg_resembles(name, shown)) append(near, sizeof near, shown);
    }
    unknown("unknown layer", name, near, all);
    return NULL;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Up to `most` whole numbers with `between` between them. Returns how many; -1 for anything else.
 */
static int read_whole(const char *text, char between, int64_t *number, int most) {
    for (int n = 0; n < most;) {
        char *end;
        const long long value = strtoll(text, &end, 10);
        if (end == text || strchr(" \t\n", *text)) return -1;
        number[n++] = value;
        if (*end == '\0') return n;
        if (*end != between) return -1;
        text = end + 1;
    }
    return -1;
}

static bool read_flag(const char *text, int *flag) {
    static const char *const words[][2] = {
        {"0", "1"}, {"no", "yes"}, {"false", "true"}, {"-1", "+1"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (int on = 0; on < 2; on++) {
            if (strcmp(text, words[i][on]) != 0) continue;
            *flag = on ? WG_YES : WG_NO;
            return true;
        }
    }
    return false;
}

static bool fits_int(const int64_t *number, int n) {
    for (int i = 0; i < n; i++) {
        if (number[i] < -2147483647 || number[i] > 2147483647) return false;
    }
    return n > 0;
}

static bool set_wholes(const struct wg_field *f, char *at, const char *text) {
    int64_t number[WG_MAX_RANK] = {0};
    if (f->kind == WG_FIELD_AXES) {
        struct wg_axes axes = {0};
        axes.count = read_whole(text, ',', number, WG_MAX_RANK);
        for (int i = 0; i < axes.count; i++) axes.axis[i] = (int)number[i];
        memcpy(at, &axes, sizeof axes);
        return fits_int(number, axes.count);
    }
    if (f->kind == WG_FIELD_SHAPE) {
        struct wg_shape shape = {0};
        shape.rank = read_whole(text, 'x', number, WG_MAX_RANK);
        for (int i = 0; i < shape.rank; i++) shape.dim[i] = number[i];
        memcpy(at, &shape, sizeof shape);
        return shape.rank > 0;
    }
    const int most = f->kind == WG_FIELD_PAIR ? 2 : 1, n = read_whole(text, 'x', number, most);
    const int pair[2] = {(int)number[0], (int)number[n == 2]};
    memcpy(at, pair, (size_t)most * sizeof *pair);
    return fits_int(number, n);
}

static bool set_number(char *at, const char *text) {
    char *end;
    const double value = strtod(text, &end), stored = value == 0 ? -0.0 : value;
    memcpy(at, &stored, sizeof stored);
    return end != text && *end == '\0';
}

static const char *const what[] = {
    [WG_FIELD_WHOLE] = "a whole number",
    [WG_FIELD_NUMBER] = "a number",
    [WG_FIELD_FLAG] = "yes or no",
    [WG_FIELD_TEXT] = "a text",
    [WG_FIELD_PAIR] = "a whole number or two, as 3x3",
    [WG_FIELD_AXES] = "whole numbers, as 1,2",
    [WG_FIELD_SHAPE] = "whole numbers, as 4x3",
};

/* Texts are kept by the caller until the layer is made. */
static bool set_value(const struct wg_field *f, char *options, char *value) {
    char *at = options + f->offset;
    int flag;
    switch (f->kind) {
    case WG_FIELD_TEXT:
        memcpy(at, &value, sizeof value);
        return true;
    case WG_FIELD_NUMBER:
        return set_number(at, value);
    case WG_FIELD_FLAG:
        if (!read_flag(value, &flag)) return false;
        memcpy(at, &flag, sizeof flag);
        return true;
    default:
        return set_wholes(f, at, value);
    }
}

/* Whether a 0 was given where it would mean the default. */
static bool is_lost_zero(const struct wg_field *f, const char *options) {
    int whole;
    memcpy(&whole, options + f->offset, sizeof whole);
    return (f->kind == WG_FIELD_WHOLE || f->kind == WG_FIELD_PAIR) && whole == 0 &&
           (f->fallback != 0 || f->min > 0);
}

static enum wg_status set_field(const struct wg_layer_kind *kind, const struct wg_field *f,
                                char *options, char *value) {
    value = bare(value);
    if (set_value(f, options, value) && !is_lost_zero(f, options)) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%s; expected %s%s", kind->name, f->name, value,
                   what[f->kind], is_lost_zero(f, options) ? ", not 0" : "");
}

/* "NAME=VALUE", or the value of the next option in the order of declaration. */
static enum wg_status set_word(const struct wg_layer_kind *kind, char *options, char *word,
                               int *next) {
    char near[256] = "", all[640] = "name, trainable";
    char *equals = strchr(word, '=');
    if (equals && memchr(word, '(', (size_t)(equals - word))) equals = NULL;
    if (!equals) {
        const struct wg_field *f = &kind->field[*next];
        if (!f->name)
            return wg_fail(WG_ERROR_ARGUMENT, "%s: \"%s\"; expected no more than its %d option%s",
                           kind->name, word, *next, *next == 1 ? "" : "s");
        ++*next;
        return set_field(kind, f, options, word);
    }
    *equals = '\0';
    struct wg_common *common = (struct wg_common *)(void *)(options + kind->common);
    if (strcmp(word, "name") == 0) {
        common->name = equals + 1;
        return WG_OK;
    }
    if (strcmp(word, "trainable") == 0) {
        if (read_flag(equals + 1, &common->trainable)) return WG_OK;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: trainable=%s; expected yes or no", kind->name,
                       equals + 1);
    }
    for (const struct wg_field *f = kind->field; f->name; f++) {
        if (strcmp(f->name, word) == 0) return set_field(kind, f, options, equals + 1);
        append(all, sizeof all, f->name);
        if (wg_resembles(word, f->name)) append(near, sizeof near, f->name);
    }
    char about[96];
    snprintf(about, sizeof about, "%s has no option", kind->name);
    return unknown(about, word, near, all);
}

wg_layer *wg_layer_from_text(const char *text) {
    char words[LONGEST_TEXT + 1], *rest = words;
    double options[128] = {0}; /* of any kind */
    if (!text) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_layer_from_text: the text is NULL; expected a layer");
        return NULL;
    }
    if (strlen(text) > LONGEST_TEXT) {
        wg_fail(WG_ERROR_ARGUMENT, "layer \"%.40s...\" has %zu characters; expected at most %d",
                text, strlen(text), LONGEST_TEXT);
        return NULL;
    }
    strcpy(words, text);
    char *word = next_word(&rest, text);
    if (!word) {
        wg_fail(WG_ERROR_ARGUMENT, "layer \"%s\": no kind of layer; expected one, as dense", text);
        return NULL;
    }
    const struct wg_layer_kind *kind = find_kind(word);
    if (!kind) return NULL;
    if (kind->bytes > sizeof options) {
        wg_fail(WG_ERROR_UNSUPPORTED, "%s: its options take %zu bytes", kind->name, kind->bytes);
        return NULL;
    }
    bool good = true;
    for (int next = 0; good && rest[strspn(rest, " \t\n")];) {
        word = next_word(&rest, text);
        good = word && set_word(kind, (char *)options, word, &next) == WG_OK;
    }
    return good ? wg_layer_new(kind, options) : NULL;
}

/* ---- To text --------------------------------------------------------------------------------- */

struct sink {
    char *text;
    size_t size, used;
    bool full;
};

static void put(struct sink *s, const char *word) {
    const size_t length = strlen(word);
    s->full = s->full || s->used + length + 1 > s->size;
    if (s->full) return;
    memcpy(s->text + s->used, word, length + 1);
    s->used += length;
}

/* The shortest decimal that reads back as the same number. */
static void put_number(struct sink *s, double value, const char *before) {
    char number[40];
    int digits = 1;
    do {
        snprintf(number, sizeof number, "%.*g", digits, value);
    } while (strtod(number, NULL) != value && digits++ < 17);
    if (value == floor(value) && fabs(value) < 1e9) snprintf(number, sizeof number, "%.0f", value);
    put(s, before);
    put(s, number);
}

static bool is_default_text(const struct wg_field *f, const char *text) {
    const char *fallback = f->word[0] ? f->word[0] : f->text;
    return text == NULL || (fallback && strcmp(fallback, text) == 0);
}

static void put_name(struct sink *s, const struct wg_field *f) {
    put(s, " ");
    put(s, f->name);
    put(s, "=");
}

static void put_text(struct sink *s, const struct wg_field *f, const char *at) {
    const char *text;
    memcpy(&text, at, sizeof text);
    if (is_default_text(f, text)) return;
    const bool spaces = text[strcspn(text, " \t\n=(")] != '\0' || !text[0];
    put_name(s, f);
    if (spaces) put(s, "(");
    put(s, text);
    if (spaces) put(s, ")");
}

static void put_wholes(struct sink *s, const struct wg_field *f, const char *at) {
    struct wg_axes axes = {0};
    struct wg_shape shape = {0};
    if (f->kind == WG_FIELD_AXES) memcpy(&axes, at, sizeof axes);
    if (f->kind == WG_FIELD_SHAPE) memcpy(&shape, at, sizeof shape);
    if (axes.count > 0 || shape.rank > 0) put_name(s, f);
    for (int i = 0; i < axes.count; i++) put_number(s, axes.axis[i], i ? "," : "");
    for (int i = 0; i < shape.rank; i++) put_number(s, (double)shape.dim[i], i ? "x" : "");
}

static void put_field(struct sink *s, const struct wg_field *f, const char *options) {
    const char *at = options + f->offset;
    int whole[2] = {0, 0};
    double number = 0;
    switch (f->kind) {
    case WG_FIELD_TEXT:
        put_text(s, f, at);
        return;
    case WG_FIELD_NUMBER:
        memcpy(&number, at, sizeof number);
        if (number == f->fallback) return;
        put_name(s, f);
        put_number(s, number, "");
        return;
    case WG_FIELD_PAIR:
        memcpy(whole, at, sizeof whole);
        if (whole[0] == (int)f->fallback && whole[1] == whole[0]) return;
        put_name(s, f);
        put_number(s, whole[0], "");
        if (whole[1] != whole[0]) put_number(s, whole[1], "x");
        return;
    case WG_FIELD_WHOLE:
    case WG_FIELD_FLAG:
        memcpy(whole, at, sizeof *whole);
        if (whole[0] == (int)f->fallback) return;
        put_name(s, f);
        if (f->kind == WG_FIELD_FLAG)
            put(s, whole[0] == WG_YES ? "yes" : "no");
        else
            put_number(s, whole[0], "");
        return;
    default:
        put_wholes(s, f, at);
    }
}

bool wg_layer_to_text(const wg_layer *layer, char *text, size_t size) {
    struct sink s = {.text = text, .size = size};
    put(&s, layer->kind->alias ? layer->kind->alias : layer->kind->name);
    for (const struct wg_field *f = layer->kind->field; f->name; f++)
        put_field(&s, f, layer->options);
    if (layer->trainable == WG_NO) put(&s, " trainable=no");
    if (layer->name) {
        put(&s, " name=");
        put(&s, layer->name);
    }
    return !s.full;
}

/* ---- Lists ----------------------------------------------------------------------------------- */

const char *wg_layer_kind(int i) {
    const struct wg_layer_kind *kind = wg_layer_kind_at(i);
    return !kind ? NULL : kind->alias ? kind->alias : kind->name;
}

const char *wg_layer_kind_option(int i, int option) {
    const struct wg_layer_kind *kind = wg_layer_kind_at(i);
    for (int j = 0; kind && kind->field[j].name; j++) {
        if (j == option) return kind->field[j].name;
    }
    return NULL;
}
