/* The kernel pass: the loops around an op's scalar functions. */
#ifndef WG_OPS_ROOM_KERNELS_H
#define WG_OPS_ROOM_KERNELS_H

#include "ops/vectors.h"

/* Before a loop whose iterations do not depend on each other; VECTOR_LOOP: one of constant count,
 * to be vectorised whatever is thought of the cost. clang would unroll it first. */
#if defined(__clang__)
#define INDEPENDENT_LOOP _Pragma("clang loop vectorize(assume_safety)")
#define VECTOR_LOOP                                                                                \
    _Pragma(                                                                                       \
        "clang loop vectorize(assume_safety) vectorize_width(LANES) interleave_count(1) unroll(disable)")
#else
#define INDEPENDENT_LOOP _Pragma("GCC ivdep")
#define VECTOR_LOOP _Pragma("omp simd")
#endif

/* A loop's only copy: small ones would be taken into run_vectors, twice. */
#define LOOP static __attribute__((noinline)) void

/* A vector of an input that only some elements take. gcc would load it under their mask, once that
 * is known, and from memory the load would wait for that of x: so that it may not know, the vector
 * passes by an empty instruction. */
#if defined(__AVX512F__) && !defined(__clang__)
#define LOAD_NOW(name, from)                                                                       \
    real name[LANES];                                                                              \
    lanes name##_lanes = lanes_load(from);                                                         \
    __asm__("" : "+v"(name##_lanes));                                                              \
    lanes_store(name, name##_lanes)
#else
#define LOAD_NOW(name, from) const real *name = (from)
#endif

/* The loops that ops/vectors.h runs; `loops` and `gradient_loops` are statements that do so. */
#define ATTRIBUTES_OF(op) struct op##_attributes a = *(const struct op##_attributes *)attributes;
#define MAP_LOOP(op)                                                                               \
    for (int64_t i = 0; i < n; i += LANES) {                                                       \
        VECTOR_LOOP                                                                                \
        for (int l = 0; l < LANES; l++) to[i + l] = op##_value(x[i + l], a);                       \
    }
#define MAP_GRADIENT_LOOP(op)                                                                      \
    for (int64_t i = 0; i < n; i += LANES) {                                                       \
        LOAD_NOW(upstream, dy + i);                                                                \
        VECTOR_LOOP                                                                                \
        for (int l = 0; l < LANES; l++)                                                            \
            to[i + l] = op##_slope(x[i + l], y[i + l], upstream[l], a);                            \
    }
#define MAP(op, loops, gradient_loops)                                                             \
    LOOP op##_map(int64_t n, const struct vectors *v, const void *attributes) {                    \
        ATTRIBUTES_OF(op)                                                                          \
        real *to = v->to;                                                                          \
        const real *x = v->x;                                                                      \
        loops                                                                                      \
    }                                                                                              \
    LOOP op##_map_gradient(int64_t n, const struct vectors *v, const void *attributes) {           \
        ATTRIBUTES_OF(op)                                                                          \
        real *to = v->to;                                                                          \
        const real *x = v->x, *y = v->y, *dy = v->dy;                                              \
        gradient_loops                                                                             \
    }                                                                                              \
    static void op##_run(int64_t n, void *y, const void *x, const double *slots) {                 \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        run_vectors(n, &(struct vectors){.to = y, .x = x, .x_step = LANES}, op##_map, &a);         \
    }                                                                                              \
    static void op##_run_gradient(int64_t n, void *dx, const void *x, const void *y,               \
                                  const void *dy, const double *slots) {                           \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        run_vectors(n, &(struct vectors){.to = dx, .x = x, .y = y, .dy = dy, .x_step = LANES},     \
                    op##_map_gradient, &a);                                                        \
    }                                                                                              \
    static const struct wg_kernel_row op##_row = {                                                 \
        .name = #op, .map1 = op##_run, .map1_gradient = op##_run_gradient};

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

#define OP2_LOOP(op, load, expression)                                                             \
    real *to = v->to;                                                                              \
    const real *x = v->x, *z = v->z;                                                               \
    const int64_t x_step = v->x_step, z_step = v->z_step;                                          \
    for (int64_t i = 0; i < n; i += LANES, x += x_step, z += z_step) {                             \
        load;                                                                                      \
        VECTOR_LOOP                                                                                \
        for (int l = 0; l < LANES; l++) to[i + l] = expression;                                    \
    }

#define OP2_GRADIENT(op, input)                                                                    \
    LOOP op##_map_gradient_##input(int64_t n, const struct vectors *v, const void *attributes) {   \
        ATTRIBUTES_OF(op)                                                                          \
        const real *y = v->y, *dy = v->dy;                                                         \
        OP2_LOOP(op, LOAD_NOW(upstream, dy + i),                                                   \
                 op##_slope_##input(x[l], z[l], y[i + l], upstream[l], a))                         \
    }                                                                                              \
    static void op##_run_gradient_##input(const struct wg_grid *grid, void *d, const void *x,      \
                                          const void *z, const void *y, const void *dy,            \
                                          const double *slots) {                                   \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        run_grid(grid, &(struct vectors){.to = d, .x = x, .z = z, .y = y, .dy = dy},               \
                 op##_map_gradient_##input, &a);                                                   \
    }

#define OP2(op, ...)                                                                               \
    LOOP op##_map(int64_t n, const struct vectors *v, const void *attributes) {                    \
        ATTRIBUTES_OF(op)                                                                          \
        OP2_LOOP(op, , op##_value(x[l], z[l], a))                                                  \
    }                                                                                              \
    static void op##_run(const struct wg_grid *grid, void *y, const void *x, const void *z,        \
                         const double *slots) {                                                    \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        run_grid(grid, &(struct vectors){.to = y, .x = x, .z = z}, op##_map, &a);                  \
    }                                                                                              \
    OP2_GRADIENT(op, x)                                                                            \
    OP2_GRADIENT(op, z)                                                                            \
    static const struct wg_kernel_row op##_row = {                                                 \
        .name = #op,                                                                               \
        .map2 = op##_run,                                                                          \
        .map2_gradient = {op##_run_gradient_x, op##_run_gradient_z}};

#define KERNELS(op, ...)                                                                           \
    static const struct wg_kernel_row op##_row = {.name = #op, .general = {__VA_ARGS__}}
#define OPN(op, ...)

#endif
