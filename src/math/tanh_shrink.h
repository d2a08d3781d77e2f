/* tanh_shrink.h: x - tanh x, and its slope tanh^2 x.
 *
 * Near 0 the difference cancels to x^3/3, so there x^3 P(x^2) stands in.
 */
#ifndef WG_MATH_TANH_SHRINK_H
#define WG_MATH_TANH_SHRINK_H

#include "math/bits.h"
#include "math/exp_pair.h"
#include "math/short.h"

/* x - tanh x.
 * error    f32 at most 0.503 ULP, f64 1.2
 * special  -+inf at -+inf, +-0 at +-0, NaN -> NaN */
WG_INLINE float wg_tanh_shrink_f32(float x) {
    double size = wg_abs_f64((double)x), square = size * size;
    /* (x - tanh x)/x^3 in x^2, degree 6, |x| <= 0.6, relative error 2^-32. */
    double p = 0x1.d013a9b6718f8p-11;
    p = __builtin_fma(p, square, -0x1.b482c77988709p-9);
    p = __builtin_fma(p, square, 0x1.205f20fbe5885p-7);
    p = __builtin_fma(p, square, -0x1.662e14995fe84p-6);
    p = __builtin_fma(p, square, 0x1.ba1a9fb21bc21p-5);
    p = __builtin_fma(p, square, -0x1.11110f96271bdp-3);
    p = __builtin_fma(p, square, 0x1.555555549e7f4p-2);
    double far = size - wg_short_tanh_size(size > 100.0 ? 100.0 : size);
    float y = (float)wg_copysign_f64(size < 0.6 ? size * square * p : far, (double)x);
    return x != x ? x : y;
}

/* tanh |x| as a pair. */
WG_INLINE struct wg_pair wg_tanh_pair_f64(double x) {
    double size = wg_abs_f64(x);
    struct wg_half_expm1_f64 h = wg_half_expm1_f64(size > 20.0 ? 40.0 : 2.0 * size, 0.0);
    struct wg_pair t = {h.hi, h.lo};
    struct wg_pair sum = wg_pair_plus(1.0, t);
    struct wg_pair y = wg_pair_divide(t, sum, 1.0 / sum.hi);
    return wg_pair_select(size < 0x1p-28, (struct wg_pair){size, 0.0}, y);
}

WG_INLINE double wg_tanh_shrink_f64(double x) {
    double size = wg_abs_f64(x), square = size * size;
    /* (x - tanh x)/x^3 in x^2, degree 14, |x| <= 0.7, relative error 2^-58. */
    double p = 0x1.1431580940c0fp-22;
    p = __builtin_fma(p, square, -0x1.ad4cdee7e7131p-20);
    p = __builtin_fma(p, square, 0x1.760ce5f2893b6p-18);
    p = __builtin_fma(p, square, -0x1.02206023cd94fp-16);
    p = __builtin_fma(p, square, 0x1.4789b9e81056dp-15);
    p = __builtin_fma(p, square, -0x1.962ed5f00ecc9p-14);
    p = __builtin_fma(p, square, 0x1.f5744ff9ac3b8p-13);
    p = __builtin_fma(p, square, -0x1.3557c2b4cb53bp-11);
    p = __builtin_fma(p, square, 0x1.7da35e874d416p-10);
    p = __builtin_fma(p, square, -0x1.d6d3d0a4ddda1p-9);
    p = __builtin_fma(p, square, 0x1.226e355d9d9bfp-7);
    p = __builtin_fma(p, square, -0x1.664f4882bdbc4p-6);
    p = __builtin_fma(p, square, 0x1.ba1ba1ba1b9a9p-5);
    p = __builtin_fma(p, square, -0x1.1111111111111p-3);
    struct wg_pair near =
        wg_pair_sum_ordered(0x1.5555555555555p-2, 0x1.553959625af5cp-56 + square * p);
    struct wg_pair cube = wg_pair_times(size, wg_pair_product(size, size));
    near = wg_pair_multiply(near, cube);
    struct wg_pair tanh = wg_tanh_pair_f64(x);
    struct wg_pair far = wg_pair_sum(size, -tanh.hi);
    double y = wg_copysign_f64(size < 0.7 ? near.hi : far.hi + (far.lo - tanh.lo), x);
    y = size > 0x1p60 ? x : y;
    return x != x ? x : y;
}

/* tanh^2 x.
 * error    f32 at most 0.501 ULP, f64 1.1
 * special  0 at +-0, 1 at +-inf, NaN -> NaN */
WG_INLINE float wg_tanh_shrink_slope_f32(float x) {
    double y = wg_short_tanh_size((double)wg_at_most_f32(wg_abs_f32(x), 100.0f));
    return x != x ? x : (float)(y * y);
}

WG_INLINE double wg_tanh_shrink_slope_f64(double x) {
    struct wg_pair y = wg_tanh_pair_f64(x);
    double square = __builtin_fma(y.hi, y.hi, 2.0 * y.hi * y.lo);
    return x != x ? x : square;
}

#endif
