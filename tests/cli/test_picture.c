/* The program's pictures: what they show, and that a file is written whole or not at all. */
#define _XOPEN_SOURCE 700

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef WENGERT_HAVE_PNG
#include <png.h>
#endif

#include "picture.h"
#include "support/scratch.h"

#define MOST_TEXT (1 << 20)
#define WIDTH 600

static struct text_error error;

static void make_folder(void) {
    scratch_make();
    error.text[0] = '\0';
}

static const char *read_text(const char *name) {
    static char text[MOST_TEXT];
    FILE *file = fopen(scratch_path(name), "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch_path(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static int count(const char *text, const char *part) {
    int found = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) found++;
    return found;
}

static void expect_error(const char *part) {
    ck_assert_msg(strstr(error.text, part) != NULL, "\"%s\" lacks \"%s\"", error.text, part);
    error.text[0] = '\0';
}

/* ---- Whole files -------------------------------------------------------------------------- */

static bool write_whole(const char *path, const char *text) {
    struct whole_file file;
    if (!whole_file_open(&file, path, &error)) return false;
    fputs(text, file.stream);
    return whole_file_commit(&file, &error);
}

START_TEST(a_file_appears_only_when_complete) {
    struct whole_file file;
    write_text("a", "old");
    ck_assert_int_eq(chmod(scratch_path("a"), 0640), 0);
    ck_assert(whole_file_open(&file, scratch_path("a"), &error));
    fputs("new", file.stream);
    fflush(file.stream);
    ck_assert_str_eq(read_text("a"), "old");
    ck_assert_int_eq(scratch_found(), 2);
    ck_assert(whole_file_commit(&file, &error));
    ck_assert_str_eq(read_text("a"), "new");
    ck_assert_int_eq(scratch_found(), 1);
    struct stat info;
    ck_assert_int_eq(stat(scratch_path("a"), &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(an_abandoned_file_leaves_the_old_one) {
    struct whole_file file;
    write_text("a", "old");
    ck_assert(whole_file_open(&file, scratch_path("a"), &error));
    fputs("new", file.stream);
    whole_file_abandon(&file);
    ck_assert_str_eq(read_text("a"), "old");
    ck_assert_int_eq(scratch_found(), 1);
}
END_TEST

START_TEST(a_link_stays_a_link) {
    struct stat info;
    write_text("a", "old");
    ck_assert_int_eq(symlink(scratch_path("a"), scratch_path("link")), 0);
    ck_assert_msg(write_whole(scratch_path("link"), "new"), "%s", error.text);
    ck_assert_str_eq(read_text("a"), "new");
    ck_assert_int_eq(lstat(scratch_path("link"), &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
}
END_TEST

START_TEST(failures_are_named_and_leave_nothing) {
    ck_assert(!write_whole(scratch_path("no-such-directory/a"), "x"));
    expect_error("no-such-directory/a\": No such file or directory");
    ck_assert(!write_whole(scratch_folder, "x"));
    expect_error("Is a directory");
    ck_assert(!write_whole("", "x"));
    expect_error("cannot write \"\"");
    ck_assert_int_eq(scratch_found(), 0);
}
END_TEST

/* More than any buffer holds, so that the failure comes of a write long before the end, and little,
 * so that it comes at the end. */
START_TEST(a_full_device_is_an_error) {
    static char long_text[100000];
    struct stat before, after;
    if (stat("/dev/full", &before) != 0) return; /* Linux has one */
    memset(long_text, 'x', sizeof long_text - 1);
    ck_assert(!write_whole("/dev/full", "x"));
    expect_error("\"/dev/full\": No space left on device");
    ck_assert(!write_whole("/dev/full", long_text));
    expect_error("\"/dev/full\": No space left on device");
    ck_assert_int_eq(stat("/dev/full", &after), 0);
    ck_assert(S_ISCHR(after.st_mode) && after.st_ino == before.st_ino); /* not replaced */
}
END_TEST

/* Runs with files limited to `bytes`, as a full disk would. */
static void limit_files(rlim_t bytes, struct rlimit *old) {
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, old), 0);
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = old->rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static const double falling[] = {0.9, 0.5, 0.4, 0.2};

START_TEST(a_picture_that_does_not_fit_leaves_the_old_file) {
    struct loss_picture picture = {"t", 4, falling, NULL};
    struct rlimit old;
    write_text("a", "old");
    limit_files(1000, &old);
    bool written = write_loss_svg(scratch_path("a"), &picture, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert(!written);
    expect_error("File too large");
    ck_assert_str_eq(read_text("a"), "old");
    ck_assert_int_eq(scratch_found(), 1);
}
END_TEST

/* ---- The loss ----------------------------------------------------------------------------- */

static const char *draw_loss(const char *title, int64_t epochs, const double *training,
                             const double *validation) {
    struct loss_picture picture = {title, epochs, training, validation};
    ck_assert_msg(write_loss_svg(scratch_path("a"), &picture, &error), "%s", error.text);
    const char *text = read_text("a");
    /* complete, and no value that is not a number reached a coordinate */
    ck_assert_int_eq(count(text, "</svg>\n"), 1);
    ck_assert_int_eq(count(text, "=\"nan"), 0);
    ck_assert_int_eq(count(text, "inf\""), 0);
    ck_assert_int_eq(count(text, "<text"), count(text, "</text>"));
    return text;
}

START_TEST(losses_are_drawn_and_named) {
    static const double validation[] = {0.8, 0.6, 0.3, 0.35};
    const char *text = draw_loss("a < b & \xc3\xa9 \xff\x01", 4, falling, validation);
    ck_assert_int_eq(count(text, "a &lt; b &amp; \xc3\xa9 ??"), 1);
    ck_assert_int_eq(count(text, ">training <"), 1);
    ck_assert_int_eq(count(text, ">validation <"), 1);
    ck_assert_int_eq(count(text, "0.3, epoch 3"), 1);
    ck_assert_int_eq(count(text, ">0.2</text>"), 1); /* a round tick */
    ck_assert_int_eq(count(text, "logarithmic"), 0);
    /* epoch 1 on the left edge, epoch 4 on the right one, falling: y grows downwards */
    double y[4];
    const char *line = strstr(text, "linecap=\"round\" d=\"M86.00 ");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(sscanf(line, "linecap=\"round\" d=\"M86.00 %lfL%*f %lfL%*f %lfL732.00 %lf\"",
                            y, y + 1, y + 2, y + 3),
                     4);
    for (int i = 1; i < 4; i++) ck_assert(y[i] > y[i - 1]);
    ck_assert(fabs((y[1] - y[0]) / (y[3] - y[2]) - 2) < 0.01); /* 0.4 to 0.2, to a hundredth */
}
END_TEST

START_TEST(a_wide_range_gets_a_logarithmic_scale) {
    static const double wide[] = {100, 1, 0.01, 1e-4, 1e-6};
    const char *text = draw_loss("", 5, wide, NULL);
    ck_assert_int_eq(count(text, "(logarithmic scale)"), 1);
    ck_assert_int_eq(count(text, ">0.001</text>") + count(text, ">0.01</text>"), 1);
    static const double with_zero[] = {100, 1, 0};
    ck_assert_int_eq(count(draw_loss("", 3, with_zero, NULL), "logarithmic"), 0);
}
END_TEST

START_TEST(values_that_are_not_finite_leave_gaps) {
    static const double gaps[] = {1, 0.9, NAN, 0.7, INFINITY, 0.6, 0.5, -INFINITY};
    const char *text = draw_loss("", 8, gaps, NULL);
    ck_assert_int_eq(count(text, "3 values are not finite"), 1);
    ck_assert_int_eq(count(text, "<circle"), 1); /* 0.7 stands alone */
    static const double nothing[] = {NAN, INFINITY};
    ck_assert_int_eq(count(draw_loss("", 2, nothing, nothing), "4 values are not finite"), 1);
}
END_TEST

START_TEST(odd_ranges_are_drawn) {
    static const double one[] = {0.7}, constant[] = {0.7, 0.7}, zero[] = {0, 0},
                        huge[] = {1e299, -1e299}, tiny[] = {5e-324, 1e-320},
                        far_apart[] = {5e-324, 1e299}, close[] = {1e7, 1e7 + 1};
    ck_assert_int_eq(count(draw_loss(NULL, 1, one, NULL), "<circle"), 1);
    static const struct {
        const double *values;
    } ranges[] = {{constant}, {zero}, {huge}, {tiny}, {far_apart}, {close}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const char *text = draw_loss("", 2, ranges[i].values, NULL);
        int labels = count(text, "text-anchor=\"end\">");
        ck_assert_msg(labels >= 2 && labels <= 12, "range %d has %d labels", (int)i, labels);
    }
    struct loss_picture none = {"", 0, one, NULL};
    ck_assert(!write_loss_svg(scratch_path("a"), &none, &error));
    expect_error("expected one epoch or more");
}
END_TEST

START_TEST(errors_are_drawn_and_named) {
    static const double steep[] = {0.5, 1, 1e3, INFINITY}, gap[] = {0, -1, 2, 3};
    const struct error_picture picture = {
        .title = "a < b",
        .low = -2,
        .high = 2,
        .columns = 4,
        .count = 2,
        .series = {{"first & last", steep}, {"other", gap}},
    };
    ck_assert_msg(write_error_svg(scratch_path("a"), &picture, &error), "%s", error.text);
    const char *text = read_text("a");
    ck_assert_int_eq(count(text, ">a &lt; b<"), 1);
    ck_assert_int_eq(count(text, ">first &amp; last<"), 1);
    ck_assert_int_eq(count(text, ">other<"), 1);
    ck_assert_int_eq(count(text, "1 ULP"), 1);
    ck_assert_int_eq(count(text, "no digit is right"), 1);
    ck_assert_int_eq(count(text, ">-2</text>") + count(text, ">2</text>"), 2);
    ck_assert_int_eq(count(text, "nan") + count(text, "inf"), 0);
    /* An eighth into the plot and on; the other has a gap after its first column. */
    double y[4];
    const char *line = strstr(text, "round\" d=\"M149.8 ");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(sscanf(line, "round\" d=\"M149.8 %lfL317.2 %lfL484.8 %lfL652.2 %lf\"", y,
                            y + 1, y + 2, y + 3),
                     4);
    ck_assert(y[0] > y[1] && y[1] > y[2] && y[2] > y[3] && y[3] > 0);
    ck_assert_ptr_nonnull(strstr(line + 1, "d=\"M149.8 346.0M484.8 "));
    const struct error_picture wrong[] = {
        {.low = 0, .high = 1, .columns = 4},
        {.low = 0, .high = 1, .columns = 1, .count = 1},
        {.low = 1, .high = 1, .columns = 4, .count = 1},
        {.low = 0, .high = INFINITY, .columns = 4, .count = 1},
        {.low = 0, .high = 1, .columns = 4, .count = MOST_ERROR_SERIES + 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert(!write_error_svg(scratch_path("b"), &wrong[i], &error));
        expect_error("expected 1 to");
    }
}
END_TEST

/* ---- The decision ------------------------------------------------------------------------- */

/* Class 1 right of the vertical axis, class 0 left of it; not a number far up. */
static bool by_side(void *context, const float *points, int64_t n, float *probability,
                    struct text_error *why) {
    (void)why;
    *(int64_t *)context += n;
    for (int64_t i = 0; i < n; i++) {
        probability[2 * i + 1] = points[2 * i] > 0 ? 1.0f : 0.0f;
        probability[2 * i] = points[2 * i + 1] > 10.5f ? NAN : 1 - probability[2 * i + 1];
    }
    return true;
}

static bool refuses(void *context, const float *points, int64_t n, float *probability,
                    struct text_error *why) {
    (void)context, (void)points, (void)n, (void)probability;
    return text_fail(why, "the model has no points");
}

static const float corners[] = {-10, -10, 10, 10};
static const int32_t corner_labels[] = {0, 1};
static const bool corner_held_out[] = {false, true};

static struct decision_picture two_sides(int64_t *classified) {
    return (struct decision_picture){.width = WIDTH,
                                     .classes = 2,
                                     .classify = by_side,
                                     .context = classified,
                                     .points = 2,
                                     .point = corners,
                                     .label = corner_labels,
                                     .held_out = corner_held_out};
}

#ifdef WENGERT_HAVE_PNG

static int count_colour(const unsigned char *rgb, int red, int green, int blue) {
    int found = 0;
    for (int i = 0; i < WIDTH * WIDTH; i++) {
        found += abs(rgb[3 * i] - red) <= 2 && abs(rgb[3 * i + 1] - green) <= 2 &&
                 abs(rgb[3 * i + 2] - blue) <= 2;
    }
    return found;
}

START_TEST(decisions_and_points_are_drawn) {
    static unsigned char rgb[WIDTH * WIDTH * 3];
    int64_t classified = 0;
    struct decision_picture picture = two_sides(&classified);
    ck_assert_msg(write_decision_png(scratch_path("a"), &picture, &error), "%s", error.text);
    ck_assert_int_gt(classified, WIDTH * WIDTH / 16);
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert(png_image_begin_read_from_file(&image, scratch_path("a")));
    image.format = PNG_FORMAT_RGB;
    ck_assert_uint_eq(image.width, WIDTH);
    ck_assert_uint_eq(image.height, WIDTH);
    ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));

    const unsigned char *left = rgb + 3 * (300 * WIDTH + 120),
                        *right = rgb + 3 * (300 * WIDTH + 480);
    ck_assert(left[0] > left[2] + 80);   /* orange */
    ck_assert(right[2] > right[0] + 80); /* blue */
    const unsigned char *up = rgb + 3 * (5 * WIDTH + 300);
    ck_assert(up[0] == up[1] && up[1] == up[2] && up[0] < 200); /* grey: no probability */
    ck_assert_int_gt(count_colour(rgb, 240, 133, 36), 40); /* the training point, in full orange */
    ck_assert_int_gt(count_colour(rgb, 33, 113, 181), 40);
    ck_assert_int_gt(count_colour(rgb, 34, 39, 46), 4);        /* the held-out point's rim */
    const unsigned char *point = rgb + 3 * (558 * WIDTH + 42); /* 7 % from left and below */
    ck_assert(point[0] == 240 && point[1] == 133 && point[2] == 36);
}
END_TEST

START_TEST(a_refused_decision_leaves_nothing) {
    int64_t classified = 0;
    struct rlimit old;
    struct decision_picture picture = two_sides(&classified);
    picture.classify = refuses;
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    expect_error("the model has no points");
    picture = two_sides(&classified);
    ck_assert(!write_decision_png(scratch_path("no-such-directory/a"), &picture, &error));
    expect_error("No such file or directory");
    if (access("/dev/full", F_OK) == 0) {
        ck_assert(!write_decision_png("/dev/full", &picture, &error));
        expect_error("\"/dev/full\": No space left on device");
    }
    picture.width = 2000;
    limit_files(1000, &old);
    bool written = write_decision_png(scratch_path("a"), &picture, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert(!written);
    expect_error("File too large");
    ck_assert_int_eq(scratch_found(), 0);
}
END_TEST

START_TEST(impossible_decisions_are_refused) {
    static const int32_t bad_labels[] = {0, 2};
    int64_t classified = 0;
    struct decision_picture picture = two_sides(&classified);
    picture.width = 10;
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    expect_error("width 10; expected 64 to 4096");
    picture = two_sides(&classified);
    picture.classes = 11;
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    expect_error("11 classes; expected 2 to 10");
    picture = two_sides(&classified);
    picture.points = 0;
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    expect_error("no points");
    picture = two_sides(&classified);
    picture.label = bad_labels;
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    expect_error("label 2 of point 1; expected 0 to 1");
    ck_assert_int_eq(scratch_found(), 0);
}
END_TEST

#else

START_TEST(a_program_without_libpng_says_so) {
    int64_t classified = 0;
    struct decision_picture picture = two_sides(&classified);
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    expect_error("built without libpng");
    picture.classify = refuses;
    ck_assert(!write_decision_png(scratch_path("a"), &picture, &error));
    ck_assert_int_eq(scratch_found(), 0);
}
END_TEST

#endif

int main(void) {
    Suite *suite = suite_create("picture");
    TCase *tests = tcase_create("picture");
    tcase_set_timeout(tests, 120); /* on a busy machine too */
    tcase_add_checked_fixture(tests, make_folder, scratch_remove);
    tcase_add_test(tests, a_file_appears_only_when_complete);
    tcase_add_test(tests, an_abandoned_file_leaves_the_old_one);
    tcase_add_test(tests, a_link_stays_a_link);
    tcase_add_test(tests, failures_are_named_and_leave_nothing);
    tcase_add_test(tests, a_full_device_is_an_error);
    tcase_add_test(tests, a_picture_that_does_not_fit_leaves_the_old_file);
    tcase_add_test(tests, losses_are_drawn_and_named);
    tcase_add_test(tests, a_wide_range_gets_a_logarithmic_scale);
    tcase_add_test(tests, values_that_are_not_finite_leave_gaps);
    tcase_add_test(tests, odd_ranges_are_drawn);
    tcase_add_test(tests, errors_are_drawn_and_named);
#ifdef WENGERT_HAVE_PNG
    tcase_add_test(tests, decisions_and_points_are_drawn);
    tcase_add_test(tests, a_refused_decision_leaves_nothing);
    tcase_add_test(tests, impossible_decisions_are_refused);
#else
    tcase_add_test(tests, a_program_without_libpng_says_so);
#endif
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
