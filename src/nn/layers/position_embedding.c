/* position_embedding: x + positions, learned. */
#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const wg_var null = {0};
    const struct wg_position_embedding_options *o = options;
    if (!wg_check_rank(x[0], 3, 3, "(batch, steps, features)")) return null;
    const struct wg_shape in = wg_shape_of(x[0]);
    const int64_t length = o->sequence_length ? o->sequence_length : in.dim[1];
    if (in.dim[1] > length) {
        wg_fail(WG_ERROR_SHAPE, "%lld steps; expected at most sequence_length, %lld",
                (long long)in.dim[1], (long long)length);
        return null;
    }
    wg_var positions = wg_pass_weight(
        pass,
        (struct wg_weight){"embeddings", WG_SHAPE(length, in.dim[2]), o->embeddings_initializer,
                           o->embeddings_regularizer, o->embeddings_constraint});
    if (in.dim[1] < length)
        positions = wg_slice(positions, WG_SHAPE(0, 0), WG_SHAPE(in.dim[1], -1));
    return wg_add(x[0], positions);
}

WG_LAYER(position_embedding, wg_position_embedding_options,
         .field = WG_FIELDS(WG_FIELD(wg_position_embedding_options, sequence_length, WG_FIELD_WHOLE,
                                     .min = 1, .max = 1e9, .optional = true),
                            WG_WEIGHT_FIELDS(wg_position_embedding_options, embeddings,
                                             "glorot_uniform")),
         .record = record)
