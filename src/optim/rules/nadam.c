/* Nadam: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016. */
#include "optim/rule.h"

struct nadam_scalars {
    double rate, new_1, new_2, epsilon;
    double of_m, of_g, of_v; /* what the look-ahead takes of each, corrected */
};

#ifdef WG_UPDATE_PASS

UPDATE(nadam) {
    const struct nadam_scalars *s = part->scalars;
    const real rate = (real)s->rate, new_1 = (real)s->new_1, new_2 = (real)s->new_2,
               epsilon = (real)s->epsilon, of_m = (real)s->of_m, of_g = (real)s->of_g,
               of_v = (real)s->of_v;
    real *restrict w = part->w, *restrict m = part->state[0], *restrict v = part->state[1];
    const real *restrict g = part->g;
    for (int64_t i = 0; i < part->n; i++) {
        m[i] += (g[i] - m[i]) * new_1;
        v[i] += (g[i] * g[i] - v[i]) * new_2;
        const real ahead = of_m * m[i] + of_g * g[i];
        w[i] -= ahead * rate / (SQRT(of_v * v[i]) + epsilon);
    }
}

#else

static double schedule(double beta_1, double t) { return beta_1 * (1 - 0.5 * wg_power(0.96, t)); }

static double carry(const void *options, int64_t t, double carried) {
    return carried * schedule(((const struct wg_nadam_options *)options)->beta_1, (double)t);
}

static void scalars(const void *options, int64_t t_, double carried, double rate, void *to) {
    const struct wg_nadam_options *o = options;
    const double t = (double)t_, u = schedule(o->beta_1, t), next = schedule(o->beta_1, t + 1);
    *(struct nadam_scalars *)to = (struct nadam_scalars){.rate = rate,
                                                         .new_1 = 1 - o->beta_1,
                                                         .new_2 = 1 - o->beta_2,
                                                         .epsilon = o->epsilon,
                                                         .of_m = next / (1 - carried * u * next),
                                                         .of_g = (1 - u) / (1 - carried * u),
                                                         .of_v = 1 / (1 - wg_power(o->beta_2, t))};
}

WG_RULE(nadam, struct wg_nadam_options,
        .option = {WG_OPTION(struct wg_nadam_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_nadam_options, beta_1, WG_RANGE_BELOW_ONE, 0.9),
                   WG_OPTION(struct wg_nadam_options, beta_2, WG_RANGE_BELOW_ONE, 0.999),
                   WG_OPTION(struct wg_nadam_options, epsilon, WG_RANGE_POSITIVE, 1e-7)},
        .state = {"momentum", "velocity"}, .carry = carry, .scalars = scalars);

wg_optimizer *wg_nadam_new(wg_params *params, struct wg_nadam_options options) {
    return wg_optimizer_new(params, &wg_rule_nadam, &options);
}

#endif
