/* multi_head_attention: for each head, softmax(q k^T / sqrt(key_dim)) v. */
#include "nn/layer.h"

#include "base/error.h"
#include "wengert/ops.h"
#include "wengert/regularizers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef const struct wg_multi_head_attention_options *options_of;

static const wg_var null;

/* ---- The dense layers inside ----------------------------------------------------------------- */

/* x (..., in) by a kernel that stands in the shape `shape`, whose first `inner` dimensions are
 * those of x's last one, and a bias of the others. */
static wg_var dense(wg_pass *pass, options_of o, wg_var x, const char *name, struct wg_shape shape,
                    int inner) {
    char weight[64];
    struct wg_shape rest = {.rank = shape.rank - inner};
    int64_t columns = 1, rows = 1;
    for (int d = 0; d < inner; d++) rows *= shape.dim[d];
    for (int d = inner; d < shape.rank; d++) columns *= rest.dim[d - inner] = shape.dim[d];
    snprintf(weight, sizeof weight, "%s/kernel", name);
    const wg_var kernel =
        wg_pass_weight(pass, (struct wg_weight){weight, shape, o->kernel_initializer,
                                                o->kernel_regularizer, o->kernel_constraint});
    const wg_var y = wg_matmul(x, wg_reshape(kernel, WG_SHAPE(rows, columns)));
    if (o->use_bias != WG_YES) return y;
    snprintf(weight, sizeof weight, "%s/bias", name);
    const wg_var bias =
        wg_pass_weight(pass, (struct wg_weight){weight, rest, o->bias_initializer,
                                                o->bias_regularizer, o->bias_constraint});
    return wg_add(y, rest.rank == 1 ? bias : wg_reshape(bias, WG_SHAPE(columns)));
}

/* x (batch, steps, features) -> (batch, steps, heads, size) */
static wg_var heads_of(wg_pass *pass, options_of o, wg_var x, const char *name, int size) {
    const struct wg_shape in = wg_shape_of(x);
    const wg_var y = dense(pass, o, x, name, WG_SHAPE(in.dim[2], o->num_heads, size), 1);
    return wg_reshape(y, WG_SHAPE(in.dim[0], in.dim[1], o->num_heads, size));
}

/* ---- Who looks where ------------------------------------------------------------------------- */

static wg_var causal_mask(wg_pass *pass, int64_t steps, int64_t places) {
    int32_t *mask = calloc((size_t)(steps * places) + 1, sizeof *mask);
    if (!mask) {
        wg_fail(WG_ERROR_MEMORY, "out of memory for a mask of %lld x %lld", (long long)steps,
                (long long)places);
        return null;
    }
    for (int64_t i = 0; i < steps; i++) {
        for (int64_t j = 0; j < places && j <= i; j++) mask[i * places + j] = 1;
    }
    const wg_var leaf = wg_input(wg_pass_tape(pass), WG_I32, WG_SHAPE(steps, places), mask);
    free(mask);
    return leaf;
}

static bool fits(int64_t dim, int64_t full) { return dim == 1 || dim == full; }

static enum wg_status check_mask(options_of o, struct wg_shape mask, struct wg_shape scores) {
    const int64_t *m = mask.dim, *s = scores.dim;
    const bool two = mask.rank == 2 && m[0] == s[2] && m[1] == s[3];
    const bool four =
        mask.rank == 4 && fits(m[0], s[0]) && fits(m[1], s[1]) && fits(m[2], s[2]) && m[3] == s[3];
    if (!two && !four)
        return wg_fail(WG_ERROR_SHAPE,
                       "a mask of shape %s; expected (%lld, %lld) or (%lld or 1, %lld or 1, %lld "
                       "or 1, %lld)",
                       wg_shape_text(mask).text, (long long)s[2], (long long)s[3], (long long)s[0],
                       (long long)s[1], (long long)s[2], (long long)s[3]);
    if (o->use_causal_mask == WG_YES)
        return wg_fail(WG_ERROR_ARGUMENT,
                       "a mask, with use_causal_mask=yes; expected one of them: a mask can leave "
                       "out what comes later too");
    return WG_OK;
}

/* The weights (batch, heads, steps, places) of q and k. */
static wg_var weigh(wg_pass *pass, options_of o, wg_var q, wg_var k, const wg_var *mask) {
    const struct wg_shape qs = wg_shape_of(q), ks = wg_shape_of(k);
    const double scale = 1 / sqrt(o->key_dim);
    wg_var weights;
    if (qs.rank == 0 || ks.rank == 0) return null;
    const struct wg_shape shape = WG_SHAPE(qs.dim[0], qs.dim[2], qs.dim[1], ks.dim[1]);
    if (mask && check_mask(o, wg_shape_of(*mask), shape) != WG_OK) return null;
    if (mask || o->use_causal_mask == WG_YES) {
        const wg_var kept = mask ? *mask : causal_mask(pass, shape.dim[2], shape.dim[3]);
        weights = wg_attention_weights(q, k, kept, scale);
    } else {
        const wg_var factor = wg_constant_scalar(wg_pass_tape(pass), wg_pass_dtype(pass), scale);
        const wg_var scaled = wg_mul(wg_transpose(q, WG_AXES(0, 2, 1, 3)), factor);
        weights =
            wg_softmax(wg_matmul_transposed(scaled, 0, wg_transpose(k, WG_AXES(0, 2, 1, 3)), 1), 3);
    }
    if (wg_pass_mode(pass) == WG_TRAINING && o->dropout > 0)
        weights = wg_keyed_dropout(weights, wg_pass_key(pass), o->dropout, (struct wg_axes){0});
    return weights;
}

/* ---- The layer ------------------------------------------------------------------------------- */

static enum wg_status check_inputs(const wg_var *x, int n) {
    static const char *const name[] = {"query", "value", "key"};
    struct wg_shape shape[3] = {{0}};
    for (int i = 0; i < n && i < 3; i++) {
        char expected[80];
        snprintf(expected, sizeof expected, "(batch, steps, features), as the %s", name[i]);
        if (!wg_check_rank(x[i], 3, 3, expected)) return WG_ERROR_SHAPE;
        if (wg_value(x[i]).dtype == WG_I32)
            return wg_fail(WG_ERROR_DTYPE, "the %s is i32; expected f32 or f64; a mask comes last",
                           name[i]);
        shape[i] = wg_shape_of(x[i]);
        if (shape[i].dim[0] != shape[0].dim[0])
            return wg_fail(WG_ERROR_SHAPE, "the %s of shape %s; expected a batch of %lld", name[i],
                           wg_shape_text(shape[i]).text, (long long)shape[0].dim[0]);
    }
    if (n == 3 && shape[1].dim[1] != shape[2].dim[1])
        return wg_fail(WG_ERROR_SHAPE,
                       "a value of shape %s and a key of shape %s; expected as many places",
                       wg_shape_text(shape[1]).text, wg_shape_text(shape[2]).text);
    return WG_OK;
}

static wg_var attend(wg_pass *pass, options_of o, const wg_var *x, int n, const wg_var *mask) {
    const struct wg_shape in = wg_shape_of(x[0]);
    const int value_dim = o->value_dim ? o->value_dim : o->key_dim;
    const int64_t features = o->output_shape ? o->output_shape : in.dim[2];
    const wg_var value = x[n > 1 ? 1 : 0], key = n > 2 ? x[2] : value;
    const wg_var q = heads_of(pass, o, x[0], "query", o->key_dim);
    const wg_var k = heads_of(pass, o, key, "key", o->key_dim);
    const wg_var v = heads_of(pass, o, value, "value", value_dim);
    const wg_var weights = weigh(pass, o, q, k, mask);
    const wg_var together =
        wg_reshape(wg_attention_values(weights, v),
                   WG_SHAPE(in.dim[0], in.dim[1], (int64_t)o->num_heads * value_dim));
    return dense(pass, o, together, "attention_output", WG_SHAPE(o->num_heads, value_dim, features),
                 2);
}

static wg_var record(wg_pass *pass, const void *options, const wg_var *x, int n) {
    const options_of o = options;
    const bool masked = n > 1 && wg_value(x[n - 1]).dtype == WG_I32;
    if (n == 4 && !masked) {
        wg_fail(WG_ERROR_DTYPE, "4 inputs; expected the last to be a mask, int32");
        return null;
    }
    if (check_inputs(x, n - masked) != WG_OK) return null;
    const wg_var y = attend(pass, o, x, n - masked, masked ? &x[n - 1] : NULL);
    if (!wg_is_null(y) && o->activity_regularizer &&
        wg_pass_add_penalty(pass, wg_regularize_activity(y, o->activity_regularizer)) != WG_OK)
        return null;
    return y;
}

#define WHOLE(member, ...)                                                                         \
    WG_FIELD(wg_multi_head_attention_options, member, WG_FIELD_WHOLE, .min = 1, .max = 1e6,        \
             __VA_ARGS__)

WG_LAYER(multi_head_attention, wg_multi_head_attention_options,
         .field = WG_FIELDS(
             WHOLE(num_heads, .optional = false), WHOLE(key_dim, .optional = false),
             WHOLE(value_dim, .optional = true),
             WG_FIELD(wg_multi_head_attention_options, dropout, WG_FIELD_NUMBER, .max = 1,
                      .below_max = true),
             WG_FIELD(wg_multi_head_attention_options, use_bias, WG_FIELD_FLAG, .fallback = WG_YES),
             WHOLE(output_shape, .optional = true),
             WG_FIELD(wg_multi_head_attention_options, use_causal_mask, WG_FIELD_FLAG,
                      .fallback = WG_NO),
             WG_WEIGHT_FIELDS(wg_multi_head_attention_options, kernel, "glorot_uniform"),
             WG_WEIGHT_FIELDS(wg_multi_head_attention_options, bias, "zeros"),
             WG_FIELD(wg_multi_head_attention_options, activity_regularizer, WG_FIELD_TEXT)),
         .least = 1, .most = 4, .record = record)
