/* The kernel pass: the loops around an op's scalar functions. */
#ifndef WG_OPS_ROOM_KERNELS_H
#define WG_OPS_ROOM_KERNELS_H

#if defined(__clang__)
#define INDEPENDENT_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT_LOOP _Pragma("GCC ivdep")
#endif

#define MAP_LOOP(op)                                                                               \
    INDEPENDENT_LOOP                                                                               \
    for (int64_t i = 0; i < n; i++) y[i] = op##_value(x[i], a);
#define MAP_GRADIENT_LOOP(op)                                                                      \
    INDEPENDENT_LOOP                                                                               \
    for (int64_t i = 0; i < n; i++) dx[i] = op##_slope(x[i], y[i], dy[i], a);

/* `loops` and `gradient_loops` are statements that run over the elements. */
#define MAP(op, loops, gradient_loops)                                                             \
    static void op##_map(int64_t n, void *y_, const void *x_, const double *slots) {               \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        real *y = y_;                                                                              \
        const real *x = x_;                                                                        \
        loops                                                                                      \
    }                                                                                              \
    static void op##_map_gradient(int64_t n, void *dx_, const void *x_, const void *y_,            \
                                  const void *dy_, const double *slots) {                          \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        real *dx = dx_;                                                                            \
        const real *x = x_, *y = y_, *dy = dy_;                                                    \
        gradient_loops                                                                             \
    }                                                                                              \
    static const struct wg_kernel_row op##_row = {                                                 \
        .name = #op, .map1 = op##_map, .map1_gradient = op##_map_gradient};

#define OP(op, ...) MAP(op, MAP_LOOP(op), MAP_GRADIENT_LOOP(op))

/* A loop for each value of a flag, or for an attribute's 0 and for the rest: with that a constant,
 * what the loop does not need drops out of it. */
#define BY_ZERO(attribute, if_not, loop)                                                           \
    if (a.attribute != 0) {                                                                        \
        if_not;                                                                                    \
        loop                                                                                       \
    } else {                                                                                       \
        a.attribute = 0;                                                                           \
        loop                                                                                       \
    }
#define OP_FLAG(op, flag, ...)                                                                     \
    MAP(op, BY_ZERO(flag, a.flag = 1, MAP_LOOP(op)),                                               \
        BY_ZERO(flag, a.flag = 1, MAP_GRADIENT_LOOP(op)))
#define OP_ZERO(op, attribute, ...)                                                                \
    MAP(op, BY_ZERO(attribute, (void)0, MAP_LOOP(op)),                                             \
        BY_ZERO(attribute, (void)0, MAP_GRADIENT_LOOP(op)))

/* One loop body for each pair of column strides, so that each is a plain vector loop. */
#define GRID_LOOP(result, expression)                                                              \
    for (int64_t row = 0; row < grid->rows; row++) {                                               \
        const int64_t start = row * grid->columns;                                                 \
        const real *xr = x + row * grid->x_row, *zr = z + row * grid->z_row;                       \
        if (grid->x_column && grid->z_column) {                                                    \
            INDEPENDENT_LOOP                                                                       \
            for (int64_t j = 0; j < grid->columns; j++) {                                          \
                const int64_t i = start + j;                                                       \
                const real xj = xr[j], zj = zr[j];                                                 \
                result[i] = expression;                                                            \
            }                                                                                      \
        } else if (grid->x_column) {                                                               \
            const real zj = *zr;                                                                   \
            INDEPENDENT_LOOP                                                                       \
            for (int64_t j = 0; j < grid->columns; j++) {                                          \
                const int64_t i = start + j;                                                       \
                const real xj = xr[j];                                                             \
                result[i] = expression;                                                            \
            }                                                                                      \
        } else {                                                                                   \
            const real xj = *xr;                                                                   \
            INDEPENDENT_LOOP                                                                       \
            for (int64_t j = 0; j < grid->columns; j++) {                                          \
                const int64_t i = start + j;                                                       \
                const real zj = zr[j];                                                             \
                result[i] = expression;                                                            \
            }                                                                                      \
        }                                                                                          \
    }

#define OP2_GRADIENT(op, input)                                                                    \
    static void op##_map_gradient_##input(const struct wg_grid *grid, void *d_, const void *x_,    \
                                          const void *z_, const void *y_, const void *dy_,         \
                                          const double *slots) {                                   \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        real *d = d_;                                                                              \
        const real *x = x_, *z = z_, *y = y_, *dy = dy_;                                           \
        GRID_LOOP(d, op##_slope_##input(xj, zj, y[i], dy[i], a))                                   \
    }

#define OP2(op, ...)                                                                               \
    static void op##_map(const struct wg_grid *grid, void *y_, const void *x_, const void *z_,     \
                         const double *slots) {                                                    \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        real *y = y_;                                                                              \
        const real *x = x_, *z = z_;                                                               \
        GRID_LOOP(y, op##_value(xj, zj, a))                                                        \
    }                                                                                              \
    OP2_GRADIENT(op, x)                                                                            \
    OP2_GRADIENT(op, z)                                                                            \
    static const struct wg_kernel_row op##_row = {                                                 \
        .name = #op,                                                                               \
        .map2 = op##_map,                                                                          \
        .map2_gradient = {op##_map_gradient_x, op##_map_gradient_z}};

#define KERNELS(op, ...)                                                                           \
    static const struct wg_kernel_row op##_row = {.name = #op, .general = {__VA_ARGS__}}
#define OPN(op, ...)

#endif
