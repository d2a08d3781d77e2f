/* Wengert: reverse-mode automatic differentiation and training, verified, reproducible to the bit,
 * fast.
 *
 * The headers in the order of a first sitting. Accuracy, reproducibility and thread-safety in one
 * paragraph: every result is the same, bit for bit, on every instruction set, with every compiler
 * and thread count; a tape, a parameter set and an optimizer belong to one thread at a time;
 * different ones may run in different threads; errors are kept per thread.
 */
#ifndef WENGERT_H
#define WENGERT_H

#include "wengert/error.h"
#include "wengert/tensor.h"
#include "wengert/tape.h"
#include "wengert/ops.h"
#include "wengert/activation.h"
#include "wengert/params.h"
#include "wengert/initializers.h"
#include "wengert/regularizers.h"
#include "wengert/losses.h"
#include "wengert/metrics.h"
#include "wengert/constraints.h"
#include "wengert/layers.h"
#include "wengert/model.h"
#include "wengert/schedule.h"
#include "wengert/optim.h"
#include "wengert/train.h"
#include "wengert/checkpoint.h"
#include "wengert/gradcheck.h"
#include "wengert/data.h"
#include "wengert/file.h"
#include "wengert/random.h"
#include "wengert/system.h"
#include "wengert/op.h"

#endif
