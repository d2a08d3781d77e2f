typedef float real;
#define WG_REAL_IS_FLOAT 1
#include "gemm_cases.h"

void wg_test_gemm_f32(int index) { check_case(index); }
