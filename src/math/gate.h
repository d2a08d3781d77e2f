/* gate.h: x times the logistic function of v: silu, where v = x, and gelu's tanh form, where
 * v = 2 sqrt(2/pi) (x + 0.044715 x^3), as (1 + tanh(v/2))/2 = 1/(1 + e^-v).
 *
 * With e = e^-|v|:  x > 0: x/(1 + e)    slope (1 + e + e w)/(1 + e)^2,    w = x dv/dx
 *                   else:  x e/(1 + e)        e (1 + e + w)/(1 + e)^2
 * The slope crosses zero once, at negative x: there 1 + e + w cancels, and a Taylor polynomial in
 * the distance from the zero, which is a pair, stands in.
 */
#ifndef WG_MATH_GATE_H
#define WG_MATH_GATE_H

#include "math/bits.h"
#include "math/exp_pair.h"
#include "math/short.h"
#include "math/sigmoid.h"

/* e = e^-|v|, |v| <= 1400, in pairs. */
WG_INLINE double wg_gate_f64(double x, double x_clamped, struct wg_exp_pair_f64 e) {
    struct wg_pair line = {x_clamped, 0.0};
    struct wg_pair a = wg_pair_select(x > 0.0, line, wg_pair_times(x_clamped, e.m));
    double q = wg_pair_quotient(a, wg_pair_plus(1.0, e.scaled));
    return wg_scale_f64(q, x > 0.0 ? 0 : e.n);
}

WG_INLINE double wg_gate_slope_f64(double x, struct wg_exp_pair_f64 e, struct wg_pair w) {
    struct wg_pair base = wg_pair_plus(1.0, e.scaled);
    struct wg_pair above = wg_pair_add(base, wg_pair_multiply(e.scaled, w));
    struct wg_pair below = wg_pair_multiply(e.m, wg_pair_add(wg_pair_plus(1.0, w), e.scaled));
    double q =
        wg_pair_quotient(wg_pair_select(x > 0.0, above, below), wg_pair_multiply(base, base));
    return wg_scale_f64(q, x > 0.0 ? 0 : e.n);
}

/* silu: x/(1 + e^-x).
 * error    f32 at most 0.948 ULP, f64 0.75
 * special  silu(-inf) = -0, silu(inf) = inf, silu(+-0) = +-0, NaN -> NaN */
WG_INLINE float wg_silu_f32(float x) {
    float clamped = wg_at_least_f32(x, -110.0f);
    struct wg_reciprocal_f32 q = wg_logistic_reciprocal_f32(-clamped, 1.0f);
    float y = __builtin_fmaf(clamped, q.y, clamped * q.y * q.m) * WG_RECIPROCAL_POWER_F32;
    return x <= 24.0f ? y : x;
}

WG_INLINE double wg_silu_f64(double x) {
    double size = wg_abs_f64(x);
    size = size > 800.0 ? 800.0 : size;
    double y = wg_gate_f64(x, x > 0.0 ? size : -size, wg_exp_pair_f64(-size, 0.0));
    y = x > 800.0 ? x : y;
    y = x == 0.0 ? x : y;
    return x != x ? x : y;
}

/* silu' around its zero -1.2784645427610738, to 2^-27 of it, in the distance t, |t| <= 0.2657, from
 * the float nearest the zero: t c1 + (t^2 q(t) + t c1_low + c0), q of degree 5. */
#define WG_SILU_SLOPE_ZERO_F32 0x1.474974p0f

WG_INLINE float wg_silu_slope_near_zero_f32(float t) {
    float p = 0x1.9fbac2p-11f;
    p = __builtin_fmaf(p, t, 0x1.2d1196p-13f);
    p = __builtin_fmaf(p, t, -0x1.b0f47cp-8f);
    p = __builtin_fmaf(p, t, -0x1.f2d358p-7f);
    p = __builtin_fmaf(p, t, 0x1.353eb4p-6f);
    p = __builtin_fmaf(p, t, 0x1.2c5634p-3f);
    p = __builtin_fmaf(p, t, -0x1.e63df4p-30f);
    p = __builtin_fmaf(p, t, -0x1.848b9ep-29f);
    return __builtin_fmaf(t, 0x1.be1410p-3f, p);
}

/* The same in double, to 2^-60 where |t| <= 2^-4. */
WG_INLINE double wg_silu_slope_near_zero_f64(double x) {
    double distance = x + 0x1.474973c84120bp0;
    double t = distance + 0x1.f8d74bc9ac154p-54;
    double p = -0x1.8af40fd30a2bcp-19;
    p = __builtin_fma(p, t, -0x1.f2d8976600f6fp-16);
    p = __builtin_fma(p, t, -0x1.57238dca12615p-15);
    p = __builtin_fma(p, t, 0x1.8574d136d4cb4p-13);
    p = __builtin_fma(p, t, 0x1.a2a7caf0ee747p-11);
    p = __builtin_fma(p, t, 0x1.098e92b8f076dp-13);
    p = __builtin_fma(p, t, -0x1.b0f82c498fd2fp-8);
    p = __builtin_fma(p, t, -0x1.f2d0e32bc2994p-7);
    p = __builtin_fma(p, t, 0x1.353eb573ca457p-6);
    p = __builtin_fma(p, t, 0x1.2c563458cc0adp-3);
    return wg_line_through_zero(distance, -0x1.f8d74bc9ac154p-54, 0x1.be1410460527fp-3, p);
}

/* silu'.  In float, f = s (1 - a (1 - s)) with a = |x|, s = 1/(1 + e^a) = h (1 + m), is the slope
 * at -a, and 1 - f that at a: with b = 1 - a + a h, f = h b + m h (b + a h).
 * error    f32 at most 0.935 ULP, f64 1.0
 * special  -0 at -inf, 1 at inf, 0.5 at +-0, NaN -> NaN */
WG_INLINE float wg_silu_slope_f32(float x) {
    float size = wg_at_most_f32(wg_abs_f32(x), 112.0f);
    struct wg_reciprocal_f32 q = wg_logistic_reciprocal_f32(size, 1.0f);
    float h = q.y * WG_RECIPROCAL_POWER_F32;
    float line = 1.0f - size, line_lost = (1.0f - line) - size;
    float b = __builtin_fmaf(size, h, line);
    float b_lost = __builtin_fmaf(size, h, (line - b) + line_lost); /* exact for |b| >= 1/4 */
    float low = __builtin_fmaf(q.m, __builtin_fmaf(size, h, b), b_lost);
    float y = __builtin_fmaf(q.y, b, q.y * low) * WG_RECIPROCAL_POWER_F32;
    float t = x + WG_SILU_SLOPE_ZERO_F32;
    y = x > 0.0f ? 1.0f - y : y;
    y = wg_abs_f32(t) < 0.265625f ? wg_silu_slope_near_zero_f32(t) : y;
    return x != x ? x : y;
}

WG_INLINE double wg_silu_slope_f64(double x) {
    double size = wg_abs_f64(x);
    size = size > 800.0 ? 800.0 : size;
    double clamped = x > 0.0 ? size : -size;
    struct wg_pair w = {clamped, 0.0};
    double y = wg_gate_slope_f64(clamped, wg_exp_pair_f64(-size, 0.0), w);
    y = wg_abs_f64(clamped + 1.2784645427610738) < 0x1p-4 ? wg_silu_slope_near_zero_f64(clamped)
                                                          : y;
    return x != x ? x : y;
}

/* gelu in its tanh form: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))/2.  |x| is clamped to 32,
 * where e^-v is 0, so that the cube is finite; in float to 12, where double has room for e^-v of
 * either sign, so that x/(1 + e^-v) serves both.
 * error    f32 at most 0.569 ULP (all 2^32 floats), f64 0.75
 * special  -0 at -inf, inf at inf, +-0 at +-0, NaN -> NaN */
WG_INLINE float wg_gelu_tanh_f32(float x) {
    double a = (double)wg_within_f32(x, 12.0f);
    double v = a * __builtin_fma(a * a, 0x1.2444f2a4d8b4bp-4, 0x1.9884533d43651p0);
    float y = (float)((double)wg_at_least_f32(x, -12.0f) / (1.0 + wg_brief_exp(v, -1.0)));
    y = x == 0.0f ? x : y;
    return x != x ? x : y;
}

/* v = x (c1 + c3 x^2) as a pair, all constants in two parts; and x dv/dx = x (c1 + 3 c3 x^2). */
WG_INLINE struct wg_pair wg_gelu_tanh_v(double x, struct wg_pair c3) {
    const struct wg_pair c1 = {0x1.9884533d43651p0, -0x1.cbc0d30ebfd15p-54};
    struct wg_pair cubic = wg_pair_multiply(wg_pair_product(x, x), c3);
    return wg_pair_times(x, wg_pair_add(c1, cubic));
}

WG_INLINE struct wg_exp_pair_f64 wg_gelu_tanh_exp(double size) {
    const struct wg_pair c3 = {0x1.2444f2a4d8b4bp-4, -0x1.6c843a29d1c7p-61};
    struct wg_pair v = wg_gelu_tanh_v(size, c3);
    int far = v.hi > 1400.0;
    return wg_exp_pair_f64(far ? -1400.0 : -v.hi, far ? 0.0 : -v.lo);
}

WG_INLINE double wg_gelu_tanh_f64(double x) {
    double size = wg_abs_f64(x);
    size = size > 32.0 ? 32.0 : size;
    double y = wg_gate_f64(x, x > 0.0 ? size : -size, wg_gelu_tanh_exp(size));
    y = x > 32.0 ? x : y;
    y = x == 0.0 ? x : y;
    return x != x ? x : y;
}

/* Its slope around the slope's zero -0.75246142207101626: to 2^-40 of it where |t| <= 2^-5. */
WG_INLINE double wg_gelu_tanh_slope_near_zero_f32(double x) {
    double t = (x + 0x1.81429f9e97e4dp-1) - 0x1.4f523ed77dbdcp-55;
    double p = 0x1.58c9ed713486cp-8;
    p = __builtin_fma(p, t, 0x1.427996dc249cep-6);
    p = __builtin_fma(p, t, -0x1.104a83edc0ddcp-6);
    p = __builtin_fma(p, t, -0x1.d2b77346470abp-4);
    p = __builtin_fma(p, t, -0x1.029615edb077ap-6);
    p = __builtin_fma(p, t, 0x1.8cd1a2b2fff33p-2);
    p = __builtin_fma(p, t, 0x1.b8bacd2c96b91p-2);
    return t * p;
}

/* The same, to 2^-60 where |t| <= 2^-4. */
WG_INLINE double wg_gelu_tanh_slope_near_zero_f64(double x) {
    double distance = x + 0x1.81429f9e97e4dp-1;
    double t = distance - 0x1.4f523ed77dbdcp-55;
    double p = -0x1.0b9c949575db9p-16;
    p = __builtin_fma(p, t, -0x1.253bce9ecae48p-15);
    p = __builtin_fma(p, t, 0x1.04936f0ef73dbp-13);
    p = __builtin_fma(p, t, 0x1.14bf895a69517p-12);
    p = __builtin_fma(p, t, -0x1.e63f294331885p-11);
    p = __builtin_fma(p, t, -0x1.3d8d64170bb72p-9);
    p = __builtin_fma(p, t, 0x1.58c9ed713486cp-8);
    p = __builtin_fma(p, t, 0x1.427996dc249cep-6);
    p = __builtin_fma(p, t, -0x1.104a83edc0ddcp-6);
    p = __builtin_fma(p, t, -0x1.d2b77346470abp-4);
    p = __builtin_fma(p, t, -0x1.029615edb077ap-6);
    p = __builtin_fma(p, t, 0x1.8cd1a2b2fff33p-2);
    return wg_line_through_zero(distance, 0x1.4f523ed77dbdcp-55, 0x1.b8bacd2c96b91p-2, p);
}

/* The slope of the tanh form.
 * error    f32 at most 0.501 ULP, f64 1.0
 * special  -0 at -inf, 1 at inf, 0.5 at +-0, NaN -> NaN */
WG_INLINE float wg_gelu_tanh_slope_f32(float x) {
    double a = (double)wg_within_f32(x, 12.0f), square = a * a;
    double v = a * __builtin_fma(square, 0x1.2444f2a4d8b4bp-4, 0x1.9884533d43651p0);
    double w = a * __builtin_fma(square, 0x1.b6676bf7450fp-3, 0x1.9884533d43651p0);
    double e = wg_short_exp(-v);
    double base = 1.0 + e;
    double y = __builtin_fma(e, w, base) / (base * base);
    y = wg_abs_f64(a + 0.75246142207101626) < 0x1p-5 ? wg_gelu_tanh_slope_near_zero_f32(a) : y;
    return x != x ? x : (float)y;
}

WG_INLINE double wg_gelu_tanh_slope_f64(double x) {
    const struct wg_pair three_c3 = {0x1.b6676bf7450fp-3, 0x1.bba7351828aabp-57};
    double size = wg_abs_f64(x);
    size = size > 32.0 ? 32.0 : size;
    double clamped = x > 0.0 ? size : -size;
    struct wg_pair w = wg_gelu_tanh_v(clamped, three_c3);
    double y = wg_gate_slope_f64(clamped, wg_gelu_tanh_exp(size), w);
    y = wg_abs_f64(clamped + 0.75246142207101626) < 0x1p-4
            ? wg_gelu_tanh_slope_near_zero_f64(clamped)
            : y;
    return x != x ? x : y;
}

#endif
