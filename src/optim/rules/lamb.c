/* LAMB: You et al., "Large batch optimization for deep learning", ICLR 2020, algorithm 2. */
#include "optim/rule.h"

struct lamb_scalars {
    double rate, new_1, new_2, epsilon;
    double of_m, of_v; /* the corrections */
};

#ifdef WG_UPDATE_PASS

UPDATE(lamb) {
    const struct lamb_scalars *s = part->scalars;
    const real new_1 = (real)s->new_1, new_2 = (real)s->new_2, epsilon = (real)s->epsilon,
               of_m = (real)s->of_m, of_v = (real)s->of_v;
    real *restrict w = part->w, *restrict m = part->state[0], *restrict v = part->state[1];
    const real *restrict g = part->g;
    real u[SUM_BLOCK];
    double update_squares = 0;
    for (int64_t start = 0; start < part->n; start += SUM_BLOCK) {
        const int64_t count = part->n - start < SUM_BLOCK ? part->n - start : SUM_BLOCK;
        for (int64_t j = 0, i = start; j < count; j++, i++) {
            m[i] += (g[i] - m[i]) * new_1;
            v[i] += (g[i] * g[i] - v[i]) * new_2;
            u[j] = of_m * m[i] / (SQRT(of_v * v[i]) + epsilon);
        }
        update_squares += block_squares(count, u);
    }
    const double w_norm = __builtin_sqrt(squares(part->n, w)),
                 u_norm = __builtin_sqrt(update_squares);
    const double trust = w_norm == 0 || u_norm == 0 ? 1 : w_norm / u_norm;
    const real rate = (real)(s->rate * trust);
    for (int64_t i = 0; i < part->n; i++)
        w[i] -= rate * (of_m * m[i] / (SQRT(of_v * v[i]) + epsilon));
}

#else

static void scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_lamb_options *o = options;
    (void)carried;
    *(struct lamb_scalars *)to =
        (struct lamb_scalars){.rate = rate,
                              .new_1 = 1 - o->beta_1,
                              .new_2 = 1 - o->beta_2,
                              .epsilon = o->epsilon,
                              .of_m = 1 / (1 - wg_power(o->beta_1, (double)t)),
                              .of_v = 1 / (1 - wg_power(o->beta_2, (double)t))};
}

WG_RULE(lamb, struct wg_lamb_options,
        .option = {WG_OPTION(struct wg_lamb_options, learning_rate, WG_RANGE_POSITIVE, 0.001),
                   WG_OPTION(struct wg_lamb_options, beta_1, WG_RANGE_BELOW_ONE, 0.9),
                   WG_OPTION(struct wg_lamb_options, beta_2, WG_RANGE_BELOW_ONE, 0.999),
                   WG_OPTION(struct wg_lamb_options, epsilon, WG_RANGE_POSITIVE, 1e-7)},
        .state = {"momentum", "velocity"}, .whole = true, .scalars = scalars);

wg_optimizer *wg_lamb_new(wg_params *params, struct wg_lamb_options options) {
    return wg_optimizer_new(params, &wg_rule_lamb, &options);
}

#endif
