/* What all optimizers share. */
#include "optim/optimizer.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct wg_optimizer {
    wg_params *params;
    const struct wg_rule *rule;
    int states;
    void *state[WG_MAX_STATE];
    double setting[WG_MAX_SETTINGS];
    int64_t steps;
};

wg_optimizer *wg_optimizer_new(wg_params *params, const struct wg_rule *rule, int states,
                               int settings, const double *setting) {
    wg_optimizer *optimizer = calloc(1, sizeof *optimizer);
    if (!optimizer) {
        wg_fail(WG_ERROR_MEMORY, "%s: out of memory", rule->name);
        return NULL;
    }
    optimizer->params = params;
    optimizer->rule = rule;
    optimizer->states = states;
    memcpy(optimizer->setting, setting, (size_t)settings * sizeof *setting);
    for (int i = 0; i < states; i++) {
        optimizer->state[i] =
            wg_aligned_zeros((size_t)params->elements * wg_dtype_size(params->dtype));
        if (!optimizer->state[i]) {
            wg_optimizer_free(optimizer);
            return NULL;
        }
    }
    params->sealed = true;
    return optimizer;
}

void wg_optimizer_free(wg_optimizer *optimizer) {
    if (!optimizer) return;
    for (int i = 0; i < optimizer->states; i++) free(optimizer->state[i]);
    free(optimizer);
}

static void update_range(int64_t begin, int64_t end, const void *context) {
    const wg_optimizer *o = context;
    const int64_t n = end - begin;
    if (o->params->dtype == WG_F32) {
        float *state[WG_MAX_STATE];
        for (int i = 0; i < o->states; i++) state[i] = (float *)o->state[i] + begin;
        o->rule->f32(n, (float *)o->params->value + begin,
                     (const float *)o->params->gradient + begin, state, o->setting);
    } else {
        double *state[WG_MAX_STATE];
        for (int i = 0; i < o->states; i++) state[i] = (double *)o->state[i] + begin;
        o->rule->f64(n, (double *)o->params->value + begin,
                     (const double *)o->params->gradient + begin, state, o->setting);
    }
}

enum wg_status wg_optimizer_step(wg_optimizer *optimizer) {
    if (!optimizer) return wg_fail(WG_ERROR_ARGUMENT, "wg_optimizer_step: the optimizer is NULL");
    const int64_t n = optimizer->params->elements;
    wg_parallel(n, 4 * n, update_range, optimizer);
    optimizer->steps++;
    return WG_OK;
}

int64_t wg_optimizer_steps(const wg_optimizer *optimizer) {
    return optimizer ? optimizer->steps : 0;
}

enum wg_status wg_optimizer_set_learning_rate(wg_optimizer *optimizer, double learning_rate) {
    if (!optimizer || !(learning_rate > 0) || !isfinite(learning_rate)) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_optimizer_set_learning_rate: learning rate %g; expected an optimizer and a positive, finite number",
            learning_rate);
    }
    optimizer->setting[0] = learning_rate;
    return WG_OK;
}

struct wg_tensor wg_optimizer_state(const wg_optimizer *optimizer, int slot, int i) {
    if (!optimizer || slot < 0 || slot >= optimizer->states) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_optimizer_state: state %d; the optimizer has %d", slot,
                optimizer ? optimizer->states : 0);
        return (struct wg_tensor){0};
    }
    struct wg_tensor t = wg_param_value(optimizer->params, i);
    if (t.data) {
        t.data = (char *)optimizer->state[slot] +
                 (size_t)optimizer->params->param[i].start * wg_dtype_size(t.dtype);
    }
    return t;
}
