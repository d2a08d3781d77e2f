/* Gram and Schmidt's method, modified, each column twice: "twice is enough" for orthogonality to
 * rounding (Giraud, Langou and Rozložník, Computers and Mathematics with Applications 50, 2005).
 * All sums have one order.
 */
#include "nn/orthogonal.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = 8 };

static double dot(int64_t n, const double *x, const double *y) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) lane[l] += x[i + l] * y[i + l];
    }
    for (int l = 0; l < n - i; l++) lane[l] += x[i + l] * y[i + l];
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
    }
    return lane[0];
}

/* Takes out of v what it shares with the first j columns. */
static void project(int64_t m, int64_t j, const double *columns, double *v) {
    for (int64_t k = 0; k < j; k++) {
        const double *q = columns + k * m, share = dot(m, q, v);
        for (int64_t i = 0; i < m; i++) v[i] -= share * q[i];
    }
}

double *wg_orthonormal_columns(int64_t m, int64_t n, struct wg_random *random) {
    if ((uint64_t)m > SIZE_MAX / sizeof(double) / (uint64_t)n) return NULL;
    double *columns = malloc((size_t)m * (size_t)n * sizeof *columns);
    for (int64_t j = 0; columns && j < n; j++) {
        double *v = columns + j * m, length;
        do { /* again, should the draw depend on the columns before it */
            for (int64_t i = 0; i < m; i++) v[i] = wg_random_normal(random, 0, 1);
            project(m, j, columns, v);
            project(m, j, columns, v);
            length = sqrt(dot(m, v, v));
        } while (!(length > 1e-8));
        for (int64_t i = 0; i < m; i++) v[i] /= length;
    }
    return columns;
}
