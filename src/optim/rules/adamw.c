/* AdamW: Adam with decoupled weight decay (Loshchilov, Hutter, ICLR 2019), which is there for every
 * rule; what is left of it is the default. */
#include "optim/adam.h"

#ifdef WG_UPDATE_PASS

UPDATE(adamw) { adam(part); }

#else

ADAM_RULE(adamw, .weight_decay = 0.004);

wg_optimizer *wg_adamw_new(wg_params *params, struct wg_adam_options options) {
    return wg_optimizer_new(params, &wg_rule_adamw, &options);
}

#endif
