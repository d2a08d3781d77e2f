/* Elementary functions in double for many inputs at once: straight lines of arithmetic that a
 * compiler turns into vector code, from Taylor series after the usual reductions. They owe nothing
 * to the library's kernels, which they help to measure, and stay within FUNCTION_ERROR of the exact
 * value (the test cli.formula compares with MPFR). */
#ifndef WENGERT_CLI_FORMULA_FUNCTIONS_H
#define WENGERT_CLI_FORMULA_FUNCTIONS_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define FUNCTION_ERROR (4 * DBL_EPSILON) /* relative; of these, and of libm's erfc */

#define ROUNDER 0x1.8p52         /* added, it leaves the nearest whole number in the low bits */
#define LN2_HIGH 0x1.62e42fefp-1 /* its product with an exponent is exact */
#define LN2_LOW 0x1.473de6af278edp-34

static inline double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* 2^k from k + ROUNDER. */
static inline double power_of_two(double rounded) {
    return double_of((bits_of(rounded) + 1023) << 52);
}

/* e^x - 1 = part + whole, and e^x likewise with whole + 1: 2^k (1 + p) with p = e^r - 1. */
struct exponential_parts {
    double p, k, low, high; /* low * high = 2^k */
};

static inline struct exponential_parts exponential_parts(double x) {
    const double bounded = x > 710 ? 710 : x < -800 ? -800 : x;
    const double rounded = bounded * 0x1.71547652b82fep0 + ROUNDER, k = rounded - ROUNDER;
    const double r = (bounded - k * LN2_HIGH) - k * LN2_LOW;
    double p = 1 / 6227020800.0; /* 1 / 13! */
    p = p * r + 1 / 479001600.0;
    p = p * r + 1 / 39916800.0;
    p = p * r + 1 / 3628800.0;
    p = p * r + 1 / 362880.0;
    p = p * r + 1 / 40320.0;
    p = p * r + 1 / 5040.0;
    p = p * r + 1 / 720.0;
    p = p * r + 1 / 120.0;
    p = p * r + 1 / 24.0;
    p = p * r + 1 / 6.0;
    p = p * r + 0.5;
    const double half = k * 0.5 + ROUNDER; /* twice, since 2^k itself may be beyond double */
    return (struct exponential_parts){.p = p * r * r + r,
                                      .k = k,
                                      .low = power_of_two(half),
                                      .high = power_of_two(k - (half - ROUNDER) + ROUNDER)};
}

static inline double formula_exp(double x) {
    const struct exponential_parts e = exponential_parts(x);
    return (e.low + e.low * e.p) * e.high;
}

static inline double formula_expm1(double x) {
    const struct exponential_parts e = exponential_parts(x);
    const double power = e.low * e.high;
    return e.k > 60 ? (e.low + e.low * e.p) * e.high - 1 : power * e.p + (power - 1);
}

/* log(u) + correction; or, `near` 1, log(1 + x) from x, whose digits u = 1 + x has lost. */
static inline double logarithm_of(double u, double x, double correction, int near) {
    const double scaled = u < DBL_MIN ? u * 0x1p54 : u;
    const uint64_t offset = bits_of(scaled) - bits_of(0x1.6a09e667f3bcdp-1); /* sqrt(1/2) */
    const uint64_t exponent = (offset + ((uint64_t)2048 << 52)) >> 52;       /* k + 2048 */
    const double m = double_of(bits_of(scaled) - ((exponent - 2048) << 52));
    double k = double_of(bits_of(0x1p52) | exponent) - (0x1p52 + 2048);
    k = near ? 0 : u < DBL_MIN ? k - 54 : k;
    const double s = near ? x / (2 + x) : (m - 1) / (m + 1), z = s * s;
    double p = 1 / 23.0;
    p = p * z + 1 / 21.0;
    p = p * z + 1 / 19.0;
    p = p * z + 1 / 17.0;
    p = p * z + 1 / 15.0;
    p = p * z + 1 / 13.0;
    p = p * z + 1 / 11.0;
    p = p * z + 1 / 9.0;
    p = p * z + 1 / 7.0;
    p = p * z + 1 / 5.0;
    p = p * z + 1 / 3.0;
    const double log_m = 2 * s + 2 * s * z * p;
    const double value = k * LN2_HIGH + (k * LN2_LOW + log_m + correction);
    return u > DBL_MAX ? u : u > 0 ? value : u == 0 ? -HUGE_VAL : NAN;
}

static inline double formula_log(double x) { return logarithm_of(x, 0, 0, 0); }

static inline double formula_log1p(double x) {
    const double u = 1 + x, lost = x > 1 ? 1 - (u - x) : x - (u - 1);
    const int near = x < 0.35 && x > -0.29;
    const double value = logarithm_of(u, x, near || u > DBL_MAX ? 0 : lost / u, near);
    return x == 0 ? x : value;
}

static inline double formula_tanh(double x) {
    const double size = fabs(x), a = size > 40 ? 40 : size;
    const double t = formula_expm1(-2 * a), y = -t / (2 + t);
    return x < 0 ? -y : x == 0 ? x : y;
}

/* x - tanh(x) for |x| <= TANH_REST_END, where the difference loses all digits: its series. */
#define TANH_REST_END 0.125
#define TANH_REST_ERROR 1e-12 /* relative: the next term is below 2e-13 */
static inline double formula_tanh_rest(double x) {
    const double z = x * x;
    double p = -929569 / 638512875.0;
    p = p * z + 21844 / 6081075.0;
    p = p * z - 1382 / 155925.0;
    p = p * z + 62 / 2835.0;
    p = p * z - 17 / 315.0;
    p = p * z + 2 / 15.0;
    p = p * z - 1 / 3.0;
    return -p * z * x;
}

#endif
