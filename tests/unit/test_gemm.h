#ifndef WG_TESTS_TEST_GEMM_H
#define WG_TESTS_TEST_GEMM_H

enum { GEMM_CASES = 6 };

/* Runs one case, 0 <= index < GEMM_CASES, in float and in double. */
void wg_test_gemm_f32(int index);
void wg_test_gemm_f64(int index);

#endif
