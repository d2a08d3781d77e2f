/* Numerical derivatives by Ridders' extrapolation (Advances in Engineering Software 4(2), 1982). */
#ifndef WG_VERIFY_RIDDERS_H
#define WG_VERIFY_RIDDERS_H

#include <stdbool.h>

/* A difference quotient: its value, and the size of the terms that it was added up from and of its
 * rounding error. */
struct wg_quotient {
    double value, terms, rounding;
};

#define WG_RIDDERS_ROWS 12

/* The quotient for a step h > 0 (central, or one-sided towards the sign of the caller's choice).
 * false: the function failed. */
typedef bool wg_quotient_function(double h, void *context, struct wg_quotient *quotient);

struct wg_derivative {
    double value;
    double estimate; /* of its own error: extrapolation and rounding */
    double terms; /* the size of the terms: what a relative error is relative to when they cancel */
    double rounding; /* of the quotient the value was last corrected by */
    double step;     /* the last step used */
};

/* Extrapolates to h = 0 from `step` down. order 2 for central quotients (their error runs in h^2),
 * 1 for one-sided ones. From up to `most` quotients, WG_RIDDERS_ROWS at most. */
bool wg_ridders(wg_quotient_function *function, void *context, double step, int order, int most,
                struct wg_derivative *derivative);

#endif
