/* The safetensors reader on arbitrary bytes: their first one says whether they are the whole file,
 * or a header and data that the length is put before. What is read is sound, and the same again
 * when it has been written; else there is an error with a text. */
#define _GNU_SOURCE
#include "io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The sum is there so that every byte of every tensor is looked at. */
static unsigned check_sound(const struct wg_safetensors *set) {
    unsigned sum = 0;
    const struct wg_stored_tensor *t;
    for (int64_t i = 0; (t = wg_safetensors_at(set, i)) != NULL; i++) {
        if (!t->name || !t->data || (uintptr_t)t->data % 64 || t->size != wg_shape_size(t->shape))
            abort();
        const unsigned char *bytes = t->data;
        for (size_t k = 0; k < (size_t)t->size * wg_stored_size(t->type); k++) sum += bytes[k];
        if (wg_safetensors_find(set, t->name) != t) abort();
    }
    return sum;
}

static struct wg_safetensors *read_it(const char *path) {
    struct wg_safetensors *set = wg_safetensors_read(path);
    if (!set && (wg_error_status() == WG_OK || !wg_error()[0])) abort();
    if (set && wg_error_status() != WG_OK) abort();
    wg_clear_error();
    return set;
}

static void again(const struct wg_safetensors *set, unsigned sum) {
    char path[] = "/tmp/fuzz-safetensors-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0) abort();
    close(file);
    if (wg_safetensors_write(set, path) != WG_OK) abort();
    struct wg_safetensors *other = read_it(path);
    if (!other || !wg_safetensors_digested(other) || check_sound(other) != sum) abort();
    wg_safetensors_free(other);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    char path[64];
    const int file = memfd_create("safetensors", 0);
    if (file < 0) abort();
    size_t skip = 1;
    if (bytes[0] % 4) { /* most are spared the guess */
        const uint8_t *end = memchr(bytes + 2, '\n', size - 2);
        const size_t header = end ? (size_t)(end - bytes - 2) : size - 2;
        const uint8_t length[8] = {(uint8_t)header, (uint8_t)(header >> 8)};
        if (write(file, length, sizeof length) != 8) abort();
        skip = 2;
        if (end) {
            if (write(file, bytes + 2, header) != (ssize_t)header) abort();
            skip = (size_t)(end - bytes) + 1;
        }
    }
    if (write(file, bytes + skip, size - skip) != (ssize_t)(size - skip)) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct wg_safetensors *set = read_it(path);
    if (set) {
        const unsigned sum = check_sound(set);
        if (sum % 8 == 0) again(set, sum); /* files on the disk are slow */
    }
    wg_safetensors_free(set);
    close(file);
    return 0;
}
