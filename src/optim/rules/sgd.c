/* Stochastic gradient descent with momentum (Polyak 1964) and Nesterov's form (Sutskever et al.
 * 2013). */
#include "optim/rule.h"

struct sgd_scalars {
    double rate, momentum;
    bool nesterov;
};

#ifdef WG_UPDATE_PASS

UPDATE(sgd) {
    const struct sgd_scalars *s = part->scalars;
    const real rate = (real)s->rate, momentum = (real)s->momentum;
    real *restrict w = part->w, *restrict v = part->state[0];
    const real *restrict g = part->g;
    if (!v) {
        for (int64_t i = 0; i < part->n; i++) w[i] -= rate * g[i];
    } else if (s->nesterov) {
        for (int64_t i = 0; i < part->n; i++) {
            v[i] = momentum * v[i] - rate * g[i];
            w[i] += momentum * v[i] - rate * g[i];
        }
    } else {
        for (int64_t i = 0; i < part->n; i++) {
            v[i] = momentum * v[i] - rate * g[i];
            w[i] += v[i];
        }
    }
}

#else

static unsigned kept(const void *options) {
    const struct wg_sgd_options *o = options;
    return o->momentum != 0;
}

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_sgd_options *o = options;
    struct sgd_scalars *s = to;
    (void)t;
    (void)carried;
    s->rate = rate;
    s->momentum = o->momentum;
    s->nesterov = o->nesterov;
}

WG_RULE(sgd, struct wg_sgd_options,
        .option = {WG_OPTION(struct wg_sgd_options, learning_rate, WG_RANGE_POSITIVE, 0.01),
                   WG_OPTION(struct wg_sgd_options, momentum, WG_RANGE_UNIT, 0),
                   WG_OPTION(struct wg_sgd_options, nesterov, WG_RANGE_FLAG, 0)},
        .state = {"velocity"}, .kept = kept, .scalars = scalars);

wg_optimizer *wg_sgd_new(wg_params *params, struct wg_sgd_options options) {
    return wg_optimizer_new(params, &wg_rule_sgd, &options);
}

#endif
