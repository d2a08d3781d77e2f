/* The oracle pass: the same text in long double on libm, as scalar functions for tests. */
#ifndef WG_OPS_ROOM_ORACLE_H
#define WG_OPS_ROOM_ORACLE_H

struct oracle {
    const char *name;
    real (*value)(real x, real z, const double *slots);
    real (*slope[2])(real x, real z, const double *slots);
};

#define OP(op, ...)                                                                                \
    static real op##_oracle_value(real x, real z, const double *slots) {                           \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        (void)z;                                                                                   \
        return op##_value(x, a);                                                                   \
    }                                                                                              \
    static real op##_oracle_slope(real x, real z, const double *slots) {                           \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        (void)z;                                                                                   \
        return op##_slope(x, op##_value(x, a), 1, a);                                              \
    }                                                                                              \
    static const struct oracle op##_oracle = {#op, op##_oracle_value, {op##_oracle_slope, NULL}};

#define OP_FLAG(op, flag, ...) OP(op, __VA_ARGS__)
#define OP_ZERO(op, attribute, ...) OP(op, __VA_ARGS__)

#define OP2_ORACLE_SLOPE(op, input)                                                                \
    static real op##_oracle_slope_##input(real x, real z, const double *slots) {                   \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        return op##_slope_##input(x, z, op##_value(x, z, a), 1, a);                                \
    }

#define OP2(op, ...)                                                                               \
    static real op##_oracle_value(real x, real z, const double *slots) {                           \
        LOAD_ATTRIBUTES(op, a, slots);                                                             \
        return op##_value(x, z, a);                                                                \
    }                                                                                              \
    OP2_ORACLE_SLOPE(op, x)                                                                        \
    OP2_ORACLE_SLOPE(op, z)                                                                        \
    static const struct oracle op##_oracle = {                                                     \
        #op, op##_oracle_value, {op##_oracle_slope_x, op##_oracle_slope_z}};

#define OPN(op, ...) static const struct oracle op##_oracle = {#op, NULL, {NULL, NULL}};
#define KERNELS(op, ...) struct op##_kernels_are_not_scalar

#endif
