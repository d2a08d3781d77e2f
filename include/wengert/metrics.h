/* Metrics: figures that are collected over the batches of an epoch, by name.
 *
 *     wg_metric *accuracy = wg_metric_new("accuracy");
 *     each batch:  wg_metric_update(accuracy, wg_value(prediction), wg_value(target), NULL);
 *     printf("%s %.4f\n", wg_metric_label(accuracy), wg_metric_result(accuracy));
 *     wg_metric_reset(accuracy);
 *     wg_metric_free(accuracy);
 *
 * Names, attributes, defaults and meanings are those of Keras 3. Of elements; the target has the
 * prediction's shape, or is int32 labels (...) for a prediction of (..., 1):
 *     binary_accuracy threshold=0.5    exact_accuracy (equal; Keras's class Accuracy)
 *     precision threshold=0.5          recall threshold=0.5
 *     auc num_thresholds=200           the area under the ROC curve, trapezoids between Keras's
 *                                      thresholds; predictions lie in [0, 1]
 *     mean_squared_error (mse)         root_mean_squared_error (rmse)
 *     mean_absolute_error (mae)        mean_absolute_percentage_error (mape)
 *     mean_squared_logarithmic_error (msle)
 * Of samples, rows along the last axis:
 *     categorical_accuracy             the largest is where the target's is; ties: the first
 *     top_k_categorical_accuracy k=5   fewer than k are larger than the target's
 *     sparse_categorical_accuracy ignore_class=LABELS    sparse_top_k_categorical_accuracy k=5
 *                                      the same for int32 labels, (...) or (..., 1)
 *     accuracy                         binary where the last axis is 1, sparse for labels, else
 *                                      categorical
 *     cosine_similarity                of the target and the prediction, from -1 to 1
 *     f1_score average=none threshold=0 (none, micro, macro, weighted; threshold 0: the largest)
 *     confusion_matrix classes=0 threshold=0.5 (classes 0: as many as the last axis has, two where
 *                                      that is 1, by the threshold)
 *                                      both for labels or for targets of the prediction's shape
 *     r2_score class_aggregation=uniform_average num_regressors=0
 *                                      (uniform_average, variance_weighted_average, none)
 *
 * Predictions are f32 or f64; a target may also be i32. Sums are kept in double. A mean is the
 * weighted sum over the weights' sum, and 0 of nothing. A prediction of one axis is so many samples
 * of one element where a metric is of elements, or r2_score; else one sample. A NaN is never right.
 *
 * Not for several threads at a time.
 */
#ifndef WENGERT_METRICS_H
#define WENGERT_METRICS_H

#include "wengert/error.h"
#include "wengert/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct wg_metric wg_metric;

/* NULL, with the error set: no such metric (similar names are given), an attribute that it does not
 * have or out of range, no memory. */
wg_metric *wg_metric_new(const char *text);
void wg_metric_free(wg_metric *metric); /* NULL is fine */

/* Adds a batch. sample_weight: NULL for none; or not negative, and of a shape that begins as the
 * samples' (for metrics of elements, the prediction's) does, with any number of 1s after it.
 * Nothing is allocated after the first batch. Errors, with nothing added: shapes that do not fit,
 * or differ from the first batch's where a table is kept; wrong dtypes; a label outside the classes
 * (named with its sample); for auc a prediction outside [0, 1], for confusion_matrix a NaN; no
 * memory. */
enum wg_status wg_metric_update(wg_metric *metric, struct wg_tensor prediction,
                                struct wg_tensor target, const struct wg_tensor *sample_weight);

/* The figure so far, 0 before there is anything. Where there is a table, one figure of it: the mean
 * over the classes or outputs; for confusion_matrix the share on its diagonal. NaN, with the error
 * set, for NULL. */
double wg_metric_result(const wg_metric *metric);

/* All figures, row-major, valid until the next call on the metric: of f1_score and r2_score one row
 * with a class or output a column where they are not averaged, of confusion_matrix rows by true
 * class and columns by predicted class, else the result alone. NULL, with the error set, for NULL.
 * A table is empty (0 rows) before the first batch. */
const double *wg_metric_table(wg_metric *metric, int64_t *rows, int64_t *columns);

/* Forgets all batches. */
void wg_metric_reset(wg_metric *metric);

/* The name, for a line of progress; NULL, with the error set, for NULL. */
const char *wg_metric_label(const wg_metric *metric);

/* The i-th metric's name; NULL, with no error set, past the last. */
const char *wg_metric_name(int i);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
