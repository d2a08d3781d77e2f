/* Formulas in double, with a running bound of the error: each operation passes on its operands'
 * errors and adds its own. */
#include "formula.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define UNIT (DBL_EPSILON / 2) /* an arithmetic operation's relative error */
#define LIBM                                                                                       \
    (2 * DBL_EPSILON) /* an elementary function's: libm's stay within 2 units of the last place,   \
                         most within 1 */
#define TINY 5e-324   /* what is lost when a result underflows */
#define PI 3.14159265358979323846

struct batch {
    double value[FORMULA_BATCH], error[FORMULA_BATCH];
};

/* The error bound of a result: `passed` from the operands. A result that is infinite is so for sure
 * when its operands were. */
static inline double bound(double value, double passed, double own) {
    return isinf(value) ? (passed == passed ? 0 : passed) : passed + fabs(value) * own + TINY;
}

static void add(int n, struct batch *y, const struct batch *a, const struct batch *b, double sign) {
    for (int i = 0; i < n; i++) {
        const double value = a->value[i] + sign * b->value[i];
        y->value[i] = value;
        /* A sum that underflows is exact. */
        const double passed = a->error[i] + b->error[i];
        y->error[i] = isinf(value) ? (passed == passed ? 0 : passed) : passed + fabs(value) * UNIT;
    }
}

static void multiply(int n, struct batch *y, const struct batch *a, const struct batch *b) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], z = b->value[i], value = x * z;
        y->value[i] = value;
        y->error[i] = bound(
            value, fabs(x) * b->error[i] + fabs(z) * a->error[i] + a->error[i] * b->error[i], UNIT);
    }
}

static void divide(int n, struct batch *y, const struct batch *a, const struct batch *b) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], z = b->value[i], value = x / z;
        const double least = fabs(z) - b->error[i]; /* of the true divisor */
        double passed = least > 0 ? (a->error[i] + fabs(value) * b->error[i]) / least : NAN;
        if (isinf(z) && isfinite(x)) passed = 0;
        y->value[i] = value;
        y->error[i] = bound(value, passed, UNIT);
    }
}

/* Of an elementary function with the given value, and slope over the operand's interval at most
 * `slope` in size. */
static inline void function_result(struct batch *y, int i, double value, double slope,
                                   double operand_error) {
    y->value[i] = value;
    y->error[i] = bound(value, operand_error == 0 ? 0 : slope * operand_error, LIBM);
}

static void exponential(int n, struct batch *y, const struct batch *a, int minus_one) {
    for (int i = 0; i < n; i++) {
        const double e = exp(a->value[i]), value = minus_one ? expm1(a->value[i]) : e;
        const bool vanishes = a->value[i] + a->error[i] < -746; /* e^a is below TINY for sure */
        const double grown = a->error[i] < 1 ? 2 * a->error[i] : expm1(a->error[i]);
        y->value[i] = value;
        y->error[i] = bound(value, grown == 0 || vanishes ? 0 : e * grown, LIBM);
    }
}

static void logarithm(int n, struct batch *y, const struct batch *a, int one_plus) {
    for (int i = 0; i < n; i++) {
        const double x = a->value[i], of = (one_plus ? 1 + x : x), least = of - 2 * a->error[i];
        function_result(y, i, one_plus ? log1p(x) : log(x), least > 0 ? 1 / least : NAN,
                        a->error[i]);
    }
}

/* tanh's slope is at most 4 exp(-2 |x|), and 1. */
static void hyperbolic_tangent(int n, struct batch *y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double least = fmax(fabs(a->value[i]) - a->error[i], 0);
        const double slope = least < 1 ? 1 : least > 300 ? 1e-250 : 4.01 * exp(-2 * least);
        const double passed = least > 1e15 && a->error[i] < least ? 0 : slope * a->error[i];
        y->value[i] = tanh(a->value[i]);
        y->error[i] = bound(y->value[i], a->error[i] == 0 ? 0 : passed, LIBM);
    }
}

static void square_root(int n, struct batch *y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double least = a->value[i] - a->error[i];
        function_result(y, i, sqrt(a->value[i]), least > 0 ? 1 / (2 * sqrt(least)) : NAN,
                        a->error[i]);
    }
}

/* erfc's slope is -2 / sqrt(pi) exp(-x^2): over the operand's interval at most that at its end
 * nearer to 0. */
static void complement(int n, struct batch *y, const struct batch *a) {
    for (int i = 0; i < n; i++) {
        const double near = fmax(fabs(a->value[i]) - a->error[i], 0);
        function_result(y, i, erfc(a->value[i]), 1.13 * exp(-near * near), a->error[i]);
    }
}

static void copy_sign(int n, struct batch *y, const struct batch *a, int absolute) {
    for (int i = 0; i < n; i++) {
        y->value[i] = absolute ? fabs(a->value[i]) : -a->value[i];
        y->error[i] = a->error[i];
    }
}

static inline int holds(enum formula_comparison comparison, double a, double b) {
    switch (comparison) {
    case FORMULA_LESS:
        return a < b;
    case FORMULA_LESS_EQUAL:
        return a <= b;
    case FORMULA_GREATER:
        return a > b;
    case FORMULA_GREATER_EQUAL:
        return a >= b;
    case FORMULA_EQUAL:
        return a == b;
    }
    return 0;
}

static void choose(int n, const struct formula_node *node, struct batch *y,
                   const struct batch *batch) {
    const struct batch *a = &batch[node->a], *b = &batch[node->b], *c = &batch[node->c],
                       *d = &batch[node->d];
    for (int i = 0; i < n; i++) {
        const int yes = holds(node->comparison, a->value[i], b->value[i]);
        /* A condition that the errors could turn over says nothing. */
        const double doubt = a->error[i] + b->error[i];
        const int sure = doubt == 0 || fabs(a->value[i] - b->value[i]) > doubt;
        const int known = a->value[i] == a->value[i] && b->value[i] == b->value[i];
        y->value[i] = !known ? NAN : yes ? c->value[i] : d->value[i];
        y->error[i] = !sure ? INFINITY : yes ? c->error[i] : d->error[i];
    }
}

static void fill(int n, struct batch *y, double value, double error) {
    for (int i = 0; i < n; i++) {
        y->value[i] = value;
        y->error[i] = error;
    }
}

void formula_evaluate(const struct formula *formula, int n, const double *x, double *value,
                      double *error) {
    struct batch batch[FORMULA_NODES];
    for (int j = 0; j < formula->count; j++) {
        const struct formula_node *node = &formula->node[j];
        struct batch *y = &batch[j];
        const struct batch *a = &batch[node->a], *b = &batch[node->b];
        switch (node->kind) {
        case FORMULA_X:
            for (int i = 0; i < n; i++) {
                y->value[i] = x[i];
                y->error[i] = 0;
            }
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
            exponential(n, y, a, 0);
            break;
        case FORMULA_EXPM1:
            exponential(n, y, a, 1);
            break;
        case FORMULA_LOG:
            logarithm(n, y, a, 0);
            break;
        case FORMULA_LOG1P:
            logarithm(n, y, a, 1);
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
    const struct batch *result = &batch[formula->count - 1];
    memcpy(value, result->value, (size_t)n * sizeof *value);
    memcpy(error, result->error, (size_t)n * sizeof *error);
}
