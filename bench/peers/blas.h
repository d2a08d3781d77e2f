/* OpenBLAS, loaded while running: so that it is told first which kernels to take, and so that
 * nothing depends on it. */
#ifndef BENCH_BLAS_H
#define BENCH_BLAS_H

#include <stdbool.h>
#include <stdint.h>

/* x (m, k) times z (k, n), each stored transposed or not; of float or double. */
struct bench_product {
    int64_t m, k, n;
    bool transpose_x, transpose_z, is_double;
    const void *x, *z;
    void *y;
};

/* Loads it; false where it is not there. `version` says which one and which kernels, or why not. */
bool bench_blas_load(const char **version);

void bench_blas_threads(int threads);
void bench_blas_product(const struct bench_product *p);

#endif
