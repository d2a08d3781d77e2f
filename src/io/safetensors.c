#define _POSIX_C_SOURCE 200809L

#include "io/safetensors_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [WG_STORED_F32] = {"F32", 4}, [WG_STORED_F64] = {"F64", 8}, [WG_STORED_I32] = {"I32", 4},
    [WG_STORED_I64] = {"I64", 8}, [WG_STORED_U8] = {"U8", 1},
};
#define TYPES (sizeof types / sizeof types[0])

size_t wg_stored_size(enum wg_stored type) { return (unsigned)type < TYPES ? types[type].size : 0; }

const char *wg_stored_name(enum wg_stored type) {
    return (unsigned)type < TYPES ? types[type].name : NULL;
}

enum wg_stored wg_stored_type(enum wg_dtype dtype) {
    return dtype == WG_F32 ? WG_STORED_F32 : dtype == WG_F64 ? WG_STORED_F64 : WG_STORED_I32;
}

enum wg_status wg_set_check_machine(const char *function) {
    const uint16_t number = 1;
    unsigned char first;
    memcpy(&first, &number, 1);
    if (first == 1) return WG_OK;
    return wg_fail(WG_ERROR_UNSUPPORTED,
                   "%s: this machine is big-endian; expected a little-endian "
                   "one",
                   function);
}

static enum wg_status no_memory(void) {
    return wg_fail(WG_ERROR_MEMORY, "safetensors: no memory for a name or text");
}

struct wg_safetensors *wg_safetensors_new(void) {
    struct wg_safetensors *set = calloc(1, sizeof *set);
    if (set == NULL) no_memory();
    return set;
}

void wg_safetensors_free(struct wg_safetensors *set) {
    if (set == NULL) return;
    for (int64_t i = 0; i < set->tensors; i++) free((char *)set->tensor[i].name);
    for (int64_t i = 0; i < set->texts; i++) {
        free(set->text[i].key);
        free(set->text[i].text);
    }
    free(set->tensor);
    free(set->text);
    free(set->block);
    free(set);
}

/* Room for one more element of an array. */
static void *grow(void *array, int64_t count, int64_t *room, size_t size) {
    if (count < *room) return array;
    const int64_t wanted = *room > 0 ? 2 * *room : 16;
    void *grown = realloc(array, (size_t)wanted * size);
    if (grown == NULL) {
        no_memory();
        return NULL;
    }
    *room = wanted;
    return grown;
}

enum wg_status wg_set_append_tensor(struct wg_safetensors *set, struct wg_stored_tensor tensor) {
    struct wg_stored_tensor *grown =
        grow(set->tensor, set->tensors, &set->tensor_room, sizeof *grown);
    if (grown == NULL) return WG_ERROR_MEMORY;
    set->tensor = grown;
    tensor.name = strdup(tensor.name);
    if (tensor.name == NULL) return no_memory();
    set->tensor[set->tensors++] = tensor;
    return WG_OK;
}

enum wg_status wg_set_append_text(struct wg_safetensors *set, const char *key, const char *text) {
    struct wg_stored_text *grown = grow(set->text, set->texts, &set->text_room, sizeof *grown);
    if (grown == NULL) return WG_ERROR_MEMORY;
    set->text = grown;
    struct wg_stored_text added = {strdup(key), strdup(text)};
    if (added.key == NULL || added.text == NULL) {
        free(added.key);
        free(added.text);
        return no_memory();
    }
    set->text[set->texts++] = added;
    return WG_OK;
}

/* The length of the character of UTF-8 at `p`; 0 where there is none (RFC 3629's table). */
static int character(const unsigned char *p) {
    static const struct {
        unsigned char first, last, low, high; /* first byte from, to; second byte from, to */
        int length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last) continue;
        if (forms[i].length == 1) return 1;
        if (p[1] < forms[i].low || p[1] > forms[i].high) return 0;
        for (int k = 2; k < forms[i].length; k++) {
            if ((p[k] & 0xc0) != 0x80) return 0;
        }
        return forms[i].length;
    }
    return 0;
}

static bool is_utf8(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        const int length = character(p);
        if (length == 0) return false;
        p += length;
    }
    return true;
}

static enum wg_status check_name(const char *function, const struct wg_safetensors *set,
                                 const char *what, const char *name) {
    if (set == NULL || name == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: a null set or %s", function, what);
    }
    if (is_utf8(name)) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT, "%s: the %s is not UTF-8; expected text", function, what);
}

enum wg_status wg_safetensors_add(struct wg_safetensors *set, const char *name, enum wg_stored type,
                                  struct wg_shape shape, const void *data) {
    static const char function[] = "safetensors_add";
    enum wg_status status = check_name(function, set, "name", name);
    if (status != WG_OK) return status;
    const int64_t size = wg_shape_size(shape);
    if (wg_stored_name(type) == NULL || size < 0 || (size > 0 && data == NULL)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: \"%s\" has %s; expected a known type, a shape in range, and data",
                       function, name,
                       wg_stored_name(type) == NULL ? "an unknown type"
                       : size < 0                   ? "a shape out of range"
                                                    : "no data");
    }
    if (strcmp(name, "__metadata__") == 0 || wg_safetensors_find(set, name) != NULL) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the name \"%s\" is taken; expected another",
                       function, name);
    }
    return wg_set_append_tensor(set, (struct wg_stored_tensor){name, type, shape, size, data});
}

enum wg_status wg_safetensors_note(struct wg_safetensors *set, const char *key, const char *text) {
    static const char function[] = "safetensors_note";
    enum wg_status status = check_name(function, set, "key", key);
    if (status == WG_OK) status = check_name(function, set, "text", text);
    if (status != WG_OK) return status;
    if (strcmp(key, WG_SAFETENSORS_DIGEST) != 0 && strcmp(key, WG_SAFETENSORS_FORMAT) != 0 &&
        wg_safetensors_text(set, key) == NULL) {
        return wg_set_append_text(set, key, text);
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: the key \"%s\" is taken; expected another", function,
                   key);
}

static bool is_null(const char *function, const void *set) {
    if (set == NULL) wg_fail(WG_ERROR_ARGUMENT, "%s: the set is null", function);
    return set == NULL;
}

const struct wg_stored_tensor *wg_safetensors_at(const struct wg_safetensors *set, int64_t i) {
    if (is_null("safetensors_at", set)) return NULL;
    return i >= 0 && i < set->tensors ? &set->tensor[i] : NULL;
}

const struct wg_stored_tensor *wg_safetensors_find(const struct wg_safetensors *set,
                                                   const char *name) {
    if (is_null("safetensors_find", set)) return NULL;
    for (int64_t i = 0; name != NULL && i < set->tensors; i++) {
        if (strcmp(set->tensor[i].name, name) == 0) return &set->tensor[i];
    }
    return NULL;
}

const char *wg_safetensors_text(const struct wg_safetensors *set, const char *key) {
    if (is_null("safetensors_text", set)) return NULL;
    for (int64_t i = 0; key != NULL && i < set->texts; i++) {
        if (strcmp(set->text[i].key, key) == 0) return set->text[i].text;
    }
    return NULL;
}

const char *wg_safetensors_key(const struct wg_safetensors *set, int64_t i) {
    if (is_null("safetensors_key", set)) return NULL;
    return i >= 0 && i < set->texts ? set->text[i].key : NULL;
}

bool wg_safetensors_digested(const struct wg_safetensors *set) {
    return !is_null("safetensors_digested", set) && set->digested;
}
