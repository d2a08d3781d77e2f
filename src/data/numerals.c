/* Generated images: numerals of seven segments. */
#include "base/error.h"
#include "data/dataset.h"
#include "wengert/random.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, CLASSES = 10, SEGMENTS = 7, MOST_EXAMPLES = 10000000 };

/* Bit s: segment s is lit.
 *      0
 *    5   1
 *      6
 *    4   2
 *      3          */
static const unsigned char lit[CLASSES] = {0x3f, 0x06, 0x5b, 0x4f, 0x66,
                                           0x6d, 0x7d, 0x07, 0x7f, 0x6f};

/* Where a segment lies in a box of 1 by 2: its ends. */
static const struct {
    int x0, y0, x1, y1;
} segment[SEGMENTS] = {{0, 0, 1, 0}, {1, 0, 1, 1}, {1, 1, 1, 2}, {0, 2, 1, 2},
                       {0, 1, 0, 2}, {0, 0, 0, 1}, {0, 1, 1, 1}};

static int64_t between(struct wg_random *r, int64_t least, int64_t most) {
    return least + (int64_t)wg_random_below(r, (uint64_t)(most - least + 1));
}

/* One numeral: somewhere, of some width, height, thickness, slant and brightness. */
static void draw(struct wg_random *r, uint8_t *pixels, int32_t numeral) {
    const int64_t width = between(r, 8, 11), half = between(r, 7, 9), thick = between(r, 2, 3);
    const int64_t left = (SIDE - width - thick) / 2 + between(r, -3, 3);
    const int64_t top = (SIDE - 2 * half - thick) / 2 + between(r, -2, 2);
    const int64_t slant = between(r, -2, 2);
    for (int s = 0; s < SEGMENTS; s++) {
        const uint8_t ink = (uint8_t)between(r, 150, 255);
        if (!(lit[numeral] >> s & 1)) continue;
        for (int64_t y = segment[s].y0 * half; y < segment[s].y1 * half + thick; y++) {
            const int64_t shift = slant * (half - y) / half; /* the upper part leans */
            for (int64_t x = segment[s].x0 * width; x < segment[s].x1 * width + thick; x++) {
                const int64_t column = left + x + shift;
                if (column >= 0 && column < SIDE) pixels[(top + y) * SIDE + column] = ink;
            }
        }
    }
}

static void spoil(struct wg_random *r, uint8_t *pixels, double noise) {
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double moved = pixels[i] + noise * wg_random_uniform(r, -255, 255);
        pixels[i] = (uint8_t)(moved < 0 ? 0 : moved > 255 ? 255 : moved);
    }
}

enum wg_status wg_dataset_numerals(int64_t examples, double noise, uint64_t seed,
                                   struct wg_dataset *dataset) {
    static const char function[] = "wg_dataset_numerals";
    if (!dataset) return wg_fail(WG_ERROR_ARGUMENT, "%s: the data set is NULL", function);
    *dataset = (struct wg_dataset){0};
    if (examples < CLASSES || examples > MOST_EXAMPLES || !(noise >= 0 && noise <= 1))
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: %lld examples with noise %g; expected %d to %d, and 0 to 1", function,
                       (long long)examples, noise, CLASSES, MOST_EXAMPLES);
    uint8_t *pixels = wg_data_allocate(function, examples * SIDE * SIDE, sizeof *pixels);
    int32_t *labels = pixels ? wg_data_allocate(function, examples, sizeof *labels) : NULL;
    if (!labels) {
        free(pixels);
        return WG_ERROR_MEMORY;
    }
    memset(pixels, 0, (size_t)(examples * SIDE * SIDE));
    for (int64_t i = 0; i < examples;
         i++) { /* a stream each: the first are the same of any number */
        struct wg_random random = wg_random_make(seed, WG_STREAM_DATA + 1 + (uint64_t)i);
        labels[i] = (int32_t)(i % CLASSES);
        draw(&random, pixels + i * SIDE * SIDE, labels[i]);
        spoil(&random, pixels + i * SIDE * SIDE, noise);
    }
    *dataset = (struct wg_dataset){.examples = examples,
                                   .features = SIDE * SIDE,
                                   .classes = CLASSES,
                                   .image_rows = SIDE,
                                   .image_columns = SIDE,
                                   .pixels = pixels,
                                   .labels = labels,
                                   .label_count = 1};
    return WG_OK;
}
