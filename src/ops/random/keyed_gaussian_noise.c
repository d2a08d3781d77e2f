/* keyed_gaussian_noise(x, key; stddev)
 *
 *   y = x + stddev z, z normal        dx = dy
 *   An element's z depends on the key (int32: seed low, seed high, stream, position) and on its
 * place alone.
 */
#include "ops/random/keyed.h"

#ifdef WG_KERNEL_PASS
static void noise_chunk(const struct keyed_pass *pass, int64_t first, int64_t n) {
    double z[KEYED_CHUNK];
    const double stddev = pass->a;
    const real *from = pass->from + first;
    real *to = pass->to + first;
    keyed_normals(pass->key, first, n, z);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++) to[i] = (real)((wide)from[i] + stddev * z[i]);
}

static void noise_chunks(int64_t begin, int64_t end, const void *pass) {
    keyed_chunks(begin, end, pass, noise_chunk);
}

KERNEL keyed_gaussian_noise_forward(const struct wg_args *args) {
    const struct keyed_pass pass = {.key = args->x[1]->data,
                                    .n = args->x[0]->size,
                                    .to = args->y->data,
                                    .from = args->x[0]->data,
                                    .a = args->attributes[0]};
    run_keyed(&pass, NORMAL_WORK, noise_chunks);
}

KERNEL keyed_gaussian_noise_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    memcpy(dx[0], dy, (size_t)args->x[0]->size * sizeof(real));
}

KERNEL keyed_gaussian_noise_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    memcpy(ty, tx[0], (size_t)args->x[0]->size * sizeof(real));
}
#endif

KERNELS(keyed_gaussian_noise, .forward = keyed_gaussian_noise_forward,
        .gradient = keyed_gaussian_noise_gradient, .tangent = keyed_gaussian_noise_tangent);

OPN(keyed_gaussian_noise, .inputs = {"x", "key"},
    .attributes = {{"stddev", 1, 0, 0x1.fffffep127, WG_NUMBER,
                    "the noise's standard deviation; the largest float at most"}},
    .integer_inputs = 2, .shape = keyed_shape, KEYED_DOMAIN,
    .formula = "y = x + stddev z, z normal by key and place", .derivative = "dx = dy",
    .limits = "stddev 0: x itself", .reference = "Keras 3, layers.GaussianNoise",
    .cases = {"3x4 4", "2x3x5 4 stddev=0.1", "7 4 stddev=0", "41 4 stddev=3"})
