/* Recurrent layers: the projection of all inputs at once, the walk through time. */
#include "nn/recurrent.h"

#include "base/error.h"
#include "wengert/ops.h"
#include "wengert/regularizers.h"

#include <stdlib.h>

static const wg_var null;

wg_var wg_gate(wg_var x, int gate, int gates, int64_t units) {
    const struct wg_shape shape = wg_shape_of(x);
    if (shape.rank == 0) return null;
    struct wg_shape begin = {.rank = shape.rank}, size = {.rank = shape.rank};
    for (int d = 0; d < shape.rank; d++) size.dim[d] = -1;
    begin.dim[shape.rank - 1] = gate * units;
    size.dim[shape.rank - 1] = gates * units;
    return wg_slice(x, begin, size);
}

wg_var wg_recurrent_state(const struct wg_recurrent *r) {
    if (wg_is_null(r->key)) return r->h;
    return wg_keyed_dropout(r->h, r->key, r->o.recurrent_dropout, (struct wg_axes){0});
}

/* ---- Weights, and what is the same in all steps ---------------------------------------------- */

static enum wg_status declare(wg_pass *pass, struct wg_recurrent *r, int64_t inputs,
                              wg_var *kernel) {
    const struct wg_recurrent_options *o = &r->o;
    const int64_t columns = (int64_t)r->gates * o->units;
    *kernel = wg_pass_weight(pass, (struct wg_weight){"kernel", WG_SHAPE(inputs, columns),
                                                      o->kernel_initializer, o->kernel_regularizer,
                                                      o->kernel_constraint});
    r->recurrent_kernel =
        wg_pass_weight(pass, (struct wg_weight){"recurrent_kernel", WG_SHAPE(o->units, columns),
                                                o->recurrent_initializer, o->recurrent_regularizer,
                                                o->recurrent_constraint});
    if (wg_is_null(*kernel) || wg_is_null(r->recurrent_kernel)) return wg_error_status();
    if (o->use_bias != WG_YES) return WG_OK;
    r->bias = wg_pass_weight(
        pass, (struct wg_weight){"bias", r->two_biases ? WG_SHAPE(2, columns) : WG_SHAPE(columns),
                                 o->bias_initializer, o->bias_regularizer, o->bias_constraint});
    if (r->two_biases) {
        const wg_var both = r->bias;
        r->bias = wg_slice(both, WG_SHAPE(0, 0), WG_SHAPE(1, -1));
        r->recurrent_bias = wg_slice(both, WG_SHAPE(1, 0), WG_SHAPE(1, -1));
        if (wg_is_null(r->recurrent_bias)) return wg_error_status();
    }
    return wg_is_null(r->bias) ? wg_error_status() : WG_OK;
}

static wg_var project(wg_pass *pass, const struct wg_recurrent *r, wg_var x, wg_var kernel) {
    if (wg_pass_mode(pass) == WG_TRAINING && r->o.dropout > 0)
        x = wg_keyed_dropout(x, wg_pass_key(pass), r->o.dropout, WG_AXES(1));
    const wg_var y = wg_matmul(x, kernel);
    return wg_is_null(r->bias) ? y : wg_add(y, r->bias);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static enum wg_status take_step(struct wg_recurrent *r, wg_var x) {
    const int64_t units = r->o.units;
    const wg_var one = wg_reshape(x, WG_SHAPE(r->batch, r->gates * units));
    r->h = wg_is_null(one) ? one : r->step(r, one);
    if (wg_is_null(r->h)) return wg_error_status();
    if (!r->sequence) return WG_OK;
    const wg_var h = wg_reshape(r->h, WG_SHAPE(r->batch, 1, units));
    if (wg_is_null(h)) return wg_error_status();
    r->sequence[r->done++] = h;
    return WG_OK;
}

/* Takes a part of the sequence apart, in four, each of these in four ...: a slice's gradient has
 * the size of what it was cut from, so that slices for all steps from one sequence would cost the
 * square of its length. */
static enum wg_status take_steps(struct wg_recurrent *r, wg_var x, int64_t steps) {
    enum { PARTS = 4 };
    if (steps == 1) return take_step(r, x);
    const int64_t size = (steps + PARTS - 1) / PARTS, parts = (steps + size - 1) / size;
    for (int64_t i = 0; i < parts; i++) {
        const int64_t begin = (r->o.go_backwards == WG_YES ? parts - 1 - i : i) * size;
        const int64_t some = steps - begin < size ? steps - begin : size;
        const wg_var part = wg_slice(x, WG_SHAPE(0, begin, 0), WG_SHAPE(-1, some, -1));
        if (wg_is_null(part) || take_steps(r, part, some) != WG_OK) return wg_error_status();
    }
    return WG_OK;
}

static wg_var run(struct wg_recurrent *r, wg_var x, int64_t steps) {
    wg_var y = null;
    const bool all = r->o.return_sequences == WG_YES;
    if (all && !(r->sequence = calloc((size_t)steps, sizeof *r->sequence))) {
        wg_fail(WG_ERROR_MEMORY, "out of memory for %lld steps", (long long)steps);
        return null;
    }
    if (take_steps(r, x, steps) == WG_OK) y = all ? wg_concat(r->sequence, (int)steps, 1) : r->h;
    free(r->sequence);
    return y;
}

wg_var wg_record_recurrent(wg_pass *pass, struct wg_recurrent r, wg_var x) {
    wg_var kernel;
    if (!wg_check_rank(x, 3, 3, "(batch, steps, inputs)")) return null;
    const struct wg_shape in = wg_shape_of(x);
    if (in.dim[1] < 1 || in.dim[1] > INT32_MAX) {
        wg_fail(WG_ERROR_SHAPE, "%lld steps; expected 1 to %d", (long long)in.dim[1], INT32_MAX);
        return null;
    }
    if (declare(pass, &r, in.dim[2], &kernel) != WG_OK) return null;
    const wg_var projected = project(pass, &r, x, kernel);
    if (wg_pass_mode(pass) == WG_TRAINING && r.o.recurrent_dropout > 0) {
        r.key = wg_pass_key(pass);
        if (wg_is_null(r.key)) return null;
    }
    r.batch = in.dim[0];
    r.h = r.carry =
        wg_input(wg_pass_tape(pass), wg_pass_dtype(pass), WG_SHAPE(r.batch, r.o.units), NULL);
    if (wg_is_null(projected) || wg_is_null(r.h)) return null;
    const wg_var y = run(&r, projected, in.dim[1]);
    if (!wg_is_null(y) && r.o.activity_regularizer &&
        wg_pass_add_penalty(pass, wg_regularize_activity(y, r.o.activity_regularizer)) != WG_OK)
        return null;
    return y;
}
