#define _POSIX_C_SOURCE 200809L
#include "peers/blas.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 }; /* CBLAS's */

/* Of the C interface of BLAS: y = alpha x z + beta y. */
static struct {
    void (*f32)(int, int, int, int, int, int, float, const float *, int, const float *, int, float,
                float *, int);
    void (*f64)(int, int, int, int, int, int, double, const double *, int, const double *, int,
                double, double *, int);
    void (*threads)(int);
    char *(*config)(void);
    char *(*core)(void);
} blas;

/* ISO C has no conversion from what dlsym returns to a function. */
static bool find(void *library, const char *name, void *function) {
    void *const found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

bool bench_blas_load(const char **version) {
    static char text[128] = "OpenBLAS: left out: not installed (Debian: libopenblas0-pthread)";
    *version = text;
#if defined(__x86_64__)
    /* Its own choice falls back to old kernels on CPUs newer than itself; and what the environment
     * says may be meant for another machine. */
    const char *core = __builtin_cpu_supports("avx512f") ? "SKYLAKEX"
                       : __builtin_cpu_supports("avx2")  ? "HASWELL"
                                                         : NULL;
    if (core) setenv("OPENBLAS_CORETYPE", core, 1);
    unsetenv("OPENBLAS_L2_SIZE");
#endif
    setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0); /* 2^20 cycles awake: no longer than our pauses */
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    if (!find(library, "cblas_sgemm", &blas.f32) || !find(library, "cblas_dgemm", &blas.f64) ||
        !find(library, "openblas_set_num_threads", &blas.threads) ||
        !find(library, "openblas_get_config", &blas.config) ||
        !find(library, "openblas_get_corename", &blas.core)) {
        snprintf(text, sizeof text, "OpenBLAS: left out: it lacks a function");
        return false;
    }
    const char *config = blas.config(); /* "OpenBLAS 0.3.21 NO_AFFINITY ..." */
    const size_t name = strcspn(config, " "), number = strcspn(config + name + 1, " ");
    snprintf(text, sizeof text, "%.*s, %s", (int)(name + 1 + number), config, blas.core());
    return true;
}

void bench_blas_threads(int threads) { blas.threads(threads); }

void bench_blas_product(const struct bench_product *p) {
    const int m = (int)p->m, k = (int)p->k, n = (int)p->n;
    const int x_width = p->transpose_x ? m : k, z_width = p->transpose_z ? k : n;
    const int x_form = p->transpose_x ? TRANSPOSED : PLAIN;
    const int z_form = p->transpose_z ? TRANSPOSED : PLAIN;
    if (p->is_double)
        blas.f64(ROW_MAJOR, x_form, z_form, m, n, k, 1, p->x, x_width, p->z, z_width, 0, p->y, n);
    else
        blas.f32(ROW_MAJOR, x_form, z_form, m, n, k, 1, p->x, x_width, p->z, z_width, 0, p->y, n);
}
