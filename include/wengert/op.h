/* Ops: what a node of a tape computes. This header is for those who look ops up or add their own.
 *
 * Intended usage, for an op of your own:
 *   1. write its kernels: forward, gradient and, if you like, tangent, for float, double or both;
 *   2. describe it in a `struct wg_op` that lives as long as the program uses it;
 *   3. wg_register(&op) once;
 *   4. wg_apply(&op, ...), or wg_apply(wg_find_op("name"), ...), records it.
 *
 * Backward, replay, printing and wg_gradcheck_op() need nothing more.
 *
 * Ops are known by name in files and by pointer in memory; there are no op numbers.
 */
#ifndef WENGERT_OP_H
#define WENGERT_OP_H

#include "wengert/error.h"
#include "wengert/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WG_MAX_ATTRIBUTES 6
#define WG_MAX_NAMED_INPUTS 4
#define WG_MAX_KINKS 4
#define WG_MAX_CASES 12

/* ------------------------------------------------------------------------------------------------
 * Attributes
 *
 * An op's attributes are numbers, kept as an array of doubles in the order of its declarations. A
 * list (of axes, of sizes) takes WG_LIST_SLOTS of them: the count, then the values. An absent list
 * has the count -1.
 */
enum wg_attribute_kind {
    WG_NUMBER,  /* any real number */
    WG_INTEGER, /* a whole number */
    WG_FLAG,    /* 0 or 1 */
    WG_LIST,    /* up to WG_MAX_RANK whole numbers */
};

#define WG_LIST_SLOTS (1 + WG_MAX_RANK)

struct wg_attribute {
    const char *name;
    double initial;  /* the default; ignored for a list, whose default is absent */
    double min, max; /* the valid range, ends included; both 0 for no limit */
    enum wg_attribute_kind kind;
    const char *meaning;
};

struct wg_list {
    double count;
    double at[WG_MAX_RANK];
};

/* ------------------------------------------------------------------------------------------------
 * Kernels
 *
 * Kernels write, they never accumulate: the tape adds a second contribution to a gradient, and sums
 * the gradient of a broadcast input back to that input's shape. Data pointers are of the op's dtype
 * (float or double), except inputs declared as integer (int32_t).
 */
struct wg_args {
    const struct wg_tensor *y;        /* the output: shape, and where forward writes */
    const struct wg_tensor *const *x; /* the inputs */
    int inputs;
    const double *attributes;
    void *scratch; /* room for as many elements of y's dtype as the op's `scratch` asks for */
};

/* y from x. */
typedef void wg_forward_kernel(const struct wg_args *args);

/* dx[i] = the gradient of input i, in full, given dy, the gradient of y. dx[i] is NULL where nobody
 * asks. */
typedef void wg_gradient_kernel(const struct wg_args *args, const void *dy, void *const *dx);

/* ty = the tangent (Jacobian-vector product) of y, given tx[i], the tangent of input i; NULL where
 * it is zero. */
typedef void wg_tangent_kernel(const struct wg_args *args, void *ty, const void *const *tx);

/* What an op selected, for ops whose selections its kinks do not say: one byte for each element of
 * x[0], other bytes for other selections. y is there. Gradient checks keep their steps within one
 * selection. */
typedef void wg_branch_kernel(const struct wg_args *args, unsigned char *taken);

struct wg_kernels {
    wg_forward_kernel *forward;
    wg_gradient_kernel *gradient; /* NULL: asking for a gradient through this op is an error */
    wg_tangent_kernel *tangent;   /* NULL unless `structure` gives it */
    wg_branch_kernel *branches;   /* NULL where there are none, or `kinks` says them */
};

/* ------------------------------------------------------------------------------------------------
 * Description */

/* What kind of function an op is. */
enum wg_structure {
    WG_GENERAL,
    WG_ELEMENTWISE, /* y[i] depends on x[i] alone (after broadcasting) */
    WG_LINEAR, /* linear in all its inputs together: the tangent is forward applied to the tangents
                */
    WG_BILINEAR, /* linear in each of two inputs: the tangent follows from two calls of forward */
};

/* A number that may depend on attributes or on another input: `factor`, times the attribute of
 * that name, times the value of that input, where they are given; or any function of the
 * attributes. */
struct wg_quantity {
    double factor;
    const char *attribute;             /* NULL for none */
    int input;                         /* input number, counted from 1; 0 for none */
    double (*of)(const double *slots); /* NULL, or the number itself, in place of the above */
};

/* A point where an elementwise op's derivative jumps, or its value, or its second derivative: in
 * input `input`, at x = at, with the slopes on its left, on its right, and the one that the
 * gradient kernel returns there; and, where the value jumps, the value on its right less the one on
 * its left. An infinite `at` says that there is none under these attributes.
 */
struct wg_kink {
    int input;
    struct wg_quantity at, left, right, slope, jump;
};

/* Where checks draw an input from. */
struct wg_interval {
    double min, max;
};

struct wg_op {
    const char *name;
    const char *aliases[2];
    const char *inputs[WG_MAX_NAMED_INPUTS]; /* names; "..." after the last for any number more */
    struct wg_attribute attributes[WG_MAX_ATTRIBUTES];

    /* The card that `wengert ops NAME` prints. */
    const char *formula, *derivative, *second, *kink, *limits, *special, *accuracy, *reference;

    /* What the checks use. A case is a line of input shapes and attributes, as "2x3 3 axis=1";
     * "scalar" is the shape (). */
    struct wg_kink kinks[WG_MAX_KINKS];
    int kink_count;
    struct wg_interval domain[WG_MAX_NAMED_INPUTS]; /* both ends 0: [-2, 2]; the last one serves all
                                                       further inputs */
    int distinct; /* 1: checks draw values that are well apart, as ties are kinks (max, maximum) */
    const char *cases[WG_MAX_CASES];

    enum wg_structure structure;
    unsigned integer_inputs; /* bit i: input i is int32 and has no gradient */
    unsigned passes_dy;      /* bit i: the gradient of elementwise input i is dy itself */
    int view;                /* 1: y is x[0] under another shape; no forward kernel runs */
    int (*from_y)(const double *slots); /* elementwise, one input: whether the gradient kernel gives
                                           the same, to the bit, with y in the place of x, so that
                                           x need not be kept; NULL: no */
    int by_example; /* 1: not elementwise, but along the first axis element n of y, and of
                       x[0]'s gradient, depend on no other one of x[0] and dy: replay may
                       call the kernels for some of them at a time, in several threads */
    int activation; /* 1: found by wg_activation(), activation.h */

    /* The output's shape from the inputs' (args->y is NULL). On wrong input: wg_fail's status, with
     * the text set. NULL: the broadcast of all inputs. */
    enum wg_status (*shape)(const struct wg_op *op, const struct wg_args *args, struct wg_shape *y);

    /* Checks of attributes or integer inputs that ranges cannot say; run at each forward, before
     * the kernel. May be NULL. */
    enum wg_status (*check)(const struct wg_op *op, const struct wg_args *args);

    /* Elements of scratch that the kernels want. NULL: none. */
    int64_t (*scratch)(const struct wg_args *args);

    struct wg_kernels f32, f64; /* for ops registered at run time */
};

/* ------------------------------------------------------------------------------------------------
 * Registry */

/* Adds an op. The struct is not copied. Errors: NULL, no name, a name that is taken, no kernel at
 * all, a malformed attribute; the registry holds 256 such ops. Any thread may call it. */
enum wg_status wg_register(const struct wg_op *op);

/* The op of that name or alias; NULL, with no error set, when there is none. */
const struct wg_op *wg_find_op(const char *name);

/* The names of ops that resemble `name` (its letters are few changes away from theirs, or a part of
 * theirs), with ", " between; all of them where `name` is "". activations 1: of activations of one
 * input only. Writes at most `size` bytes to text, whole names only, and returns it; "" when there
 * are none. Errors: a NULL, size 0. */
char *wg_similar_ops(const char *name, int activations, char *text, size_t size);

/* The i-th op: the library's in the order of their names, then the registered ones; NULL past the
 * last. */
const struct wg_op *wg_op_at(int i);

/* How many attributes the op declares; how many doubles they take; the least and (-1: any) largest
 * number of inputs. */
int wg_op_attribute_count(const struct wg_op *op);
int wg_op_attribute_slots(const struct wg_op *op);
int wg_op_input_count(const struct wg_op *op, int *at_most);

/* Whether the op has kernels for this dtype; whether it has a gradient, a tangent. */
int wg_op_has_kernels(const struct wg_op *op, enum wg_dtype dtype);
int wg_op_has_gradient(const struct wg_op *op);
int wg_op_has_tangent(const struct wg_op *op);

/* Fills `slots` (wg_op_attribute_slots of them) with the defaults. */
void wg_op_defaults(const struct wg_op *op, double *slots);

/* Sets the attribute `name` in slots from text: a number, or whole numbers with commas for a list.
 * Errors name the op, the attribute, the text and the valid range. */
enum wg_status wg_op_set(const struct wg_op *op, double *slots, const char *name, const char *text);

/* Checks kinds and ranges of all attributes. */
enum wg_status wg_op_check_attributes(const struct wg_op *op, const double *slots);

/* The value of a quantity, given attributes and the inputs' values (may be NULL when it needs
 * none). */
double wg_quantity_value(const struct wg_op *op, struct wg_quantity quantity, const double *slots,
                         const double *inputs);

/* For shape rules and checks of one's own ops: records the failure (see error.h) and returns
 * `status`. */
enum wg_status wg_op_fail(enum wg_status status, const struct wg_op *op, const char *text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
