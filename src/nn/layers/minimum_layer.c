/* minimum_layer: the smallest of its inputs, element by element. */
#include "nn/layers/merge.h"

WG_MERGE_LAYER(minimum_layer, wg_minimum, .least = 1, .alias = "minimum")
