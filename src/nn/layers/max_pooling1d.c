/* max_pooling1d: the largest element of each window of a sequence. */
#include "nn/layers/pooling.h"

WG_POOLING1D_LAYER(max_pooling1d, wg_max_pool2d)
