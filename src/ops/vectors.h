/* What runs the loops of elementwise kernels: kernel pass only.
 *
 * A kernel's loop sees whole vectors alone (run_vectors). What is left at the end of an array is
 * copied to arrays of a vector's length and back, and an input that is repeated is laid out as it
 * is needed. So there are no remainders, which would take several times the loop's room, and more
 * time, and one loop serves all strides.
 */
#ifndef WG_OPS_VECTORS_H
#define WG_OPS_VECTORS_H

#include "math/lanes.h"
#include "ops/kernel_set.h"

/* The result and the inputs of a loop, NULL for one that it has not. x and z advance by their steps
 * after each vector, LANES or 0; the others by LANES. */
struct vectors {
    real *to;
    const real *x, *z, *y, *dy;
    int64_t x_step, z_step;
};

/* A loop over n elements, a multiple of LANES. */
typedef void vectors_loop(int64_t n, const struct vectors *v, const void *attributes);

/* Inputs are repeated up to this many elements, to be gone through together. */
#define PERIOD_MOST 1024

static inline const real *tail_of(real *tail, const real *from, int64_t at, int64_t left) {
    lanes_store(tail, lanes_load_partial(from + at, left));
    return tail;
}

/* The loop over any number of elements. */
static void run_vectors(int64_t n, const struct vectors *v, vectors_loop *loop, const void *a) {
    const int64_t left = n & (LANES - 1), at = n - left;
    if (at) loop(at, v, a);
    if (!left) return;
    _Alignas(LANES_BYTES) real to[LANES], x[LANES], z[LANES], y[LANES], dy[LANES];
    struct vectors tail = {.to = to, .x = v->x, .z = v->z};
    if (v->x_step) tail.x = tail_of(x, v->x, at, left);
    if (v->z_step) tail.z = tail_of(z, v->z, at, left);
    if (v->y) tail.y = tail_of(y, v->y, at, left);
    if (v->dy) tail.dy = tail_of(dy, v->dy, at, left);
    loop(LANES, &tail, a);
    lanes_store_partial(v->to + at, lanes_load(to), left);
}

/* A grid of which one input lies as the result does and the other one has the same row for all:
 * that row is repeated until whole vectors come out, and then some. False, with nothing done, where
 * it is too long. */
static bool run_periodic(const struct wg_grid *grid, struct vectors *v, bool of_x,
                         vectors_loop *loop, const void *a) {
    _Alignas(LANES_BYTES) real room[PERIOD_MOST];
    int64_t period = grid->columns, left = grid->rows * grid->columns;
    while (period % LANES) period *= 2;
    if (period > left) period = left;
    if (period > PERIOD_MOST) return false;
    const int64_t step = period == LANES ? 0 : LANES;
    while (step && 2 * period <= PERIOD_MOST && left >= 8 * period) period *= 2;
    const real **repeated = of_x ? &v->x : &v->z;
    memcpy(room, *repeated, (size_t)grid->columns * sizeof(real));
    for (int64_t have = grid->columns, more; have < period; have += more) {
        more = have < period - have ? have : period - have;
        memcpy(room + have, room, (size_t)more * sizeof(real));
    }
    *repeated = room;
    v->x_step = of_x ? step : LANES;
    v->z_step = of_x ? LANES : step;
    const real **lying = of_x ? &v->z : &v->x;
    for (int64_t n; left > 0; left -= n) {
        n = left < period || !step ? left : period;
        run_vectors(n, v, loop, a);
        *lying += n;
        v->to += n;
        if (v->y) v->y += n;
        if (v->dy) v->dy += n;
    }
    return true;
}

/* The loop over a grid of rows x columns. *v is worked with: a copy of fields just written would
 * wait for them. */
static void run_grid(const struct wg_grid *grid, struct vectors *v, vectors_loop *loop,
                     const void *a) {
    const real *x = v->x, *z = v->z;
    const int64_t columns = grid->columns;
    if (grid->rows > 1 && grid->x_column && grid->z_column) {
        const bool x_lies = grid->x_row == columns, z_lies = grid->z_row == columns;
        if (x_lies && grid->z_row == 0 && run_periodic(grid, v, false, loop, a)) return;
        if (z_lies && grid->x_row == 0 && run_periodic(grid, v, true, loop, a)) return;
    }
    v->x_step = grid->x_column ? LANES : 0;
    v->z_step = grid->z_column ? LANES : 0;
    if (grid->rows == 1 && v->x_step && v->z_step) {
        run_vectors(columns, v, loop, a);
        return;
    }
    _Alignas(LANES_BYTES) real x_all[LANES], z_all[LANES];
    for (int64_t row = 0; row < grid->rows; row++) {
        v->x = x + row * grid->x_row;
        v->z = z + row * grid->z_row;
        if (!v->x_step) lanes_store(x_all, lanes_broadcast(*v->x));
        if (!v->z_step) lanes_store(z_all, lanes_broadcast(*v->z));
        if (!v->x_step) v->x = x_all;
        if (!v->z_step) v->z = z_all;
        run_vectors(columns, v, loop, a);
        v->to += columns;
        if (v->y) v->y += columns;
        if (v->dy) v->dy += columns;
    }
}

#endif
