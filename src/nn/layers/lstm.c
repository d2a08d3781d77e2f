/* lstm: gates i, f, c, o of x kernel + bias + h recurrent_kernel;
 * carry' = s(f) carry + s(i) activation(c), h' = s(o) activation(carry'). */
#include "nn/recurrent.h"

#include "wengert/activation.h"
#include "wengert/ops.h"

enum { INPUT, FORGET, CANDIDATE, OUTPUT, GATES };

static wg_var step(struct wg_recurrent *r, wg_var x) {
    const wg_var z = wg_add(x, wg_matmul(wg_recurrent_state(r), r->recurrent_kernel));
    wg_var gate[GATES];
    for (int i = 0; i < GATES; i++) {
        const wg_var part = wg_gate(z, i, 1, r->o.units);
        if (wg_is_null(part)) return part;
        gate[i] = wg_activate(part, i == CANDIDATE ? r->o.activation : r->o.recurrent_activation);
    }
    const wg_var kept = wg_mul(gate[FORGET], r->carry),
                 added = wg_mul(gate[INPUT], gate[CANDIDATE]);
    r->carry = wg_add(kept, added);
    if (wg_is_null(r->carry)) return r->carry;
    return wg_mul(gate[OUTPUT], wg_activate(r->carry, r->o.activation));
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_lstm_options *o = options;
    const wg_var y = wg_record_recurrent(
        pass,
        (struct wg_recurrent){
            .o = WG_RECURRENT_OF(o, o->recurrent_activation), .gates = GATES, .step = step},
        x[0]);
    const bool forget = o->use_bias == WG_YES && o->unit_forget_bias == WG_YES;
    if (!wg_is_null(y) && forget &&
        wg_pass_begin_as_ones(pass, "bias", (int64_t)FORGET * o->units, o->units) != WG_OK)
        return (wg_var){0};
    return y;
}

WG_LAYER(lstm, wg_lstm_options,
         .field = WG_FIELDS(
             WG_FIELD(wg_lstm_options, units, WG_FIELD_WHOLE, .min = 1, .max = 1e8),
             WG_FIELD(wg_lstm_options, activation, WG_FIELD_TEXT, .text = "tanh"),
             WG_FIELD(wg_lstm_options, recurrent_activation, WG_FIELD_TEXT, .text = "sigmoid"),
             WG_RECURRENT_FIELDS(wg_lstm_options),
             WG_FIELD(wg_lstm_options, unit_forget_bias, WG_FIELD_FLAG, .fallback = WG_YES)),
         .record = record)
