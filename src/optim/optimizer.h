/* An optimizer's inside. */
#ifndef WG_OPTIM_OPTIMIZER_H
#define WG_OPTIM_OPTIMIZER_H

#include "nn/params.h"
#include "optim/rule.h"

/* Elements that share scalars: one parameter, or neighbours, with the padding between them. */
struct wg_run {
    int64_t begin, end;
    int parameter;             /* the first */
    double rate_factor, decay; /* of its group */
    double clip;               /* this step's factor */
    double scalars[WG_SCALARS];
};

struct wg_slot {
    void *data;     /* NULL: not kept */
    int64_t *start; /* where each parameter's part begins, -1 for none; NULL: as the values do */
};

struct wg_optimizer {
    wg_params *params;
    const struct wg_rule *rule;
    const struct wg_update_set *set;
    double options[WG_OPTIONS_ROOM]; /* the rule's struct, defaults filled in */
    struct wg_common_options common;
    struct wg_schedule schedule;
    struct wg_slot slot[WG_OPTIMIZER_SLOTS];
    struct wg_group *group; /* of each parameter, defaults filled in */
    struct wg_run *run;
    int runs;
    void *clipped;   /* gradients, where they are clipped, not accumulated, and the rule
                        takes whole parameters */
    double *partial; /* sums of squares */
    int64_t steps;
    int accumulated;
    double carried; /* the rule's */
};

/* Fills zeros with defaults and checks ranges; `options` is the rule's struct. */
enum wg_status wg_resolve_options(const struct wg_rule *rule, double *options,
                                  struct wg_common_options *common);

/* Sets the runs up from the groups. */
void wg_build_runs(wg_optimizer *optimizer);

/* The shape of a slot's part for parameter i; size 0: none is kept. */
struct wg_shape wg_slot_shape(const wg_optimizer *optimizer, int slot, int i);

#endif
