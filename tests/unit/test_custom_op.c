/* Ops registered at run time: recording, broadcasting, gradients, attributes, refusals. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

/* ------------------------------------------------------------------------------------------------
 * A general op: the running sum of a vector, times a factor; f32 and f64 */

#define KERNELS_OF(real)                                                                           \
    static void cumsum_##real(const struct wg_args *args) {                                        \
        const real *x = args->x[0]->data;                                                          \
        real *y = args->y->data, sum = 0;                                                          \
        for (int64_t i = 0; i < args->y->size; i++) {                                              \
            sum += x[i];                                                                           \
            y[i] = sum * (real)args->attributes[0];                                                \
        }                                                                                          \
    }                                                                                              \
    static void cumsum_gradient_##real(const struct wg_args *args, const void *dy_,                \
                                       void *const *dx_) {                                         \
        const real *dy = dy_;                                                                      \
        real *dx = dx_[0], sum = 0;                                                                \
        for (int64_t i = args->y->size - 1; i >= 0; i--) {                                         \
            sum += dy[i];                                                                          \
            dx[i] = sum * (real)args->attributes[0];                                               \
        }                                                                                          \
    }                                                                                              \
    /* An elementwise op of two inputs: x z + z, through scratch. */                               \
    static void blend_##real(const struct wg_args *args) {                                         \
        const real *x = args->x[0]->data, *z = args->x[1]->data;                                   \
        real *y = args->y->data, *product = args->scratch;                                         \
        for (int64_t i = 0; i < args->y->size; i++) product[i] = x[i] * z[i];                      \
        for (int64_t i = 0; i < args->y->size; i++) y[i] = product[i] + z[i];                      \
    }                                                                                              \
    static void blend_gradient_##real(const struct wg_args *args, const void *dy_,                 \
                                      void *const *dx) {                                           \
        const real *x = args->x[0]->data, *z = args->x[1]->data, *dy = dy_;                        \
        real *factor = args->scratch, *out;                                                        \
        for (int k = 0; k < 2; k++) {                                                              \
            if (!dx[k]) continue;                                                                  \
            out = dx[k];                                                                           \
            for (int64_t i = 0; i < args->y->size; i++) factor[i] = k ? x[i] + 1 : z[i];           \
            for (int64_t i = 0; i < args->y->size; i++) out[i] = dy[i] * factor[i];                \
        }                                                                                          \
    }
KERNELS_OF(float)
KERNELS_OF(double)

static enum wg_status vector_shape(const struct wg_op *op, const struct wg_args *args,
                                   struct wg_shape *y) {
    if (args->x[0]->shape.rank != 1) return wg_op_fail(WG_ERROR_SHAPE, op, "expected a vector");
    *y = args->x[0]->shape;
    return WG_OK;
}

static int64_t scratch_of_y(const struct wg_args *args) { return args->y->size; }

static const struct wg_op cumsum = {
    .name = "test_cumsum",
    .inputs = {"x"},
    .attributes = {{"factor", 1, -10, 10, WG_NUMBER, "a factor"}},
    .structure = WG_LINEAR,
    .shape = vector_shape,
    .f32 = {.forward = cumsum_float, .gradient = cumsum_gradient_float},
    .f64 = {.forward = cumsum_double, .gradient = cumsum_gradient_double}};

static const struct wg_op blend = {
    .name = "test_blend",
    .inputs = {"x", "z"},
    .structure = WG_ELEMENTWISE,
    .scratch = scratch_of_y,
    .f32 = {.forward = blend_float, .gradient = blend_gradient_float},
    .f64 = {.forward = blend_double, .gradient = blend_gradient_double}};

static const struct wg_op only_forward = {.name = "test_only_forward",
                                          .inputs = {"x"},
                                          .f64 = {.forward = cumsum_double},
                                          .attributes = {{"factor", 1, 0, 0, WG_NUMBER, ""}}};

START_TEST(a_general_op_works_like_any_other) {
    ck_assert_int_eq(wg_register(&cumsum), WG_OK);
    ck_assert_ptr_eq(wg_find_op("test_cumsum"), &cumsum);
    ck_assert(wg_op_has_gradient(&cumsum) && wg_op_has_tangent(&cumsum));
    ck_assert(wg_op_has_kernels(&cumsum, WG_F32) && !wg_op_has_kernels(&cumsum, WG_I32));
    for (int narrow = 0; narrow < 2; narrow++) {
        const double wide[] = {1, 2, 3}, dy_wide[] = {1, 10, 100}, y[] = {2, 6, 12},
                     dx[] = {222, 220, 200};
        const float thin[] = {1, 2, 3}, dy_thin[] = {1, 10, 100};
        double slots[1];
        wg_op_defaults(&cumsum, slots);
        ck_assert_int_eq(wg_op_set(&cumsum, slots, "factor", "2"), WG_OK);
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, narrow ? WG_F32 : WG_F64, WG_SHAPE(3),
                                     narrow ? (const void *)thin : wide);
        const wg_var s = wg_apply(&cumsum, &x, 1, slots);
        wg_backward_from(s, narrow ? (const void *)dy_thin : dy_wide);
        for (int i = 0; i < 3; i++) {
            const struct wg_tensor a = wg_value(s), b = wg_gradient(x);
            ck_assert_double_eq(narrow ? (double)((float *)a.data)[i] : ((double *)a.data)[i],
                                y[i]);
            ck_assert_double_eq(narrow ? (double)((float *)b.data)[i] : ((double *)b.data)[i],
                                dx[i]);
        }
        expect_no_failure("cumsum");
        wg_tape_free(tape);
    }
}
END_TEST

/* dx and dz are summed back over what was stretched; the kernel's own scratch is left alone. */
START_TEST(an_elementwise_op_is_broadcast) {
    ck_assert_int_eq(wg_register(&blend), WG_OK);
    static const struct {
        int rank_x, rank_z;
        int64_t x[3], z[3];
    } rows[] = {{2, 2, {2, 3}, {2, 3}}, {2, 1, {2, 3}, {3}}, {2, 2, {2, 1}, {1, 3}},
                {0, 2, {0}, {2, 3}},    {1, 1, {0}, {1}},    {3, 2, {2, 1, 40}, {3, 1}}};
    for (size_t r = 0; r < ELEMENTS(rows); r++) {
        struct wg_shape sx = {rows[r].rank_x, {0}}, sz = {rows[r].rank_z, {0}};
        memcpy(sx.dim, rows[r].x, sizeof rows[r].x);
        memcpy(sz.dim, rows[r].z, sizeof rows[r].z);
        wg_tape *tape = wg_tape_new();
        const wg_var x = wg_variable(tape, WG_F64, sx, NULL),
                     z = wg_variable(tape, WG_F64, sz, NULL);
        double *vx = wg_value(x).data, *vz = wg_value(z).data;
        for (int64_t i = 0; i < wg_value(x).size; i++) vx[i] = (double)(i % 13) - 5;
        for (int64_t i = 0; i < wg_value(z).size; i++) vz[i] = (double)(i % 7) + 2;
        const wg_var inputs[] = {x, z};
        const wg_var y = wg_apply(&blend, inputs, 2, NULL);
        const wg_var reference = wg_add(wg_mul(x, z), z); /* small whole numbers: exact */
        const struct wg_tensor a = wg_value(y), b = wg_value(reference);
        ck_assert(wg_shape_equal(a.shape, b.shape));
        ck_assert_mem_eq(a.data, b.data, (size_t)a.size * sizeof(double));
        double dy[256], gx[256], gz[256];
        for (int64_t i = 0; i < a.size; i++) dy[i] = (double)(i % 5) - 1;
        wg_backward_from(reference, dy);
        memcpy(gx, wg_gradient(x).data, (size_t)wg_value(x).size * sizeof *gx);
        memcpy(gz, wg_gradient(z).data, (size_t)wg_value(z).size * sizeof *gz);
        wg_backward_from(y, dy);
        const double *dx = wg_gradient(x).data, *dz = wg_gradient(z).data;
        for (int64_t i = 0; i < wg_value(x).size; i++) ck_assert_double_eq(dx[i], gx[i]);
        for (int64_t i = 0; i < wg_value(z).size; i++) ck_assert_double_eq(dz[i], gz[i]);
        const double one = 1;
        if (sx.rank == 0) { /* and by replay */
            wg_set(x, &one);
            wg_forward(tape);
            ck_assert_mem_eq(wg_value(y).data, wg_value(reference).data,
                             (size_t)a.size * sizeof one);
        }
        expect_no_failure("blend");
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(a_missing_gradient_is_an_error_at_backward) {
    ck_assert_int_eq(wg_register(&only_forward), WG_OK);
    ck_assert(!wg_op_has_gradient(&only_forward) && !wg_op_has_tangent(&only_forward));
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable_scalar(tape, WG_F64, 3);
    const wg_var y = wg_apply(&only_forward, &x, 1, NULL);
    ck_assert_double_eq(wg_item(y), 3);
    ck_assert_int_eq(wg_backward(y), WG_ERROR_UNSUPPORTED);
    expect_failure("backward", WG_ERROR_UNSUPPORTED, "test_only_forward", "gradient");
    double ty;
    const double one = 1;
    const void *directions[] = {&one};
    ck_assert_int_eq(wg_tangent(y, &ty, 1, &x, directions), WG_ERROR_UNSUPPORTED);
    expect_failure("tangent", WG_ERROR_UNSUPPORTED, "test_only_forward", "tangent");
    ck_assert_int_eq(wg_tangent(wg_square(x), &ty, 1, &x, directions), WG_OK); /* not on its way */
    ck_assert_double_eq(ty, 6);
    const wg_var constant = wg_constant_scalar(tape, WG_F64, 1);
    wg_backward(wg_mul(x, wg_apply(&only_forward, &constant, 1, NULL))); /* none is asked of it */
    ck_assert_double_eq(wg_gradient_item(x), 1);
    expect_no_failure("a constant's");
    const wg_var narrow = wg_variable_scalar(tape, WG_F32, 3);
    const size_t size = wg_tape_size(tape);
    ck_assert(wg_is_null(wg_apply(&only_forward, &narrow, 1, NULL)));
    expect_failure("f32", WG_ERROR_UNSUPPORTED, "test_only_forward", "f32");
    ck_assert_uint_eq(wg_tape_size(tape), size);
    wg_tape_free(tape);
}
END_TEST

START_TEST(wrong_use_is_named) {
    ck_assert_int_eq(wg_register(&cumsum), WG_OK);
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable_scalar(tape, WG_F64, 1);
    const double eleven = 11;
    const wg_var vector = wg_variable(tape, WG_F64, WG_SHAPE(2), NULL);
    ck_assert(wg_is_null(wg_apply(&cumsum, &x, 1, NULL)));
    expect_failure("shape rule", WG_ERROR_SHAPE, "test_cumsum", "expected a vector");
    ck_assert(wg_is_null(wg_apply(&cumsum, &vector, 1, &eleven)));
    expect_failure("attribute", WG_ERROR_ARGUMENT, "test_cumsum: factor=11", "-10 to 10");
    const wg_var two[] = {vector, vector};
    ck_assert(wg_is_null(wg_apply(&cumsum, two, 2, NULL)));
    expect_failure("count", WG_ERROR_ARGUMENT, "test_cumsum: 2 inputs", "expected 1");
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Malformed descriptions */

#define GOOD .inputs = {"x"}, .f64 = {.forward = cumsum_double}

static const struct {
    struct wg_op op;
    const char *word;
} malformed[] = {
    {{.name = NULL, GOOD}, "no name"},
    {{.name = "", GOOD}, "no name"},
    {{.name = "add", GOOD}, "\"add\" is taken"},
    {{.name = "mse", GOOD}, "\"mse\" is taken"}, /* an alias of a built-in op */
    {{.name = "test_alias", .aliases = {NULL, "relu"}, GOOD}, "\"relu\" is taken"},
    {{.name = "test_no_kernel", .inputs = {"x"}}, "test_no_kernel has no forward"},
    {{.name = "test_no_input", .f64 = {.forward = cumsum_double}},
     "test_no_input: expected at least one"},
    {{.name = "test_dots", .inputs = {"..."}, .f64 = {.forward = cumsum_double}},
     "at least one named"},
    {{.name = "test_dots", .inputs = {"x", "...", "z"}, .f64 = {.forward = cumsum_double}},
     "last input"},
    {{.name = "test_many",
      .inputs = {"x", "..."},
      .structure = WG_ELEMENTWISE,
      .f64 = {.forward = cumsum_double}},
     "fixed number"},
    {{.name = "test_rule", .structure = WG_ELEMENTWISE, .shape = vector_shape, GOOD},
     "no shape rule"},
    {{.name = "test_view", .structure = WG_ELEMENTWISE, .view = 1, GOOD}, "no view"},
    {{.name = "test_bilinear", .structure = WG_BILINEAR, GOOD}, "two inputs"},
    {{.name = "test_kinks", .kink_count = 5, GOOD}, "kinks"},
    {{.name = "test_kinks", .kink_count = -1, GOOD}, "kinks"},
    {{.name = "test_kind", .attributes = {{"a", 0, 0, 0, (enum wg_attribute_kind)7, ""}}, GOOD},
     "kind 7"},
    {{.name = "test_range", .attributes = {{"a", 5, 0, 1, WG_NUMBER, ""}}, GOOD}, "a=5"},
    {{.name = "test_flag", .attributes = {{"a", 0.5, 0, 0, WG_FLAG, ""}}, GOOD}, "0 or 1"},
    {{.name = "test_whole", .attributes = {{"a", 0.5, 0, 0, WG_INTEGER, ""}}, GOOD}, "whole"},
    {{.name = "test_nan", .attributes = {{"a", NAN, 0, 0, WG_NUMBER, ""}}, GOOD}, "a=nan"},
};

START_TEST(malformed_descriptions_are_refused) {
    int before = 0;
    while (wg_op_at(before)) before++;
    for (size_t i = 0; i < ELEMENTS(malformed); i++) {
        ck_assert_int_eq(wg_register(&malformed[i].op), WG_ERROR_ARGUMENT);
        expect_failure(malformed[i].word, WG_ERROR_ARGUMENT, malformed[i].word, NULL);
    }
    ck_assert_int_eq(wg_register(NULL), WG_ERROR_ARGUMENT);
    expect_failure("NULL", WG_ERROR_ARGUMENT, "wg_register", NULL);
    ck_assert_ptr_null(wg_op_at(before));
    ck_assert_int_eq(wg_register(&cumsum), WG_OK);
    ck_assert_int_eq(wg_register(&cumsum), WG_ERROR_ARGUMENT);
    expect_failure("twice", WG_ERROR_ARGUMENT, "\"test_cumsum\" is taken", NULL);
}
END_TEST

/* A view that would see more than there is. */
static enum wg_status doubled_shape(const struct wg_op *op, const struct wg_args *args,
                                    struct wg_shape *y) {
    (void)op;
    *y = WG_SHAPE(2 * args->x[0]->size);
    return WG_OK;
}
static enum wg_status wild_shape(const struct wg_op *op, const struct wg_args *args,
                                 struct wg_shape *y) {
    (void)op;
    (void)args;
    *y = (struct wg_shape){9, {1}};
    return WG_OK;
}

START_TEST(shape_rules_are_not_trusted) {
    static const struct wg_op doubled = {
        .name = "test_doubled", .inputs = {"x"}, .view = 1, .shape = doubled_shape};
    static const struct wg_op wild = {.name = "test_wild", GOOD, .shape = wild_shape};
    ck_assert_int_eq(wg_register(&doubled), WG_OK);
    ck_assert_int_eq(wg_register(&wild), WG_OK);
    wg_tape *tape = wg_tape_new();
    const wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(3), NULL);
    ck_assert(wg_is_null(wg_apply(&doubled, &x, 1, NULL)));
    expect_failure("view", WG_ERROR_SHAPE, "test_doubled", "(6)");
    ck_assert(wg_is_null(wg_apply(&wild, &x, 1, NULL)));
    expect_failure("rank", WG_ERROR_SHAPE, "test_wild", NULL);
    wg_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Registering from several threads, up to the registry's end */

enum { THREADS = 4, EACH = 80 };
static struct wg_op many[THREADS][EACH];
static char names[THREADS][EACH][24];

static void *register_many(void *row_) {
    const int row = *(int *)row_;
    for (int i = 0; i < EACH; i++) {
        snprintf(names[row][i], sizeof names[row][i], "test_%d_%d", row, i);
        many[row][i] = (struct wg_op){.name = names[row][i], GOOD};
        wg_register(&many[row][i]);
        wg_clear_error();
    }
    return NULL;
}

START_TEST(the_registry_fills_up) {
    pthread_t thread[THREADS];
    int row[THREADS], built_in = 0, count = 0;
    while (wg_op_at(built_in)) built_in++;
    for (int i = 0; i < THREADS; i++) {
        row[i] = i;
        pthread_create(&thread[i], NULL, register_many, &row[i]);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    while (wg_op_at(built_in + count)) {
        ck_assert_ptr_eq(wg_find_op(wg_op_at(built_in + count)->name), wg_op_at(built_in + count));
        count++;
    }
    ck_assert_int_eq(count, 256);
    ck_assert_int_eq(wg_register(&cumsum), WG_ERROR_STATE);
    expect_failure("one too many", WG_ERROR_STATE, "test_cumsum", "256");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_general_op_works_like_any_other,
                                  an_elementwise_op_is_broadcast,
                                  a_missing_gradient_is_an_error_at_backward,
                                  wrong_use_is_named,
                                  malformed_descriptions_are_refused,
                                  shape_rules_are_not_trusted,
                                  the_registry_fills_up};
    return run_suite("custom_op", tests, ELEMENTS(tests));
}
