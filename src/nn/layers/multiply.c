/* multiply: the product of its inputs. */
#include "nn/layers/merge.h"

WG_MERGE_LAYER(multiply, wg_mul, .least = 1)
