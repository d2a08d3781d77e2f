/* The part of test_formula that is about second derivatives. */
#ifndef WG_TESTS_FORMULA_SECOND_H
#define WG_TESTS_FORMULA_SECOND_H

#include <check.h>

void add_second_tests(TCase *tests);

#endif
