/* CSV files that are right, in the many ways in which they may be. */
#define _POSIX_C_SOURCE 200809L
#include "support/scratch.h"
#include "support/suite.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "wengert/data.h"
#include "wengert/random.h"

static struct wg_dataset load(const char *text, const struct wg_csv_options *options) {
    struct wg_dataset d;
    scratch_make();
    const char *path = scratch_path("table");
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    ck_assert_int_eq(fclose(file), 0);
    const enum wg_status status = wg_dataset_load_csv(path, options, &d);
    scratch_remove();
    ck_assert_msg(status == WG_OK, "%s\n%s", wg_error(), text);
    return d;
}

/* Iris in small: what every variant of it must give. */
static void check_iris(struct wg_dataset d, bool named) {
    static const float x[] = {5.1f, 3.5f, 7, 3.2f, 6.3f, -0.33f, 4.9f, 3e2f};
    static const int32_t labels[] = {0, 1, 2, 0};
    ck_assert_int_eq(d.examples, 4);
    ck_assert_int_eq(d.features, 2);
    ck_assert_int_eq(d.classes, 3);
    ck_assert_int_eq(d.label_count, 1);
    ck_assert_mem_eq(d.x, x, sizeof x);
    ck_assert_mem_eq(d.labels, labels, sizeof labels);
    ck_assert_ptr_null(d.targets);
    ck_assert_str_eq(d.class_names[0], "setosa");
    ck_assert_str_eq(d.class_names[1], "versi \"color\"");
    ck_assert_str_eq(d.class_names[2], "virginica, 2\nlines");
    ck_assert_ptr_null(d.class_names[3]);
    ck_assert(named == (d.feature_names != NULL) && named == (d.target_name != NULL));
    if (named) {
        ck_assert_str_eq(d.feature_names[0], "length");
        ck_assert_str_eq(d.feature_names[1], "width, cm");
        ck_assert_ptr_null(d.feature_names[2]);
        ck_assert_str_eq(d.target_name[0], "species");
    }
    wg_dataset_free(&d);
}

#define IRIS                                                                                       \
    "5.1,3.5,setosa\n7,3.2,\"versi \"\"color\"\"\"\n6.3,-.33,\"virginica, 2\nlines\"\n"            \
    "4.9,3e2,setosa"
#define HEADER "length,\"width, cm\",species\n"

START_TEST(one_table_in_many_forms) {
    check_iris(load(IRIS, NULL), false); /* its first row's label is text, as all labels are */
    check_iris(load(IRIS "\n", NULL), false);
    check_iris(load(HEADER IRIS, NULL), true);
    check_iris(load("\xef\xbb\xbf" HEADER "\n \n" IRIS "\n\n\n", NULL), true);
    check_iris(load("length;\"width, cm\";species\r\n5.1;3.5;setosa\r\n"
                    " 7 ; \"3.2\" ; \"versi \"\"color\"\"\" \r\n\r\n"
                    "6.3;-0.33;\"virginica, 2\nlines\"\r\n+4.9;300;setosa\r\n",
                    NULL),
               true);
    check_iris(load("length\twidth, cm\tspecies\n5.1\t3.5\tsetosa\n7\t3.2\t\"versi "
                    "\"\"color\"\"\"\n6.3\t-0.33\t\"virginica, 2\nlines\"\n4.9\t3.E+2\tsetosa\n",
                    NULL),
               true);
    check_iris(load("species|length|width, cm\rsetosa|5.1|3.5\r\"versi \"\"color\"\"\"|7|3.2\r"
                    "\"virginica, 2\nlines\"|6.3|-0.33\rsetosa|4.9|300\r",
                    &(struct wg_csv_options){.label = "species"}),
               true);
    check_iris(load("setosa,5.1,3.5\n\"versi \"\"color\"\"\",7,3.2\n\"virginica, 2\nlines\",6.3,"
                    "-0.33\nsetosa,4.9,300\n",
                    &(struct wg_csv_options){.label = "1"}),
               false);
}
END_TEST

START_TEST(labels_are_targets_or_classes) {
    struct wg_dataset d = load("1,2,10\n3,4,9\n5,6,10.0\n", NULL);
    ck_assert_int_eq(d.outputs, 1);
    ck_assert(d.labels == NULL && d.targets[0] == 10 && d.targets[1] == 9);
    ck_assert_int_eq(d.classes, 0);
    wg_dataset_free(&d);
    const struct wg_csv_options classes = {.labels = WG_CSV_LABELS_CLASSES};
    d = load("1,2,10\n3,4,9\n5,6,10.0\n", &classes); /* by number: 9 comes first, 10.0 is 10 */
    ck_assert_int_eq(d.classes, 2);
    ck_assert(d.labels[0] == 1 && d.labels[1] == 0 && d.labels[2] == 1 && d.targets == NULL);
    ck_assert_str_eq(d.class_names[0], "9");
    ck_assert_str_eq(d.class_names[1], "10");
    wg_dataset_free(&d);
    d = load("1,2,10\n3,4,9\n", &(struct wg_csv_options){.labels = WG_CSV_LABELS_NONE});
    ck_assert_int_eq(d.features, 3);
    ck_assert(d.labels == NULL && d.targets == NULL && d.x[2] == 10);
    wg_dataset_free(&d);
}
END_TEST

START_TEST(a_first_row_is_a_header_or_not) {
    static const struct {
        const char *text;
        struct wg_csv_options options;
        int64_t examples;
        bool header;
    } cases[] = {
        {"a,b\n1,2\n", {0}, 1, true},
        {"1,2\n3,4\n", {0}, 2, false},
        {"1,y\n3,4\n", {0}, 1, true},    /* text over a number */
        {"1,y\n3,z\n", {0}, 2, false},   /* text over text: classes */
        {"a,2020\n1,2\n", {0}, 1, true}, /* one text will do */
        {"1,2\n3,4\n", {.header = WG_CSV_HEADER_YES}, 1, true},
        {"2020,2021\n3,4\n", {.label = "2020", .header = WG_CSV_HEADER_YES}, 1, true},
        {"1,y\n3,4\n", {.header = WG_CSV_HEADER_NO, .labels = WG_CSV_LABELS_CLASSES}, 2, false},
        {"1,2\n3,4\n", {.label = "1"}, 2, false},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct wg_dataset d = load(cases[i].text, &cases[i].options);
        ck_assert_msg(d.examples == cases[i].examples, "case %zu", i);
        ck_assert_msg((d.feature_names != NULL) == cases[i].header, "case %zu", i);
        wg_dataset_free(&d);
    }
}
END_TEST

START_TEST(another_file_has_the_classes_of_the_first) {
    struct wg_dataset first = load("a,b\n1,cat\n2,dog\n3,emu\n", NULL);
    const struct wg_csv_options like = {.like = &first};
    struct wg_dataset second = load("a,b\n7,emu\n8,dog\n", &like);
    ck_assert_int_eq(second.classes, 3);
    ck_assert(second.labels[0] == 2 && second.labels[1] == 1);
    ck_assert_str_eq(second.class_names[0], "cat");
    wg_dataset_free(&second);
    wg_dataset_free(&first);
    first = load("1,7\n2,9\n", &(struct wg_csv_options){.labels = WG_CSV_LABELS_CLASSES});
    second = load("5,9.0\n", &like);
    ck_assert_int_eq(second.labels[0], 1);
    wg_dataset_free(&second);
    wg_dataset_free(&first);
    first = load("1,7.5\n2,9\n", NULL);
    second = load("5,9\n", &like);
    ck_assert(second.targets[0] == 9 && second.labels == NULL);
    wg_dataset_free(&second);
    wg_dataset_free(&first);
}
END_TEST

START_TEST(labels_are_ignored_where_there_are_any) {
    struct wg_dataset first =
        load("kind,a,b\ncat,1,2\ndog,3,4\n", &(struct wg_csv_options){.label = "kind"});
    const struct wg_csv_options options = {
        .label = "kind", .labels = WG_CSV_LABELS_IGNORED, .like = &first};
    static const char *const texts[] = {"a,b\n5,6\n", "kind,a,b\nemu,5,6\n", "5,6\n"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct wg_dataset d = load(texts[i], &options);
        ck_assert_msg(d.examples == 1 && d.features == 2 && d.x[0] == 5 && d.x[1] == 6, "%s",
                      texts[i]);
        ck_assert_msg(!d.labels && !d.targets && !d.target_name, "%s", texts[i]);
        ck_assert(!d.feature_names || strcmp(d.feature_names[1], "b") == 0);
        wg_dataset_free(&d);
    }
    wg_dataset_free(&first);
}
END_TEST

/* As strtod reads them, to the last bit: short numbers, long ones, and numbers at the edges. */
START_TEST(numbers_are_read_to_the_bit) {
    static const char *const hard[] = {
        "0.1",
        "-0",
        "1e-45",
        "1.17549435e-38",
        "3.4028235e38",
        "3.40282356e38",
        "16777217",
        "9007199254740993",
        "0.3000000000000000166533453694",
        "1e22",
        "1e-22",
        "123456789012345e-22",
        "1e+5",
        "1E5",
        ".5",
        "5.",
        "0000000000000000000000000000001.5",
        "0e99999999999999999999",
        "1e-99999999999",
        "0.00000000000000000000000000000000000000000000000000012e50"};
    struct wg_random random = wg_random_make(3, 0);
    for (int i = 0; i < 3000 + (int)ELEMENTS(hard); i++) {
        char number[64], text[80];
        if (i < (int)ELEMENTS(hard)) {
            snprintf(number, sizeof number, "%s", hard[i]);
        } else {
            snprintf(number, sizeof number, "%.*g", 1 + (int)wg_random_below(&random, 18),
                     wg_random_normal(&random, 0, 1) *
                         pow(10, wg_random_uniform(&random, -30, 30)));
        }
        snprintf(text, sizeof text, "%s,1\n", number);
        struct wg_dataset d = load(text, NULL);
        const float expected = (float)strtod(number, NULL);
        ck_assert_msg(memcmp(d.x, &expected, sizeof expected) == 0, "%s: %a, expected %a", number,
                      (double)d.x[0], (double)expected);
        wg_dataset_free(&d);
    }
}
END_TEST

START_TEST(the_locale_does_not_matter) {
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < ELEMENTS(commas) && !found; i++) found = setlocale(LC_ALL, commas[i]);
    if (!found) printf("the_locale_does_not_matter: no locale with a decimal comma is installed\n");
    struct wg_dataset d = load("1.5,0.1234567890123456789,2\n", NULL);
    ck_assert(d.x[0] == 1.5f && d.x[1] == 0.1234567890123456789f);
    wg_dataset_free(&d);
    char text[16];
    snprintf(text, sizeof text, "%.1f", 1.5);
    ck_assert_str_eq(text, found ? "1,5" : "1.5"); /* the caller's locale is as it was */
}
END_TEST

START_TEST(a_large_file_loads_whole) {
    enum { ROWS = 20000, COLUMNS = 30 };
    char *text = malloc(ROWS * COLUMNS * 8), *p = text;
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) p += sprintf(p, j ? ",%d" : "%d", i * 7 % 1000 + j);
        p += sprintf(p, ",c%d\n", i % 10);
    }
    struct wg_dataset d = load(text, NULL);
    free(text);
    ck_assert_int_eq(d.examples, ROWS);
    ck_assert_int_eq(d.features, COLUMNS);
    ck_assert_int_eq(d.classes, 10);
    for (int i = 0; i < ROWS; i++) {
        ck_assert(d.x[i * COLUMNS + 29] == (float)(i * 7 % 1000 + 29) && d.labels[i] == i % 10);
    }
    wg_dataset_free(&d);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {one_table_in_many_forms,
                                  labels_are_targets_or_classes,
                                  a_first_row_is_a_header_or_not,
                                  another_file_has_the_classes_of_the_first,
                                  labels_are_ignored_where_there_are_any,
                                  numbers_are_read_to_the_bit,
                                  the_locale_does_not_matter,
                                  a_large_file_loads_whole};
    return run_suite("csv", tests, ELEMENTS(tests));
}
