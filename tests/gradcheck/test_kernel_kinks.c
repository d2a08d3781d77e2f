/* Kinks of plain functions, which show no branch: slopes on both sides tell. */
#include "wengert/gradcheck.h"

#include <criterion/criterion.h>
#include <math.h>

#define N 13

/* What the function is, and what is wrong with its gradient. */
enum kind { RELU, ABS, LEAKY, CLIP };

struct function {
    enum kind kind;
    double at_kink; /* added to the slope of element `element` */
    int element;    /* -1: none */
};

static double value(const struct function *f, double x) {
    switch (f->kind) {
    case RELU:
        return x > 0 ? x : 0;
    case ABS:
        return fabs(x);
    case LEAKY:
        return x > 0 ? x : 0.25 * x;
    default:
        return x > 1 ? 1 : x < -1 ? -1 : x;
    }
}

static double slope(const struct function *f, double x, int i) {
    const double wrong = i == f->element ? f->at_kink : 0;
    switch (f->kind) {
    case RELU:
        return (x > 0) + wrong;
    case ABS:
        return (x > 0) - (x < 0) + wrong;
    case LEAKY:
        return (x > 0 ? 1 : 0.25) + wrong;
    default:
        return (x <= 1 && x >= -1) + wrong;
    }
}

static void forward_f64(void *const *out, const void *const *in, void *user) {
    for (int i = 0; i < N; i++) ((double *)out[0])[i] = value(user, ((const double *)in[0])[i]);
}

static void backward_f64(void *const *din, const void *const *dout, const void *const *in,
                         const void *const *out, void *user) {
    (void)out;
    for (int i = 0; i < N; i++)
        ((double *)din[0])[i] =
            ((const double *)dout[0])[i] * slope(user, ((const double *)in[0])[i], i);
}

static void forward_f32(void *const *out, const void *const *in, void *user) {
    for (int i = 0; i < N; i++)
        ((float *)out[0])[i] = (float)value(user, (double)((const float *)in[0])[i]);
}

static void backward_f32(void *const *din, const void *const *dout, const void *const *in,
                         const void *const *out, void *user) {
    (void)out;
    for (int i = 0; i < N; i++)
        ((float *)din[0])[i] =
            ((const float *)dout[0])[i] * (float)slope(user, (double)((const float *)in[0])[i], i);
}

/* All elements around the kinks, from on them to far from them. */
static const double offsets[N] = {0,     1e-7,   -1e-7, 1e-9,  -1e-9, 1e-12, -1e-12,
                                  1e-15, -1e-15, 1e-4,  -1e-4, 0.25,  -0.25};

static enum wg_status check(struct function *f, enum wg_dtype dtype,
                            struct wg_gradcheck_result *result) {
    double x[N];
    float narrow[N];
    for (int i = 0; i < N; i++) {
        x[i] = offsets[i] + (f->kind == CLIP ? (i % 2 ? 1 : -1) : 0);
        narrow[i] = (float)x[i];
    }
    const struct wg_checked_kernel kernel = {
        .forward = dtype == WG_F32 ? forward_f32 : forward_f64,
        .backward = dtype == WG_F32 ? backward_f32 : backward_f64,
        .in = {{.shape = WG_SHAPE(N),
                .dtype = dtype,
                .data = dtype == WG_F32 ? (const void *)narrow : x}},
        .out = {{.shape = WG_SHAPE(N), .dtype = dtype}},
        .inputs = 1,
        .outputs = 1,
        .user = f};
    return wg_gradcheck_kernel(&kernel, NULL, result);
}

static void is_right(enum kind kind, enum wg_dtype dtype) {
    struct function f = {.kind = kind, .element = -1};
    struct wg_gradcheck_result result;
    char text[4000];
    cr_assert_eq(check(&f, dtype, &result), WG_OK, "%s", wg_error());
    wg_gradcheck_text(&result, text, sizeof text);
    cr_expect(result.pass, "function %d, %s: %s", (int)kind, wg_dtype_name(dtype), text);
    cr_expect_gt(result.count[WG_VERDICT_KINK], 0, "nothing is on a kink: %s", text);
}

static void is_wrong(enum kind kind, enum wg_dtype dtype) {
    for (int i = 0; i < N; i++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            /* Slopes lie in [-1, 1]: 2.1 leads out of them from anywhere. */
            struct function f = {.kind = kind, .at_kink = 2.1 * sign, .element = i};
            struct wg_gradcheck_result result;
            cr_assert_eq(check(&f, dtype, &result), WG_OK, "%s", wg_error());
            cr_expect_eq(result.verdict, WG_VERDICT_FAIL, "function %d, %s, offset %g: %s",
                         (int)kind, wg_dtype_name(dtype), offsets[i],
                         wg_verdict_name(result.verdict));
            cr_expect_eq(result.row[0].element, i, "element %d named for %d",
                         (int)result.row[0].element, i);
        }
    }
}

Test(kernel_kinks, are_kinks_in_double) {
    for (enum kind kind = RELU; kind <= CLIP; kind++) is_right(kind, WG_F64);
}

Test(kernel_kinks, are_kinks_in_float) {
    for (enum kind kind = RELU; kind <= CLIP; kind++) is_right(kind, WG_F32);
}

Test(kernel_kinks, hide_no_wrong_slope_in_double) {
    for (enum kind kind = RELU; kind <= CLIP; kind++) is_wrong(kind, WG_F64);
}

Test(kernel_kinks, hide_no_wrong_slope_in_float) {
    for (enum kind kind = RELU; kind <= CLIP; kind++) is_wrong(kind, WG_F32);
}

/* Away from kinks a factor of 1.01 is enough. */
Test(kernel_kinks, hide_no_wrong_gradient_elsewhere) {
    for (int k = 0; k < 2; k++) {
        struct function f = {.kind = RELU, .at_kink = 0.01, .element = 11};
        struct wg_gradcheck_result result;
        cr_assert_eq(check(&f, k ? WG_F32 : WG_F64, &result), WG_OK);
        cr_assert_eq(result.verdict, WG_VERDICT_FAIL);
        cr_assert_eq(result.row[0].element, 11);
    }
}
