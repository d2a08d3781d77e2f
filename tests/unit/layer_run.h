/* One model on one batch, in float or double: what tests of layers share. */
#ifndef LAYER_RUN_H
#define LAYER_RUN_H

#include <stdbool.h>

#include "support/suite.h"
#include "wengert/wengert.h"

/* A model recorded on a tape. */
struct run {
    wg_model *model;
    wg_tape *tape;
    wg_pass *pass;
    wg_var x, y;
};

static inline double element(struct wg_tensor t, int64_t i) {
    return t.dtype == WG_F32   ? ((const float *)t.data)[i]
           : t.dtype == WG_F64 ? ((const double *)t.data)[i]
                               : ((const int32_t *)t.data)[i];
}

static inline void set_element(struct wg_tensor t, int64_t i, double value) {
    if (t.dtype == WG_F32)
        ((float *)t.data)[i] = (float)value;
    else if (t.dtype == WG_F64)
        ((double *)t.data)[i] = value;
    else
        ((int32_t *)t.data)[i] = (int32_t)value;
}

static inline void fill(struct wg_tensor t, const double *from) {
    ck_assert_ptr_nonnull(t.data);
    for (int64_t i = 0; i < t.size; i++) set_element(t, i, from[i]);
}

/* x's shape begins with the batch; without data it is zeros. The model is the run's. */
static inline struct run run_model(wg_model *model, enum wg_mode mode, struct wg_shape shape,
                                   const double *x) {
    struct run r = {.model = model, .tape = wg_tape_new()};
    expect_no_failure("making the model");
    r.pass = wg_pass_new(model, r.tape, mode);
    const bool indices = strncmp(wg_model_text(model), "embedding", 9) == 0;
    r.x = indices ? wg_input(r.tape, WG_I32, shape, NULL)
                  : wg_variable(r.tape, wg_model_dtype(model), shape, NULL);
    if (x) fill(wg_value(r.x), x);
    r.y = wg_pass_record(r.pass, &r.x);
    return r;
}

static inline void run_end(struct run *r) {
    wg_pass_free(r->pass);
    wg_tape_free(r->tape);
    wg_model_free(r->model);
}

/* A sequence from text, for examples of the shape without its batch. */
static inline wg_model *model_of(const char *text, enum wg_dtype dtype, struct wg_shape batch) {
    struct wg_shape example = {.rank = batch.rank - 1};
    for (int d = 0; d < example.rank; d++) example.dim[d] = batch.dim[d + 1];
    return wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = example}}, .dtype = dtype, .seed = 7}, text);
}

/* The value of the weight that ends in that name. */
static inline struct wg_tensor weight_of(const wg_params *set, const char *name) {
    for (int i = 0; i < wg_params_count(set); i++) {
        const char *slash = strrchr(wg_param_name(set, i), '/');
        if (slash && strcmp(slash + 1, name) == 0) return wg_param_value(set, i);
    }
    ck_abort_msg("no weight %s", name);
}

#endif
