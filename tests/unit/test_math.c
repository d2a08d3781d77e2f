/* The functions of src/math against MPFR: error in ULP over dense points, and the special values.
 *
 * The error is |computed - exact| over the spacing of floats at the exact value.  The bounds in the
 * table are what the headers claim.  They are met at every point tried, and for float at all 2^32,
 * which takes too long for here: here come some floats of every exponent, of both signs, windows
 * around the points where the functions change their way or their results leave the range, and the
 * domain that networks use.
 */
#include <check.h>
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "math/exp.h"
#include "math/log.h"
#include "math/pow.h"
#include "math/sigmoid.h"
#include "math/tanh.h"
#include "math/trig.h"
#include "math_activations.h"

enum {
    PRECISION = 200, /* bits of the reference: 147 more than a double's, so its own error is nil */
    WINDOW = 40,     /* floats on either side of a special point */
    UNIFORM = 30000, /* points in the row's domain */
    PER_EXPONENT_F32 = 32, /* of either sign */
    PER_EXPONENT_F64 = 4,
    POW_PAIRS = 200000,
};

typedef void reference(mpfr_t y, const mpfr_t x);

static uint64_t random_state;

/* xorshift64*: the same points in every run. */
static uint64_t random_bits(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static double random_between(double low, double high) {
    return low + (high - low) * ((double)(random_bits() >> 11) * 0x1p-53);
}

static void ref_exp(mpfr_t y, const mpfr_t x) { mpfr_exp(y, x, MPFR_RNDN); }
static void ref_expm1(mpfr_t y, const mpfr_t x) { mpfr_expm1(y, x, MPFR_RNDN); }
static void ref_log(mpfr_t y, const mpfr_t x) { mpfr_log(y, x, MPFR_RNDN); }
static void ref_log1p(mpfr_t y, const mpfr_t x) { mpfr_log1p(y, x, MPFR_RNDN); }
static void ref_tanh(mpfr_t y, const mpfr_t x) { mpfr_tanh(y, x, MPFR_RNDN); }

static void ref_sigmoid(mpfr_t y, const mpfr_t x) {
    mpfr_neg(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

/* 1 - tanh(x)^2 = sech(x)^2 */
static void ref_tanh_slope(mpfr_t y, const mpfr_t x) {
    mpfr_sech(y, x, MPFR_RNDN);
    mpfr_sqr(y, y, MPFR_RNDN);
}

/* e/(1 + e)^2 = sech(x/2)^2 / 4 */
static void ref_sigmoid_slope(mpfr_t y, const mpfr_t x) {
    mpfr_div_2ui(y, x, 1, MPFR_RNDN);
    ref_tanh_slope(y, y);
    mpfr_div_2ui(y, y, 2, MPFR_RNDN);
}

/* pi (x - 2 round(x/2)): the subtraction is exact, and 53 bits of cancelling at 1 leave 147. */
static void reduce_to_turn(mpfr_t y, const mpfr_t x) {
    mpfr_t whole;
    mpfr_init2(whole, 1100);
    mpfr_div_2ui(whole, x, 1, MPFR_RNDN);
    mpfr_rint(whole, whole, MPFR_RNDN);
    mpfr_mul_2ui(whole, whole, 1, MPFR_RNDN);
    mpfr_sub(y, x, whole, MPFR_RNDN);
    mpfr_const_pi(whole, MPFR_RNDN);
    mpfr_mul(y, y, whole, MPFR_RNDN);
    mpfr_clear(whole);
}

/* Whole and half-whole x give an exact 0, which sin of a rounded multiple of pi would miss. */
static bool is_multiple_of_half(const mpfr_t x, bool odd) {
    double turn = fmod(mpfr_get_d(x, MPFR_RNDN), 1.0);
    return fabs(turn) == (odd ? 0.5 : 0.0);
}

static void ref_sinpi(mpfr_t y, const mpfr_t x) {
    reduce_to_turn(y, x);
    mpfr_sin(y, y, MPFR_RNDN);
    if (is_multiple_of_half(x, false)) mpfr_set_zero(y, mpfr_signbit(x) ? -1 : 1);
}

static void ref_cospi(mpfr_t y, const mpfr_t x) {
    reduce_to_turn(y, x);
    mpfr_cos(y, y, MPFR_RNDN);
    if (is_multiple_of_half(x, true)) mpfr_set_zero(y, 1);
}

/* Error of y in ULP; infinity where it is wrong in kind: NaN, sign, or finite for infinite. */
static double error_in_ulp(double y, const mpfr_t exact, bool is_float) {
    const int digits = is_float ? 24 : 53;
    const int top = is_float ? 128 : 1024; /* 2^top overflows */
    const int lowest = is_float ? -125 : -1021;
    if (mpfr_nan_p(exact)) return isnan(y) ? 0.0 : INFINITY;
    if (isnan(y) || !signbit(y) != !mpfr_signbit(exact)) return INFINITY;
    if (mpfr_inf_p(exact) || (!mpfr_zero_p(exact) && mpfr_get_exp(exact) > top)) {
        return isinf(y) ? 0.0 : INFINITY;
    }
    mpfr_exp_t exponent = mpfr_zero_p(exact) ? lowest : mpfr_get_exp(exact);
    if (exponent < lowest) exponent = lowest;
    mpfr_t difference;
    mpfr_init2(difference, PRECISION);
    mpfr_set_d(difference, y, MPFR_RNDN);
    if (isinf(y)) mpfr_set_ui_2exp(difference, 1, top, MPFR_RNDN); /* what inf stands for */
    if (isinf(y) && y < 0.0) mpfr_neg(difference, difference, MPFR_RNDN);
    mpfr_sub(difference, difference, exact, MPFR_RNDN);
    mpfr_mul_2si(difference, difference, (long)(digits - exponent), MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDU));
    mpfr_clear(difference);
    return error;
}

/* One function of one argument: `f32` or `f64` is set. */
struct row {
    const char *name;
    float (*f32)(float);
    double (*f64)(double);
    reference *exact;
    double low, high; /* domain of the uniform points */
    double bound;     /* ULP */
};

static const struct row rows[] = {
    {"exp_f32", wg_exp_f32, NULL, ref_exp, -110.0, 95.0, 0.77},
    {"exp_short_f32", wg_exp_short_f32, NULL, ref_exp, -110.0, 95.0, 0.9},
    {"expm1_f32", wg_expm1_f32, NULL, ref_expm1, -20.0, 20.0, 0.9},
    {"log_f32", wg_log_f32, NULL, ref_log, 0.0, 10.0, 0.83},
    {"log1p_f32", wg_log1p_f32, NULL, ref_log1p, -1.0, 5.0, 0.84},
    {"tanh_f32", wg_tanh_f32, NULL, ref_tanh, -11.0, 11.0, 0.69},
    {"sigmoid_f32", wg_sigmoid_f32, NULL, ref_sigmoid, -110.0, 20.0, 0.82},
    {"sigmoid_slope_f32", wg_sigmoid_slope_f32, NULL, ref_sigmoid_slope, -110.0, 110.0, 0.82},
    {"tanh_slope_f32", wg_tanh_slope_f32, NULL, ref_tanh_slope, -60.0, 60.0, 0.56},
    {"exp_f64", NULL, wg_exp_f64, ref_exp, -750.0, 715.0, 0.77},
    {"expm1_f64", NULL, wg_expm1_f64, ref_expm1, -40.0, 40.0, 0.83},
    {"log_f64", NULL, wg_log_f64, ref_log, 0.0, 10.0, 0.9},
    {"log1p_f64", NULL, wg_log1p_f64, ref_log1p, -1.0, 5.0, 0.9},
    {"tanh_f64", NULL, wg_tanh_f64, ref_tanh, -20.0, 20.0, 0.77},
    {"sigmoid_f64", NULL, wg_sigmoid_f64, ref_sigmoid, -750.0, 40.0, 0.77},
    {"sigmoid_slope_f64", NULL, wg_sigmoid_slope_f64, ref_sigmoid_slope, -750.0, 750.0, 0.77},
    {"tanh_slope_f64", NULL, wg_tanh_slope_f64, ref_tanh_slope, -380.0, 380.0, 0.77},
    {"sinpi_f64", NULL, wg_sinpi_f64, ref_sinpi, -10.0, 10.0, 1.0},
    {"cospi_f64", NULL, wg_cospi_f64, ref_cospi, -10.0, 10.0, 0.77},
#define ROW(name, function, low, high, bound_f32, bound_f64)                                       \
    {#name "_f32", function##_f32, NULL, ref_##name, low, high, bound_f32},                        \
        {#name "_f64", NULL, function##_f64, ref_##name, low, high, bound_f64},
    FOR_EACH_ACTIVATION(ROW)
#undef ROW
};

/* Where some function changes its way, is 0, is 1, or leaves the range of its type. */
static const double special_points[] = {
    0.0,
    0.25,
    0.5,
    0.75,
    1.0,
    1.5,
    2.0,
    3.0,
    0x1p-13,
    0x1p-26,
    0x1p-28,
    0x1p-55,
    0x1p-126,
    0x1p-1022,
    0x1p24,
    0x1p52,
    0x1p53,
    10.0,
    18.0,
    20.0,
    40.0,
    80.0,
    88.722839,
    89.0,
    87.336548,
    103.9721,
    104.0,
    51.98,
    700.0,
    709.7827,
    710.0,
    708.3964,
    745.1332,
    746.0,
    372.5666,
    0.34657359,
    1.03972077,
    1.73286795,
    0.17328680,
    0.70710678,
    1.4142136,
    0.41421356,
    0.29289322,
    0x1.fffffep127,
    0x1.fffffffffffffp1023,
    /* zeros of the slopes of silu, gelu in both forms and mish, and tails */
    1.2784645427610738,
    0.7517915246935645,
    0.7524614220710163,
    1.1924312145154952,
    0.6,
    0.7,
    14.5,
    15.0,
    16.0,
    21.9,
    38.5,
    751.9,
    0x1p60,
    0x1p75,
    0x1p120,
    0x1p450,
    0x1p537,
};

enum {
    ROWS = sizeof rows / sizeof *rows,
    SPECIAL_POINTS = sizeof special_points / sizeof *special_points
};

struct worst {
    double error, x;
    long points;
};

static void measure(const struct row *row, double x, struct worst *worst) {
    if (row->f32 != NULL) x = (double)(float)x;
    double y = row->f32 != NULL ? (double)row->f32((float)x) : row->f64(x);
    mpfr_t exact, argument;
    mpfr_inits2(PRECISION, exact, argument, (mpfr_ptr)NULL);
    mpfr_set_d(argument, x, MPFR_RNDN);
    row->exact(exact, argument);
    double error = error_in_ulp(y, exact, row->f32 != NULL);
    mpfr_clears(exact, argument, (mpfr_ptr)NULL);
    worst->points++;
    if (!(error <= worst->error)) *worst = (struct worst){error, x, worst->points};
}

static void measure_bits(const struct row *row, uint64_t bits, struct worst *worst) {
    bool is_float = row->f32 != NULL;
    double x = is_float ? (double)wg_from_bits_f32((uint32_t)bits) : wg_from_bits_f64(bits);
    if (!isfinite(x)) return;
    measure(row, x, worst);
    measure(row, -x, worst);
}

static void measure_every_exponent(const struct row *row, struct worst *worst) {
    bool is_float = row->f32 != NULL;
    uint64_t exponents = is_float ? 255 : 2047;
    int fraction_bits = is_float ? 23 : 52;
    int each = is_float ? PER_EXPONENT_F32 : PER_EXPONENT_F64;
    for (uint64_t exponent = 0; exponent < exponents; exponent++) {
        for (int i = 0; i < each; i++) {
            uint64_t fraction = random_bits() >> (64 - fraction_bits);
            measure_bits(row, (exponent << fraction_bits) | fraction, worst);
        }
    }
}

static void measure_windows(const struct row *row, struct worst *worst) {
    for (int i = 0; i < SPECIAL_POINTS; i++) {
        uint64_t center = row->f32 != NULL ? wg_to_bits_f32((float)special_points[i])
                                           : wg_to_bits_f64(special_points[i]);
        for (int step = -WINDOW; step <= WINDOW; step++) {
            if (step < 0 && center < (uint64_t)-step) continue; /* below zero */
            measure_bits(row, center + (uint64_t)step, worst);
        }
    }
}

START_TEST(accuracy) {
    const struct row *row = &rows[_i];
    struct worst worst = {0.0, 0.0, 0};
    random_state = UINT64_C(0x9e3779b97f4a7c15);
    measure_every_exponent(row, &worst);
    measure_windows(row, &worst);
    for (int i = 0; i < UNIFORM; i++) measure(row, random_between(row->low, row->high), &worst);
    ck_assert_msg(worst.error <= row->bound, "%s(%a): error %.4f ULP; expected at most %.4f",
                  row->name, worst.x, worst.error, row->bound);
    if (getenv("WENGERT_TEST_VERBOSE") != NULL) {
        printf("%-18s %.4f ULP at %a, %ld points\n", row->name, worst.error, worst.x, worst.points);
    }
}
END_TEST

/* Pairs for pow: kind 0 any bits; 1 any x > 0 and the result anywhere in range; 2 the same with x
 * near 1; 3 with x in [0.5, 2], where log x needs its lower half most; 4 small whole numbers. */
static void pow_pair(int kind, bool is_float, double *x, double *y) {
    double range = is_float ? 105.0 : 746.0;
    uint64_t u = random_bits(), v = random_bits();
    *x = is_float ? (double)wg_from_bits_f32((uint32_t)u) : wg_from_bits_f64(u);
    *y = is_float ? (double)wg_from_bits_f32((uint32_t)v) : wg_from_bits_f64(v);
    if (kind == 1) *x = fabs(*x);
    if (kind == 2)
        *x = 1.0 + random_between(-1.0, 1.0) * exp2(random_between(is_float ? -22.0 : -51.0, -1.0));
    if (kind == 3) *x = exp2(random_between(-1.0, 1.0));
    if (is_float) *x = (double)(float)*x;
    if (kind >= 1 && kind <= 3) *y = random_between(-range, range) / log(*x);
    if (kind == 4) *x = floor(random_between(-20.0, 20.0));
    if (kind == 4) *y = floor(random_between(-20.0, 20.0));
    if (is_float) *y = (double)(float)*y;
}

static const struct {
    const char *name;
    bool is_float;
    double bound; /* ULP */
} pow_rows[] = {{"pow_f32", true, 0.505}, {"pow_f64", false, 0.8}};

enum { POW_ROWS = sizeof pow_rows / sizeof *pow_rows };

START_TEST(pow_accuracy) {
    bool is_float = pow_rows[_i].is_float;
    mpfr_t exact, base, exponent;
    mpfr_inits2(PRECISION, exact, base, exponent, (mpfr_ptr)NULL);
    random_state = UINT64_C(0x9e3779b97f4a7c15);
    double worst = 0.0, worst_x = 0.0, worst_y = 0.0;
    for (int i = 0; i < POW_PAIRS; i++) {
        double x, y;
        pow_pair(i % 5, is_float, &x, &y);
        double z = is_float ? (double)wg_pow_f32((float)x, (float)y) : wg_pow_f64(x, y);
        mpfr_set_d(base, x, MPFR_RNDN);
        mpfr_set_d(exponent, y, MPFR_RNDN);
        mpfr_pow(exact, base, exponent, MPFR_RNDN);
        double error = error_in_ulp(z, exact, is_float);
        if (!(error <= worst)) worst = error, worst_x = x, worst_y = y;
    }
    mpfr_clears(exact, base, exponent, (mpfr_ptr)NULL);
    ck_assert_msg(worst <= pow_rows[_i].bound, "%s(%a, %a): error %.4f ULP; expected at most %.4f",
                  pow_rows[_i].name, worst_x, worst_y, worst, pow_rows[_i].bound);
    if (getenv("WENGERT_TEST_VERBOSE") != NULL) {
        printf("%-18s %.4f ULP at %a, %a\n", pow_rows[_i].name, worst, worst_x, worst_y);
    }
}
END_TEST

static bool same(double y, double want) {
    return isnan(want) ? isnan(y) : y == want && !signbit(y) == !signbit(want);
}

/* Holds for both types. */
static const struct {
    const char *name;
    float (*f32)(float);
    double (*f64)(double);
    double x, want;
} special_values[] = {
    {"exp", wg_exp_f32, wg_exp_f64, -INFINITY, 0.0},
    {"exp", wg_exp_f32, wg_exp_f64, INFINITY, INFINITY},
    {"exp", wg_exp_f32, wg_exp_f64, -0.0, 1.0},
    {"exp", wg_exp_f32, wg_exp_f64, NAN, NAN},
    {"exp", wg_exp_f32, wg_exp_f64, 1e30, INFINITY},
    {"exp", wg_exp_f32, wg_exp_f64, -1e30, 0.0},
    {"exp_short", wg_exp_short_f32, wg_exp_short_f64, -INFINITY, 0.0},
    {"exp_short", wg_exp_short_f32, wg_exp_short_f64, INFINITY, INFINITY},
    {"exp_short", wg_exp_short_f32, wg_exp_short_f64, -0.0, 1.0},
    {"exp_short", wg_exp_short_f32, wg_exp_short_f64, NAN, NAN},
    {"exp_short", wg_exp_short_f32, wg_exp_short_f64, 1e30, INFINITY},
    {"exp_short", wg_exp_short_f32, wg_exp_short_f64, -1e30, 0.0},
    {"expm1", wg_expm1_f32, wg_expm1_f64, -INFINITY, -1.0},
    {"expm1", wg_expm1_f32, wg_expm1_f64, INFINITY, INFINITY},
    {"expm1", wg_expm1_f32, wg_expm1_f64, 0.0, 0.0},
    {"expm1", wg_expm1_f32, wg_expm1_f64, -0.0, -0.0},
    {"expm1", wg_expm1_f32, wg_expm1_f64, NAN, NAN},
    {"log", wg_log_f32, wg_log_f64, 0.0, -INFINITY},
    {"log", wg_log_f32, wg_log_f64, -0.0, -INFINITY},
    {"log", wg_log_f32, wg_log_f64, 1.0, 0.0},
    {"log", wg_log_f32, wg_log_f64, -1.0, NAN},
    {"log", wg_log_f32, wg_log_f64, -0x1p-149, NAN},
    {"log", wg_log_f32, wg_log_f64, -INFINITY, NAN},
    {"log", wg_log_f32, wg_log_f64, INFINITY, INFINITY},
    {"log", wg_log_f32, wg_log_f64, NAN, NAN},
    {"log1p", wg_log1p_f32, wg_log1p_f64, 0.0, 0.0},
    {"log1p", wg_log1p_f32, wg_log1p_f64, -0.0, -0.0},
    {"log1p", wg_log1p_f32, wg_log1p_f64, -1.0, -INFINITY},
    {"log1p", wg_log1p_f32, wg_log1p_f64, -1.5, NAN},
    {"log1p", wg_log1p_f32, wg_log1p_f64, -INFINITY, NAN},
    {"log1p", wg_log1p_f32, wg_log1p_f64, INFINITY, INFINITY},
    {"log1p", wg_log1p_f32, wg_log1p_f64, NAN, NAN},
    {"tanh", wg_tanh_f32, wg_tanh_f64, 0.0, 0.0},
    {"tanh", wg_tanh_f32, wg_tanh_f64, -0.0, -0.0},
    {"tanh", wg_tanh_f32, wg_tanh_f64, INFINITY, 1.0},
    {"tanh", wg_tanh_f32, wg_tanh_f64, -INFINITY, -1.0},
    {"tanh", wg_tanh_f32, wg_tanh_f64, NAN, NAN},
    {"sigmoid", wg_sigmoid_f32, wg_sigmoid_f64, -0.0, 0.5},
    {"sigmoid", wg_sigmoid_f32, wg_sigmoid_f64, INFINITY, 1.0},
    {"sigmoid", wg_sigmoid_f32, wg_sigmoid_f64, -INFINITY, 0.0},
    {"sigmoid", wg_sigmoid_f32, wg_sigmoid_f64, NAN, NAN},
    {"sigmoid_slope", wg_sigmoid_slope_f32, wg_sigmoid_slope_f64, 0.0, 0.25},
    {"sigmoid_slope", wg_sigmoid_slope_f32, wg_sigmoid_slope_f64, INFINITY, 0.0},
    {"sigmoid_slope", wg_sigmoid_slope_f32, wg_sigmoid_slope_f64, -INFINITY, 0.0},
    {"sigmoid_slope", wg_sigmoid_slope_f32, wg_sigmoid_slope_f64, NAN, NAN},
    {"tanh_slope", wg_tanh_slope_f32, wg_tanh_slope_f64, 0.0, 1.0},
    {"tanh_slope", wg_tanh_slope_f32, wg_tanh_slope_f64, INFINITY, 0.0},
    {"tanh_slope", wg_tanh_slope_f32, wg_tanh_slope_f64, -INFINITY, 0.0},
    {"tanh_slope", wg_tanh_slope_f32, wg_tanh_slope_f64, NAN, NAN},
    {"sinpi", NULL, wg_sinpi_f64, -0.0, -0.0},
    {"sinpi", NULL, wg_sinpi_f64, 3.0, 0.0},
    {"sinpi", NULL, wg_sinpi_f64, -3.0, -0.0},
    {"sinpi", NULL, wg_sinpi_f64, 0x1p60, 0.0},
    {"sinpi", NULL, wg_sinpi_f64, -1.5, 1.0},
    {"sinpi", NULL, wg_sinpi_f64, INFINITY, NAN},
    {"sinpi", NULL, wg_sinpi_f64, NAN, NAN},
    {"cospi", NULL, wg_cospi_f64, -0.0, 1.0},
    {"cospi", NULL, wg_cospi_f64, 0x1.0000000000001p52, -1.0},
    {"cospi", NULL, wg_cospi_f64, 1.5, 0.0},
    {"cospi", NULL, wg_cospi_f64, -0.5, 0.0},
    {"cospi", NULL, wg_cospi_f64, -INFINITY, NAN},
    {"cospi", NULL, wg_cospi_f64, NAN, NAN},
};

START_TEST(special_values_hold) {
    for (size_t i = 0; i < sizeof special_values / sizeof *special_values; i++) {
        const char *name = special_values[i].name;
        double x = special_values[i].x, want = special_values[i].want;
        double wide = special_values[i].f64(x);
        ck_assert_msg(same(wide, want), "%s_f64(%a) is %a; expected %a", name, x, wide, want);
        if (special_values[i].f32 == NULL) continue;
        double narrow = (double)special_values[i].f32((float)x);
        ck_assert_msg(same(narrow, want), "%s_f32(%a) is %a; expected %a", name, x, narrow, want);
    }
}
END_TEST

/* C99 F.9.4.4 is what the C library's pow obeys, so that all pairs of these are compared with it.
 */
START_TEST(pow_special_values_hold) {
    static const double values[] = {0.0, 0x1p-149, 0.3, 0.5, 1.0,     1.5,      2.0,
                                    3.0, 4.0,      5.5, 7.0, 0x1p100, INFINITY, NAN};
    enum { VALUES = sizeof values / sizeof *values };
    for (int i = 0; i < 4 * VALUES * VALUES; i++) {
        double x = values[i / 4 / VALUES] * (i & 1 ? -1.0 : 1.0);
        double y = values[i / 4 % VALUES] * (i & 2 ? -1.0 : 1.0);
        double want = pow(x, y);
        if (isfinite(want) && want != 0.0 && fabs(want) != 1.0) continue; /* pow_accuracy's */
        double wide = wg_pow_f64(x, y);
        ck_assert_msg(same(wide, want), "pow_f64(%a, %a) is %a; expected %a", x, y, wide, want);
        double narrow = (double)wg_pow_f32((float)x, (float)y);
        ck_assert_msg(same(narrow, want), "pow_f32(%a, %a) is %a; expected %a", x, y, narrow, want);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("math");
    TCase *cases = tcase_create("math");
    tcase_set_timeout(cases, 60.0);
    tcase_add_loop_test(cases, accuracy, 0, ROWS);
    tcase_add_loop_test(cases, pow_accuracy, 0, POW_ROWS);
    tcase_add_test(cases, special_values_hold);
    tcase_add_test(cases, pow_special_values_hold);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
