/* simple_rnn: h' = activation(x kernel + bias + h recurrent_kernel). */
#include "nn/recurrent.h"

#include "wengert/activation.h"
#include "wengert/ops.h"

static wg_var step(struct wg_recurrent *r, wg_var x) {
    const wg_var y = wg_add(x, wg_matmul(wg_recurrent_state(r), r->recurrent_kernel));
    return wg_is_null(y) ? y : wg_activate(y, r->o.activation);
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_simple_rnn_options *o = options;
    return wg_record_recurrent(
        pass, (struct wg_recurrent){.o = WG_RECURRENT_OF(o, NULL), .gates = 1, .step = step}, x[0]);
}

WG_LAYER(
    simple_rnn, wg_simple_rnn_options,
    .field = WG_FIELDS(WG_FIELD(wg_simple_rnn_options, units, WG_FIELD_WHOLE, .min = 1, .max = 1e8),
                       WG_FIELD(wg_simple_rnn_options, activation, WG_FIELD_TEXT, .text = "tanh"),
                       WG_RECURRENT_FIELDS(wg_simple_rnn_options)),
    .record = record)
