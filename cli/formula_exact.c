/* Formulas by MPFR, with their derivatives by dual numbers: each node is a value and its derivative
 * with respect to x. */
#include "formula.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <mpfr.h>

/* An infinite input stands for a limit: this is far beyond any double, and its square is no
 * overflow for MPFR. What is larger at a point ten times as far out, by its exponent, has no finite
 * limit, though it may grow as slowly as a logarithm. */
#define FAR_EXPONENT 100000
#define GROWS 1.5

/* Precisions to try, in bits: where a difference loses so many that fewer than ENOUGH_BITS are
 * left, the next one is taken. */
static const long precisions[] = {192, 768, 3072};
#define PRECISIONS (int)(sizeof precisions / sizeof *precisions)
#define ENOUGH_BITS 100

struct precision {
    const struct formula *formula;
    mpfr_t value[FORMULA_NODES], slope[FORMULA_NODES];
    mpfr_t s, t;
    bool slopes; /* whether they are wanted */
    long far;    /* the exponent that stands for infinity */
    long lost;   /* bits, in the difference that lost most */
};

struct formula_exact {
    struct precision at[PRECISIONS];
};

struct formula_exact *formula_exact_new(const struct formula *formula) {
    struct formula_exact *exact = malloc(sizeof *exact);
    if (!exact) return NULL;
    for (int i = 0; i < PRECISIONS; i++) {
        struct precision *p = &exact->at[i];
        p->formula = formula;
        for (int j = 0; j < formula->count; j++)
            mpfr_inits2(precisions[i], p->value[j], p->slope[j], (mpfr_ptr)0);
        mpfr_inits2(precisions[i], p->s, p->t, (mpfr_ptr)0);
    }
    return exact;
}

void formula_exact_free(struct formula_exact *exact) {
    if (!exact) return;
    for (int i = 0; i < PRECISIONS; i++) {
        struct precision *p = &exact->at[i];
        for (int j = 0; j < p->formula->count; j++)
            mpfr_clears(p->value[j], p->slope[j], (mpfr_ptr)0);
        mpfr_clears(p->s, p->t, (mpfr_ptr)0);
    }
    mpfr_free_cache(); /* constants that MPFR keeps for each thread */
    free(exact);
}

/* Notes how many leading bits a + b = sum lost. A sum of 0 has lost all, unless both were 0. */
static void note_loss(struct precision *p, mpfr_t sum, mpfr_t a, mpfr_t b) {
    if (!mpfr_regular_p(a) || !mpfr_regular_p(b)) return;
    const long larger =
        mpfr_get_exp(a) > mpfr_get_exp(b) ? (long)mpfr_get_exp(a) : (long)mpfr_get_exp(b);
    const long lost =
        mpfr_zero_p(sum) ? precisions[PRECISIONS - 1] : larger - (long)mpfr_get_exp(sum);
    if (lost > p->lost) p->lost = lost;
}

static void set_input(const struct precision *p, mpfr_t value, double x) {
    if (isinf(x))
        mpfr_set_si_2exp(value, x > 0 ? 1 : -1, p->far, MPFR_RNDN);
    else
        mpfr_set_d(value, x, MPFR_RNDN);
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

/* y' = a' f, with f in e->t; 0 where a stands still, even if f is infinite. */
static void chain(struct precision *e, int y, int a) {
    if (mpfr_zero_p(e->slope[a]))
        mpfr_set_zero(e->slope[y], 1);
    else
        mpfr_mul(e->slope[y], e->slope[a], e->t, MPFR_RNDN);
}

static void divide(struct precision *e, int y, int a, int b) {
    mpfr_div(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
    if (!e->slopes) return;
    mpfr_mul(e->s, e->value[y], e->slope[b], MPFR_RNDN); /* (a' - y b') / b */
    mpfr_sub(e->t, e->slope[a], e->s, MPFR_RNDN);
    note_loss(e, e->t, e->slope[a], e->s);
    mpfr_div(e->slope[y], e->t, e->value[b], MPFR_RNDN);
}

static void multiply(struct precision *e, int y, int a, int b) {
    mpfr_mul(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
    if (!e->slopes) return;
    mpfr_mul(e->s, e->slope[a], e->value[b], MPFR_RNDN);
    mpfr_mul(e->t, e->value[a], e->slope[b], MPFR_RNDN);
    mpfr_add(e->slope[y], e->s, e->t, MPFR_RNDN);
    note_loss(e, e->slope[y], e->s, e->t);
}

/* The slope of an elementary function y of a, into t. */
static void function_slope(struct precision *e, enum formula_kind kind, int y, int a) {
    switch (kind) {
    case FORMULA_EXP:
        mpfr_set(e->t, e->value[y], MPFR_RNDN);
        break;
    case FORMULA_EXPM1:
        mpfr_exp(e->t, e->value[a], MPFR_RNDN);
        break;
    case FORMULA_LOG:
        mpfr_ui_div(e->t, 1, e->value[a], MPFR_RNDN);
        break;
    case FORMULA_LOG1P:
        mpfr_add_ui(e->t, e->value[a], 1, MPFR_RNDN);
        mpfr_ui_div(e->t, 1, e->t, MPFR_RNDN);
        break;
    case FORMULA_TANH:
        mpfr_sech(e->t, e->value[a], MPFR_RNDN);
        mpfr_sqr(e->t, e->t, MPFR_RNDN);
        break;
    case FORMULA_SQRT:
        mpfr_ui_div(e->t, 1, e->value[y], MPFR_RNDN);
        mpfr_div_2ui(e->t, e->t, 1, MPFR_RNDN);
        break;
    case FORMULA_ABS:
        mpfr_set_si(e->t, mpfr_sgn(e->value[a]), MPFR_RNDN);
        break;
    default: /* erfc: -2 / sqrt(pi) exp(-x^2) */
        mpfr_sqr(e->s, e->value[a], MPFR_RNDN);
        mpfr_neg(e->s, e->s, MPFR_RNDN);
        mpfr_exp(e->s, e->s, MPFR_RNDN);
        mpfr_const_pi(e->t, MPFR_RNDN);
        mpfr_rec_sqrt(e->t, e->t, MPFR_RNDN);
        mpfr_mul_si(e->t, e->t, -2, MPFR_RNDN);
        mpfr_mul(e->t, e->t, e->s, MPFR_RNDN);
        break;
    }
}

static void function(struct precision *e, enum formula_kind kind, int y, int a) {
    static int (*const functions[])(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t) = {
        [FORMULA_EXP] = mpfr_exp,     [FORMULA_EXPM1] = mpfr_expm1, [FORMULA_LOG] = mpfr_log,
        [FORMULA_LOG1P] = mpfr_log1p, [FORMULA_TANH] = mpfr_tanh,   [FORMULA_SQRT] = mpfr_sqrt,
        [FORMULA_ERFC] = mpfr_erfc,
    };
    if (kind == FORMULA_ABS)
        mpfr_abs(e->value[y], e->value[a], MPFR_RNDN);
    else
        functions[kind](e->value[y], e->value[a], MPFR_RNDN);
    if (!e->slopes) return;
    function_slope(e, kind, y, a);
    chain(e, y, a);
}

static void run_node(struct precision *e, int y, double x) {
    const struct formula_node *node = &e->formula->node[y];
    const int a = node->a, b = node->b;
    mpfr_set_zero(e->slope[y], 1);
    switch (node->kind) {
    case FORMULA_X:
        set_input(e, e->value[y], x);
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
        note_loss(e, e->value[y], e->value[a], e->value[b]);
        mpfr_add(e->slope[y], e->slope[a], e->slope[b], MPFR_RNDN);
        note_loss(e, e->slope[y], e->slope[a], e->slope[b]);
        break;
    case FORMULA_SUBTRACT:
        mpfr_sub(e->value[y], e->value[a], e->value[b], MPFR_RNDN);
        note_loss(e, e->value[y], e->value[a], e->value[b]);
        mpfr_sub(e->slope[y], e->slope[a], e->slope[b], MPFR_RNDN);
        note_loss(e, e->slope[y], e->slope[a], e->slope[b]);
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
static void take(struct precision *p, mpfr_t number, double *value, double *remainder) {
    *value = mpfr_get_d(number, MPFR_RNDN);
    *remainder = 0;
    if (!isfinite(*value)) return;
    mpfr_sub_d(p->s, number, *value, MPFR_RNDN);
    mpfr_mul_2si(p->s, p->s, -formula_unit_exponent(*value), MPFR_RNDN);
    *remainder = mpfr_get_d(p->s, MPFR_RNDN);
    /* Too small for a double, or even for MPFR, but not 0. */
    if (*remainder == 0 && (!mpfr_zero_p(p->s) || mpfr_underflow_p())) *remainder = DBL_MIN;
}

/* The precision at which the formula keeps enough bits, with its nodes computed. */
static struct precision *run(struct formula_exact *exact, double x, long far, bool slopes) {
    struct precision *p = NULL;
    for (int i = 0; i < PRECISIONS; i++) {
        p = &exact->at[i];
        p->slopes = slopes;
        p->far = far;
        p->lost = 0;
        mpfr_clear_underflow();
        for (int j = 0; j < p->formula->count; j++) run_node(p, j, x);
        if (p->lost <= precisions[i] - ENOUGH_BITS) break;
    }
    return p;
}

void formula_exact_value(struct formula_exact *exact, double x, double *value, double *remainder) {
    struct precision *p = run(exact, x, FAR_EXPONENT, false);
    take(p, p->value[p->formula->count - 1], value, remainder);
    if (!isinf(x) || !isfinite(*value)) return;
    double further, rest;
    p = run(exact, x, 10 * FAR_EXPONENT, false);
    take(p, p->value[p->formula->count - 1], &further, &rest);
    if (fabs(further) > GROWS * fabs(*value) && fabs(further) > 1) {
        *value = copysign(INFINITY, further);
        *remainder = 0;
    }
}

void formula_exact_derivative(struct formula_exact *exact, double x, double *value,
                              double *remainder) {
    struct precision *p = run(exact, x, FAR_EXPONENT, true);
    take(p, p->slope[p->formula->count - 1], value, remainder);
}
