/* Adamax: Kingma, Ba, ICLR 2015, section 7.1. */
#include "optim/rule.h"

struct adamax_scalars {
    double rate, new_1, beta_2, epsilon;
};

#ifdef WG_UPDATE_PASS

UPDATE(adamax) {
    const struct adamax_scalars *s = part->scalars;
    const real rate = (real)s->rate, new_1 = (real)s->new_1, beta_2 = (real)s->beta_2,
               epsilon = (real)s->epsilon;
    real *restrict w = part->w, *restrict m = part->state[0], *restrict u = part->state[1];
    const real *restrict g = part->g;
    for (int64_t i = 0; i < part->n; i++) {
        m[i] += (g[i] - m[i]) * new_1;
        const real kept = beta_2 * u[i], size = ABS(g[i]);
        u[i] = kept > size ? kept : size;
        w[i] -= m[i] * rate / (u[i] + epsilon);
    }
}

#else

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_adamax_options *o = options;
    (void)carried;
    *(struct adamax_scalars *)to = (struct adamax_scalars){
        rate / (1 - wg_power(o->beta_1, (double)t)), 1 - o->beta_1, o->beta_2, o->epsilon};
}

WG_RULE(adamax, struct wg_adamax_options,
        .option = {WG_OPTION(struct wg_adamax_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_adamax_options, beta_1, WG_RANGE_BELOW_ONE, 0.9),
                   WG_OPTION(struct wg_adamax_options, beta_2, WG_RANGE_BELOW_ONE, 0.999),
                   WG_OPTION(struct wg_adamax_options, epsilon, WG_RANGE_POSITIVE, 1e-7)},
        .state = {"momentum", "norm"}, .scalars = scalars);

wg_optimizer *wg_adamax_new(wg_params *params, struct wg_adamax_options options) {
    return wg_optimizer_new(params, &wg_rule_adamax, &options);
}

#endif
