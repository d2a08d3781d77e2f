/* global_max_pooling1d: the largest element of each channel of a sequence. */
#include "nn/layers/pooling.h"

WG_GLOBAL_POOLING_LAYER(global_max_pooling1d, 1, wg_max)
