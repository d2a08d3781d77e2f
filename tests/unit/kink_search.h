/* Where an elementwise op's value or gradient jumps, found from its kernels alone: nothing here
 * reads what the op's entry declares.
 *
 * A grid over all finite numbers, dense where activations bend, cuts the line into intervals; each
 * is halved, towards the half over which the gradient (or the value) rises more, and again towards
 * the half over which it falls more, until two adjacent numbers are left. A smooth function then
 * changes by rounding, or by about as much as over the next few numbers on either side; a jump
 * stays. So a jump of the second derivative alone is none.
 */
#ifndef WG_TESTS_KINK_SEARCH_H
#define WG_TESTS_KINK_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ops/kernel_set.h"

/* One input of an op, under attributes, with the other input (if there is one) standing still. */
struct line {
    const struct wg_kernel_row *row;
    enum wg_dtype dtype;
    const double *slots;
    int input;
    double other;
};

/* The numbers of a dtype in their order: adjacent ones have adjacent ordinals, and 0 has 0. */
int64_t ordinal_of(enum wg_dtype dtype, double x);
double number_of(enum wg_dtype dtype, int64_t ordinal);

/* y, and dy/dx where slope is not NULL, at n numbers given by ordinals. */
void evaluate_line(const struct line *line, int n, const int64_t *at, double *y, double *slope);

/* A jump lies in [first, last], ordinals at most a few apart; the slopes and values are those just
 * outside. */
struct jump {
    int64_t first, last;
    double slope[2], value[2];
};

/* The last number with a finite value and slope before one without. */
struct edge {
    double at, value, slope;
};

enum { MOST_JUMPS = 64, MOST_EDGES = 64 };

struct search {
    int jumps, edges, intervals;
    struct jump jump[MOST_JUMPS];
    struct edge edge[MOST_EDGES];
};

/* Also cuts at each of the `count` numbers in `special`, at their negatives, and next to them. */
void search_line(const struct line *line, const double *special, int count, struct search *found);

#endif
