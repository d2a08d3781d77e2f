#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHUNK 256

/* A metric's text up to its attributes. */
static int name_length(const char *metric) { return (int)strcspn(metric, " "); }

void print_figures(const wg_model *model, const char *part, const struct wg_evaluation *result,
                   int64_t examples) {
    const char *metric;
    printf("%s%sloss %.6g", part, part[0] ? " " : "", result->loss);
    for (int i = 0; (metric = wg_model_metric(model, i)) != NULL; i++)
        printf(", %.*s %.4f", name_length(metric), metric, result->metric[i]);
    printf(" (%" PRId64 " examples)\n", examples);
}

void json_figures(cJSON *json, const wg_model *model, const char *part,
                  const struct wg_evaluation *result) {
    const char *metric, *between = part[0] ? "_" : "";
    char name[128];
    snprintf(name, sizeof name, "%s%sloss", part, between);
    json_number(json, name, result->loss);
    for (int i = 0; (metric = wg_model_metric(model, i)) != NULL; i++) {
        snprintf(name, sizeof name, "%s%s%.*s", part, between, name_length(metric), metric);
        json_number(json, name, result->metric[i]);
    }
}

int evaluation_batch(const struct wg_dataset *data) {
    return data->examples < CHUNK ? (int)data->examples : CHUNK;
}
