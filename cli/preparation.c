#include "preparation.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "wengert/losses.h"
#include "wengert/tape.h"

#define KEY "data"

static int32_t no_labels[1]; /* what `like` needs is that there are some */

/* ---- To a note ---------------------------------------------------------------------------- */

static void add_texts(cJSON *json, const char *name, char *const *texts) {
    if (!texts) return;
    cJSON *array = json_array(json, name);
    for (; *texts; texts++) json_text(array, NULL, *texts);
}

/* Digits that read back as the same doubles, which cJSON's own need not. */
static void add_numbers(cJSON *json, const char *name, const double *numbers, int64_t count) {
    if (count < 1) return;
    cJSON *array = json_array(json, name);
    for (int64_t i = 0; i < count; i++) {
        char digits[32];
        json_raw(array, NULL, wg_shortest_f64(numbers[i], digits, sizeof digits));
    }
}

bool keep_preparation(wg_model *model, const struct wg_dataset *data,
                      const struct wg_standardization *by, const char *label) {
    cJSON *json = json_new();
    json_number(json, "features", (double)data->features);
    json_number(json, "classes", (double)data->classes);
    add_texts(json, "feature_names", data->feature_names);
    add_texts(json, "class_names", data->class_names);
    if (data->target_name) label = data->target_name[0];
    if (label) json_text(json, "label", label);
    add_numbers(json, "mean", by->mean, by->features);
    add_numbers(json, "deviation", by->deviation, by->features);
    char *text = json_to_text(json);
    if (!text) return false;
    const bool good = wg_model_set_note(model, KEY, text) == WG_OK;
    cJSON_free(text);
    return good;
}

/* ---- From a note -------------------------------------------------------------------------- */

static int64_t whole(const cJSON *json, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    const bool good = cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e9;
    return good ? (int64_t)item->valuedouble : -1;
}

/* `count` texts, or NULL where the note has none; false where it has something else. */
static bool read_texts(const cJSON *json, const char *name, int64_t count, char ***texts) {
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(json, name), *item;
    *texts = NULL;
    if (!array) return true;
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != count) return false;
    *texts = calloc((size_t)count + 1, sizeof **texts);
    int64_t i = 0;
    cJSON_ArrayForEach(item, array) {
        if (!*texts || !cJSON_IsString(item)) return false;
        (*texts)[i++] = item->valuestring;
    }
    return *texts != NULL;
}

static bool read_numbers(const cJSON *json, const char *name, int64_t count, double **numbers) {
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(json, name), *item;
    *numbers = NULL;
    if (!array) return true;
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != count) return false;
    *numbers = calloc((size_t)count + 1, sizeof **numbers);
    int64_t i = 0;
    cJSON_ArrayForEach(item, array) {
        if (!*numbers || !cJSON_IsNumber(item)) return false;
        (*numbers)[i++] = item->valuedouble;
    }
    return *numbers != NULL;
}

static bool read_note(const wg_model *model, const char *note, struct preparation *p) {
    cJSON *json = p->json = cJSON_Parse(note);
    const cJSON *label = cJSON_GetObjectItemCaseSensitive(json, "label");
    p->like.features = whole(json, "features");
    p->like.classes = whole(json, "classes");
    if (p->like.features != wg_shape_size(wg_model_input_at(model, 0).shape) || p->like.classes < 0)
        return false;
    if (cJSON_IsString(label)) p->label = label->valuestring;
    if (!read_texts(json, "feature_names", p->like.features, &p->like.feature_names) ||
        !read_texts(json, "class_names", p->like.classes, &p->like.class_names) ||
        !read_numbers(json, "mean", p->like.features, &p->by.mean) ||
        !read_numbers(json, "deviation", p->like.features, &p->by.deviation))
        return false;
    p->by.features = p->by.mean && p->by.deviation ? p->like.features : 0;
    return true;
}

/* A model that another program saved: indices are the classes. */
static void guess(const wg_model *model, struct preparation *p) {
    const struct wg_shape output = wg_model_output_shape(model);
    const char *loss = wg_model_loss(model);
    p->like.features = wg_shape_size(wg_model_input_at(model, 0).shape);
    if (loss && wg_loss_takes_labels(loss) == 1 && output.rank > 0)
        p->like.classes = output.dim[output.rank - 1];
}

bool read_preparation(const wg_model *model, struct preparation *p) {
    const char *note = wg_model_note(model, KEY);
    *p = (struct preparation){0};
    bool good = true;
    if (note)
        good = read_note(model, note, p);
    else
        guess(model, p);
    if (p->like.classes > 0) p->like.labels = no_labels;
    if (!good) free_preparation(p);
    return good;
}

void free_preparation(struct preparation *p) {
    free(p->like.feature_names);
    free(p->like.class_names);
    wg_standardization_free(&p->by);
    cJSON_Delete(p->json);
    *p = (struct preparation){0};
}
