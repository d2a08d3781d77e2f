/* average_pooling2d: the mean of each window. */
#include "nn/layers/pooling.h"

WG_POOLING2D_LAYER(average_pooling2d, wg_average_pool2d, .also = "avgpool")
