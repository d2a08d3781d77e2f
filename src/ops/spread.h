/* How broadcast inputs run over an output. */
#ifndef WG_OPS_SPREAD_H
#define WG_OPS_SPREAD_H

#include "ops/call.h"

/* Strides of an input over the output's dimensions: 0 where it is stretched. */
void wg_broadcast_strides(const struct wg_shape *y, const struct wg_shape *x, int64_t *stride);

/* Joins neighbouring dimensions that both inputs cross in one stride, and splits what remains into
 * outer dimensions and a grid. */
void wg_make_spread(struct wg_spread *s, const struct wg_shape *y, const struct wg_shape *x,
                    const struct wg_shape *z);

#endif
