/* Parameters: what training changes.
 *
 * A set holds all parameters of a model in flat arrays, one for the values and one for the
 * gradients, so that an optimizer, a fingerprint or a checkpoint is one loop. Add them all, set
 * their initial values, then use them on tapes; from the first use on the set is sealed and takes
 * no more.
 */
#ifndef WENGERT_PARAMS_H
#define WENGERT_PARAMS_H

#include "wengert/tape.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_params wg_params;

/* An empty set; dtype f32 or f64. NULL, with the error set, on a wrong dtype or when memory is out.
 */
wg_params *wg_params_new(enum wg_dtype dtype);
void wg_params_free(wg_params *params);

/* Adds a parameter of zeros and returns its number, counted from 0; -1, with the error set, for an
 * empty or taken name, a bad shape, a sealed set. */
int wg_params_add(wg_params *params, const char *name, struct wg_shape shape);

/* The number of parameters; of all their elements together; the number of the one named so, -1 (no
 * error set) for none. */
int wg_params_count(const wg_params *params);
int64_t wg_params_elements(const wg_params *params);
int wg_params_find(const wg_params *params, const char *name);

/* Name (NULL on error), value and gradient of parameter i (data NULL on error). Values may be
 * written. Pointers hold until the next wg_params_add. */
const char *wg_param_name(const wg_params *params, int i);
struct wg_tensor wg_param_value(const wg_params *params, int i);
struct wg_tensor wg_param_gradient(const wg_params *params, int i);

/* Sets all elements of parameter i to value; or draws them from uniform [min, max), from the stream
 * i of seed. More initial values: initializers.h. */
enum wg_status wg_param_fill(wg_params *params, int i, double value);
enum wg_status wg_param_uniform(wg_params *params, int i, double min, double max, uint64_t seed);

/* Glorot and Bengio's uniform initializer (AISTATS 2010): limits -+ sqrt(6 / (fan_in + fan_out)),
 * for a matrix (fan_in, fan_out). */
enum wg_status wg_param_glorot_uniform(wg_params *params, int i, uint64_t seed);

/* Parameter i as a leaf of a tape: its value and gradient stay in the set. Seals the set. The set
 * must outlive the tape's use of it. */
wg_var wg_parameter(wg_tape *tape, wg_params *params, int i);

/* wg_backward adds to parameters' gradients; this makes them zero again. */
enum wg_status wg_zero_gradients(wg_params *params);

/* The shape of PReLU's alpha for inputs of `input` (batch first), by Keras's rule: input without
 * the batch, with 1 along the shared axes (counted with the batch as 0, so from 1 on; here a count
 * of 0 means none). Rank 0 with the error set for an axis out of range or an input without batch.
 */
struct wg_shape wg_prelu_alpha_shape(struct wg_shape input, struct wg_axes shared);

/* XXH3-128 over the parameters in order: name, dtype, shape, and the values' bytes, all
 * little-endian; every NaN counts as one. As 32 hexadecimal digits. */
struct wg_fingerprint {
    char hex[33];
};
struct wg_fingerprint wg_params_fingerprint(const wg_params *params);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
