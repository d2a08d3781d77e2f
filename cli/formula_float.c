/* Formulas in float, step by step as they are written. */
#include <math.h>

#include "textbook.h"

#define PI 3.14159265f

struct batch {
    float value[FORMULA_BATCH];
};

static float applied(enum formula_kind kind, float a, float b) {
    switch (kind) {
    case FORMULA_ADD:
        return a + b;
    case FORMULA_SUBTRACT:
        return a - b;
    case FORMULA_MULTIPLY:
        return a * b;
    case FORMULA_DIVIDE:
        return a / b;
    case FORMULA_NEGATE:
        return -a;
    case FORMULA_ABS:
        return fabsf(a);
    case FORMULA_EXP:
        return expf(a);
    case FORMULA_EXPM1:
        return expf(a) - 1;
    case FORMULA_LOG:
        return logf(a);
    case FORMULA_LOG1P:
        return logf(1 + a);
    case FORMULA_TANH:
        return tanhf(a);
    case FORMULA_SQRT:
        return sqrtf(a);
    case FORMULA_ERFC:
        return 1 - erff(a);
    default: /* a leaf or a choice: not a function of two values */
        return NAN;
    }
}

static int holds(enum formula_comparison comparison, float a, float b) {
    switch (comparison) {
    case FORMULA_LESS:
        return a < b;
    case FORMULA_LESS_EQUAL:
        return a <= b;
    case FORMULA_GREATER:
        return a > b;
    case FORMULA_GREATER_EQUAL:
        return a >= b;
    case FORMULA_EQUAL:
        return a == b;
    }
    return 0;
}

static void run_node(const struct formula_node *node, int n, const double *x, struct batch *batch,
                     struct batch *y) {
    const float *a = batch[node->a].value, *b = batch[node->b].value;
    for (int i = 0; i < n; i++) {
        switch (node->kind) {
        case FORMULA_X:
            y->value[i] = (float)x[i];
            break;
        case FORMULA_CONSTANT:
            y->value[i] = (float)node->constant;
            break;
        case FORMULA_PI:
            y->value[i] = PI;
            break;
        case FORMULA_SELECT:
            y->value[i] = batch[holds(node->comparison, a[i], b[i]) ? node->c : node->d].value[i];
            break;
        default:
            y->value[i] = applied(node->kind, a[i], b[i]);
        }
    }
}

void formula_evaluate_float(const struct formula *formula, int n, const double *x, double *value) {
    struct batch batch[FORMULA_NODES];
    batch[formula->count - 1].value[0] = 0; /* the loop writes them all */
    for (int j = 0; j < formula->count; j++) run_node(&formula->node[j], n, x, batch, &batch[j]);
    for (int i = 0; i < n; i++) value[i] = (double)batch[formula->count - 1].value[i];
}
