/* Models of few elements, in which every kind of layer is, with every option of it. */
#ifndef LAYER_CASES_H
#define LAYER_CASES_H

#include "wengert/wengert.h"

struct layer_case {
    const char *text;     /* of a layer, or of a sequence, with ";" between */
    struct wg_shape x[2]; /* inputs, without the batch */
    int second;           /* 1: there are two inputs; 2: the second is a mask */
    int indices;          /* x is int32, from 0 to indices - 1 */
};

#define CASE_BATCH 3

/* The i-th case; NULL past the last. */
const struct layer_case *layer_case_at(int i);

/* A sequence, or, where there are two inputs, a function of them. */
wg_model *case_model(const struct layer_case *c, enum wg_dtype dtype, uint64_t seed);

/* Data for input i: of double, or int32. Holds as many as the batch has. */
struct wg_tensor case_input(const struct layer_case *c, int i, void *room);

#endif
