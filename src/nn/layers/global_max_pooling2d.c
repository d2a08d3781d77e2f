/* global_max_pooling2d: the largest element of each channel of an image. */
#include "nn/layers/pooling.h"

WG_GLOBAL_POOLING_LAYER(global_max_pooling2d, 2, wg_max)
