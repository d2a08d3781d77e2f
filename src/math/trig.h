/* trig.h: sin(pi x) and cos(pi x), for random normal numbers and the like.
 *
 * Method: a = |x| is reduced exactly to a = 2t + q/2 + f with t whole, q in -2..2 and |f| <= 1/4,
 * then sine or cosine of pi f, with pi f and 1 - (pi f)^2/2 in two floats.
 */
#ifndef WG_MATH_TRIG_H
#define WG_MATH_TRIG_H

#include "math/bits.h"

/* sin and cos of pi f, and the quadrant: pi a = pi f + quarter pi/2 (mod 2 pi), quarter in -2..2.
 */
struct wg_turn_f64 {
    double sine, cosine, quarter;
};

/* Domain: a >= 0, finite. */
WG_INLINE struct wg_turn_f64 wg_turn_f64(double a) {
    double half = 0.5 * a;
    double rounded = (half + 0x1p52) - 0x1p52;
    double whole = half < 0x1p52 ? rounded : half; /* from 2^52 on every number is whole */
    double rest = a - 2.0 * whole;
    struct wg_turn_f64 turn;
    turn.quarter = (2.0 * rest + WG_ROUND_F64) - WG_ROUND_F64;
    double f = __builtin_fma(turn.quarter, -0.5, rest);
    double z = f * f;
    /* (sin(pi f) - pi f) / f^3 in z = f^2, degree 6, z <= 0.0626; error below 2^-60 of pi f. */
    const double pi_high = 0x1.921fb54442d18p1, pi_low = 0x1.1a62633145c07p-53;
    double s = -0x1.80acce5386bdep-16;
    s = __builtin_fma(s, z, 0x1.e93102ab24a88p-12);
    s = __builtin_fma(s, z, -0x1.e3079e48a14fp-8);
    s = __builtin_fma(s, z, 0x1.507834b7bf04cp-4);
    s = __builtin_fma(s, z, -0x1.32d2cce64806fp-1);
    s = __builtin_fma(s, z, 0x1.466bc6775abc5p1);
    s = __builtin_fma(s, z, -0x1.4abbce625be53p2);
    double angle = f * pi_high;
    double angle_low = __builtin_fma(f, pi_low, __builtin_fma(f, pi_high, -angle));
    turn.sine = angle + __builtin_fma(f * z, s, angle_low);
    /* (cos(pi f) - 1 + (pi f)^2/2) / f^4 in z = f^2, degree 6; error below 2^-63. */
    const double c_high = 0x1.3bd3cc9be45dep2, c_low = 0x1.692b71366cc04p-52; /* pi^2 / 2 */
    double c = 0x1.7c654d809e135p-18;
    c = __builtin_fma(c, z, -0x1.b8105b74d5394p-14);
    c = __builtin_fma(c, z, 0x1.f9d505efd44fdp-10);
    c = __builtin_fma(c, z, -0x1.a6d1f386a9826p-6);
    c = __builtin_fma(c, z, 0x1.e1f50689a1662p-3);
    c = __builtin_fma(c, z, -0x1.55d3c7e3cc212p0);
    c = __builtin_fma(c, z, 0x1.03c1f081b5ac4p2);
    double z_low = __builtin_fma(f, f, -z);
    double drop = c_high * z;
    double drop_low = __builtin_fma(c_high, z, -drop) + __builtin_fma(c_high, z_low, c_low * z);
    double top = 1.0 - drop;
    turn.cosine = top + __builtin_fma(z * z, c, ((1.0 - top) - drop) - drop_low);
    return turn;
}

/* sin(pi x).
 * error    at most 0.68 ULP (1.4 million points), 0.98 where the result is subnormal or next to it
 * special  as IEEE 754-2019 sinPi: +-0 -> +-0, whole x -> 0 with the sign of x, inf and NaN -> NaN
 */
WG_INLINE double wg_sinpi_f64(double x) {
    struct wg_turn_f64 turn = wg_turn_f64(wg_abs_f64(x));
    double size = wg_abs_f64(turn.quarter);
    double y = size == 1.0 ? wg_copysign_f64(turn.cosine, turn.quarter) : turn.sine;
    y = size == 2.0 ? -turn.sine : y;
    y = y + 0.0; /* -0 becomes +0 */
    y = x < 0.0 ? -y : y;
    y = x == 0.0 ? x : y;
    y = wg_abs_f64(x) == WG_INF_F64 ? WG_NAN_F64 : y;
    return x != x ? x : y;
}

/* cos(pi x).
 * error    at most 0.68 ULP (1.4 million points)
 * special  as IEEE 754-2019 cosPi: +-0 -> 1, whole + 1/2 -> +0, inf and NaN -> NaN */
WG_INLINE double wg_cospi_f64(double x) {
    struct wg_turn_f64 turn = wg_turn_f64(wg_abs_f64(x));
    double size = wg_abs_f64(turn.quarter);
    double y = size == 1.0 ? -turn.quarter * turn.sine : turn.cosine;
    y = size == 2.0 ? -turn.cosine : y;
    y = y + 0.0; /* -0 becomes +0 */
    y = wg_abs_f64(x) == WG_INF_F64 ? WG_NAN_F64 : y;
    return x != x ? x : y;
}

#endif
