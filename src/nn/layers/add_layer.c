/* add_layer: the sum of its inputs. */
#include "nn/layers/merge.h"

WG_MERGE_LAYER(add_layer, wg_add, .least = 1, .alias = "add")
