/* The fingerprint of a parameter set: XXH3-128 (Collet, xxHash). */
#include "nn/params.h"

#include "base/error.h"

#include <inttypes.h>
#include <math.h>
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

/* The bits of one element. What a NaN carries besides differs between instruction sets, so every
 * NaN counts as one. */
static uint64_t bits_of(const struct wg_tensor *t, int64_t i) {
    const uint64_t nan_f32 = 0x7fc00000, nan_f64 = UINT64_C(0x7ff8000000000000);
    uint64_t bits;
    uint32_t narrow;
    if (t->dtype == WG_F32) {
        const float value = ((const float *)t->data)[i];
        memcpy(&narrow, &value, sizeof narrow);
        return isnan(value) ? nan_f32 : narrow;
    }
    const double value = ((const double *)t->data)[i];
    memcpy(&bits, &value, sizeof bits);
    return isnan(value) ? nan_f64 : bits;
}

static void add_values(XXH3_state_t *state, const struct wg_tensor *t) {
    enum { ELEMENTS = 512 };
    unsigned char little[8 * ELEMENTS];
    const size_t bytes = wg_dtype_size(t->dtype);
    for (int64_t start = 0; start < t->size; start += ELEMENTS) {
        size_t length = 0;
        for (int64_t i = start; i < t->size && i < start + ELEMENTS; i++) {
            const uint64_t bits = bits_of(t, i);
            for (size_t b = 0; b < bytes; b++) little[length++] = (unsigned char)(bits >> (8 * b));
        }
        XXH3_128bits_update(state, little, length);
    }
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
