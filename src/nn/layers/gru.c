/* gru: gates z, r, h; h' = z h + (1 - z) activation(x_h + u), u = r (h R + bias)_h with
 * reset_after, else (r h) R_h. */
#include "nn/recurrent.h"

#include "wengert/activation.h"
#include "wengert/ops.h"

enum { UPDATE, RESET, CANDIDATE, GATES };

/* s(x + state), for one gate. */
static wg_var gate(const struct wg_recurrent *r, wg_var x, wg_var state, int which) {
    const wg_var of_x = wg_gate(x, which, 1, r->o.units),
                 of_state = wg_gate(state, which, 1, r->o.units), sum = wg_add(of_x, of_state);
    return wg_is_null(sum) ? sum : wg_activate(sum, r->o.recurrent_activation);
}

/* h' = candidate + z (h - candidate) */
static wg_var mix(const struct wg_recurrent *r, wg_var z, wg_var candidate) {
    if (wg_is_null(candidate)) return candidate;
    candidate = wg_activate(candidate, r->o.activation);
    return wg_add(candidate, wg_mul(z, wg_sub(r->h, candidate)));
}

static wg_var step_reset_after(struct wg_recurrent *r, wg_var x) {
    wg_var state = wg_matmul(wg_recurrent_state(r), r->recurrent_kernel);
    if (!wg_is_null(r->recurrent_bias)) state = wg_add(state, r->recurrent_bias);
    const wg_var z = gate(r, x, state, UPDATE), reset = gate(r, x, state, RESET);
    const wg_var u = wg_mul(reset, wg_gate(state, CANDIDATE, 1, r->o.units));
    return mix(r, z, wg_add(wg_gate(x, CANDIDATE, 1, r->o.units), u));
}

static wg_var step_reset_before(struct wg_recurrent *r, wg_var x) {
    const wg_var h = wg_recurrent_state(r);
    if (wg_is_null(r->kernel_part[0])) {
        r->kernel_part[0] = wg_gate(r->recurrent_kernel, UPDATE, 2, r->o.units);
        r->kernel_part[1] = wg_gate(r->recurrent_kernel, CANDIDATE, 1, r->o.units);
    }
    const wg_var state = wg_matmul(h, r->kernel_part[0]);
    const wg_var z = gate(r, x, state, UPDATE), reset = gate(r, x, state, RESET);
    const wg_var u = wg_matmul(wg_mul(reset, h), r->kernel_part[1]);
    return mix(r, z, wg_add(wg_gate(x, CANDIDATE, 1, r->o.units), u));
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    (void)n;
    const struct wg_gru_options *o = options;
    const bool after = o->reset_after == WG_YES;
    return wg_record_recurrent(
        pass,
        (struct wg_recurrent){.o = WG_RECURRENT_OF(o, o->recurrent_activation),
                              .gates = GATES,
                              .two_biases = after,
                              .step = after ? step_reset_after : step_reset_before},
        x[0]);
}

WG_LAYER(gru, wg_gru_options,
         .field = WG_FIELDS(
             WG_FIELD(wg_gru_options, units, WG_FIELD_WHOLE, .min = 1, .max = 1e8),
             WG_FIELD(wg_gru_options, activation, WG_FIELD_TEXT, .text = "tanh"),
             WG_FIELD(wg_gru_options, recurrent_activation, WG_FIELD_TEXT, .text = "sigmoid"),
             WG_RECURRENT_FIELDS(wg_gru_options),
             WG_FIELD(wg_gru_options, reset_after, WG_FIELD_FLAG, .fallback = WG_YES)),
         .record = record)
