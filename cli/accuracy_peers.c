#include "accuracy_peers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy_report.h"

static const cJSON *first_of(const cJSON *array) { return array ? array->child : NULL; }

#define LARGEST_FILE (16L << 20)
#define NEGLIGIBLE 1e-5 /* percent: all subnormal numbers are less */

static char *read_text(const char *path, struct text_error *error) {
    FILE *file = fopen(path, "r");
    if (!file) {
        text_fail(error, "%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = malloc((size_t)LARGEST_FILE + 1);
    const size_t length = text ? fread(text, 1, (size_t)LARGEST_FILE, file) : 0;
    if (!text || ferror(file)) {
        text_fail(error, "%s: %s", path, text ? strerror(errno) : "out of memory");
        free(text);
        text = NULL;
    } else {
        text[length] = '\0';
    }
    fclose(file);
    return text;
}

/* Whether every item of the array is an object with a text under `name`. */
static bool sound(const cJSON *array, const char *name) {
    if (!cJSON_IsArray(array)) return false;
    for (const cJSON *item = first_of(array); item; item = item->next) {
        if (!cJSON_IsString(cJSON_GetObjectItem(item, name))) return false;
    }
    return true;
}

cJSON *peers_read(const char *path, struct text_error *error) {
    char *text = read_text(path, error);
    if (!text) return NULL;
    cJSON *peers = cJSON_Parse(text);
    free(text);
    const cJSON *results = cJSON_GetObjectItem(peers, "results");
    if (sound(cJSON_GetObjectItem(peers, "implementations"), "name") &&
        sound(results, "implementation") && sound(results, "op") && sound(results, "attributes"))
        return peers;
    cJSON_Delete(peers);
    text_fail(error,
              "%s: expected a JSON object with \"implementations\" (of \"name\") and \"results\" "
              "(of \"implementation\", \"op\", \"attributes\", ...)",
              path);
    return NULL;
}

void peers_heading(FILE *out, const cJSON *peers) {
    for (const cJSON *one = first_of(cJSON_GetObjectItem(peers, "implementations")); one;
         one = one->next) {
        const char *version = cJSON_GetStringValue(cJSON_GetObjectItem(one, "version"));
        fprintf(out, " %s%s%s |", cJSON_GetObjectItem(one, "name")->valuestring,
                version && version[0] ? " " : "", version ? version : "");
    }
}

void peers_rule(FILE *out, const cJSON *peers) {
    for (const cJSON *one = first_of(cJSON_GetObjectItem(peers, "implementations")); one;
         one = one->next)
        fputs(" --- |", out);
}

static bool has_text(const cJSON *json, const char *name, const char *text) {
    return strcmp(cJSON_GetObjectItem(json, name)->valuestring, text) == 0;
}

static const cJSON *find(const cJSON *peers, const char *implementation,
                         const struct accuracy_task *task, const char *attributes, bool gradient) {
    for (const cJSON *one = first_of(cJSON_GetObjectItem(peers, "results")); one; one = one->next) {
        if (has_text(one, "implementation", implementation) &&
            has_text(one, "op", task->op->name) && has_text(one, "attributes", attributes) &&
            cJSON_IsTrue(cJSON_GetObjectItem(one, "gradient")) == gradient)
            return one;
    }
    return NULL;
}

static double number_of(const cJSON *json, const char *name) {
    return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name)); /* NaN for none */
}

/* "0.57", "2.4e+06": null is infinite. */
static void put_ulp(FILE *out, const cJSON *result) {
    const double ulp = number_of(result, "max_ulp_nonzero");
    if (isnan(ulp))
        fputs("inf", out);
    else
        fprintf(out, ulp < 9.995 ? "%.2f" : ulp < 9999.5 ? "%.0f" : "%.0e", ulp);
}

static void put_result(FILE *out, const cJSON *result) {
    if (!result) {
        fputs("-", out);
        return;
    }
    const double share = 100 * number_of(result, "share_off");
    const bool lost = number_of(result, "zero_for_normal") > 0;
    if (lost) fputs("**0**", out);
    if (!lost) put_ulp(out, result);
    if (lost && isnan(number_of(result, "max_ulp_nonzero"))) fputs(" inf", out);
    if (number_of(result, "nan_for_number") > 0) fputs(" NaN", out);
    if (number_of(result, "subnormals_lost") > 0) fputs("\xe2\x80\xa0", out); /* a dagger */
    if (share > NEGLIGIBLE)
        fprintf(out, share < 0.095 ? ", <0.1%%" : share < 9.95 ? ", %.1f%%" : ", %.0f%%", share);
}

void peers_cells(FILE *out, const cJSON *peers, const struct accuracy_task *task) {
    char attributes[200];
    accuracy_attributes(task, attributes, sizeof attributes);
    for (const cJSON *one = first_of(cJSON_GetObjectItem(peers, "implementations")); one;
         one = one->next) {
        const char *name = cJSON_GetObjectItem(one, "name")->valuestring;
        const cJSON *value = find(peers, name, task, attributes, false),
                    *gradient = find(peers, name, task, attributes, true);
        fputc(' ', out);
        if (value || gradient) {
            put_result(out, value);
            fputs(" / ", out);
            put_result(out, gradient);
            fputc(' ', out);
        }
        fputc('|', out);
    }
}
