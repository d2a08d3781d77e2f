typedef double real;
#define WG_REAL_IS_FLOAT 0
#include "gemm_cases.h"

void wg_test_gemm_f64(int index) { check_case(index); }
