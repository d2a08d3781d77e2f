/* Random orthonormal columns. */
#ifndef WG_NN_ORTHOGONAL_H
#define WG_NN_ORTHOGONAL_H

#include "wengert/random.h"

/* n <= m orthonormal columns of m numbers, one after the other: the Q of the QR decomposition, diag
 * R positive, of columns of normal deviates. For free(); NULL when memory is out (no error set). */
double *wg_orthonormal_columns(int64_t m, int64_t n, struct wg_random *random);

#endif
