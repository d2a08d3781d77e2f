/* What is checked, as the checker sees it: live inputs, a function, and its gradient. Tapes, ops,
 * models and plain C functions all become one of these. */
#ifndef WG_VERIFY_SUBJECT_H
#define WG_VERIFY_SUBJECT_H

#include "base/arena.h"
#include "wengert/gradcheck.h"

#include <stdbool.h>

/* A differentiated input: its live memory, and the number of its first element among all. */
struct wg_slot {
    const char *name; /* NULL for "input N" */
    int number;       /* among all inputs, differentiated or not */
    struct wg_tensor value;
    int64_t first;
};

struct wg_subject {
    struct wg_slot *slot;
    int slots;
    int64_t variables; /* elements of all slots together */
    int64_t outputs;   /* elements of all differentiated outputs together */
    int64_t rows;      /* the outermost dimension of the only output; 0 when there are more */
    enum wg_dtype dtype;

    /* y (outputs elements) at the inputs' present values; *branches, where there are any to see, a
     * signature of every branch taken. */
    enum wg_status (*evaluate)(struct wg_subject *subject, double *y, uint64_t *branches);
    /* dx (variables elements) under dy (outputs elements), at the inputs' present values. */
    enum wg_status (*gradient)(struct wg_subject *subject, const double *dy, double *dx);
    /* ty for the direction tx. NULL: there is no tangent. */
    enum wg_status (*tangent)(struct wg_subject *subject, const double *tx, double *ty);
    /* Contracts of its own: what does not hold is added to the result. NULL: none. */
    enum wg_status (*contracts)(struct wg_subject *subject, const double *dy, const double *dx,
                                struct wg_gradcheck_result *result);
    bool shows_branches; /* evaluate tells of every branch there is */
    bool has_branches;   /* and there are some */
    void *self;
};

/* Adds a slot; slots lie in the arena and there is room for them. */
void wg_subject_add(struct wg_subject *subject, const char *name, int number,
                    struct wg_tensor value);

double wg_subject_get(const struct wg_subject *subject, int64_t variable);
void wg_subject_set(struct wg_subject *subject, int64_t variable, double value);

/* The slot that a variable belongs to. */
const struct wg_slot *wg_subject_slot(const struct wg_subject *subject, int64_t variable);

/* "kernel", or "input 2" where there is no name. */
void wg_slot_name(const struct wg_slot *slot, char *text, size_t size);

/* All levels that the options ask for, at the inputs' present values, which are left as they were.
 */
enum wg_status wg_check_subject(struct wg_subject *subject,
                                const struct wg_gradcheck_options *options,
                                struct wg_gradcheck_result *result);

/* What a result says before anything was looked at. */
struct wg_gradcheck_result wg_no_result(void);

/* Joins `text` to a list in `list`, behind a semicolon. */
void wg_append_finding(char *list, size_t size, const char *text);

#endif
