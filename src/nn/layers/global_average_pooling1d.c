/* global_average_pooling1d: the mean of each channel of a sequence. */
#include "nn/layers/pooling.h"

WG_GLOBAL_POOLING_LAYER(global_average_pooling1d, 1, wg_mean)
