/* IDX files, sound and damaged: every fault is an error that names the file and what is wrong with
 * it, and leaves an empty data set and no memory behind. */
#define _POSIX_C_SOURCE 200809L

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef WENGERT_HAVE_ZLIB
#include <zlib.h>
#endif

#include "support/scratch.h"
#include "wengert/data.h"
#include "wengert/error.h"

#define IMAGES "images-idx3"
#define LABELS "labels-idx1"
#define MOST_BYTES 8192

/* Five images of 3 x 4, pixel k of them all being 4 k, and their labels. */
enum { COUNT = 5, ROWS = 3, COLUMNS = 4, PIXELS = COUNT * ROWS * COLUMNS };
enum { IMAGE_HEADER = 16, LABEL_HEADER = 8 };

struct content {
    unsigned char byte[MOST_BYTES];
    size_t size;
};

/* ---- Files in the test's folder ------------------------------------------------------------ */

static void write_file(const char *name, const struct content *content) {
    FILE *file = fopen(scratch_path(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content->byte, 1, content->size, file), content->size);
    ck_assert_int_eq(fclose(file), 0);
}

static struct content sound_images(int count) {
    struct content c = {
        .byte = {0, 0, 8, 3, 0, 0, 0, (unsigned char)count, 0, 0, 0, ROWS, 0, 0, 0, COLUMNS},
        .size = IMAGE_HEADER + (size_t)count * ROWS * COLUMNS};
    for (size_t k = IMAGE_HEADER; k < c.size; k++) {
        c.byte[k] = (unsigned char)(4 * (k - IMAGE_HEADER));
    }
    return c;
}

static struct content sound_labels(int count) {
    struct content c = {.byte = {0, 0, 8, 1, 0, 0, 0, (unsigned char)count, 3, 0, 2, 9, 1},
                        .size = LABEL_HEADER + (size_t)count};
    return c;
}

static void write_sound_pair(void) {
    struct content images = sound_images(COUNT), labels = sound_labels(COUNT);
    write_file(IMAGES, &images);
    write_file(LABELS, &labels);
}

/* ---- What to expect ----------------------------------------------------------------------- */

static void check_sound(const struct wg_dataset *d) {
    static const int32_t labels[] = {3, 0, 2, 9, 1};
    ck_assert_int_eq(d->examples, COUNT);
    ck_assert_int_eq(d->features, ROWS * COLUMNS);
    ck_assert_int_eq(d->image_rows, ROWS);
    ck_assert_int_eq(d->image_columns, COLUMNS);
    ck_assert_int_eq(d->classes, 10);
    ck_assert_ptr_null(d->x);
    for (int k = 0; k < PIXELS; k++) ck_assert_uint_eq(d->pixels[k], 4u * (unsigned)k);
    ck_assert_mem_eq(d->labels, labels, sizeof labels);
}

/* The load failed with this status, its text has both parts, and the data set is empty. */
static void check_failed(enum wg_status found, enum wg_status status, const char *file,
                         const char *part, const struct wg_dataset *d) {
    ck_assert_msg(found == status, "status %d (%s), expected %d (\"%s\")", (int)found, wg_error(),
                  (int)status, part);
    ck_assert_msg(strstr(wg_error(), file) != NULL, "\"%s\" lacks \"%s\"", wg_error(), file);
    ck_assert_msg(strstr(wg_error(), part) != NULL, "\"%s\" lacks \"%s\"", wg_error(), part);
    ck_assert_int_eq(d->examples, 0);
    ck_assert(d->pixels == NULL && d->x == NULL && d->labels == NULL);
    wg_clear_error();
}

static void expect_failure(const char *images, const char *labels, enum wg_status status,
                           const char *file, const char *part) {
    struct wg_dataset d = {.examples = 77};
    enum wg_status found = wg_dataset_load_idx(scratch_path(images), scratch_path(labels), &d);
    check_failed(found, status, file, part, &d);
}

/* ---- Plain files -------------------------------------------------------------------------- */

START_TEST(a_sound_pair_loads) {
    struct wg_dataset d;
    write_sound_pair();
    ck_assert_msg(wg_dataset_load_idx(scratch_path(IMAGES), scratch_path(LABELS), &d) == WG_OK,
                  "%s", wg_error());
    check_sound(&d);
    wg_dataset_free(&d);
}
END_TEST

/* Damage to one file of the pair: cut or lengthened to `size` (0 leaves it), bytes set. */
static const struct fault {
    const char *file;
    long size; /* -1: as it is */
    int at, length;
    unsigned char set[12];
    const char *part;
} faults[] = {
    {IMAGES, 0, 0, 0, {0}, "has 0 bytes; expected an IDX header of 16 bytes"},
    {IMAGES, 3, 0, 0, {0}, "has 3 bytes; expected an IDX header of 16 bytes"},
    {IMAGES, 15, 0, 0, {0}, "has 15 bytes; expected an IDX header of 16 bytes"},
    {IMAGES, 16, 0, 0, {0}, "ask for 60 bytes of data; the file can hold at most 0"},
    {IMAGES, 75, 0, 0, {0}, "ask for 60 bytes of data; the file can hold at most 59"},
    {IMAGES,
     77,
     0,
     0,
     {0},
     "61 bytes of data after the header; expected 60: it has bytes left over"},
    {IMAGES, 8000, 0, 0, {0}, "7984 bytes of data after the header; expected 60"},
    {IMAGES, -1, 0, 1, {1}, "begins with the bytes 01 00 08 03; expected 00 00 08 03"},
    {IMAGES, -1, 3, 1, {1}, "begins with the bytes 00 00 08 01; expected 00 00 08 03"},
    {IMAGES, -1, 2, 1, {0x0d}, "element type 0x0d (float); expected 0x08 (unsigned byte)"},
    {IMAGES, -1, 2, 1, {0x77}, "element type 0x77 (unknown)"},
    {IMAGES, -1, 4, 4, {0}, "dimension 0 is 0"},
    {IMAGES, -1, 12, 4, {0}, "dimension 2 is 0"},
    {IMAGES, -1, 4, 4, {0x7f, 0xff, 0xff, 0xff}, "ask for 25769803764 bytes of data; the file can"},
    {IMAGES,
     -1,
     4,
     12,
     {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
     "product of the dimensions overflows"},
    {LABELS, 0, 0, 0, {0}, "has 0 bytes; expected an IDX header of 8 bytes"},
    {LABELS, 7, 0, 0, {0}, "has 7 bytes; expected an IDX header of 8 bytes"},
    {LABELS, 12, 0, 0, {0}, "ask for 5 bytes of data; the file can hold at most 4"},
    {LABELS, 14, 0, 0, {0}, "6 bytes of data after the header; expected 5"},
    {LABELS, -1, 3, 1, {3}, "begins with the bytes 00 00 08 03; expected 00 00 08 01"},
    {LABELS, -1, 2, 1, {0x09}, "element type 0x09 (signed byte)"},
    {LABELS, -1, 4, 4, {255, 255, 255, 255}, "ask for 4294967295 bytes of data"},
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

static struct content damaged(const struct fault *fault) {
    struct content c = strcmp(fault->file, IMAGES) == 0 ? sound_images(COUNT) : sound_labels(COUNT);
    if (fault->size >= 0) c.size = (size_t)fault->size;
    memcpy(c.byte + fault->at, fault->set, (size_t)fault->length);
    return c;
}

START_TEST(each_fault_is_named) {
    struct content c = damaged(&faults[_i]);
    write_sound_pair();
    write_file(faults[_i].file, &c);
    expect_failure(IMAGES, LABELS, WG_ERROR_FORMAT, faults[_i].file, faults[_i].part);
}
END_TEST

START_TEST(no_prefix_and_no_flipped_header_bit_loads) {
    static const char *const names[] = {IMAGES, LABELS};
    int tried = 0;
    for (int f = 0; f < 2; f++) {
        struct content sound = f == 0 ? sound_images(COUNT) : sound_labels(COUNT), c = sound;
        write_sound_pair();
        for (c.size = 0; c.size < sound.size; c.size++, tried++) {
            write_file(names[f], &c);
            expect_failure(IMAGES, LABELS, WG_ERROR_FORMAT, names[f], "");
        }
        for (int bit = 0; bit < 8 * (f == 0 ? IMAGE_HEADER : LABEL_HEADER); bit++, tried++) {
            c = sound;
            c.byte[bit / 8] ^= (unsigned char)(1 << bit % 8);
            write_file(names[f], &c);
            expect_failure(IMAGES, LABELS, WG_ERROR_FORMAT, names[f], "");
        }
    }
    ck_assert_int_eq(tried, IMAGE_HEADER + PIXELS + LABEL_HEADER + COUNT +
                                8 * (IMAGE_HEADER + LABEL_HEADER));
}
END_TEST

START_TEST(images_and_labels_must_be_as_many) {
    struct content fewer = sound_labels(COUNT - 1);
    write_sound_pair();
    write_file(LABELS, &fewer);
    expect_failure(IMAGES, LABELS, WG_ERROR_FORMAT, LABELS, "has 5 images but");
    expect_failure(IMAGES, LABELS, WG_ERROR_FORMAT, IMAGES, "4 labels");
}
END_TEST

START_TEST(absent_and_odd_files_are_named) {
    struct wg_dataset d;
    write_sound_pair();
    expect_failure("no-such-file", LABELS, WG_ERROR_FILE, "no-such-file", "No such file");
    expect_failure(IMAGES, "no-such-file", WG_ERROR_FILE, "no-such-file", "No such file");
    expect_failure(".", LABELS, WG_ERROR_FILE, scratch_folder,
                   "is a directory; expected a regular file");
    expect_failure(LABELS, IMAGES, WG_ERROR_FORMAT, LABELS, "IDX with 3 dimensions");
    enum wg_status status = wg_dataset_load_idx("/dev/zero", scratch_path(LABELS), &d);
    check_failed(status, WG_ERROR_FILE, "/dev/zero", "not a regular file", &d);
    ck_assert_int_eq(wg_dataset_load_idx(NULL, scratch_path(LABELS), &d), WG_ERROR_ARGUMENT);
    wg_clear_error();
    ck_assert_int_eq(wg_dataset_load_idx(scratch_path(IMAGES), scratch_path(LABELS), NULL),
                     WG_ERROR_ARGUMENT);
}
END_TEST

/* ---- Directories -------------------------------------------------------------------------- */

static void expect_directory_failure(enum wg_status status, const char *part) {
    struct wg_dataset train = {.examples = 5}, validation = {.examples = 5};
    enum wg_status found = wg_dataset_load_directory(scratch_folder, &train, &validation);
    ck_assert_int_eq(validation.examples, 0);
    check_failed(found, status, scratch_folder, part, &train);
}

START_TEST(a_directory_with_both_pairs) {
    struct content images = sound_images(COUNT), labels = sound_labels(COUNT);
    struct content one_image = sound_images(1), one_label = sound_labels(1);
    struct wg_dataset train, validation;
    write_file("train-images-idx3-ubyte", &images);
    write_file("train-labels-idx1-ubyte", &labels);
    write_file("t10k-images-idx3-ubyte", &one_image);
    write_file("t10k-labels-idx1-ubyte", &one_label);
    ck_assert_msg(wg_dataset_load_directory(scratch_folder, &train, &validation) == WG_OK, "%s",
                  wg_error());
    check_sound(&train);
    ck_assert_int_eq(validation.examples, 1);
    ck_assert_int_eq(validation.classes, 10); /* although its only label is 3 */
    wg_dataset_free(&train);
    wg_dataset_free(&validation);

    one_image.byte[11] = COLUMNS; /* 4 x 3: as many bytes, another shape */
    one_image.byte[15] = ROWS;
    write_file("t10k-images-idx3-ubyte", &one_image);
    expect_directory_failure(WG_ERROR_FORMAT, "training images are 3 x 4, validation images 4 x 3");
}
END_TEST

START_TEST(a_directory_with_one_pair_holds_out_the_last_fifth) {
    static const char *const pairs[][2] = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
                                           {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};
    for (int p = 0; p < 2; p++) {
        struct content images = sound_images(COUNT), labels = sound_labels(COUNT);
        struct wg_dataset train, validation;
        write_file(pairs[p][0], &images);
        write_file(pairs[p][1], &labels);
        ck_assert_int_eq(wg_dataset_load_directory(scratch_folder, &train, &validation), WG_OK);
        ck_assert_int_eq(train.examples, COUNT - 1);
        ck_assert_int_eq(train.labels[3], 9);
        ck_assert_int_eq(validation.examples, 1);
        ck_assert_int_eq(validation.labels[0], 1);
        ck_assert_int_eq(validation.classes, 10);
        ck_assert_uint_eq(validation.pixels[0], 4 * (PIXELS - ROWS * COLUMNS));
        wg_dataset_free(&train);
        wg_dataset_free(&validation);

        unlink(scratch_path(pairs[p][1]));
        expect_directory_failure(WG_ERROR_FILE, pairs[p][1]);
        unlink(scratch_path(pairs[p][0]));
    }
}
END_TEST

START_TEST(a_directory_without_files_names_what_it_looked_for) {
    struct wg_dataset train, validation;
    expect_directory_failure(WG_ERROR_FILE, "train-images-idx3-ubyte");
    expect_directory_failure(WG_ERROR_FILE, "t10k-labels-idx1-ubyte, each plain or ending in .gz");
    enum wg_status status =
        wg_dataset_load_directory(scratch_path("no-such-directory"), &train, &validation);
    check_failed(status, WG_ERROR_FILE, "no-such-directory", "No such file", &train);
    write_sound_pair();
    status = wg_dataset_load_directory(scratch_path(IMAGES), &train, &validation);
    check_failed(status, WG_ERROR_FILE, IMAGES, "is not a directory", &train);
    ck_assert_int_eq(wg_dataset_load_directory(scratch_folder, NULL, &validation),
                     WG_ERROR_ARGUMENT);
}
END_TEST

START_TEST(a_damaged_validation_pair_frees_the_training_pair) {
    struct content images = sound_images(COUNT), labels = sound_labels(COUNT);
    write_file("train-images-idx3-ubyte", &images);
    write_file("train-labels-idx1-ubyte", &labels);
    write_file("t10k-labels-idx1-ubyte", &labels);
    images.size--;
    write_file("t10k-images-idx3-ubyte", &images);
    expect_directory_failure(WG_ERROR_FORMAT, "t10k-images-idx3-ubyte");
}
END_TEST

START_TEST(a_single_example_cannot_be_split) {
    struct content image = sound_images(1), label = sound_labels(1);
    struct wg_dataset train, validation;
    write_file("train-images-idx3-ubyte", &image);
    write_file("train-labels-idx1-ubyte", &label);
    enum wg_status status = wg_dataset_load_directory(scratch_folder, &train, &validation);
    check_failed(status, WG_ERROR_ARGUMENT, "1 examples", "expected 2 examples or more", &train);
}
END_TEST

/* ---- Compressed files --------------------------------------------------------------------- */

#ifdef WENGERT_HAVE_ZLIB

static void write_gzip(const char *name, const struct content *content) {
    gzFile file = gzopen(scratch_path(name), "wb9");
    ck_assert_ptr_nonnull(file);
    if (content->size > 0) {
        ck_assert_int_eq(gzwrite(file, content->byte, (unsigned)content->size), (int)content->size);
    }
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static struct content read_file(const char *name) {
    struct content c;
    FILE *file = fopen(scratch_path(name), "rb");
    ck_assert_ptr_nonnull(file);
    c.size = fread(c.byte, 1, sizeof c.byte, file);
    ck_assert_int_eq(fclose(file), 0);
    return c;
}

static void write_gzip_pair(void) {
    struct content images = sound_images(COUNT), labels = sound_labels(COUNT);
    write_gzip(IMAGES ".gz", &images);
    write_gzip(LABELS ".gz", &labels);
}

START_TEST(compressed_pairs_load) {
    struct wg_dataset d;
    ck_assert(wg_dataset_reads_gzip());
    write_gzip_pair();
    ck_assert_msg(wg_dataset_load_idx(scratch_path(IMAGES ".gz"), scratch_path(LABELS ".gz"), &d) ==
                      WG_OK,
                  "%s", wg_error());
    check_sound(&d);
    wg_dataset_free(&d);

    struct wg_dataset train, validation;
    struct content images = sound_images(COUNT), labels = sound_labels(COUNT);
    write_gzip("t10k-images-idx3-ubyte.gz", &images);
    write_gzip("t10k-labels-idx1-ubyte.gz", &labels);
    ck_assert_int_eq(wg_dataset_load_directory(scratch_folder, &train, &validation), WG_OK);
    ck_assert_int_eq(train.examples + validation.examples, COUNT);
    wg_dataset_free(&train);
    wg_dataset_free(&validation);
}
END_TEST

START_TEST(each_fault_is_found_inside_compression) {
    struct content c = damaged(&faults[_i]);
    char name[64];
    write_gzip_pair();
    snprintf(name, sizeof name, "%s.gz", faults[_i].file);
    write_gzip(name, &c);
    expect_failure(IMAGES ".gz", LABELS ".gz", WG_ERROR_FORMAT, name, "");
}
END_TEST

START_TEST(content_cut_short_before_compression_is_counted) {
    struct content c = sound_images(COUNT);
    c.size -= 7;
    write_gzip_pair();
    write_gzip(IMAGES ".gz", &c);
    expect_failure(IMAGES ".gz", LABELS ".gz", WG_ERROR_FORMAT, IMAGES ".gz",
                   "53 bytes of data after the header; expected 60: it is cut short");
}
END_TEST

START_TEST(no_prefix_of_a_compressed_file_loads) {
    write_gzip_pair();
    struct content sound = read_file(IMAGES ".gz"), c = sound;
    ck_assert_uint_gt(sound.size, 40);
    for (c.size = 0; c.size < sound.size; c.size++) {
        write_file(IMAGES ".gz", &c);
        expect_failure(IMAGES ".gz", LABELS ".gz", WG_ERROR_FORMAT, IMAGES ".gz", "");
    }
    c.size = sound.size - 1; /* all content there, the checksum cut */
    write_file(IMAGES ".gz", &c);
    expect_failure(IMAGES ".gz", LABELS ".gz", WG_ERROR_FORMAT, IMAGES ".gz",
                   "corrupt or cut short");
}
END_TEST

/* Flips of bits that carry no content (the time of day in gzip's header) may load; then the data
 * must be right. */
START_TEST(no_flipped_bit_gives_wrong_data) {
    enum { GZIP_HEADER = 10 };
    write_gzip_pair();
    struct content sound = read_file(IMAGES ".gz");
    size_t failed = 0;
    for (size_t bit = 0; bit < 8 * sound.size; bit++) {
        struct content c = sound;
        struct wg_dataset d;
        c.byte[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_file(IMAGES ".gz", &c);
        enum wg_status status =
            wg_dataset_load_idx(scratch_path(IMAGES ".gz"), scratch_path(LABELS ".gz"), &d);
        if (status == WG_OK) {
            check_sound(&d);
            wg_dataset_free(&d);
        } else {
            check_failed(status, WG_ERROR_FORMAT, IMAGES ".gz", "", &d);
            failed++;
        }
    }
    ck_assert_uint_ge(failed, 8 * (sound.size - GZIP_HEADER) * 9 / 10);
}
END_TEST

#else

START_TEST(compressed_files_are_refused_by_name) {
    static const struct content c = {.byte = {0x1f, 0x8b, 8, 0}, .size = 20};
    ck_assert(!wg_dataset_reads_gzip());
    write_sound_pair();
    write_file(IMAGES ".gz", &c);
    expect_failure(IMAGES ".gz", LABELS, WG_ERROR_UNSUPPORTED, IMAGES ".gz", "without zlib");
    write_file("t10k-images-idx3-ubyte.gz", &c);
    write_file("t10k-labels-idx1-ubyte.gz", &c);
    expect_directory_failure(WG_ERROR_UNSUPPORTED, "gzip-compressed");
}
END_TEST

#endif

int main(void) {
    Suite *suite = suite_create("idx");
    TCase *tests = tcase_create("idx");
    tcase_set_timeout(tests, 120); /* on a busy machine too */
    tcase_add_checked_fixture(tests, scratch_make, scratch_remove);
    tcase_add_test(tests, a_sound_pair_loads);
    tcase_add_loop_test(tests, each_fault_is_named, 0, FAULTS);
    tcase_add_test(tests, no_prefix_and_no_flipped_header_bit_loads);
    tcase_add_test(tests, images_and_labels_must_be_as_many);
    tcase_add_test(tests, absent_and_odd_files_are_named);
    tcase_add_test(tests, a_directory_with_both_pairs);
    tcase_add_test(tests, a_directory_with_one_pair_holds_out_the_last_fifth);
    tcase_add_test(tests, a_directory_without_files_names_what_it_looked_for);
    tcase_add_test(tests, a_damaged_validation_pair_frees_the_training_pair);
    tcase_add_test(tests, a_single_example_cannot_be_split);
#ifdef WENGERT_HAVE_ZLIB
    tcase_add_test(tests, compressed_pairs_load);
    tcase_add_loop_test(tests, each_fault_is_found_inside_compression, 0, FAULTS);
    tcase_add_test(tests, content_cut_short_before_compression_is_counted);
    tcase_add_test(tests, no_prefix_of_a_compressed_file_loads);
    tcase_add_test(tests, no_flipped_bit_gives_wrong_data);
#else
    tcase_add_test(tests, compressed_files_are_refused_by_name);
#endif
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
