/* Metrics that keep more than a sum: counts by class, spreads by output, histograms. */
#include "nn/metrics.h"

#include "base/error.h"

#include <math.h>

static const char *name_of(const wg_metric *m) { return m->kind->named.as_op.name; }

/* ------------------------------------------------------------------------------------------------
 * Labels */

enum wg_status wg_check_labels(const wg_metric *m, const struct wg_rows *r, int64_t classes) {
    for (int64_t i = 0; r->labels && i < r->rows; i++) {
        const int32_t label = ((const int32_t *)r->target.data)[i];
        if (label >= 0 && label < classes) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: label %d of sample %lld; expected 0 to %lld",
                       name_of(m), (int)label, (long long)i, (long long)classes - 1);
    }
    return WG_OK;
}

/* Classes there are: two where the prediction is one number. */
static int64_t classes_of(const struct wg_rows *r) { return r->columns == 1 ? 2 : r->columns; }

/* ------------------------------------------------------------------------------------------------
 * F1: a row each of right ones, false positives, false negatives */

enum { F1_AVERAGE, F1_THRESHOLD };
enum { AVERAGE_NONE, AVERAGE_MICRO, AVERAGE_MACRO, AVERAGE_WEIGHTED };

enum wg_status wg_check_f1(const wg_metric *m, const struct wg_rows *r) {
    return wg_check_labels(m, r, classes_of(r));
}

void wg_sizes_f1(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table) {
    (void)m;
    *state = 3 * r->columns;
    *table = r->columns;
}

void wg_add_f1(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const double threshold = m->configured.slots[F1_THRESHOLD];
    const int64_t n = r->columns, most = threshold == 0 && n > 1 ? wg_predicted_class(r, i) : -1;
    for (int64_t c = 0; c < n; c++) {
        const double p = wg_number_at(&r->prediction, i * n + c);
        const bool predicted =
            threshold == 0 && n > 1 ? c == most : p > (threshold == 0 ? 0.5 : threshold);
        const bool is = !r->labels ? wg_number_at(&r->target, i * n + c) != 0
                        : n == 1   ? ((const int32_t *)r->target.data)[i] != 0
                                   : ((const int32_t *)r->target.data)[i] == c;
        if (predicted && is) m->state[c] += w;
        if (predicted && !is) m->state[n + c] += w;
        if (!predicted && is) m->state[2 * n + c] += w;
    }
}

static double f1_of(double right, double false_positives, double false_negatives) {
    return wg_ratio(2 * right, 2 * right + false_positives + false_negatives);
}

double wg_result_f1(const wg_metric *m) {
    const int average = (int)m->configured.slots[F1_AVERAGE];
    const int64_t n = m->columns;
    double sum = 0, weights = 0, all[3] = {0};
    for (int64_t c = 0; c < n; c++) {
        const double *s = m->state + c, weight = average == AVERAGE_WEIGHTED ? s[0] + s[2 * n] : 1;
        sum += weight * f1_of(s[0], s[n], s[2 * n]);
        weights += weight;
        for (int k = 0; k < 3; k++) all[k] += s[k * n];
    }
    return average == AVERAGE_MICRO ? f1_of(all[0], all[1], all[2]) : wg_ratio(sum, weights);
}

void wg_fill_f1(wg_metric *m, int64_t *rows, int64_t *columns) {
    const int64_t n = m->columns;
    *rows = n > 0;
    *columns = m->configured.slots[F1_AVERAGE] == AVERAGE_NONE ? n : n > 0;
    for (int64_t c = 0; c < *columns; c++)
        m->table[c] = *columns == n && m->configured.slots[F1_AVERAGE] == AVERAGE_NONE
                          ? f1_of(m->state[c], m->state[n + c], m->state[2 * n + c])
                          : wg_result_f1(m);
}

/* ------------------------------------------------------------------------------------------------
 * Confusion: rows by true class, columns by predicted class */

enum { CONFUSION_CLASSES, CONFUSION_THRESHOLD };

static int64_t confused_classes(const wg_metric *m, int64_t columns) {
    const int64_t classes = (int64_t)m->configured.slots[CONFUSION_CLASSES];
    return classes > 0 ? classes : columns == 1 ? 2 : columns;
}

static int64_t confused_prediction(const wg_metric *m, const struct wg_rows *r, int64_t i) {
    if (r->columns > 1) return wg_predicted_class(r, i);
    const double p = wg_number_at(&r->prediction, i);
    return isnan(p) ? -1 : p > m->configured.slots[CONFUSION_THRESHOLD];
}

static int64_t confused_truth(const struct wg_rows *r, int64_t i) {
    if (r->columns > 1 || r->labels) return wg_true_class(r, i);
    return wg_number_at(&r->target, i) != 0;
}

enum wg_status wg_check_confusion(const wg_metric *m, const struct wg_rows *r) {
    const int64_t classes = confused_classes(m, r->columns);
    if (classes < classes_of(r)) {
        return wg_fail(WG_ERROR_SHAPE, "%s: classes=%lld, prediction of shape %s; expected %lld",
                       name_of(m), (long long)classes, wg_shape_text(r->prediction.shape).text,
                       (long long)classes_of(r));
    }
    for (int64_t i = 0; i < r->rows; i++) {
        if (confused_prediction(m, r, i) >= 0 && (r->labels || confused_truth(r, i) >= 0)) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: sample %lld has a NaN", name_of(m), (long long)i);
    }
    return wg_check_labels(m, r, classes);
}

void wg_sizes_confusion(const wg_metric *m, const struct wg_rows *r, int64_t *state,
                        int64_t *table) {
    const int64_t classes = confused_classes(m, r->columns);
    *state = *table = classes * classes;
}

void wg_add_confusion(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const int64_t classes = confused_classes(m, r->columns);
    m->state[confused_truth(r, i) * classes + confused_prediction(m, r, i)] += w;
}

double wg_result_confusion(const wg_metric *m) {
    const int64_t classes = m->columns ? confused_classes(m, m->columns) : 0;
    double right = 0, all = 0;
    for (int64_t i = 0; i < classes * classes; i++) {
        all += m->state[i];
        if (i / classes == i % classes) right += m->state[i];
    }
    return wg_ratio(right, all);
}

void wg_fill_confusion(wg_metric *m, int64_t *rows, int64_t *columns) {
    *rows = *columns = m->columns ? confused_classes(m, m->columns) : 0;
    for (int64_t i = 0; i < *rows * *columns; i++) m->table[i] = m->state[i];
}

/* ------------------------------------------------------------------------------------------------
 * R2: of each output the mean of the targets, their squared deviations, the squared errors */

enum { R2_AGGREGATION, R2_REGRESSORS };
enum { UNIFORM_AVERAGE, VARIANCE_WEIGHTED_AVERAGE, EACH_OUTPUT };

void wg_sizes_r2(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table) {
    (void)m;
    *state = 3 * r->columns + 1; /* and the number of samples */
    *table = r->columns;
}

/* Welford's update, so that a large mean costs no digits. */
void wg_add_r2(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const int64_t n = r->columns;
    m->state[3 * n] += 1;
    m->count += w;
    for (int64_t c = 0; c < n && w != 0; c++) {
        double *mean = m->state + c, *spread = mean + n, *residual = spread + n;
        const double t = wg_number_at(&r->target, i * n + c), deviation = t - *mean,
                     error = t - wg_number_at(&r->prediction, i * n + c);
        *mean += deviation * w / m->count;
        *spread += w * deviation * (t - *mean);
        *residual += w * error * error;
    }
}

/* Of output c, before the regressors are allowed for; 0 where targets do not vary. */
static double raw_r2(const wg_metric *m, int64_t c) {
    const double spread = m->state[m->columns + c];
    return spread == 0 ? 0 : 1 - m->state[2 * m->columns + c] / spread;
}

static double adjusted(const wg_metric *m, double r2) {
    const double samples = m->state[3 * m->columns],
                 left = samples - m->configured.slots[R2_REGRESSORS] - 1;
    if (m->configured.slots[R2_REGRESSORS] == 0 || left <= 0) return r2;
    return 1 - (1 - r2) * (samples - 1) / left;
}

double wg_result_r2(const wg_metric *m) {
    const bool by_variance = m->configured.slots[R2_AGGREGATION] == VARIANCE_WEIGHTED_AVERAGE;
    double sum = 0, weights = 0;
    for (int64_t c = 0; c < m->columns; c++) {
        const double weight = by_variance ? m->state[m->columns + c] : 1;
        sum += weight * raw_r2(m, c);
        weights += weight;
    }
    return m->columns ? adjusted(m, wg_ratio(sum, weights)) : 0;
}

void wg_fill_r2(wg_metric *m, int64_t *rows, int64_t *columns) {
    const bool each = m->configured.slots[R2_AGGREGATION] == EACH_OUTPUT;
    *rows = m->columns > 0;
    *columns = each ? m->columns : *rows;
    for (int64_t c = 0; c < *columns; c++)
        m->table[c] = each ? adjusted(m, raw_r2(m, c)) : wg_result_r2(m);
}

/* ------------------------------------------------------------------------------------------------
 * The ROC curve: of negatives and of positives, how many lie above so many thresholds, which are
 * one below 0, j / (n - 1), and one above 1 */

static int64_t thresholds_of(const wg_metric *m) { return (int64_t)m->configured.slots[0]; }

enum wg_status wg_check_auc(const wg_metric *m, const struct wg_rows *r) {
    for (int64_t i = 0; i < r->prediction.size; i++) {
        const double p = wg_number_at(&r->prediction, i);
        if (p >= 0 && p <= 1) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: prediction %g of element %lld; expected 0 to 1",
                       name_of(m), p, (long long)i);
    }
    return WG_OK;
}

void wg_sizes_auc(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table) {
    (void)r;
    *state = 2 * thresholds_of(m);
    *table = 1;
}

void wg_add_auc(wg_metric *m, const struct wg_rows *r, int64_t i, double w) {
    const int64_t n = thresholds_of(m);
    const double p = wg_number_at(&r->prediction, i), steps = (double)(n - 1);
    int64_t above = (int64_t)(p * steps); /* the last threshold at or below p, about */
    while (above > 0 && !((double)above / steps < p)) above--;
    while (above + 1 < n - 1 && (double)(above + 1) / steps < p) above++;
    if (above > n - 2) above = n - 2;
    m->state[(wg_number_at(&r->target, i) != 0 ? n : 0) + above] += w;
}

double wg_result_auc(const wg_metric *m) {
    const int64_t n = thresholds_of(m);
    double positives = 0, all[2] = {0}, area = 0;
    if (!m->state) return 0;
    for (int64_t i = 0; i < 2 * n; i++) all[i >= n] += m->state[i];
    if (all[0] == 0 || all[1] == 0) return 0;
    for (int64_t j = n - 1; j >= 0; j--) { /* thresholds from the highest on */
        const double more = positives + m->state[n + j];
        area += m->state[j] / all[0] * (positives + more) / 2 / all[1];
        positives = more;
    }
    return area;
}
