/* The matrix product, in both dtypes, of the instruction set that this program is compiled for; the
 * cases are in gemm_cases.h, which gemm_f32.c and gemm_f64.c compile. */
#include <check.h>
#include <stdlib.h>

#include "test_gemm.h"

START_TEST(test_f32) { wg_test_gemm_f32(_i); }
END_TEST

START_TEST(test_f64) { wg_test_gemm_f64(_i); }
END_TEST

int main(void) {
    Suite *suite = suite_create("gemm");
    TCase *products = tcase_create("products");
    tcase_set_timeout(products, 60);
    tcase_add_loop_test(products, test_f32, 0, GEMM_CASES);
    tcase_add_loop_test(products, test_f64, 0, GEMM_CASES);
    suite_add_tcase(suite, products);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
