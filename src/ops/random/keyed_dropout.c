/* keyed_dropout(x, key; rate, shared)
 *
 *   y = x / (1 - rate) where kept, 0 where dropped        dx = dy / (1 - rate) where kept, else 0
 *   An element is dropped with probability `rate` (to 2^-32), by its place and the key (int32: seed
 * low, seed high, stream, position): the same key drops the same elements, forward and backward,
 * whatever runs where. All elements along the axes in `shared` share one decision, that of their
 * place in x with these axes of size 1. What is dropped is exactly 0, whatever it was, NaN and
 * infinity included; with rate 1 all is. Linear.
 */
#include "ops/random/keyed.h"

struct keyed_dropout_attributes {
    double rate;
    struct wg_list shared;
};

static inline unsigned shared_mask(const struct wg_args *args) {
    const struct keyed_dropout_attributes *a = (const void *)args->attributes;
    return a->shared.count > 0 ? wg_axes_mask(&args->x[0]->shape, &a->shared) : 0;
}

SHAPE(keyed_dropout) {
    const struct keyed_dropout_attributes *a = (const void *)args->attributes;
    enum wg_status status = wg_check_axes(self, &args->x[0]->shape, &a->shared);
    return status == WG_OK ? keyed_shape(self, args, y) : status;
}

/* Room for the decisions, where they are shared. */
SCRATCH(keyed_dropout) {
    const unsigned mask = shared_mask(args);
    const struct wg_shape decisions = wg_reduced_shape(&args->x[0]->shape, mask, false);
    return mask ? wg_shape_size(decisions) : 0;
}

#ifdef WG_KERNEL_PASS
static void dropout_chunk(const struct keyed_pass *pass, int64_t first, int64_t n) {
    uint32_t word[KEYED_CHUNK];
    const uint32_t least = pass->keep.least;
    const real share = (real)pass->a, *from = pass->from + first;
    real *to = pass->to + first;
    keyed_words(pass->key, pass->keep, first, n, word);
    INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; i++) to[i] = word[i] >= least ? from[i] / share : 0;
}

static void dropout_chunks(int64_t begin, int64_t end, const void *pass) {
    keyed_chunks(begin, end, pass, dropout_chunk);
}

/* 1 for a decision to keep, 0 for one to drop. */
static void decide(const int32_t *key, struct keeping keep, int64_t n, real *kept) {
    uint32_t word[KEYED_CHUNK];
    for (int64_t first = 0; first < n; first += KEYED_CHUNK) {
        const int64_t some = n - first < KEYED_CHUNK ? n - first : KEYED_CHUNK;
        keyed_words(key, keep, first, some, word);
        for (int64_t i = 0; i < some; i++) kept[first + i] = word[i] >= keep.least;
    }
}

static void drop(const struct wg_args *args, real *to, const real *from) {
    const struct keyed_dropout_attributes *a = (const void *)args->attributes;
    const struct wg_shape *shape = &args->x[0]->shape;
    const unsigned mask = shared_mask(args);
    const struct keyed_pass pass = {.key = args->x[1]->data,
                                    .n = args->x[0]->size,
                                    .to = to,
                                    .from = from,
                                    .keep = keeping(a->rate),
                                    .a = 1 - a->rate};
    if (pass.n == 0) return;
    if (mask == 0) {
        run_keyed(&pass, KEYED_WORK, dropout_chunks);
        return;
    }
    const real share = (real)pass.a, *kept = args->scratch;
    decide(pass.key, pass.keep, keyed_dropout_scratch(args), args->scratch);
    FOR_EACH(shape, mask, kept, to[i] = r != 0 ? from[i] / share : 0);
}

KERNEL keyed_dropout_forward(const struct wg_args *args) {
    drop(args, args->y->data, args->x[0]->data);
}

KERNEL keyed_dropout_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    drop(args, dx[0], dy);
}
#endif

KERNELS(keyed_dropout, .forward = keyed_dropout_forward, .gradient = keyed_dropout_gradient);

OPN(keyed_dropout, .inputs = {"x", "key"},
    .attributes = {{"rate", 0.5, 0, 1, WG_NUMBER, "the probability of being dropped"},
                   {.name = "shared",
                    .kind = WG_LIST,
                    .meaning =
                        "axes along which all elements share one decision; none when absent"}},
    .structure = WG_LINEAR, .integer_inputs = 2, .shape = keyed_dropout_shape,
    .scratch = keyed_dropout_scratch, KEYED_DOMAIN,
    .formula = "y = x / (1 - rate) where kept, 0 where dropped",
    .derivative = "dx = dy / (1 - rate) where kept, 0 where dropped",
    .limits = "what is dropped may be anything, NaN included; rate 1 drops all",
    .special =
        "the decision depends on the key and the element's place alone, to 2^-32 in the rate",
    .accuracy = "two roundings: of 1 - rate, and of the quotient",
    .reference =
        "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 15 (2014); Tompson et al., arXiv:1411.4280 (shared axes)",
    .cases = {"3x4 4", "2x3x5 4 rate=0.3", "2x3x3x4 4 rate=0.4 shared=1,2", "4x5 4 shared=-1",
              "4x5 4 shared=0 rate=0.25", "7 4 rate=0", "41 4 rate=0.75"})
