/* Initializers, regularizers and constraints against figures of Keras
 * (tests/golden/parameters.txt). */
#include "golden_cases.h"
#include "support/suite.h"

#include "nn/params.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

#define SEED 20240229
/* The seed is fixed; a sound generator misses 5 standard errors once in 10^6 choices of it. */
#define STANDARD_ERRORS 5
#define DRAWS 50000
/* Fourth moment over squared variance: of the normal distribution cut at 2, and of the uniform. */
#define KURTOSIS_TRUNCATED 2.3656
#define KURTOSIS_UNIFORM 1.8
#define ROUNDINGS 64 /* of a figure in float, beside the case's own tolerance */

static double number_of(const struct golden *c, const char *key) {
    const struct field *field = field_of(c, key);
    ck_assert_msg(field != NULL, "%s: no %s", c->id, key);
    return field->value[0];
}

static void expect_within(const struct golden *c, const char *what, double ours, double theirs,
                          double more) {
    const double tolerance = c->within[1] + (c->within[0] + more) * fabs(theirs);
    ck_assert_msg(fabs(ours - theirs) <= tolerance, "%s %s: %s is %.17g; expected %.17g", c->id,
                  c->text, what, ours, theirs);
}

static wg_params *one_parameter(enum wg_dtype dtype, struct wg_shape shape) {
    wg_params *params = wg_params_new(dtype);
    ck_assert_int_eq(wg_params_add(params, "w", shape), 0);
    return params;
}

/* ------------------------------------------------------------------------------------------------
 * Initializers */

static const double *initialized(const struct golden *c, wg_params *params, const char *text,
                                 uint64_t seed) {
    wg_param_initialize(params, 0, text, seed);
    expect_no_failure(c->id);
    return wg_param_value(params, 0).data;
}

/* Uniform draws from the parameter's stream, within the limit that is expected. */
static void compare_uniform(const struct golden *c, wg_params *params, const char *text,
                            double limit) {
    const double *value = initialized(c, params, text, SEED);
    struct wg_random random = wg_random_make(SEED, WG_STREAM_INITIAL);
    int64_t wrong = 0;
    for (int64_t k = 0; k < wg_param_value(params, 0).size; k++) {
        const double expected = wg_random_uniform(&random, -limit, limit);
        wrong += !(fabs(value[k] - expected) <= (c->within[0] + 4 * DBL_EPSILON) * limit);
    }
    ck_assert_msg(wrong == 0, "%s %s: %lld draws are not from -+%.17g", c->id, text,
                  (long long)wrong, limit);
}

/* Normal draws, those beyond two standard deviations left out. */
static void compare_truncated(const struct golden *c, wg_params *params, double stddev) {
    const double *value = initialized(c, params, c->text, SEED),
                 tolerance = c->within[0] + 2 * DBL_EPSILON;
    struct wg_random random = wg_random_make(SEED, WG_STREAM_INITIAL);
    int64_t wrong = 0;
    for (int64_t k = 0; k < wg_param_value(params, 0).size; k++) {
        double deviation;
        do deviation = wg_random_normal(&random, 0, 1);
        while (fabs(deviation) > 2);
        wrong += !(fabs(value[k] - stddev * deviation) <= tolerance * fabs(stddev * deviation));
    }
    ck_assert_msg(wrong == 0, "%s %s: %lld draws are not %.17g times a deviation", c->id, c->text,
                  (long long)wrong, stddev);
}

/* The standard deviation over as many seeds as it takes, and the largest magnitude. */
static void compare_deviation(const struct golden *c, wg_params *params, double stddev,
                              double kurtosis, double largest) {
    const int64_t size = wg_param_value(params, 0).size;
    double squares = 0, draws = 0, most = 0;
    for (uint64_t seed = 0; draws < DRAWS; seed++, draws += (double)size) {
        wg_param_initialize(params, 0, c->text, seed);
        const double *value = wg_param_value(params, 0).data;
        for (int64_t k = 0; k < size; k++) {
            squares += value[k] * value[k];
            most = fmax(most, fabs(value[k]));
        }
    }
    expect_no_failure(c->id);
    const double variance = stddev * stddev,
                 error = STANDARD_ERRORS * variance * sqrt((kurtosis - 1) / draws);
    ck_assert_msg(fabs(squares / draws - variance) <= error,
                  "%s %s: standard deviation %g; expected %g", c->id, c->text,
                  sqrt(squares / draws), stddev);
    ck_assert_msg(most <= largest * (1 + 4 * DBL_EPSILON), "%s %s: %.17g beyond %.17g", c->id,
                  c->text, most, largest);
}

static void compare_fan(const struct golden *c, wg_params *params, const char *mode, double fan) {
    char text[128];
    const char *axes = strstr(c->text, "input_axes");
    snprintf(text, sizeof text, "variance_scaling distribution=uniform mode=%s %s", mode,
             axes ? axes : "");
    compare_uniform(c, params, text, sqrt(3 / fan));
}

static void compare_columns(const struct golden *c, wg_params *params) {
    const double *value = initialized(c, params, c->text, SEED);
    const int64_t n = wg_param_value(params, 0).shape.dim[1];
    for (int64_t i = 0; i < n * n; i++) {
        double product = 0;
        for (int64_t k = 0; k < n; k++) product += value[k * n + i / n] * value[k * n + i % n];
        if (i / n == i % n)
            expect_within(c, "a norm", sqrt(product), number_of(c, "norm"), 0);
        else
            expect_within(c, "a product", product, number_of(c, "dot"), 0);
    }
}

static void run_initializer(const struct golden *c) {
    const struct wg_shape shape = field_of(c, "shape")->shape;
    wg_params *params = one_parameter(WG_F64, shape);
    const struct field *y = field_of(c, "y");
    int compared = 0;
    if (field_of(c, "fan_in")) {
        compare_fan(c, params, "fan_in", number_of(c, "fan_in"));
        compare_fan(c, params, "fan_out", number_of(c, "fan_out"));
        compared++;
    }
    if (field_of(c, "normal")) {
        compare_truncated(c, params, number_of(c, "normal"));
        compare_deviation(c, params, number_of(c, "stddev"), KURTOSIS_TRUNCATED,
                          number_of(c, "truncation"));
        compared++;
    } else if (field_of(c, "limit")) {
        compare_uniform(c, params, c->text, number_of(c, "limit"));
        compare_deviation(c, params, number_of(c, "stddev"), KURTOSIS_UNIFORM,
                          number_of(c, "limit"));
        compared++;
    } else if (field_of(c, "stddev")) {
        compare_deviation(c, params, number_of(c, "stddev"), KURTOSIS_TRUNCATED, INFINITY);
        compared++;
    }
    if (field_of(c, "ratio")) {
        compare_truncated(c, params, 1 / number_of(c, "ratio"));
        compared++;
    }
    if (field_of(c, "norm")) {
        compare_columns(c, params);
        compared++;
    }
    if (y) {
        const double *value = initialized(c, params, c->text, SEED);
        for (int64_t k = 0; k < wg_shape_size(shape); k++)
            expect_within(c, "a value", value[k], y->value[k], 0);
        compared++;
    }
    ck_assert_msg(compared > 0, "%s: nothing to compare", c->id);
    wg_params_free(params);
}

/* ------------------------------------------------------------------------------------------------
 * Regularizers and constraints, in float and double */

static double rounding_of(enum wg_dtype dtype) {
    return ROUNDINGS * (dtype == WG_F32 ? (double)FLT_EPSILON : DBL_EPSILON);
}

static void fill(struct wg_tensor value, const double *from) {
    for (int64_t k = 0; k < value.size; k++) wg_set_element(&value, k, from[k]);
}

/* A layer of ones, (5, 5), and an input of twos. */
static void run_layer(const struct golden *c, enum wg_dtype dtype) {
    wg_tape *tape = wg_tape_new();
    double ones[25], twos[25];
    for (int k = 0; k < 25; k++) twos[k] = 2 * (ones[k] = 1);
    const wg_var kernel = wg_variable(tape, dtype, WG_SHAPE(5, 5), NULL),
                 x = wg_input(tape, dtype, WG_SHAPE(5, 5), NULL);
    fill(wg_value(kernel), ones);
    fill(wg_value(x), twos);
    const wg_var of_kernel = wg_regularize(kernel, "l1 l1=0.01"),
                 activity = wg_regularize_activity(wg_matmul(x, kernel), "l2 l2=0.01");
    const double more = rounding_of(dtype);
    expect_within(c, "the kernel's penalty", wg_item(of_kernel), number_of(c, "kernel"), more);
    expect_within(c, "the activity's", wg_item(activity), number_of(c, "activity"), more);
    expect_within(c, "both", wg_item(wg_add(of_kernel, activity)), number_of(c, "total"), more);
    expect_no_failure(c->id);
    wg_tape_free(tape);
}

static void run_regularizer(const struct golden *c, enum wg_dtype dtype) {
    if (field_of(c, "kernel")) {
        run_layer(c, dtype);
        return;
    }
    wg_tape *tape = wg_tape_new();
    const struct field *x = field_of(c, "x");
    const wg_var w = wg_variable(tape, dtype, x->shape, NULL);
    fill(wg_value(w), x->value);
    const double penalty = wg_item(wg_regularize(w, c->text));
    expect_no_failure(c->id);
    expect_within(c, "the penalty", penalty, number_of(c, "y"), rounding_of(dtype));
    wg_tape_free(tape);
}

static void run_constraint(const struct golden *c, enum wg_dtype dtype) {
    const struct field *x = field_of(c, "x"), *y = field_of(c, "y");
    ck_assert(x && y);
    wg_params *params = one_parameter(dtype, x->shape);
    const struct wg_tensor value = wg_param_value(params, 0);
    fill(value, x->value);
    wg_param_constrain(params, 0, c->text);
    expect_no_failure(c->id);
    for (int64_t k = 0; k < value.size; k++)
        expect_within(c, "a value", wg_element(&value, k), y->value[k], rounding_of(dtype));
    wg_params_free(params);
}

static struct {
    const char *kind;
    int expected, count;
} kinds[] = {{"initializer", 44, 0}, {"regularizer", 6, 0}, {"constraint", 6, 0}};

START_TEST(every_case) {
    FILE *file = fopen(WENGERT_GOLDEN_PARAMETERS, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN_PARAMETERS);
    static struct golden c;
    while (next_golden(file, &c)) {
        size_t kind = 0;
        while (kind < ELEMENTS(kinds) && strcmp(kinds[kind].kind, c.kind) != 0) kind++;
        ck_assert_msg(kind < ELEMENTS(kinds), "%s: unknown kind %s", c.id, c.kind);
        kinds[kind].count++;
        if (kind == 0) run_initializer(&c);
        for (int i = 0; kind > 0 && i < 2; i++)
            (kind == 1 ? run_regularizer : run_constraint)(&c, i ? WG_F64 : WG_F32);
    }
    fclose(file);
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        printf("%s: %d cases\n", kinds[i].kind, kinds[i].count);
        ck_assert_int_eq(kinds[i].count, kinds[i].expected);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_case};
    return run_suite("golden_parameters", tests, ELEMENTS(tests));
}
