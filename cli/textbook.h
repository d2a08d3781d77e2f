/* Formulas as textbooks and papers print them, in float: what the kernels' accuracy is shown
 * beside. */
#ifndef WENGERT_CLI_TEXTBOOK_H
#define WENGERT_CLI_TEXTBOOK_H

#include <stdbool.h>

#include "formula.h"

/* The op's formula or derivative as it is usually printed, where its card has another one for the
 * sake of accuracy; NULL where the card's is the usual one. */
const char *textbook_formula(const char *op, bool derivative);

/* The formula for n <= FORMULA_BATCH inputs, each step rounded to float. Functions that are there
 * only to keep digits are computed from what defines them: expm1(x) as exp(x) - 1, log1p(x) as
 * log(1 + x), erfc(x) as 1 - erf(x). */
void formula_evaluate_float(const struct formula *formula, int n, const double *x, double *value);

#endif
