/* Sums of squares in double, in an order that n alone fixes: blocks of BLOCK elements; in each,
 * LANES_OF_SUM partial sums, added in a binary tree; the blocks in order. */
#ifndef WG_OPTIM_SUMS_H
#define WG_OPTIM_SUMS_H

#define SUM_BLOCK 512
#define LANES_OF_SUM 8

/* Of at most SUM_BLOCK elements. */
static inline double block_squares(int64_t n, const real *x) {
    double lane[LANES_OF_SUM] = {0};
    int64_t i = 0;
    for (; i + LANES_OF_SUM <= n; i += LANES_OF_SUM) {
        for (int l = 0; l < LANES_OF_SUM; l++) lane[l] += (double)x[i + l] * (double)x[i + l];
    }
    for (int l = 0; l < n - i; l++) lane[l] += (double)x[i + l] * (double)x[i + l];
    for (int half = LANES_OF_SUM / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
    }
    return lane[0];
}

static double squares(int64_t n, const void *x_) {
    const real *x = x_;
    double total = 0;
    for (int64_t i = 0; i < n; i += SUM_BLOCK)
        total += block_squares(n - i < SUM_BLOCK ? n - i : SUM_BLOCK, x + i);
    return total;
}

#endif
