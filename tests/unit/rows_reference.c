#include "rows_reference.h"

#include <math.h>
#include <stdlib.h>

/* Bits: 200 more than a result has; enough for sums of doubles of any exponents to be exact. */
enum { PRECISION = 250, PRECISION_OF_SUMS = 2300 };

#define ROUND MPFR_RNDN

static mpfr_t *numbers(int count, int precision) {
    mpfr_t *list = malloc((size_t)count * sizeof *list);
    for (int i = 0; i < count; i++) mpfr_init2(list[i], precision);
    return list;
}

void exact_init(struct exact *exact, int room) {
    exact->room = room;
    exact->y = numbers(room, PRECISION);
    exact->terms = numbers(room, PRECISION);
    exact->e = numbers(room, PRECISION);
    mpfr_inits2(PRECISION, exact->rest, exact->sum, (mpfr_ptr)NULL);
    mpfr_inits2(PRECISION_OF_SUMS, exact->a, exact->b, exact->c, exact->d, exact->total,
                (mpfr_ptr)NULL);
}

void exact_clear(struct exact *exact) {
    for (int i = 0; i < exact->room; i++)
        mpfr_clears(exact->y[i], exact->terms[i], exact->e[i], (mpfr_ptr)NULL);
    free(exact->y);
    free(exact->terms);
    free(exact->e);
    mpfr_clears(exact->rest, exact->sum, exact->a, exact->b, exact->c, exact->d, exact->total,
                (mpfr_ptr)NULL);
    mpfr_free_cache();
}

/* e^(x - m), and their sums. */
static void weigh(struct exact *t, int n, const double *x) {
    t->largest = 0;
    for (int i = 1; i < n; i++) {
        if (x[i] > x[t->largest]) t->largest = i;
    }
    mpfr_set_zero(t->rest, 1);
    for (int i = 0; i < n; i++) {
        mpfr_set_d(t->e[i], x[i], ROUND);
        mpfr_sub_d(t->e[i], t->e[i], x[t->largest], ROUND);
        mpfr_exp(t->e[i], t->e[i], ROUND);
        if (i != t->largest) mpfr_add(t->rest, t->rest, t->e[i], ROUND);
    }
    mpfr_add_ui(t->sum, t->rest, 1, ROUND);
}

void exact_softmax(struct exact *t, int n, const double *x, const double *dy) {
    (void)dy;
    weigh(t, n, x);
    for (int i = 0; i < n; i++) mpfr_div(t->y[i], t->e[i], t->sum, ROUND);
}

/* y_i (dy_i - s), through the distances from dy of the largest: s - dy_m = sum y_j (dy_j - dy_m).
 * Terms: y_i (|dy_i - s| + sum y_j |dy_j - s|). */
void exact_softmax_gradient(struct exact *t, int n, const double *x, const double *dy) {
    weigh(t, n, x);
    mpfr_set_zero(t->total, 1);
    for (int j = 0; j < n; j++) {
        mpfr_set_d(t->a, dy[j], ROUND);
        mpfr_sub_d(t->a, t->a, dy[t->largest], ROUND);
        mpfr_mul(t->a, t->a, t->e[j], ROUND);
        mpfr_add(t->total, t->total, t->a, ROUND);
    }
    mpfr_div(t->total, t->total, t->sum, ROUND);
    mpfr_set_zero(t->b, 1);
    for (int i = 0; i < n; i++) {
        mpfr_set_d(t->a, dy[i], ROUND);
        mpfr_sub_d(t->a, t->a, dy[t->largest], ROUND);
        mpfr_sub(t->a, t->a, t->total, ROUND);
        mpfr_mul(t->y[i], t->a, t->e[i], ROUND);
        mpfr_div(t->y[i], t->y[i], t->sum, ROUND);
        mpfr_abs(t->terms[i], t->a, ROUND);
        mpfr_abs(t->c, t->y[i], ROUND);
        mpfr_add(t->b, t->b, t->c, ROUND);
    }
    for (int i = 0; i < n; i++) {
        mpfr_add(t->terms[i], t->terms[i], t->b, ROUND);
        mpfr_mul(t->terms[i], t->terms[i], t->e[i], ROUND);
        mpfr_div(t->terms[i], t->terms[i], t->sum, ROUND);
    }
}

void exact_log_softmax(struct exact *t, int n, const double *x, const double *dy) {
    (void)dy;
    weigh(t, n, x);
    mpfr_log1p(t->b, t->rest, ROUND);
    for (int i = 0; i < n; i++) {
        mpfr_set_d(t->a, x[i], ROUND);
        mpfr_sub_d(t->a, t->a, x[t->largest], ROUND);
        mpfr_sub(t->y[i], t->a, t->b, ROUND);
    }
}

/* dy_i (1 - p_i) - p_i (sum of the other dy); both are the terms. */
void exact_log_softmax_gradient(struct exact *t, int n, const double *x, const double *dy) {
    weigh(t, n, x);
    mpfr_set_zero(t->total, 1);
    for (int i = 0; i < n; i++) mpfr_add_d(t->total, t->total, dy[i], ROUND);
    for (int i = 0; i < n; i++) {
        mpfr_sub(t->a, t->sum, t->e[i], ROUND);
        if (i == t->largest) mpfr_set(t->a, t->rest, ROUND);
        mpfr_mul_d(t->a, t->a, dy[i], ROUND);
        mpfr_sub_d(t->b, t->total, dy[i], ROUND);
        mpfr_mul(t->b, t->b, t->e[i], ROUND);
        mpfr_sub(t->y[i], t->a, t->b, ROUND);
        mpfr_div(t->y[i], t->y[i], t->sum, ROUND);
        mpfr_abs(t->a, t->a, ROUND);
        mpfr_abs(t->b, t->b, ROUND);
        mpfr_add(t->terms[i], t->a, t->b, ROUND);
        mpfr_div(t->terms[i], t->terms[i], t->sum, ROUND);
    }
}

/* Terms: ln sum alone; m is exact. */
void exact_logsumexp(struct exact *t, int n, const double *x, const double *dy) {
    (void)dy;
    weigh(t, n, x);
    mpfr_log1p(t->terms[0], t->rest, ROUND);
    mpfr_add_d(t->y[0], t->terms[0], x[t->largest], ROUND);
}

void exact_logsumexp_gradient(struct exact *t, int n, const double *x, const double *dy) {
    exact_softmax(t, n, x, NULL);
    for (int i = 0; i < n; i++) {
        mpfr_mul_d(t->y[i], t->y[i], dy[0], ROUND);
        mpfr_abs(t->terms[i], t->y[i], ROUND);
    }
}

static int descending(const void *a, const void *b) {
    const double x = *(const double *)a, z = *(const double *)b;
    return x < z ? 1 : x > z ? -1 : 0;
}

/* By sorting: the largest k for which 1 + k z_k > the sum of the k largest. All of it is exact;
 * leaves k, and the sum less 1 in total. */
static int support(struct exact *t, int n, const double *x) {
    double *z = malloc((size_t)n * sizeof *z);
    for (int i = 0; i < n; i++) z[i] = x[i];
    qsort(z, (size_t)n, sizeof *z, descending);
    int size = 0;
    mpfr_set_si(t->a, -1, ROUND);
    for (int k = 1; k <= n && z[k - 1] > -INFINITY; k++) {
        mpfr_add_d(t->a, t->a, z[k - 1], ROUND);
        mpfr_set_d(t->b, z[k - 1], ROUND);
        mpfr_mul_si(t->b, t->b, k, ROUND);
        if (mpfr_cmp(t->b, t->a) <= 0) continue;
        size = k;
        mpfr_set(t->total, t->a, ROUND);
    }
    free(z);
    return size;
}

/* Whether x is above (total / size). */
static bool supported(struct exact *t, int size, double x) {
    if (x == -INFINITY) return false;
    mpfr_set_d(t->b, x, ROUND);
    mpfr_mul_si(t->b, t->b, size, ROUND);
    return mpfr_cmp(t->b, t->total) > 0;
}

void exact_sparsemax(struct exact *t, int n, const double *x, const double *dy) {
    (void)dy;
    const int size = support(t, n, x);
    for (int i = 0; i < n; i++) {
        mpfr_set_zero(t->y[i], 1);
        if (!supported(t, size, x[i])) continue;
        mpfr_sub(t->b, t->b, t->total, ROUND);
        mpfr_div_si(t->y[i], t->b, size, ROUND);
    }
}

void exact_sparsemax_gradient(struct exact *t, int n, const double *x, const double *dy) {
    const int size = support(t, n, x);
    mpfr_set_zero(t->c, 1);
    for (int i = 0; i < n; i++) {
        if (supported(t, size, x[i])) mpfr_add_d(t->c, t->c, dy[i], ROUND);
    }
    mpfr_div_si(t->c, t->c, size, ROUND);
    for (int i = 0; i < n; i++) {
        mpfr_set_zero(t->y[i], 1);
        mpfr_set_zero(t->terms[i], 1);
        if (!supported(t, size, x[i])) continue;
        mpfr_d_sub(t->y[i], dy[i], t->c, ROUND);
        mpfr_abs(t->terms[i], t->y[i], ROUND);
    }
}

/* 1 / (1 + e^-b) in a, its derivative e / (1 + e)^2 in b; e = e^-|b|. */
static void gate(struct exact *t, double b) {
    mpfr_set_d(t->c, -fabs(b), ROUND);
    mpfr_exp(t->c, t->c, ROUND);
    mpfr_add_ui(t->d, t->c, 1, ROUND);
    mpfr_ui_div(t->a, 1, t->d, ROUND);
    if (b < 0) mpfr_mul(t->a, t->a, t->c, ROUND);
    mpfr_sqr(t->d, t->d, ROUND);
    mpfr_div(t->b, t->c, t->d, ROUND);
}

void exact_glu(struct exact *t, int n, const double *x, const double *dy) {
    (void)dy;
    for (int i = 0; i < n / 2; i++) {
        gate(t, x[n / 2 + i]);
        mpfr_mul_d(t->y[i], t->a, x[i], ROUND);
    }
}

void exact_glu_gradient(struct exact *t, int n, const double *x, const double *dy) {
    for (int i = 0; i < n / 2; i++) {
        gate(t, x[n / 2 + i]);
        mpfr_mul_d(t->y[i], t->a, dy[i], ROUND);
        mpfr_mul_d(t->b, t->b, x[i], ROUND);
        mpfr_mul_d(t->y[n / 2 + i], t->b, dy[i], ROUND);
    }
}

double error_in_ulp(double y, const mpfr_t exact, const mpfr_t terms, double slack, bool is_float) {
    const int digits = is_float ? 24 : 53, top = is_float ? 128 : 1024;
    const int lowest = is_float ? -125 : -1021;
    if (isnan(y) || mpfr_nan_p(exact)) return INFINITY;
    if (mpfr_inf_p(exact)) return isinf(y) && signbit(y) == mpfr_signbit(exact) ? 0 : INFINITY;
    if (isinf(y) && mpfr_get_exp(exact) <= top) return INFINITY;
    if (isinf(y)) return (y < 0) == (mpfr_sgn(exact) < 0) ? 0 : INFINITY;
    long exponent = mpfr_zero_p(exact) ? lowest : (long)mpfr_get_exp(exact);
    if (exponent < lowest) exponent = lowest;
    mpfr_t difference, forgiven;
    mpfr_inits2(PRECISION, difference, forgiven, (mpfr_ptr)NULL);
    mpfr_set_d(difference, y, ROUND);
    mpfr_sub(difference, difference, exact, ROUND);
    mpfr_abs(difference, difference, ROUND);
    mpfr_set_zero(forgiven, 1);
    if (slack > 0) mpfr_mul_d(forgiven, terms, slack, ROUND);
    mpfr_sub(difference, difference, forgiven, ROUND);
    mpfr_mul_2si(difference, difference, digits - exponent, ROUND);
    const double error = mpfr_get_d(difference, MPFR_RNDU);
    mpfr_clears(difference, forgiven, (mpfr_ptr)NULL);
    return error > 0 ? error : 0;
}

const char *exact_text(const struct exact *exact, int i) {
    static char text[128];
    mpfr_snprintf(text, sizeof text, "exact %.20Rg, terms %.3Rg", exact->y[i], exact->terms[i]);
    return text;
}
