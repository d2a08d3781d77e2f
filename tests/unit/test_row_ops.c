/* The ops along rows, beside their accuracy (test_rows.c): the same bits along any axes, masks,
 * Keras's numbers, special values, and errors. */
#include "row_golden.h"

#include "wengert/wengert.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Keras's figures are printed to 6 to 8 digits, and its tests allow this much of them and beside
 * it; the others hold to a few roundings. */
static const double TOLERANCE_PRINTED = 1e-6, TOLERANCE_F32 = 3e-7, TOLERANCE_F64 = 1e-14;

enum { MOST = 2048 };

static wg_tape *tape;

static void start(void) {
    wg_clear_error();
    tape = wg_tape_new();
}
static void stop(void) { wg_tape_free(tape); }

static wg_var apply(const char *name, const wg_var *x, int n, const char *axes) {
    const struct wg_op *op = wg_find_op(name);
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    wg_op_defaults(op, slots);
    if (axes) wg_op_set(op, slots, op->attributes[0].name, axes);
    return wg_apply(op, x, n, slots);
}

static double at(struct wg_tensor t, int64_t i) {
    ck_assert_msg(t.data != NULL, "%s", wg_error());
    return t.dtype == WG_F32 ? (double)((const float *)t.data)[i] : ((const double *)t.data)[i];
}

static wg_var variable(enum wg_dtype dtype, struct wg_shape shape, const double *x) {
    static float narrow[MOST];
    const int64_t n = wg_shape_size(shape);
    for (int64_t i = 0; i < n; i++) narrow[i] = (float)x[i];
    return wg_variable(tape, dtype, shape, dtype == WG_F32 ? (const void *)narrow : x);
}

/* ------------------------------------------------------------------------------------------------
 * Axes */

static const struct wg_shape box = {3, {18, 3, 37}};

/* The offset in `box` of element k of line `line`, for the reduced axes in mask. */
static int64_t offset_of(unsigned mask, int64_t line, int64_t k) {
    int64_t at_box = 0, stride = 1;
    for (int d = 2; d >= 0; d--) {
        int64_t *from = mask >> d & 1 ? &k : &line;
        at_box += *from % box.dim[d] * stride;
        *from /= box.dim[d];
        stride *= box.dim[d];
    }
    return at_box;
}

static const struct {
    const char *text;
    unsigned mask;
} axes_rows[] = {{"0", 1},   {"1", 2},   {"2", 4},   {"-3", 1},   {"0,1", 3},
                 {"1,2", 6}, {"0,2", 5}, {"2,0", 5}, {"0,1,2", 7}};

/* Along any axes, an op gives the bits that it gives along the last, of the same elements in their
 * order; forward, backward and in tangents. */
START_TEST(axes_agree) {
    static const char *const ops[] = {"softmax", "log_softmax", "logsumexp", "sparsemax"};
    enum { SIZE = 18 * 3 * 37 };
    static double x[SIZE], v[SIZE], x_lines[SIZE], v_lines[SIZE], t[SIZE], t_lines[SIZE];
    const unsigned mask = axes_rows[_i].mask;
    int64_t n = 1;
    for (int d = 0; d < 3; d++) n *= mask >> d & 1 ? box.dim[d] : 1;
    const int64_t lines = SIZE / n;
    struct wg_random random = wg_random_make(3, (uint64_t)_i);
    for (int64_t i = 0; i < SIZE; i++) {
        x[i] = wg_random_uniform(&random, -5, 5);
        v[i] = wg_random_uniform(&random, -1, 1);
    }
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
        const bool reduces = strcmp(ops[o], "logsumexp") == 0;
        for (int64_t i = 0; i < SIZE; i++) {
            const int64_t from = offset_of(mask, i / n, i % n);
            x_lines[i] = x[from];
            v_lines[i] = reduces ? v[i] : v[from];
        }
        wg_var a = wg_variable(tape, WG_F64, box, x), y = apply(ops[o], &a, 1, axes_rows[_i].text);
        wg_var b = wg_variable(tape, WG_F64, WG_SHAPE(lines, n), x_lines);
        wg_var z = apply(ops[o], &b, 1, "-1");
        wg_backward_from(y, v);
        ck_assert_int_eq(wg_tangent(y, t, 1, &a, (const void *[]){x}), WG_OK);
        struct wg_tensor dx = wg_gradient(a), value = wg_value(y);
        wg_backward_from(z, v_lines);
        ck_assert_int_eq(wg_tangent(z, t_lines, 1, &b, (const void *[]){x_lines}), WG_OK);
        struct wg_tensor dx_lines = wg_gradient(b), value_lines = wg_value(z);
        for (int64_t i = 0; i < SIZE; i++) {
            const int64_t from = offset_of(mask, i / n, i % n), r = reduces ? i % lines : from;
            const int64_t r_lines = reduces ? r : i;
            ck_assert_double_eq(at(value, r), at(value_lines, r_lines));
            ck_assert_double_eq(at(dx, from), at(dx_lines, i));
            ck_assert_double_eq(t[r], t_lines[r_lines]);
        }
    }
}
END_TEST

/* What wg_apply gives for `lines` lines of n, and what follows from it, as bytes. */
static size_t results(const char *op, enum wg_dtype dtype, int64_t lines, int64_t n,
                      const double *x, const double *v, unsigned char *to) {
    const struct wg_mark mark = wg_tape_mark(tape);
    const wg_var a = variable(dtype, WG_SHAPE(lines, n), x), y = apply(op, &a, 1, "1");
    static unsigned char direction[MOST * sizeof(double)], upstream[MOST * sizeof(double)];
    const size_t element = dtype == WG_F32 ? sizeof(float) : sizeof(double);
    const wg_var d = variable(dtype, WG_SHAPE(lines, n), v);
    memcpy(direction, wg_value(d).data, (size_t)(lines * n) * element);
    memcpy(upstream, wg_value(d).data, (size_t)wg_value(y).size * element);
    ck_assert_int_eq(wg_backward_from(y, upstream), WG_OK);
    const size_t dx = (size_t)(lines * n) * element, value = (size_t)wg_value(y).size * element;
    memcpy(to, wg_value(y).data, value);
    memcpy(to + value, wg_gradient(a).data, dx);
    ck_assert_int_eq(wg_tangent(y, to + value + dx, 1, &a, (const void *[]){direction}), WG_OK);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    return value;
}

/* A line gives the same bits alone, where it is folded into rows, and in the company of others,
 * beside which it stands if it is short; also where it is not regular. */
START_TEST(company_changes_nothing) {
    enum { LINES = 19, LONGEST = 90 };
    static const char *const ops[] = {"softmax", "log_softmax", "logsumexp", "sparsemax"};
    static double x[LINES * LONGEST], v[LINES * LONGEST];
    static unsigned char all[3 * MOST * 8], alone[3 * MOST * 8];
    const enum wg_dtype dtype = _i % 2 ? WG_F32 : WG_F64;
    const size_t element = dtype == WG_F32 ? sizeof(float) : sizeof(double);
    const char *op = ops[_i / 2];
    for (int64_t n = 1; n <= LONGEST; n += n < 36 ? 1 : 9) {
        struct wg_random random = wg_random_make(5, (uint64_t)n);
        for (int64_t i = 0; i < LINES * n; i++) {
            x[i] = (double)(float)wg_random_uniform(&random, -30, 30);
            v[i] = (double)(float)wg_random_uniform(&random, -1, 1);
        }
        for (int64_t i = 0; i < n; i++) x[4 * n + i] = x[5 * n + i] = -INFINITY;
        x[5 * n + n / 2] = x[6 * n + n / 3] = x[7 * n] = x[8 * n + n - 1] = 30;
        x[9 * n + n / 2] = INFINITY;
        x[10 * n] = x[11 * n + n - 1] = NAN;
        const size_t value = results(op, dtype, LINES, n, x, v, all), dx = LINES * (size_t)n;
        const size_t line = value / LINES, step = (size_t)n * element;
        for (size_t i = 0; i < LINES; i++) {
            static double upstream[LONGEST];
            const size_t first = i * (size_t)n;
            const bool reduces = strcmp(op, "logsumexp") == 0;
            memcpy(upstream, v + first, (size_t)n * sizeof *upstream);
            results(op, dtype, 1, n, x + first, upstream, alone);
            ck_assert_msg(memcmp(alone, all + i * line, line) == 0, "%s: value of line %zu of %d",
                          op, i, (int)n);
            ck_assert_msg(
                memcmp(alone + line + step, all + value + dx * element + i * line, line) == 0,
                "%s: tangent of line %zu of %d", op, i, (int)n);
            if (reduces) upstream[0] = v[i];
            results(op, dtype, 1, n, x + first, upstream, alone);
            ck_assert_msg(memcmp(alone + line, all + value + i * step, step) == 0,
                          "%s: gradient of line %zu of %d", op, i, (int)n);
        }
    }
}
END_TEST

/* Large enough to be shared out: the same bits with one thread and with three. */
START_TEST(threads_change_nothing) {
    static const char *const ops[] = {"softmax", "log_softmax", "logsumexp", "sparsemax", "glu"};
    static const struct wg_shape shapes[] = {{2, {700, 10}}, {2, {40, 500}}, {2, {500, 40}}};
    static float x[20000];
    for (int i = 0; i < 20000; i++) x[i] = (float)((i * 7919) % 20011) * 0.0005f - 5;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int axis = 0; axis < 2; axis++) {
            static float y[20000], dx[20000];
            for (int threads = 1; threads <= 3; threads += 2) {
                ck_assert_int_eq(wg_set_threads(threads), WG_OK);
                const wg_var a = wg_variable(tape, WG_F32, shapes[s], x);
                const wg_var z = apply(ops[_i], &a, 1, axis == 0 ? "0" : "1");
                ck_assert_int_eq(wg_backward_from(z, x), WG_OK);
                const struct wg_tensor value = wg_value(z), slope = wg_gradient(a);
                const size_t bytes = (size_t)value.size * sizeof *y,
                             slope_bytes = (size_t)slope.size * sizeof *dx;
                if (threads == 1) {
                    memcpy(y, value.data, bytes);
                    memcpy(dx, slope.data, slope_bytes);
                }
                ck_assert_mem_eq(y, value.data, bytes);
                ck_assert_mem_eq(dx, slope.data, slope_bytes);
            }
        }
    }
    ck_assert_int_eq(wg_set_threads(1), WG_OK);
}
END_TEST

START_TEST(wrappers_mean_what_they_say) {
    const double x[] = {1, 2, 3, 1, 2, 3};
    wg_var v = variable(WG_F64, WG_SHAPE(2, 3), x);
    const struct {
        wg_var got;
        const char *op, *axes;
    } rows[] = {
        {wg_softmax(v, 0), "softmax", "0"},
        {wg_softmax(v, -1), "softmax", NULL},
        {wg_softmax_axes(v, WG_ALL_AXES), "softmax", "0,1"},
        {wg_softmax_axes(v, WG_AXES(1)), "softmax", "1"},
        {wg_log_softmax(v, 0), "log_softmax", "0"},
        {wg_log_softmax_axes(v, WG_ALL_AXES), "log_softmax", "0,1"},
        {wg_sparsemax(v, 0), "sparsemax", "0"},
        {wg_glu(v, 0), "glu", "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wg_tensor got = wg_value(rows[i].got);
        struct wg_tensor want = wg_value(apply(rows[i].op, &v, 1, rows[i].axes));
        ck_assert(wg_shape_equal(got.shape, want.shape));
        ck_assert_mem_eq(got.data, want.data, (size_t)got.size * sizeof(double));
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Masks */

static const struct {
    struct wg_shape x, mask;
    const char *axes;
} mask_rows[] = {
    {{2, {4, 5}}, {2, {4, 5}}, "-1"},        {{2, {4, 5}}, {2, {4, 5}}, "0"},
    {{2, {4, 5}}, {1, {5}}, "-1"},           {{2, {4, 5}}, {2, {4, 1}}, "0"},
    {{2, {4, 5}}, {0, {0}}, "0,1"},          {{3, {2, 3, 7}}, {2, {3, 1}}, "1"},
    {{3, {2, 3, 20}}, {3, {2, 1, 20}}, "0"}, {{3, {2, 3, 20}}, {3, {1, 3, 20}}, "1,2"},
};

static bool kept(const int32_t *mask, const struct wg_shape *shape, const struct wg_shape *x,
                 int64_t i) {
    int64_t at_mask = 0, stride = 1;
    for (int d = x->rank - 1, m = shape->rank - 1; d >= 0; d--, m--) {
        const int64_t size = m >= 0 ? shape->dim[m] : 1;
        at_mask += (size == 1 ? 0 : i % x->dim[d]) * stride;
        stride *= size;
        i /= x->dim[d];
    }
    return mask[at_mask] != 0;
}

/* Masked elements are 0 and take no part, though they are NaN, infinite and large here; the others
 * are softmax with -inf in the masked places, to the bit. All masked: 0. */
START_TEST(masks_exclude) {
    const struct wg_shape shape = mask_rows[_i].x, mask_shape = mask_rows[_i].mask;
    const int64_t n = wg_shape_size(shape);
    struct wg_random random = wg_random_make(4, (uint64_t)_i);
    for (int round = 0; round < 20; round++) {
        double x[120], plain[120], v[120], plain_v[120];
        int32_t mask[120];
        const double odd[] = {NAN, INFINITY, 1e300, -INFINITY};
        for (int64_t i = 0; i < wg_shape_size(mask_shape); i++)
            mask[i] = round == 0 ? 0 : (int32_t)wg_random_below(&random, 3) - 1;
        for (int64_t i = 0; i < n; i++) {
            const bool keep = kept(mask, &mask_shape, &shape, i);
            plain[i] = x[i] = wg_random_uniform(&random, -3, 3);
            plain_v[i] = v[i] = wg_random_uniform(&random, -1, 1);
            if (keep) continue;
            x[i] = odd[i % 4];
            plain[i] = -INFINITY;
            v[i] = NAN;
            plain_v[i] = 0;
        }
        wg_var a = wg_variable(tape, WG_F64, shape, x), b = wg_variable(tape, WG_F64, shape, plain);
        const wg_var inputs[] = {a, wg_input(tape, WG_I32, mask_shape, mask)};
        wg_var y = apply("masked_softmax", inputs, 2, mask_rows[_i].axes);
        wg_var z = apply("softmax", &b, 1, mask_rows[_i].axes);
        wg_backward_from(y, v);
        struct wg_tensor dx = wg_gradient(a), value = wg_value(y);
        wg_backward_from(z, plain_v);
        struct wg_tensor plain_dx = wg_gradient(b), plain_value = wg_value(z);
        for (int64_t i = 0; i < n; i++) {
            const bool keep = kept(mask, &mask_shape, &shape, i);
            ck_assert_double_eq(at(value, i), keep ? at(plain_value, i) : 0);
            ck_assert_double_eq(at(dx, i), keep ? at(plain_dx, i) : 0);
        }
    }
    ck_assert_int_eq(wg_error_status(), WG_OK);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Keras's numbers */

static void expect_near(const char *what, double got, double want, bool printed, bool is_float) {
    const double relative = printed ? TOLERANCE_PRINTED : is_float ? TOLERANCE_F32 : TOLERANCE_F64;
    const double least = printed ? TOLERANCE_PRINTED : is_float ? 0x1p-149 : 0; /* underflow */
    ck_assert_msg(fabs(got - want) <= relative * fabs(want) + least, "%s: %.17g; expected %.17g",
                  what, got, want);
}

START_TEST(golden_values) {
    const struct golden *g = &golden[_i / 2];
    const bool is_float = _i % 2;
    int32_t mask[12];
    for (int i = 0; i < 12; i++) mask[i] = g->mask[i];
    wg_var inputs[2] = {variable(is_float ? WG_F32 : WG_F64, g->shape, g->x)};
    if (g->mask[0] >= 0) inputs[1] = wg_input(tape, WG_I32, g->shape, mask);
    struct wg_tensor y = wg_value(apply(g->op, inputs, g->mask[0] >= 0 ? 2 : 1, g->axes));
    for (int64_t i = 0; i < y.size; i++)
        expect_near(g->op, at(y, i), g->y[i], g->printed, is_float);
}
END_TEST

START_TEST(golden_jacobians) {
    const int n = jacobians[_i].n;
    wg_var x = variable(WG_F64, WG_SHAPE(n), jacobians[_i].x), y = wg_softmax(x, -1);
    for (int i = 0; i < n; i++) {
        double dy[4] = {0};
        dy[i] = 1;
        wg_backward_from(y, dy);
        for (int j = 0; j < n; j++)
            expect_near("softmax", at(wg_gradient(x), j), jacobians[_i].jacobian[i * n + j], false,
                        false);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Special values and errors */

#define INF INFINITY

static const struct {
    const char *op;
    double x[2], y[2], dx[2]; /* of dy = (1, 0) */
} special[] = {
    {"softmax", {1, -INF}, {1, 0}, {0, 0}},
    {"softmax", {1, INF}, {NAN, NAN}, {NAN, NAN}},
    {"softmax", {1, NAN}, {NAN, NAN}, {NAN, NAN}},
    {"softmax", {-INF, -INF}, {NAN, NAN}, {NAN, NAN}},
    {"log_softmax", {1, -INF}, {0, -INF}, {0, 0}},
    {"log_softmax", {1, INF}, {NAN, NAN}, {NAN, NAN}},
    {"log_softmax", {NAN, 1}, {NAN, NAN}, {NAN, NAN}},
    {"log_softmax", {-INF, -INF}, {NAN, NAN}, {NAN, NAN}},
    {"logsumexp", {1, -INF}, {1}, {1, 0}},
    {"logsumexp", {1, INF}, {INF}, {0, 1}},
    {"logsumexp", {-INF, INF}, {INF}, {0, 1}},
    {"logsumexp", {INF, INF}, {INF}, {NAN, NAN}},
    {"logsumexp", {1, NAN}, {NAN}, {NAN, NAN}},
    {"logsumexp", {INF, NAN}, {NAN}, {NAN, NAN}},
    {"logsumexp", {-INF, -INF}, {-INF}, {0, 0}},
    {"sparsemax", {1, -INF}, {1, 0}, {0, 0}},
    {"sparsemax", {1, 0}, {1, 0}, {0, 0}}, /* on the kink: not in the support */
    {"sparsemax", {1, INF}, {NAN, NAN}, {NAN, NAN}},
    {"sparsemax", {NAN, 1}, {NAN, NAN}, {NAN, NAN}},
    {"sparsemax", {-INF, -INF}, {NAN, NAN}, {NAN, NAN}},
    {"glu", {2, INF}, {2}, {1, 0}},
    {"glu", {2, -INF}, {0}, {0, 0}},
    {"glu", {INF, 0}, {INF}, {0.5, INF}},
    {"glu", {INF, -INF}, {NAN}, {0, NAN}},
    {"glu", {NAN, 0}, {NAN}, {0.5, NAN}},
    {"glu", {1, NAN}, {NAN}, {NAN, NAN}},
};

static void expect_same(const char *what, double got, double want) {
    ck_assert_msg(isnan(want) ? isnan(got) && !signbit(got) : got == want, "%s: %g; expected %g",
                  what, got, want);
}

START_TEST(special_values) {
    const double dy[] = {1, 0};
    const float narrow_dy[] = {1, 0};
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_var x = variable(is_float ? WG_F32 : WG_F64, WG_SHAPE(2), special[_i].x);
        wg_var y = apply(special[_i].op, &x, 1, NULL);
        for (int64_t i = 0; i < wg_value(y).size; i++)
            expect_same(special[_i].op, at(wg_value(y), i), special[_i].y[i]);
        wg_backward_from(y, is_float ? (const void *)narrow_dy : dy);
        for (int i = 0; i < 2; i++)
            expect_same(special[_i].op, at(wg_gradient(x), i), special[_i].dx[i]);
    }
}
END_TEST

START_TEST(empty_tensors_pass) {
    static const char *const ops[] = {"softmax", "log_softmax", "sparsemax", "glu"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        wg_var x = wg_variable(tape, WG_F64, WG_SHAPE(0, 4), NULL), y = apply(ops[i], &x, 1, NULL);
        ck_assert_int_eq(wg_backward_from(y, ""), WG_OK);
        ck_assert_int_eq(wg_value(y).size, 0);
    }
}
END_TEST

static const struct {
    const char *op, *axes;
    struct wg_shape x, mask; /* rank -1: none */
    const char *says;
} errors[] = {
    {"softmax", "10", {2, {3, 4}}, {-1, {0}}, "softmax: axis 10 of shape (3, 4); expected -2 to 1"},
    {"softmax", "0,-2", {2, {3, 4}}, {-1, {0}}, "softmax: axis -2 is listed twice"},
    {"sparsemax", NULL, {0, {0}}, {-1, {0}}, "sparsemax: a scalar has no axis"},
    {"glu",
     NULL,
     {2, {4, 3}},
     {-1, {0}},
     "glu: axis -1 of shape (4, 3) has size 3; expected an even"},
    {"glu", "2", {2, {4, 3}}, {-1, {0}}, "glu: axis 2 of shape (4, 3); expected -2 to 1"},
    {"masked_softmax",
     NULL,
     {2, {1, 3}},
     {2, {2, 3}},
     "a mask of shape (2, 3) for x of shape (1, 3)"},
    {"masked_softmax", NULL, {2, {2, 3}}, {3, {1, 2, 3}}, "expected no more dimensions than x"},
    {"masked_softmax", NULL, {2, {2, 3}}, {1, {2}}, "from the last on, 1 or that of x"},
};

START_TEST(errors_say_what_is_wrong) {
    wg_var inputs[2] = {wg_variable(tape, WG_F32, errors[_i].x, NULL)};
    const bool masked = errors[_i].mask.rank >= 0;
    if (masked) inputs[1] = wg_input(tape, WG_I32, errors[_i].mask, NULL);
    ck_assert_int_eq(wg_error_status(), WG_OK);
    ck_assert(wg_is_null(apply(errors[_i].op, inputs, masked ? 2 : 1, errors[_i].axes)));
    ck_assert_int_eq(wg_error_status(), WG_ERROR_SHAPE);
    ck_assert_msg(strstr(wg_error(), errors[_i].says) != NULL, "\"%s\"; expected \"%s\"",
                  wg_error(), errors[_i].says);
}
END_TEST

#define COUNT(table) (int)(sizeof table / sizeof *table)

int main(void) {
    Suite *suite = suite_create("row_ops");
    TCase *cases = tcase_create("row_ops");
    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_loop_test(cases, axes_agree, 0, COUNT(axes_rows));
    tcase_add_loop_test(cases, company_changes_nothing, 0, 8);
    tcase_add_loop_test(cases, threads_change_nothing, 0, 5);
    tcase_add_test(cases, wrappers_mean_what_they_say);
    tcase_add_loop_test(cases, masks_exclude, 0, COUNT(mask_rows));
    tcase_add_loop_test(cases, golden_values, 0, 2 * COUNT(golden));
    tcase_add_loop_test(cases, golden_jacobians, 0, COUNT(jacobians));
    tcase_add_loop_test(cases, special_values, 0, COUNT(special));
    tcase_add_test(cases, empty_tensors_pass);
    tcase_add_loop_test(cases, errors_say_what_is_wrong, 0, COUNT(errors));
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
