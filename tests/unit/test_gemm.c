/* The matrix product, in both dtypes, for every instruction set that there are kernels for and that
 * this CPU has. The cases are in gemm_cases.h, which gemm_pass.c compiles; GEMM_SETS, from CMake,
 * lists the sets, from plainest to best. */
#include <check.h>
#include <stdlib.h>

#include "base/isa.h"
#include "test_gemm.h"
#include "wengert/error.h"

#define X(set) void wg_test_gemm_##set##_f32(int index), wg_test_gemm_##set##_f64(int index);
GEMM_SETS
#undef X

static void (*const sets[][2])(int index) = {
#define X(set) {wg_test_gemm_##set##_f32, wg_test_gemm_##set##_f64},
    GEMM_SETS
#undef X
};
enum { SETS = sizeof sets / sizeof *sets };

static void check_set(int dtype, int index) {
    const int set = index / GEMM_CASES;
    ck_assert_int_eq(wg_isa_built(), SETS);
    if (wg_set_isa(wg_isa_name(set)) != WG_OK) { /* this CPU lacks it */
        wg_clear_error();
        return;
    }
    sets[set][dtype](index % GEMM_CASES);
}

START_TEST(test_f32) { check_set(0, _i); }
END_TEST

START_TEST(test_f64) { check_set(1, _i); }
END_TEST

int main(void) {
    Suite *suite = suite_create("gemm");
    TCase *products = tcase_create("products");
    tcase_set_timeout(products, 60);
    tcase_add_loop_test(products, test_f32, 0, GEMM_CASES * SETS);
    tcase_add_loop_test(products, test_f64, 0, GEMM_CASES * SETS);
    suite_add_tcase(suite, products);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
