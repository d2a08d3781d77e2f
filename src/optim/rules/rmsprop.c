/* RMSprop: Tieleman, Hinton, Coursera lecture 6.5, 2012; centered: Graves, arXiv:1308.0850, 2013.
 */
#include "optim/rule.h"

struct rmsprop_scalars {
    double rate, rho, rest, momentum, epsilon;
};

#ifdef WG_UPDATE_PASS

UPDATE(rmsprop) {
    const struct rmsprop_scalars *s = part->scalars;
    const real rate = (real)s->rate, rho = (real)s->rho, rest = (real)s->rest,
               momentum = (real)s->momentum, epsilon = (real)s->epsilon;
    real *restrict w = part->w, *restrict v = part->state[0], *restrict m = part->state[1],
                   *restrict a = part->state[2];
    const real *restrict g = part->g;
    enum { BLOCK = 256 };
    for (int64_t start = 0; start < part->n; start += BLOCK) {
        const int64_t end = part->n - start < BLOCK ? part->n : start + BLOCK;
        real step[BLOCK];
        for (int64_t i = start; i < end; i++) {
            v[i] = rho * v[i] + rest * (g[i] * g[i]);
            step[i - start] = v[i];
        }
        for (int64_t i = start; a && i < end; i++) {
            a[i] = rho * a[i] + rest * g[i];
            const real variance = v[i] - a[i] * a[i];
            step[i - start] = variance < 0 ? 0 : variance;
        }
        for (int64_t i = start; i < end; i++)
            step[i - start] = rate * g[i] / SQRT(step[i - start] + epsilon);
        for (int64_t i = start; m && i < end; i++) {
            m[i] = momentum * m[i] + step[i - start];
            step[i - start] = m[i];
        }
        for (int64_t i = start; i < end; i++) w[i] -= step[i - start];
    }
}

#else

static unsigned kept(const void *options) {
    const struct wg_rmsprop_options *o = options;
    return 1u | (o->momentum != 0 ? 2u : 0) | (o->centered ? 4u : 0);
}

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_rmsprop_options *o = options;
    (void)t;
    (void)carried;
    *(struct rmsprop_scalars *)to =
        (struct rmsprop_scalars){rate, o->rho, 1 - o->rho, o->momentum, o->epsilon};
}

WG_RULE(rmsprop, struct wg_rmsprop_options,
        .option = {WG_OPTION(struct wg_rmsprop_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_rmsprop_options, rho, WG_RANGE_BELOW_ONE, 0.9),
                   WG_OPTION(struct wg_rmsprop_options, momentum, WG_RANGE_UNIT, 0),
                   WG_OPTION(struct wg_rmsprop_options, epsilon, WG_RANGE_POSITIVE, 1e-7),
                   WG_OPTION(struct wg_rmsprop_options, centered, WG_RANGE_FLAG, 0)},
        .state = {"velocity", "momentum", "average_gradient"}, .kept = kept, .scalars = scalars);

wg_optimizer *wg_rmsprop_new(wg_params *params, struct wg_rmsprop_options options) {
    return wg_optimizer_new(params, &wg_rule_rmsprop, &options);
}

#endif
