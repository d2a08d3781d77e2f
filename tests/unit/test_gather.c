/* gather: rows of a table and their gradient against loops, in the order that it promises; indices
 * out of range. */
#include "support/suite.h"

#include "base/error.h"

#include "wengert/random.h"
#include "wengert/wengert.h"

#include <stdbool.h>

enum { MOST = 400000 };

static wg_tape *tape;

static void start(void) {
    wg_clear_error();
    tape = wg_tape_new();
}
static void stop(void) {
    ck_assert_int_eq(wg_set_threads(1), WG_OK);
    wg_tape_free(tape);
}

/* Tables, by rows split over threads and by columns; the last have few rows that are used often. */
static const struct {
    int64_t rows, width, positions;
} sizes[] = {{7, 3, 5},        {1, 1, 4},      {50, 16, 20000}, {1000, 20, 5000},
             {300, 400, 1000}, {3, 128, 3000}, {2, 127, 3000},  {100000, 1, 200000}};

/* To the bit: the gradient of a row is a chain of float sums in ascending order of position. */
START_TEST(rows_and_sums_are_those_of_a_loop) {
    static float table[MOST], dy[MOST], want[MOST];
    static int32_t index[MOST];
    const int64_t rows = sizes[_i].rows, width = sizes[_i].width, n = sizes[_i].positions;
    struct wg_random random = wg_random_make(1, (uint64_t)_i);
    for (int64_t i = 0; i < rows * width; i++) {
        table[i] = (float)wg_random_uniform(&random, -1, 1);
        want[i] = 0;
    }
    for (int64_t p = 0; p < n; p++)
        index[p] = (int32_t)wg_random_below(&random, (uint64_t)(p % 2 ? rows : (rows + 9) / 10));
    for (int64_t i = 0; i < n * width; i++) dy[i] = (float)wg_random_uniform(&random, -1, 1);
    for (int64_t i = 0; i < n * width; i++) want[index[i / width] * width + i % width] += dy[i];
    for (int threads = 1; threads <= 5; threads += 2) {
        ck_assert_int_eq(wg_set_threads(threads), WG_OK);
        const wg_var t = wg_variable(tape, WG_F32, WG_SHAPE(rows, width), table);
        const wg_var y = wg_gather(t, wg_input(tape, WG_I32, WG_SHAPE(n), index));
        ck_assert_int_eq(wg_backward_from(y, dy), WG_OK);
        const float *value = wg_value(y).data;
        int64_t wrong = 0; /* counted: an assertion each would take seconds */
        for (int64_t i = 0; i < n * width; i++)
            wrong += !(value[i] == table[index[i / width] * width + i % width]);
        ck_assert_int_eq(wrong, 0);
        ck_assert_mem_eq(wg_gradient(t).data, want, (size_t)(rows * width) * sizeof *want);
    }
}
END_TEST

START_TEST(shapes_follow_index_and_row) {
    static const int32_t index[6] = {0};
    const wg_var t = wg_variable(tape, WG_F64, WG_SHAPE(4, 5, 6), NULL);
    const wg_var y = wg_gather(t, wg_input(tape, WG_I32, WG_SHAPE(2, 3), index));
    ck_assert_str_eq(wg_shape_text(wg_value(y).shape).text, "(2, 3, 5, 6)");
    const wg_var one = wg_gather(t, wg_input(tape, WG_I32, WG_SCALAR, index));
    ck_assert_str_eq(wg_shape_text(wg_value(one).shape).text, "(5, 6)");
}
END_TEST

/* An index is checked at each forward, and nothing is read or written where it is wrong. */
START_TEST(indices_out_of_range_are_errors) {
    const double table[] = {1, 2, 3};
    const wg_var t = wg_variable(tape, WG_F64, WG_SHAPE(3), table);
    const wg_var index = wg_input(tape, WG_I32, WG_SHAPE(3), (const int32_t[]){2, 0, 1});
    const wg_var y = wg_gather(t, index);
    expect_no_failure("gather");
    static const int32_t wrong[][3] = {{0, 3, 0}, {0, 1, -1}, {INT32_MAX, 0, 0}, {0, INT32_MIN, 9}};
    static const char *const says[] = {"index 3 at position 1", "index -1 at position 2",
                                       "index 2147483647 at position 0",
                                       "index -2147483648 at position 1"};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_set(index, wrong[i]), WG_OK);
        ck_assert_int_eq(wg_forward(tape), WG_ERROR_ARGUMENT);
        expect_failure("forward", WG_ERROR_ARGUMENT, says[i], "expected 0 to 2");
        ck_assert_int_ne(wg_backward_from(y, table), WG_OK);
        expect_failure("backward", WG_ERROR_ARGUMENT, says[i], "gather");
    }
    ck_assert_int_eq(wg_set(index, (const int32_t[]){1, 1, 1}), WG_OK);
    ck_assert_int_eq(wg_forward(tape), WG_OK);
    ck_assert_double_eq(((const double *)wg_value(y).data)[0], 2);
}
END_TEST

START_TEST(errors_say_what_is_wrong) {
    const wg_var t = wg_variable(tape, WG_F64, WG_SHAPE(3, 2), NULL);
    const wg_var none = wg_variable(tape, WG_F64, WG_SHAPE(0, 2), NULL);
    const wg_var index = wg_input(tape, WG_I32, WG_SHAPE(1), NULL);
    ck_assert(wg_is_null(wg_gather(wg_variable_scalar(tape, WG_F64, 1), index)));
    expect_failure("scalar", WG_ERROR_SHAPE, "a table of shape ()", "rank 1 or more");
    ck_assert(wg_is_null(wg_gather(t, t)));
    expect_failure("dtype", WG_ERROR_DTYPE, "gather: input 1", "i32");
    ck_assert(wg_is_null(wg_gather(none, index)));
    expect_failure("no rows", WG_ERROR_ARGUMENT, "index 0 at position 0", "no rows");
    const wg_var deep = wg_input(tape, WG_I32, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 1), NULL);
    ck_assert(wg_is_null(wg_gather(t, deep)));
    expect_failure("rank", WG_ERROR_SHAPE, "(1, 1, 1, 1, 1, 1, 1, 1)", "rank 8 at most");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gather");
    TCase *cases = tcase_create("gather");
    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_loop_test(cases, rows_and_sums_are_those_of_a_loop, 0, (int)ELEMENTS(sizes));
    tcase_add_test(cases, shapes_follow_index_and_row);
    tcase_add_test(cases, indices_out_of_range_are_errors);
    tcase_add_test(cases, errors_say_what_is_wrong);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
