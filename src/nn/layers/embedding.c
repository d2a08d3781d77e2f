/* embedding: indices to rows of a table. */
#include "nn/layer.h"

#include "wengert/ops.h"

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_embedding_options *o = options;
    return wg_gather(
        wg_pass_weight(pass,
                       (struct wg_weight){"embeddings", WG_SHAPE(o->input_dim, o->output_dim),
                                          o->embeddings_initializer, o->embeddings_regularizer,
                                          o->embeddings_constraint}),
        x[0]);
}

WG_LAYER(embedding, wg_embedding_options, .takes_indices = true,
         .field = WG_FIELDS(
             WG_FIELD(wg_embedding_options, input_dim, WG_FIELD_WHOLE, .min = 1, .max = 1e9),
             WG_FIELD(wg_embedding_options, output_dim, WG_FIELD_WHOLE, .min = 1, .max = 1e9),
             WG_WEIGHT_FIELDS(wg_embedding_options, embeddings, "uniform")),
         .record = record)
