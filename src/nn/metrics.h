/* Metrics: what each adds up, and what it makes of that. */
#ifndef WG_NN_METRICS_H
#define WG_NN_METRICS_H

#include "nn/named.h"
#include "wengert/metrics.h"

#include <stdbool.h>

/* What a target may be. */
enum wg_target {
    WG_TARGET_SAME,   /* of the prediction's shape, or int32 (...) for (..., 1) */
    WG_TARGET_ROWS,   /* of the prediction's shape */
    WG_TARGET_LABELS, /* int32 labels of rows */
    WG_TARGET_EITHER, /* one of the last two */
};

/* A batch as seen: rows of the prediction, and the target's. */
struct wg_rows {
    struct wg_tensor prediction, target;
    int64_t rows, columns;
    bool labels; /* the target is a label a row */
};

struct wg_metric_kind {
    struct wg_named named;
    enum wg_target target;
    bool of_elements; /* a unit is an element; else a row */
    bool rank_1_is_rows;

    /* Adds unit i, of weight w. */
    void (*add)(wg_metric *m, const struct wg_rows *r, int64_t i, double w);

    /* Whether a batch can be added, beyond its shapes. NULL: always. */
    enum wg_status (*check)(const wg_metric *m, const struct wg_rows *r);

    /* Doubles of `state` and of `table` that it needs. NULL: none. */
    void (*sizes)(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table);

    double (*result)(const wg_metric *m); /* NULL: total / count */

    /* Fills the table; says its rows and columns. NULL: the result alone. */
    void (*fill)(wg_metric *m, int64_t *rows, int64_t *columns);

    /* The metric that stands for it, for these shapes. NULL: itself. */
    const char *(*stands_for)(const struct wg_tensor *prediction, const struct wg_tensor *target);
};

struct wg_metric {
    const struct wg_metric_kind *kind;
    struct wg_configured configured;
    double total, count; /* of weighted values, of weights */
    double *state, *table;
    int64_t state_size, columns; /* of the first batch, where there is a state */
    double single;               /* a table of one */
};

const struct wg_metric_kind *wg_metric_kind_at(int i);

/* Element i as a double, of any dtype. */
double wg_number_at(const struct wg_tensor *t, int64_t i);

/* A row's class: its label, or where its target is largest; and where its prediction is, -1 where
 * there is a NaN. */
int64_t wg_true_class(const struct wg_rows *r, int64_t row);
int64_t wg_predicted_class(const struct wg_rows *r, int64_t row);

static inline double wg_ratio(double a, double b) { return b == 0 ? 0 : a / b; }

/* What those that keep a table do, metrics_tables.c. */
void wg_add_f1(wg_metric *m, const struct wg_rows *r, int64_t i, double w);
void wg_add_confusion(wg_metric *m, const struct wg_rows *r, int64_t i, double w);
void wg_add_r2(wg_metric *m, const struct wg_rows *r, int64_t i, double w);
void wg_add_auc(wg_metric *m, const struct wg_rows *r, int64_t i, double w);
enum wg_status wg_check_f1(const wg_metric *m, const struct wg_rows *r);
enum wg_status wg_check_confusion(const wg_metric *m, const struct wg_rows *r);
enum wg_status wg_check_auc(const wg_metric *m, const struct wg_rows *r);
enum wg_status wg_check_labels(const wg_metric *m, const struct wg_rows *r, int64_t classes);
void wg_sizes_f1(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table);
void wg_sizes_confusion(const wg_metric *m, const struct wg_rows *r, int64_t *state,
                        int64_t *table);
void wg_sizes_r2(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table);
void wg_sizes_auc(const wg_metric *m, const struct wg_rows *r, int64_t *state, int64_t *table);
double wg_result_f1(const wg_metric *m);
double wg_result_confusion(const wg_metric *m);
double wg_result_r2(const wg_metric *m);
double wg_result_auc(const wg_metric *m);
void wg_fill_f1(wg_metric *m, int64_t *rows, int64_t *columns);
void wg_fill_confusion(wg_metric *m, int64_t *rows, int64_t *columns);
void wg_fill_r2(wg_metric *m, int64_t *rows, int64_t *columns);

#endif
