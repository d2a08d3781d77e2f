/* What MATH(function) is in the oracle pass: the functions that src/math makes for single ops, as
 * their definitions say, in long double on libm. */
#ifndef WG_OPS_REAL_ORACLE_H
#define WG_OPS_REAL_ORACLE_H

#include <math.h>

#define ORACLE __attribute__((unused)) static inline long double

#define ORACLE_PI 3.14159265358979323846264338327950288L
#define ORACLE_SELU_ALPHA 1.67326324235437728481704299167165L
#define ORACLE_SELU_SCALE 1.05070098735548049341933498529461L

ORACLE oracle_exp_short(long double x) { return expl(x); }

ORACLE oracle_elu_tail(long double x, long double alpha) { return alpha * expm1l(x); }
ORACLE oracle_elu_tail_slope(long double x, long double alpha) { return alpha * expl(x); }
ORACLE oracle_celu_tail(long double x, long double alpha) { return alpha * expm1l(x / alpha); }
ORACLE oracle_celu_tail_slope(long double x, long double alpha) { return expl(x / alpha); }
ORACLE oracle_selu_line(long double x) { return ORACLE_SELU_SCALE * x; }
ORACLE oracle_selu_tail(long double x) { return ORACLE_SELU_SCALE * ORACLE_SELU_ALPHA * expm1l(x); }
ORACLE oracle_selu_tail_slope(long double x) {
    return ORACLE_SELU_SCALE * ORACLE_SELU_ALPHA * expl(x);
}

ORACLE oracle_softplus(long double x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }
ORACLE oracle_softsign(long double x) { return isinf(x) ? copysignl(1, x) : x / (1 + fabsl(x)); }
ORACLE oracle_softsign_slope(long double x) { return 1 / ((1 + fabsl(x)) * (1 + fabsl(x))); }

/* x logistic(v), and its derivative, w = x dv/dx */
ORACLE oracle_gate(long double x, long double v) {
    return isinf(x) ? fmaxl(x, 0) : v < 0 ? x * expl(v) / (1 + expl(v)) : x / (1 + expl(-v));
}
ORACLE oracle_gate_slope(long double v, long double w) {
    const long double e = expl(-fabsl(v)), base = 1 + e;
    return isinf(v) ? v > 0
           : v > 0  ? (base + e * w) / (base * base)
                    : e * (base + w) / (base * base);
}
ORACLE oracle_silu(long double x) { return oracle_gate(x, x); }
ORACLE oracle_silu_slope(long double x) { return oracle_gate_slope(x, x); }
ORACLE oracle_gelu_tanh(long double x) {
    return oracle_gate(x, sqrtl(8 / ORACLE_PI) * (x + 0.044715L * x * x * x));
}
ORACLE oracle_gelu_tanh_slope(long double x) {
    const long double c = sqrtl(8 / ORACLE_PI);
    return oracle_gate_slope(c * (x + 0.044715L * x * x * x), c * (x + 3 * 0.044715L * x * x * x));
}

ORACLE oracle_gelu(long double x) { return isinf(x) ? fmaxl(x, 0) : x * erfcl(-x / sqrtl(2)) / 2; }
ORACLE oracle_gelu_slope(long double x) {
    const long double density = expl(-x * x / 2) / sqrtl(2 * ORACLE_PI);
    return isinf(x) ? x > 0 : erfcl(-x / sqrtl(2)) / 2 + x * density;
}

ORACLE oracle_sixth_line(long double x) { return (x + 3) / 6; }
ORACLE oracle_fifth_line(long double x) { return (x + 2.5L) / 5; }
ORACLE oracle_sixth_curve(long double x) { return x * (x + 3) / 6; }
ORACLE oracle_sqrt_gradient(long double x, long double dy) { return dy / (2 * sqrtl(x)); }

ORACLE oracle_mish(long double x) { return isinf(x) ? fmaxl(x, 0) : x * tanhl(oracle_softplus(x)); }
ORACLE oracle_mish_slope(long double x) {
    const long double e = expl(-fabsl(x));
    const long double p = x > 0 ? 1 + 2 * e : e + 2, d = x > 0 ? p + 2 * e * e : e * p + 2;
    if (isinf(x)) return x > 0;
    return x > 0 ? (p * d + 4 * x * e * e * (1 + e)) / (d * d)
                 : e * (p * d + 4 * x * (1 + e)) / (d * d);
}

ORACLE oracle_tanh_shrink(long double x) {
    const long double z = x * x;
    /* (x - tanh x) / x^3, from the series of tanh. */
    static const long double term[] = {1.0L / 3,
                                       -2.0L / 15,
                                       17.0L / 315,
                                       -62.0L / 2835,
                                       1382.0L / 155925,
                                       -21844.0L / 6081075,
                                       929569.0L / 638512875,
                                       -6404582.0L / 10854718875,
                                       443861162.0L / 1856156927625};
    long double series = 0;
    for (int i = 8; i >= 0; i--) series = series * z + term[i];
    return fabsl(x) < 0.1L ? x * z * series : x - tanhl(x);
}
ORACLE oracle_tanh_shrink_slope(long double x) { return tanhl(x) * tanhl(x); }

/* For x < 0, the form that does not cancel. */
ORACLE oracle_squareplus(long double x, long double b) {
    const long double r = hypotl(x, sqrtl(b));
    return x < 0 ? b / (2 * (r - x)) : (x + r) / 2;
}
ORACLE oracle_squareplus_slope(long double x, long double b) {
    const long double r = hypotl(x, sqrtl(b));
    return isinf(x) ? x > 0 : x < 0 ? b / (2 * r * (r - x)) : (1 + x / r) / 2;
}

#endif
