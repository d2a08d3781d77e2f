/* Wrong gradients, made of right ones: an op that computes what another op does, and whose gradient
 * is spoilt on the way out. No op is edited. */
#ifndef MUTANT_H
#define MUTANT_H

#include "wengert/gradcheck.h"
#include "wengert/op.h"

#include <stdbool.h>

enum mutation {
    RIGHT,
    SIGN,
    DOUBLED,
    SLIGHTLY_OFF,  /* x (1 + 1e-4) */
    ZERO,          /* of every input */
    CONSTANT,      /* 1 in every element */
    TRANSPOSED,    /* the last two dimensions */
    FIRST_ONLY,    /* of the contributions, those of the first row: no sum */
    LAST_ONLY,     /* of the last one: assignment for accumulation */
    ONE_ROW,       /* the gradient's first row, the others zero */
    TAIL,          /* n % 8 elements after whole vectors are zero */
    ONE_ELEMENT,   /* the largest, by 1% */
    NOT_A_NUMBER,  /* in one element */
    AT_OUTPUT,     /* taken at y for x */
    SEVERED_FIRST, /* the first input's is never written */
    SEVERED_LAST,
    MUTATIONS
};

extern const char *const mutation_names[MUTATIONS];

/* What the wrapping kernels wrap, how they spoil it, and what they saw; kernels have no other way
 * to know. */
struct mutant {
    const struct wg_op *op;
    enum mutation mutation;
    bool alone;        /* ONE_ELEMENT spoils the first input alone: two could cancel */
    int64_t spoilt[8]; /* by input: the element that ONE_ELEMENT spoilt, the largest */
    bool nonzero;      /* the right gradient is not zero everywhere */
    bool changed;      /* the wrong one differs from it by more than MUTANT_DIFFERS */
};
extern struct mutant mutant;

#define MUTANT_DIFFERS 1e-7

/* An op with the forward of `op` in double, and its gradient under mutant.mutation; no tangent. */
struct wg_op mutant_of(const struct wg_op *op, enum mutation mutation);

/* Checks the mutant in a case at random points of its domain, away from its kinks, drawn again
 * until the right gradient is not zero everywhere. */
enum wg_status mutant_check(const struct wg_op *wrapper, const char *text,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result);

#endif
