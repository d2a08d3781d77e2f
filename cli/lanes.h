/* Loops of the measuring that are compiled once for each instruction set: the same source, the same
 * bits, more numbers at once. LANES is the instruction set's name as the build gives it, such as
 * x86_64_v3, and LANES_NAME(f) a function's name in that build. */
#ifndef WENGERT_CLI_LANES_H
#define WENGERT_CLI_LANES_H

#include "accuracy_count.h"
#include "formula.h"

struct lanes {
    const char *isa; /* as wg_isa() names it, with _ for - */
    formula_evaluator *evaluate;
    accuracy_counter *count;
};

/* The loops for an instruction set of wg_isa(); the plain ones where it has none of its own. */
const struct lanes *lanes_for(const char *isa);

#define LANES_PASTE_(name, isa) name##_##isa
#define LANES_PASTE(name, isa) LANES_PASTE_(name, isa)
#define LANES_NAME(name) LANES_PASTE(name, LANES)

#ifdef LANES
formula_evaluator LANES_NAME(formula_evaluate);
accuracy_counter LANES_NAME(accuracy_count);
#endif

#endif
