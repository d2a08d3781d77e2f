/* Data sets: labelled examples in memory, from files or generated; batches; splits.
 *
 *     struct wg_dataset train = {0}, validation = {0};
 *     if (wg_dataset_load_directory("mnist", &train, &validation) == WG_OK) {
 *         ... wg_dataset_batch(&train, order + start, 32, x, labels) ...
 *     }
 *     wg_dataset_free(&train);
 *     wg_dataset_free(&validation);
 *
 * Every function that makes a data set leaves it empty (all zeros) when it fails, so that freeing
 * it is always right; it does not free what the struct held before.
 */
#ifndef WENGERT_DATA_H
#define WENGERT_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "wengert/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A data set --------------------------------------------------------------------------- */

/* `examples` rows of `features` values, each row with a label in [0, classes).
 * The values are either floats or, for images, bytes, which take a quarter of the memory and are
 * scaled to [0, 1] when a batch is gathered: exactly one of `x` and `pixels` is not null. */
struct wg_dataset {
    int64_t examples;
    int64_t features;                  /* a row's length; image_rows * image_columns for images */
    int64_t classes;                   /* the labels' largest possible value, plus one */
    int64_t image_rows, image_columns; /* 0 and 0 where examples are not images */
    float *x;                          /* (examples, features), row-major, or null */
    uint8_t *pixels;                   /* (examples, features), row-major, or null */
    int32_t *labels;                   /* (examples) */
};

/* Releases the arrays and empties the struct. An empty or null data set is fine. */
void wg_dataset_free(struct wg_dataset *dataset);

/* Gathers the examples index[0 .. count) in that order: their values into x (count, features),
 * bytes as byte / 255, and their labels into labels (count). Either output may be null when it is
 * not wanted. An example may occur more than once.
 * Errors, with nothing written: an index outside [0, examples), count < 0, a null index array with
 * count > 0, an empty data set. */
enum wg_status wg_dataset_batch(const struct wg_dataset *dataset, const int64_t *index,
                                int64_t count, float *x, int32_t *labels);

/* A data set of its own with copies of the examples index[0 .. count), count >= 1, in that order;
 * `classes` and the image size stay those of the source. Errors as wg_dataset_batch's, and memory.
 */
enum wg_status wg_dataset_take(const struct wg_dataset *dataset, const int64_t *index,
                               int64_t count, struct wg_dataset *taken);

/* ---- Splits ------------------------------------------------------------------------------- */

/* A split is an order of all examples, and where in it the validation part begins: train on
 * order[0 .. *train), validate on order[*train .. examples). The validation part has
 * floor(examples * fraction) examples, but at least 1, and leaves at least 1 for training.
 * Errors: examples < 2, fraction not in (0, 1), a null pointer. */

/* In a random order drawn from `seed` (stream WG_STREAM_SPLIT). */
enum wg_status wg_dataset_split_shuffled(int64_t examples, double fraction, uint64_t seed,
                                         int64_t *order, int64_t *train);

/* In the given order: the last `fraction` is held out, as Keras's validation_split does. */
enum wg_status wg_dataset_split_last(int64_t examples, double fraction, int64_t *order,
                                     int64_t *train);

/* ---- Generated sets ----------------------------------------------------------------------- */

/* Streams of random numbers (see wengert/random.h) that this header's functions draw from. */
#define WG_STREAM_DATA (UINT64_C(1) << 32)
#define WG_STREAM_SPLIT (UINT64_C(2) << 32)

/* Points in the plane in two classes, `examples` of them in a random order; two features, x and y.
 * The first four follow TensorFlow Playground's definitions, `moons` scikit-learn's make_moons.
 * Sets made class by class have ceil(examples / 2) of the class named first.
 *
 *   xor     x and y uniform in [-5, 5], then moved 0.3 away from the axes. Class 1 where x y >= 0,
 *           judged after each of x and y is moved by noise * uniform(-5, 5): the point itself
 *           stays, so noise is in the labels.
 *   circle  Class 1: a disc, radius uniform(0, 2.5); class 0: a ring, radius uniform(3.5, 5); the
 *           angle is uniform. The label, too, is judged after a move by noise * uniform(-5, 5):
 *           class 1 where the moved point is less than 2.5 from the origin.
 *   gauss   Class 1 around (2, 2), class 0 around (-2, -2), normal with variance 0.5 + 7 noise in
 *           each coordinate (0.5 to 4 over Playground's range of noise, 0 to 0.5).
 *   moons   Class 0: the upper half of the unit circle; class 1: the lower half, moved by
 *           (1, 0.5); points equally spaced, both ends included. Normal noise of standard
 *           deviation `noise` on each coordinate.
 *   spiral  Point i of n of a class: radius r = 5 i / n, angle t = 3.5 pi i / n (class 1) or that
 *           plus pi (class 0), at (r sin t, r cos t), each coordinate plus noise * uniform(-1, 1).
 *
 * noise is in [0, 1]. The same arguments give the same bits on every machine.
 * Errors: a name not among these (the text lists them), examples not in [2, 10^8], noise outside
 * its range, memory. */
enum wg_status wg_dataset_generate(const char *name, int64_t examples, double noise, uint64_t seed,
                                   struct wg_dataset *dataset);

/* The names that wg_dataset_generate knows, in alphabetical order, ended by NULL. */
const char *const *wg_dataset_names(void);

/* ---- IDX files (MNIST and its kin) -------------------------------------------------------- */

/* Reads a file of images (magic 00 00 08 03: bytes in three dimensions) and one of their labels
 * (00 00 08 01), each plain or, where the library was built with zlib, gzip-compressed. The pixels
 * stay bytes; classes is the largest label plus one. Format: Yann LeCun, Corinna Cortes and
 * Christopher Burges, "The MNIST database of handwritten digits".
 *
 * Errors, each naming the file: it cannot be read (WG_ERROR_FILE); wrong magic or element type, a
 * dimension of zero, dimensions that the file cannot hold (found before memory is asked for), data
 * missing or left over (with the byte counts expected and found), corrupt gzip data, images and
 * labels in different numbers (WG_ERROR_FORMAT); gzip without zlib (WG_ERROR_UNSUPPORTED);
 * WG_ERROR_MEMORY. */
enum wg_status wg_dataset_load_idx(const char *images_path, const char *labels_path,
                                   struct wg_dataset *dataset);

/* Reads a directory of MNIST's layout: `train-images-idx3-ubyte` with `train-labels-idx1-ubyte`
 * for training, `t10k-images-idx3-ubyte` with `t10k-labels-idx1-ubyte` for validation; each plain
 * or ending in `.gz`, plain being preferred. Where one of the pairs is absent, the last fifth of
 * the other is the validation part (wg_dataset_split_last). Both results have the same `classes`.
 * Errors: as wg_dataset_load_idx; neither pair, or half of one, in the directory (the text names
 * the files looked for); the pairs' images of different sizes. */
enum wg_status wg_dataset_load_directory(const char *directory, struct wg_dataset *train,
                                         struct wg_dataset *validation);

/* Whether gzip-compressed files can be read, that is, whether the library was built with zlib. */
bool wg_dataset_reads_gzip(void);

#ifdef __cplusplus
}
#endif

#endif
