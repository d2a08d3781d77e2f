/* The IDX format: two zero bytes, the element type, the number of dimensions, each dimension as a
 * big-endian 32-bit number, then the elements in row-major order, to the end of the file. */
#include <stdlib.h>

#include "base/error.h"
#include "data/dataset.h"
#include "data/source.h"

#define MOST_DIMENSIONS 3
#define UNSIGNED_BYTE 0x08

static const struct {
    unsigned char code;
    const char *name;
} element_types[] = {
    {0x08, "unsigned byte"}, {0x09, "signed byte"}, {0x0b, "short"},
    {0x0c, "int"},           {0x0d, "float"},       {0x0e, "double"},
};

/* The content of an IDX file of unsigned bytes. */
struct idx {
    int dimensions;
    uint64_t shape[MOST_DIMENSIONS];
    uint64_t total;
    uint8_t *data;
};

static const char *element_type_name(unsigned char code) {
    for (size_t i = 0; i < sizeof element_types / sizeof element_types[0]; i++) {
        if (element_types[i].code == code) return element_types[i].name;
    }
    return "unknown";
}

/* Reads exactly `size` bytes of the header. */
static enum wg_status read_header(struct wg_source *source, unsigned char *to, uint64_t size,
                                  uint64_t header) {
    uint64_t got = 0;
    enum wg_status status = wg_source_read(source, to, size, &got);
    if (status != WG_OK || got == size) return status;
    return wg_fail(WG_ERROR_FORMAT, "\"%s\" has %llu bytes; expected an IDX header of %llu bytes",
                   source->path, (unsigned long long)source->found, (unsigned long long)header);
}

static enum wg_status check_magic(const struct wg_source *source, const unsigned char magic[4],
                                  int dimensions) {
    if (magic[0] != 0 || magic[1] != 0 || magic[3] != dimensions) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" begins with the bytes %02x %02x %02x %02x; expected 00 00 08 %02x, "
                       "IDX with %d dimension%s",
                       source->path, magic[0], magic[1], magic[2], magic[3], (unsigned)dimensions,
                       dimensions, dimensions == 1 ? "" : "s");
    }
    if (magic[2] != UNSIGNED_BYTE) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\": element type 0x%02x (%s); expected 0x08 (unsigned byte)",
                       source->path, magic[2], element_type_name(magic[2]));
    }
    return WG_OK;
}

/* Reads the shape, and checks its product against what the file can hold before anyone asks for
 * that much memory. */
static enum wg_status read_shape(struct wg_source *source, struct idx *idx) {
    unsigned char bytes[4 * MOST_DIMENSIONS];
    uint64_t size = 4 * (uint64_t)idx->dimensions, header = 4 + size;
    enum wg_status status = read_header(source, bytes, size, header);
    if (status != WG_OK) return status;
    uint64_t room = source->most > header ? source->most - header : 0;
    idx->total = 1;
    for (int d = 0; d < idx->dimensions; d++) {
        const unsigned char *b = bytes + 4 * d;
        uint64_t length = (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
        if (length == 0) {
            return wg_fail(WG_ERROR_FORMAT, "\"%s\": dimension %d is 0; expected at least 1",
                           source->path, d);
        }
        if (length > INT64_MAX / idx->total) {
            return wg_fail(WG_ERROR_FORMAT,
                           "\"%s\": the product of the dimensions overflows; the file can hold at "
                           "most %llu bytes of data",
                           source->path, (unsigned long long)room);
        }
        idx->shape[d] = length;
        idx->total *= length;
    }
    if (idx->total <= room) return WG_OK;
    return wg_fail(WG_ERROR_FORMAT,
                   "\"%s\": its dimensions ask for %llu bytes of data; the file can hold at most "
                   "%llu: it is cut short or its header is wrong",
                   source->path, (unsigned long long)idx->total, (unsigned long long)room);
}

/* Reads the elements, then on to the end: whatever is left over is counted, and a compressed
 * file's checksum comes last. */
static enum wg_status read_elements(struct wg_source *source, struct idx *idx) {
    uint64_t got = 0, more = 0, header = source->found;
    enum wg_status status = wg_source_read(source, idx->data, idx->total, &got);
    if (status != WG_OK) return status;
    unsigned char rest[4096];
    do {
        status = wg_source_read(source, rest, sizeof rest, &more);
    } while (status == WG_OK && more > 0);
    if (status != WG_OK || source->found == header + idx->total) return status;
    return wg_fail(
        WG_ERROR_FORMAT, "\"%s\": %llu bytes of data after the header; expected %llu: it %s",
        source->path, (unsigned long long)(source->found - header), (unsigned long long)idx->total,
        got < idx->total ? "is cut short" : "has bytes left over");
}

static enum wg_status read_opened(struct wg_source *source, struct idx *idx) {
    unsigned char magic[4];
    enum wg_status status =
        read_header(source, magic, sizeof magic, 4 + 4 * (uint64_t)idx->dimensions);
    if (status == WG_OK) status = check_magic(source, magic, idx->dimensions);
    if (status == WG_OK) status = read_shape(source, idx);
    if (status != WG_OK) return status;
    idx->data = wg_data_allocate("dataset_load_idx", (int64_t)idx->total, 1);
    return idx->data != NULL ? read_elements(source, idx) : WG_ERROR_MEMORY;
}

/* On failure leaves nothing to free. */
static enum wg_status read_idx(const char *path, int dimensions, struct idx *idx) {
    *idx = (struct idx){.dimensions = dimensions};
    struct wg_source source;
    enum wg_status status = wg_source_open(&source, path);
    if (status != WG_OK) return status;
    status = read_opened(&source, idx);
    wg_source_close(&source);
    if (status != WG_OK) {
        free(idx->data);
        idx->data = NULL;
    }
    return status;
}

/* Moves the two files' contents into a data set; frees neither. */
static enum wg_status combine(const struct idx *images, const struct idx *labels,
                              const char *images_path, const char *labels_path,
                              struct wg_dataset *dataset) {
    if (images->shape[0] != labels->shape[0]) {
        return wg_fail(WG_ERROR_FORMAT,
                       "\"%s\" has %llu images but \"%s\" %llu labels; expected as many",
                       images_path, (unsigned long long)images->shape[0], labels_path,
                       (unsigned long long)labels->shape[0]);
    }
    int64_t examples = (int64_t)images->shape[0];
    int32_t *wide = wg_data_allocate("dataset_load_idx", examples, sizeof *wide);
    if (wide == NULL) return WG_ERROR_MEMORY;
    int32_t largest = 0;
    for (int64_t i = 0; i < examples; i++) {
        wide[i] = labels->data[i];
        if (wide[i] > largest) largest = wide[i];
    }
    *dataset = (struct wg_dataset){
        .examples = examples,
        .features = (int64_t)(images->shape[1] * images->shape[2]),
        .classes = largest + 1,
        .label_count = 1,
        .image_rows = (int64_t)images->shape[1],
        .image_columns = (int64_t)images->shape[2],
        .pixels = images->data,
        .labels = wide,
    };
    return WG_OK;
}

enum wg_status wg_dataset_load_idx(const char *images_path, const char *labels_path,
                                   struct wg_dataset *dataset) {
    if (images_path == NULL || labels_path == NULL || dataset == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "dataset_load_idx: a null argument; expected two paths and a data set");
    }
    *dataset = (struct wg_dataset){0};
    struct idx images = {0}, labels = {0};
    enum wg_status status = read_idx(images_path, 3, &images);
    if (status == WG_OK) status = read_idx(labels_path, 1, &labels);
    if (status == WG_OK) status = combine(&images, &labels, images_path, labels_path, dataset);
    if (status != WG_OK) free(images.data);
    free(labels.data);
    return status;
}
