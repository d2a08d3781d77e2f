/* The tape (Wengert list): records what is computed, and computes derivatives of it.
 *
 * Intended usage:
 *     wg_tape *tape = wg_tape_new();
 *     wg_var x = wg_variable_scalar(tape, WG_F64, 0.5);
 *     wg_var y = wg_tanh(wg_square(x));          recording executes: y has its value now
 *     wg_backward(y);                            gradients of y
 *     double dy_dx = wg_gradient_item(x);
 *     if (wg_error_status()) puts(wg_error());   one check at the end suffices
 *     wg_tape_free(tape);
 *
 * Then either rewind to a mark and record anew (a different graph each time costs nothing), or give
 * the leaves new data with wg_set() and replay the recorded tape with wg_forward(): the same
 * kernels, the same bits, no allocation.
 *
 * A tape belongs to one thread at a time; different tapes may run in different threads.
 */
#ifndef WENGERT_TAPE_H
#define WENGERT_TAPE_H

#include "wengert/error.h"
#include "wengert/op.h"
#include "wengert/tensor.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_tape wg_tape;

/* A variable: a node of a tape. Passed by value, never freed. The null variable (all zero) is what
 * failed calls return and what ops pass on. Rewinding the tape past a variable makes it stale:
 * using it then is an error, not a crash. */
typedef struct wg_var {
    wg_tape *tape;
    uint32_t index, serial;
} wg_var;

/* Whether v is the null variable. */
int wg_is_null(wg_var v);

/* ------------------------------------------------------------------------------------------------
 * Tapes */

/* A new, empty tape for the instruction set in force (system.h). NULL, with the error set, when
 * memory is out or WENGERT_ISA is wrong. */
wg_tape *wg_tape_new(void);
void wg_tape_free(wg_tape *tape);

/* A place on the tape to return to. It goes stale, as variables do, when the tape is rewound past
 * it.
 */
struct wg_mark {
    const wg_tape *tape;
    size_t count;
    uint32_t serial; /* of the last node before the mark, to tell a stale one */
    uint32_t names;  /* given before the mark */
    struct {
        void *block;
        size_t used;
    } arena[2];
};
struct wg_mark wg_tape_mark(const wg_tape *tape);

/* Forgets every node recorded and every name given after the mark. Frees nothing: recording again
 * reuses the memory. Errors, with nothing forgotten: a mark of another tape, a stale one. */
enum wg_status wg_tape_rewind(wg_tape *tape, struct wg_mark mark);

/* The number of nodes; the i-th node as a variable (the null variable when there is none). */
size_t wg_tape_size(const wg_tape *tape);
wg_var wg_tape_node(wg_tape *tape, size_t i);

/* ------------------------------------------------------------------------------------------------
 * Leaves
 *
 * `data` (of that dtype, row-major) is copied; NULL gives zeros. */

/* Data: no gradient is computed for it. */
wg_var wg_input(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, const void *data);

/* A variable to differentiate with respect to. dtype f32 or f64. */
wg_var wg_variable(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, const void *data);

/* The same for one number; for i32 a whole one within its range. */
wg_var wg_constant_scalar(wg_tape *tape, enum wg_dtype dtype, double value);
wg_var wg_variable_scalar(wg_tape *tape, enum wg_dtype dtype, double value);

/* A leaf whose value and gradient lie in memory of the caller's that outlives the tape: for
 * parameter sets (params.h). Gradients *accumulate* there: *has_gradient says whether there is
 * something to add to, and is set by wg_backward. */
wg_var wg_leaf_in_place(wg_tape *tape, struct wg_tensor value, void *gradient,
                        unsigned char *has_gradient, const char *name);

/* Gives a leaf new data (as many elements as it has); its dependents change at the next
 * wg_forward(). */
enum wg_status wg_set(wg_var leaf, const void *data);

/* Names a variable, for printing and errors. The text is copied. Returns v. */
wg_var wg_name(wg_var v, const char *name);

/* ------------------------------------------------------------------------------------------------
 * Recording */

/* Records op on n variables of one tape. slots holds the attributes' values (wg_op_defaults,
 * wg_op_set), NULL for the defaults. */
wg_var wg_apply(const struct wg_op *op, const wg_var *x, int n, const double *slots);

/* ------------------------------------------------------------------------------------------------
 * Values */

/* The value: dtype, shape and data, which stay valid until the tape is rewound past v. data is NULL
 * on error. A replay may not keep a large value inside a layer, which only wg_tape_node() gives a
 * variable of: it is computed now, from what the leaves hold now. */
struct wg_tensor wg_value(wg_var v);

/* The gradient from the last wg_backward, zeros where v had no part in the result. data is NULL,
 * with the error set, when v has no gradient (an input, a constant), no backward has run, or
 * (WG_ERROR_STATE) v lies inside a layer and backward after a replay did not keep its gradient. */
struct wg_tensor wg_gradient(wg_var v);

/* The one element of value or gradient as a double; NaN, with the error set, when there is not
 * exactly one. */
double wg_item(wg_var v);
double wg_gradient_item(wg_var v);

/* ------------------------------------------------------------------------------------------------
 * Running */

/* Replays the tape up to its end with the leaves' present data. */
enum wg_status wg_forward(wg_tape *tape);

/* Gradients of a scalar. Those of the tape's variables are computed afresh; those of parameters are
 * added to what is there. */
enum wg_status wg_backward(wg_var y);

/* The same for y of any shape, with the gradient of some scalar with respect to y given (y's dtype
 * and number of elements). */
enum wg_status wg_backward_from(wg_var y, const void *dy);

/* Forward mode: the tangent of y (its Jacobian times a direction), written to ty (y's dtype and
 * number of elements). directions[i] is the direction of leaf x[i], NULL for zero; all other leaves
 * stand still. */
enum wg_status wg_tangent(wg_var y, void *ty, int n, const wg_var *x,
                          const void *const *directions);

/* Whether every op on the tape has a tangent. */
int wg_tape_has_tangents(const wg_tape *tape);

/* ------------------------------------------------------------------------------------------------
 * Printing */

/* A line a node: name, op and attributes, inputs, shape, and, for at most 8 elements, value and
 * (once a backward has run) gradient. The same tape gives the same bytes. Numbers are the shortest
 * decimals that read back as the same bits. */
enum wg_status wg_tape_print(const wg_tape *tape, FILE *out);

/* The shortest decimal that reads back as the same float or double, in text (32 bytes suffice);
 * returns text. */
char *wg_shortest_f32(float value, char *text, size_t size);
char *wg_shortest_f64(double value, char *text, size_t size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
