/* max_pooling2d: the largest element of each window. */
#include "nn/layers/pooling.h"

WG_POOLING2D_LAYER(max_pooling2d, wg_max_pool2d, .also = "maxpool")
