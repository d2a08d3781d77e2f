/* Errors: the first failure is kept, each thread has its own, texts are bounded. */
#include "support/suite.h"

#include "base/error.h"

#include <pthread.h>
#include <stdio.h>

START_TEST(the_first_failure_is_kept) {
    ck_assert_int_eq(wg_error_status(), WG_OK);
    ck_assert_str_eq(wg_error(), "");
    ck_assert_int_eq(wg_fail(WG_ERROR_SHAPE, "first: %d", 1), WG_ERROR_SHAPE);
    ck_assert_int_eq(wg_fail(WG_ERROR_FILE, "second"), WG_ERROR_FILE);
    ck_assert_int_eq(wg_error_status(), WG_ERROR_SHAPE);
    ck_assert_str_eq(wg_error(), "first: 1");
    wg_clear_error();
    ck_assert_int_eq(wg_error_status(), WG_OK);
    ck_assert_str_eq(wg_error(), "");
    wg_fail(WG_ERROR_DTYPE, "third");
    ck_assert_str_eq(wg_error(), "third");
}
END_TEST

enum { THREADS = 8, ROUNDS = 2000 };

static void *fail_often(void *number) {
    char text[32];
    snprintf(text, sizeof text, "thread %d", *(int *)number);
    for (int i = 0; i < ROUNDS; i++) {
        if (wg_error_status() != WG_OK) return NULL;
        wg_fail(WG_ERROR_STATE, "thread %d", *(int *)number);
        wg_fail(WG_ERROR_ARGUMENT, "later");
        if (strcmp(wg_error(), text) != 0 || wg_error_status() != WG_ERROR_STATE) return NULL;
        wg_clear_error();
    }
    return number;
}

START_TEST(each_thread_has_its_own) {
    pthread_t thread[THREADS];
    int number[THREADS];
    wg_fail(WG_ERROR_MEMORY, "of the main thread");
    for (int i = 0; i < THREADS; i++) {
        number[i] = i;
        ck_assert_int_eq(pthread_create(&thread[i], NULL, fail_often, &number[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *right;
        ck_assert_int_eq(pthread_join(thread[i], &right), 0);
        ck_assert_msg(right == &number[i], "thread %d saw another's failure", i);
    }
    ck_assert_str_eq(wg_error(), "of the main thread");
}
END_TEST

START_TEST(long_texts_are_cut) {
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    wg_fail(WG_ERROR_ARGUMENT, "start %s end", text);
    ck_assert_uint_gt(strlen(wg_error()), 500);
    ck_assert_uint_lt(strlen(wg_error()), sizeof text);
    ck_assert_int_eq(strncmp(wg_error(), "start xxx", 9), 0);
}
END_TEST

START_TEST(codes_have_names) {
    static const char *const names[] = {"ok",   "argument", "shape", "dtype",      "memory",
                                        "file", "format",   "state", "unsupported"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        ck_assert_str_eq(wg_status_name((enum wg_status)i), names[i]);
    ck_assert_int_eq(WG_ERROR_UNSUPPORTED, ELEMENTS(names) - 1);
    ck_assert_str_eq(wg_status_name((enum wg_status)99), "unknown");
}
END_TEST

START_TEST(shapes_have_texts) {
    const int64_t big = INT64_MIN;
    const struct wg_shape largest = {8, {big, big, big, big, big, big, big, big}};
    const struct wg_shape wild = {1000, {1}};
    ck_assert_str_eq(wg_shape_text(WG_SCALAR).text, "()");
    ck_assert_str_eq(wg_shape_text(WG_SHAPE(2, 3)).text, "(2, 3)");
    ck_assert_uint_eq(strlen(wg_shape_text(largest).text), 8 * 20 + 7 * 2 + 2);
    ck_assert_str_eq(wg_shape_text(wild).text, "(1, 0, 0, 0, 0, 0, 0, 0)");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {the_first_failure_is_kept, each_thread_has_its_own,
                                  long_texts_are_cut, codes_have_names, shapes_have_texts};
    return run_suite("error", tests, ELEMENTS(tests));
}
