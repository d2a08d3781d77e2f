/* Adam: see adam.h. */
#include "optim/adam.h"

#ifdef WG_UPDATE_PASS

UPDATE(adam) { adam(part); }

#else

ADAM_RULE(adam, .weight_decay = 0);

wg_optimizer *wg_adam_new(wg_params *params, struct wg_adam_options options) {
    return wg_optimizer_new(params, &wg_rule_adam, &options);
}

#endif
