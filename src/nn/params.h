/* A parameter set's inside. */
#ifndef WG_NN_PARAMS_H
#define WG_NN_PARAMS_H

#include "wengert/params.h"

#include <stdbool.h>

struct wg_param {
    char *name;
    struct wg_shape shape;
    int64_t size, start; /* its elements, and where they begin in the flat arrays */
    unsigned char has_gradient;
};

struct wg_params {
    enum wg_dtype dtype;
    int count, room;
    struct wg_param *param;
    int64_t elements, capacity; /* of the flat arrays, with the padding between parameters */
    void *value, *gradient;
    bool sealed;
};

/* wg_zero_gradients in two halves, for who lets nobody look in between: the next backward assigns
 * gradients, and those it left out become zeros afterwards. */
void wg_forget_gradients(wg_params *params);
void wg_zero_missing_gradients(wg_params *params);

/* Random numbers of initial values: this stream and the parameter's number. */
#define WG_STREAM_INITIAL (UINT64_C(3) << 32)

static inline void wg_set_element(const struct wg_tensor *t, int64_t i, double value) {
    if (t->dtype == WG_F32)
        ((float *)t->data)[i] = (float)value;
    else
        ((double *)t->data)[i] = value;
}

static inline double wg_element(const struct wg_tensor *t, int64_t i) {
    return t->dtype == WG_F32 ? ((const float *)t->data)[i] : ((const double *)t->data)[i];
}

#endif
