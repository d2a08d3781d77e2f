/* keyed_alpha_dropout(x, key; rate)
 *
 *   y = a x + b where kept, a p + b where dropped        dx = a dy where kept, else 0
 *   p = -alpha scale of selu, a = 1 / sqrt((1 - rate) (1 + rate p^2)), b = -a p rate
 *   What was dropped becomes selu's least value, and all is scaled and shifted so that a mean of 0
 * and a variance of 1 stay what they are. Elements are dropped as by keyed_dropout. Selected, not
 * multiplied by a mask: what is dropped may be NaN or infinite. rate is below 1.
 */
#include "ops/random/keyed.h"

#ifdef WG_KERNEL_PASS
/* -alpha scale, alpha = 1.6732632423543772, scale = 1.0507009873554805 */
#define ALPHA_LEAST (-1.7580993408473766)

static struct keyed_pass alpha_pass(const struct wg_args *args, real *to, const real *from) {
    const double rate = args->attributes[0], p = ALPHA_LEAST;
    const double a = 1 / __builtin_sqrt((1 - rate) * (1 + rate * (p * p))), b = -a * p * rate;
    return (struct keyed_pass){.key = args->x[1]->data,
                               .n = args->x[0]->size,
                               .to = to,
                               .from = from,
                               .keep = keeping(rate),
                               .a = a,
                               .b = b,
                               .otherwise = (real)(a * p + b)};
}

static void alpha_chunk(const struct keyed_pass *pass, int64_t first, int64_t n) {
    uint32_t word[KEYED_CHUNK];
    const uint32_t least = pass->keep.least;
    const wide a = pass->a, b = pass->b;
    const real otherwise = pass->otherwise, *from = pass->from + first;
    real *to = pass->to + first;
    keyed_words(pass->key, pass->keep, first, n, word);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++)
        to[i] = word[i] >= least ? (real)((wide)from[i] * a + b) : otherwise;
}

static void alpha_chunks(int64_t begin, int64_t end, const void *pass) {
    keyed_chunks(begin, end, pass, alpha_chunk);
}

KERNEL keyed_alpha_dropout_forward(const struct wg_args *args) {
    const struct keyed_pass pass = alpha_pass(args, args->y->data, args->x[0]->data);
    run_keyed(&pass, KEYED_WORK, alpha_chunks);
}

/* The slope times v: the same without what is constant. */
static void alpha_slope(const struct wg_args *args, real *to, const real *v) {
    struct keyed_pass pass = alpha_pass(args, to, v);
    pass.b = -0.0; /* adds nothing, to no zero's sign either */
    pass.otherwise = 0;
    run_keyed(&pass, KEYED_WORK, alpha_chunks);
}

KERNEL keyed_alpha_dropout_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    alpha_slope(args, dx[0], dy);
}

KERNEL keyed_alpha_dropout_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    alpha_slope(args, ty, tx[0]);
}
#endif

KERNELS(keyed_alpha_dropout, .forward = keyed_alpha_dropout_forward,
        .gradient = keyed_alpha_dropout_gradient, .tangent = keyed_alpha_dropout_tangent);

OPN(keyed_alpha_dropout, .inputs = {"x", "key"},
    .attributes = {{"rate", 0.5, 0, 1, WG_NUMBER, "the probability of being dropped; below 1"}},
    .integer_inputs = 2, .shape = keyed_below_one_shape, KEYED_DOMAIN,
    .formula = "y = a x + b where kept, a p + b where dropped, p = -1.7580993408473766, "
               "a = ((1 - rate) (1 + rate p^2))^(-1/2), b = -a p rate",
    .derivative = "dx = a dy where kept, 0 where dropped",
    .limits = "what is dropped may be anything, NaN included",
    .special = "keeps a mean of 0 and a variance of 1",
    .reference = "Klambauer, Unterthiner, Mayr and Hochreiter, arXiv:1706.02515; Keras 3, "
                 "layers.AlphaDropout",
    .cases = {"3x4 4", "2x3x5 4 rate=0.3", "7 4 rate=0", "41 4 rate=0.75"})
