/* The set of tensors and texts that safetensors files are written from and read into. */
#ifndef WG_IO_SAFETENSORS_SET_H
#define WG_IO_SAFETENSORS_SET_H

#include "io/safetensors.h"

/* The header's first characters where a digest follows, and what stands there while the digest is
 * taken. */
#define WG_DIGEST_PREFIX "{\"__metadata__\":{\"" WG_SAFETENSORS_DIGEST "\":\""
#define WG_DIGEST_BLANK "00000000000000000000000000000000"
#define WG_DIGEST_LENGTH (sizeof WG_DIGEST_BLANK - 1)
#define WG_FORMAT_VERSION "1"
#define WG_LENGTH_BYTES 8

struct wg_stored_text {
    char *key, *text;
};

struct wg_safetensors {
    struct wg_stored_tensor *tensor;
    int64_t tensors, tensor_room;
    struct wg_stored_text *text;
    int64_t texts, text_room;
    void *block; /* the data of a set that was read */
    bool digested;
};

/* Appends without asking whether the name is there already; the name, key and text are copied. */
enum wg_status wg_set_append_tensor(struct wg_safetensors *set, struct wg_stored_tensor tensor);
enum wg_status wg_set_append_text(struct wg_safetensors *set, const char *key, const char *text);

/* Refuses on machines where tensors do not lie in memory as in the file. */
enum wg_status wg_set_check_machine(const char *function);

#endif
