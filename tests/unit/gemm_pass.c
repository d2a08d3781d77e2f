/* The cases of gemm_cases.h for one instruction set and one dtype: compiled once for each pair, as
 * the kernels are. */
#if WG_REAL_IS_FLOAT
typedef float real;
#else
typedef double real;
#endif
#include "gemm_cases.h"

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#if WG_REAL_IS_FLOAT
#define CASE JOIN(wg_test_gemm_, WG_ISA, _f32)
#else
#define CASE JOIN(wg_test_gemm_, WG_ISA, _f64)
#endif

void CASE(int index);
void CASE(int index) { check_case(index); }
