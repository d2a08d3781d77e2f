/* Gradient verification: analytic gradients against what the function itself says.
 *
 * wg_gradcheck checks a program that records on a tape, with the parameters of a model if it has
 * any; wg_gradcheck_op one op in one of its cases; wg_gradcheck_kernel plain C functions, your
 * forward and your backward, without a tape. Each fills a struct wg_gradcheck_result, whose
 * verdict, counts, worst elements and diagnosis wg_gradcheck_text turns into a report.
 *
 * There are four levels (enum wg_gradcheck_level), each on its own:
 *
 * Adjoint: <v, J u> = <J^T v, u> with the tangents, where there are any; no step, and no tolerance
 * but rounding.
 *
 * Differences: Ridders' extrapolation of central differences under a random upstream gradient,
 * element by element, or along random directions where there are too many.
 *
 * Kinks: steps that would cross a branch shrink; at a kink the gradient must lie between the slopes
 * on either side.
 *
 * Contracts: no upstream gradient gives none, twice of it gives twice, the same bits again; what is
 * written or added to as declared.
 *
 * A NaN never passes, nor does a check that saw no gradient other than zero, unless that is
 * declared to be right.
 */
#ifndef WENGERT_GRADCHECK_H
#define WENGERT_GRADCHECK_H

#include "wengert/params.h"
#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum wg_verdict {
    WG_VERDICT_PASS,
    WG_VERDICT_KINK,             /* at a kink, and between the slopes on its sides */
    WG_VERDICT_INCONCLUSIVE,     /* the numeric side is not good enough to say, or nobody asked */
    WG_VERDICT_FAIL,             /* the gradient is wrong */
    WG_VERDICT_NONFINITE,        /* NaN or infinity, in the function or its gradient */
    WG_VERDICT_NONDETERMINISTIC, /* not the same bits when run again */
    WG_VERDICTS
};

/* "PASS", "KINK", ... */
const char *wg_verdict_name(enum wg_verdict verdict);

enum wg_gradcheck_level {
    WG_LEVEL_ADJOINT = 1,
    WG_LEVEL_DIFFERENCES = 2,
    WG_LEVEL_KINKS = 4,
    WG_LEVEL_CONTRACTS = 8,
    WG_LEVEL_ALL = 15,
};

/* Zero means the default. */
struct wg_gradcheck_options {
    double tolerance;  /* relative; default 1e-9, for functions in float 1e-4 */
    double step;       /* Ridders' first step, relative to max(1, |x|); default 0.05 */
    uint64_t seed;     /* of the upstream gradient and of directions */
    unsigned levels;   /* of enum wg_gradcheck_level; default all that apply */
    int64_t elements;  /* up to so many, each is checked; beyond, directions are; default 2000 */
    int directions;    /* how many; default 2 */
    int zero;          /* 1: the gradient is zero, and that is right */
    wg_params *params; /* a program's parameters, to be checked with its inputs */
    const char *const *names; /* of the inputs; NULL for "input 0", ... */
};

#define WG_GRADCHECK_ROWS 12
#define WG_GRADCHECK_NAME 40

/* An element, and what was found there. */
struct wg_gradcheck_element {
    enum wg_verdict verdict;
    int input;                    /* which: inputs first, then parameters */
    char name[WG_GRADCHECK_NAME]; /* its name */
    int rank;
    int64_t element, index[WG_MAX_RANK]; /* flat, and by dimension */
    double x, analytic, numeric;
    double left, right; /* slopes on either side, at a kink; else NaN */
    double estimate;    /* of the numeric side's error */
    double error;       /* |analytic - numeric| relative to the larger, and to its terms */
    double step;        /* the one that the numeric side ended with */
};

struct wg_gradcheck_result {
    enum wg_verdict verdict;    /* of all: the worst */
    int pass;                   /* 1 for PASS and KINK */
    int64_t variables;          /* elements there are */
    int64_t checked;            /* elements compared one by one, */
    int directions;             /* or directions compared, all elements together */
    int64_t count[WG_VERDICTS]; /* of those, by verdict */
    int64_t nonzero;            /* elements with a non-zero analytic gradient */
    int64_t evaluations;        /* of the function */
    double tangent_error; /* |<v, J u> - <J^T v, u>| relative to the sum's terms; negative when
                             there is no tangent */
    double certified;     /* what passed is right to this relative error */
    int rows;             /* the worst elements, worst first */
    struct wg_gradcheck_element row[WG_GRADCHECK_ROWS];
    char broken[256];    /* contracts that do not hold; "" for none */
    char severed[160];   /* inputs that the result does not depend on; "" for none */
    char diagnosis[256]; /* what the pattern of the errors says; "" for nothing */
};

/* A function to check: records something on the tape from the inputs, and returns its result (any
 * shape). It is recorded once and replayed for each difference, so it must not depend on the
 * inputs' values but through ops. */
typedef wg_var wg_program(wg_tape *tape, const wg_var *inputs, void *user);

/* Checks a program at a point: n inputs of dtype f64, or i32 (not differentiated), and the f64
 * parameters in options->params, if any, whose gradients are zeroed. Returns WG_OK when the check
 * could be made: what it found is in result. Errors: NULL, a wrong dtype, whatever recording the
 * program sets. */
enum wg_status wg_gradcheck(wg_program *program, void *user, int n, const struct wg_tensor *inputs,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result);

/* Checks an op in one of its cases ("2x3 3 axis=1": shapes, then attributes), at random points of
 * its domain away from its kinks, and at its kinks against the slopes it declares. options may be
 * NULL. */
enum wg_status wg_gradcheck_op(const struct wg_op *op, const char *op_case,
                               const struct wg_gradcheck_options *options,
                               struct wg_gradcheck_result *result);

/* ------------------------------------------------------------------------------------------------
 * Plain C functions */

#define WG_KERNEL_ARRAYS 8

/* out from in: arrays of the declared dtypes and shapes. */
typedef void wg_checked_forward(void *const *out, const void *const *in, void *user);

/* din (NULL where constant) from dout (NULL where not differentiated), with in and out as forward
 * left them. */
typedef void wg_checked_backward(void *const *din, const void *const *dout, const void *const *in,
                                 const void *const *out, void *user);

struct wg_checked_array {
    const char *name; /* NULL for "input 0", "output 1" */
    struct wg_shape shape;
    enum wg_dtype dtype;
    const void *data; /* an input's value; NULL for random numbers in [-1, 1] */
    int constant; /* 1: not differentiated: an input such as labels (i32 always is), an output such
                     as a saved mean */
};

struct wg_checked_kernel {
    wg_checked_forward *forward;
    wg_checked_backward *backward;
    struct wg_checked_array in[WG_KERNEL_ARRAYS], out[WG_KERNEL_ARRAYS];
    int inputs, outputs;
    int accumulates; /* 1: backward adds to din; 0: it writes */
    void *user;
};

/* Checks a hand-written pair of forward and backward, all in float or all in double. In float,
 * differences certify about 1e-4 to 1e-5, which result->certified states. Errors: NULL, shapes or
 * dtypes that do not fit, nothing to differentiate, no memory. */
enum wg_status wg_gradcheck_kernel(const struct wg_checked_kernel *kernel,
                                   const struct wg_gradcheck_options *options,
                                   struct wg_gradcheck_result *result);

/* ------------------------------------------------------------------------------------------------
 * Reports */

/* The result as text: the verdict, the counts, a table of the worst elements, what is broken, and
 * the diagnosis. At most size bytes with the final 0; returns the length that it would like, as
 * snprintf does. */
size_t wg_gradcheck_text(const struct wg_gradcheck_result *result, char *text, size_t size);

/* The error of a single central difference over its step, for one element of an op's first input:
 * the one, of those with a gradient, that errs the most. n points: step[i] = 10^(-i/2), relative to
 * max(1, |x|); error[i] is relative, and NaN where the op is not finite or the step vanishes beside
 * x. result may be NULL; else it becomes the check of that element, which row[0] names and whose
 * numeric side is Ridders' extrapolation. Errors: NULL, n < 1, no element to move, an op without
 * gradient, no memory. */
enum wg_status wg_gradcheck_curve(const struct wg_op *op, const char *op_case, uint64_t seed, int n,
                                  double *step, double *error, struct wg_gradcheck_result *result);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
