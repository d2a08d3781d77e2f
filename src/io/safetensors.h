/* Files of named tensors and texts, in the safetensors format (Hugging Face): 8 bytes that say how
 * long the header is, little-endian; the header, JSON, padded with spaces; the tensors' bytes one
 * after the other, without gaps.
 *
 * Files written here carry, first in their metadata, an XXH3-128 digest of all that the file holds:
 * its 8 bytes, its header with 32 zeros in the digest's place, its data. So a bit that changes
 * anywhere is found. Other programs' files have none, and are read without.
 */
#ifndef WG_IO_SAFETENSORS_H
#define WG_IO_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wengert/error.h"
#include "wengert/tensor.h"

/* The keys of the metadata that are the format's own; wg_safetensors_text gives them too. */
#define WG_SAFETENSORS_DIGEST "wengert.digest"
#define WG_SAFETENSORS_FORMAT "wengert.format"

enum wg_stored { WG_STORED_F32, WG_STORED_F64, WG_STORED_I32, WG_STORED_I64, WG_STORED_U8 };

struct wg_stored_tensor {
    const char *name;
    enum wg_stored type;
    struct wg_shape shape;
    int64_t size;     /* elements; may be 0 */
    const void *data; /* in a set that was read: aligned to 64 bytes */
};

/* Tensors and texts, to be written or as read. A null set is an error in every function below, but
 * for _free, so that calls chain and one check at the end suffices. */
struct wg_safetensors;

/* NULL, with the error set, without memory. */
struct wg_safetensors *wg_safetensors_new(void);
void wg_safetensors_free(struct wg_safetensors *set);

enum wg_stored wg_stored_type(enum wg_dtype dtype); /* the same of F32, F64, I32 */
size_t wg_stored_size(enum wg_stored type);         /* bytes of an element; 0: unknown */
const char *wg_stored_name(enum wg_stored type);    /* "F32" */

/* Adds a tensor; the name is copied, the data must stay until the set is written. Errors: a name
 * that is there already, is "__metadata__" or no UTF-8; an unknown type; a shape out of range; no
 * data for a size above 0; memory. */
enum wg_status wg_safetensors_add(struct wg_safetensors *set, const char *name, enum wg_stored type,
                                  struct wg_shape shape, const void *data);

/* Adds a text to the metadata; both are copied. Errors: a key that is there already or is one of
 * the two above, not UTF-8, memory. */
enum wg_status wg_safetensors_note(struct wg_safetensors *set, const char *key, const char *text);

/* Writes the set to a file, whole or not at all (wengert/file.h). The tensors lie in it by size of
 * element, largest first, so that each is aligned; else in the order in which they were added.
 * Errors: as wg_whole_file_commit; WG_ERROR_UNSUPPORTED on a big-endian machine. */
enum wg_status wg_safetensors_write(const struct wg_safetensors *set, const char *path);

/* Reads a file and checks all of it before anything is handed out: NULL with the error set, naming
 * the file, and the tensor where it is about one, and what was expected: it cannot be read
 * (WG_ERROR_FILE); its header is cut short or no JSON, a tensor's type is none of the above, its
 * bytes are not as many as its shape says, out of bounds, overlap or leave gaps, a name occurs
 * twice, the digest is not that of the content (WG_ERROR_FORMAT); WG_ERROR_MEMORY; a library built
 * without cJSON, a big-endian machine (WG_ERROR_UNSUPPORTED). */
struct wg_safetensors *wg_safetensors_read(const char *path);

/* Tensors in the order of the data; NULL past the last, or where there is none of that name. They
 * live as long as the set. Neither sets an error but for a null set. */
const struct wg_stored_tensor *wg_safetensors_at(const struct wg_safetensors *set, int64_t i);
const struct wg_stored_tensor *wg_safetensors_find(const struct wg_safetensors *set,
                                                   const char *name);

/* The metadata's text under a key, or NULL; the i-th key, or NULL past the last. */
const char *wg_safetensors_text(const struct wg_safetensors *set, const char *key);
const char *wg_safetensors_key(const struct wg_safetensors *set, int64_t i);

/* Whether the set was read from a file with a digest, which was right. */
bool wg_safetensors_digested(const struct wg_safetensors *set);

#endif
