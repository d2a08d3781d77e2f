/* The room an op lives in: what ATTRIBUTES, FORWARD, GRADIENT and OP mean in each pass over an op
 * file.
 *
 * Each file src/ops/<room>/<op>.c is compiled several times, always by inclusion:
 *   kernel pass    once per instruction set and dtype (passes/kernels.c): `real` is float or
 * double, EXP and its kin are the branch-free functions of src/math, and OP makes a row of kernels;
 *   registry pass  once (registry.c): OP makes the `struct wg_op` that describes the op;
 *   oracle pass    once, in the tests: `real` is long double, EXP and its kin are libm's, and OP
 * makes a row of scalar functions.
 *
 * An elementwise op is its value and its derivative for one element; the loops around them are made
 * here, once. Everything else about looping, broadcasting, accumulation and threads is in driver.c.
 *
 *     ATTRIBUTES(elu) { real alpha; };
 *     FORWARD(elu) { return x > 0 ? x : a.alpha * EXPM1(x); }
 *     GRADIENT(elu) { return x > 0 ? dy : dy * a.alpha * EXP(x); }
 *     OP(elu, ...)
 *
 * OP_FLAG(op, flag, ...) makes one loop for each value of an attribute that is a flag, OP_ZERO(op,
 * attribute, ...) one for its value 0 and one for the others, so that a loop holds only what is in
 * use.
 *
 * Two inputs are x and z: FORWARD2, GRADIENT2(op, x) and GRADIENT2(op, z), OP2. Anything that is
 * not elementwise writes KERNEL functions against `struct wg_args`, names them in KERNELS(op,
 * .forward = ..., .gradient = ..., .tangent = ...), and describes itself in OPN. WG_LINEAR and
 * WG_BILINEAR ops need no tangent kernel.
 */
#ifndef WG_OPS_ROOM_H
#define WG_OPS_ROOM_H

#include "base/error.h"
#include "ops/kernel_set.h"
#include "wengert/op.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#if !defined(WG_KERNEL_PASS) && !defined(WG_ORACLE_PASS)
#define WG_REGISTRY_PASS /* also what an editor sees */
#endif

#include "ops/real.h"

#define WG_UNUSED __attribute__((unused))

/* Attributes: a struct of reals and lists, in the order in which OP declares them. */
#define ATTRIBUTES(op) struct op##_attributes
#define NO_ATTRIBUTES(op)                                                                          \
    struct op##_attributes {                                                                       \
        real none;                                                                                 \
    }

/* The scalar functions of an element. Not every one uses all that it is given. Always inlined: a
 * call left in the loop over them would keep it from being vectorised. */
#define ELEMENT WG_UNUSED static inline __attribute__((always_inline))
#define GIVEN(name) WG_UNUSED const real name
#define FORWARD(op) ELEMENT real op##_value(GIVEN(x), WG_UNUSED const struct op##_attributes a)
#define GRADIENT(op)                                                                               \
    ELEMENT real op##_slope(GIVEN(x), GIVEN(y), GIVEN(dy), WG_UNUSED const struct op##_attributes a)
#define FORWARD2(op)                                                                               \
    ELEMENT real op##_value(GIVEN(x), GIVEN(z), WG_UNUSED const struct op##_attributes a)
#define GRADIENT2(op, input)                                                                       \
    ELEMENT real op##_slope_##input(GIVEN(x), GIVEN(z), GIVEN(y), GIVEN(dy),                       \
                                    WG_UNUSED const struct op##_attributes a)

#define KERNEL WG_UNUSED static void
#define SHAPE(op)                                                                                  \
    WG_UNUSED static enum wg_status op##_shape(const struct wg_op *self,                           \
                                               const struct wg_args *args, struct wg_shape *y)
#define SCRATCH(op) WG_UNUSED static int64_t op##_scratch(const struct wg_args *args)
#define CHECK(op)                                                                                  \
    WG_UNUSED static enum wg_status op##_check(const struct wg_op *self, const struct wg_args *args)

/* Quantities of kinks. */
#define NUMBER(value)                                                                              \
    { .factor = (value) }
#define ATTRIBUTE(attribute_name)                                                                  \
    { .factor = 1, .attribute = #attribute_name }
#define NEGATED(attribute_name)                                                                    \
    { .factor = -1, .attribute = #attribute_name }
#define INPUT(number)                                                                              \
    { .factor = 1, .input = (number) }
#define FUNCTION(of_slots)                                                                         \
    { .of = of_slots }

#if defined(WG_KERNEL_PASS)
#include "ops/room_kernels.h"
#elif defined(WG_ORACLE_PASS)
#include "ops/room_oracle.h"
#else
#include "ops/registry.h"
#define OP(op, ...)                                                                                \
    const struct wg_op wg_op_##op = {                                                              \
        .name = #op, .inputs = {"x"}, .structure = WG_ELEMENTWISE, __VA_ARGS__};
#define OP_FLAG(op, flag, ...) OP(op, __VA_ARGS__)
#define OP_ZERO(op, attribute, ...) OP(op, __VA_ARGS__)
#define OP2(op, ...)                                                                               \
    const struct wg_op wg_op_##op = {.name = #op, .structure = WG_ELEMENTWISE, __VA_ARGS__};
#define KERNELS(op, ...) struct op##_kernels_are_elsewhere
#define OPN(op, ...) const struct wg_op wg_op_##op = {.name = #op, __VA_ARGS__};
#endif

#endif
