/* Formulas in double, with a running bound of the error: each operation passes on its operands'
 * errors and adds its own. */
#include "formula.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "formula_functions.h"
#include "lanes.h"

#define UNIT (DBL_EPSILON / 2) /* an arithmetic operation's relative error */
#define TINY 5e-324            /* what is lost when a result underflows */
#define PI 3.14159265358979323846

struct batch {
    double value[FORMULA_BATCH], error[FORMULA_BATCH];
};

/* The error bound of a result: `passed` from the operands. A result that is infinite is so for sure
 * when its operands were. */
static inline double bound(double value, double passed, double own) {
    const double size = fabs(value);
    return size > DBL_MAX ? (passed == passed ? 0 : passed) : passed + size * own + TINY;
}

/* NaN, and no doubt of it: there is no real value here. It spreads. */
static inline int undefined(const struct batch *a, int i) {
    return (a->value[i] != a->value[i]) & (a->error[i] == 0);
}

struct known {
    double value, error;
};

static inline struct known sum_of(const struct batch *a, const struct batch *b, int i,
                                  double sign) {
    const double value = a->value[i] + sign * b->value[i];
    /* A sum that underflows is exact. */
    const double passed = a->error[i] + b->error[i], size = fabs(value);
    const double error = size > DBL_MAX ? (passed == passed ? 0 : passed) : passed + size * UNIT;
    return (struct known){value, (undefined(a, i) | undefined(b, i)) ? 0 : error};
}

static void add(int n, struct batch *restrict y, const struct batch *a, const struct batch *b,
                double sign) {
    for (int i = 0; i < n; i++) {
        const struct known sum = sum_of(a, b, i, sign);
        y->value[i] = sum.value;
        y->error[i] = sum.error;
    }
}

/* a - tanh(a): near 0 by its series. */
static void subtract_tanh(int n, struct batch *restrict y, const struct batch *a,
                          const struct batch *b) {
    for (int i = 0; i < n; i++) {
        const struct known sum = sum_of(a, b, i, -1);
        const double x = a->value[i], value = formula_tanh_rest(x);
        const int near = (fabs(x) < TANH_REST_END) & (a->error[i] == 0);
        const double error = fabs(value) * TANH_REST_ERROR + TINY;
        y->value[i] = near ? value : sum.value;
        y->error[i] = near ? error : sum.error;
    }
}

static void multiply(int n, struct batch *restrict y, const struct batch *a,
                     const struct batch *b) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], z = b->value[i], value = x * z;
        const double error = bound(
            value, fabs(x) * b->error[i] + fabs(z) * a->error[i] + a->error[i] * b->error[i], UNIT);
        y->value[i] = value;
        y->error[i] = (undefined(a, i) | undefined(b, i)) ? 0 : error;
    }
}

static void divide(int n, struct batch *restrict y, const struct batch *a, const struct batch *b) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], z = b->value[i], value = x / z;
        const double least = fabs(z) - b->error[i]; /* of the true divisor */
        const double passed = least > 0 ? (a->error[i] + fabs(value) * b->error[i]) / least : NAN;
        const bool vanishes = (fabs(z) > DBL_MAX) & (fabs(x) <= DBL_MAX);
        const double error = bound(value, vanishes ? 0 : passed, UNIT);
        y->value[i] = value;
        y->error[i] = (undefined(a, i) | undefined(b, i)) ? 0 : error;
    }
}

/* Of an elementary function with the given value, and slope over the operand's interval at most
 * `slope` in size. Of an exact operand it is NaN only where the function is not defined. */
static inline void function_result(struct batch *y, int i, double value, double slope,
                                   double operand_error) {
    const double error =
        bound(value, operand_error == 0 ? 0 : slope * operand_error, FUNCTION_ERROR);
    y->value[i] = value;
    y->error[i] = ((operand_error == 0) & (value != value)) ? 0 : error;
}

/* An operand's error makes e^error - 1 < 2 error of it; beyond 1/2 nothing is said. */
static inline double grown(double error) { return error < 0.5 ? 2 * error : INFINITY; }

/* Half of what e^a's relative error is; where e^a is below TINY for sure, none. */
static inline double exponential_passed(double a, double error) {
    return a + error < -746 ? 0 : grown(error) / 2;
}

static void exponential(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double value = formula_exp(a->value[i]);
        function_result(y, i, value, value * 2, exponential_passed(a->value[i], a->error[i]));
    }
}

static void exponential_minus_1(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++)
        function_result(y, i, formula_expm1(a->value[i]), formula_exp(a->value[i]) * 2,
                        exponential_passed(a->value[i], a->error[i]));
}

static void logarithm(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], least = x - 2 * a->error[i];
        function_result(y, i, formula_log(x), least > 0 ? 1 / least : NAN, a->error[i]);
    }
}

static void logarithm_of_1_plus(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], least = 1 + x - 2 * a->error[i];
        function_result(y, i, formula_log1p(x), least > 0 ? 1 / least : NAN, a->error[i]);
    }
}

/* tanh's slope is at most 4 exp(-2 |x|), and 1. */
static void hyperbolic_tangent(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double distance = fabs(a->value[i]) - a->error[i],
                     least = distance > 0 ? distance : 0;
        const double steep = least < 1 ? 1 : least > 300 ? 1e-250 : 4.01 * formula_exp(-2 * least);
        const bool flat = (least > 1e15) & (a->error[i] < least);
        function_result(y, i, formula_tanh(a->value[i]), flat ? 0 : steep, a->error[i]);
    }
}

static void square_root(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double least = a->value[i] - a->error[i];
        function_result(y, i, sqrt(a->value[i]), least > 0 ? 1 / (2 * sqrt(least)) : NAN,
                        a->error[i]);
    }
}

/* erfc's slope is -2 / sqrt(pi) exp(-x^2): over the operand's interval at most that at its end
 * nearer to 0. */
static void complement(int n, struct batch *restrict y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double distance = fabs(a->value[i]) - a->error[i], near = distance > 0 ? distance : 0;
        function_result(y, i, erfc(a->value[i]), 1.13 * formula_exp(-near * near), a->error[i]);
    }
}

static void copy_sign(int n, struct batch *restrict y, const struct batch *a, int absolute) {
    for (int i = 0; i < n; i++) {
        y->value[i] = absolute ? fabs(a->value[i]) : -a->value[i];
        y->error[i] = a->error[i];
    }
}

static void compare(int n, enum formula_comparison comparison, double *restrict yes,
                    const double *a, const double *b) {
    switch (comparison) {
    case FORMULA_LESS:
        for (int i = 0; i < n; i++) yes[i] = a[i] < b[i] ? 1 : 0;
        break;
    case FORMULA_LESS_EQUAL:
        for (int i = 0; i < n; i++) yes[i] = a[i] <= b[i] ? 1 : 0;
        break;
    case FORMULA_GREATER:
        for (int i = 0; i < n; i++) yes[i] = a[i] > b[i] ? 1 : 0;
        break;
    case FORMULA_GREATER_EQUAL:
        for (int i = 0; i < n; i++) yes[i] = a[i] >= b[i] ? 1 : 0;
        break;
    case FORMULA_EQUAL:
        for (int i = 0; i < n; i++) yes[i] = a[i] == b[i] ? 1 : 0;
        break;
    }
}

static void choose(int n, const struct formula_node *node, struct batch *restrict y,
                   const struct batch *batch) {
    const struct batch *a = &batch[node->a], *b = &batch[node->b], *c = &batch[node->c],
                       *d = &batch[node->d];
    double yes[FORMULA_BATCH];
    compare(n, node->comparison, yes, a->value, b->value);
    for (int i = 0; i < n; i++) {
        /* A condition that the errors could turn over says nothing. */
        const double doubt = a->error[i] + b->error[i], apart = fabs(a->value[i] - b->value[i]);
        const int sure = (doubt == 0) | (apart > doubt);
        const int known = (a->value[i] == a->value[i]) & (b->value[i] == b->value[i]);
        const double value = yes[i] != 0 ? c->value[i] : d->value[i];
        const double error = yes[i] != 0 ? c->error[i] : d->error[i];
        y->value[i] = known ? value : NAN;
        y->error[i] = (sure & known) ? error : INFINITY;
    }
}

static void fill(int n, struct batch *y, double value, double error) {
    for (int i = 0; i < n; i++) {
        y->value[i] = value;
        y->error[i] = error;
    }
}

static void evaluate_node(const struct formula *formula, int j, int n, const double *x,
                          struct batch *batch) {
    const struct formula_node *node = &formula->node[j];
    struct batch *y = &batch[j];
    const struct batch *a = &batch[node->a], *b = &batch[node->b];
    switch (node->kind) {
    case FORMULA_X:
        memcpy(y->value, x, (size_t)n * sizeof *x);
        memset(y->error, 0, (size_t)n * sizeof *x);
        break;
    case FORMULA_CONSTANT:
        fill(n, y, node->constant, 0);
        break;
    case FORMULA_PI:
        fill(n, y, PI, 2 * DBL_EPSILON);
        break;
    case FORMULA_ADD:
        add(n, y, a, b, 1);
        break;
    case FORMULA_SUBTRACT:
        if (formula->node[node->b].kind == FORMULA_TANH && formula->node[node->b].a == node->a)
            subtract_tanh(n, y, a, b);
        else
            add(n, y, a, b, -1);
        break;
    case FORMULA_MULTIPLY:
        multiply(n, y, a, b);
        break;
    case FORMULA_DIVIDE:
        divide(n, y, a, b);
        break;
    case FORMULA_NEGATE:
        copy_sign(n, y, a, 0);
        break;
    case FORMULA_ABS:
        copy_sign(n, y, a, 1);
        break;
    case FORMULA_EXP:
        exponential(n, y, a);
        break;
    case FORMULA_EXPM1:
        exponential_minus_1(n, y, a);
        break;
    case FORMULA_LOG:
        logarithm(n, y, a);
        break;
    case FORMULA_LOG1P:
        logarithm_of_1_plus(n, y, a);
        break;
    case FORMULA_TANH:
        hyperbolic_tangent(n, y, a);
        break;
    case FORMULA_SQRT:
        square_root(n, y, a);
        break;
    case FORMULA_ERFC:
        complement(n, y, a);
        break;
    case FORMULA_SELECT:
        choose(n, node, y, batch);
        break;
    }
}

void LANES_NAME(formula_evaluate)(const struct formula *formula, int n, const double *x,
                                  double *value, double *error) {
    struct batch batch[FORMULA_NODES];
    for (int j = 0; j < formula->count; j++) evaluate_node(formula, j, n, x, batch);
    const struct batch *result = &batch[formula->count - 1];
    memcpy(value, result->value, (size_t)n * sizeof *value);
    memcpy(error, result->error, (size_t)n * sizeof *error);
}
