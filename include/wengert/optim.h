/* Optimizers: update rules over a parameter set's flat arrays.
 *
 * Intended usage, one training step:
 *     wg_zero_gradients(params);
 *     wg_forward(tape);
 *     wg_backward(loss);
 *     wg_optimizer_step(optimizer);
 */
#ifndef WENGERT_OPTIM_H
#define WENGERT_OPTIM_H

#include "wengert/params.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wg_optimizer wg_optimizer;

/* Stochastic gradient descent. Zero means the default.
 *     w -= learning_rate * weight_decay * w                (decoupled weight decay, first)
 *     v  = momentum * v - learning_rate * g
 *     w += v                                               or, with nesterov, w += momentum * v -
 * learning_rate * g as in Keras 3; Polyak 1964, Sutskever et al. 2013. */
struct wg_sgd_options {
    double learning_rate; /* default 0.01; positive and finite */
    double momentum;      /* in [0, 1] */
    int nesterov;         /* 0 or 1 */
    double weight_decay;  /* not negative, finite */
};

/* An optimizer for the set, which it seals and which must outlive it. NULL, with the error set, for
 * options out of range or when memory is out. */
wg_optimizer *wg_sgd_new(wg_params *params, struct wg_sgd_options options);
#ifndef __cplusplus
/* wg_sgd(params, .learning_rate = 0.1, .momentum = 0.9) */
#define wg_sgd(params, ...) wg_sgd_new(params, (struct wg_sgd_options){__VA_ARGS__})
#endif

void wg_optimizer_free(wg_optimizer *optimizer);

/* Updates every parameter from its gradient. Gradients are left as they are. */
enum wg_status wg_optimizer_step(wg_optimizer *optimizer);

/* How many steps were taken. */
int64_t wg_optimizer_steps(const wg_optimizer *optimizer);

/* Changes the learning rate: positive and finite. */
enum wg_status wg_optimizer_set_learning_rate(wg_optimizer *optimizer, double learning_rate);

/* State array `slot` (for SGD with momentum: 0, the velocity), as parameter i's part of it; data
 * NULL, with the error set, when there is no such slot. */
struct wg_tensor wg_optimizer_state(const wg_optimizer *optimizer, int slot, int i);

#ifdef __cplusplus
}
#endif
#endif
