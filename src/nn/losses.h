/* Losses: what each records for a batch, and what they share. */
#ifndef WG_NN_LOSSES_H
#define WG_NN_LOSSES_H

#include "wengert/tape.h"

#define WG_EPSILON 1e-7  /* Keras's: what probabilities and divisors are kept from 0 by */
#define WG_TINIEST 1e-37 /* a normal float; keeps powers' slopes finite */

struct wg_batch {
    const char *name; /* the loss's */
    wg_var prediction, target;
    struct wg_shape shape; /* the prediction's, of rank 1 or more */
    enum wg_dtype dtype;
    const double *slots; /* the attributes after `reduction` */
    wg_var counts;       /* out: 1 for each value that counts, else 0; null: all do */
};

/* Each returns a value of each sample. */
typedef wg_var wg_loss_record(struct wg_batch *b);

wg_loss_record wg_record_mse, wg_record_mae, wg_record_mape, wg_record_msle, wg_record_huber,
    wg_record_log_cosh, wg_record_hinge, wg_record_squared_hinge, wg_record_categorical_hinge,
    wg_record_cosine, wg_record_poisson, wg_record_dice, wg_record_tversky, wg_record_circle;
wg_loss_record wg_record_kl, wg_record_binary, wg_record_binary_focal, wg_record_categorical,
    wg_record_categorical_focal, wg_record_sparse, wg_record_generalized;

/* A number beside v, of its tape and dtype; null where v is. */
wg_var wg_beside(wg_var v, double number);
wg_var wg_times(wg_var v, double factor);
wg_var wg_plus(wg_var v, double number);
wg_var wg_no_less(wg_var v, double least); /* slope 1 at the bound */
wg_var wg_clipped(wg_var v, double least, double most);
wg_var wg_last_mean(wg_var v); /* over the last axis */
wg_var wg_last_sum(wg_var v);
wg_var wg_complement(wg_var v); /* 1 - v */

/* A leaf of ones. */
wg_var wg_ones(const struct wg_batch *b, struct wg_shape shape);

#endif
