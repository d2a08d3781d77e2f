/* Regularizers: penalties made of ops. */
#include "wengert/regularizers.h"

#include "base/error.h"
#include "nn/named.h"
#include "wengert/ops.h"

#define SHORTEST_ROW 1e-12 /* of those that are made unit vectors */

static const wg_var null = {0};

static wg_var scaled(wg_var x, double factor) {
    if (wg_is_null(x)) return null;
    return wg_mul(x, wg_constant_scalar(x.tape, wg_value(x).dtype, factor));
}

/* ------------------------------------------------------------------------------------------------
 * What each records */

static wg_var l1_of(wg_var w, double factor) {
    return scaled(wg_sum(wg_abs(w), WG_ALL_AXES, 0), factor);
}

static wg_var l2_of(wg_var w, double factor) {
    return scaled(wg_sum(wg_square(w), WG_ALL_AXES, 0), factor);
}

static wg_var record_l1(wg_var w, const double *slots) { return l1_of(w, slots[0]); }
static wg_var record_l2(wg_var w, const double *slots) { return l2_of(w, slots[0]); }

static wg_var record_l1l2(wg_var w, const double *slots) {
    if (slots[0] == 0) return l2_of(w, slots[1]);
    if (slots[1] == 0) return l1_of(w, slots[0]);
    const wg_var l1 = l1_of(w, slots[0]);
    return wg_add(l1, l2_of(w, slots[1]));
}

/* 1 off the diagonal, 0 on it. */
static wg_var off_diagonal(wg_tape *tape, enum wg_dtype dtype, int64_t n) {
    const wg_var mask = wg_input(tape, dtype, WG_SHAPE(n, n), NULL);
    const struct wg_tensor value = wg_value(mask);
    for (int64_t k = 0; value.data && k < value.size; k++) {
        const int other = k / n != k % n;
        if (dtype == WG_F32)
            ((float *)value.data)[k] = (float)other;
        else
            ((double *)value.data)[k] = other;
    }
    return mask;
}

static wg_var record_orthogonal(wg_var w, const double *slots) {
    const struct wg_tensor value = wg_value(w);
    const int columns = slots[1] != 0;
    if (!value.data) return null;
    if (value.shape.rank != 2 || value.shape.dim[columns] < 2) {
        wg_fail(WG_ERROR_SHAPE, "orthogonal: shape %s, mode %s; expected a matrix of two or more",
                wg_shape_text(value.shape).text, columns ? "columns" : "rows");
        return null;
    }
    const wg_var squares = wg_sum(wg_square(w), WG_AXES(columns ? 0 : 1), 1);
    if (wg_is_null(squares)) return null;
    const wg_var least = wg_constant_scalar(w.tape, value.dtype, SHORTEST_ROW * SHORTEST_ROW);
    const wg_var unit = wg_div(w, wg_sqrt(wg_maximum(squares, least)));
    const wg_var cosines = wg_matmul_transposed(unit, columns, unit, !columns);
    const int64_t n = value.shape.dim[columns];
    const wg_var sizes = wg_abs(cosines),
                 others = wg_mul(sizes, off_diagonal(w.tape, value.dtype, n));
    return scaled(wg_sum(others, WG_ALL_AXES, 0), slots[0] / ((double)n * (double)(n - 1)));
}

/* ------------------------------------------------------------------------------------------------
 * The table */

struct regularizer {
    struct wg_named named;
    wg_var (*record)(wg_var w, const double *slots);
};

#define FACTOR(name, initial, meaning)                                                             \
    { name, initial, 0, WG_LARGEST, WG_NUMBER, meaning }

enum { L1, L2, L1L2, ORTHOGONAL };

static const struct regularizer regularizers[] = {
    [L1] = {.named.as_op = {.name = "l1", .attributes = {FACTOR("l1", 0.01, "of sum |w|")}},
            .record = record_l1},
    [L2] = {.named.as_op = {.name = "l2", .attributes = {FACTOR("l2", 0.01, "of sum w^2")}},
            .record = record_l2},
    [L1L2] = {.named.as_op = {.name = "l1l2",
                              .aliases = {"l1_l2"},
                              .attributes = {FACTOR("l1", 0, "of sum |w|"),
                                             FACTOR("l2", 0, "of sum w^2")}},
              .record = record_l1l2},
    [ORTHOGONAL] = {.named = {.as_op = {.name = "orthogonal",
                                        .aliases = {"orthogonal_regularizer"},
                                        .attributes = {FACTOR("factor", 0.01, "of the mean"),
                                                       {"mode", 0, 0, 1, WG_INTEGER, "which"}}},
                              .words = {{.attribute = "mode", .word = {"rows", "columns"}}}},
                    .record = record_orthogonal},
};

static const struct wg_named *at(int i) {
    const int count = sizeof regularizers / sizeof *regularizers;
    return i >= 0 && i < count ? &regularizers[i].named : NULL;
}

const char *wg_regularizer_name(int i) { return at(i) ? at(i)->as_op.name : NULL; }

/* ------------------------------------------------------------------------------------------------
 * Calls */

static wg_var record(wg_var w, int which, const double *slots) {
    const struct regularizer *regularizer = &regularizers[which];
    const struct wg_op as_op = wg_op_of_named(&regularizer->named);
    if (wg_op_check_attributes(&as_op, slots) != WG_OK) return null;
    return regularizer->record(w, slots);
}

wg_var wg_regularize(wg_var w, const char *text) {
    static const struct wg_named_table table = {"regularizer", "wg_regularize", at};
    const struct wg_configured configured = wg_read_named(&table, text);
    if (configured.index < 0) return null;
    if (configured.index == L1L2 && configured.given == 0) {
        wg_fail(WG_ERROR_ARGUMENT, "l1l2: neither l1 nor l2 is given; expected one of them, as "
                                   "both are 0 by default and would penalise nothing");
        return null;
    }
    return record(w, configured.index, configured.slots);
}

wg_var wg_regularize_activity(wg_var y, const char *text) {
    const struct wg_tensor value = wg_value(y);
    if (!value.data) return null;
    if (value.shape.rank < 1 || value.shape.dim[0] < 1) {
        wg_fail(WG_ERROR_SHAPE,
                "wg_regularize_activity: shape %s; expected a batch of one or more first",
                wg_shape_text(value.shape).text);
        return null;
    }
    const wg_var penalty = wg_regularize(y, text);
    if (wg_is_null(penalty)) return null;
    return wg_div(penalty, wg_constant_scalar(y.tape, value.dtype, (double)value.shape.dim[0]));
}

wg_var wg_l1_penalty(wg_var w, double l1) { return record(w, L1, &l1); }

wg_var wg_l2_penalty(wg_var w, double l2) { return record(w, L2, &l2); }

wg_var wg_l1l2_penalty(wg_var w, double l1, double l2) {
    return record(w, L1L2, (double[]){l1, l2});
}

wg_var wg_orthogonal_penalty(wg_var w, double factor, int columns) {
    return record(w, ORTHOGONAL, (double[]){factor, columns});
}
