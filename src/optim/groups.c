/* Groups of parameters, and the runs of elements that come of them. */
#include "optim/optimizer.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

void wg_build_runs(wg_optimizer *o) {
    const wg_params *params = o->params;
    const bool single = o->rule->whole || o->common.clipnorm > 0;
    o->runs = 0;
    for (int i = 0; i < params->count; i++) {
        const struct wg_param *param = &params->param[i];
        const struct wg_group *group = &o->group[i];
        if (group->frozen) continue;
        const int64_t next = i + 1 < params->count ? params->param[i + 1].start : params->elements;
        const struct wg_run run = {.begin = param->start,
                                   .end = single ? param->start + param->size : next,
                                   .parameter = i,
                                   .rate_factor = group->rate_factor,
                                   .decay = group->weight_decay};
        struct wg_run *last = o->runs > 0 ? &o->run[o->runs - 1] : NULL;
        if (!single && last && last->end == run.begin && last->rate_factor == run.rate_factor &&
            last->decay == run.decay)
            last->end = run.end;
        else
            o->run[o->runs++] = run;
    }
}

static enum wg_status resolve_group(const char *who, const wg_optimizer *o, struct wg_group *g) {
    if (!o) return wg_fail(WG_ERROR_ARGUMENT, "%s: the optimizer is NULL", who);
    if (g->rate_factor == 0) g->rate_factor = 1;
    if (g->weight_decay == 0)
        g->weight_decay = signbit(g->weight_decay) ? 0 : o->common.weight_decay;
    if (!(g->rate_factor > 0) || !isfinite(g->rate_factor)) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: rate_factor=%g; expected a positive, finite number",
                       who, g->rate_factor);
    }
    if (!(g->weight_decay >= 0) || !isfinite(g->weight_decay)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: weight_decay=%g; expected a finite number, not negative", who,
                       g->weight_decay);
    }
    if (g->frozen != 0 && g->frozen != 1) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: frozen=%d; expected 0 or 1", who, g->frozen);
    }
    return WG_OK;
}

enum wg_status wg_optimizer_set_parameter(wg_optimizer *optimizer, int i, struct wg_group group) {
    const char *who = "wg_optimizer_set_parameter";
    if (resolve_group(who, optimizer, &group) != WG_OK) return WG_ERROR_ARGUMENT;
    if (i < 0 || i >= optimizer->params->count) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: parameter %d of a set of %d", who, i,
                       optimizer->params->count);
    }
    optimizer->group[i] = group;
    wg_build_runs(optimizer);
    return WG_OK;
}

enum wg_status wg_optimizer_set_group(wg_optimizer *optimizer, const char *part,
                                      struct wg_group group) {
    const char *who = "wg_optimizer_set_group";
    if (resolve_group(who, optimizer, &group) != WG_OK) return WG_ERROR_ARGUMENT;
    if (!part || !part[0]) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the part of a name is NULL or empty", who);
    }
    int found = 0;
    for (int i = 0; i < optimizer->params->count; i++) {
        if (!strstr(optimizer->params->param[i].name, part)) continue;
        optimizer->group[i] = group;
        found++;
    }
    if (found == 0) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: \"%s\" is in no parameter's name; expected a part of one at least", who,
                       part);
    }
    wg_build_runs(optimizer);
    return WG_OK;
}
