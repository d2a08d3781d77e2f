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

#endif
