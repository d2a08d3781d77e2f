/* Initializers: names, distributions, fans, orthogonality, bits, refusals. */
#include "support/suite.h"

#include "nn/params.h"
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

/* Seeds are fixed; a sound generator misses 5 standard errors once in 10^6 choices of them. */
#define STANDARD_ERRORS 5
#define DRAWS 200000
/* Products of columns with a few hundred terms, of values that are rounded once. */
#define ORTHOGONAL_F64 1e-14
#define ORTHOGONAL_F32 1e-6
/* FNV-1a over the bits of all initializers' values: the same on every machine and with every
 * compiler. It changes only when the generator, src/math's log or cospi, or an initializer change.
 */
#define VALUES_HASH UINT64_C(0xc9014d52a6797012)

static wg_params *one_parameter(enum wg_dtype dtype, struct wg_shape shape) {
    wg_params *params = wg_params_new(dtype);
    ck_assert_int_eq(wg_params_add(params, "w", shape), 0);
    return params;
}

static const double *initialize(wg_params *params, const char *text, uint64_t seed) {
    ck_assert_msg(wg_param_initialize(params, 0, text, seed) == WG_OK, "%s: %s", text, wg_error());
    return wg_param_value(params, 0).data;
}

/* ------------------------------------------------------------------------------------------------
 * Names */

START_TEST(names_are_listed_and_known) {
    wg_params *params = one_parameter(WG_F64, WG_SHAPE(3, 4));
    int count = 0;
    for (; wg_initializer_name(count); count++) initialize(params, wg_initializer_name(count), 1);
    ck_assert_int_eq(count, 15);
    ck_assert_ptr_null(wg_initializer_name(-1));
    expect_no_failure("names");
    wg_params_free(params);
}
END_TEST

/* Texts that mean the same; the second may be a call instead. */
enum call { TEXT, FILL, PLAIN_UNIFORM, GLOROT, NORMAL, TRUNCATED, SCALING, ORTHOGONAL, IDENTITY };
static const struct {
    const char *text, *same;
    enum call call;
} pairs[] = {
    {"zero", "zeros", TEXT},
    {"one", "constant value=1", TEXT},
    {"normal", "random_normal mean=0 stddev=0.05", TEXT},
    {"uniform", "random_uniform minval=-0.05 maxval=0.05", TEXT},
    {"variance_scaling", "lecun_normal", TEXT},
    {"variance_scaling scale=2", "he_normal", TEXT},
    {"variance_scaling mode=fan_avg", "glorot_normal", TEXT},
    {"variance_scaling distribution=uniform", "lecun_uniform", TEXT},
    {"variance_scaling distribution=normal", "lecun_normal", TEXT},
    {"variance_scaling scale=2 mode=fan_in distribution=uniform", "he_uniform", TEXT},
    {"he_uniform input_axes=0 output_axes=1", "he_uniform", TEXT},
    {" he_uniform  input_axes=-2 output_axes=-1 ", "he_uniform", TEXT},
    {"variance_scaling distribution=truncated_normal", "truncated_normal stddev=0.2842118085846391",
     TEXT},
    {"variance_scaling distribution=untruncated_normal", "random_normal stddev=0.25", TEXT},
    {"constant value=0.25", NULL, FILL},
    {"random_uniform minval=-1 maxval=2", NULL, PLAIN_UNIFORM},
    {"glorot_uniform", NULL, GLOROT},
    {"random_normal mean=1 stddev=2", NULL, NORMAL},
    {"truncated_normal mean=1 stddev=2", NULL, TRUNCATED},
    {"variance_scaling scale=3 mode=fan_out input_axes=1 output_axes=0", NULL, SCALING},
    {"orthogonal gain=2", NULL, ORTHOGONAL},
    {"identity gain=3", NULL, IDENTITY},
};

static void call_it(wg_params *params, enum call call) {
    const struct wg_variance_scaling scaling = {
        .scale = 3, .mode = WG_FAN_OUT, .input_axes = WG_AXES(1), .output_axes = WG_AXES(0)};
    switch (call) {
    case FILL:
        wg_param_fill(params, 0, 0.25);
        break;
    case PLAIN_UNIFORM:
        wg_param_uniform(params, 0, -1, 2, 7);
        break;
    case GLOROT:
        wg_param_glorot_uniform(params, 0, 7);
        break;
    case NORMAL:
        wg_param_normal(params, 0, 1, 2, 7);
        break;
    case TRUNCATED:
        wg_param_truncated_normal(params, 0, 1, 2, 7);
        break;
    case SCALING:
        wg_param_variance_scaling(params, 0, scaling, 7);
        break;
    case ORTHOGONAL:
        wg_param_orthogonal(params, 0, 2, 7);
        break;
    case IDENTITY:
        wg_param_identity(params, 0, 3);
        break;
    case TEXT:
        break;
    }
    expect_no_failure("call");
}

START_TEST(texts_and_functions_mean_the_same) {
    for (size_t i = 0; i < ELEMENTS(pairs); i++) {
        wg_params *a = one_parameter(WG_F64, WG_SHAPE(16, 10)),
                  *b = one_parameter(WG_F64, WG_SHAPE(16, 10));
        initialize(a, pairs[i].text, 7);
        wg_param_fill(b, 0, 99);
        if (pairs[i].same)
            initialize(b, pairs[i].same, 7);
        else
            call_it(b, pairs[i].call);
        const struct wg_tensor x = wg_param_value(a, 0), y = wg_param_value(b, 0);
        ck_assert_msg(memcmp(x.data, y.data, 160 * sizeof(double)) == 0, "%s differs",
                      pairs[i].text);
        wg_params_free(a);
        wg_params_free(b);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Distributions */

static const struct {
    const char *text;
    double mean, variance, kurtosis; /* fourth moment over squared variance */
    double least, most;
} distributions[] = {
    {"random_normal", 0, 0.0025, 3, -0.45, 0.45},
    {"random_normal mean=-3 stddev=2", -3, 4, 3, -21, 15},
    {"random_uniform", 0, 0.01 / 12, 1.8, -0.05, 0.05},
    {"random_uniform minval=2 maxval=8", 5, 3, 1.8, 2, 8},
    {"truncated_normal", 0, 0.0025 * 0.773741303549, 2.3656, -0.1, 0.1},
    {"truncated_normal mean=1 stddev=2", 1, 4 * 0.773741303549, 2.3656, -3, 5},
    {"variance_scaling scale=400 distribution=untruncated_normal", 0, 1, 3, -9, 9},
    {"variance_scaling scale=400", 0, 1, 2.3656, -2.28, 2.28},
    {"variance_scaling scale=500 mode=fan_out", 0, 1, 2.3656, -2.28, 2.28},
    {"variance_scaling scale=450 mode=fan_avg distribution=uniform", 0, 1, 1.8, -1.7321, 1.7321},
};

START_TEST(moments_are_right) {
    wg_params *params = one_parameter(WG_F64, WG_SHAPE(400, 500));
    for (size_t i = 0; i < ELEMENTS(distributions); i++) {
        const double *x = initialize(params, distributions[i].text, 11),
                     mean = distributions[i].mean, variance = distributions[i].variance;
        double sum = 0, squares = 0, least = INFINITY, most = -INFINITY;
        for (int k = 0; k < DRAWS; k++) {
            sum += x[k] - mean;
            squares += (x[k] - mean) * (x[k] - mean);
            least = fmin(least, x[k]);
            most = fmax(most, x[k]);
        }
        const double off = fabs(sum / DRAWS), off_variance = fabs(squares / DRAWS - variance);
        ck_assert_msg(off <= STANDARD_ERRORS * sqrt(variance / DRAWS), "%s: mean off by %g",
                      distributions[i].text, off);
        ck_assert_msg(off_variance <= STANDARD_ERRORS * variance *
                                          sqrt((distributions[i].kurtosis - 1) / DRAWS),
                      "%s: variance off by %g", distributions[i].text, off_variance);
        ck_assert_msg(least >= distributions[i].least && most <= distributions[i].most,
                      "%s: from %g to %g", distributions[i].text, least, most);
        ck_assert_msg(most - mean > 1.7 * sqrt(variance) && mean - least > 1.7 * sqrt(variance),
                      "%s: from %g to %g only", distributions[i].text, least, most);
    }
    wg_params_free(params);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Fans */

static const struct {
    struct wg_shape shape;
    struct wg_axes input, output;
    double in, out; /* 0: refused */
} fans[] = {
    {{0, {0}}, {0, {0}}, {0, {0}}, 1, 1},
    {{1, {7}}, {0, {0}}, {0, {0}}, 7, 7},
    {{2, {3, 5}}, {0, {0}}, {0, {0}}, 3, 5},
    {{3, {4, 3, 5}}, {0, {0}}, {0, {0}}, 12, 20},
    {{4, {3, 2, 16, 8}}, {0, {0}}, {0, {0}}, 96, 48},
    {{5, {2, 2, 2, 3, 5}}, {0, {0}}, {0, {0}}, 24, 40},
    {{3, {512, 8, 64}}, {1, {0}}, {2, {1, 2}}, 512, 512},
    {{3, {512, 8, 64}}, {2, {0, 1}}, {1, {2}}, 4096, 64},
    {{4, {3, 3, 16, 8}}, {1, {3}}, {1, {-2}}, 72, 144},
    {{2, {3, 5}}, {1, {2}}, {1, {0}}, 0, 0},
    {{2, {3, 5}}, {1, {-3}}, {1, {0}}, 0, 0},
    {{2, {3, 5}}, {1, {0}}, {1, {0}}, 0, 0},
    {{2, {3, 5}}, {2, {0, -2}}, {1, {1}}, 0, 0},
    {{2, {3, 5}}, {1, {0}}, {0, {0}}, 0, 0},
    {{2, {3, 5}}, {0, {0}}, {1, {0}}, 0, 0},
    {{0, {0}}, {1, {0}}, {1, {0}}, 0, 0},
    {{2, {3, 5}}, {9, {0}}, {1, {0}}, 0, 0},
    {{2, {3, -5}}, {0, {0}}, {0, {0}}, 0, 0},
    {{9, {3}}, {0, {0}}, {0, {0}}, 0, 0},
};

START_TEST(fans_follow_keras) {
    for (size_t i = 0; i < ELEMENTS(fans); i++) {
        const struct wg_fans f = wg_fans_of(fans[i].shape, fans[i].input, fans[i].output);
        ck_assert_msg(f.in == fans[i].in && f.out == fans[i].out, "row %zu: %g, %g", i, f.in,
                      f.out);
        if (fans[i].in == 0)
            expect_failure("fans", WG_ERROR_SHAPE, "wg_fans_of", NULL);
        else
            expect_no_failure("fans");
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Matrices */

static const struct wg_shape matrices[] = {
    {2, {1, 1}},     {2, {5, 5}},     {2, {9, 4}},       {2, {4, 9}},
    {2, {1, 6}},     {2, {6, 1}},     {4, {3, 3, 2, 7}}, {4, {1, 2, 2, 11}},
    {2, {128, 128}}, {2, {300, 100}}, {2, {63, 65}},
};

/* Products of all pairs of columns (rows, where these are fewer), against gain^2 and 0. */
static void expect_orthogonal(const struct wg_tensor *w, double gain, double tolerance) {
    const int64_t columns = w->shape.dim[w->shape.rank - 1], rows = w->size / columns;
    const int64_t n = rows < columns ? rows : columns, m = w->size / n;
    const int64_t next = rows < columns ? 1 : columns, other = rows < columns ? columns : 1;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double product = 0;
            for (int64_t k = 0; k < m; k++) {
                product +=
                    wg_element(w, k * next + i * other) * wg_element(w, k * next + j * other);
            }
            const double off = fabs(product / (gain * gain) - (i == j));
            ck_assert_msg(off <= tolerance, "%s: %lld and %lld are off by %g",
                          wg_dtype_name(w->dtype), (long long)i, (long long)j, off);
        }
    }
}

START_TEST(orthogonal_matrices_are) {
    for (size_t i = 0; i < ELEMENTS(matrices); i++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            wg_params *params = one_parameter(narrow ? WG_F32 : WG_F64, matrices[i]);
            initialize(params, "orthogonal gain=1.5", i);
            const struct wg_tensor w = wg_param_value(params, 0);
            expect_orthogonal(&w, 1.5, narrow ? ORTHOGONAL_F32 : ORTHOGONAL_F64);
            wg_params_free(params);
        }
    }
}
END_TEST

/* Uniform over all orthogonal matrices, the trace of one has mean 0 and variance 1. */
START_TEST(orthogonal_matrices_are_uniform) {
    enum { MATRICES = 4000 };
    wg_params *params = one_parameter(WG_F64, WG_SHAPE(4, 4));
    double sum = 0, squares = 0;
    for (uint64_t seed = 0; seed < MATRICES; seed++) {
        const double *w = initialize(params, "orthogonal", seed),
                     trace = w[0] + w[5] + w[10] + w[15];
        sum += trace;
        squares += trace * trace;
    }
    ck_assert_double_le(fabs(sum / MATRICES), STANDARD_ERRORS / sqrt(MATRICES));
    /* Its fourth moment is 3, as a normal deviate's (Diaconis and Shahshahani 1994). */
    ck_assert_double_le(fabs(squares / MATRICES - 1), STANDARD_ERRORS * sqrt(2.0 / MATRICES));
    wg_params_free(params);
}
END_TEST

START_TEST(identities_need_not_be_square) {
    wg_params *params = one_parameter(WG_F32, WG_SHAPE(2, 3));
    initialize(params, "identity gain=-2", 0);
    const float expected[] = {-2, 0, 0, 0, -2, 0};
    ck_assert_mem_eq(wg_param_value(params, 0).data, expected, sizeof expected);
    wg_params_free(params);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Bits */

static uint64_t add_to_hash(uint64_t hash, const struct wg_tensor *t) {
    for (int64_t k = 0; k < t->size; k++) {
        const double value = wg_element(t, k);
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        for (int b = 0; b < 8; b++)
            hash = (hash ^ (bits >> (8 * b) & 255)) * UINT64_C(1099511628211);
    }
    return hash;
}

START_TEST(bits_are_known) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int narrow = 0; narrow < 2; narrow++) {
        wg_params *params = wg_params_new(narrow ? WG_F32 : WG_F64);
        for (int i = 0; wg_initializer_name(i); i++) {
            ck_assert_int_eq(wg_params_add(params, wg_initializer_name(i), WG_SHAPE(37, 23)), i);
            wg_param_initialize(params, i, wg_initializer_name(i), 5);
            const struct wg_tensor value = wg_param_value(params, i);
            hash = add_to_hash(hash, &value);
        }
        wg_params_free(params);
    }
    expect_no_failure("initializers");
    ck_assert_msg(hash == VALUES_HASH, "hash 0x%016llx", (unsigned long long)hash);
}
END_TEST

/* Seed and number choose the draws; f32 holds those of f64, rounded. */
START_TEST(seeds_and_numbers_choose) {
    static const char *const drawn[] = {"random_normal", "random_uniform", "he_normal",
                                        "glorot_uniform", "orthogonal"};
    for (size_t i = 0; i < ELEMENTS(drawn); i++) {
        wg_params *a = wg_params_new(WG_F64), *b = wg_params_new(WG_F32);
        for (int k = 0; k < 2; k++) {
            wg_params_add(a, k ? "1" : "0", WG_SHAPE(6, 6));
            wg_params_add(b, k ? "1" : "0", WG_SHAPE(6, 6));
            wg_param_initialize(a, k, drawn[i], 3);
        }
        wg_param_initialize(b, 1, drawn[i], 3);
        const double *first = wg_param_value(a, 0).data, *second = wg_param_value(a, 1).data;
        const float *rounded = wg_param_value(b, 1).data;
        ck_assert_mem_ne(first, second, 36 * sizeof *first);
        for (int k = 0; k < 36; k++) ck_assert_float_eq(rounded[k], (float)second[k]);
        const double before = first[0];
        initialize(a, drawn[i], 4);
        ck_assert_double_ne(first[0], before);
        initialize(a, drawn[i], 3);
        ck_assert_double_eq(first[0], before);
        wg_params_free(a);
        wg_params_free(b);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Refusals */

static const struct {
    const char *text, *word, *other;
    enum wg_status status;
} refusals[] = {
    {"he_normall", "unknown initializer \"he_normall\"; close to it: he_normal",
     "expected one of zeros", WG_ERROR_ARGUMENT},
    {"glorot", "close to it: glorot_normal, glorot_uniform;", NULL, WG_ERROR_ARGUMENT},
    {"qqqqqqq", "unknown initializer \"qqqqqqq\"; expected one of", "lecun_uniform",
     WG_ERROR_ARGUMENT},
    {"", "unknown initializer \"\"; expected", NULL, WG_ERROR_ARGUMENT},
    {NULL, "wg_param_initialize: the text is NULL", NULL, WG_ERROR_ARGUMENT},
    {"random_normal stddev=-1", "random_normal: stddev=-1", "from 0 to 1e+30", WG_ERROR_ARGUMENT},
    {"random_normal stddev=nan", "stddev=nan", "from 0", WG_ERROR_ARGUMENT},
    {"random_normal stddev=inf", "stddev=inf", "from 0", WG_ERROR_ARGUMENT},
    {"constant value=1e31", "constant: value=1e31", "to 1e+30", WG_ERROR_ARGUMENT},
    {"constant valeu=1", "constant: no attribute \"valeu\"", "it has: value", WG_ERROR_ARGUMENT},
    {"constant 1", "initializer constant: \"1\"", "ATTRIBUTE=VALUE", WG_ERROR_ARGUMENT},
    {"zeros value=1", "zeros: no attribute", "none", WG_ERROR_ARGUMENT},
    {"random_uniform minval=1", "random_uniform: minval=1, maxval=0.05", "minval <= maxval",
     WG_ERROR_ARGUMENT},
    {"variance_scaling scale=0", "variance_scaling: scale=0", "from 1e-30", WG_ERROR_ARGUMENT},
    {"variance_scaling mode=fan", "variance_scaling: mode=fan", "fan_in, fan_out, fan_avg",
     WG_ERROR_ARGUMENT},
    {"variance_scaling mode=1", "mode=1", "one of fan_in", WG_ERROR_ARGUMENT},
    {"variance_scaling distribution=cauchy", "distribution=cauchy", "untruncated_normal, uniform",
     WG_ERROR_ARGUMENT},
    {"he_normal scale=2", "he_normal: no attribute \"scale\"", "input_axes", WG_ERROR_ARGUMENT},
    {"he_normal input_axes=0", "he_normal: input_axes without output_axes", "both or neither",
     WG_ERROR_SHAPE},
    {"he_normal input_axes=0 output_axes=1", "he_normal: output_axes=1 of shape (5)", "-1 to 0",
     WG_ERROR_SHAPE},
    {"orthogonal", "orthogonal: \"w\" has shape (5)", "a matrix, or more", WG_ERROR_SHAPE},
    {"identity", "identity: \"w\" has shape (5)", "a matrix", WG_ERROR_SHAPE},
};

START_TEST(refused) {
    wg_params *params = one_parameter(WG_F32, WG_SHAPE(5));
    wg_param_fill(params, 0, 0.5);
    const struct wg_fingerprint before = wg_params_fingerprint(params);
    for (size_t i = 0; i < ELEMENTS(refusals); i++) {
        const char *label = refusals[i].text ? refusals[i].text : "NULL";
        ck_assert_int_ne(wg_param_initialize(params, 0, refusals[i].text, 1), WG_OK);
        expect_failure(label, refusals[i].status, refusals[i].word, refusals[i].other);
        ck_assert_msg(strcmp(wg_params_fingerprint(params).hex, before.hex) == 0, "%s wrote",
                      label);
    }
    ck_assert_int_eq(wg_param_initialize(params, 1, "zeros", 1), WG_ERROR_ARGUMENT);
    expect_failure("no such parameter", WG_ERROR_ARGUMENT, "parameter 1 of a set of 1", NULL);
    ck_assert_int_eq(wg_param_normal(params, 0, NAN, 1, 1), WG_ERROR_ARGUMENT);
    expect_failure("mean", WG_ERROR_ARGUMENT, "random_normal: mean=nan", NULL);
    const struct wg_variance_scaling negative = {.scale = -1};
    ck_assert_int_eq(wg_param_variance_scaling(params, 0, negative, 1), WG_ERROR_ARGUMENT);
    expect_failure("scale", WG_ERROR_ARGUMENT, "scale=-1", NULL);
    const struct wg_variance_scaling unknown = {.mode = (enum wg_fan_mode)3};
    ck_assert_int_eq(wg_param_variance_scaling(params, 0, unknown, 1), WG_ERROR_ARGUMENT);
    expect_failure("mode", WG_ERROR_ARGUMENT, "mode=3", NULL);
    ck_assert_str_eq(wg_params_fingerprint(params).hex, before.hex);
    wg_params_free(params);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {names_are_listed_and_known,
                                  texts_and_functions_mean_the_same,
                                  moments_are_right,
                                  fans_follow_keras,
                                  orthogonal_matrices_are,
                                  orthogonal_matrices_are_uniform,
                                  identities_need_not_be_square,
                                  bits_are_known,
                                  seeds_and_numbers_choose,
                                  refused};
    return run_suite("initializers", tests, ELEMENTS(tests));
}
