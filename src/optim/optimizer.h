/* Optimizers: a rule and its state, in flat arrays parallel to the parameters'. One rule a file. */
#ifndef WG_OPTIM_OPTIMIZER_H
#define WG_OPTIM_OPTIMIZER_H

#include "nn/params.h"
#include "wengert/optim.h"

#define WG_MAX_STATE 3
#define WG_MAX_SETTINGS 8

/* A rule updates n elements: values w from gradients g, with its state arrays. settings[0] is the
 * learning rate; the rest is the rule's. */
typedef void wg_update_f32(int64_t n, float *w, const float *g, float *const *state,
                           const double *settings);
typedef void wg_update_f64(int64_t n, double *w, const double *g, double *const *state,
                           const double *settings);

struct wg_rule {
    const char *name;
    wg_update_f32 *f32;
    wg_update_f64 *f64;
};

/* An optimizer of that rule with `states` arrays of zeros. */
wg_optimizer *wg_optimizer_new(wg_params *params, const struct wg_rule *rule, int states,
                               int settings, const double *setting);

#endif
