/* Measuring an elementwise op against its own card: every float, or many doubles, through the
 * kernels that training uses. */
#ifndef WENGERT_CLI_ACCURACY_SWEEP_H
#define WENGERT_CLI_ACCURACY_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accuracy_count.h"
#include "wengert/wengert.h"

#define MOST_FURTHER 3

/* Float results from elsewhere than the kernels, and who looks at each result. Such a measurement
 * runs on one thread, over the inputs whose bit patterns are 0, stride, 2 stride, ... below 2^32.
 */
struct accuracy_source {
    uint32_t stride; /* odd, so that every digit of the significand varies */
    /* The results for the inputs numbered from `first`; NULL: the kernels'. */
    void (*outputs)(void *context, uint64_t first, int n, const double *x, double *computed);
    /* Or NULL. ulp is NaN where not both are numbers. */
    void (*observe)(void *context, double x, double computed, double exact, double ulp);
    void *context;
};

/* How many inputs a sweep with that stride has. */
uint64_t accuracy_stride_inputs(uint32_t stride);

/* What is measured. */
struct accuracy_task {
    const struct wg_op *op;
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    double further[MOST_FURTHER]; /* values of the inputs after x, such as PReLU's alpha */
    enum wg_dtype dtype;
    bool gradient;    /* the gradient kernel with dy = 1, instead of the value */
    uint64_t samples; /* 0: all 2^32 floats. Else about so many, evenly over the bit patterns, and
                         neighbourhoods of special points */
    int threads;
    const struct accuracy_source *source; /* NULL: the kernels, at `samples` inputs */
};

/* Called now and then with the share that is done; from one thread at a time. */
typedef void accuracy_progress(double share, void *context);

/* false, with what was wrong in message: an op that is not elementwise, a card that cannot be read,
 * a library's error. */
bool measure_accuracy(const struct accuracy_task *task, accuracy_progress *progress, void *context,
                      struct accuracy *result, char *message, size_t size);

/* The values of the names in the task's formulas, its attributes and further inputs as the dtype
 * holds them: at most FORMULA_NAMES. Returns how many. */
struct formula_name;
int accuracy_names(const struct accuracy_task *task, struct formula_name *names);

/* The task's formula, as the card has it: the derivative's part for x when it is the gradient. */
bool accuracy_formula(const struct accuracy_task *task, char *text, size_t size);

#endif
