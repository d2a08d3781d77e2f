/* Adafactor: Shazeer, Stern, "Adaptive learning rates with sublinear memory cost", ICML 2018. */
#include "optim/rule.h"

struct adafactor_scalars {
    double rate; /* min(learning_rate, 1 / sqrt(t)) */
    double keep, epsilon_1, epsilon_2, clip_threshold;
};

#ifdef WG_UPDATE_PASS

enum { ADAFACTOR_COLUMNS = 64 };

/* row and column factors of a matrix's squares, brought up to date. Means are doubles: a row's by
 * the fixed order of sums, a column's a chain. */
static void adafactor_factors(int64_t rows, int64_t columns, const real *g, real *row, real *column,
                              const struct adafactor_scalars *s) {
    const double add = 1 - s->keep;
    for (int64_t i = 0; i < rows; i++) {
        const double mean = squares(columns, g + i * columns) / (double)columns + s->epsilon_1;
        row[i] = (real)(s->keep * (double)row[i] + add * mean);
    }
    for (int64_t start = 0; start < columns; start += ADAFACTOR_COLUMNS) {
        const int64_t left = columns - start;
        const int count = left < ADAFACTOR_COLUMNS ? (int)left : ADAFACTOR_COLUMNS;
        double sum[ADAFACTOR_COLUMNS] = {0};
        for (int64_t i = 0; i < rows; i++) {
            const real *at = g + i * columns + start;
            for (int j = 0; j < count; j++) sum[j] += (double)at[j] * (double)at[j];
        }
        for (int j = 0; j < count; j++) {
            const double mean = sum[j] / (double)rows + s->epsilon_1;
            column[start + j] = (real)(s->keep * (double)column[start + j] + add * mean);
        }
    }
}

/* u = g / sqrt(v) for n elements of one row, v = root^2 * column; or of a vector, root 1. The
 * product itself would underflow where a whole row and a whole column had no gradient: 0 / 0. */
static inline void adafactor_update_of(int64_t n, real *restrict u, const real *restrict g,
                                       real root, const real *restrict v) {
    for (int64_t i = 0; i < n; i++) u[i] = g[i] / (root * SQRT(v[i]));
}

/* Goes over a matrix's updates in blocks of a row: with `w`, w -= step * u; the sum of u^2. */
static double adafactor_pass(int64_t rows, int64_t columns, const real *g, const real *row,
                             const real *v, real *w, real step) {
    double mean = 1, total = 0;
    if (row) {
        mean = 0;
        for (int64_t i = 0; i < rows; i++) mean += (double)row[i];
        mean /= (double)rows;
    }
    real u[SUM_BLOCK];
    for (int64_t i = 0; i < rows; i++) {
        const real root = row ? (real)__builtin_sqrt((double)row[i] / mean) : 1;
        for (int64_t start = 0; start < columns; start += SUM_BLOCK) {
            const int64_t n = columns - start < SUM_BLOCK ? columns - start : SUM_BLOCK;
            adafactor_update_of(n, u, g + i * columns + start, root, v + start);
            if (w) {
                real *to = w + i * columns + start;
                for (int64_t j = 0; j < n; j++) to[j] -= step * u[j];
            } else {
                total += block_squares(n, u);
            }
        }
    }
    return total;
}

UPDATE(adafactor) {
    const struct adafactor_scalars *s = part->scalars;
    const struct wg_shape *shape = part->shape;
    const bool matrix = shape->rank >= 2;
    const int64_t columns = matrix ? shape->dim[shape->rank - 1] : part->n,
                  rows = matrix ? shape->dim[shape->rank - 2] : 1, count = rows * columns;
    real *w = part->w, *row = part->state[0], *column = part->state[1], *v = part->state[2];
    const real *g = part->g;
    const double rms = __builtin_sqrt(squares(part->n, w) / (double)part->n);
    const double size = rms < s->epsilon_2 ? s->epsilon_2 : rms;
    double total = 0;
    for (int64_t i = 0; !matrix && i < part->n; i++)
        v[i] = (real)s->keep * v[i] + (real)(1 - s->keep) * (g[i] * g[i] + (real)s->epsilon_1);
    for (int64_t b = 0; b * count < part->n; b++) {
        real *r = matrix ? row + b * rows : NULL, *c = matrix ? column + b * columns : v;
        if (matrix) adafactor_factors(rows, columns, g + b * count, r, c, s);
        total += adafactor_pass(rows, columns, g + b * count, r, c, NULL, 0);
    }
    const double excess = __builtin_sqrt(total / (double)part->n) / s->clip_threshold;
    const double step = s->rate * size / (excess < 1 ? 1 : excess);
    for (int64_t b = 0; b * count < part->n; b++) {
        const real *r = matrix ? row + b * rows : NULL, *c = matrix ? column + b * columns : v;
        adafactor_pass(rows, columns, g + b * count, r, c, w + b * count, (real)step);
    }
}

#else

static struct wg_shape state_shape(int slot, struct wg_shape shape) {
    const struct wg_shape none = {.rank = 1};
    if ((shape.rank >= 2) != (slot < 2)) return none;
    if (slot == 1) shape.dim[shape.rank - 2] = shape.dim[shape.rank - 1];
    if (slot < 2) shape.dim[--shape.rank] = 0;
    return shape;
}

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_adafactor_options *o = options;
    (void)carried;
    const double most = 1 / __builtin_sqrt((double)t);
    *(struct adafactor_scalars *)to =
        (struct adafactor_scalars){.rate = rate < most ? rate : most,
                                   .keep = 1 - wg_power((double)t, o->beta_2_decay),
                                   .epsilon_1 = o->epsilon_1,
                                   .epsilon_2 = o->epsilon_2,
                                   .clip_threshold = o->clip_threshold};
}

#define OWN(member, range, fallback) WG_OPTION(struct wg_adafactor_options, member, range, fallback)

WG_RULE(adafactor, struct wg_adafactor_options,
        .option = {OWN(learning_rate, WG_RANGE_POSITIVE, 0.001),
                   OWN(beta_2_decay, WG_RANGE_NOT_POSITIVE, -0.8),
                   OWN(epsilon_1, WG_RANGE_POSITIVE, 1e-30),
                   OWN(epsilon_2, WG_RANGE_POSITIVE, 1e-3),
                   OWN(clip_threshold, WG_RANGE_POSITIVE, 1)},
        .state = {"row", "column", "velocity"}, .whole = true, .state_shape = state_shape,
        .scalars = scalars);

wg_optimizer *wg_adafactor_new(wg_params *params, struct wg_adafactor_options options) {
    return wg_optimizer_new(params, &wg_rule_adafactor, &options);
}

#endif
