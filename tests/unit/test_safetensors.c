/* Safetensors files: what is written is read back, other programs' files too, and the bytes are
 * those of the format. And files that are written whole or not at all. */
#define _XOPEN_SOURCE 700
#include "support/scratch.h"
#include "support/suite.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/safetensors.h"
#include "wengert/file.h"

static size_t read_all(const char *name, char *bytes, size_t room) {
    FILE *file = fopen(scratch_path(name), "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static void write_all(const char *name, const char *bytes, size_t size) {
    FILE *file = fopen(scratch_path(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static const float floats[] = {1.5f, -2, 3e-40f, 4, 5, 6};
static const double doubles[] = {0.1, -1e300};
static const int32_t ints[] = {-1, 2147483647, 0};
static const int64_t longs[] = {-9007199254740993};
static const uint8_t bytes[] = {0, 255, 7};

static struct wg_safetensors *make(void) {
    struct wg_safetensors *set = wg_safetensors_new();
    wg_safetensors_add(set, "bytes", WG_STORED_U8, WG_SHAPE(3), bytes);
    wg_safetensors_add(set, "layer/\"w\"\\\n\xc3\xa9", WG_STORED_F32, WG_SHAPE(2, 3), floats);
    wg_safetensors_add(set, "d", WG_STORED_F64, WG_SHAPE(2), doubles);
    wg_safetensors_add(set, "empty", WG_STORED_F32, WG_SHAPE(0, 5), NULL);
    wg_safetensors_add(set, "i", WG_STORED_I32, WG_SHAPE(3, 1), ints);
    wg_safetensors_add(set, "scalar", WG_STORED_I64, WG_SCALAR, longs);
    wg_safetensors_note(set, "model", "dense 10\t\"relu\"\x01");
    wg_safetensors_note(set, "", "empty key");
    wg_safetensors_note(set, "epoch", "");
    expect_no_failure("make");
    return set;
}

/* Every error in the arguments, and none of it stays. */
START_TEST(arguments_are_checked) {
    struct wg_safetensors *set = make();
    const struct wg_shape odd = {.rank = 1, .dim = {-1}};
    const struct {
        enum wg_status status;
        const char *word;
    } rows[] = {
        {wg_safetensors_add(set, "d", WG_STORED_F64, WG_SHAPE(2), doubles), "\"d\" is taken"},
        {wg_safetensors_add(set, "__metadata__", WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(set, "\xff", WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(set, "\xc0\x80", WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(set, "\xed\xa0\x80", WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(set, "\xe2\x82", WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(set, "e", (enum wg_stored)9, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(set, "e", WG_STORED_F64, odd, doubles), NULL},
        {wg_safetensors_add(set, "e", WG_STORED_F64, WG_SHAPE(2), NULL), NULL},
        {wg_safetensors_add(set, NULL, WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_add(NULL, "e", WG_STORED_F64, WG_SHAPE(2), doubles), NULL},
        {wg_safetensors_note(set, "model", "again"), NULL},
        {wg_safetensors_note(set, WG_SAFETENSORS_DIGEST, "mine"), NULL},
        {wg_safetensors_note(set, WG_SAFETENSORS_FORMAT, "mine"), NULL},
        {wg_safetensors_note(set, "k", "\x80"), NULL},
        {wg_safetensors_note(set, "k", NULL), NULL},
        {wg_safetensors_note(NULL, "k", "v"), NULL},
        {wg_safetensors_write(NULL, "x"), NULL},
        {wg_safetensors_write(set, NULL), NULL},
    };
    expect_failure("first", WG_ERROR_ARGUMENT, "safetensors_add", rows[0].word);
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        ck_assert_msg(rows[i].status == WG_ERROR_ARGUMENT, "row %zu", i);
    ck_assert_ptr_null(wg_safetensors_at(set, 6));
    ck_assert_ptr_null(wg_safetensors_key(set, 3));
    ck_assert_ptr_null(wg_safetensors_at(set, -1));
    expect_no_failure("past the end");
    ck_assert_ptr_null(wg_safetensors_read(NULL));
    expect_failure("read", WG_ERROR_ARGUMENT, "safetensors_read", NULL);
    ck_assert_ptr_null(wg_safetensors_find(NULL, "d"));
    expect_failure("find", WG_ERROR_ARGUMENT, "safetensors_find", NULL);
    wg_safetensors_free(set);
    wg_safetensors_free(NULL);
}
END_TEST

/* The header as text, for all of its bytes but the digest. */
START_TEST(the_bytes_are_those_of_the_format) {
    static const char before[] = "{\"__metadata__\":{\"wengert.digest\":\"";
    static const char after[] =
        "\",\"wengert.format\":\"1\",\"k\":\"a\\\"b\\\\\\u000a\"},"
        "\"d\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
        "\"s\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[16,20]},"
        "\"u\":{\"dtype\":\"U8\",\"shape\":[3,1],\"data_offsets\":[20,23]}}";
    struct wg_safetensors *set = wg_safetensors_new();
    wg_safetensors_add(set, "u", WG_STORED_U8, WG_SHAPE(3, 1), bytes);
    wg_safetensors_add(set, "s", WG_STORED_I32, WG_SCALAR, ints);
    wg_safetensors_add(set, "d", WG_STORED_F64, WG_SHAPE(2), doubles);
    wg_safetensors_note(set, "k", "a\"b\\\n");
    ck_assert_int_eq(wg_safetensors_write(set, scratch_path("a")), WG_OK);
    char content[1024], header[1024];
    const size_t size = read_all("a", content, sizeof content);
    const size_t text = sizeof before - 1 + 32 + sizeof after - 1, length = (text + 7) / 8 * 8;
    ck_assert_uint_eq((unsigned char)content[0] + 256u * (unsigned char)content[1], length);
    for (int i = 2; i < 8; i++) ck_assert_int_eq(content[i], 0);
    ck_assert_uint_eq(size, 8 + length + 23);
    snprintf(header, sizeof header, "%s%.32s%s%*s", before, content + 8 + sizeof before - 1, after,
             (int)(length - text), "");
    ck_assert_mem_eq(content + 8, header, length);
    ck_assert_mem_eq(content + 8 + length, doubles, 16);
    ck_assert_mem_eq(content + 8 + length + 16, ints, 4);
    ck_assert_mem_eq(content + 8 + length + 20, bytes, 3);
    /* Computed with Python's xxhash.xxh3_128_hexdigest over the file with the digest zeroed. */
    ck_assert_mem_eq(content + 8 + sizeof before - 1, "659de4232045981e1309cbcb5e1f04d9", 32);
    wg_safetensors_free(set);
}
END_TEST

START_TEST(files_are_whole_or_as_they_were) {
    struct wg_safetensors *set = make();
    write_all("a", "old", 3);
    ck_assert_int_eq(wg_safetensors_write(set, scratch_path("absent/a")), WG_ERROR_FILE);
    expect_failure("absent", WG_ERROR_FILE, "absent/a", "No such file");
    ck_assert_int_eq(wg_safetensors_write(set, scratch_folder), WG_ERROR_FILE);
    expect_failure("folder", WG_ERROR_FILE, scratch_folder, "directory");
    ck_assert_int_eq(wg_safetensors_write(set, "/dev/full"), WG_ERROR_FILE);
    expect_failure("full", WG_ERROR_FILE, "/dev/full", "No space left");
    ck_assert_int_eq(wg_safetensors_write(set, "/dev/null"), WG_OK);

    float *large = calloc(100000, sizeof *large);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlim_t before = limit.rlim_cur;
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < 300000; most = 7 * most + 100) { /* wherever it stops */
        limit.rlim_cur = most;
        wg_safetensors_free(set);
        set = make();
        wg_safetensors_add(set, "large", WG_STORED_F32, WG_SHAPE(100000), large);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const enum wg_status status = wg_safetensors_write(set, scratch_path("a"));
        limit.rlim_cur = before;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert_int_eq(status, WG_ERROR_FILE);
        expect_failure("limited", WG_ERROR_FILE, "/a\"", "File too large");
        char content[4];
        ck_assert_uint_eq(read_all("a", content, sizeof content), 3);
        ck_assert_mem_eq(content, "old", 3);
        ck_assert_int_eq(scratch_found(), 1);
    }
    free(large);
    wg_safetensors_free(set);
    set = make();
    ck_assert_int_eq(chmod(scratch_path("a"), 0640), 0);
    ck_assert_int_eq(wg_safetensors_write(set, scratch_path("a")), WG_OK);
    struct stat info;
    ck_assert_int_eq(stat(scratch_path("a"), &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
    ck_assert_int_eq(scratch_found(), 1);
    wg_safetensors_free(set);
}
END_TEST

START_TEST(whole_files_refuse_null) {
    struct wg_whole_file file = {0};
    ck_assert_int_eq(wg_whole_file_open(NULL, "a"), WG_ERROR_ARGUMENT);
    expect_failure("open", WG_ERROR_ARGUMENT, "wg_whole_file_open", NULL);
    ck_assert_int_eq(wg_whole_file_open(&file, NULL), WG_ERROR_ARGUMENT);
    wg_clear_error();
    ck_assert_int_eq(wg_whole_file_commit(&file), WG_ERROR_ARGUMENT);
    expect_failure("commit", WG_ERROR_ARGUMENT, "wg_whole_file_commit", NULL);
    ck_assert_int_eq(wg_whole_file_commit(NULL), WG_ERROR_ARGUMENT);
    wg_clear_error();
    wg_whole_file_abandon(NULL);
    wg_whole_file_abandon(&file);
    ck_assert_int_eq(wg_whole_file_open(&file, scratch_path("b")), WG_OK);
    fputs("x", file.stream);
    wg_whole_file_abandon(&file);
    ck_assert_int_eq(scratch_found(), 0);
}
END_TEST

#ifdef WENGERT_HAVE_CJSON

static void check_same(const struct wg_safetensors *set, const struct wg_safetensors *other) {
    const struct wg_stored_tensor *t, *u;
    const char *key;
    int64_t count = 0;
    for (; (t = wg_safetensors_at(set, count)) != NULL; count++) {
        u = wg_safetensors_find(other, t->name);
        ck_assert_msg(u != NULL, "%s is lost", t->name);
        ck_assert_int_eq(t->type, u->type);
        ck_assert_int_eq(t->size, u->size);
        ck_assert(wg_shape_equal(t->shape, u->shape));
        ck_assert_uint_eq((uintptr_t)u->data % 64, 0);
        if (t->size > 0)
            ck_assert_mem_eq(t->data, u->data, (size_t)t->size * wg_stored_size(t->type));
    }
    ck_assert_ptr_null(wg_safetensors_at(other, count));
    for (int64_t i = 0; (key = wg_safetensors_key(set, i)) != NULL; i++) {
        ck_assert_str_eq(wg_safetensors_text(other, key), wg_safetensors_text(set, key));
    }
    ck_assert_str_eq(wg_safetensors_text(other, WG_SAFETENSORS_FORMAT), "1");
    ck_assert_uint_eq(strlen(wg_safetensors_text(other, WG_SAFETENSORS_DIGEST)), 32);
}

START_TEST(what_is_written_is_read) {
    struct wg_safetensors *set = make(), *again, *third;
    ck_assert_int_eq(wg_safetensors_write(set, scratch_path("a")), WG_OK);
    again = wg_safetensors_read(scratch_path("a"));
    expect_no_failure("read");
    ck_assert(wg_safetensors_digested(again) && !wg_safetensors_digested(set));
    check_same(set, again);
    /* and what was read can be written, into the same bytes */
    ck_assert_int_eq(wg_safetensors_write(again, scratch_path("b")), WG_OK);
    third = wg_safetensors_read(scratch_path("b"));
    check_same(set, third);
    char first[2048], second[2048];
    const size_t size = read_all("b", second, sizeof second);
    ck_assert_int_eq(wg_safetensors_write(third, scratch_path("c")), WG_OK);
    ck_assert_uint_eq(read_all("c", first, sizeof first), size);
    ck_assert_mem_eq(first, second, size);
    wg_safetensors_free(set);
    wg_safetensors_free(again);
    wg_safetensors_free(third);
    set = wg_safetensors_new(); /* nothing at all */
    ck_assert_int_eq(wg_safetensors_write(set, scratch_path("a")), WG_OK);
    again = wg_safetensors_read(scratch_path("a"));
    expect_no_failure("nothing");
    check_same(set, again);
    wg_safetensors_free(set);
    wg_safetensors_free(again);
}
END_TEST

/* Without a digest or any metadata, not padded, tensors where no alignment put them, blanks. */
START_TEST(files_of_others_are_read) {
    static const char header[] =
        " { \"b\" : {\"shape\":[1], \"data_offsets\": [1, 5], \"dtype\":\"F32\"},\n"
        "\"\\u00e9\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]} } ";
    char content[512] = {(char)(sizeof header - 2)};
    const float value = 2.5f;
    memcpy(content + 8, header + 1, sizeof header - 2);
    content[8 + sizeof header - 2] = 9;
    memcpy(content + 8 + sizeof header - 1, &value, sizeof value);
    write_all("a", content, 8 + sizeof header - 2 + 5);
    struct wg_safetensors *set = wg_safetensors_read(scratch_path("a"));
    expect_no_failure("foreign");
    ck_assert(!wg_safetensors_digested(set));
    ck_assert_ptr_null(wg_safetensors_key(set, 0));
    ck_assert(*(const float *)wg_safetensors_find(set, "b")->data == 2.5f);
    ck_assert_str_eq(wg_safetensors_at(set, 0)->name, "\xc3\xa9"); /* first in the data */
    ck_assert(*(const uint8_t *)wg_safetensors_at(set, 0)->data == 9);
    wg_safetensors_free(set);
}
END_TEST

#else

START_TEST(without_cjson_nothing_is_read) {
    ck_assert_ptr_null(wg_safetensors_read("a"));
    expect_failure("read", WG_ERROR_UNSUPPORTED, "\"a\"", "without cJSON");
}
END_TEST

#endif

int main(void) {
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, scratch_make, scratch_remove);
    tcase_add_test(tests, arguments_are_checked);
    tcase_add_test(tests, the_bytes_are_those_of_the_format);
    tcase_add_test(tests, files_are_whole_or_as_they_were);
    tcase_add_test(tests, whole_files_refuse_null);
#ifdef WENGERT_HAVE_CJSON
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, files_of_others_are_read);
#else
    tcase_add_test(tests, without_cjson_nothing_is_read);
#endif
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
