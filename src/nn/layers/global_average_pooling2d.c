/* global_average_pooling2d: the mean of each channel of an image. */
#include "nn/layers/pooling.h"

WG_GLOBAL_POOLING_LAYER(global_average_pooling2d, 2, wg_mean)
