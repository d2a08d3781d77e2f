/* keyed_gaussian_dropout(x, key; rate)
 *
 *   y = x m        dx = dy m        m = 1 + sqrt(rate / (1 - rate)) z, z normal
 *   The multiplicative noise that has dropout's mean and variance. An element's z depends on the
 * key (int32: seed low, seed high, stream, position) and on its place alone. rate is below 1.
 * Linear.
 */
#include "ops/random/keyed.h"

#ifdef WG_KERNEL_PASS
static void gaussian_dropout_chunk(const struct keyed_pass *pass, int64_t first, int64_t n) {
    double z[KEYED_CHUNK];
    const double stddev = pass->a;
    const real *from = pass->from + first;
    real *to = pass->to + first;
    keyed_normals(pass->key, first, n, z);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++) to[i] = (real)((wide)from[i] * (1 + stddev * z[i]));
}

static void gaussian_dropout_chunks(int64_t begin, int64_t end, const void *pass) {
    keyed_chunks(begin, end, pass, gaussian_dropout_chunk);
}

static void gaussian_dropout(const struct wg_args *args, real *to, const real *from) {
    const double rate = args->attributes[0];
    const struct keyed_pass pass = {.key = args->x[1]->data,
                                    .n = args->x[0]->size,
                                    .to = to,
                                    .from = from,
                                    .a = __builtin_sqrt(rate / (1 - rate))};
    run_keyed(&pass, NORMAL_WORK, gaussian_dropout_chunks);
}

KERNEL keyed_gaussian_dropout_forward(const struct wg_args *args) {
    gaussian_dropout(args, args->y->data, args->x[0]->data);
}

KERNEL keyed_gaussian_dropout_gradient(const struct wg_args *args, const void *dy,
                                       void *const *dx) {
    gaussian_dropout(args, dx[0], dy);
}
#endif

KERNELS(keyed_gaussian_dropout, .forward = keyed_gaussian_dropout_forward,
        .gradient = keyed_gaussian_dropout_gradient);

OPN(keyed_gaussian_dropout, .inputs = {"x", "key"},
    .attributes = {{"rate", 0.5, 0, 1, WG_NUMBER,
                    "that of the dropout whose variance the noise has; below 1"}},
    .structure = WG_LINEAR, .integer_inputs = 2, .shape = keyed_below_one_shape, KEYED_DOMAIN,
    .formula = "y = x (1 + sqrt(rate / (1 - rate)) z), z normal by key and place",
    .derivative = "dx = dy (1 + sqrt(rate / (1 - rate)) z)", .limits = "rate 0: x itself",
    .reference = "Srivastava et al., JMLR 15 (2014), section 10; Keras 3, layers.GaussianDropout",
    .cases = {"3x4 4", "2x3x5 4 rate=0.3", "7 4 rate=0", "41 4 rate=0.75"})
