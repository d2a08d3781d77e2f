/* The parts of test_ops: which ops each has references for, and its tests. */
#ifndef WG_TESTS_TEST_OPS_H
#define WG_TESTS_TEST_OPS_H

#include <math.h>
#include <stdbool.h>

#include "support/suite.h"

#include "wengert/ops.h"

/* Put their tests in `tests` and return how many. */
size_t add_elementwise_tests(const TTest **tests);
size_t add_reference_tests(const TTest **tests);

bool elementwise_knows(const char *op);
bool reference_knows(const char *op);

/* A number of a tensor of any dtype. */
static inline long double element_of(const struct wg_tensor *t, int64_t i) {
    return t->dtype == WG_F32   ? (long double)((const float *)t->data)[i]
           : t->dtype == WG_F64 ? (long double)((const double *)t->data)[i]
                                : (long double)((const int32_t *)t->data)[i];
}

/* Rounds n doubles to the dtype. */
static inline void put_elements(enum wg_dtype dtype, void *to, const double *from, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (dtype == WG_F32)
            ((float *)to)[i] = (float)from[i];
        else
            ((double *)to)[i] = from[i];
    }
}

#endif
