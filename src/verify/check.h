/* The state of one check, and its parts: differences, contracts, diagnosis. */
#ifndef WG_VERIFY_CHECK_H
#define WG_VERIFY_CHECK_H

#include "verify/subject.h"
#include "wengert/random.h"

/* What the numeric side says of one derivative. */
struct wg_finding {
    enum wg_verdict verdict;
    double numeric, left, right, estimate, rounding, terms, step;
    double error, allowed; /* |analytic - numeric|, and how much of it passes */
    double scale;          /* what errors are relative to */
};

struct wg_check {
    struct wg_subject *subject;
    struct wg_gradcheck_options options; /* resolved: no zero stands for a default */
    struct wg_gradcheck_result *result;
    struct wg_arena arena;
    struct wg_random random;
    double epsilon;           /* of the subject's dtype */
    double loose;             /* a relative rounding error beyond which nothing is certified */
    double largest;           /* element of the analytic gradient, of those that are finite */
    double most_error;        /* a relative error that is not let pass, whatever excuses it */
    double *base;             /* the variables' values */
    double *analytic;         /* the gradient in question */
    double *y;                /* the outputs at base */
    double *upstream;         /* the random gradient of y */
    double *above, *below;    /* the outputs beside base */
    uint64_t branches;        /* taken at base */
    struct wg_finding *found; /* of each variable; NULL when directions are checked */
    double row_share[WG_GRADCHECK_ROWS]; /* of what was allowed: the errors of the result's rows */
};

double *wg_check_doubles(struct wg_check *check, int64_t count);

/* +-[0.5, 1.5]: never zero, never of one sign, never all equal. */
double wg_check_weight(struct wg_random *random);

/* The outputs at the inputs' present values; counts the evaluation. */
enum wg_status wg_check_evaluate(struct wg_check *check, double *y, uint64_t *branches);

/* The derivative along a line through base: `count` variables from `first` on, moved along
 * `direction` (NULL: by one each). Compares with `analytic`, and judges. The inputs are put back.
 */
enum wg_status wg_check_line(struct wg_check *check, int64_t first, int64_t count,
                             const double *direction, double analytic, struct wg_finding *finding);

/* One central quotient along the same line, whatever it crosses. */
enum wg_status wg_check_quotient(struct wg_check *check, int64_t first, int64_t count,
                                 const double *direction, double step, double *value);

/* Every variable by itself. */
enum wg_status wg_check_elements(struct wg_check *check);

/* All variables together, along random directions; when one fails, the worst element is searched by
 * halving. */
enum wg_status wg_check_directions(struct wg_check *check);

/* Counts a variable's finding and keeps it among the worst. */
void wg_check_record(struct wg_check *check, int64_t variable, const struct wg_finding *finding);

/* <upstream, J v> against <gradient, v>. */
enum wg_status wg_check_adjoint(struct wg_check *check);

/* Linearity in the upstream gradient, the same bits again, and the subject's own contracts. */
enum wg_status wg_check_contracts(struct wg_check *check);

/* What the pattern of wrong elements says. */
enum wg_status wg_check_diagnose(struct wg_check *check);

#endif
