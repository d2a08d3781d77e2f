/* The fingerprint of a parameter set: XXH3-128 (Collet, xxHash). */
#include "nn/params.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Numbers go in as little-endian bytes, whatever the machine. */
static void add_number(XXH3_state_t *state, uint64_t number, size_t bytes) {
    unsigned char little[8];
    for (size_t i = 0; i < bytes; i++) little[i] = (unsigned char)(number >> (8 * i));
    XXH3_128bits_update(state, little, bytes);
}

static void add_text(XXH3_state_t *state, const char *text) {
    add_number(state, strlen(text), 8);
    XXH3_128bits_update(state, text, strlen(text));
}

static void add_values(XXH3_state_t *state, const struct wg_tensor *t) {
    const size_t bytes = wg_dtype_size(t->dtype);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    XXH3_128bits_update(state, t->data, (size_t)t->size * bytes);
#else
    for (int64_t i = 0; i < t->size; i++) {
        uint64_t bits = 0;
        uint32_t narrow;
        if (bytes == 4) {
            memcpy(&narrow, (const char *)t->data + (size_t)i * 4, 4);
            bits = narrow;
        } else {
            memcpy(&bits, (const char *)t->data + (size_t)i * 8, 8);
        }
        add_number(state, bits, bytes);
    }
#endif
}

struct wg_fingerprint wg_params_fingerprint(const wg_params *params) {
    struct wg_fingerprint fingerprint = {{0}};
    if (!params) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_params_fingerprint: the set is NULL");
        return fingerprint;
    }
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset(&state);
    for (int i = 0; i < params->count; i++) {
        const struct wg_tensor value = wg_param_value(params, i);
        add_text(&state, params->param[i].name);
        add_text(&state, wg_dtype_name(value.dtype));
        add_number(&state, (uint64_t)value.shape.rank, 8);
        for (int d = 0; d < value.shape.rank; d++)
            add_number(&state, (uint64_t)value.shape.dim[d], 8);
        add_values(&state, &value);
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(&state);
    snprintf(fingerprint.hex, sizeof fingerprint.hex, "%016" PRIx64 "%016" PRIx64,
             (uint64_t)hash.high64, (uint64_t)hash.low64);
    return fingerprint;
}
