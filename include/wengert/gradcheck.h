/* Gradient verification: analytic gradients against numerical ones.
 *
 * In double precision, by Ridders' extrapolation of central differences, with a random, non-uniform
 * upstream gradient, element by element. An element passes when |analytic - numeric| <= tolerance *
 * scale + rounding: the scale is the largest of |analytic|, |numeric| and the sum of the sizes of
 * the terms that the numeric side was added up from; rounding is what the values' last digits do to
 * their difference (8 units of the last place over the step). A NaN never passes, nor does a check
 * that saw no non-zero gradient.
 */
#ifndef WENGERT_GRADCHECK_H
#define WENGERT_GRADCHECK_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A function to check: records something on the tape from the inputs, and returns its result (any
 * shape). It is recorded once and replayed for each difference, so it must not depend on the
 * inputs' values but through ops. */
typedef wg_var wg_program(wg_tape *tape, const wg_var *inputs, void *user);

/* Zero means the default. */
struct wg_gradcheck_options {
    double tolerance; /* relative; default 1e-9 */
    double step;      /* Ridders' first step, relative to max(1, |x|); default 0.05 */
    uint64_t seed;    /* of the upstream gradient */
};

/* Where a check was worst: the element whose error took the largest share of what was allowed. */
struct wg_gradcheck_worst {
    int input;                  /* which input */
    int64_t element;            /* its flat index, */
    int64_t index[WG_MAX_RANK]; /* and index by dimension */
    double x;                   /* the input's value there */
    double analytic, numeric;
    double error;    /* |analytic - numeric| / scale */
    double estimate; /* the numeric side's own, / scale */
};

struct wg_gradcheck_result {
    int pass;         /* 1 when every element passed and some gradient was not zero */
    int64_t checked;  /* elements compared */
    int64_t failed;   /* elements that did not pass */
    int64_t at_kinks; /* elements at declared kinks, compared with the declared slope (op checks) */
    int64_t nonzero;  /* elements with a non-zero analytic gradient */
    double tangent_error; /* |<v, J u> - <J^T v, u>| relative to the sum's terms; negative when
                             there is no tangent */
    struct wg_gradcheck_worst worst;
};

/* Checks a program at a point: n inputs of dtype f64, or i32 (not differentiated). Returns WG_OK
 * when the check could be made: whether it passed is result->pass. Errors: NULL, a wrong dtype,
 * whatever recording the program sets. */
enum wg_status wg_gradcheck(wg_program *program, void *user, int n, const struct wg_tensor *inputs,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result);

/* Checks an op in one of its cases ("2x3 3 axis=1": shapes, then attributes), at random points of
 * its domain away from its kinks, and at its kinks against the slopes it declares. options may be
 * NULL. */
enum wg_status wg_gradcheck_op(const struct wg_op *op, const char *op_case,
                               const struct wg_gradcheck_options *options,
                               struct wg_gradcheck_result *result);

#ifdef __cplusplus
}
#endif
#endif
