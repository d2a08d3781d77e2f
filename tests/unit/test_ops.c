/* Every op of the registry against a reference, in float and double: values and gradients.
 *
 * Elementwise ops (ops_elementwise.c) are compared with their own text compiled in long double on
 * libm; all others with plain loops, in ops_reference.c or in a test that it names. A new op that
 * is not elementwise needs a reference there: without one, the first test fails and names it.
 */
#include "test_ops.h"

#include "ops/registry.h"

START_TEST(every_op_has_a_reference) {
    int ops = 0;
    for (; wg_built_in_index(wg_op_at(ops)) >= 0; ops++) {
        const char *name = wg_op_at(ops)->name;
        ck_assert_msg(elementwise_knows(name) != reference_knows(name),
                      "%s: expected one reference: its oracle, or a row in ops_reference.c", name);
    }
    ck_assert_int_gt(ops, 0);
}
END_TEST

enum { MOST_TESTS = 32 };

int main(void) {
    const TTest *tests[MOST_TESTS] = {every_op_has_a_reference};
    size_t count = 1;
    count += add_elementwise_tests(tests + count);
    count += add_reference_tests(tests + count);
    return run_suite("ops", tests, count);
}
