/* Adagrad: Duchi, Hazan, Singer, JMLR 12, 2011. */
#include "optim/rule.h"

struct adagrad_scalars {
    double rate, epsilon;
};

#ifdef WG_UPDATE_PASS

UPDATE(adagrad) {
    const struct adagrad_scalars *s = part->scalars;
    const real rate = (real)s->rate, epsilon = (real)s->epsilon;
    real *restrict w = part->w, *restrict a = part->state[0];
    const real *restrict g = part->g;
    for (int64_t i = 0; i < part->n; i++) {
        a[i] += g[i] * g[i];
        w[i] -= rate * g[i] / SQRT(a[i] + epsilon);
    }
}

#else

static double initial(const void *options, int slot) {
    (void)slot;
    return ((const struct wg_adagrad_options *)options)->initial_accumulator_value;
}

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_adagrad_options *o = options;
    (void)t;
    (void)carried;
    *(struct adagrad_scalars *)to = (struct adagrad_scalars){rate, o->epsilon};
}

WG_RULE(adagrad, struct wg_adagrad_options,
        .option = {WG_OPTION(struct wg_adagrad_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_adagrad_options, initial_accumulator_value,
                             WG_RANGE_NOT_NEGATIVE, 0.1),
                   WG_OPTION(struct wg_adagrad_options, epsilon, WG_RANGE_POSITIVE, 1e-7)},
        .state = {"accumulator"}, .initial = initial, .scalars = scalars);

wg_optimizer *wg_adagrad_new(wg_params *params, struct wg_adagrad_options options) {
    return wg_optimizer_new(params, &wg_rule_adagrad, &options);
}

#endif
