#include "textbook.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *op, *value, *derivative; /* NULL: the card's */
} formulas[] = {
    /* Clevert et al. 2016 (ELU) write the derivative with the value, y + alpha. */
    {"elu", NULL, "x > 0 ? 1 : alpha * expm1(x) + alpha"},
    {"selu",
     "x > 0 ? lambda * x : lambda * alpha * expm1(x), lambda = 1.0507009873554805, alpha = "
     "1.6732632423543772",
     "x > 0 ? lambda : lambda * alpha * expm1(x) + lambda * alpha, lambda = 1.0507009873554805, "
     "alpha = 1.6732632423543772"},
    {"sigmoid", "1 / (1 + exp(-x))", "y * (1 - y), y = 1 / (1 + exp(-x))"},
    {"tanh", "tanh(x)", "1 - y^2, y = tanh(x)"},
    {"softplus", "log(1 + exp(x))", "1 / (1 + exp(-x))"},
    {"log_sigmoid", "log(1 / (1 + exp(-x)))", "1 - 1 / (1 + exp(-x))"},
    {"silu", "x / (1 + exp(-x))", "s + x * s * (1 - s), s = 1 / (1 + exp(-x))"},
    {"gelu",
     "approximate == 0 ? x * normal_cdf(x) : x / 2 * (1 + tanh(v)), v = sqrt(2 / pi) * (x + "
     "44715 / 1000000 * x^3)",
     "approximate == 0 ? normal_cdf(x) + x * normal_pdf(x) : (1 + t) / 2 + x / 2 * (1 - t^2) * "
     "sqrt(2 / pi) * (1 + 134145 / 1000000 * x^2), t = tanh(v), v = sqrt(2 / pi) * (x + 44715 / 1000000 * x^3)"},
    /* The derivative as in Misra 2019. */
    {"mish", "x * tanh(log(1 + exp(x)))",
     "e * w / d^2, e = exp(x), w = 4 * (x + 1) + 4 * exp(2 * x) + exp(3 * x) + e * (4 * x + 6), d "
     "= 2 * e + exp(2 * x) + 2"},
    {"squareplus", "(x + sqrt(x^2 + b)) / 2", "(1 + x / sqrt(x^2 + b)) / 2"},
};

const char *textbook_formula(const char *op, bool derivative) {
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        if (strcmp(formulas[i].op, op) == 0)
            return derivative ? formulas[i].derivative : formulas[i].value;
    }
    return NULL;
}
