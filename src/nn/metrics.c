/* Metrics by name: those that are means, the table, what is checked, updates. */
#include "nn/metrics.h"

#include "base/error.h"
#include "math/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSILON 1e-7 /* Keras's */

double wg_number_at(const struct wg_tensor *t, int64_t i) {
    if (t->dtype == WG_F32) return ((const float *)t->data)[i];
    return t->dtype == WG_F64 ? ((const double *)t->data)[i] : ((const int32_t *)t->data)[i];
}

static int64_t largest(const struct wg_tensor *t, int64_t columns, int64_t row) {
    int64_t at = 0;
    for (int64_t c = 0; c < columns; c++) {
        const double value = wg_number_at(t, row * columns + c);
        if (isnan(value)) return -1;
        if (value > wg_number_at(t, row * columns + at)) at = c;
    }
    return at;
}

int64_t wg_true_class(const struct wg_rows *r, int64_t row) {
    return r->labels ? ((const int32_t *)r->target.data)[row]
                     : largest(&r->target, r->columns, row);
}

int64_t wg_predicted_class(const struct wg_rows *r, int64_t row) {
    return largest(&r->prediction, r->columns, row);
}

/* ------------------------------------------------------------------------------------------------
 * Means: of elements */

static void add(wg_metric *m, double value, double w) {
    m->total += w * value;
    m->count += w;
}

#define OF_ELEMENTS(name, value)                                                                   \
    static void add_##name(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {           \
        const double p = wg_number_at(&r->prediction, i), t = wg_number_at(&r->target, i);         \
        add(m, value, w);                                                                          \
    }

static double log1p_of(double v) { return wg_log1p_f64(v > EPSILON || isnan(v) ? v : EPSILON); }

OF_ELEMENTS(exact, p == t)
OF_ELEMENTS(binary, !isnan(p) && (p > m->configured.slots[0]) == t)
OF_ELEMENTS(square, (p - t) * (p - t))
OF_ELEMENTS(absolute, fabs(p - t))
OF_ELEMENTS(percentage, 100 * fabs(p - t) / fmax(fabs(t), EPSILON))
OF_ELEMENTS(logarithmic, (log1p_of(p) - log1p_of(t)) * (log1p_of(p) - log1p_of(t)))

/* Of those predicted, the share that are; of those that are, the share predicted. */
static void add_precision(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    if (wg_number_at(&r->prediction, i) > m->configured.slots[0])
        add(m, wg_number_at(&r->target, i) != 0, w);
}
static void add_recall(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    if (wg_number_at(&r->target, i) != 0)
        add(m, wg_number_at(&r->prediction, i) > m->configured.slots[0], w);
}

static double root_of_mean(const wg_metric *m) { return sqrt(wg_ratio(m->total, m->count)); }

/* ------------------------------------------------------------------------------------------------
 * Means: of samples */

static void add_class(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const int64_t predicted = wg_predicted_class(r, i);
    add(m, predicted >= 0 && predicted == wg_true_class(r, i), w);
}

static void add_sparse(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const struct wg_list *ignored = (const void *)m->configured.slots;
    for (int k = 0; k < (int)ignored->count; k++) {
        if (ignored->at[k] == (double)wg_true_class(r, i)) return;
    }
    add_class(m, r, i, w);
}

static void add_top_k(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const int64_t class = wg_true_class(r, i);
    double larger = INFINITY;
    if (class >= 0) {
        const double own = wg_number_at(&r->prediction, i * r->columns + class);
        larger = 0;
        for (int64_t c = 0; c < r->columns; c++)
            larger += !(wg_number_at(&r->prediction, i * r->columns + c) <= own);
    }
    add(m, larger < m->configured.slots[0], w);
}

static void add_cosine(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    double product = 0, pp = 0, tt = 0;
    for (int64_t k = i * r->columns; k < (i + 1) * r->columns; k++) {
        const double p = wg_number_at(&r->prediction, k), t = wg_number_at(&r->target, k);
        product += p * t;
        pp += p * p;
        tt += t * t;
    }
    add(m, product / (fmax(sqrt(pp), EPSILON) * fmax(sqrt(tt), EPSILON)), w);
}

/* Labels within the classes, but for those ignored. */
static enum wg_status check_sparse(const wg_metric *m, const struct wg_rows *r) {
    const struct wg_list *ignored = (const void *)m->configured.slots;
    for (int64_t i = 0; i < r->rows; i++) {
        const int32_t label = ((const int32_t *)r->target.data)[i];
        bool known = label >= 0 && label < r->columns;
        for (int k = 0; k < (int)ignored->count; k++) known = known || ignored->at[k] == label;
        if (known) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: label %d of sample %lld; expected 0 to %lld",
                       m->kind->named.as_op.name, (int)label, (long long)i,
                       (long long)r->columns - 1);
    }
    return WG_OK;
}

static enum wg_status check_top_k(const wg_metric *m, const struct wg_rows *r) {
    return wg_check_labels(m, r, r->columns);
}

static const char *accuracy_for(const struct wg_tensor *p, const struct wg_tensor *t) {
    if (p->shape.rank == 0 || p->shape.dim[p->shape.rank - 1] == 1) return "binary_accuracy";
    return wg_shape_equal(p->shape, t->shape) ? "categorical_accuracy"
                                              : "sparse_categorical_accuracy";
}

/* ------------------------------------------------------------------------------------------------
 * The table */

#define ATTRIBUTES(...) .named.as_op.attributes = {__VA_ARGS__}
#define NAMED(metric_name, other) .named.as_op.name = metric_name, .named.as_op.aliases = {other}
#define THRESHOLD ATTRIBUTES({"threshold", 0.5, -WG_LARGEST, WG_LARGEST, WG_NUMBER, "above: 1"})
#define TOP_K ATTRIBUTES({"k", 5, 1, 1e9, WG_INTEGER, "how many may be right"})
#define MEAN_OF_ELEMENTS(metric_name, other, function)                                             \
    {                                                                                              \
        NAMED(metric_name, other), .target = WG_TARGET_SAME, .of_elements = true,                  \
                                   .rank_1_is_rows = true, .add = function                         \
    }

static const struct wg_metric_kind kinds[] = {
    {NAMED("accuracy", "acc"), .stands_for = accuracy_for},
    {NAMED("binary_accuracy", NULL), THRESHOLD, .target = WG_TARGET_SAME, .of_elements = true,
     .rank_1_is_rows = true, .add = add_binary},
    {NAMED("categorical_accuracy", NULL), .target = WG_TARGET_ROWS, .add = add_class},
    {NAMED("sparse_categorical_accuracy", NULL),
     ATTRIBUTES({.name = "ignore_class", .kind = WG_LIST, .meaning = "labels that do not count"}),
     .target = WG_TARGET_LABELS, .add = add_sparse, .check = check_sparse},
    {NAMED("top_k_categorical_accuracy", NULL), TOP_K, .target = WG_TARGET_ROWS, .add = add_top_k},
    {NAMED("sparse_top_k_categorical_accuracy", NULL), TOP_K, .target = WG_TARGET_LABELS,
     .add = add_top_k, .check = check_top_k},
    MEAN_OF_ELEMENTS("exact_accuracy", NULL, add_exact),
    MEAN_OF_ELEMENTS("mean_squared_error", "mse", add_square),
    {NAMED("root_mean_squared_error", "rmse"), .target = WG_TARGET_SAME, .of_elements = true,
     .rank_1_is_rows = true, .add = add_square, .result = root_of_mean},
    MEAN_OF_ELEMENTS("mean_absolute_error", "mae", add_absolute),
    MEAN_OF_ELEMENTS("mean_absolute_percentage_error", "mape", add_percentage),
    MEAN_OF_ELEMENTS("mean_squared_logarithmic_error", "msle", add_logarithmic),
    {NAMED("cosine_similarity", NULL), .target = WG_TARGET_ROWS, .add = add_cosine},
    {NAMED("precision", NULL), THRESHOLD, .target = WG_TARGET_SAME, .of_elements = true,
     .rank_1_is_rows = true, .add = add_precision},
    {NAMED("recall", NULL), THRESHOLD, .target = WG_TARGET_SAME, .of_elements = true,
     .rank_1_is_rows = true, .add = add_recall},
    {NAMED("auc", NULL), ATTRIBUTES({"num_thresholds", 200, 2, 1e6, WG_INTEGER, "of the curve"}),
     .target = WG_TARGET_SAME, .of_elements = true, .rank_1_is_rows = true, .add = wg_add_auc,
     .check = wg_check_auc, .sizes = wg_sizes_auc, .result = wg_result_auc},
    {NAMED("f1_score", "f1"),
     ATTRIBUTES({"average", 0, 0, 3, WG_INTEGER, "over classes"},
                {"threshold", 0, 0, 1, WG_NUMBER, "above: 1; 0: the largest"}),
     .named.words = {{.attribute = "average", .word = {"none", "micro", "macro", "weighted"}}},
     .target = WG_TARGET_EITHER, .add = wg_add_f1, .check = wg_check_f1, .sizes = wg_sizes_f1,
     .result = wg_result_f1, .fill = wg_fill_f1},
    {NAMED("confusion_matrix", NULL),
     ATTRIBUTES({"classes", 0, 0, 1e4, WG_INTEGER, "0: the last axis's size"},
                {"threshold", 0.5, -WG_LARGEST, WG_LARGEST, WG_NUMBER, "above: 1"}),
     .target = WG_TARGET_EITHER, .add = wg_add_confusion, .check = wg_check_confusion,
     .sizes = wg_sizes_confusion, .result = wg_result_confusion, .fill = wg_fill_confusion},
    {NAMED("r2_score", "r2"),
     ATTRIBUTES({"class_aggregation", 0, 0, 2, WG_INTEGER, "over outputs"},
                {"num_regressors", 0, 0, 1e9, WG_INTEGER, "of adjusted scores"}),
     .named.words = {{.attribute = "class_aggregation",
                      .word = {"uniform_average", "variance_weighted_average", "none"}}},
     .target = WG_TARGET_ROWS, .rank_1_is_rows = true, .add = wg_add_r2, .sizes = wg_sizes_r2,
     .result = wg_result_r2, .fill = wg_fill_r2},
};

static const struct wg_named *at(int i) {
    const int count = sizeof kinds / sizeof *kinds;
    return i >= 0 && i < count ? &kinds[i].named : NULL;
}

const char *wg_metric_name(int i) { return at(i) ? at(i)->as_op.name : NULL; }

static const struct wg_named_table table = {"metric", "wg_metric_new", at};

/* ------------------------------------------------------------------------------------------------
 * A batch */

/* Labels of rows: int32, (...) or (..., 1) for (..., columns). */
static bool are_labels(const struct wg_tensor *p, const struct wg_tensor *t) {
    struct wg_shape rows = p->shape, column = p->shape;
    if (t->dtype != WG_I32 || rows.rank == 0) return false;
    rows.rank--;
    column.dim[rows.rank] = 1;
    return wg_shape_equal(rows, t->shape) || wg_shape_equal(column, t->shape);
}

static enum wg_status look(const wg_metric *m, const struct wg_metric_kind *kind,
                           struct wg_rows *r) {
    static const char *const expected[] = {
        [WG_TARGET_SAME] = "the same shape, or i32 labels of (...) for (..., 1)",
        [WG_TARGET_ROWS] = "the same shape",
        [WG_TARGET_LABELS] = "i32 labels of (...) or (..., 1) for (..., classes)",
        [WG_TARGET_EITHER] = "the same shape, or i32 labels of (...) or (..., 1)",
    };
    const struct wg_tensor *p = &r->prediction, *t = &r->target;
    const char *name = m->kind->named.as_op.name;
    if (!p->data || !t->data) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: the data of the %s is NULL", name,
                       p->data ? "target" : "prediction");
    }
    if (p->dtype != WG_F32 && p->dtype != WG_F64) {
        return wg_fail(WG_ERROR_DTYPE, "%s: prediction of dtype %s; expected f32 or f64", name,
                       wg_dtype_name(p->dtype));
    }
    const bool same = wg_shape_equal(p->shape, t->shape), labels = are_labels(p, t);
    const int last = p->shape.rank - 1;
    r->columns = last < 0 ? 1 : p->shape.dim[last];
    bool fits = same;
    if (kind->target == WG_TARGET_SAME) fits = same || (labels && r->columns == 1);
    if (kind->target == WG_TARGET_LABELS) fits = labels;
    if (kind->target == WG_TARGET_EITHER) fits = same || labels;
    if (!fits || p->shape.rank < 1 || p->size < 1) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: prediction of shape %s and target of shape %s and dtype %s; expected "
                       "%s, not empty",
                       name, wg_shape_text(p->shape).text, wg_shape_text(t->shape).text,
                       wg_dtype_name(t->dtype), expected[kind->target]);
    }
    r->labels = kind->target == WG_TARGET_LABELS || (kind->target == WG_TARGET_EITHER && labels);
    if (p->shape.rank == 1 && kind->rank_1_is_rows) r->columns = 1;
    r->rows = p->size / r->columns;
    return WG_OK;
}

/* How many units a weight is for. */
static enum wg_status spread(const wg_metric *m, const struct wg_metric_kind *kind,
                             const struct wg_rows *r, const struct wg_tensor *weight,
                             int64_t *each) {
    struct wg_shape units = r->prediction.shape, shape = weight->shape;
    if (!kind->of_elements && !(kind->rank_1_is_rows && units.rank == 1)) units.rank--;
    while (shape.rank > 0 && shape.dim[shape.rank - 1] == 1) shape.rank--;
    bool fits = weight->data && shape.rank <= units.rank;
    int64_t count = 1;
    for (int d = 0; fits && d < shape.rank; d++) {
        fits = shape.dim[d] == units.dim[d];
        count *= shape.dim[d];
    }
    if (!fits) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: sample weights of shape %s; expected %s, or its first dimensions",
                       m->kind->named.as_op.name, wg_shape_text(weight->shape).text,
                       wg_shape_text(units).text);
    }
    *each = wg_shape_size(units) / count;
    return WG_OK;
}

/* Room for what is kept, made for the first batch. */
static enum wg_status prepare(wg_metric *m, const struct wg_metric_kind *kind,
                              const struct wg_rows *r) {
    int64_t state = 0, figures = 0;
    if (!kind->sizes) return WG_OK;
    kind->sizes(m, r, &state, &figures);
    if (m->state) {
        if (m->state_size == state) return WG_OK;
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: prediction of shape %s; expected a last axis of %lld, as before",
                       m->kind->named.as_op.name, wg_shape_text(r->prediction.shape).text,
                       (long long)m->columns);
    }
    m->state = calloc((size_t)state, sizeof *m->state);
    m->table = calloc((size_t)figures, sizeof *m->table);
    if (!m->state || !m->table) {
        free(m->state);
        free(m->table);
        m->state = m->table = NULL;
        return wg_fail(WG_ERROR_MEMORY, "%s: no memory for %lld numbers", m->kind->named.as_op.name,
                       (long long)state + (long long)figures);
    }
    m->state_size = state;
    m->columns = r->columns;
    return WG_OK;
}

static const struct wg_metric_kind *kind_named(const char *name) {
    for (int i = 0; at(i); i++) {
        if (strcmp(at(i)->as_op.name, name) == 0) return &kinds[i];
    }
    return NULL;
}

/* What the metric stands for, with its defaults. */
static const struct wg_metric_kind *resolve(wg_metric *m, const struct wg_rows *r) {
    if (!m->kind->stands_for) return m->kind;
    const struct wg_metric_kind *kind = kind_named(m->kind->stands_for(&r->prediction, &r->target));
    const struct wg_op as_op = wg_op_of_named(&kind->named);
    wg_op_defaults(&as_op, m->configured.slots);
    return kind;
}

enum wg_status wg_metric_update(wg_metric *m, struct wg_tensor prediction, struct wg_tensor target,
                                const struct wg_tensor *sample_weight) {
    if (!m) return wg_fail(WG_ERROR_ARGUMENT, "wg_metric_update: the metric is NULL");
    struct wg_rows r = {.prediction = prediction, .target = target};
    const struct wg_metric_kind *kind = resolve(m, &r);
    int64_t each = 1;
    enum wg_status status = look(m, kind, &r);
    if (status == WG_OK && sample_weight) status = spread(m, kind, &r, sample_weight, &each);
    if (status == WG_OK && kind->check) status = kind->check(m, &r);
    if (status == WG_OK) status = prepare(m, kind, &r);
    if (status != WG_OK) return status;
    const int64_t units = kind->of_elements ? prediction.size : r.rows;
    for (int64_t i = 0; i < units; i++)
        kind->add(m, &r, i, sample_weight ? wg_number_at(sample_weight, i / each) : 1);
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Metrics */

wg_metric *wg_metric_new(const char *text) {
    const struct wg_configured configured = wg_read_named(&table, text);
    if (configured.index < 0) return NULL;
    wg_metric *m = calloc(1, sizeof *m);
    if (!m) {
        wg_fail(WG_ERROR_MEMORY, "wg_metric_new: no memory for a metric");
        return NULL;
    }
    m->kind = &kinds[configured.index];
    m->configured = configured;
    return m;
}

void wg_metric_free(wg_metric *m) {
    if (!m) return;
    free(m->state);
    free(m->table);
    free(m);
}

double wg_metric_result(const wg_metric *m) {
    if (!m) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_metric_result: the metric is NULL");
        return NAN;
    }
    return m->kind->result ? m->kind->result(m) : wg_ratio(m->total, m->count);
}

const double *wg_metric_table(wg_metric *m, int64_t *rows, int64_t *columns) {
    if (!m || !rows || !columns) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_metric_table: an argument is NULL");
        return NULL;
    }
    if (m->kind->fill) {
        m->kind->fill(m, rows, columns);
        return m->table ? m->table : &m->single;
    }
    *rows = *columns = 1;
    m->single = wg_metric_result(m);
    return &m->single;
}

void wg_metric_reset(wg_metric *m) {
    if (!m) return;
    m->total = m->count = 0;
    for (int64_t i = 0; i < m->state_size; i++) m->state[i] = 0;
}

const char *wg_metric_label(const wg_metric *m) {
    if (!m) wg_fail(WG_ERROR_ARGUMENT, "wg_metric_label: the metric is NULL");
    return m ? m->kind->named.as_op.name : NULL;
}
