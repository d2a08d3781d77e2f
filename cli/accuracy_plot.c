#include "accuracy_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy_origin.h"
#include "accuracy_report.h"
#include "picture.h"
#include "program.h"

#define COLUMNS 480
#define AGAINST_MOST (MOST_ERROR_SERIES - 2) /* besides the textbook and the kernels */

struct plot {
    const struct accuracy_task *task;
    const struct plot_request *request;
    struct error_picture picture;
    double error[MOST_ERROR_SERIES][COLUMNS];
    char name[MOST_ERROR_SERIES][64], title[256];
};

bool plot_range(const char *text, struct plot_request *request) {
    char *end;
    request->low = strtod(text, &end);
    if (end == text || *end != ',') return false;
    const char *second = end + 1;
    request->high = strtod(second, &end);
    return end != second && *end == '\0' && isfinite(request->low) && isfinite(request->high) &&
           request->low < request->high;
}

/* Measures a series and releases its origin. */
static bool add_series(struct plot *plot, struct origin *origin, const char *name, size_t length,
                       struct text_error *error) {
    struct accuracy result;
    const int i = plot->picture.count++;
    snprintf(plot->name[i], sizeof plot->name[i], "%.*s", (int)length, name);
    for (int k = 0; k < COLUMNS; k++) plot->error[i][k] = -1;
    plot->picture.series[i] = (struct error_series){plot->name[i], plot->error[i]};
    struct error_curve curve = {plot->request->low, plot->request->high, COLUMNS, plot->error[i]};
    origin->curve = &curve; /* for this measurement only */ // cppcheck-suppress autoVariables
    const bool done = origin_measure(origin, plot->task, &result, error);
    origin->curve = NULL;
    origin_end(origin);
    return done;
}

static bool measure_series(struct plot *plot, struct text_error *error) {
    const struct plot_request *request = plot->request;
    struct origin origin;
    for (int i = request->against.count - 1; i >= 0; i--) {
        const char *text = request->against.at[i], *equals = strchr(text, '=');
        if (!origin_file(&origin, equals + 1, request->stride, error)) return false;
        if (!add_series(plot, &origin, text, (size_t)(equals - text), error)) return false;
    }
    if (!origin_textbook(&origin, plot->task, request->stride, error)) return false;
    if (!add_series(plot, &origin, "textbook", 8, error)) return false;
    origin_kernels(&origin, request->stride);
    return add_series(plot, &origin, "Wengert", 7, error);
}

int plot_accuracy(const struct accuracy_task *task, const struct plot_request *request) {
    const struct texts *against = &request->against;
    for (int i = 0; i < against->count; i++) {
        const char *equals = strchr(against->at[i], '=');
        if (!equals || equals == against->at[i] || equals[1] == '\0')
            return usage_error("accuracy", "--against \"%s\": expected NAME=FILE", against->at[i]);
    }
    if (against->count > AGAINST_MOST)
        return usage_error("accuracy", "--against: at most %d files fit a picture", AGAINST_MOST);
    struct plot *plot = calloc(1, sizeof *plot);
    if (!plot) return run_error("accuracy", "out of memory");
    struct text_error error = {0};
    char attributes[200];
    plot->task = task;
    plot->request = request;
    accuracy_attributes(task, attributes, sizeof attributes);
    snprintf(plot->title, sizeof plot->title, "%s%s%s%s: error in float", task->op->name,
             task->gradient ? "\xe2\x80\xb2" : "", attributes[0] ? ", " : "", attributes);
    plot->picture.title = plot->title;
    plot->picture.low = request->low;
    plot->picture.high = request->high;
    plot->picture.columns = COLUMNS;
    const bool drawn =
        measure_series(plot, &error) && write_error_svg(request->path, &plot->picture, &error);
    free(plot);
    return drawn ? EXIT_GOOD : run_error("accuracy", "%s", error.text);
}
