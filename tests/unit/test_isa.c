/* Instruction sets by name, WENGERT_ISA, and the thread count. */
#define _POSIX_C_SOURCE 200809L
#include "support/suite.h"

#include "base/isa.h"
#include "ops/kernel_set.h"
#include "tape/tape.h"

/* The text of a failure lists every instruction set that may be chosen. */
static void expect_list(const char *what) {
    ck_assert_msg(wg_error_status() == WG_ERROR_UNSUPPORTED, "%s: %s", what, wg_error());
    for (int i = 0; wg_isa_supported(i); i++) {
        ck_assert_msg(strstr(wg_error(), wg_isa_supported(i)), "%s: \"%s\" does not list %s", what,
                      wg_error(), wg_isa_supported(i));
    }
}

START_TEST(the_best_is_the_default) {
    unsetenv("WENGERT_ISA");
    const char *best = NULL;
    for (int i = 0; wg_isa_supported(i); i++) best = wg_isa_supported(i);
    ck_assert_ptr_nonnull(best);
    ck_assert_str_eq(wg_isa(), best);
    setenv("WENGERT_ISA", "", 1);
    ck_assert_str_eq(wg_isa(), best);
    ck_assert_ptr_null(wg_isa_supported(wg_isa_built()));
    ck_assert_ptr_null(wg_isa_name(-1));
    ck_assert_ptr_null(wg_isa_name(wg_isa_built()));
}
END_TEST

START_TEST(every_supported_one_can_be_chosen) {
    for (int i = 0; wg_isa_supported(i); i++) {
        setenv("WENGERT_ISA", wg_isa_supported(i), 1);
        ck_assert_str_eq(wg_isa(), wg_isa_supported(i));
        ck_assert_int_eq(wg_set_isa(wg_isa_supported(0)), WG_OK);
        ck_assert_str_eq(wg_isa(), wg_isa_supported(0));
        ck_assert_int_eq(wg_set_isa(NULL), WG_OK); /* back to the environment's */
        ck_assert_str_eq(wg_isa(), wg_isa_supported(i));
    }
}
END_TEST

START_TEST(an_unknown_name_is_refused_with_the_list) {
    static const char *const names[] = {"avx", "x86-64-v9", "X86-64", "x86-64 ", "x"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        setenv("WENGERT_ISA", names[i], 1);
        ck_assert_ptr_null(wg_isa());
        expect_list(names[i]);
        expect_failure(names[i], WG_ERROR_UNSUPPORTED, "WENGERT_ISA", names[i]);
        ck_assert_ptr_null(wg_tape_new());
        expect_list(names[i]);
        wg_clear_error();
        unsetenv("WENGERT_ISA");
        ck_assert_int_eq(wg_set_isa(names[i]), WG_ERROR_UNSUPPORTED);
        expect_list(names[i]);
        expect_failure(names[i], WG_ERROR_UNSUPPORTED, "wg_set_isa", names[i]);
    }
    ck_assert_int_eq(wg_set_isa(""), WG_ERROR_UNSUPPORTED);
    expect_list("an empty name");
}
END_TEST

START_TEST(one_that_the_cpu_lacks_is_refused) {
    for (int i = 0; i < wg_isa_built(); i++) {
        int has = 0;
        for (int j = 0; wg_isa_supported(j); j++)
            has |= strcmp(wg_isa_supported(j), wg_isa_name(i)) == 0;
        ck_assert_int_eq(wg_set_isa(wg_isa_name(i)), has ? WG_OK : WG_ERROR_UNSUPPORTED);
        if (!has) expect_list(wg_isa_name(i));
        wg_clear_error();
    }
}
END_TEST

START_TEST(a_tape_keeps_its_instruction_set) {
    ck_assert_int_eq(wg_set_isa(wg_isa_supported(0)), WG_OK);
    const struct wg_kernel_set *plainest = wg_kernel_set(WG_F32);
    wg_tape *tape = wg_tape_new();
    ck_assert_int_eq(wg_set_isa(NULL), WG_OK);
    ck_assert_ptr_eq(tape->set[0], plainest);
    ck_assert(wg_isa_supported(1) == NULL || wg_kernel_set(WG_F32) != plainest);
    ck_assert_ptr_null(wg_kernel_set(WG_I32));
    expect_failure("i32 kernels", WG_ERROR_DTYPE, "i32", NULL);
    wg_tape_free(tape);
}
END_TEST

START_TEST(thread_counts_are_checked) {
    static const int wrong[] = {0, -1, 257, 1 << 30};
    ck_assert_int_eq(wg_threads(), 1);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_set_threads(wrong[i]), WG_ERROR_ARGUMENT);
        expect_failure("threads", WG_ERROR_ARGUMENT, "wg_set_threads", "1 to 256");
        ck_assert_int_eq(wg_threads(), 1);
    }
    for (int n = 1; n <= 256; n *= 4) {
        ck_assert_int_eq(wg_set_threads(n), WG_OK);
        ck_assert_int_eq(wg_threads(), n);
    }
    ck_assert_ptr_nonnull(strchr(wg_version(), '.'));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {the_best_is_the_default,
                                  every_supported_one_can_be_chosen,
                                  an_unknown_name_is_refused_with_the_list,
                                  one_that_the_cpu_lacks_is_refused,
                                  a_tape_keeps_its_instruction_set,
                                  thread_counts_are_checked};
    return run_suite("isa", tests, ELEMENTS(tests));
}
