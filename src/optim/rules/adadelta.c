/* Adadelta: Zeiler, arXiv:1212.5701, 2012. */
#include "optim/rule.h"

struct adadelta_scalars {
    double rate, rho, rest, epsilon;
};

#ifdef WG_UPDATE_PASS

UPDATE(adadelta) {
    const struct adadelta_scalars *s = part->scalars;
    const real rate = (real)s->rate, rho = (real)s->rho, rest = (real)s->rest,
               epsilon = (real)s->epsilon;
    real *restrict w = part->w, *restrict a = part->state[0], *restrict d = part->state[1];
    const real *restrict g = part->g;
    for (int64_t i = 0; i < part->n; i++) {
        a[i] = rho * a[i] + rest * (g[i] * g[i]);
        const real delta = SQRT(d[i] + epsilon) / SQRT(a[i] + epsilon) * g[i];
        d[i] = rho * d[i] + rest * (delta * delta);
        w[i] -= rate * delta;
    }
}

#else

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_adadelta_options *o = options;
    (void)t;
    (void)carried;
    *(struct adadelta_scalars *)to =
        (struct adadelta_scalars){rate, o->rho, 1 - o->rho, o->epsilon};
}

WG_RULE(adadelta, struct wg_adadelta_options,
        .option = {WG_OPTION(struct wg_adadelta_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_adadelta_options, rho, WG_RANGE_BELOW_ONE, 0.95),
                   WG_OPTION(struct wg_adadelta_options, epsilon, WG_RANGE_POSITIVE, 1e-7)},
        .state = {"accumulated_gradient", "accumulated_delta"}, .scalars = scalars);

wg_optimizer *wg_adadelta_new(wg_params *params, struct wg_adadelta_options options) {
    return wg_optimizer_new(params, &wg_rule_adadelta, &options);
}

#endif
