#define _POSIX_C_SOURCE 200809L
#include "accuracy_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

bool accuracy_good(const struct accuracy_task *task, const struct accuracy *result) {
    const double bar = task->dtype == WG_F32 ? ACCURACY_BAR_F32 : ACCURACY_BAR_F64;
    return result->max_ulp <= bar && result->wrong_nan == 0 && result->wrong_infinity == 0 &&
           result->wrong_zero_sign == 0;
}

static void append(char *text, size_t size, const char *name, double value) {
    char number[40];
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s=%s", used ? " " : "", name,
             wg_shortest_f64(value, number, sizeof number));
}

void accuracy_attributes(const struct accuracy_task *task, char *text, size_t size) {
    int inputs;
    text[0] = '\0';
    wg_op_input_count(task->op, &inputs);
    for (int i = 0; i < wg_op_attribute_count(task->op); i++) {
        const struct wg_attribute *attribute = &task->op->attributes[i];
        if (task->slots[i] != attribute->initial)
            append(text, size, attribute->name, task->slots[i]);
    }
    for (int i = 1; i < inputs; i++) append(text, size, task->op->inputs[i], task->further[i - 1]);
}

static const char *const bin_names[ACCURACY_BINS] = {"<= 0.5", "<= 1", "<= 2", "<= 4", "more"};

void accuracy_text(const struct accuracy_task *task, const struct accuracy *result) {
    char attributes[200], formula[512], number[40];
    accuracy_attributes(task, attributes, sizeof attributes);
    if (!accuracy_formula(task, formula, sizeof formula)) formula[0] = '\0';
    printf("%s%s%s, %s in %s, %" PRIu64 " inputs%s\n", task->op->name, attributes[0] ? " " : "",
           attributes, task->gradient ? "gradient for dy = 1" : "value", wg_dtype_name(task->dtype),
           result->inputs,
           task->dtype == WG_F32 && task->samples == 0 ? " (every one there is)" : "");
    printf("against              %s\n", formula);
    printf("largest error        %.4f ULP at x = %s (%a)\n", result->max_ulp,
           wg_shortest_f64(result->worst, number, sizeof number), result->worst);
    for (int i = 0; i < ACCURACY_BINS; i++) {
        printf("%-9s ULP        %13" PRIu64 "  %9.5f %%\n", bin_names[i], result->bin[i],
               100 * (double)result->bin[i] / (double)result->inputs);
    }
    printf("wrong NaN            %" PRIu64 "\nwrong infinity       %" PRIu64
           "\nwrong sign of zero   %" PRIu64 "\n",
           result->wrong_nan, result->wrong_infinity, result->wrong_zero_sign);
    printf("decided by MPFR      %" PRIu64
           " (the others by double with an error bound below 1e-3 ULP)\n",
           result->by_mpfr);
    printf("the bar of %g ULP     %s\n",
           task->dtype == WG_F32 ? ACCURACY_BAR_F32 : ACCURACY_BAR_F64,
           accuracy_good(task, result) ? "kept" : "NOT KEPT");
}

cJSON *accuracy_json(const struct accuracy_task *task, const struct accuracy *result) {
    char attributes[200], worst[40];
    accuracy_attributes(task, attributes, sizeof attributes);
    snprintf(worst, sizeof worst, "%a", result->worst);
    cJSON *json = json_new();
    json_text(json, "op", task->op->name);
    json_text(json, "attributes", attributes);
    json_text(json, "dtype", wg_dtype_name(task->dtype));
    json_bool(json, "gradient", task->gradient);
    json_bool(json, "exhaustive", task->dtype == WG_F32 && task->samples == 0);
    json_number(json, "inputs", (double)result->inputs);
    json_number(json, "max_ulp", result->max_ulp);
    json_text(json, "worst", worst);
    cJSON *histogram = json_array(json, "histogram");
    for (int i = 0; i < ACCURACY_BINS; i++) json_number(histogram, NULL, (double)result->bin[i]);
    json_number(json, "wrong_nan", (double)result->wrong_nan);
    json_number(json, "wrong_infinity", (double)result->wrong_infinity);
    json_number(json, "wrong_zero_sign", (double)result->wrong_zero_sign);
    json_number(json, "by_mpfr", (double)result->by_mpfr);
    json_bool(json, "good", accuracy_good(task, result));
    return json;
}

/* ---- Progress ----------------------------------------------------------------------------- */

double accuracy_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double bar_start, bar_shown;

void accuracy_bar(double share, void *context) {
    enum { WIDTH = 40 };
    const double now = accuracy_seconds();
    if (share == 0 || bar_start == 0) bar_start = now;
    if (!isatty(STDERR_FILENO) || now - bar_shown < 0.1) return;
    bar_shown = now;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++) bar[i] = i < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    const double left = share > 0 ? (now - bar_start) * (1 - share) / share : 0;
    fprintf(stderr, "\r%s [%s] %3.0f %%, %.0f s left \033[K", (const char *)context, bar,
            100 * share, left);
    fflush(stderr);
}

void accuracy_bar_end(void) {
    bar_start = 0;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}
