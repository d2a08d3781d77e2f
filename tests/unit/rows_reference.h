/* The ops along rows in MPFR, for test_rows.c. */
#ifndef ROWS_REFERENCE_H
#define ROWS_REFERENCE_H

#include <mpfr.h>
#include <stdbool.h>

/* Exact results, one after the other, and of each the sum of the sizes of the terms that it was
 * made of. */
struct exact {
    int room;
    mpfr_t *y, *terms;
    mpfr_t *e;                /* weights */
    mpfr_t rest, sum;         /* of the weights without the largest, of all */
    mpfr_t a, b, c, d, total; /* temporary */
    int largest;
};

typedef void reference(struct exact *exact, int n, const double *x, const double *dy);

void exact_init(struct exact *exact, int room);
void exact_clear(struct exact *exact);

reference exact_softmax, exact_softmax_gradient;
reference exact_log_softmax, exact_log_softmax_gradient;
reference exact_logsumexp, exact_logsumexp_gradient;
reference exact_sparsemax, exact_sparsemax_gradient;
reference exact_glu, exact_glu_gradient;

/* The error of y in ULP, less slack times terms; infinity where y is wrong in kind. */
double error_in_ulp(double y, const mpfr_t exact, const mpfr_t terms, double slack, bool is_float);

/* "exact 0.123..., terms 1.0" */
const char *exact_text(const struct exact *exact, int i);

#endif
