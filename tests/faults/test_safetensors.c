/* Safetensors files that are cut short, that have one bit wrong anywhere, or whose headers lie: an
 * error that names the file, and what was expected; never a crash, never a tensor. */
#define _POSIX_C_SOURCE 200809L
#include "support/scratch.h"
#include "support/suite.h"

#include <stdio.h>
#include <unistd.h>

#include "io/safetensors.h"

#define MOST_BYTES 4096

struct content {
    unsigned char byte[MOST_BYTES];
    size_t size;
};

static const char *path;

static void make_path(void) {
    scratch_make();
    path = scratch_path("tensors");
}

static void write_content(const struct content *c) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(c->byte, 1, c->size, file), c->size);
    ck_assert_int_eq(fclose(file), 0);
}

static void fails(const char *what, enum wg_status status, const char *word) {
    struct wg_safetensors *set = wg_safetensors_read(path);
    ck_assert_msg(set == NULL, "%s: was read", what);
    expect_failure(what, status, path, word);
}

/* A small file as the library writes it. */
static struct content sound(void) {
    static const float w[] = {1, -2.5f, 3};
    static const double d[] = {0.25};
    static const uint8_t u[] = {1, 2, 3, 4, 5};
    struct wg_safetensors *set = wg_safetensors_new();
    wg_safetensors_add(set, "w", WG_STORED_F32, WG_SHAPE(1, 3), w);
    wg_safetensors_add(set, "d", WG_STORED_F64, WG_SCALAR, d);
    wg_safetensors_add(set, "none", WG_STORED_I32, WG_SHAPE(0), NULL);
    wg_safetensors_add(set, "u", WG_STORED_U8, WG_SHAPE(5), u);
    wg_safetensors_note(set, "epoch", "12");
    wg_safetensors_note(set, "model", "dense \"1\"");
    ck_assert_msg(wg_safetensors_write(set, path) == WG_OK, "%s", wg_error());
    wg_safetensors_free(set);
    struct content c;
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    c.size = fread(c.byte, 1, sizeof c.byte, file);
    fclose(file);
    ck_assert(c.size > 300 && c.size < 600);
    return c;
}

START_TEST(no_prefix_is_read) {
    const struct content whole = sound();
    wg_safetensors_free(wg_safetensors_read(path));
    expect_no_failure("the whole file");
    struct content c = whole;
    for (c.size = 0; c.size < whole.size; c.size++) {
        write_content(&c);
        fails("cut short", WG_ERROR_FORMAT, "expected");
    }
    c.size = whole.size + 1;
    c.byte[whole.size] = 0;
    write_content(&c);
    fails("one byte too many", WG_ERROR_FORMAT, "the tensors' own");
}
END_TEST

START_TEST(no_flipped_bit_is_read) {
    const struct content whole = sound();
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        char what[64];
        struct content c = whole;
        c.byte[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_content(&c);
        snprintf(what, sizeof what, "bit %zu of byte %zu", bit % 8, bit / 8);
        fails(what, WG_ERROR_FORMAT, NULL);
    }
}
END_TEST

#define TENSOR(shape, begin, end)                                                                  \
    "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

/* Headers over 16 bytes of data, and what is said of them. */
static const struct {
    const char *header, *word;
} liars[] = {
    {"[]", "does not begin with {"},
    {" {}", "does not begin with {"},
    {"{ ", "not JSON from byte"},
    {"{}", "16 bytes of data; expected 0"},
    {"{} x", "goes on after the JSON, at byte 2"},
    {"{\"a\":1}", "\"a\" is not described as one; expected dtype, shape and data_offsets"},
    {"{\"a\":{}}", "\"a\" is not described"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"offsets\":[0,16]}}", "has no data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"data_offsets\":[0,16]}}", "has no shape"},
    {"{\"a\":{\"dtype\":32,\"shape\":[4],\"data_offsets\":[0,16]}}", "is not described"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[8],\"data_offsets\":[0,16]}}",
     "\"a\" is of type \"F16\"; expected F32, F64, I32, I64 or U8"},
    {"{\"a\":{\"dtype\":\"f32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "of type \"f32\""},
    {"{\"a\":" TENSOR("4", "0", "16") "}", "has no shape; expected a list"},
    {"{\"a\":" TENSOR("[-4]", "0", "16") "}", "shape out of range"},
    {"{\"a\":" TENSOR("[4.5]", "0", "16") "}", "shape out of range"},
    {"{\"a\":" TENSOR("[\"4\"]", "0", "16") "}", "shape out of range"},
    {"{\"a\":" TENSOR("[4,1,1,1,1,1,1,1,1]", "0", "16") "}", "shape out of range"},
    {"{\"a\":" TENSOR("[9007199254740992,9007199254740992]", "0", "16") "}", "overflows"},
    {"{\"a\":" TENSOR("[0,9007199254740992,9007199254740992]", "0", "0") "}", "overflows"},
    {"{\"a\":" TENSOR("[1e300]", "0", "16") "}", "shape out of range"},
    {"{\"a\":" TENSOR("[3]", "0", "16") "}",
     "\"a\" has 16 bytes; expected 12, of shape (3) and type F32"},
    {"{\"a\":" TENSOR("[4]", "0", "15") "}", "has 15 bytes; expected 16"},
    {"{\"a\":" TENSOR("[4]", "1", "17") "}",
     "lies at bytes 1 to 17 of the data; expected 0 to at most 16"},
    {"{\"a\":" TENSOR("[4]", "16", "0") "}", "lies at bytes 16 to 0"},
    {"{\"a\":" TENSOR("[4]", "0", "18446744073709551632") "}", "has no data_offsets"},
    {"{\"a\":" TENSOR("[4]", "0,0", "16") "}", "has no data_offsets; expected a list of two"},
    {"{\"a\":" TENSOR("[3]", "4", "16") "}", "begins at byte 4 of the data; expected 0"},
    {"{\"a\":" TENSOR("[2]", "0", "8") "}", "16 bytes of data; expected 8"},
    {"{\"a\":" TENSOR("[2]", "0", "8") ",\"b\":" TENSOR("[3]", "4", "16") "}", "tensors overlap"},
    {"{\"a\":" TENSOR("[4]", "0", "16") ",\"b\":" TENSOR("[4]", "0", "16") "}", "tensors overlap"},
    {"{\"a\":" TENSOR("[1]", "0", "4") ",\"b\":" TENSOR("[2]", "8", "16") "}", "leave a gap"},
    {"{\"a\":" TENSOR("[2]", "0", "8") ",\"a\":" TENSOR("[2]", "8", "16") "}",
     "has \"a\" twice; expected it once"},
    {"{\"a\":" TENSOR("[2]", "0", "8") ",\"\\u0061\":" TENSOR("[2]", "8", "16") "}", "twice"},
    {"{\"a\\u0000\":" TENSOR("[4]", "0", "16") "}", "a null character"},
    {"{\"__metadata__\":[],\"a\":" TENSOR("[4]", "0", "16") "}", "__metadata__ is no object"},
    {"{\"__metadata__\":{\"k\":1},\"a\":" TENSOR("[4]", "0", "16") "}",
     "\"k\" in its metadata is no text"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"},\"a\":" TENSOR("[4]", "0", "16") "}", "twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{},\"a\":" TENSOR("[4]", "0", "16") "}", "twice"},
    {"{\"__metadata__\":{\"wengert.format\":\"1\"},\"a\":" TENSOR("[4]", "0", "16") "}",
     "expected wengert.digest first"},
    {"{\"__metadata__\":{\"wengert.digest\":\"1\"},\"a\":" TENSOR("[4]", "0", "16") "}",
     "expected wengert.digest first"},
    {"{\"__metadata__\":{\"wengert.digest\":\"00000000000000000000000000000000\","
     "\"wengert.format\":\"1\"},\"a\":" TENSOR("[4]", "0", "16") "}",
     "is damaged: its digest is"},
    {"{\"__metadata__\":{\"wengert.digest\":\"00000000000000000000000000000000\","
     "\"wengert.format\":\"2\"},\"a\":" TENSOR("[4]", "0", "16") "}",
     "wengert.format is \"2\"; expected \"1\""},
};

static struct content with_header(const char *header, size_t length) {
    struct content c = {.size = 8 + length + 16};
    c.byte[0] = (unsigned char)length;
    c.byte[1] = (unsigned char)(length >> 8);
    memcpy(c.byte + 8, header, length);
    return c;
}

START_TEST(headers_that_lie) {
    const struct content c = with_header(liars[_i].header, strlen(liars[_i].header));
    write_content(&c);
    fails(liars[_i].header, WG_ERROR_FORMAT, liars[_i].word);
}
END_TEST

START_TEST(odd_headers_and_files) {
    static const char null[] = "{\"a\":" TENSOR("[4]", "0", "16") "}\0 ";
    struct content c = with_header(null, sizeof null - 1);
    write_content(&c);
    fails("null", WG_ERROR_FORMAT, "a null character");
    memset(c.byte, 0xff, 8);
    write_content(&c);
    fails("length", WG_ERROR_FORMAT, "its header has 18446744073709551615 bytes; expected 2 to 73");
    char deep[MOST_BYTES / 2];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    c = with_header(deep, sizeof deep);
    write_content(&c);
    fails("deep", WG_ERROR_FORMAT, "not JSON from byte");
    scratch_clear();
    fails("absent", WG_ERROR_FILE, "No such file");
    ck_assert_ptr_null(wg_safetensors_read("/dev/zero"));
    expect_failure("device", WG_ERROR_FILE, "/dev/zero", "regular file");
    ck_assert_ptr_null(wg_safetensors_read("/"));
    expect_failure("folder", WG_ERROR_FILE, "is a directory", NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, make_path, scratch_remove);
    tcase_add_test(tests, no_prefix_is_read);
    tcase_add_test(tests, no_flipped_bit_is_read);
    tcase_add_loop_test(tests, headers_that_lie, 0, (int)ELEMENTS(liars));
    tcase_add_test(tests, odd_headers_and_files);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
