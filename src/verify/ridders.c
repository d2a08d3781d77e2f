#include "verify/ridders.h"

#include <math.h>

#define SHRINK 1.5 /* of the step, from row to row */
/* Stop when the error has grown by SAFE in so many rows in succession: two steps may agree by
 * chance long before all do. */
#define SAFE 2.0
#define PATIENCE 2

/* Row i of the tableau: the quotient for the i-th step, then its extrapolations with the row
 * before. */
static void extrapolate(double *row, const double *before, int i, int order) {
    const double base = order == 2 ? SHRINK * SHRINK : SHRINK;
    double factor = base;
    for (int j = 1; j <= i; j++, factor *= base) {
        row[j] = (row[j - 1] * factor - before[j - 1]) / (factor - 1);
    }
}

bool wg_ridders(wg_quotient_function *function, void *context, double step, int order, int most,
                struct wg_derivative *derivative) {
    double rows[2][WG_RIDDERS_ROWS];
    double best = INFINITY;
    int worse = 0; /* rows in succession */
    for (int i = 0; i < most; i++, step /= SHRINK) {
        double *row = rows[i % 2];
        const double *before = rows[(i + 1) % 2];
        struct wg_quotient quotient;
        if (!function(step, context, &quotient)) return false;
        row[0] = quotient.value;
        if (i == 0) {
            *derivative = (struct wg_derivative){quotient.value, INFINITY, quotient.terms,
                                                 quotient.rounding, step};
            continue;
        }
        extrapolate(row, before, i, order);
        for (int j = 1; j <= i; j++) {
            const double a = fabs(row[j] - row[j - 1]), b = fabs(row[j] - before[j - 1]);
            const double error = (a > b ? a : b) + quotient.rounding;
            if (error <= best) {
                best = error;
                *derivative =
                    (struct wg_derivative){row[j], error, quotient.terms, quotient.rounding, step};
            }
        }
        worse = fabs(row[i] - before[i - 1]) >= SAFE * best ? worse + 1 : 0;
        if (worse == PATIENCE) break;
    }
    return true;
}
