/* maximum_layer: the largest of its inputs, element by element. */
#include "nn/layers/merge.h"

WG_MERGE_LAYER(maximum_layer, wg_maximum, .least = 1, .alias = "maximum")
