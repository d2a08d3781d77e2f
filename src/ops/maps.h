/* Elementwise kernels over whole tensors: the loops over broadcast shapes, and their threads. */
#ifndef WG_OPS_MAPS_H
#define WG_OPS_MAPS_H

#include "ops/call.h"

/* Of a call of kind WG_CALL_MAP1 or WG_CALL_MAP2. dy NULL: forward into out. Else the gradient (or
 * tangent) with respect to `input`, over y's shape. */
void wg_run_map(const struct wg_call *call, int input, void *out, const void *dy);

#endif
