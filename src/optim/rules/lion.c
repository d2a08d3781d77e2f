/* Lion: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023. */
#include "optim/rule.h"

struct lion_scalars {
    double rate, beta_1, new_1, beta_2, new_2;
};

#ifdef WG_UPDATE_PASS

UPDATE(lion) {
    const struct lion_scalars *s = part->scalars;
    const real rate = (real)s->rate, beta_1 = (real)s->beta_1, new_1 = (real)s->new_1,
               beta_2 = (real)s->beta_2, new_2 = (real)s->new_2;
    real *restrict w = part->w, *restrict m = part->state[0];
    const real *restrict g = part->g;
    for (int64_t i = 0; i < part->n; i++) {
        const real c = beta_1 * m[i] + new_1 * g[i];
        const real negative = c < 0 ? -rate : rate * c; /* 0 and NaN as they are */
        w[i] -= c > 0 ? rate : negative;
        m[i] = beta_2 * m[i] + new_2 * g[i];
    }
}

#else

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_lion_options *o = options;
    (void)t;
    (void)carried;
    *(struct lion_scalars *)to =
        (struct lion_scalars){rate, o->beta_1, 1 - o->beta_1, o->beta_2, 1 - o->beta_2};
}

WG_RULE(lion, struct wg_lion_options,
        .option = {WG_OPTION(struct wg_lion_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_lion_options, beta_1, WG_RANGE_ABOVE_ZERO, 0.9),
                   WG_OPTION(struct wg_lion_options, beta_2, WG_RANGE_BELOW_ONE, 0.99)},
        .state = {"momentum"}, .scalars = scalars);

wg_optimizer *wg_lion_new(wg_params *params, struct wg_lion_options options) {
    return wg_optimizer_new(params, &wg_rule_lion, &options);
}

#endif
