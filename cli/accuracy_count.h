/* Counting how far results are from the exact values. */
#ifndef WENGERT_CLI_ACCURACY_COUNT_H
#define WENGERT_CLI_ACCURACY_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#define ACCURACY_BINS 5      /* <= 0.5, <= 1, <= 2, <= 4, more units in the last place */
#define ACCURACY_ENOUGH 1e-3 /* units in the last place that the exact value must be known to */

struct accuracy {
    uint64_t inputs;
    uint64_t bin[ACCURACY_BINS];
    uint64_t wrong_nan, wrong_infinity, wrong_zero_sign;
    uint64_t by_mpfr;      /* inputs whose exact value double could not bound well enough */
    double max_ulp, worst; /* and the input where it occurs */
};

/* Counts what is plain among n <= FORMULA_BATCH floats computed from x: finite, or not defined,
 * beside an exact value that is known to ACCURACY_ENOUGH. The others are left to the caller: their
 * indices in `left`, and how many there are. */
typedef int accuracy_counter(int n, const double *x, const double *computed, const double *exact,
                             const double *error, struct accuracy *into, int *left);

#endif
