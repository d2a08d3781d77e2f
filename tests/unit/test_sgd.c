/* SGD against Keras: plain, momentum, Nesterov, weight decay, every step.
 *
 * The figures are those of Keras's own tests and of its update rules followed in float64 from the
 * same start; they are given to 1e-9 or better, Keras's own to 1e-6 or 1e-4.
 */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

/* A few roundings a step, of numbers up to 4, over at most five steps. */
#define DOUBLE_TOLERANCE 1e-12
#define FLOAT_TOLERANCE (16 * (double)FLT_EPSILON)

enum { STEPS = 5, SIZE = 10 };

struct row {
    const char *name;
    struct wg_sgd_options options;
    double tolerance; /* of the figures */
    int size, steps;
    double start[SIZE];
    double gradient[STEPS][SIZE], expected[STEPS][SIZE];
};

#define CHECK_SEQUENCE                                                                             \
    .size = 2, .steps = 5, .start = {1, -2},                                                       \
    .gradient = {{.5, -.25}, {-1, .125}, {2, .75}, {.25, -.5}, {-.125, 1}}

static const struct row rows[] = {
    {"plain",
     {.learning_rate = 0.1},
     DOUBLE_TOLERANCE,
     CHECK_SEQUENCE,
     .expected =
         {{0.95, -1.975}, {1.05, -1.9875}, {0.85, -2.0625}, {0.825, -2.0125}, {0.8375, -2.1125}}},
    {"momentum",
     {.learning_rate = 0.1, .momentum = 0.9},
     DOUBLE_TOLERANCE,
     CHECK_SEQUENCE,
     .expected = {{0.95, -1.975},
                  {1.005, -1.965},
                  {0.8545, -2.031},
                  {0.69405, -2.0404},
                  {0.562145, -2.14886}}},
    {"nesterov",
     {.learning_rate = 0.1, .momentum = 0.9, .nesterov = 1},
     DOUBLE_TOLERANCE,
     CHECK_SEQUENCE,
     .expected = {{0.905, -1.9525},
                  {1.0545, -1.956},
                  {0.71905, -2.0904},
                  {0.549645, -2.04886},
                  {0.4434305, -2.246474}}},
    {"weight decay",
     {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01},
     DOUBLE_TOLERANCE,
     CHECK_SEQUENCE,
     .expected = {{0.949, -1.973},
                  {1.003051, -1.961027},
                  {0.851547949, -2.025065973},
                  {0.690246401051, -2.032440907027},
                  {0.557651154649949, -2.138868466119973}}},
    {"momentum of 0 with nesterov, default rate",
     {.nesterov = 1},
     DOUBLE_TOLERANCE,
     .size = 10,
     .steps = 5,
     .start = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
     .gradient = {{.01, .01, .01, .01, .01, .01, .01, .01, .01, .01},
                  {.1, .2, .3, .4, .5, .6, .7, .8, .9, 1},
                  {.1, .2, .3, .4, .5, .6, .7, .8, .9, 1},
                  {.1, .2, .3, .4, .5, .6, .7, .8, .9, 1},
                  {.1, .2, .3, .4, .5, .6, .7, .8, .9, 1}},
     .expected = {{.9999, .9999, .9999, .9999, .9999, .9999, .9999, .9999, .9999, .9999},
                  {.9989, .9979, .9969, .9959, .9949, .9939, .9929, .9919, .9909, .9899},
                  {.9979, .9959, .9939, .9919, .9899, .9879, .9859, .9839, .9819, .9799},
                  {.9969, .9939, .9909, .9879, .9849, .9819, .9789, .9759, .9729, .9699},
                  {.9959, .9919, .9879, .9839, .9799, .9759, .9719, .9679, .9639, .9599}}},
    {"Keras's single step",
     {.learning_rate = 0.5},
     DOUBLE_TOLERANCE,
     .size = 4,
     .steps = 1,
     .start = {1, 2, 3, 4},
     .gradient = {{1, 6, 7, 2}},
     .expected = {{.5, -1, -.5, 3}}},
    {"Keras 2.13's momentum",
     {.learning_rate = 2, .momentum = 0.9},
     DOUBLE_TOLERANCE,
     .size = 4,
     .steps = 2,
     .start = {1, 2, 3, 4},
     .gradient = {{.1, .1, .01, .01}, {.1, .1, .01, .01}},
     .expected = {{.8, 1.8, 2.98, 3.98}, {.42, 1.42, 2.942, 3.942}}},
    {"weight decay alone",
     {.learning_rate = 1, .weight_decay = 0.004},
     DOUBLE_TOLERANCE,
     .size = 1,
     .steps = 3,
     .start = {2},
     .gradient = {{0}},
     .expected = {{1.992}, {1.984032}, {1.976095872}}},
};

/* The row's numbers spread over two parameters, so that the flat arrays' padding is crossed. */
static wg_params *two_parameters(const struct row *row, enum wg_dtype dtype) {
    wg_params *params = wg_params_new(dtype);
    wg_params_add(params, "first", WG_SHAPE(1));
    if (row->size > 1) wg_params_add(params, "second", WG_SHAPE(row->size - 1));
    expect_no_failure(row->name);
    return params;
}

static void *place(struct wg_tensor first, struct wg_tensor second, int i) {
    const struct wg_tensor t = i == 0 ? first : second;
    return (char *)t.data + (size_t)(i ? i - 1 : 0) * wg_dtype_size(t.dtype);
}

static void store(struct wg_tensor first, struct wg_tensor second, const double *from, int n) {
    for (int i = 0; i < n; i++) {
        void *to = place(first, second, i);
        if (first.dtype == WG_F32)
            *(float *)to = (float)from[i];
        else
            *(double *)to = from[i];
    }
}

static struct wg_tensor part(const wg_params *params, int i, int gradient) {
    if (i >= wg_params_count(params)) return (struct wg_tensor){0};
    return gradient ? wg_param_gradient(params, i) : wg_param_value(params, i);
}

static void check_row(const struct row *row, enum wg_dtype dtype) {
    wg_params *params = two_parameters(row, dtype);
    wg_optimizer *sgd = wg_sgd_new(params, row->options);
    ck_assert_ptr_nonnull(sgd);
    const struct wg_tensor value[] = {part(params, 0, 0), part(params, 1, 0)};
    store(value[0], value[1], row->start, row->size);
    for (int step = 0; step < row->steps; step++) {
        ck_assert_int_eq(wg_optimizer_steps(sgd), step);
        store(part(params, 0, 1), part(params, 1, 1), row->gradient[step], row->size);
        ck_assert_int_eq(wg_optimizer_step(sgd), WG_OK);
        for (int i = 0; i < row->size; i++) {
            const void *at = place(value[0], value[1], i);
            const double got = dtype == WG_F32 ? (double)*(const float *)at : *(const double *)at;
            const double tolerance = dtype == WG_F32 ? FLOAT_TOLERANCE : row->tolerance;
            ck_assert_msg(fabs(got - row->expected[step][i]) <= tolerance,
                          "%s, %s, step %d, element %d: %.17g; expected %.17g", row->name,
                          wg_dtype_name(dtype), step + 1, i, got, row->expected[step][i]);
        }
    }
    expect_no_failure(row->name);
    wg_optimizer_free(sgd);
    wg_params_free(params);
}

START_TEST(every_step_is_keras_in_double) {
    for (size_t i = 0; i < ELEMENTS(rows); i++) check_row(&rows[i], WG_F64);
}
END_TEST

START_TEST(every_step_is_keras_in_float) {
    for (size_t i = 0; i < ELEMENTS(rows); i++) check_row(&rows[i], WG_F32);
}
END_TEST

START_TEST(the_velocity_is_keras_s) {
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w", WG_SHAPE(2));
    wg_optimizer *sgd = wg_sgd(params, .learning_rate = 2, .momentum = 0.9);
    double *g = wg_param_gradient(params, 0).data;
    const double expected[][2] = {{-.2, -.02}, {-.38, -.038}};
    const struct wg_tensor v = wg_optimizer_state(sgd, 0, 0);
    for (int step = 0; step < 2; step++) {
        g[0] = .1;
        g[1] = .01;
        wg_optimizer_step(sgd);
        for (int i = 0; i < 2; i++) {
            ck_assert_double_eq_tol(((double *)v.data)[i], expected[step][i], DOUBLE_TOLERANCE);
            ck_assert_double_eq(g[i], i ? .01 : .1); /* gradients are left as they are */
        }
    }
    ck_assert_ptr_null(wg_optimizer_state(sgd, 1, 0).data);
    expect_failure("a slot too far", WG_ERROR_ARGUMENT, "wg_optimizer_state", NULL);
    ck_assert_ptr_null(wg_optimizer_state(sgd, 0, 1).data);
    expect_failure("a parameter too far", WG_ERROR_ARGUMENT, "parameter 1", NULL);
    wg_optimizer_free(sgd);
    wg_params_free(params);
}
END_TEST

START_TEST(the_learning_rate_can_change) {
    static const double wrong[] = {0, -1, NAN, INFINITY};
    wg_params *params = wg_params_new(WG_F64);
    wg_params_add(params, "w", WG_SCALAR);
    wg_optimizer *sgd = wg_sgd(params, .learning_rate = 1);
    double *w = wg_param_value(params, 0).data, *g = wg_param_gradient(params, 0).data;
    *g = 1;
    wg_optimizer_step(sgd);
    ck_assert_double_eq(*w, -1);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_int_eq(wg_optimizer_set_learning_rate(sgd, wrong[i]), WG_ERROR_ARGUMENT);
        expect_failure("rate", WG_ERROR_ARGUMENT, "learning rate", NULL);
    }
    ck_assert_int_eq(wg_optimizer_set_learning_rate(sgd, 0.5), WG_OK);
    wg_optimizer_step(sgd);
    ck_assert_double_eq(*w, -1.5);
    wg_optimizer_free(sgd);
    wg_params_free(params);
}
END_TEST

START_TEST(options_out_of_range_are_named) {
    static const struct {
        struct wg_sgd_options options;
        const char *name;
    } wrong[] = {{{.learning_rate = -1}, "learning_rate=-1"},
                 {{.learning_rate = NAN}, "learning_rate=nan"},
                 {{.learning_rate = INFINITY}, "learning_rate"},
                 {{.momentum = -0.1}, "momentum=-0.1"},
                 {{.momentum = 1.1}, "momentum=1.1"},
                 {{.momentum = NAN}, "momentum=nan"},
                 {{.nesterov = 2}, "nesterov=2"},
                 {{.nesterov = -1}, "nesterov=-1"},
                 {{.weight_decay = -1}, "weight_decay=-1"},
                 {{.weight_decay = INFINITY}, "weight_decay=inf"}};
    wg_params *params = wg_params_new(WG_F32);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        ck_assert_ptr_null(wg_sgd_new(params, wrong[i].options));
        expect_failure(wrong[i].name, WG_ERROR_ARGUMENT, wrong[i].name, "expected");
    }
    wg_params_free(params);
}
END_TEST

/* Split over threads, the same bits. */
START_TEST(threads_do_not_change_an_update) {
    enum { MANY = 200003 };
    float *result[2];
    for (int k = 0; k < 2; k++) {
        wg_params *params = wg_params_new(WG_F32);
        wg_params_add(params, "w", WG_SHAPE(MANY));
        wg_param_uniform(params, 0, -1, 1, 5);
        wg_optimizer *sgd = wg_sgd(params, .learning_rate = 0.1, .momentum = 0.9, .nesterov = 1);
        float *g = wg_param_gradient(params, 0).data;
        for (int i = 0; i < MANY; i++) g[i] = (float)(i % 101) / 7;
        ck_assert_int_eq(wg_set_threads(k + 1), WG_OK);
        for (int step = 0; step < 3; step++) wg_optimizer_step(sgd);
        result[k] = malloc(MANY * sizeof(float));
        memcpy(result[k], wg_param_value(params, 0).data, MANY * sizeof(float));
        wg_optimizer_free(sgd);
        wg_params_free(params);
    }
    ck_assert_int_eq(memcmp(result[0], result[1], MANY * sizeof(float)), 0);
    free(result[0]);
    free(result[1]);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_step_is_keras_in_double,  every_step_is_keras_in_float,
                                  the_velocity_is_keras_s,        the_learning_rate_can_change,
                                  options_out_of_range_are_named, threads_do_not_change_an_update};
    return run_suite("sgd", tests, ELEMENTS(tests));
}
