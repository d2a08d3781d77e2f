/* What the Check programs share: running a suite, and expecting a failure of the library. */
#ifndef WG_TESTS_SUITE_H
#define WG_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "wengert/error.h"

/* ASan then lets an allocation that no memory holds fail, as the C library does, instead of ending
 * the program. */
const char *__asan_default_options(void);
__attribute__((weak)) const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

/* An assertion for loops: Check writes a note for each of its own that holds, which takes seconds
 * where there are a million. */
#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg(__VA_ARGS__);                                               \
    } while (0)

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))

/* Runs tests, each in a process of its own, and prints Check's closing line. Returns main's status.
 */
static inline int run_suite(const char *name, const TTest *const *tests, size_t count) {
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 120);
    for (size_t i = 0; i < count; i++) tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The failure that waits has this code, and its text holds both words (NULL: no such demand). It is
 * cleared. */
static inline void expect_failure(const char *what, enum wg_status code, const char *word,
                                  const char *other) {
    ck_assert_msg(wg_error_status() == code, "%s: status %s (%s); expected %s", what,
                  wg_status_name(wg_error_status()), wg_error(), wg_status_name(code));
    ck_assert_msg(wg_error()[0] != '\0', "%s: no text", what);
    ck_assert_msg(!word || strstr(wg_error(), word), "%s: \"%s\" does not name \"%s\"", what,
                  wg_error(), word);
    ck_assert_msg(!other || strstr(wg_error(), other), "%s: \"%s\" does not name \"%s\"", what,
                  wg_error(), other);
    wg_clear_error();
}

static inline void expect_no_failure(const char *what) {
    ck_assert_msg(wg_error_status() == WG_OK, "%s: %s", what, wg_error());
}

#endif
