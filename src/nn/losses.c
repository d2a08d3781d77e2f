/* Losses by name: the table, what is checked, weights and reductions. */
#include "wengert/losses.h"

#include "base/error.h"
#include "nn/losses.h"
#include "nn/named.h"
#include "nn/params.h"
#include "wengert/ops.h"

static const wg_var null = {0};

/* ------------------------------------------------------------------------------------------------
 * What losses share */

wg_var wg_beside(wg_var v, double number) {
    if (wg_is_null(v)) return null;
    return wg_constant_scalar(v.tape, wg_value(v).dtype, number);
}

wg_var wg_times(wg_var v, double factor) { return wg_mul(v, wg_beside(v, factor)); }
wg_var wg_plus(wg_var v, double number) { return wg_add(v, wg_beside(v, number)); }
wg_var wg_no_less(wg_var v, double least) { return wg_maximum(v, wg_beside(v, least)); }
wg_var wg_clipped(wg_var v, double least, double most) {
    const wg_var raised = wg_no_less(v, least);
    return wg_minimum(raised, wg_beside(v, most));
}
wg_var wg_last_mean(wg_var v) { return wg_mean(v, WG_AXES(-1), 0); }
wg_var wg_last_sum(wg_var v) { return wg_sum(v, WG_AXES(-1), 0); }
wg_var wg_complement(wg_var v) { return wg_sub(wg_beside(v, 1), v); }

wg_var wg_ones(const struct wg_batch *b, struct wg_shape shape) {
    const wg_var leaf = wg_input(b->prediction.tape, b->dtype, shape, NULL);
    const struct wg_tensor value = wg_value(leaf);
    for (int64_t k = 0; value.data && k < value.size; k++) wg_set_element(&value, k, 1);
    return leaf;
}

/* ------------------------------------------------------------------------------------------------
 * The table */

enum { SUM_OVER_BATCH_SIZE, SUM, MEAN_WITH_SAMPLE_WEIGHT, NONE };

struct loss {
    struct wg_named named;
    wg_loss_record *record;
    int labels; /* 1: the target is int32 labels */
};

#define REDUCTION                                                                                  \
    { "reduction", SUM_OVER_BATCH_SIZE, 0, NONE, WG_INTEGER, "of the values" }
#define FLAG(attribute, initial, says)                                                             \
    { attribute, initial, 0, 1, WG_FLAG, says }
#define SHARE(attribute, initial, says)                                                            \
    { attribute, initial, 0, 1, WG_NUMBER, says }
#define POSITIVE(attribute, initial, most, says)                                                   \
    { attribute, initial, WG_SMALLEST, most, WG_NUMBER, says }
#define WHOLES(attribute, says)                                                                    \
    { .name = attribute, .kind = WG_LIST, .meaning = says }
#define FROM_LOGITS FLAG("from_logits", 0, "1: the prediction is logits")
#define SMOOTHING SHARE("label_smoothing", 0, "how far targets go towards even ones")
#define GAMMA                                                                                      \
    { "gamma", 2, 0, 100, WG_NUMBER, "the power of 1 - p" }
#define LOSS(loss_name, other_name, function, takes_labels, ...)                                   \
    {                                                                                              \
        .named = {.as_op = {.name = loss_name,                                                     \
                            .aliases = {other_name},                                               \
                            .attributes = {REDUCTION, __VA_ARGS__}},                               \
                  .words = {{.attribute = "reduction",                                             \
                             .word = {"sum_over_batch_size", "sum", "mean_with_sample_weight",     \
                                      "none"},                                                     \
                             .also = "mean"}}},                                                    \
        .record = function, .labels = takes_labels                                                 \
    }
#define PLAIN(loss_name, other_name, function) LOSS(loss_name, other_name, function, 0, {0})

static const struct loss losses[] = {
    PLAIN("mean_squared_error", "mse", wg_record_mse),
    PLAIN("mean_absolute_error", "mae", wg_record_mae),
    PLAIN("mean_absolute_percentage_error", "mape", wg_record_mape),
    PLAIN("mean_squared_logarithmic_error", "msle", wg_record_msle),
    LOSS("huber", NULL, wg_record_huber, 0,
         POSITIVE("delta", 1, WG_LARGEST, "where it becomes linear")),
    PLAIN("log_cosh", "logcosh", wg_record_log_cosh),
    PLAIN("hinge", NULL, wg_record_hinge),
    PLAIN("squared_hinge", NULL, wg_record_squared_hinge),
    PLAIN("categorical_hinge", NULL, wg_record_categorical_hinge),
    PLAIN("cosine_similarity", NULL, wg_record_cosine),
    PLAIN("kl_divergence", "kld", wg_record_kl),
    PLAIN("poisson", NULL, wg_record_poisson),
    LOSS("binary_crossentropy", "bce", wg_record_binary, 0, FROM_LOGITS, SMOOTHING),
    LOSS("categorical_crossentropy", NULL, wg_record_categorical, 0, FROM_LOGITS, SMOOTHING),
    LOSS("sparse_categorical_crossentropy", NULL, wg_record_sparse, 1, FROM_LOGITS,
         WHOLES("ignore_class", "labels whose samples do not count")),
    LOSS("binary_focal_crossentropy", NULL, wg_record_binary_focal, 0,
         FLAG("apply_class_balancing", 0, "1: alpha and 1 - alpha are weights"),
         SHARE("alpha", 0.25, "the weight of class 1"), GAMMA, FROM_LOGITS, SMOOTHING),
    LOSS("categorical_focal_crossentropy", NULL, wg_record_categorical_focal, 0,
         SHARE("alpha", 0.25, "the weight"), GAMMA, FROM_LOGITS, SMOOTHING),
    LOSS("dice", NULL, wg_record_dice, 0, WHOLES("axis", "the axes of one value; all")),
    LOSS("tversky", NULL, wg_record_tversky, 0,
         {"alpha", 0.5, 0, WG_LARGEST, WG_NUMBER, "the weight of false positives"},
         {"beta", 0.5, 0, WG_LARGEST, WG_NUMBER, "the weight of false negatives"},
         WHOLES("axis", "the axes of one value; all")),
    LOSS("circle", NULL, wg_record_circle, 1, POSITIVE("gamma", 80, 1e6, "the scale"),
         SHARE("margin", 0.4, "the relaxation"),
         FLAG("remove_diagonal", 1, "1: no sample is its own positive")),
    LOSS("categorical_generalized_cross_entropy", NULL, wg_record_generalized, 1,
         POSITIVE("q", 0.5, 1, "0: cross-entropy, 1: absolute error")),
};

static const struct wg_named *at(int i) {
    const int count = sizeof losses / sizeof *losses;
    return i >= 0 && i < count ? &losses[i].named : NULL;
}

const char *wg_loss_name(int i) { return at(i) ? at(i)->as_op.name : NULL; }

static struct wg_configured read(const char *text) {
    static const struct wg_named_table table = {"loss", "wg_loss", at};
    return wg_read_named(&table, text);
}

enum wg_status wg_loss_check(const char *text) {
    return read(text).index < 0 ? wg_error_status() : WG_OK;
}

int wg_loss_takes_labels(const char *text) {
    const struct wg_configured configured = read(text);
    return configured.index < 0 ? -1 : losses[configured.index].labels;
}

/* ------------------------------------------------------------------------------------------------
 * What is checked */

static enum wg_status refuse_shapes(const char *name, struct wg_shape prediction,
                                    struct wg_shape target, const char *expected) {
    return wg_fail(WG_ERROR_SHAPE, "%s: prediction of shape %s and target of shape %s; expected %s",
                   name, wg_shape_text(prediction).text, wg_shape_text(target).text, expected);
}

static enum wg_status check(const struct loss *loss, const struct wg_tensor *p,
                            const struct wg_tensor *t) {
    const char *name = loss->named.as_op.name;
    if (p->dtype == WG_I32) {
        return wg_fail(WG_ERROR_DTYPE, "%s: prediction of dtype i32; expected f32 or f64", name);
    }
    if (t->dtype != (loss->labels ? WG_I32 : p->dtype)) {
        return wg_fail(WG_ERROR_DTYPE, "%s: target of dtype %s; expected %s", name,
                       wg_dtype_name(t->dtype),
                       loss->labels ? "i32, labels" : wg_dtype_name(p->dtype));
    }
    if (p->shape.rank < 1 || p->size < 1) {
        return refuse_shapes(name, p->shape, t->shape,
                             "a prediction of one axis or more, not empty");
    }
    if (!loss->labels) {
        return wg_shape_equal(p->shape, t->shape)
                   ? WG_OK
                   : refuse_shapes(name, p->shape, t->shape, "the same shape");
    }
    struct wg_shape samples = p->shape, column = p->shape;
    samples.rank--;
    column.dim[samples.rank] = 1;
    return wg_shape_equal(samples, t->shape) || wg_shape_equal(column, t->shape)
               ? WG_OK
               : refuse_shapes(name, p->shape, t->shape,
                               "(..., classes) and labels of (...) or (..., 1)");
}

/* ------------------------------------------------------------------------------------------------
 * Weights and reductions */

/* The weights beside the values: axes of size 1 in place of those that they lack. */
static wg_var aligned(const struct wg_batch *b, wg_var weight, struct wg_shape values) {
    const struct wg_tensor w = wg_value(weight);
    if (!w.data) return null;
    if (w.dtype != b->dtype) {
        wg_fail(WG_ERROR_DTYPE, "%s: sample weights of dtype %s; expected %s", b->name,
                wg_dtype_name(w.dtype), wg_dtype_name(b->dtype));
        return null;
    }
    struct wg_shape shape = w.shape;
    while (shape.rank > 0 && shape.dim[shape.rank - 1] == 1) shape.rank--;
    int fits = shape.rank <= values.rank;
    for (int d = 0; fits && d < shape.rank; d++) fits = shape.dim[d] == values.dim[d];
    if (!fits) {
        wg_fail(WG_ERROR_SHAPE,
                "%s: sample weights of shape %s for values of shape %s; expected that, or its "
                "first dimensions",
                b->name, wg_shape_text(w.shape).text, wg_shape_text(values).text);
        return null;
    }
    for (; shape.rank < values.rank; shape.rank++) shape.dim[shape.rank] = 1;
    return wg_shape_equal(shape, w.shape) ? weight : wg_reshape(weight, shape);
}

static wg_var total(wg_var v) { return wg_sum(v, WG_ALL_AXES, 0); }

static wg_var reduced(const struct wg_batch *b, wg_var values, wg_var weight, int reduction) {
    if (wg_is_null(values)) return null;
    const struct wg_shape shape = wg_value(values).shape;
    const int weighted = !wg_is_null(weight), partial = !wg_is_null(b->counts);
    if (weighted) {
        weight = aligned(b, weight, shape);
        values = wg_mul(values, weight);
    }
    if (reduction == NONE) return values;
    if (partial) values = wg_mul(values, b->counts);
    if (reduction == SUM) return total(values);
    if (reduction == MEAN_WITH_SAMPLE_WEIGHT && weighted) {
        weight = partial ? wg_mul(b->counts, weight) : wg_broadcast_to(weight, shape);
        const wg_var sum = total(values);
        return wg_div(sum, wg_no_less(total(weight), WG_TINIEST));
    }
    if (partial) {
        const wg_var sum = total(values);
        return wg_div(sum, wg_no_less(total(b->counts), 1));
    }
    return wg_mean(values, WG_ALL_AXES, 0);
}

wg_var wg_loss(wg_var prediction, wg_var target, wg_var sample_weight, const char *text) {
    const struct wg_configured configured = read(text);
    if (configured.index < 0) return null;
    const struct loss *loss = &losses[configured.index];
    const struct wg_tensor p = wg_value(prediction), t = wg_value(target);
    if (!p.data || !t.data || check(loss, &p, &t) != WG_OK) return null;
    const struct wg_mark before = wg_tape_mark(prediction.tape);
    struct wg_batch b = {.name = loss->named.as_op.name,
                         .prediction = prediction,
                         .target = target,
                         .shape = p.shape,
                         .dtype = p.dtype,
                         .slots = configured.slots + 1};
    const wg_var values = loss->record(&b),
                 y = reduced(&b, values, sample_weight, (int)configured.slots[0]);
    if (wg_is_null(y)) wg_tape_rewind(prediction.tape, before);
    return y;
}
