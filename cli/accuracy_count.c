#include "accuracy_count.h"

#include <float.h>
#include <math.h>

#include "formula_functions.h"
#include "lanes.h"

#define FLOAT_OVERFLOW 0x1.ffffffp+127 /* half a unit beyond the largest float */

/* The spacing of floats at a value is a power of two: its exponent in a double, biased by 1023. */
static inline uint64_t spacing_exponent(double value) {
    const uint64_t exponent = bits_of(value) >> 52 & 0x7ff, least = 1023 - 126;
    return (exponent > least ? exponent : least) - (FLT_MANT_DIG - 1);
}

/* A result's distance in units of the last place; negative where it is not plain. */
static inline double plain_distance(double x, double computed, double exact, double error) {
    const uint64_t unit = spacing_exponent(exact);
    const double distance = fabs(computed - exact) * double_of((2046 - unit) << 52);
    const bool known = error <= ACCURACY_ENOUGH * double_of(unit << 52);
    const bool finite =
        (fabs(x) <= DBL_MAX) & (fabs(computed) <= (double)FLT_MAX) & (fabs(exact) < FLOAT_OVERFLOW);
    /* 0 for 0 is plain with the right sign, or where the exact value's sign has underflowed. */
    const bool zeros = (computed == 0) & (exact == 0);
    const bool same_sign = bits_of(computed) >> 63 == bits_of(exact) >> 63;
    const bool undefined =
        (computed != computed) & (exact != exact) & (error == 0) & (fabs(x) <= DBL_MAX);
    const bool plain = known & finite & (!zeros | same_sign | (error > 0));
    return undefined ? 0 : plain ? distance : -1;
}

int LANES_NAME(accuracy_count)(int n, const double *x, const double *computed, const double *exact,
                               const double *error, struct accuracy *into, int *left) {
    double ulp[FORMULA_BATCH], most = -1;
    for (int i = 0; i < n; i++) ulp[i] = plain_distance(x[i], computed[i], exact[i], error[i]);
    double within[ACCURACY_BINS] = {0}; /* cumulative counts, exact in double */
    for (int i = 0; i < n; i++) {
        const double at = ulp[i];
        most = at > most ? at : most;
        within[0] += at >= 0 ? 0 : 1;
        within[1] += at <= 0.5 ? 1 : 0;
        within[2] += at <= 1 ? 1 : 0;
        within[3] += at <= 2 ? 1 : 0;
        within[4] += at <= 4 ? 1 : 0;
    }
    const int special = (int)within[0];
    into->inputs += (uint64_t)(n - special);
    into->bin[0] += (uint64_t)within[1] - (uint64_t)special; /* theirs is -1 */
    for (int i = 1; i < 4; i++) into->bin[i] += (uint64_t)(within[i + 1] - within[i]);
    into->bin[4] += (uint64_t)(n - (int)within[4]);
    if (most >= into->max_ulp) {
        if (most > into->max_ulp) into->worst = INFINITY;
        into->max_ulp = most;
        for (int i = 0; i < n; i++)
            into->worst = ((ulp[i] == most) & (x[i] < into->worst)) ? x[i] : into->worst;
    }
    int count = 0;
    for (int i = 0; special > 0 && i < n; i++) {
        if (ulp[i] < 0) left[count++] = i;
    }
    return count;
}
