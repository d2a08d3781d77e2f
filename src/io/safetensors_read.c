/* A safetensors file, believed in nothing. */
#define _POSIX_C_SOURCE 200809L

#include "base/error.h"
#include "io/safetensors_set.h"

#ifndef WENGERT_HAVE_CJSON

struct wg_safetensors *wg_safetensors_read(const char *path) {
    if (path == NULL) {
        wg_fail(WG_ERROR_ARGUMENT, "safetensors_read: the path is null");
    } else {
        wg_fail(WG_ERROR_UNSUPPORTED,
                "cannot read \"%s\": the library was built without cJSON; expected one with it",
                path);
    }
    return NULL;
}

#else

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/arena.h"

#define MOST_HEADER UINT64_C(100000000) /* bytes: the format's own limit */
#define MOST_EXACT 9007199254740992.0   /* cJSON's numbers are doubles */
#define PREFIX_LENGTH (sizeof WG_DIGEST_PREFIX - 1)

struct range {
    uint64_t begin, end;
    struct wg_stored_tensor tensor;
};

struct reading {
    const char *path;
    FILE *file;
    uint64_t data; /* bytes behind the header */
    unsigned char length[WG_LENGTH_BYTES];
    char *header; /* ended by a null character */
    size_t header_size;
    cJSON *json;
    struct range *range;
    int64_t ranges;
    struct wg_safetensors *set;
};

/* ---- Header ------------------------------------------------------------------------------- */

static enum wg_status open_file(struct reading *r, uint64_t *size) {
    struct stat info;
    if (stat(r->path, &info) != 0) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": %s", r->path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": it is %s; expected a regular file",
                       r->path, S_ISDIR(info.st_mode) ? "a directory" : "not a regular file");
    }
    r->file = fopen(r->path, "rb");
    if (r->file == NULL) {
        return wg_fail(WG_ERROR_FILE, "cannot open \"%s\": %s", r->path, strerror(errno));
    }
    *size = (uint64_t)info.st_size;
    return WG_OK;
}

static enum wg_status read_bytes(struct reading *r, void *to, size_t size) {
    if (fread(to, 1, size, r->file) == size) return WG_OK;
    if (ferror(r->file)) {
        return wg_fail(WG_ERROR_FILE, "cannot read \"%s\": %s", r->path, strerror(errno));
    }
    return wg_fail(WG_ERROR_FILE, "\"%s\" has become shorter while it was read", r->path);
}

static enum wg_status read_header(struct reading *r) {
    uint64_t size = 0, length = 0;
    enum wg_status status = open_file(r, &size);
    if (status != WG_OK) return status;
    if (size < WG_LENGTH_BYTES + 2) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" has %" PRIu64 " bytes; expected a safetensors file of 10 or more",
                       r->path, size);
    }
    status = read_bytes(r, r->length, WG_LENGTH_BYTES);
    if (status != WG_OK) return status;
    for (int i = 0; i < WG_LENGTH_BYTES; i++) length |= (uint64_t)r->length[i] << (8 * i);
    const uint64_t rest = size - WG_LENGTH_BYTES, most = rest < MOST_HEADER ? rest : MOST_HEADER;
    if (length < 2 || length > most) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": its header has %" PRIu64 " bytes; expected 2 to %" PRIu64
                       ": it is cut short, or no safetensors file",
                       r->path, length, most);
    }
    r->data = rest - length;
    r->header_size = (size_t)length;
    r->header = malloc(r->header_size + 1);
    if (r->header == NULL) {
        wg_fail(WG_ERROR_MEMORY, "no memory for the header of \"%s\", %" PRIu64 " bytes", r->path,
                length);
        return WG_ERROR_MEMORY;
    }
    r->header[r->header_size] = '\0';
    return read_bytes(r, r->header, r->header_size);
}

/* cJSON keeps the place of its last error in a static variable. */
static pthread_mutex_t json_lock = PTHREAD_MUTEX_INITIALIZER;

static enum wg_status parse(struct reading *r) {
    if (r->header == NULL || r->header[0] != '{') {
        return wg_fail(WG_ERROR_FORMAT, "\"%s\": its header does not begin with {; expected JSON",
                       r->path);
    }
    /* Both would end a name early. The second is refused with an escaped backslash before it, too.
     */
    if (strlen(r->header) != r->header_size || strstr(r->header, "\\u0000") != NULL) {
        return wg_fail(WG_ERROR_FORMAT, "\"%s\": a null character in its header; expected JSON",
                       r->path);
    }
    const char *end = r->header;
    pthread_mutex_lock(&json_lock);
    r->json = cJSON_ParseWithLengthOpts(r->header, r->header_size + 1, &end, 0);
    pthread_mutex_unlock(&json_lock);
    if (r->json == NULL) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": its header is not JSON from byte %td on, or there is no memory "
                       "for it",
                       r->path, end - r->header);
    }
    if (end[strspn(end, " \t\r\n")] == '\0') return WG_OK;
    return wg_fail(WG_ERROR_FORMAT, "\"%s\": its header goes on after the JSON, at byte %td",
                   r->path, end - r->header);
}

/* ---- Metadata ----------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* No name twice in an object. */
static enum wg_status check_names(const struct reading *r, const cJSON *object) {
    size_t count = 0, filled = 0;
    const cJSON *child;
    cJSON_ArrayForEach(child, object) count++;
    if (count < 2) return WG_OK;
    const cJSON **sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL) {
        return wg_fail(WG_ERROR_MEMORY, "no memory for the %zu names of \"%s\"", count, r->path);
    }
    cJSON_ArrayForEach(child, object) sorted[filled++] = child;
    qsort(sorted, count, sizeof *sorted, compare_names);
    enum wg_status status = WG_OK;
    for (size_t i = 1; i < count && status == WG_OK; i++) {
        if (compare_names(&sorted[i - 1], &sorted[i]) != 0) continue;
        status = wg_fail(WG_ERROR_FORMAT, "\"%s\" has \"%.200s\" twice; expected it once", r->path,
                         sorted[i]->string);
    }
    free(sorted);
    return status;
}

static bool has_digest(const struct reading *r) {
    return r->header_size > PREFIX_LENGTH + WG_DIGEST_LENGTH &&
           memcmp(r->header, WG_DIGEST_PREFIX, PREFIX_LENGTH) == 0;
}

/* A file with one of the format's own keys must have both, the digest in its place: so none of them
 * can be lost unnoticed. */
static enum wg_status check_keys(const struct reading *r) {
    const bool digest = wg_safetensors_text(r->set, WG_SAFETENSORS_DIGEST) != NULL;
    const char *format = wg_safetensors_text(r->set, WG_SAFETENSORS_FORMAT);
    if (!digest && format == NULL) return WG_OK;
    if (!digest || format == NULL || !has_digest(r)) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": its metadata are damaged, or written by another program; expected "
                       "%s first, and %s",
                       r->path, WG_SAFETENSORS_DIGEST, WG_SAFETENSORS_FORMAT);
    }
    if (strcmp(format, WG_FORMAT_VERSION) == 0) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT, "\"%s\": %s is \"%.40s\"; expected \"%s\"", r->path,
                   WG_SAFETENSORS_FORMAT, format, WG_FORMAT_VERSION);
}

static enum wg_status read_metadata(struct reading *r, const cJSON *metadata) {
    if (!cJSON_IsObject(metadata)) {
        return wg_fail(WG_ERROR_FORMAT, "\"%s\": __metadata__ is no object; expected one of texts",
                       r->path);
    }
    enum wg_status status = check_names(r, metadata);
    const cJSON *child;
    cJSON_ArrayForEach(child, metadata) {
        if (status != WG_OK) break;
        if (cJSON_IsString(child)) {
            status = wg_set_append_text(r->set, child->string, child->valuestring);
        } else {
            status = wg_fail(WG_ERROR_FORMAT,
                             "\"%s\": \"%.200s\" in its metadata is no text; expected one", r->path,
                             child->string);
        }
    }
    return status;
}

/* ---- Tensors ------------------------------------------------------------------------------ */

static enum wg_status tensor_fail(const struct reading *r, const char *name, const char *wrong,
                                  const char *expected) {
    return wg_fail(WG_ERROR_FORMAT, "\"%s\": the tensor \"%.200s\" %s; expected %s", r->path, name,
                   wrong, expected);
}

static bool whole_number(const cJSON *number, uint64_t *out) {
    if (!cJSON_IsNumber(number)) return false;
    const double value = number->valuedouble;
    if (!(value >= 0 && value <= MOST_EXACT)) return false;
    *out = (uint64_t)value;
    return (double)*out == value;
}

static bool find_type(const char *name, enum wg_stored *type) {
    for (int i = 0; wg_stored_name((enum wg_stored)i) != NULL; i++) {
        if (strcmp(name, wg_stored_name((enum wg_stored)i)) != 0) continue;
        *type = (enum wg_stored)i;
        return true;
    }
    return false;
}

static enum wg_status read_shape(const struct reading *r, const cJSON *list,
                                 struct wg_stored_tensor *tensor) {
    const cJSON *dim;
    if (!cJSON_IsArray(list)) {
        return tensor_fail(r, tensor->name, "has no shape", "a list of dimensions");
    }
    cJSON_ArrayForEach(dim, list) {
        uint64_t value = 0;
        if (tensor->shape.rank == WG_MAX_RANK || !whole_number(dim, &value)) {
            return tensor_fail(r, tensor->name, "has a shape out of range",
                               "at most 8 whole numbers");
        }
        tensor->shape.dim[tensor->shape.rank++] = (int64_t)value;
    }
    tensor->size = wg_shape_size(tensor->shape);
    if (tensor->size >= 0) return WG_OK;
    return tensor_fail(r, tensor->name, "has a shape whose product overflows", "a smaller one");
}

static enum wg_status read_range(const struct reading *r, const cJSON *list, struct range *range) {
    const struct wg_stored_tensor *tensor = &range->tensor;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != 2 ||
        !whole_number(list->child, &range->begin) ||
        !whole_number(list->child->next, &range->end)) {
        return tensor_fail(r, tensor->name, "has no data_offsets", "a list of two whole numbers");
    }
    if (range->begin > range->end || range->end > r->data) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": the tensor \"%.200s\" lies at bytes %" PRIu64 " to %" PRIu64
                       " of the data; expected 0 to at most %" PRIu64 ": the file is cut short or "
                       "its header is wrong",
                       r->path, tensor->name, range->begin, range->end, r->data);
    }
    const uint64_t bytes = (uint64_t)tensor->size * wg_stored_size(tensor->type);
    if (range->end - range->begin == bytes) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\": the tensor \"%.200s\" has %" PRIu64 " bytes; expected %" PRIu64
                   ", of shape %s and type %s",
                   r->path, tensor->name, range->end - range->begin, bytes,
                   wg_shape_text(tensor->shape).text, wg_stored_name(tensor->type));
}

static enum wg_status read_tensor(const struct reading *r, const cJSON *entry,
                                  struct range *range) {
    const char *name = entry->string;
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
    *range = (struct range){.tensor.name = name};
    if (!cJSON_IsObject(entry) || cJSON_GetArraySize(entry) != 3 || !cJSON_IsString(type)) {
        return tensor_fail(r, name, "is not described as one", "dtype, shape and data_offsets");
    }
    if (!find_type(type->valuestring, &range->tensor.type)) {
        return wg_fail(
            WG_ERROR_FORMAT,
            "\"%s\": the tensor \"%.200s\" is of type \"%.40s\"; expected F32, F64, I32, "
            "I64 or U8",
            r->path, name, type->valuestring);
    }
    enum wg_status status =
        read_shape(r, cJSON_GetObjectItemCaseSensitive(entry, "shape"), &range->tensor);
    if (status != WG_OK) return status;
    return read_range(r, cJSON_GetObjectItemCaseSensitive(entry, "data_offsets"), range);
}

static int compare_ranges(const void *a, const void *b) {
    const struct range *first = a, *second = b;
    if (first->begin != second->begin) return first->begin < second->begin ? -1 : 1;
    if (first->end != second->end) return first->end < second->end ? -1 : 1;
    return strcmp(first->tensor.name, second->tensor.name);
}

/* The ranges, in the order of the data, cover it without gap or overlap. */
static enum wg_status check_ranges(struct reading *r) {
    uint64_t at = 0;
    if (r->ranges > 0) qsort(r->range, (size_t)r->ranges, sizeof *r->range, compare_ranges);
    for (int64_t i = 0; i < r->ranges; i++) {
        const struct range *range = &r->range[i];
        if (range->begin != at) {
            return wg_fail(WG_ERROR_FORMAT,
                           "\"%s\": the tensor \"%.200s\" begins at byte %" PRIu64
                           " of the data; expected %" PRIu64 ": tensors %s",
                           r->path, range->tensor.name, range->begin, at,
                           range->begin < at ? "overlap" : "leave a gap");
        }
        at = range->end;
    }
    if (at == r->data) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\": %" PRIu64 " bytes of data; expected %" PRIu64 ", the tensors' own",
                   r->path, r->data, at);
}

static enum wg_status read_entries(struct reading *r) {
    const cJSON *entry;
    int64_t count = 0;
    cJSON_ArrayForEach(entry, r->json) count++;
    r->range = malloc((size_t)(count > 0 ? count : 1) * sizeof *r->range);
    if (r->range == NULL) {
        return wg_fail(WG_ERROR_MEMORY, "no memory for the %lld tensors of \"%s\"",
                       (long long)count, r->path);
    }
    enum wg_status status = check_names(r, r->json);
    cJSON_ArrayForEach(entry, r->json) {
        if (status != WG_OK) return status;
        status = strcmp(entry->string, "__metadata__") == 0
                     ? read_metadata(r, entry)
                     : read_tensor(r, entry, &r->range[r->ranges++]);
    }
    if (status == WG_OK) status = check_keys(r);
    return status == WG_OK ? check_ranges(r) : status;
}

/* ---- Data --------------------------------------------------------------------------------- */

static size_t padded(uint64_t bytes) {
    return (size_t)((bytes + WG_ALIGNMENT - 1) / WG_ALIGNMENT * WG_ALIGNMENT);
}

static enum wg_status check_digest(const struct reading *r, XXH3_state_t *state,
                                   const char *expected) {
    const XXH128_hash_t digest = XXH3_128bits_digest(state);
    char found[WG_DIGEST_LENGTH + 1];
    snprintf(found, sizeof found, "%016" PRIx64 "%016" PRIx64, digest.high64, digest.low64);
    if (memcmp(found, expected, WG_DIGEST_LENGTH) == 0) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\" is damaged: its digest is %s; expected %.32s, which it was written with",
                   r->path, found, expected);
}

/* Reads the tensors, each to an aligned place of one block, and takes the digest on the way. */
static enum wg_status read_data(struct reading *r) {
    size_t total = WG_ALIGNMENT;
    for (int64_t i = 0; i < r->ranges; i++) total += padded(r->range[i].end - r->range[i].begin);
    r->set->block = wg_aligned_zeros(total);
    if (r->set->block == NULL) return WG_ERROR_MEMORY;
    char expected[WG_DIGEST_LENGTH];
    r->set->digested = has_digest(r);
    if (r->set->digested) {
        memcpy(expected, r->header + PREFIX_LENGTH, WG_DIGEST_LENGTH);
        memcpy(r->header + PREFIX_LENGTH, WG_DIGEST_BLANK, WG_DIGEST_LENGTH);
    }
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, r->length, WG_LENGTH_BYTES);
    XXH3_128bits_update(&state, r->header, r->header_size);
    unsigned char *to = r->set->block;
    for (int64_t i = 0; i < r->ranges; i++) {
        struct range *range = &r->range[i];
        const size_t bytes = (size_t)(range->end - range->begin);
        enum wg_status status = read_bytes(r, to, bytes);
        if (status != WG_OK) return status;
        if (r->set->digested) XXH3_128bits_update(&state, to, bytes);
        range->tensor.data = to;
        status = wg_set_append_tensor(r->set, range->tensor);
        if (status != WG_OK) return status;
        to += padded(bytes);
    }
    return r->set->digested ? check_digest(r, &state, expected) : WG_OK;
}

struct wg_safetensors *wg_safetensors_read(const char *path) {
    struct reading r = {.path = path};
    if (path == NULL) {
        wg_fail(WG_ERROR_ARGUMENT, "safetensors_read: the path is null");
        return NULL;
    }
    enum wg_status status = wg_set_check_machine("safetensors_read");
    if (status == WG_OK) {
        r.set = wg_safetensors_new();
        status = r.set != NULL ? read_header(&r) : WG_ERROR_MEMORY;
    }
    if (status == WG_OK) status = parse(&r);
    if (status == WG_OK) status = read_entries(&r);
    if (status == WG_OK) status = read_data(&r);
    cJSON_Delete(r.json);
    free(r.range);
    free(r.header);
    if (r.file != NULL) fclose(r.file);
    if (status == WG_OK) return r.set;
    wg_safetensors_free(r.set);
    return NULL;
}

#endif
