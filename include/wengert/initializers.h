/* Initial values of parameters, by name or by function.
 *
 *     wg_param_initialize(params, w, "he_normal", seed);
 *     wg_param_initialize(params, b, "constant value=0.25", seed);
 *
 * Names, attributes and defaults are those of Keras 3:
 *     zeros (zero)  ones (one)  constant value=0  identity gain=1
 *     random_normal (normal) mean=0 stddev=0.05     random_uniform (uniform) minval=-0.05
 * maxval=0.05 truncated_normal mean=0 stddev=0.05           orthogonal gain=1 variance_scaling
 * scale=1 mode=fan_in distribution=truncated_normal input_axes= output_axes= glorot_normal
 * glorot_uniform  he_normal  he_uniform  lecun_normal  lecun_uniform The last six are
 * variance_scaling with scale and mode 1 fan_avg, 2 fan_in, 1 fan_in; they take input_axes and
 * output_axes too.
 *
 * Draws are a function of (seed, number of the parameter), computed in double and rounded once to
 * the set's dtype: the same bits on every machine, and for f32 and f64 the same numbers up to
 * that rounding.
 *
 * Errors (WG_ERROR_ARGUMENT, but for shapes WG_ERROR_SHAPE; the values stay as they were): no such
 * parameter or initializer (the text names those that resemble it), an attribute that it does not
 * have, a value that is out of range. Magnitudes go up to 1e30, within float's range.
 */
#ifndef WENGERT_INITIALIZERS_H
#define WENGERT_INITIALIZERS_H

#include "wengert/params.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Sets parameter i as the text says: a name, then attributes that are not to have their defaults.
 */
enum wg_status wg_param_initialize(wg_params *params, int i, const char *text, uint64_t seed);

/* The i-th initializer's name, in the order above; NULL, with no error set, past the last. */
const char *wg_initializer_name(int i);

/* ------------------------------------------------------------------------------------------------
 * By function; constants and uniform draws: wg_param_fill, wg_param_uniform (params.h) */

/* Draws from the normal distribution; truncated: draws beyond two of its standard deviations from
 * the mean are thrown away and drawn again, so that the result's is 0.87962566 stddev. stddev >= 0.
 */
enum wg_status wg_param_normal(wg_params *params, int i, double mean, double stddev, uint64_t seed);
enum wg_status wg_param_truncated_normal(wg_params *params, int i, double mean, double stddev,
                                         uint64_t seed);

/* How many inputs a unit sums and how many units an input goes to, for parameters of a shape:
 *     ()  1, 1     (n)  n, n     (inputs, outputs)
 *     (..., inputs, outputs)  a convolution's kernel, both times its receptive field
 * or, with axes given, the products of the dimensions along the input and the output axes, both
 * times those along none of them. Axes: count 0 for both or for neither; negative ones count from
 * the end. Errors (WG_ERROR_SHAPE; both fans 0): a shape or axes out of range, an axis listed
 * twice, one list without the other. */
struct wg_fans {
    double in, out;
};
struct wg_fans wg_fans_of(struct wg_shape shape, struct wg_axes input, struct wg_axes output);

enum wg_fan_mode { WG_FAN_IN, WG_FAN_OUT, WG_FAN_AVERAGE };
enum wg_fan_distribution {
    WG_DRAW_TRUNCATED_NORMAL,
    WG_DRAW_UNTRUNCATED_NORMAL,
    WG_DRAW_UNIFORM,
};

/* Draws with mean 0 and variance scale / max(1, fan), whatever the distribution: that of the
 * truncated normal is meant after truncation. Zero means the default: scale 1, fan_in, truncated
 * normal, fans by the shape alone. scale > 0.
 * Sources: LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998 (scale 1, fan_in); Glorot and
 * Bengio, AISTATS 2010 (1, average); He, Zhang, Ren and Sun, arXiv:1502.01852 (2, fan_in). */
struct wg_variance_scaling {
    double scale;
    enum wg_fan_mode mode;
    enum wg_fan_distribution distribution;
    struct wg_axes input_axes, output_axes;
};
enum wg_status wg_param_variance_scaling(wg_params *params, int i,
                                         struct wg_variance_scaling scaling, uint64_t seed);

/* gain times a matrix with orthonormal columns (rows, where there are fewer of them), uniform over
 * all such matrices: the Q, with positive diag R, of a matrix of normal deviates. A shape (..., n)
 * counts as a matrix of n columns; rank 2 or more. Takes 8 bytes an element, and time proportional
 * to rows * columns * the smaller of both. Also: WG_ERROR_MEMORY.
 * Sources: Saxe, McClelland and Ganguli, arXiv:1312.6120; Mezzadri, arXiv:math-ph/0609050. */
enum wg_status wg_param_orthogonal(wg_params *params, int i, double gain, uint64_t seed);

/* gain where row and column are the same, else 0; for matrices, square or not. */
enum wg_status wg_param_identity(wg_params *params, int i, double gain);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
