/* average_pooling1d: the mean of each window of a sequence. */
#include "nn/layers/pooling.h"

WG_POOLING1D_LAYER(average_pooling1d, wg_average_pool2d)
