/* Parameter sets: names, sealing, layout, initial values, alpha's shape, fingerprints. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

START_TEST(parameters_are_found_by_number_and_name) {
    wg_params *params = wg_params_new(WG_F32);
    ck_assert_int_eq(wg_params_count(params), 0);
    ck_assert_int_eq(wg_params_add(params, "w", WG_SHAPE(2, 3)), 0);
    ck_assert_int_eq(wg_params_add(params, "b", WG_SHAPE(3)), 1);
    ck_assert_int_eq(wg_params_add(params, "s", WG_SCALAR), 2);
    ck_assert_int_eq(wg_params_count(params), 3);
    ck_assert_int_eq(wg_params_elements(params), 10);
    ck_assert_int_eq(wg_params_find(params, "b"), 1);
    ck_assert_int_eq(wg_params_find(params, "c"), -1);
    ck_assert_int_eq(wg_error_status(), WG_OK);
    ck_assert_str_eq(wg_param_name(params, 2), "s");
    ck_assert(wg_shape_equal(wg_param_value(params, 0).shape, WG_SHAPE(2, 3)));
    ck_assert_int_eq(wg_param_gradient(params, 1).size, 3);
    ck_assert_int_eq(wg_param_value(params, 1).dtype, WG_F32);
    wg_params_free(params);
}
END_TEST

START_TEST(wrong_parameters_are_refused) {
    static const struct {
        const char *name;
        struct wg_shape shape;
        enum wg_status code;
        const char *word;
    } wrong[] = {{NULL, {0, {0}}, WG_ERROR_ARGUMENT, "name"},
                 {"", {0, {0}}, WG_ERROR_ARGUMENT, "name"},
                 {"w", {0, {0}}, WG_ERROR_ARGUMENT, "\"w\" is taken"},
                 {"e", {2, {3, 0}}, WG_ERROR_SHAPE, "\"e\", (3, 0)"},
                 {"n", {1, {-3}}, WG_ERROR_SHAPE, "\"n\", (-3)"},
                 {"r", {9, {1}}, WG_ERROR_SHAPE, "\"r\""},
                 {"h", {2, {INT64_MAX, 2}}, WG_ERROR_SHAPE, "\"h\""},
                 {"m", {1, {(int64_t)1 << 55}}, WG_ERROR_MEMORY, "memory"}};
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w", WG_SCALAR);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_params_add(params, wrong[i].name, wrong[i].shape), -1);
        expect_failure("wg_params_add", wrong[i].code, wrong[i].word, NULL);
        ck_assert_int_eq(wg_params_count(params), 1);
    }
    static const int numbers[] = {-1, 1, 1 << 30};
    for (size_t i = 0; i < ELEMENTS(numbers); i++) {
        ck_assert_ptr_null(wg_param_value(params, numbers[i]).data);
        expect_failure("value", WG_ERROR_ARGUMENT, "wg_param_value", "set of 1");
        ck_assert_ptr_null(wg_param_gradient(params, numbers[i]).data);
        expect_failure("gradient", WG_ERROR_ARGUMENT, "wg_param_gradient", NULL);
        ck_assert_ptr_null(wg_param_name(params, numbers[i]));
        expect_failure("name", WG_ERROR_ARGUMENT, "wg_param_name", NULL);
        ck_assert_int_eq(wg_param_fill(params, numbers[i], 1), WG_ERROR_ARGUMENT);
        wg_clear_error();
    }
    wg_params_free(params);
    ck_assert_ptr_null(wg_params_new(WG_I32));
    expect_failure("wg_params_new", WG_ERROR_DTYPE, "i32", "f32 or f64");
}
END_TEST

START_TEST(use_seals_a_set) {
    for (int by_tape = 0; by_tape < 2; by_tape++) {
        wg_params *params = wg_params_new(WG_F64);
        wg_params_add(params, "w", WG_SCALAR);
        wg_tape *tape = wg_tape_new();
        wg_optimizer *sgd = NULL;
        if (by_tape)
            wg_parameter(tape, params, 0);
        else
            sgd = wg_sgd(params, .learning_rate = 1);
        ck_assert_int_eq(wg_params_add(params, "late", WG_SCALAR), -1);
        expect_failure("sealed", WG_ERROR_STATE, "late", "wg_params_add");
        wg_optimizer_free(sgd);
        wg_tape_free(tape);
        wg_params_free(params);
    }
}
END_TEST

START_TEST(every_parameter_begins_on_a_line) {
    wg_params *params = wg_params_new(WG_F32);
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "p%d", i);
        ck_assert_int_eq(wg_params_add(params, name, WG_SHAPE(1 + i * 7 % 40)), i);
        wg_param_fill(params, i, i + 1); /* kept while the arrays grow */
    }
    for (int i = 0; i < 100; i++) {
        const struct wg_tensor v = wg_param_value(params, i), g = wg_param_gradient(params, i);
        ck_assert_uint_eq((uintptr_t)v.data % 64, 0);
        ck_assert_uint_eq((uintptr_t)g.data % 64, 0);
        for (int64_t k = 0; k < v.size; k++) {
            ck_assert_float_eq(((float *)v.data)[k], (float)(i + 1));
            ck_assert_float_eq(((float *)g.data)[k], 0);
        }
    }
    wg_params_free(params);
}
END_TEST

START_TEST(initial_values_are_in_their_range) {
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "a", WG_SHAPE(50, 30));
    wg_params_add(params, "b", WG_SHAPE(50, 30));
    wg_params_add(params, "v", WG_SHAPE(5));
    const double limit = sqrt(6.0 / 80);
    ck_assert_int_eq(wg_param_glorot_uniform(params, 0, 1), WG_OK);
    ck_assert_int_eq(wg_param_glorot_uniform(params, 1, 1), WG_OK);
    double *a = wg_param_value(params, 0).data, *b = wg_param_value(params, 1).data;
    double least = INFINITY, most = -INFINITY, sum = 0;
    for (int i = 0; i < 1500; i++) {
        least = fmin(least, a[i]);
        most = fmax(most, a[i]);
        sum += a[i];
    }
    ck_assert(least >= -limit && least < -0.99 * limit && most < limit && most > 0.99 * limit);
    ck_assert_double_lt(fabs(sum / 1500), 5 * limit / sqrt(3.0 * 1500)); /* 5 standard errors */
    ck_assert_mem_ne(a, b, 1500 * sizeof *a);                            /* a stream of its own */
    const double first = a[0];
    wg_param_glorot_uniform(params, 0, 2);
    ck_assert_double_ne(a[0], first);
    wg_param_glorot_uniform(params, 0, 1);
    ck_assert_double_eq(a[0], first);
    ck_assert_int_eq(wg_param_glorot_uniform(params, 2, 1), WG_ERROR_SHAPE);
    expect_failure("a vector", WG_ERROR_SHAPE, "\"v\"", "(5)");
    static const double wrong[][2] = {{1, 0}, {NAN, 1}, {0, INFINITY}, {-1.7e308, 1.7e308}};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_param_uniform(params, 2, wrong[i][0], wrong[i][1], 1),
                         WG_ERROR_ARGUMENT);
        expect_failure("range", WG_ERROR_ARGUMENT, "wg_param_uniform", NULL);
    }
    ck_assert_int_eq(wg_param_uniform(params, 2, 3, 3, 1), WG_OK);
    ck_assert_double_eq(((double *)wg_param_value(params, 2).data)[4], 3);
    wg_params_free(params);
}
END_TEST

/* Keras's rule, with Keras's examples first; rank 0 expected where it refuses. */
static const struct {
    struct wg_shape input;
    struct wg_axes shared;
    struct wg_shape alpha;
} alphas[] = {
    {{2, {32, 10}}, {0, {0}}, {1, {10}}},
    {{4, {32, 28, 28, 8}}, {2, {1, 2}}, {3, {1, 1, 8}}},
    {{4, {32, 28, 28, 8}}, {0, {0}}, {3, {28, 28, 8}}},
    {{4, {32, 28, 28, 8}}, {3, {1, 2, 3}}, {3, {1, 1, 1}}},
    {{3, {4, 5, 6}}, {1, {2}}, {2, {5, 1}}},
    {{3, {4, 5, 6}}, {2, {2, 2}}, {2, {5, 1}}},
    {{3, {4, 5, 6}}, {1, {0}}, {0, {0}}},
    {{3, {4, 5, 6}}, {1, {3}}, {0, {0}}},
    {{3, {4, 5, 6}}, {1, {-1}}, {0, {0}}},
    {{3, {4, 5, 6}}, {9, {1}}, {0, {0}}},
    {{3, {4, 5, 6}}, {-1, {1}}, {0, {0}}},
    {{1, {4}}, {0, {0}}, {0, {0}}},
    {{0, {0}}, {0, {0}}, {0, {0}}},
    {{9, {4}}, {0, {0}}, {0, {0}}},
};

START_TEST(alphas_follow_keras) {
    for (size_t i = 0; i < ELEMENTS(alphas); i++) {
        const struct wg_shape alpha = wg_prelu_alpha_shape(alphas[i].input, alphas[i].shared);
        ck_assert_msg(wg_shape_equal(alpha, alphas[i].alpha), "row %zu", i);
        if (alphas[i].alpha.rank == 0)
            expect_failure("alpha", WG_ERROR_SHAPE, "wg_prelu_alpha_shape", NULL);
        else
            expect_no_failure("alpha");
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Fingerprints */

static struct wg_fingerprint print_of(enum wg_dtype dtype, const char *name, struct wg_shape shape,
                                      double value) {
    wg_params *params = wg_params_new(dtype);
    wg_params_add(params, name, shape);
    wg_param_fill(params, 0, value);
    const struct wg_fingerprint print = wg_params_fingerprint(params);
    wg_params_free(params);
    return print;
}

START_TEST(a_fingerprint_is_known) {
    /* XXH3-128 of: the name's length (8 bytes, little-endian) and bytes, the dtype's likewise, rank
     * and dimensions (8 bytes each), the values. Made with the xxHash library's Python binding. */
    ck_assert_str_eq(print_of(WG_F32, "w", WG_SHAPE(2, 3), 0.25).hex,
                     "117ab2d2a005db5e165c6cbaf688c908");
    ck_assert_str_eq(print_of(WG_F64, "alpha", WG_SCALAR, -1).hex,
                     "435a401b787107b286659bfa8f241929");
    wg_params *empty = wg_params_new(WG_F32);
    ck_assert_str_eq(wg_params_fingerprint(empty).hex, "99aa06d3014798d86001c324468d497f");
    wg_params_free(empty);
}
END_TEST

START_TEST(everything_changes_a_fingerprint) {
    const struct wg_fingerprint prints[] = {print_of(WG_F32, "w", WG_SHAPE(2, 3), 0),
                                            print_of(WG_F32, "w", WG_SHAPE(2, 3), -0.0),
                                            print_of(WG_F32, "w", WG_SHAPE(2, 3), 0x1p-149),
                                            print_of(WG_F32, "w", WG_SHAPE(3, 2), 0),
                                            print_of(WG_F32, "w", WG_SHAPE(6), 0),
                                            print_of(WG_F32, "v", WG_SHAPE(2, 3), 0),
                                            print_of(WG_F32, "ww", WG_SHAPE(2, 3), 0),
                                            print_of(WG_F64, "w", WG_SHAPE(2, 3), 0),
                                            print_of(WG_F32, "w", WG_SHAPE(2, 3), NAN)};
    for (size_t i = 0; i < ELEMENTS(prints); i++) {
        ck_assert_uint_eq(strspn(prints[i].hex, "0123456789abcdef"), 32);
        for (size_t j = 0; j < i; j++) ck_assert_str_ne(prints[i].hex, prints[j].hex);
    }
    ck_assert_str_eq(print_of(WG_F32, "w", WG_SHAPE(2, 3), 0).hex, prints[0].hex);
    wg_params *params = wg_params_new(WG_F32);
    wg_params_add(params, "w", WG_SHAPE(2, 3));
    ((float *)wg_param_gradient(params, 0).data)[0] = 1; /* not part of it */
    ck_assert_str_eq(wg_params_fingerprint(params).hex, prints[0].hex);
    ((float *)wg_param_value(params, 0).data)[5] = 1;
    ck_assert_str_ne(wg_params_fingerprint(params).hex, prints[0].hex);
    wg_params_free(params);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {parameters_are_found_by_number_and_name,
                                  wrong_parameters_are_refused,
                                  use_seals_a_set,
                                  every_parameter_begins_on_a_line,
                                  initial_values_are_in_their_range,
                                  alphas_follow_keras,
                                  a_fingerprint_is_known,
                                  everything_changes_a_fingerprint};
    return run_suite("params", tests, ELEMENTS(tests));
}
