#include "json.h"

#include <math.h>
#include <stdio.h>

#include "program.h"

static bool incomplete;

static cJSON *add(cJSON *parent, const char *name, cJSON *item) {
    const bool added = item != NULL && (name ? cJSON_AddItemToObject(parent, name, item)
                                             : cJSON_AddItemToArray(parent, item));
    if (added) return item;
    cJSON_Delete(item);
    incomplete = true;
    return NULL;
}

void json_number(cJSON *parent, const char *name, double value) {
    add(parent, name, isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

void json_text(cJSON *parent, const char *name, const char *text) {
    add(parent, name, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void json_raw(cJSON *parent, const char *name, const char *json) {
    add(parent, name, cJSON_CreateRaw(json));
}

void json_bool(cJSON *parent, const char *name, bool value) {
    add(parent, name, cJSON_CreateBool(value));
}

cJSON *json_array(cJSON *parent, const char *name) {
    return add(parent, name, cJSON_CreateArray());
}

cJSON *json_object(cJSON *parent, const char *name) {
    return add(parent, name, cJSON_CreateObject());
}

cJSON *json_new(void) {
    cJSON *object = cJSON_CreateObject();
    if (!object) incomplete = true;
    return object;
}

char *json_to_text(cJSON *json) {
    char *text = incomplete ? NULL : cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

int json_print(const char *command, cJSON *json, bool indented) {
    char *text = incomplete ? NULL : indented ? cJSON_Print(json) : cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    if (!text) return run_error(command, "out of memory for the JSON text");
    puts(text);
    cJSON_free(text);
    return EXIT_GOOD;
}
