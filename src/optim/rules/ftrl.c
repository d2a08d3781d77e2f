/* Follow the regularized leader: McMahan et al., "Ad click prediction", KDD 2013, algorithm 1. */
#include "optim/rule.h"

struct ftrl_scalars {
    double rate, power; /* power = -learning_rate_power */
    double l1, twice_l2, twice_shrinkage;
};

#ifdef WG_UPDATE_PASS

/* One element, given both accumulators' powers. */
static inline void ftrl_element(real *w, real *z, real g, real before, real after, real rate,
                                real l1, real twice_l2, real twice_shrinkage) {
    *z += g + twice_shrinkage * *w - (after - before) / rate * *w;
    const real quadratic = after / rate + twice_l2;
    const real above = *z > l1 ? l1 : *z, clamped = above < -l1 ? -l1 : above;
    *w = quadratic == 0 ? *w : (clamped - *z) / quadratic;
}

UPDATE(ftrl) {
    const struct ftrl_scalars *s = part->scalars;
    const real rate = (real)s->rate, power = (real)s->power, l1 = (real)s->l1,
               twice_l2 = (real)s->twice_l2, twice_shrinkage = (real)s->twice_shrinkage;
    real *restrict w = part->w, *restrict n = part->state[0], *restrict z = part->state[1];
    const real *restrict g = part->g;
    if (rate == 0) return;
    if (s->power == 0.5) {
        for (int64_t i = 0; i < part->n; i++) {
            const real sum = n[i] + g[i] * g[i];
            ftrl_element(&w[i], &z[i], g[i], SQRT(n[i]), SQRT(sum), rate, l1, twice_l2,
                         twice_shrinkage);
            n[i] = sum;
        }
    } else {
        for (int64_t i = 0; i < part->n; i++) {
            const real sum = n[i] + g[i] * g[i];
            ftrl_element(&w[i], &z[i], g[i], POW(n[i], power), POW(sum, power), rate, l1, twice_l2,
                         twice_shrinkage);
            n[i] = sum;
        }
    }
}

#else

static double initial(const void *options, int slot) {
    return slot == 0 ? ((const struct wg_ftrl_options *)options)->initial_accumulator_value : 0;
}

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_ftrl_options *o = options;
    (void)t;
    (void)carried;
    *(struct ftrl_scalars *)to = (struct ftrl_scalars){
        .rate = rate,
        .power = -o->learning_rate_power,
        .l1 = o->l1_regularization_strength,
        .twice_l2 = 2 * o->l2_regularization_strength + (rate > 0 ? o->beta / rate : 0),
        .twice_shrinkage = 2 * o->l2_shrinkage_regularization_strength};
}

#define OWN(member, range, fallback) WG_OPTION(struct wg_ftrl_options, member, range, fallback)

WG_RULE(ftrl, struct wg_ftrl_options,
        .option = {OWN(learning_rate, WG_RANGE_POSITIVE, 0.001),
                   OWN(learning_rate_power, WG_RANGE_NOT_POSITIVE, -0.5),
                   OWN(initial_accumulator_value, WG_RANGE_NOT_NEGATIVE, 0.1),
                   OWN(l1_regularization_strength, WG_RANGE_NOT_NEGATIVE, 0),
                   OWN(l2_regularization_strength, WG_RANGE_NOT_NEGATIVE, 0),
                   OWN(l2_shrinkage_regularization_strength, WG_RANGE_NOT_NEGATIVE, 0),
                   OWN(beta, WG_RANGE_NOT_NEGATIVE, 0)},
        .state = {"accumulator", "linear"}, .initial = initial, .scalars = scalars);

wg_optimizer *wg_ftrl_new(wg_params *params, struct wg_ftrl_options options) {
    return wg_optimizer_new(params, &wg_rule_ftrl, &options);
}

#endif
