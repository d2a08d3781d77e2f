/* Formulas as text, such as the registry's "y = x > 0 ? x : alpha * expm1(x)": read once, then
 * evaluated in double with a bound of the error, or by MPFR to hundreds of bits. So what an op's
 * card says is what its kernels are measured against.
 *
 * Names are the input x, the op's attributes and further inputs, definitions, and pi. Functions are
 * exp, expm1, log, log1p, tanh, sqrt, abs, erfc, sigmoid, softplus, normal_cdf, normal_pdf, and, of
 * two numbers, min and max. Definitions may be used before they stand. A whole power from 1 to 8 is
 * a product; any other is e^(exponent ln base), which is NaN for a base below 0. */
/* clang-format off */
/*
 *   formula    = [label "="] choice {"," name "=" choice}
 *   choice     = sum [comparison sum "?" choice ":" choice]
 *   comparison = "<" | "<=" | ">" | ">=" | "=="
 *   sum        = product {("+" | "-") product}
 *   product    = power {("*" | "/") power}
 *   power      = "-" power | atom ["^" (whole | name | "(" choice ")")]
 *   atom       = number | name | function "(" choice ["," choice] ")" | "(" choice ")"
 */
/* clang-format on */
#ifndef WENGERT_CLI_FORMULA_H
#define WENGERT_CLI_FORMULA_H

#include <stdbool.h>
#include <stddef.h>

#define FORMULA_NODES 96
#define FORMULA_NAMES 12
#define FORMULA_BATCH 128

enum formula_kind {
    FORMULA_X,
    FORMULA_CONSTANT, /* number[], exact in double, or a name's value */
    FORMULA_PI,
    FORMULA_ADD,
    FORMULA_SUBTRACT,
    FORMULA_MULTIPLY,
    FORMULA_DIVIDE,
    FORMULA_NEGATE,
    FORMULA_EXP,
    FORMULA_EXPM1,
    FORMULA_LOG,
    FORMULA_LOG1P,
    FORMULA_TANH,
    FORMULA_SQRT,
    FORMULA_ABS,
    FORMULA_ERFC,
    FORMULA_SELECT, /* compare(a, b) ? c : d */
};

enum formula_comparison {
    FORMULA_LESS,
    FORMULA_LESS_EQUAL,
    FORMULA_GREATER,
    FORMULA_GREATER_EQUAL,
    FORMULA_EQUAL
};

struct formula_node {
    enum formula_kind kind;
    enum formula_comparison comparison;
    int a, b, c, d; /* earlier nodes */
    double constant;
};

struct formula {
    int count;
    struct formula_node node[FORMULA_NODES]; /* the last is the result */
};

/* A name's value. */
struct formula_name {
    const char *name;
    double value;
};

/* Reads `text`. On failure false, with what was wrong and where in message. */
bool formula_parse(struct formula *formula, const char *text, const struct formula_name *names,
                   int count, char *message, size_t size);

/* The formula for n <= FORMULA_BATCH inputs in double: value[i], and a bound error[i] of how far
 * that may be from the exact value; the bound is infinite or NaN where nothing can be said. */
typedef void formula_evaluator(const struct formula *formula, int n, const double *x, double *value,
                               double *error);
formula_evaluator formula_evaluate;

/* The exact value for one input (infinite ones stand for the limit there), to 100 bits or more: as
 * the nearest double, and the remainder in units of 2^formula_unit_exponent(value), the spacing of
 * doubles there. */
int formula_unit_exponent(double value);
struct formula_exact;
struct formula_exact *formula_exact_new(const struct formula *formula);
void formula_exact_free(struct formula_exact *exact);
void formula_exact_value(struct formula_exact *exact, double x, double *value, double *remainder);

/* The derivative of the formula with respect to x, by dual numbers: owes nothing to what a card
 * says of it. */
void formula_exact_derivative(struct formula_exact *exact, double x, double *value,
                              double *remainder);

#endif
