/* Adam and AdamW, which differ in a default alone: Kingma, Ba, ICLR 2015; AMSGrad: Reddi, Kale,
 * Kumar, ICLR 2018. */
#ifndef WG_OPTIM_ADAM_H
#define WG_OPTIM_ADAM_H

#include "optim/rule.h"

struct adam_scalars {
    double rate; /* with both corrections */
    double new_1, new_2, epsilon;
};

#ifdef WG_UPDATE_PASS

static inline void adam(const struct wg_part *part) {
    const struct adam_scalars *s = part->scalars;
    const real rate = (real)s->rate, new_1 = (real)s->new_1, new_2 = (real)s->new_2,
               epsilon = (real)s->epsilon;
    real *restrict w = part->w, *restrict m = part->state[0], *restrict v = part->state[1],
                   *restrict largest = part->state[2];
    const real *restrict g = part->g;
    if (!largest) {
        for (int64_t i = 0; i < part->n; i++) {
            m[i] += (g[i] - m[i]) * new_1;
            v[i] += (g[i] * g[i] - v[i]) * new_2;
            w[i] -= m[i] * rate / (SQRT(v[i]) + epsilon);
        }
    } else {
        for (int64_t i = 0; i < part->n; i++) {
            m[i] += (g[i] - m[i]) * new_1;
            v[i] += (g[i] * g[i] - v[i]) * new_2;
            largest[i] = v[i] > largest[i] ? v[i] : largest[i];
            w[i] -= m[i] * rate / (SQRT(largest[i]) + epsilon);
        }
    }
}

#else

static unsigned adam_kept(const void *options) {
    const struct wg_adam_options *o = options;
    return o->amsgrad ? 7 : 3;
}

static void adam_scalars(const void *options, int64_t t, double carried, double rate, void *to) {
    const struct wg_adam_options *o = options;
    (void)carried;
    const double correction =
        __builtin_sqrt(1 - wg_power(o->beta_2, (double)t)) / (1 - wg_power(o->beta_1, (double)t));
    *(struct adam_scalars *)to =
        (struct adam_scalars){rate * correction, 1 - o->beta_1, 1 - o->beta_2, o->epsilon};
}

#define ADAM_RULE(rule, ...)                                                                       \
    WG_RULE(rule, struct wg_adam_options,                                                          \
            .option = {WG_OPTION(struct wg_adam_options, learning_rate, WG_RANGE_POSITIVE, 0.001), \
                       WG_OPTION(struct wg_adam_options, beta_1, WG_RANGE_BELOW_ONE, 0.9),         \
                       WG_OPTION(struct wg_adam_options, beta_2, WG_RANGE_BELOW_ONE, 0.999),       \
                       WG_OPTION(struct wg_adam_options, epsilon, WG_RANGE_POSITIVE, 1e-7),        \
                       WG_OPTION(struct wg_adam_options, amsgrad, WG_RANGE_FLAG, 0)},              \
            .state = {"momentum", "velocity", "velocity_hat"}, .kept = adam_kept,                  \
            .scalars = adam_scalars, __VA_ARGS__)

#endif
#endif
