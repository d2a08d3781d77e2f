/* Formulas by MPFR, with their derivatives by dual numbers: each node is a value and its derivative
 * with respect to x. */
#include "formula.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <mpfr.h>

/* An infinite input stands for a limit; this is far beyond any double, and its square is no
 * overflow for MPFR. */
#define FAR_EXPONENT 100000

struct formula_exact {
    const struct formula *formula;
    mpfr_t value[FORMULA_NODES], slope[FORMULA_NODES];
    mpfr_t s, t;
};

struct formula_exact *formula_exact_new(const struct formula *formula, long bits) {
    struct formula_exact *exact = malloc(sizeof *exact);
    if (!exact) return NULL;
    exact->formula = formula;
    for (int i = 0; i < formula->count; i++)
        mpfr_inits2((mpfr_prec_t)bits, exact->value[i], exact->slope[i], (mpfr_ptr)0);
    mpfr_inits2((mpfr_prec_t)bits, exact->s, exact->t, (mpfr_ptr)0);
    return exact;
}

void formula_exact_free(struct formula_exact *exact) {
    if (!exact) return;
    for (int i = 0; i < exact->formula->count; i++)
        mpfr_clears(exact->value[i], exact->slope[i], (mpfr_ptr)0);
    mpfr_clears(exact->s, exact->t, (mpfr_ptr)0);
    free(exact);
}

static void set_input(mpfr_t value, double x) {
    if (isinf(x)) {
        mpfr_set_si_2exp(value, x > 0 ? 1 : -1, FAR_EXPONENT, MPFR_RNDN);
    } else {
        mpfr_set_d(value, x, MPFR_RNDN);
    }
}

static bool holds(enum formula_comparison comparison, mpfr_t a, mpfr_t b) {
    switch (comparison) {
    case FORMULA_LESS:
        return mpfr_less_p(a, b);
    case FORMULA_LESS_EQUAL:
        return mpfr_lessequal_p(a, b);
    case FORMULA_GREATER:
        return mpfr_greater_p(a, b);
    case FORMULA_GREATER_EQUAL:
        return mpfr_greaterequal_p(a, b);
    case FORMULA_EQUAL:
        return mpfr_equal_p(a, b);
    }
    return false;
}

/* y' = a' f, with f in exact->t; 0 where a stands still, even if f is infinite. */
static void chain(struct formula_exact *exact, int y, int a) {
    if (mpfr_zero_p(exact->slope[a]))
        mpfr_set_zero(exact->slope[y], 1);
    else
        mpfr_mul(exact->slope[y], exact->slope[a], exact->t, MPFR_RNDN);
}

static void divide(struct formula_exact *e, int y, int a, int b) {
    mpfr_div(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
    mpfr_mul(e->s, e->value[y], e->slope[b], MPFR_RNDN); /* (a' - y b') / b */
    mpfr_sub(e->s, e->slope[a], e->s, MPFR_RNDN);
    mpfr_div(e->slope[y], e->s, e->value[b], MPFR_RNDN);
}

static void multiply(struct formula_exact *e, int y, int a, int b) {
    mpfr_mul(e->s, e->slope[a], e->value[b], MPFR_RNDN);
    mpfr_mul(e->t, e->value[a], e->slope[b], MPFR_RNDN);
    mpfr_add(e->slope[y], e->s, e->t, MPFR_RNDN);
    mpfr_mul(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
}

/* Elementary functions: the value, and the function's slope into t. */
static void function(struct formula_exact *e, enum formula_kind kind, int y, int a) {
    switch (kind) {
    case FORMULA_EXP:
        mpfr_exp(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_set(e->t, e->value[y], MPFR_RNDN);
        break;
    case FORMULA_EXPM1:
        mpfr_expm1(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_exp(e->t, e->value[a], MPFR_RNDN);
        break;
    case FORMULA_LOG:
        mpfr_log(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_ui_div(e->t, 1, e->value[a], MPFR_RNDN);
        break;
    case FORMULA_LOG1P:
        mpfr_log1p(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_add_ui(e->t, e->value[a], 1, MPFR_RNDN);
        mpfr_ui_div(e->t, 1, e->t, MPFR_RNDN);
        break;
    case FORMULA_TANH:
        mpfr_tanh(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_sech(e->t, e->value[a], MPFR_RNDN);
        mpfr_sqr(e->t, e->t, MPFR_RNDN);
        break;
    case FORMULA_SQRT:
        mpfr_sqrt(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_ui_div(e->t, 1, e->value[y], MPFR_RNDN);
        mpfr_div_2ui(e->t, e->t, 1, MPFR_RNDN);
        break;
    case FORMULA_ABS:
        mpfr_abs(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_set_si(e->t, mpfr_sgn(e->value[a]), MPFR_RNDN);
        break;
    case FORMULA_ERFC: /* slope -2 / sqrt(pi) exp(-x^2) */
        mpfr_erfc(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_sqr(e->s, e->value[a], MPFR_RNDN);
        mpfr_neg(e->s, e->s, MPFR_RNDN);
        mpfr_exp(e->s, e->s, MPFR_RNDN);
        mpfr_const_pi(e->t, MPFR_RNDN);
        mpfr_rec_sqrt(e->t, e->t, MPFR_RNDN);
        mpfr_mul_si(e->t, e->t, -2, MPFR_RNDN);
        mpfr_mul(e->t, e->t, e->s, MPFR_RNDN);
        break;
    default:
        mpfr_set_nan(e->value[y]);
        break;
    }
    chain(e, y, a);
}

static void run_node(struct formula_exact *e, int y, double x) {
    const struct formula_node *node = &e->formula->node[y];
    const int a = node->a, b = node->b;
    mpfr_set_zero(e->slope[y], 1);
    switch (node->kind) {
    case FORMULA_X:
        set_input(e->value[y], x);
        mpfr_set_ui(e->slope[y], 1, MPFR_RNDN);
        break;
    case FORMULA_CONSTANT:
        mpfr_set_d(e->value[y], node->constant, MPFR_RNDN);
        break;
    case FORMULA_PI:
        mpfr_const_pi(e->value[y], MPFR_RNDN);
        break;
    case FORMULA_ADD:
        mpfr_add(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
        mpfr_add(e->slope[y], e->slope[a], e->slope[b], MPFR_RNDN);
        break;
    case FORMULA_SUBTRACT:
        mpfr_sub(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
        mpfr_sub(e->slope[y], e->slope[a], e->slope[b], MPFR_RNDN);
        break;
    case FORMULA_NEGATE:
        mpfr_neg(e->value[y], e->value[a], MPFR_RNDN);
        mpfr_neg(e->slope[y], e->slope[a], MPFR_RNDN);
        break;
    case FORMULA_MULTIPLY:
        multiply(e, y, a, b);
        break;
    case FORMULA_DIVIDE:
        divide(e, y, a, b);
        break;
    case FORMULA_SELECT: {
        const int taken = holds(node->comparison, e->value[a], e->value[b]) ? node->c : node->d;
        mpfr_set(e->value[y], e->value[taken], MPFR_RNDN);
        mpfr_set(e->slope[y], e->slope[taken], MPFR_RNDN);
        if (mpfr_nan_p(e->value[a]) || mpfr_nan_p(e->value[b])) mpfr_set_nan(e->value[y]);
        break;
    }
    default:
        function(e, node->kind, y, a);
        break;
    }
}

int formula_unit_exponent(double value) {
    int exponent;
    frexp(value, &exponent);
    return (exponent > DBL_MIN_EXP ? exponent : DBL_MIN_EXP) - DBL_MANT_DIG;
}

/* A number as the nearest double, and what is left in units of that double's last place: as a
 * double of its own it could vanish. */
static void take(struct formula_exact *exact, mpfr_t number, double *value, double *remainder) {
    *value = mpfr_get_d(number, MPFR_RNDN);
    *remainder = 0;
    if (!isfinite(*value)) return;
    mpfr_sub_d(exact->s, number, *value, MPFR_RNDN);
    mpfr_mul_2si(exact->s, exact->s, -formula_unit_exponent(*value), MPFR_RNDN);
    *remainder = mpfr_get_d(exact->s, MPFR_RNDN);
}

void formula_exact_value(struct formula_exact *exact, double x, double *value, double *remainder) {
    for (int i = 0; i < exact->formula->count; i++) run_node(exact, i, x);
    take(exact, exact->value[exact->formula->count - 1], value, remainder);
}

void formula_exact_derivative(struct formula_exact *exact, double x, double *value,
                              double *remainder) {
    for (int i = 0; i < exact->formula->count; i++) run_node(exact, i, x);
    take(exact, exact->slope[exact->formula->count - 1], value, remainder);
}
