/* Optimizers: update rules over a parameter set's flat arrays.
 *
 * Intended usage, one training step:
 *     wg_zero_gradients(params);
 *     wg_forward(tape);
 *     wg_backward(loss);
 *     wg_optimizer_step(optimizer);
 *
 * The rules are those of Keras 3, defaults included, and are tested against its figures. In the
 * formulas w is a parameter, g its gradient, t the number of the update from 1 on. Numbers that are
 * the same for all elements (1 - beta_1^t and the like) are computed in double and rounded once;
 * sums of squares are doubles, added in a fixed order. Bits depend neither on the instruction set
 * nor on the number of threads.
 */
#ifndef WENGERT_OPTIM_H
#define WENGERT_OPTIM_H

#include "wengert/params.h"
#include "wengert/schedule.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_optimizer wg_optimizer;

/* ---- Options ------------------------------------------------------------------------------- */

/* Zero in an options struct means the default; where 0 itself is meant, and is not the default,
 * write WG_ZERO: .beta_1 = WG_ZERO. */
#define WG_ZERO (-0.0)

/* What every rule takes, in this order of events:
 *     gradients of gradient_accumulation_steps calls of wg_optimizer_step are added up, and their
 *         mean is used in the last of them; the others change no parameter
 *     clipping, by at most one of
 *         clipnorm         g *= min(1, clipnorm / |g|), for each parameter
 *         clipvalue        every element is held within -clipvalue to clipvalue
 *         global_clipnorm  g *= min(1, global_clipnorm / |all gradients|)
 *     w -= learning_rate * weight_decay * w    decoupled (Loshchilov, Hutter 2019)
 *     the rule's update
 *     with use_ema, average = ema_momentum * average + (1 - ema_momentum) * w, the first time
 *         average = w; after every ema_overwrite_frequency updates (0: never) w = average
 * Only updates count: accumulating calls change neither averages nor steps. */
#define WG_OPTIMIZER_OPTIONS                                                                       \
    double weight_decay; /* default 0 (AdamW: 0.004); not negative, finite */                      \
    double clipnorm;     /* 0: none; not negative, finite, as the next two */                      \
    double clipvalue;                                                                              \
    double global_clipnorm;                                                                        \
    double ema_momentum; /* default 0.99; in [0, 1] */                                             \
    int use_ema;         /* 0 or 1 */                                                              \
    int ema_overwrite_frequency;                                                                   \
    int gradient_accumulation_steps; /* 0 and 1: none */

/* Each wg_..._new makes an optimizer for the set, which it seals and which must outlive it. NULL,
 * with the error set, for options out of range or when memory is out; the error names the option,
 * its value and what it may be. learning_rate is positive and finite, each beta and rho in [0, 1),
 * epsilon positive, momentum in [0, 1], unless something else is said.
 *
 * "State" lists the arrays an optimizer keeps, by slot: see wg_optimizer_state. */

/* Stochastic gradient descent.
 *     v  = momentum * v - learning_rate * g
 *     w += v                                  with nesterov: w += momentum * v - learning_rate * g
 * Polyak 1964, Sutskever et al. 2013. State: 0 velocity, if momentum > 0. */
struct wg_sgd_options {
    double learning_rate; /* default 0.01 */
    double momentum;      /* default 0 */
    int nesterov;         /* 0 or 1 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_sgd_new(wg_params *params, struct wg_sgd_options options);

/* RMSprop (Tieleman, Hinton 2012; centered: Graves 2013).
 *     v  = rho * v + (1 - rho) * g^2;   a = rho * a + (1 - rho) * g
 *     d  = v + epsilon                  centered: max(v - a^2, 0) + epsilon
 *     m  = momentum * m + learning_rate * g / sqrt(d);   w -= m
 * epsilon stands inside the root, as in Keras. v - a^2 is never negative but for rounding, where
 * Keras gets NaN. State: 0 velocity, 1 momentum (if > 0), 2 average_gradient (if centered). */
struct wg_rmsprop_options {
    double learning_rate; /* default 0.001 */
    double rho;           /* default 0.9 */
    double momentum;      /* default 0 */
    double epsilon;       /* default 1e-7 */
    int centered;         /* 0 or 1 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_rmsprop_new(wg_params *params, struct wg_rmsprop_options options);

/* Adagrad (Duchi, Hazan, Singer 2011).
 *     a += g^2;   w -= learning_rate * g / sqrt(a + epsilon)
 * State: 0 accumulator, at first initial_accumulator_value. */
struct wg_adagrad_options {
    double learning_rate;             /* default 0.001 */
    double initial_accumulator_value; /* default 0.1; not negative */
    double epsilon;                   /* default 1e-7 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_adagrad_new(wg_params *params, struct wg_adagrad_options options);

/* Adadelta (Zeiler 2012).
 *     a  = rho * a + (1 - rho) * g^2
 *     d  = sqrt(s + epsilon) / sqrt(a + epsilon) * g
 *     s  = rho * s + (1 - rho) * d^2;   w -= learning_rate * d
 * State: 0 accumulated_gradient, 1 accumulated_delta. */
struct wg_adadelta_options {
    double learning_rate; /* default 0.001; the paper's is 1 */
    double rho;           /* default 0.95 */
    double epsilon;       /* default 1e-7 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_adadelta_new(wg_params *params, struct wg_adadelta_options options);

/* Adam (Kingma, Ba 2015), with amsgrad (Reddi, Kale, Kumar 2018).
 *     m += (1 - beta_1) * (g - m);   v += (1 - beta_2) * (g^2 - v)
 *     w -= learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)
 * with amsgrad the largest v so far in place of v. epsilon is the paper's "epsilon hat": its share
 * in the first steps is larger than in the paper's other form.
 * State: 0 momentum, 1 velocity, 2 velocity_hat (with amsgrad).
 * AdamW (Loshchilov, Hutter 2019) is the same with weight_decay's default 0.004. */
struct wg_adam_options {
    double learning_rate; /* default 0.001 */
    double beta_1;        /* default 0.9 */
    double beta_2;        /* default 0.999 */
    double epsilon;       /* default 1e-7 */
    int amsgrad;          /* 0 or 1 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_adam_new(wg_params *params, struct wg_adam_options options);
wg_optimizer *wg_adamw_new(wg_params *params, struct wg_adam_options options);

/* Adamax (Kingma, Ba 2015, section 7.1).
 *     m += (1 - beta_1) * (g - m);   u = max(beta_2 * u, |g|)
 *     w -= learning_rate / (1 - beta_1^t) * m / (u + epsilon)
 * State: 0 momentum, 1 norm. */
struct wg_adamax_options {
    double learning_rate; /* default 0.001 */
    double beta_1;        /* default 0.9 */
    double beta_2;        /* default 0.999 */
    double epsilon;       /* default 1e-7 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_adamax_new(wg_params *params, struct wg_adamax_options options);

/* Nadam: Adam with Nesterov's momentum (Dozat 2016).
 *     u_t = beta_1 * (1 - 0.96^t / 2);   P_t = u_1 ... u_t;   m and v as Adam's
 *     h  = u_{t+1} / (1 - P_{t+1}) * m + (1 - u_t) / (1 - P_t) * g
 *     w -= learning_rate * h / (sqrt(v / (1 - beta_2^t)) + epsilon)
 * State: 0 momentum, 1 velocity. */
struct wg_nadam_options {
    double learning_rate; /* default 0.001 */
    double beta_1;        /* default 0.9 */
    double beta_2;        /* default 0.999 */
    double epsilon;       /* default 1e-7 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_nadam_new(wg_params *params, struct wg_nadam_options options);

/* Lion (Chen et al. 2023), with sign(0) = 0.
 *     w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g);   m = beta_2 * m + (1 - beta_2) * g
 * State: 0 momentum. */
struct wg_lion_options {
    double learning_rate; /* default 0.001 */
    double beta_1;        /* default 0.9; in (0, 1] */
    double beta_2;        /* default 0.99 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_lion_new(wg_params *params, struct wg_lion_options options);

/* Follow the regularized leader (McMahan et al. 2013), with shrinkage as TensorFlow's. With
 * p = -learning_rate_power:
 *     n' = n + g^2
 *     z += g + 2 * shrinkage * w - (n'^p - n^p) / learning_rate * w;   n = n'
 *     w  = (clamp(z, -l1, l1) - z) / (n^p / learning_rate + 2 * l2 + beta / learning_rate)
 * w is made anew from z in each update: initial values count only as far as z has taken them in.
 * Where the divisor is 0 (no gradient yet, all of n, l2 and beta 0) or the learning rate is 0, w
 * stays, where Keras gets NaN. State: 0 accumulator, 1 linear. */
struct wg_ftrl_options {
    double learning_rate;                        /* default 0.001 */
    double learning_rate_power;                  /* default -0.5; not positive */
    double initial_accumulator_value;            /* default 0.1; not negative, as those below */
    double l1_regularization_strength;           /* default 0 */
    double l2_regularization_strength;           /* default 0 */
    double l2_shrinkage_regularization_strength; /* default 0 */
    double beta;                                 /* default 0; not negative */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_ftrl_new(wg_params *params, struct wg_ftrl_options options);

/* Adafactor (Shazeer, Stern 2018). rms(x) = sqrt(mean(x^2)), over a parameter; b = 1 -
 * t^beta_2_decay; s = g^2 + epsilon_1.
 *     matrices (of the last two axes)  r = b * r + (1 - b) * mean of s along a row, c the same
 *                                      along a column;   v = r c / mean(r)
 *     vectors and scalars              v = b * v + (1 - b) * s
 *     u  = g / sqrt(v)
 *     w -= min(learning_rate, 1 / sqrt(t)) * max(epsilon_2, rms(w)) * u / max(1, rms(u) /
 * clip_threshold). The minimum is taken always: Keras does so whatever its relative_step says.
 * State: 0 row (the shape without its last axis) and 1 column (without the last but one) for rank
 * 2 and more, 2 velocity below it. */
struct wg_adafactor_options {
    double learning_rate;  /* default 0.001 */
    double beta_2_decay;   /* default -0.8; not positive */
    double epsilon_1;      /* default 1e-30; positive */
    double epsilon_2;      /* default 1e-3; positive */
    double clip_threshold; /* default 1; positive */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_adafactor_new(wg_params *params, struct wg_adafactor_options options);

/* LAMB (You et al. 2020).
 *     m and v as Adam's;   u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)
 *     w -= learning_rate * |w| / |u| * u      norms over a parameter; their ratio is 1 if one is 0
 * State: 0 momentum, 1 velocity. */
struct wg_lamb_options {
    double learning_rate; /* default 0.001 */
    double beta_1;        /* default 0.9 */
    double beta_2;        /* default 0.999 */
    double epsilon;       /* default 1e-7 */
    WG_OPTIMIZER_OPTIONS
};
wg_optimizer *wg_lamb_new(wg_params *params, struct wg_lamb_options options);

#ifndef __cplusplus
/* wg_sgd(params, .learning_rate = 0.1, .momentum = 0.9) */
#define wg_sgd(params, ...) wg_sgd_new(params, (struct wg_sgd_options){__VA_ARGS__})
#define wg_rmsprop(params, ...) wg_rmsprop_new(params, (struct wg_rmsprop_options){__VA_ARGS__})
#define wg_adagrad(params, ...) wg_adagrad_new(params, (struct wg_adagrad_options){__VA_ARGS__})
#define wg_adadelta(params, ...) wg_adadelta_new(params, (struct wg_adadelta_options){__VA_ARGS__})
#define wg_adam(params, ...) wg_adam_new(params, (struct wg_adam_options){__VA_ARGS__})
#define wg_adamw(params, ...) wg_adamw_new(params, (struct wg_adam_options){__VA_ARGS__})
#define wg_adamax(params, ...) wg_adamax_new(params, (struct wg_adamax_options){__VA_ARGS__})
#define wg_nadam(params, ...) wg_nadam_new(params, (struct wg_nadam_options){__VA_ARGS__})
#define wg_lion(params, ...) wg_lion_new(params, (struct wg_lion_options){__VA_ARGS__})
#define wg_ftrl(params, ...) wg_ftrl_new(params, (struct wg_ftrl_options){__VA_ARGS__})
#define wg_adafactor(params, ...)                                                                  \
    wg_adafactor_new(params, (struct wg_adafactor_options){__VA_ARGS__})
#define wg_lamb(params, ...) wg_lamb_new(params, (struct wg_lamb_options){__VA_ARGS__})
#endif

/* An optimizer from a line of text, the rule's name and the options that differ from their
 * defaults: "adam learning_rate=0.01 beta_2=0.99"; lr is short for learning_rate. A 0 is a 0 here.
 * NULL, with the error set, as above, and for names that are not known. */
wg_optimizer *wg_optimizer_from_text(wg_params *params, const char *text);

/* The name of the i-th rule, in alphabetical order; NULL past the last. */
const char *wg_optimizer_rule(int i);

void wg_optimizer_free(wg_optimizer *optimizer);

/* ---- Steps --------------------------------------------------------------------------------- */

/* Updates every parameter from its gradient. Gradients are left as they are. Allocates nothing. */
enum wg_status wg_optimizer_step(wg_optimizer *optimizer);

/* How many updates there were; and how many gradients have been added up since the last one. */
int64_t wg_optimizer_steps(const wg_optimizer *optimizer);
int wg_optimizer_accumulated(const wg_optimizer *optimizer);

/* Changes the learning rate: positive and finite. Ends a schedule. */
enum wg_status wg_optimizer_set_learning_rate(wg_optimizer *optimizer, double learning_rate);

/* From now on the learning rate is the schedule's, of the number of updates so far. It is copied.
 */
enum wg_status wg_optimizer_set_schedule(wg_optimizer *optimizer,
                                         const struct wg_schedule *schedule);

/* Whether the learning rate follows a schedule. */
int wg_optimizer_has_schedule(const wg_optimizer *optimizer);

/* The learning rate of the next update; NaN, with the error set, for NULL. */
double wg_optimizer_learning_rate(const wg_optimizer *optimizer);

/* ---- Groups of parameters ------------------------------------------------------------------ */

/* How some parameters are treated. All zeros: as the optimizer's options say. */
struct wg_group {
    double rate_factor;  /* times the learning rate; default 1; positive and finite */
    double weight_decay; /* in place of the optimizer's; WG_ZERO: none */
    int frozen;          /* 1: neither value nor state changes, and the gradient is in no norm */
};

/* For parameter i; for all parameters whose names contain `part` (at least one must), so that
 * "bias" takes all biases. Replaces what was set for them before. */
enum wg_status wg_optimizer_set_parameter(wg_optimizer *optimizer, int i, struct wg_group group);
enum wg_status wg_optimizer_set_group(wg_optimizer *optimizer, const char *part,
                                      struct wg_group group);

/* ---- State --------------------------------------------------------------------------------- */

/* Slots of state: first the rule's own (see there), then these two. */
enum { WG_SLOT_AVERAGE = 3, WG_SLOT_ACCUMULATED = 4, WG_OPTIMIZER_SLOTS = 5 };

/* State array `slot`, as parameter i's part of it; it may be written. Data NULL, with the error
 * set, when the optimizer keeps no such array for that parameter.
 *     WG_SLOT_AVERAGE      the average of w, with use_ema; zeros before the first update
 *     WG_SLOT_ACCUMULATED  the sum of gradients, with gradient_accumulation_steps > 1 */
struct wg_tensor wg_optimizer_state(const wg_optimizer *optimizer, int slot, int i);

/* Its name ("velocity"); NULL, and no error, when the optimizer keeps no such array. To save an
 * optimizer, go through slots 0 to WG_OPTIMIZER_SLOTS - 1 of all parameters. */
const char *wg_optimizer_state_name(const wg_optimizer *optimizer, int slot, int i);

/* Sets the counts of wg_optimizer_steps and wg_optimizer_accumulated. With those and all state
 * arrays copied from another optimizer of the same rule and options, training goes on with the same
 * bits. Errors: negative counts, more accumulated than the options allow. */
enum wg_status wg_optimizer_resume(wg_optimizer *optimizer, int64_t steps, int accumulated);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
