/* A set of tensors as a safetensors file. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "io/safetensors_set.h"
#include "wengert/file.h"

/* A text that grows. */
struct text {
    char *at;
    size_t used, room;
    bool failed; /* no memory: what follows is not written */
};

static void put(struct text *t, const char *bytes, size_t count) {
    if (!t->failed && t->room - t->used < count) {
        size_t room = 2 * t->room + count + 1024;
        char *grown = realloc(t->at, room);
        t->failed = grown == NULL;
        if (grown != NULL) {
            t->at = grown;
            t->room = room;
        }
    }
    if (t->failed) return;
    memcpy(t->at + t->used, bytes, count);
    t->used += count;
}

static void put_text(struct text *t, const char *text) { put(t, text, strlen(text)); }

static void put_number(struct text *t, int64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, number);
    put_text(t, digits);
}

/* A string of JSON: quotes, backslashes and control characters escaped. */
static void put_string(struct text *t, const char *string) {
    put_text(t, "\"");
    for (const char *p = string; *p != '\0'; p++) {
        char escaped[8] = {*p};
        if (*p == '"' || *p == '\\') {
            snprintf(escaped, sizeof escaped, "\\%c", *p);
        } else if ((unsigned char)*p < ' ') {
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*p);
        }
        put_text(t, escaped);
    }
    put_text(t, "\"");
}

static size_t bytes_of(const struct wg_stored_tensor *tensor) {
    return (size_t)tensor->size * wg_stored_size(tensor->type);
}

/* Calls do(tensor, with) for each, largest elements first; stops where one says false. */
typedef bool action(const struct wg_stored_tensor *tensor, void *with);

static bool each(const struct wg_safetensors *set, action *act, void *with) {
    static const size_t sizes[] = {8, 4, 1};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int64_t i = 0; i < set->tensors; i++) {
            if (wg_stored_size(set->tensor[i].type) != sizes[s]) continue;
            if (!act(&set->tensor[i], with)) return false;
        }
    }
    return true;
}

struct heading {
    struct text *text;
    int64_t offset;
};

static bool put_tensor(const struct wg_stored_tensor *tensor, void *with) {
    struct heading *heading = with;
    struct text *t = heading->text;
    put_text(t, ",");
    put_string(t, tensor->name);
    put_text(t, ":{\"dtype\":");
    put_string(t, wg_stored_name(tensor->type));
    put_text(t, ",\"shape\":[");
    for (int d = 0; d < tensor->shape.rank; d++) {
        if (d > 0) put_text(t, ",");
        put_number(t, tensor->shape.dim[d]);
    }
    put_text(t, "],\"data_offsets\":[");
    put_number(t, heading->offset);
    put_text(t, ",");
    heading->offset += (int64_t)bytes_of(tensor);
    put_number(t, heading->offset);
    put_text(t, "]}");
    return true;
}

/* The file up to the data: the length and the header, the digest blank. */
static void put_header(const struct wg_safetensors *set, struct text *t) {
    unsigned char length[WG_LENGTH_BYTES] = {0};
    put(t, (const char *)length, sizeof length);
    put_text(t, WG_DIGEST_PREFIX WG_DIGEST_BLANK "\",\"" WG_SAFETENSORS_FORMAT
                                                 "\":\"" WG_FORMAT_VERSION "\"");
    for (int64_t i = 0; i < set->texts; i++) {
        /* those of a set that was read are made anew */
        if (strcmp(set->text[i].key, WG_SAFETENSORS_DIGEST) == 0 ||
            strcmp(set->text[i].key, WG_SAFETENSORS_FORMAT) == 0) {
            continue;
        }
        put_text(t, ",");
        put_string(t, set->text[i].key);
        put_text(t, ":");
        put_string(t, set->text[i].text);
    }
    put_text(t, "}");
    struct heading heading = {t, 0};
    each(set, put_tensor, &heading);
    put_text(t, "}");
    while (!t->failed && t->used % WG_LENGTH_BYTES != 0) put_text(t, " ");
    for (size_t i = 0; i < sizeof length && !t->failed; i++) {
        t->at[i] = (char)(unsigned char)((uint64_t)(t->used - sizeof length) >> (8 * i));
    }
}

static bool digest_tensor(const struct wg_stored_tensor *tensor, void *with) {
    if (tensor->size > 0) XXH3_128bits_update(with, tensor->data, bytes_of(tensor));
    return true;
}

static void put_digest(const struct wg_safetensors *set, struct text *t) {
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, t->at, t->used);
    each(set, digest_tensor, &state);
    const XXH128_hash_t digest = XXH3_128bits_digest(&state);
    char hex[WG_DIGEST_LENGTH + 1];
    snprintf(hex, sizeof hex, "%016" PRIx64 "%016" PRIx64, digest.high64, digest.low64);
    memcpy(t->at + WG_LENGTH_BYTES + sizeof WG_DIGEST_PREFIX - 1, hex, WG_DIGEST_LENGTH);
}

static bool write_tensor(const struct wg_stored_tensor *tensor, void *with) {
    const size_t bytes = bytes_of(tensor);
    return bytes == 0 || fwrite(tensor->data, 1, bytes, with) == bytes;
}

enum wg_status wg_safetensors_write(const struct wg_safetensors *set, const char *path) {
    static const char function[] = "safetensors_write";
    if (set == NULL || path == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: a null argument; expected a set and a path",
                       function);
    }
    enum wg_status status = wg_set_check_machine(function);
    if (status != WG_OK) return status;
    struct text t = {0};
    put_header(set, &t);
    if (t.failed) {
        free(t.at);
        return wg_fail(WG_ERROR_MEMORY, "%s: no memory for the header of \"%s\"", function, path);
    }
    put_digest(set, &t);
    struct wg_whole_file file;
    status = wg_whole_file_open(&file, path);
    if (status == WG_OK) {
        /* a failure stays in the stream, where it is found when the file is committed */
        if (fwrite(t.at, 1, t.used, file.stream) == t.used) each(set, write_tensor, file.stream);
        status = wg_whole_file_commit(&file);
    }
    free(t.at);
    return status;
}
