/* CSV files with something wrong: each is an error that says where and what, with nothing loaded.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scratch.h"
#include "support/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#ifdef WENGERT_HAVE_ZLIB
#include <zlib.h>
#endif

#include "wengert/data.h"

static const char *path;

static void make_path(void) {
    scratch_make();
    path = scratch_path("table");
}

static void write_text(const char *text, size_t length) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static void fails(const struct wg_csv_options *options, enum wg_status status, const char *word,
                  const char *other) {
    struct wg_dataset d = {.examples = 5};
    ck_assert_int_eq(wg_dataset_load_csv(path, options, &d), status);
    ck_assert_msg(d.examples == 0 && d.x == NULL && d.labels == NULL && d.targets == NULL, "%s",
                  wg_error());
    ck_assert_msg(strstr(wg_error(), path) != NULL || status == WG_ERROR_ARGUMENT, "%s",
                  wg_error());
    expect_failure(word, status, word, other);
}

#define NUMBERS WG_CSV_LABELS_NUMBERS
#define CLASSES WG_CSV_LABELS_CLASSES
#define NONE WG_CSV_LABELS_NONE

static const struct {
    const char *text;
    struct wg_csv_options options;
    const char *word, *other;
} faults[] = {
    {"", {0}, "is empty", "expected a header or rows"},
    {"\xef\xbb\xbf\n \r\n\n", {0}, "is empty", NULL},
    {"a,b\n", {0}, "has a header only", "rows of data"},
    {"1,2\n", {.header = WG_CSV_HEADER_YES}, "has a header only", NULL},
    {"a,b\n1,2\n3\n", {0}, "line 3: 1 cells; expected 2", "first row"},
    {"a,b\n1,2\n\n3,4,5\n", {0}, "line 4: 3 cells; expected 2", NULL},
    {"1,2\n3,4,\n", {0}, "line 2: 3 cells", NULL},
    {"a,b,c\n1,2,3\n4,five,6\n",
     {0},
     "line 3, column 2 (\"b\"): \"five\" is not a number",
     "decimal point"},
    {"a,b,c\n1,2,3\n4,0x10,6\n", {0}, "\"0x10\" is not a number", NULL},
    {"1;2,5;3\n4;5;6\n",
     {.header = WG_CSV_HEADER_NO},
     "line 1, column 2: \"2,5\" is not a number",
     "decimal point"},
    {"1,2\n1e,2\n", {0}, "\"1e\" is not a number", NULL},
    {"1,2\n1e+,2\n", {0}, "\"1e+\" is not a number", NULL},
    {"1,2\n.,2\n", {0}, "\".\" is not a number", NULL},
    {"1,2\n1.2.3,2\n", {0}, "\"1.2.3\" is not a number", NULL},
    {"1,2\n+-1,2\n", {0}, "\"+-1\" is not a number", NULL},
    {"1,2\n1 2,2\n", {0}, "\"1 2\" is not a number", NULL},
    {"1,2\n3,x\n", {.labels = NUMBERS}, "line 2, column 2: \"x\" is not a number", "targets"},
    {"a,b\n1,2\n,4\n",
     {0},
     "line 3, column 1 (\"a\"): \"\" means that a value is missing",
     "in every row"},
    {"a,b\n1,2\nNA,4\n", {0}, "\"NA\" means that a value is missing", NULL},
    {"1,2\n?,4\n", {0}, "\"?\" means that a value is missing", NULL},
    {"NA,2\n3,4\n", {0}, "line 1, column 1: \"NA\"", "missing"}, /* not taken for a header */
    {"1,x\n2,\n", {.labels = CLASSES}, "line 2, column 2", "the name of a class"},
    {"1,2\n3,\n", {0}, "line 2, column 2: \"\" means", NULL},
    {"1,2\nnan,4\n", {0}, "\"nan\" is not finite", NULL},
    {"1,2\n-Infinity,4\n", {0}, "\"-Infinity\" is not finite", NULL},
    {"1,2\n1e400,4\n", {0}, "\"1e400\" is not finite", NULL},
    {"1,2\n-1e39,4\n", {0}, "\"-1e39\" is beyond the range of float", NULL},
    {"1,2\n3,1e39\n", {0}, "column 2: \"1e39\" is beyond", NULL},
    {"a,b\n1,2\n",
     {.label = "c"},
     "has no column \"c\" for the label",
     "\"a\", \"b\", or a number from 1"},
    {"1,2\n3,4\n",
     {.label = "3"},
     "has no column \"3\" for the label",
     "1 to 2, as it has no header"},
    {"1,2\n3,4\n", {.label = "0"}, "has no column \"0\"", NULL},
    {"1,2\n3,4\n", {.label = "18446744073709551617"}, "has no column", NULL},
    {"1,2\n3,4\n", {.label = "c", .header = WG_CSV_HEADER_NO}, "has no column \"c\"", "no header"},
    {"1 2 3\n4 5 6\n", {0}, "has 1 column with the delimiter ','", "beside the label"},
    {"a,b\n1,\"2\n3,4\n", {0}, "line 2: a quote that is not closed", NULL},
    {"\"", {0}, "line 1: a quote that is not closed", NULL},
    {"\"\"\"", {0}, "line 1: a quote that is not closed", NULL},
    {"a,b\n\"1\"2,3\n", {0}, "line 2: \"2,3\" after a closing quote", "doubled"},
    {"a,b\n\"x\ny\",3\n5,6,7\n", {.labels = NONE}, "line 4: 3 cells", NULL},
    {"1,a\n2,b\n3,c\n",
     {.most_classes = 2},
     "line 3, column 2: \"c\" makes more than 2 classes",
     "WG_CSV_LABELS_NUMBERS"},
    {"1,2\n3,4\n", {.most_bytes = 7}, "has more than 7 bytes", NULL},
    {"1,2\n3,\x01\x02xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
     {.labels = NUMBERS},
     "\"??xxxx",
     "xxx...\" is not"},
};

START_TEST(each_fault_is_named) {
    write_text(faults[_i].text, strlen(faults[_i].text));
    fails(&faults[_i].options, WG_ERROR_FORMAT, faults[_i].word, faults[_i].other);
}
END_TEST

START_TEST(null_bytes_are_found) {
    static const char text[] = "a,b\n1,2\n3,\0004\n", wide[] = "\xff\xfe"
                                                               "1\0,\0002\0\n";
    write_text(text, sizeof text - 1);
    fails(NULL, WG_ERROR_FORMAT, "line 3: a null byte", "UTF-8");
    write_text(wide, sizeof wide - 1);
    fails(NULL, WG_ERROR_FORMAT, "UTF-16", NULL);
}
END_TEST

START_TEST(sets_that_do_not_go_together) {
    struct wg_dataset first, numbers;
    write_text("a,b\n1,cat\n2,dog\n", 16);
    ck_assert_int_eq(wg_dataset_load_csv(path, NULL, &first), WG_OK);
    const struct wg_csv_options like = {.like = &first};
    write_text("a,b\n1,emu\n", 10);
    fails(&like, WG_ERROR_FORMAT, "line 2, column 2 (\"b\"): \"emu\" is not a class",
          "one of cat, dog");
    write_text("1,2\n1,3\n", 8);
    fails(&like, WG_ERROR_FORMAT, "is not a class", NULL);
    write_text("c,b\n1,cat\n", 10);
    fails(&like, WG_ERROR_FORMAT, "feature 1 is \"c\"; expected \"a\"", NULL);
    write_text("a,c,b\n1,2,cat\n", 14);
    fails(&like, WG_ERROR_FORMAT, "has 2 features; expected 1", NULL);
    write_text("1,2\n", 4);
    ck_assert_int_eq(wg_dataset_load_csv(path, NULL, &numbers), WG_OK);
    fails(&(struct wg_csv_options){.like = &numbers, .labels = CLASSES}, WG_ERROR_ARGUMENT,
          "without classes", NULL);
    write_text("1,cat\n", 6);
    fails(&(struct wg_csv_options){.like = &numbers}, WG_ERROR_FORMAT, "\"cat\" is not a number",
          NULL);
    wg_dataset_free(&first);
    wg_dataset_free(&numbers);
    fails(&like, WG_ERROR_ARGUMENT, "an empty set", NULL);
}
END_TEST

START_TEST(bad_options_and_absent_files) {
    struct wg_dataset d;
    fails(&(struct wg_csv_options){.delimiter = 'x'}, WG_ERROR_ARGUMENT, "delimiter is 'x'", NULL);
    fails(&(struct wg_csv_options){.header = (enum wg_csv_header)9}, WG_ERROR_ARGUMENT,
          "header is 9", NULL);
    fails(&(struct wg_csv_options){.labels = (enum wg_csv_labels)9}, WG_ERROR_ARGUMENT, "labels 9",
          NULL);
    fails(&(struct wg_csv_options){.most_classes = -1}, WG_ERROR_ARGUMENT, "most_classes is -1",
          NULL);
    fails(&(struct wg_csv_options){.most_bytes = -1}, WG_ERROR_ARGUMENT, "most_bytes", "-1");
    ck_assert_int_eq(wg_dataset_load_csv(NULL, NULL, &d), WG_ERROR_ARGUMENT);
    expect_failure("null", WG_ERROR_ARGUMENT, "dataset_load_csv", NULL);
    ck_assert_int_eq(wg_dataset_load_csv(path, NULL, NULL), WG_ERROR_ARGUMENT);
    wg_clear_error();
    scratch_clear();
    fails(NULL, WG_ERROR_FILE, "cannot open", "No such file");
    ck_assert_int_eq(wg_dataset_load_csv("/dev/zero", NULL, &d), WG_ERROR_FILE);
    expect_failure("device", WG_ERROR_FILE, "not a regular file", NULL);
}
END_TEST

/* Whatever a file is cut to, it loads as what is left of it or is an error with a place. */
START_TEST(no_prefix_and_no_changed_byte_crashes) {
    static const char sound[] = "a,\"b \"\"c\"\"\",k\r\n1.5,-2e3,\"x, y\"\n3,4,z\n";
    static const char changes[] = "\",\n\r;\t 0x.e\xff";
    char text[sizeof sound];
    int loaded = 0, failed = 0;
    for (size_t size = 0; size < sizeof sound; size++) {
        for (size_t c = 0; c < sizeof changes; c++) {
            struct wg_dataset d;
            memcpy(text, sound, sizeof sound);
            if (size < sizeof sound - 1) text[size] = changes[c];
            write_text(text, c == 0 ? size : sizeof sound - 1);
            if (wg_dataset_load_csv(path, NULL, &d) == WG_OK) {
                ck_assert_int_eq(wg_dataset_check(&d), WG_OK);
                loaded++;
                wg_dataset_free(&d);
            } else {
                ck_assert(wg_error_status() == WG_ERROR_FORMAT && strstr(wg_error(), path));
                failed++;
            }
            wg_clear_error();
        }
    }
    ck_assert(loaded > 100 && failed > 100);
}
END_TEST

#ifdef WENGERT_HAVE_ZLIB
START_TEST(compressed_files_load_and_are_limited) {
    struct wg_dataset d;
    gzFile file = gzopen(path, "wb9");
    for (int i = 0; i < 100000; i++) gzputs(file, "1,2\n");
    ck_assert_int_eq(gzclose(file), Z_OK);
    ck_assert_int_eq(wg_dataset_load_csv(path, NULL, &d), WG_OK);
    ck_assert_int_eq(d.examples, 100000);
    wg_dataset_free(&d);
    fails(&(struct wg_csv_options){.most_bytes = 399999}, WG_ERROR_FORMAT, "more than 399999 bytes",
          NULL);
    ck_assert_int_eq(truncate(path, 100), 0);
    fails(NULL, WG_ERROR_FORMAT, "corrupt or cut short", NULL);
}
END_TEST
#endif

int main(void) {
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, make_path, scratch_remove);
    tcase_add_loop_test(tests, each_fault_is_named, 0, (int)ELEMENTS(faults));
    tcase_add_test(tests, null_bytes_are_found);
    tcase_add_test(tests, sets_that_do_not_go_together);
    tcase_add_test(tests, bad_options_and_absent_files);
    tcase_add_test(tests, no_prefix_and_no_changed_byte_crashes);
#ifdef WENGERT_HAVE_ZLIB
    tcase_add_test(tests, compressed_files_load_and_are_limited);
#endif
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
