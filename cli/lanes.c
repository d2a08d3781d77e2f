#include "lanes.h"

#include <stdbool.h>
#include <stddef.h>

/* LANES_LIST is the build's: X(x86_64) X(x86_64_v3) ... , the plainest first. */
#define X(isa)                                                                                     \
    formula_evaluator formula_evaluate_##isa;                                                      \
    accuracy_counter accuracy_count_##isa;
LANES_LIST
#undef X

#define X(isa) {#isa, formula_evaluate_##isa, accuracy_count_##isa},
static const struct lanes lanes[] = {LANES_LIST};
#undef X

static bool same(const char *a, const char *b) {
    for (; *a && *b; a++, b++) {
        if ((*a == '-' ? '_' : *a) != *b) return false;
    }
    return *a == *b;
}

const struct lanes *lanes_for(const char *isa) {
    for (size_t i = 0; isa && i < sizeof lanes / sizeof *lanes; i++) {
        if (same(isa, lanes[i].isa)) return &lanes[i];
    }
    return &lanes[0];
}

void formula_evaluate(const struct formula *formula, int n, const double *x, double *value,
                      double *error) {
    lanes[0].evaluate(formula, n, x, value, error);
}
