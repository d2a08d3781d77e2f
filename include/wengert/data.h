/* Data sets: examples and their targets in memory, from files, generated or your own arrays;
 * batches; splits; standardization.
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
#include "wengert/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- A data set --------------------------------------------------------------------------- */

/* `examples` rows of `features` inputs each, and what is to be predicted from each row.
 *
 * Inputs are one of three, the other two being null:
 *   x       floats;
 *   pixels  bytes, which take a quarter of the memory and are scaled to [0, 1] when gathered;
 *   tokens  int32, indices into a vocabulary, for sequences.
 * Targets are one of two, or, where nothing is to be predicted, neither:
 *   labels   int32 in [0, classes): `label_count` for each example, 1 for a class (0 is read as 1),
 *            as many as there are steps for a sequence;
 *   targets  floats, `outputs` for each example: regression, several yes-or-no answers, soft
 * classes. A view uses arrays that are somebody else's: freeing it leaves them alone, and nothing
 * writes to them. Names are those of a file's columns; each list has as many as it names, then
 * NULL. */
struct wg_dataset {
    int64_t examples;
    int64_t features;                  /* a row's length; image_rows * image_columns for images */
    int64_t classes;                   /* the labels' largest possible value, plus one, or 0 */
    int64_t image_rows, image_columns; /* 0 and 0 where examples are not images */
    float *x;                          /* (examples, features), row-major, or null */
    uint8_t *pixels;                   /* (examples, features), row-major, or null */
    int32_t *labels;                   /* (examples, label_count), or null */
    int64_t label_count;
    int32_t *tokens;      /* (examples, features), or null */
    int64_t vocabulary;   /* tokens are in [0, vocabulary); 0 without tokens */
    float *targets;       /* (examples, outputs), or null */
    int64_t outputs;      /* 0 without targets */
    char **feature_names; /* or null; `features` of them, as the two below are one and `classes` */
    char **target_name;
    char **class_names;
    bool view;
};

/* Releases what the set owns and empties the struct. An empty or null data set is fine. */
void wg_dataset_free(struct wg_dataset *dataset);

/* Views of your own arrays, which must outlive them: x (examples, features) with targets (examples,
 * outputs), which may be null with outputs 0, or with a label of [0, classes) for each example. Any
 * other combination is a struct that you fill in yourself, with `view` set.
 * Errors, with an empty set returned: a null array, sizes below 1 or whose product overflows, a
 * label outside its range (the text names the example). */
struct wg_dataset wg_dataset_of(int64_t examples, int64_t features, const float *x, int64_t outputs,
                                const float *targets);
struct wg_dataset wg_dataset_of_classes(int64_t examples, int64_t features, const float *x,
                                        int64_t classes, const int32_t *labels);

/* A view of sequences: tokens (examples, steps) of [0, vocabulary), with label_count labels for
 * each example: 1 for the sequence as a whole, `steps` for one a step. Errors as above, tokens
 * included.
 */
struct wg_dataset wg_dataset_of_tokens(int64_t examples, int64_t steps, const int32_t *tokens,
                                       int64_t vocabulary, int64_t label_count,
                                       const int32_t *labels, int64_t classes);

/* Checks a set that you filled in: one kind of inputs, at most one of targets, sizes that fit, and
 * every label and token in its range. WG_OK or the error. */
enum wg_status wg_dataset_check(const struct wg_dataset *dataset);

/* Gathers the examples index[0 .. count) in that order: their values into x (count, features),
 * bytes as byte / 255, and their labels into labels (count, label_count). Either output may be null
 * when it is not wanted. An example may occur more than once.
 * Errors, with nothing written: an index outside [0, examples), count < 0, a null index array with
 * count > 0, an empty data set; x asked of a set of tokens, labels of a set without
 * (WG_ERROR_DTYPE). */
enum wg_status wg_dataset_batch(const struct wg_dataset *dataset, const int64_t *index,
                                int64_t count, float *x, int32_t *labels);

/* The same for one output of a dtype of your choice. Inputs (count, features): floats and bytes, as
 * byte / 255, in WG_F32 or WG_F64; tokens in WG_I32. Targets (count, outputs) in WG_F32 or WG_F64;
 * labels (count, label_count) in WG_I32 or, as whole numbers, in WG_F32 or WG_F64.
 * Errors as above, and another dtype (WG_ERROR_DTYPE). */
enum wg_status wg_dataset_gather_inputs(const struct wg_dataset *dataset, const int64_t *index,
                                        int64_t count, enum wg_dtype dtype, void *inputs);
enum wg_status wg_dataset_gather_targets(const struct wg_dataset *dataset, const int64_t *index,
                                         int64_t count, enum wg_dtype dtype, void *targets);

/* A data set of its own with copies of the examples index[0 .. count), count >= 1, in that order;
 * `classes`, names and the image size stay those of the source; the copy of a view is no view.
 * Errors as wg_dataset_batch's, and memory. */
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

/* Images of 28 x 28 bytes: numerals of seven segments, 0 to 9 in turn, each somewhere else, of
 * another size, slant and brightness; every pixel is moved by noise * uniform(-255, 255). A
 * stand-in for handwritten digits where there are none. The same arguments give the same bits.
 * Errors: examples not in [10, 10^7], noise not in [0, 1], memory. */
enum wg_status wg_dataset_numerals(int64_t examples, double noise, uint64_t seed,
                                   struct wg_dataset *dataset);

/* ---- Standardization ---------------------------------------------------------------------- */

/* What a set's features are moved and scaled by: plain arrays, to be kept with the model. */
struct wg_standardization {
    int64_t features;
    double *mean, *deviation; /* (features); a deviation of 0 marks a constant feature */
};

/* Measures mean and standard deviation (of the population: divided by the number of examples) of
 * each feature, in double. Measure the training part and apply the result to every other.
 * Errors: an empty set, one whose inputs are not floats (WG_ERROR_DTYPE), a feature that is not
 * finite throughout (the text names it), memory. On failure the result is empty. */
enum wg_status wg_dataset_measure(const struct wg_dataset *dataset,
                                  struct wg_standardization *measured);

/* x := (x - mean) / deviation, and 0 for features that were constant when measured.
 * Errors, with nothing changed: as above, another number of features (WG_ERROR_SHAPE), a view
 * (WG_ERROR_STATE: its arrays are not the set's to change; wg_dataset_take copies). */
enum wg_status wg_dataset_standardize(struct wg_dataset *dataset,
                                      const struct wg_standardization *by);

/* Releases the arrays and empties the struct. Empty or null is fine. */
void wg_standardization_free(struct wg_standardization *standardization);

/* ---- CSV files ---------------------------------------------------------------------------- */

enum wg_csv_header {
    WG_CSV_HEADER_AUTO = 0, /* a first row with text where features are is one; so is a first row
                             * whose label alone is text where the second row's is a number */
    WG_CSV_HEADER_YES,
    WG_CSV_HEADER_NO,
};

enum wg_csv_labels {
    WG_CSV_LABELS_AUTO = 0, /* numbers where every label is one, classes otherwise */
    WG_CSV_LABELS_NUMBERS,  /* float targets: regression */
    WG_CSV_LABELS_CLASSES,  /* classes, sorted by number where all are numbers, else by name */
    WG_CSV_LABELS_NONE,     /* every column is a feature */
    WG_CSV_LABELS_IGNORED,  /* with `like`: the label's column, where there is one more column than
                             * `like` has features, is left unread, else as NONE: for predictions */
};

/* Zeros are the defaults. */
struct wg_csv_options {
    enum wg_csv_header header;
    enum wg_csv_labels labels;
    const char *label;    /* the label's column, by name or number from 1; null: the last */
    char delimiter;       /* ',', ';', '\t' or '|'; 0: the commonest in the first row */
    int64_t most_classes; /* more are an error; 0: 1000 */
    int64_t most_bytes;   /* a larger file is an error; 0: 2^32 */
    const struct wg_dataset *like; /* the set that this one goes with: same columns, its classes */
};

/* Reads a file of comma-separated values (RFC 4180: quoted fields may hold delimiters, line ends
 * and doubled quotes), plain or gzip-compressed: features are numbers, with a decimal point
 * whatever the locale, rounded to float; one column is the label. Byte order mark, CRLF, empty
 * lines and blanks around cells are taken in stride. Column and class names are kept in the set;
 * for a class that is a number, the name is its text. `options` may be null.
 *
 * A validation or test file is read with `like` naming the training set, so that its classes have
 * the same indices and a class or column that the training set does not know is an error.
 *
 * Errors, each naming the file and, where there is one, line, column, the text found and what was
 * expected: it cannot be read (WG_ERROR_FILE); no rows, rows of different lengths, text where a
 * number should be, a missing value, a number that is not finite as a float, no such label column
 * (the text lists the columns), too many classes, a NUL byte, a quote that is not closed, more
 * bytes than allowed, columns or classes unlike those of `like` (WG_ERROR_FORMAT); options outside
 * their range (WG_ERROR_ARGUMENT); WG_ERROR_MEMORY. */
enum wg_status wg_dataset_load_csv(const char *path, const struct wg_csv_options *options,
                                   struct wg_dataset *dataset);

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

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
