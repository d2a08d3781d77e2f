#ifndef WG_TESTS_TEST_GEMM_H
#define WG_TESTS_TEST_GEMM_H

enum { GEMM_CASES = 7 };

#endif
