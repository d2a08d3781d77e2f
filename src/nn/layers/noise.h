/* Noise: layers that do something in training only. */
#ifndef WG_NN_LAYERS_NOISE_H
#define WG_NN_LAYERS_NOISE_H

#include "nn/layer.h"

#include "wengert/ops.h"

#define WG_RATE_FIELD(options)                                                                     \
    WG_FIELD(options, rate, WG_FIELD_NUMBER, .fallback = WG_REQUIRED, .max = 1, .below_max = true)

#endif
